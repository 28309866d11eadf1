"""The tables' constraints and messages and the program's rows, as the circuits print them.

`circuits/examples/expressions` makes the file from the one definition of each table. A tree is a number,
the name of a cell, or `[operation, tree, tree]`.
"""

import json
import os
from dataclasses import dataclass

P = 2**31 - 1


def inverse(a):
    """The inverse modulo p."""
    return pow(a, P - 2, P)


def centred(a):
    """The representative of a residue that is closest to zero."""
    a %= P
    return a - P if a > P // 2 else a


@dataclass(frozen=True)
class Message:
    """A message: `count` and `fields` are trees."""

    name: str
    bus: str
    count: object
    fields: tuple


@dataclass
class Table:
    """Constraints by name, trees that are zero; and messages."""

    name: str
    constraints: list
    messages: list

    def without(self, kind, index):
        """The table with one constraint or message deleted."""
        constraints, messages = list(self.constraints), list(self.messages)
        del (constraints if kind == "constraint" else messages)[index]
        return Table(self.name, constraints, messages)


@dataclass(frozen=True)
class ProgramRow:
    """The program's row of an opcode: `fields` are numbers or names of quantities; `amount` is the shift
    amount, where the row is of one only."""

    opcode: str
    amount: object
    fields: tuple


def load(path=None):
    """Tables by name, and the program's rows."""
    with open(path or os.environ["ZONDA_MACHINE"], encoding="utf-8") as file:
        data = json.load(file)
    tables = {
        name: Table(
            name,
            [(c["name"], c["zero"]) for c in table["constraints"]],
            [Message(m["name"], m["bus"], m["count"], tuple(m["fields"])) for m in table["messages"]],
        )
        for name, table in data["tables"].items()
    }
    rows = [ProgramRow(r["opcode"], r["amount"], tuple(r["fields"])) for r in data["program"]]
    return tables, rows
