"""One case of a row in z3's linear integer arithmetic.

Cells are integers with intervals. That a form is zero modulo p says that it is p times an integer, which the
intervals bound: where few are possible, the solver gets each of them. A product of two unknowns is an
unknown that is zero if and only if a factor is; an interval, if both factors have one. A conjunction
of bytes is an uninterpreted function with the bounds that it has.
"""

import z3

from forms import Forms, is_cell, is_constant, unknowns
from machine import P, centred, inverse

# A solver's work on one question: a count of its steps, so that a busy machine does not change the answer.
# The hardest question takes 5 million; an answer that takes more is not to be hoped for.
RESOURCES = 20_000_000
# In megabytes, of one process.
z3.set_param("memory_max_size", 1000)
# Queries are linear except for small coefficients; beyond this many multiples of p they are an unknown.
FEW_MULTIPLES = 6
MAX_CLK = 2**30 + 3


class Unconstrained(Exception):
    """A count that a case does not decide, or that is not 0, 1 or -1."""

    def __init__(self, message, form, known):
        super().__init__(f"the count of {message} is neither 0 nor 1")
        self.form, self.known = form, known


def solve(formulas, resources):
    """Whether formulas hold together: "sat", "unsat" or "unknown"."""
    solver = z3.Solver()
    solver.set("rlimit", resources)
    solver.add(formulas)
    return str(solver.check())


