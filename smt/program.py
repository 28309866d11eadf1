"""Which rows of the program a row of a table may fetch."""

from dataclasses import dataclass

from forms import Forms, is_cell, is_constant, unknowns

LIMB = (0, 0xFFFF)
# The quantities that fields of the program hold, with their intervals.
INTERVALS = {
    # Register 32 stands for x0, which is never written.
    "rd": (1, 32),
    "rs1": (0, 31),
    "rs2": (0, 31),
    "immediate.lo": LIMB,
    "immediate.hi": LIMB,
    "immediate.hi.flipped": LIMB,
    "immediate.byte_0": (0, 0xFF),
    "immediate.byte_1": (0, 0xFF),
    "immediate.biased": (0, 0xFFF),
    "pc + immediate.lo": LIMB,
    "pc + immediate.hi": LIMB,
    # 2^30 where there is no target.
    "target": (0, 2**30),
    "link.lo": LIMB,
    "link.hi": LIMB,
}


@dataclass
class Fetch:
    """A row of the program that a case may fetch.

    `known` are cells that it gives values, `intervals` those that it bounds. `quantities` has a number or a form
    for each quantity, and `equations` are forms that are equal to a number or a quantity.
    """

    opcode: str
    amount: object
    known: dict
    intervals: dict
    quantities: dict
    equations: list


def expanded(row):
    """The program's row with each choice of the immediate's sign: a number or an interval for each field."""
    for sign in (0, 1) if "immediate.sign" in row.fields else (0,):
        values = {"immediate.sign": sign}
        yield [
            (field, field if isinstance(field, int) else values.get(field, INTERVALS.get(field)))
            for field in row.fields
        ]


def fetches(table, known, rows):
    """The instructions that a case may fetch."""
    forms = Forms(known)
    message = next(m for m in table.messages if m.bus == "program")
    # The pc is the first field.
    fields = [forms.form(field) for field in message.fields[1:]]
    for row in rows:
        for values in expanded(row):
            fetch = Fetch(row.opcode, row.amount, {}, {}, {}, [])
            if all(fits(fetch, form, name, value) for form, (name, value) in zip(fields, values, strict=True)):
                yield fetch


def fits(fetch, form, name, value):
    """Whether a field of the message can be what the program has there; if so, what follows from it."""
    if isinstance(value, int):
        fetch.quantities[name] = value
        if is_constant(form):
            return form.get("", 0) == value
        if is_cell(form):
            cell = unknowns(form)[0]
            return fetch.known.setdefault(cell, value) == value
        fetch.equations.append((form, value, value, None))
        return True
    low, high = value
    fetch.quantities[name] = form
    if is_constant(form):
        fetch.quantities[name] = form.get("", 0)
        return low <= form.get("", 0) <= high
    if is_cell(form):
        fetch.intervals[unknowns(form)[0]] = value
    else:
        fetch.equations.append((form, low, high, name))
    return True
