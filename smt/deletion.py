"""Is every constraint and lookup noticed when it is missing?

    python deletion.py --some                   one constraint or lookup of each table: CI
    python deletion.py [--against FILE] [TABLE...]    every one, compared with `circuits/tests/deletion`

Each is deleted in turn. A counterexample notices it; "proved" says that the check passes without it; "unknown"
is neither, and does not count. `FILE` is what the deletion test prints: for each part a false run that passes
without it, or why nothing is lost. Where the test has a false run, the solver must have a counterexample,
or `ELSEWHERE` says where else the part is needed.
"""

import argparse
import sys

import machine
from check import TABLES, check, pool_of_processes

LOOKUPS = ("range16", "byte_pair", "and", "power_of_two")

# For CI: without this part, the table must have a counterexample.
SOME = {
    "add_sub": "add.carry_hi",
    "add_immediate": "carry_lo",
    "bitwise": "hi.result",
    "bitwise_immediate": "lo.and_low on and",
    "shift": "y.difference_low on range16",
    "shift_immediate": "result.hi",
    "set_less_than": "less",
    "set_less_than_immediate": "x.biased on range16",
    "branch": "next_pc.taken",
    "jump": "target.bit",
    "load_store_word": "result.store.hi",
    "load_store_subword": "word.hi_kept",
    "load_store_misaligned": "kept.7",
    "multiply": "limb_1",
    "divide": "quotient_of_zero",
    "ecall": "result.returns",
    "transfer": "stay[2]",
    "zeroed": "address - from.high on range16",
}

# Parts that a false run needs but a row by itself does not, and why.
ELSEWHERE = {}


def parts(table):
    """All parts that can be deleted, by name: `(kind, index)`."""
    found = {name: ("constraint", index) for index, (name, _) in enumerate(table.constraints)}
    for index, message in enumerate(table.messages):
        if message.bus in LOOKUPS:
            found[f"{message.name} on {message.bus}"] = ("message", index)
    return found


def delete(job):
    """The verdict on a table without a part, in a process of its own."""
    name, part = job
    tables, rows = machine.load()
    table = tables[name].without(*parts(tables[name])[part])
    findings = check(table, rows, one_is_enough=True)
    what = next((what for what, answer, _ in findings.open if answer == "sat"), "")
    return name, part, findings.verdict(), what, findings.seconds


def read(path):
    """The kind of verdict of the deletion test, by table and part."""
    verdicts = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
            if line.startswith("| ") and len(cells) >= 3 and ": " in cells[2]:
                verdicts[cells[0], cells[1]] = cells[2].split(":")[0]
    return verdicts


def main():
    """Deletes parts and prints what becomes of each; fails if one that must be noticed is not."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--some", action="store_true")
    arguments.add_argument("--against")
    arguments.add_argument("tables", nargs="*")
    arguments = arguments.parse_args()
    tables, _ = machine.load()
    if arguments.some:
        jobs = list(SOME.items())
    else:
        jobs = [(name, part) for name in arguments.tables or TABLES for part in parts(tables[name])]
    test = read(arguments.against) if arguments.against else {}
    failures = []
    score = {}
    with pool_of_processes() as pool:
        for name, part, verdict, what, seconds in pool.imap_unordered(delete, jobs):
            score[verdict] = score.get(verdict, 0) + 1
            also = test.get((name, part), "")
            print(f"{name} | {part} | {verdict} | {what} | {also} | {seconds:.1f} s", flush=True)
            if arguments.some and verdict != "counterexample":
                failures.append(f"{name}: the check passes without {part}")
            if arguments.against and not also:
                failures.append(f"{name}: the deletion test does not know {part}")
            if also == "false" and verdict != "counterexample" and (name, part) not in ELSEWHERE:
                failures.append(f"{name}: {part} is needed, which the check does not notice ({verdict})")
    print(score)
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