class Model:
    """A case of a row of a table, as integers and formulas."""

    def __init__(self, table, known, intervals, any_count=False):
        self._any_count = any_count
        self.forms = Forms(known)
        self.known = known
        self.intervals = dict(intervals)
        self.formulas = []
        self.conjunction = z3.Function("and", z3.IntSort(), z3.IntSort(), z3.IntSort())
        self._integers = {}
        self._fresh = 0
        # Forms that lookups make integers, and those whose congruence is still to be stated.
        self._looked_up, self._pending = [], []
        self.messages = [self._message(message) for message in table.messages]
        self._state(table)

    def _message(self, message):
        count = self.forms.form(message.count)
        count_value = centred(count.get("", 0))
        if not is_constant(count) or not (self._any_count or count_value in (0, 1, -1)):
            raise Unconstrained(message.name, count, self.known)
        return message.bus, message.name, count_value, [self.forms.form(field) for field in message.fields]

    def _state(self, table):
        """States the row's messages, with the known facts on memory: limbs, and clks of the part."""
        for bus, _, count, fields in self.messages:
            if bus == "memory" and count == -1:
                for limb in fields[2:4]:
                    if is_cell(limb):
                        self.intervals.setdefault(next(iter(limb)), (0, 0xFFFF))
                clk = unknowns(fields[4])
                if clk:
                    self.intervals.setdefault(clk[0], (0, MAX_CLK))
        lookups = [m for m in self.messages if m[0] in ("range16", "byte_pair", "and") and m[2]]
        for bus, _, _, fields in sorted(lookups, key=lambda m: sum(len(f) for f in m[3])):
            if bus == "range16":
                self._look_up(fields[0], 0xFFFF)
            elif bus == "byte_pair":
                self._look_up(fields[0], 0xFF)
                self._look_up(fields[1], 0xFF)
            else:
                a, b, both = (self._look_up(field, 0xFF) for field in fields)
                self.formulas.append(both == self.conjunction(a, b))
                self.formulas += conjunction_bounds(a, b, both)
        factors = [self.forms.factors(tree) for _, tree in table.constraints]
        self._tighten([f[0] for f in factors if f and len(f) == 1])
        for form, integer, top in self._pending:
            self.formulas.append(self.congruent(form, (integer, 0, top)))
        for forms in factors:
            if forms is not None:
                self.formulas.append(z3.Or([self.congruent(form) for form in forms]))

    def fresh(self, low, high):
        """A new integer in an interval."""
        self._fresh += 1
        integer = z3.Int(f"fresh{self._fresh}")
        self.formulas += [integer >= low, integer <= high]
        return integer

    def cell(self, cell):
        """The integer that stands for a cell, or for a product."""
        if cell in self.known:
            return z3.IntVal(self.known[cell])
        if cell not in self._integers:
            low, high = self.intervals.get(cell, (0, P - 1))
            is_product = cell in self.forms.products
            integer = z3.Int(f"product{len(self._integers)}" if is_product else cell)
            self._integers[cell] = integer
            if is_product:
                self._product(cell, integer)
            else:
                self.formulas += [integer >= low, integer <= high]
        return self._integers[cell]

    def represented(self, form):
        """An integer with its interval to which a form is known to be equal modulo p, if one is known."""
        for other, integer, low, high in self._looked_up:
            difference = self.forms.add(form, other, -1)
            if is_constant(difference):
                c = centred(difference.get("", 0))
                return integer + c, low + c, high + c
        cells = unknowns(form)
        if len(cells) == 1 and form[cells[0]] == 1 and cells[0] in self.intervals:
            low, high = self.intervals[cells[0]]
            c = centred(form.get("", 0))
            return self.cell(cells[0]) + c, low + c, high + c
        return None

    def interval(self, cell):
        """The interval of a cell or product."""
        return self.intervals.get(cell, (0, P - 1))

    def _product(self, name, integer):
        a, b = self.forms.products[name]
        left, right = self.represented(a), self.represented(b)
        if left and right:
            corners = [x * y for x in left[1:] for y in right[1:]]
            if max(map(abs, corners)) < P // 4:
                self.intervals[name] = (min(corners), max(corners))
                self.formulas += [integer >= min(corners), integer <= max(corners)]
                return
        self.formulas += [integer >= 0, integer <= P - 1]
        x, y = self.residue(a), self.residue(b)
        self.formulas.append((integer == 0) == z3.Or(x == 0, y == 0))

    def congruent(self, form, minus=None):
        """That a form, less an integer with its interval, is zero modulo p."""
        terms = [(c, self.cell(cell), *self.interval(cell)) for cell, c in form.items() if cell]
        constant = form.get("", 0)
        if minus is not None:
            terms.append((P - 1, *minus))

        def width(factor):
            spans = (abs(centred(c * factor)) * (high - low + 1) for c, _, low, high in terms)
            return sum(spans) + abs(centred(constant * factor))

        # A power of two that makes coefficients small: dividing by 2^16 is multiplying by 2^15.
        factor = min((sign << j for j in range(31) for sign in (1, -1)), key=width)
        low = high = centred(constant * factor)
        total = z3.IntVal(low)
        for c, integer, least, most in terms:
            c = centred(c * factor)
            total = total + c * integer
            low, high = low + min(c * least, c * most), high + max(c * least, c * most)
        first, last = -((-low) // P), high // P
        if first > last:
            return z3.BoolVal(False)
        if last - first <= FEW_MULTIPLES:
            return z3.Or([total == P * multiple for multiple in range(first, last + 1)])
        return total == P * self.fresh(first, last)

    def residue(self, form):
        """The integer in [0, p) that a form is."""
        integer = self.fresh(0, P - 1)
        self.formulas.append(self.congruent(form, (integer, 0, P - 1)))
        return integer

    def integer(self, form):
        """The cell that a form is, or its residue."""
        return self.cell(next(iter(form))) if is_cell(form) else self.residue(form)

    def _look_up(self, form, top):
        if is_constant(form):
            value = form.get("", 0)
            if value > top:
                self.formulas.append(z3.BoolVal(False))
            return z3.IntVal(value)
        if is_cell(form):
            cell = next(iter(form))
            low, high = self.intervals.get(cell, (0, top))
            self.intervals[cell] = (max(low, 0), min(high, top))
            integer = self.cell(cell)
            self.formulas += [integer >= 0, integer <= top]
            self._looked_up.append((form, integer, 0, top))
            return integer
        integer = self.fresh(0, top)
        self._looked_up.append((form, integer, 0, top))
        self._pending.append((form, integer, top))
        return integer

    def _tighten(self, zeros):
        """Intervals for cells of which only congruences are known: whatever is equal modulo p to an integer
        that varies by less than p is represented by that integer."""
        for form in zeros:
            for cell in form:
                if cell in self.forms.products:
                    self.cell(cell)
        for _ in range(6):
            for form in zeros:
                self._tighten_by_zero(form)
            for form, _, top in self._pending:
                self._tighten_by_lookup(form, top)

    def _tighten_by_zero(self, form):
        free = [c for c in form if c and c not in self.intervals and c not in self._integers]
        if len(free) != 1:
            return
        rest = self.forms.scale(form, P - inverse(form[free[0]]))
        low, high = self._range(rest, free[0])
        if high - low < P - 1:
            self.intervals[free[0]] = (low, high)

    def _tighten_by_lookup(self, form, top):
        open_cells = [c for c in form if c and c in self.intervals and c not in self._integers]
        if len(open_cells) != 1 or any(c and c not in self.intervals for c in form):
            return
        cell = open_cells[0]
        low, high = self._range(form, cell)
        c = centred(form[cell])
        least, most = self.intervals[cell]
        corners = (c * least, c * most)
        if c > 0 and low + min(corners) > -P + top and high + max(corners) < P:
            least, most = max(least, -(high // c)), min(most, (top - low) // c)
            if least > most:
                self.formulas.append(z3.BoolVal(False))
                least, most = 0, 0
            self.intervals[cell] = (least, most)

    def _range(self, form, without):
        low = high = centred(form.get("", 0))
        for cell, c in form.items():
            if cell and cell != without:
                c = centred(c)
                least, most = self.interval(cell)
                low, high = low + min(c * least, c * most), high + max(c * least, c * most)
        return low, high


def conjunction_bounds(a, b, both):
    """Facts about the conjunction of two bytes."""
    return [both >= 0, both <= a, both <= b, both >= a + b - 255]
