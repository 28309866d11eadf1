"""A solver checks that every row of an instruction has the effect of the ISA, and no other.

`python check.py [TABLE...]` checks all tables, or those that are named.
"""

import multiprocessing
import os
import sys
import time

import z3

import isa
import machine
import services
from forms import cases, is_cell, unknowns
from machine import P, inverse
from model import RESOURCES, Model, Unconstrained, solve
from program import fetches

# A deletion is given up after so many questions without an answer, each with this limit.
PATIENCE = 4
RESOURCES_OF_A_DELETION = 2_000_000
# Flags that are proved to be 0 or 1 before a case is split by them.
BOOLEAN = {"divide": ["divisor_zero", "negate"]}


class Found(Exception):
    """A counterexample, where one is enough."""


class Findings:
    """The result of the check of a table."""

    def __init__(self, table, one_is_enough=False):
        self.table = table
        self.queries, self.cases = 0, 0
        self.reached = set()
        # Where the answer was not "unsat": `(what, answer, case)`.
        self.open = []
        self.seconds = 0.0
        self._one_is_enough = one_is_enough
        self._resources = RESOURCES_OF_A_DELETION if one_is_enough else RESOURCES

    def note(self, what, answer, case):
        """Notes an answer that proves nothing. A deletion is decided by one counterexample, and given up
        after a few questions without an answer."""
        self.open.append((what, answer, case))
        if self._one_is_enough and (answer == "sat" or len(self.open) >= PATIENCE):
            raise Found

    def ask(self, what, formulas, case):
        """Notes it if formulas may hold together."""
        answer = self._solve(formulas)
        if answer != "unsat":
            self.note(what, answer, case)

    def is_possible(self, model):
        """Whether a case may be possible."""
        return self._solve(model.formulas) != "unsat"

    def _solve(self, formulas):
        self.queries += 1
        return solve(formulas, self._resources)

    def prove(self, what, model, goals, case):
        """Proves goals of a case, each by itself."""
        for name, goal in goals:
            if not z3.is_true(z3.simplify(goal)):
                self.ask(f"{what}: {name}", model.formulas + [z3.Not(goal)], case)

    def verdict(self):
        """ "proved", "counterexample" or "unknown"."""
        if not self.open:
            return "proved"
        answers = {answer for _, answer, _ in self.open}
        return "counterexample" if "sat" in answers else "unknown"


def check(table, rows, one_is_enough=False, assumed=None):
    """Checks a table, of rows with the values `assumed` of some cells."""
    assumed = assumed or {}
    findings = Findings(table.name, one_is_enough)
    start = time.process_time()
    free = None
    try:
        if table.name in services.CHECKS:
            services.CHECKS[table.name](table, findings, assumed)
        else:
            family(table, rows, findings, assumed)
    except Found:
        pass
    except Unconstrained as count:
        findings.open.append((str(count), can_be_two(table, count), count.known))
        free = next(iter(unknowns(count.form)), None)
    except KeyError as cell:
        findings.open.append((f"nothing gives {cell} a value", "unknown", assumed))
        free = cell.args[0]
    except (ArithmeticError, z3.Z3Exception) as error:
        findings.open.append((repr(error), "unknown", assumed))
    # A flag that no constraint gives values has any: a counterexample for one of them is one.
    has_free_cell = isinstance(free, str) and not free.startswith("*") and free not in assumed
    if has_free_cell and findings.verdict() == "unknown" and len(assumed) < 2:
        for value in (2, P - 1, 0, 1):
            with_value = check(table, rows, True, {**assumed, free: value})
            if with_value.verdict() == "counterexample":
                findings.open += with_value.open
                break
    findings.seconds = time.process_time() - start
    return findings


def can_be_two(table, count):
    """Whether a row in which this count is 2 satisfies all constraints and lookups: "sat" if so."""
    cells = unknowns(count.form)
    if len(cells) != 1:
        return "unknown"
    constant = count.form.get("", 0)
    # Whichever way the message goes.
    for wanted in (2, -2):
        value = (wanted - constant) * inverse(count.form[cells[0]]) % P
        for case in cases(table, {**count.known, cells[0]: value}):
            try:
                model = Model(table, case, {}, any_count=True)
            except Unconstrained:
                continue
            if solve(model.formulas, RESOURCES_OF_A_DELETION) == "sat":
                return "sat"
    return "unknown"


