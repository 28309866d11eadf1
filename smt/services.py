"""The requirements for rows of `transfer` and of `zeroed`."""

import z3

from forms import cases
from isa import LIMB, MEMORY, Row, word
from machine import P
from model import Model

MOST_BYTES = 4096


def transfer(table, findings, assumed):
    """A transfer that is handed over moves the bytes of one word, and hands over the rest."""
    for known in cases(table, assumed):
        findings.cases += 1
        # An address below 2^32, of which lo may have carried or borrowed, and 1 to 4096 bytes.
        intervals = {
            "address.lo": (-LIMB, LIMB + MOST_BYTES),
            "address.hi": (0, LIMB),
            "remaining": (1, MOST_BYTES),
            "output_end": (0, 2**30),
            "clk": (1, 2**30),
        }
        model = Model(table, known, intervals)
        row = Row(model, {})
        row.clk = {"clk": 1}
        lo, hi, remaining = (model.cell(cell) for cell in ("address.lo", "address.hi", "remaining"))
        row.assume(remaining >= 1, remaining <= MOST_BYTES)
        address = lo + LIMB * hi
        row.assume(address >= 0, address + remaining <= 2**32, model.cell("output_end") >= remaining)
        at = model.residue(row.accesses["word"]["read"][1])
        offset = model.cell("offset")
        row.goal("address", z3.And(address == 4 * at + offset, offset >= 0, offset < 4, at >= 0, at < 2**30))
        count = z3.If(remaining < 4 - offset, remaining, 4 - offset)
        moved = [known[f"moved[{i}]"] for i in range(4)]
        is_moved = [z3.And(offset <= i, i < offset + count) for i in range(4)]
        row.goal("bytes moved", z3.And([is_moved[i] == bool(moved[i]) for i in range(4)]))
        transferred_word(row, known, moved, offset, remaining)
        transferred_rest(row, known, address, remaining, count, offset)
        if findings.is_possible(model):
            findings.prove("transfer", model, row.goals, known)


def transferred_word(row, known, moved, offset, remaining):
    """The word of a transfer: bytes that are not input stay, those of output are made public."""
    model = row.model
    messages = {(bus, name): (count, fields) for bus, name, count, fields in model.messages}
    before = row.bytes([model.integer(form) for form in row.accesses["word"]["read"][2:4]])
    after = [model.cell(f"after[{i}]") for i in range(4)]
    for i in range(4):
        row.goal(f"byte {i} is one", z3.And(after[i] >= 0, after[i] <= 0xFF))
        if known["is_output"] or not moved[i]:
            row.goal(f"byte {i} stays", after[i] == before[i])
        count, fields = messages["output", f"output[{i}]"]
        row.goal(f"byte {i} is public", count == (1 if known["is_output"] and moved[i] else 0))
        if count:
            index = model.cell("output_end") - remaining - offset + i
            place, byte = (model.residue(form) for form in fields)
            row.goal(f"byte {i} at its place", z3.And(place == index, byte == before[i]))
    left = [after[0] + 256 * after[1], after[2] + 256 * after[3]]
    row.access("word", 1, None, MEMORY, left)
    row.no_other_access()


def transferred_rest(row, known, address, remaining, count, offset):
    """The next transfer starts where this row ends, unless nothing remains."""
    model = row.model
    messages = {(bus, name): (count, fields) for bus, name, count, fields in model.messages}
    next_count, fields = messages["transfer", "next"]
    if next_count == 0:
        row.goal("ends", remaining == count)
        return
    rest = model.residue(fields[4])
    # Nobody receives a transfer of no bytes, or of more than one call moves.
    row.assume(rest >= 1, rest <= MOST_BYTES)
    row.goal("goes on", z3.And(rest == remaining - count, offset + count == 4))
    # Limbs that the next row takes: it refuses an lo that is negative or too large.
    lo, hi = model.fresh(-LIMB, LIMB + MOST_BYTES), model.fresh(0, LIMB + 1)
    row.assume(model.congruent(fields[2], (lo, -LIMB, LIMB + MOST_BYTES)))
    row.assume(model.congruent(fields[3], (hi, 0, LIMB + 1)))
    row.goal("next address", word([lo, hi]) == address + count)
    is_output = {"": 1} if known["is_output"] else {}
    kept = fields[0] == {"clk": 1} and fields[5] == row.forms.form("output_end") and fields[1] == is_output
    row.goal("clk, direction and end stay", kept)


def zeroed(table, findings, assumed):
    """A row opens a word of a gap that is not below the least that may be opened, and passes the next on."""
    for known in cases(table, assumed):
        findings.cases += 1
        limb, half = (0, 0xFFFF), (0, 2**14)
        intervals = {
            "start.lo": limb,
            "start.hi": half,
            "end.lo": limb,
            "end.hi": half,
            "from.lo": (-LIMB, 2 * LIMB + 1),
            "from.hi": (0, 2 * LIMB),
            "last.lo": limb,
            "last.hi": limb,
        }
        model = Model(table, known, intervals)
        start, end, least = (
            word([model.cell(f"{name}.lo"), model.cell(f"{name}.hi")]) for name in ("start", "end", "from")
        )
        model.formulas.append(end <= 2**30)
        messages = {(bus, name): fields for bus, name, _, fields in model.messages}
        address = model.residue(messages["boundary", "initial"][1])
        lo, hi = (model.residue(form) for form in messages["zeroed_from", "next"])
        following = z3.If(lo > P // 2, lo - P, lo) + LIMB * hi
        goals = [
            ("in the gap", z3.And(address >= start, address < end)),
            ("not opened before", address >= least),
            ("limbs of the next", z3.And(z3.Or(lo <= 2 * LIMB + 1, lo >= P - LIMB), hi <= 2 * LIMB)),
            ("the next", following == address + 1),
        ]
        findings.prove("zeroed", model, goals, known)


CHECKS = {"transfer": transfer, "zeroed": zeroed}
