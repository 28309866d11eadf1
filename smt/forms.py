"""Linear forms modulo p, and the cases into which a row falls.

A constraint in one unknown cell leaves it few values, the roots of a polynomial. Taking each in turn until
no such constraint is left gives the *cases* of a row: choices of its flags. In a case most constraints are
linear, and a product of unknowns is an unknown of its own.
"""

from machine import P, inverse

# Small integers, of both signs, that are tried as roots before what is left must be linear.
SMALL_ROOTS = list(range(130)) + [P - i for i in range(1, 9)]


class Forms:
    """Evaluates trees to linear forms `{cell: coefficient}`, where `""` is the constant, once the cells of
    `known` have values."""

    def __init__(self, known):
        self.known = known
        # Products of two unknown forms, by the name of the unknown that stands for each.
        self.products = {}

    @staticmethod
    def add(a, b, sign=1):
        """The sum of forms, or their difference."""
        total = dict(a)
        for cell, coefficient in b.items():
            coefficient = (total.get(cell, 0) + sign * coefficient) % P
            if coefficient:
                total[cell] = coefficient
            else:
                total.pop(cell, None)
        return total

    @staticmethod
    def scale(a, factor):
        """A multiple of a form."""
        return {cell: c * factor % P for cell, c in a.items() if c * factor % P}

    def form(self, tree):
        """The form of a tree."""
        if isinstance(tree, int):
            return {"": tree % P} if tree % P else {}
        if isinstance(tree, str):
            return self.form(self.known[tree]) if tree in self.known else {tree: 1}
        operation, a, b = tree
        a, b = self.form(a), self.form(b)
        if operation == "+":
            return self.add(a, b)
        if operation == "-":
            return self.add(a, b, -1)
        if is_constant(a):
            return self.scale(b, a.get("", 0))
        if is_constant(b):
            return self.scale(a, b.get("", 0))
        factors = sorted(tuple(sorted(form.items())) for form in (a, b))
        name = "*" + repr(factors)
        self.products[name] = (dict(factors[0]), dict(factors[1]))
        return {name: 1}

    def factors(self, tree):
        """Forms of which one must be zero for the tree to be zero; None if it is zero anyway."""
        forms = []
        for factor in factors_of(tree):
            form = self.form(factor)
            if not form:
                return None
            if set(form) != {""}:
                forms.append(form)
        return forms


def is_constant(form):
    """Whether a form has no unknown."""
    return set(form) <= {""}


def is_cell(form):
    """Whether a form is one unknown and nothing else."""
    return len(form) == 1 and "" not in form and next(iter(form.values())) == 1


def unknowns(form):
    """The unknowns of a form."""
    return [cell for cell in form if cell]


def factors_of(tree):
    """The factors of a tree that is a product, or the tree."""
    if isinstance(tree, list) and tree[0] == "*":
        return factors_of(tree[1]) + factors_of(tree[2])
    return [tree]


_CELLS = {}


def cells_of(tree):
    """The cells of a tree."""
    if id(tree) not in _CELLS:
        if isinstance(tree, str):
            found = {tree}
        elif isinstance(tree, list):
            found = cells_of(tree[1]) | cells_of(tree[2])
        else:
            found = set()
        # The tree is kept, so that its id stays its own.
        _CELLS[id(tree)] = (found, tree)
    return _CELLS[id(tree)][0]


def polynomial(tree, cell, known):
    """The coefficients of a tree as a polynomial in one cell."""
    if isinstance(tree, int):
        return [tree % P]
    if isinstance(tree, str):
        return [0, 1] if tree == cell else polynomial(known[tree], cell, known)
    a, b = polynomial(tree[1], cell, known), polynomial(tree[2], cell, known)
    if tree[0] == "*":
        product = [0] * (len(a) + len(b) - 1)
        for i, x in enumerate(a):
            for j, y in enumerate(b):
                product[i + j] = (product[i + j] + x * y) % P
        return product
    length = max(len(a), len(b))
    a, b = a + [0] * (length - len(a)), b + [0] * (length - len(b))
    sign = 1 if tree[0] == "+" else -1
    return [(x + sign * y) % P for x, y in zip(a, b, strict=True)]


def roots(coefficients):
    """All roots of a polynomial whose roots are small, but for one; None if it is zero."""
    while coefficients and coefficients[-1] == 0:
        coefficients = coefficients[:-1]
    if not coefficients:
        return None
    found = []
    for root in SMALL_ROOTS:
        while len(coefficients) > 1 and sum(c * pow(root, i, P) for i, c in enumerate(coefficients)) % P == 0:
            if root not in found:
                found.append(root)
            quotient, remainder = [0] * (len(coefficients) - 1), 0
            for i in range(len(coefficients) - 1, 0, -1):
                remainder = (remainder * root + coefficients[i]) % P
                quotient[i - 1] = remainder
            coefficients = quotient
    if len(coefficients) == 2:
        root = -coefficients[0] * inverse(coefficients[1]) % P
        if root not in found:
            found.append(root)
        coefficients = [1]
    if len(coefficients) != 1:
        raise ArithmeticError(f"roots that are not small: {coefficients}")
    return found


def cases(table, known, left=None, new=None):
    """The values that cells can have together, one dictionary for each case. `left` are the constraints
    that may still rule something out, of which those with the cell `new` have changed."""
    forms = Forms(known)
    if left is None:
        left = [tree for _, tree in table.constraints]
    best, rest = None, []
    for tree in left:
        if new is None or new in cells_of(tree):
            factors = forms.factors(tree)
            if factors is None:
                continue
            if not factors:
                return
        rest.append(tree)
        cells = [cell for cell in cells_of(tree) if cell not in known]
        if len(cells) == 1:
            values = roots(polynomial(tree, cells[0], known))
            if values is not None and (best is None or len(values) < len(best[1])):
                best = (cells[0], values)
    if best is not None:
        for value in best[1]:
            yield from cases(table, {**known, best[0]: value}, rest, best[0])
        return
    for message in table.messages:
        exponent = message.fields[0]
        if message.bus == "power_of_two" and forms.form(message.count) == {"": 1} and exponent not in known:
            for value in range(8):
                values = {exponent: value, message.fields[1]: 1 << value}
                yield from cases(table, {**known, **values}, rest)
            return
    yield known