def family(table, rows, findings, assumed):
    """Checks an instruction family."""
    for known in cases(table, assumed):
        for fetch in fetches(table, known, rows):
            if all(known.get(cell, value) == value for cell, value in fetch.known.items()):
                for case in cases(table, {**known, **fetch.known}):
                    fetched(table, fetch, case, findings)


def fetched(table, fetch, case, findings):
    """Checks a case that fetches a row of the program, once for each value of flags that are proved."""
    split = [case]
    for flag in BOOLEAN.get(table.name, []):
        model, _ = model_of(table, fetch, case)
        value = model.residue({flag: 1})
        findings.ask(f"{fetch.opcode}: {flag} is 0 or 1", model.formulas + [value != 0, value != 1], case)
        split = [{**known, flag: value} for known in split for value in (0, 1)]
    for known in split:
        if not any(True for _ in cases(table, known)):
            continue
        findings.cases += 1
        model, quantities = model_of(table, fetch, known)
        row = isa.goals(table.name, fetch, model, known, quantities)
        if not findings.is_possible(model):
            continue
        findings.reached.add(fetch.opcode)
        findings.prove(fetch.opcode, model, row.goals, known)


def model_of(table, fetch, known):
    """A case's model, with what the program's row gives, and the row's quantities as integers."""
    model = Model(table, known, fetch.intervals)
    quantities = {}
    for name, value in fetch.quantities.items():
        if isinstance(name, int):
            continue
        if isinstance(value, int):
            quantities[name] = z3.IntVal(value) if name != "immediate.sign" else value
        elif is_cell(value):
            quantities[name] = model.cell(unknowns(value)[0])
    for form, low, high, name in fetch.equations:
        integer = z3.IntVal(low) if low == high else model.fresh(low, high)
        model.formulas.append(model.congruent(form, (integer, low, high)))
        if name is not None:
            quantities[name] = integer
    return model, quantities


# The opcodes whose rows must be possible: a check of impossible rows would show nothing.
OPCODES = {
    "add_sub": "add sub",
    "add_immediate": "addi lui auipc fence",
    "bitwise": "xor or and",
    "bitwise_immediate": "xori ori andi",
    "shift": "sll srl sra",
    "shift_immediate": "slli srli srai",
    "set_less_than": "slt sltu",
    "set_less_than_immediate": "slti sltiu",
    "branch": "beq bne blt bge bltu bgeu",
    "jump": "jal jalr",
    "load_store_word": "lw sw",
    "load_store_subword": "lb lbu lh lhu sb sh",
    "load_store_misaligned": "lh lhu lw sh sw",
    "multiply": "mul mulh mulhsu mulhu",
    "divide": "div divu rem remu",
    "ecall": "ecall",
}
TABLES = [*OPCODES, *services.CHECKS]



def run(name):
    """Checks a table, in a process of its own."""
    tables, rows = machine.load()
    return check(tables[name], rows)


def unreached(findings):
    """Opcodes of which no row is possible."""
    wanted = set(OPCODES.get(findings.table, "").split())
    return wanted - findings.reached


def report(findings):
    """Prints what was found; returns whether all is proved."""
    missing = unreached(findings)
    verdict = findings.verdict() if not missing else "rows that are not possible"
    counts = f"{findings.cases} cases, {findings.queries} queries"
    print(f"{findings.table}: {verdict} ({counts}, {findings.seconds:.1f} s)", flush=True)
    for what, answer, case in findings.open[:8]:
        print(f"  {answer}: {what} {case}")
    if missing:
        print(f"  no row is possible of {sorted(missing)}")
    return verdict == "proved"


def pool_of_processes():
    """A process for each job: what a solver has done before may change its next answer."""
    return multiprocessing.get_context("spawn").Pool(os.cpu_count(), maxtasksperchild=1)


def main(names):
    """Checks the tables that are named, or all."""
    # The longest first.
    order = sorted(names or TABLES, key=lambda name: name not in ("divide", "load_store_misaligned", "shift"))
    with pool_of_processes() as pool:
        results = [report(findings) for findings in pool.imap(run, order)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
