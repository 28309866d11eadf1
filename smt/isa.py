"""The ISA's requirements for each row: goals that the solver is to prove of a case.

A goal of an access: it is to that space and register or address, at that slot of the instruction, later than
the access before, and leaves that value. There must be no other access; the thread must go on where the
instruction says, four clks later.
"""

import z3

from forms import is_constant, unknowns
from model import conjunction_bounds

LIMB = 2**16
REGISTER, RAM, OUTPUT_LENGTH = 0, 1, 2
# Slots of an instruction's accesses: rs1, rs2, memory, rd.
RS1, RS2, MEMORY, RD = 0, 1, 2, 3
# The register that is written in the place of x0.
SINK = 32
# Registers of a system call.
A0, A1, A2, A7 = 10, 11, 12, 17


def word(limbs):
    """The word of two limbs."""
    return limbs[0] + LIMB * limbs[1]


def signed(limbs):
    """The word of two limbs as a signed number."""
    return word(limbs) - z3.If(limbs[1] >= 2**15, 2**32, 0)


def magnitude(value):
    """The absolute value."""
    return z3.If(value < 0, -value, value)


class Row:
    """A case of a row with the goals for it."""

    def __init__(self, model, quantities):
        self.model = model
        self.forms = model.forms
        self.quantities = quantities
        self.goals = []
        self.accesses = {}
        for bus, name, count, fields in model.messages:
            if bus == "memory" and count:
                access, _, side = name.rpartition(".")
                self.accesses.setdefault(access, {})[side] = fields
        self.state = {name: fields for bus, name, count, fields in model.messages if bus == "state" and count}
        self.pc, self.clk = self.state.get("state", (None, None))

    def assume(self, *formulas):
        """Adds what is known from elsewhere."""
        self.model.formulas += formulas

    def goal(self, what, formula):
        """Adds what is to be proved."""
        self.goals.append((what, z3.BoolVal(formula) if isinstance(formula, bool) else formula))

    def quantity(self, name):
        """The program's value: an integer."""
        return self.quantities[name]

    def limbs(self, name):
        """Both limbs of a quantity."""
        return [self.quantity(f"{name}.lo"), self.quantity(f"{name}.hi")]

    def is_ahead(self, form, base, by):
        """Whether a form is another plus a constant."""
        return self.forms.add(form, base, -1) == ({"": by} if by else {})

    def goes_on(self, pc_follows):
        """The thread goes on 4 clks later, and at the next instruction if `pc_follows`."""
        pc, clk = self.state.get("next", ({}, {}))
        self.goal("next clk", self.is_ahead(clk, self.clk, 4))
        if pc_follows:
            self.goal("next pc", self.is_ahead(pc, self.pc, 4))

    def access(self, name, space, address, slot, new=None):
        """The goals of an access: `new` is what it leaves, nothing if it leaves what it finds, "any" if that
        is a goal of its own. Returns the limbs that it finds."""
        access = self.accesses.pop(name, None)
        if access is None:
            self.goal(f"{name}: there is an access", False)
            return [z3.IntVal(0)] * 2
        read, write = access["read"], access["write"]
        found = [self.model.integer(form) for form in read[2:4]]
        self.goal(f"{name}: one place", read[:2] == write[:2])
        self.goal(f"{name}: space", is_constant(read[0]) and read[0].get("", 0) == space)
        if address is not None:
            self.goal(f"{name}: address", self.model.residue(read[1]) == address)
        self.goal(f"{name}: slot", self.is_ahead(write[4], self.clk, slot))
        before, clk = (self.model.cell(unknowns(form)[0]) for form in (read[4], self.clk))
        self.goal(f"{name}: later than before", before < clk + slot)
        if new is None:
            if read[2:4] != write[2:4]:
                left = [self.model.integer(form) for form in write[2:4]]
                self.goal(f"{name}: value kept", z3.And([a == b for a, b in zip(found, left, strict=True)]))
        elif new != "any":
            left = [self.model.integer(form) for form in write[2:4]]
            self.goal(f"{name}: value", z3.And([a == b for a, b in zip(left, new, strict=True)]))
        return found

    def written(self, name):
        """The limbs that an access leaves."""
        return [self.model.integer(form) for form in self.accesses[name]["write"][2:4]]

    def word_address(self, name):
        """The word address of an access to memory: there is such a word, or nobody would have opened it."""
        address = self.model.residue(self.accesses[name]["read"][1])
        self.assume(address >= 0, address < 2**30)
        return address

    def modulo_word(self, value, low=-4, high=4):
        """The limbs of a value modulo 2^32, which it exceeds at most so many times."""
        limbs = self.model.fresh(0, 0xFFFF), self.model.fresh(0, 0xFFFF)
        self.assume(value == word(limbs) + 2**32 * self.model.fresh(low, high))
        return limbs

    def bytes(self, limbs):
        """The bytes of two limbs."""
        parts = [self.model.fresh(0, 0xFF) for _ in range(4)]
        self.assume(limbs[0] == parts[0] + 256 * parts[1], limbs[1] == parts[2] + 256 * parts[3])
        return parts

    def no_other_access(self):
        """No access is left that nothing asked for."""
        for name in self.accesses:
            self.goal(f"{name}: an access that the instruction does not make", False)


def of_bytes(parts):
    """The limbs of four bytes."""
    return [parts[0] + 256 * parts[1], parts[2] + 256 * parts[3]]


def goals(table, fetch, model, known, quantities):
    """The row's goals for the instruction that it fetches."""
    row = Row(model, quantities)
    row.assume(model.cell("thread.pc") < 2**30)
    row.assume(model.cell("thread.clk") >= 1, model.cell("thread.clk") < 2**30)
    opcode = fetch.opcode
    if opcode == "ecall":
        ecall(row, known)
        row.no_other_access()
        return row
    row.goes_on(opcode[0] != "b" and opcode not in ("jal", "jalr"))
    if "link.lo" in quantities:
        row.assume(word(row.limbs("link")) == model.cell("thread.pc") + 4)
    FAMILIES[table](row, fetch, known)
    row.no_other_access()
    return row


def register(row, name, number, slot):
    """A read of a register."""
    return row.access(name, REGISTER, row.quantity(number), slot)


def write(row, fetch, new):
    """The write of rd. FENCE has none, and writes what stands for x0."""
    rd = SINK if fetch.opcode == "fence" else row.quantity("rd")
    row.access("old", REGISTER, rd, RD, new)


def add_sub(row, fetch, _known):
    x, y = register(row, "x", "rs1", RS1), register(row, "y", "rs2", RS2)
    write(row, fetch, row.modulo_word(word(x) + word(y) if fetch.opcode == "add" else word(x) - word(y)))


def add_immediate(row, fetch, _known):
    opcode = fetch.opcode
    x = row.access("x", REGISTER, row.quantity("rs1") if opcode == "addi" else 0, RS1)
    if opcode != "addi":
        # x0 is zero.
        row.assume(x[0] == 0, x[1] == 0)
    name = {"addi": "immediate", "lui": "immediate", "auipc": "pc + immediate"}.get(opcode)
    constant = row.limbs(name) if name else [z3.IntVal(0)] * 2
    write(row, fetch, row.modulo_word(word(x) + word(constant)))


def set_less_than(row, fetch, _known):
    x = register(row, "x", "rs1", RS1)
    if fetch.opcode in ("slt", "sltu"):
        y = register(row, "y", "rs2", RS2)
        less = signed(x) < signed(y) if fetch.opcode == "slt" else word(x) < word(y)
    elif fetch.opcode == "slti":
        biased = row.quantity("immediate.lo") + LIMB * row.quantity("immediate.hi.flipped")
        less = signed(x) < biased - 2**31
    else:
        less = word(x) < word(row.limbs("immediate"))
    write(row, fetch, [z3.If(less, 1, 0), z3.IntVal(0)])


def bitwise(row, fetch, _known):
    x = row.bytes(register(row, "x", "rs1", RS1))
    if fetch.opcode in ("and", "or", "xor"):
        y = row.bytes(register(row, "y", "rs2", RS2))
        both = [row.model.conjunction(a, b) for a, b in zip(x, y, strict=True)]
    else:
        sign = row.quantity("immediate.sign")
        y = [row.quantity("immediate.byte_0"), row.quantity("immediate.byte_1")] + [z3.IntVal(255 * sign)] * 2
        low = [row.model.conjunction(a, b) for a, b in zip(x[:2], y[:2], strict=True)]
        both = low + [x[2] * sign, x[3] * sign]
    for a, b, c in zip(x, y, both, strict=True):
        row.assume(*conjunction_bounds(a, b, c))
    # a XOR b = a + b - 2 (a AND b), and a OR b = a + b - (a AND b).
    operation = {
        "an": lambda a, b, c: c,
        "or": lambda a, b, c: a + b - c,
        "xo": lambda a, b, c: a + b - 2 * c,
    }[fetch.opcode[:2]]
    write(row, fetch, of_bytes([operation(a, b, c) for a, b, c in zip(x, y, both, strict=True)]))


def shift(row, fetch, known):
    opcode, amount = fetch.opcode, fetch.amount
    x = register(row, "x", "rs1", RS1)
    if amount is None:
        y = register(row, "y", "rs2", RS2)
        multiple, taken = row.model.fresh(0, 2047), row.model.fresh(0, 31)
        row.assume(y[0] == 32 * multiple + taken)
        far = known["shifted.direction.far_left"] + known["shifted.direction.right"]
        bits = 16 * far + 8 * known["shifted.wide"] + known["exponent"]
        amount = bits if opcode == "sll" else 31 - bits
        if not 0 <= amount < 32:
            row.goal("amount", False)
            return
        row.goal("amount", taken == amount)
    if opcode in ("sll", "slli"):
        result = row.modulo_word(word(x) * 2**amount, 0, 2**32)
    else:
        value = signed(x) if opcode in ("sra", "srai") else word(x)
        shifted, rest = row.model.fresh(-(2**31), 2**32 - 1), row.model.fresh(0, 2**amount - 1)
        row.assume(value == shifted * 2**amount + rest)
        result = row.modulo_word(shifted, -1, 0)
    write(row, fetch, result)


def branch(row, fetch, _known):
    x, y = register(row, "x", "rs1", RS1), register(row, "y", "rs2", RS2)
    taken = {
        "beq": word(x) == word(y),
        "bne": word(x) != word(y),
        "blt": signed(x) < signed(y),
        "bge": signed(x) >= signed(y),
        "bltu": word(x) < word(y),
        "bgeu": word(x) >= word(y),
    }[fetch.opcode]
    follows = row.model.cell("thread.pc") + 4
    pc = row.model.residue(row.state["next"][0])
    row.goal("next pc", pc == z3.If(taken, row.quantity("target"), follows))


def jump(row, fetch, _known):
    pc = row.model.residue(row.state["next"][0])
    # Some instruction, or the end of a shard, is there.
    row.assume(pc < 2**30, pc % 4 == 0)
    if fetch.opcode == "jalr":
        x = register(row, "x", "rs1", RS1)
        address = word(row.modulo_word(word(x) + row.quantity("immediate.biased") - 2048))
        half = row.model.fresh(0, 2**31)
        row.assume(address == 2 * half + row.model.fresh(0, 1))
        row.goal("next pc", pc == 2 * half)
    else:
        row.goal("next pc", pc == row.quantity("target"))
    write(row, fetch, row.limbs("link"))


def load_store(row, fetch, known):
    opcode = fetch.opcode
    base = row.access("base", REGISTER, row.quantity("rs1"), RS1)
    address = row.model.fresh(0, 2**32 - 1)
    wraps = row.model.fresh(-1, 1)
    row.assume(word(base) + row.quantity("immediate.biased") - 2048 == address + 2**32 * wraps)
    is_store, size = opcode[0] == "s", {"b": 1, "h": 2, "w": 4}[opcode[1]]
    words = ["memory"] if "memory" in row.accesses else ["first", "second"]
    if "high_limb" in known:
        offset = 2 * known["high_limb"] + known["high_byte"]
    elif "offset[0]" in known:
        offset = 3 - 2 * known["offset[0]"] - known["offset[1]"]
    else:
        offset = 0
    first = row.word_address(words[0])
    row.goal("address", address == 4 * first + offset)
    if len(words) == 2:
        second = row.word_address(words[1])
        row.goal("second address", second == z3.If(first == 2**30 - 1, 0, first + 1))
    before = []
    for name in words:
        before += row.bytes([row.model.integer(form) for form in row.accesses[name]["read"][2:4]])
    after = list(before)
    if is_store:
        operand = row.bytes(register(row, "operand", "rs2", RS2))
        after[offset : offset + size] = operand[:size]
    else:
        loaded = before[offset : offset + size]
        is_signed = size < 4 and not opcode.endswith("u")
        extension = z3.If(loaded[-1] >= 128, 255, 0) if is_signed else z3.IntVal(0)
        loaded = loaded + [extension] * (4 - size)
        row.access("operand", REGISTER, row.quantity("rd"), RD, of_bytes(loaded))
    for i, name in enumerate(words):
        row.access(name, RAM, None, MEMORY, of_bytes(after[4 * i : 4 * i + 4]))


def multiply(row, fetch, known):
    opcode, forms, model = fetch.opcode, row.forms, row.model
    x, y = register(row, "x", "rs1", RS1), register(row, "y", "rs2", RS2)
    x_value = signed(x) if opcode in ("mulh", "mulhsu") else word(x)
    y_value = signed(y) if opcode in ("mul", "mulh") else word(y)

    def byte_forms(operand):
        bytes_0, bytes_2, bytes_3 = (forms.form(f"{operand}_bytes.byte_{i}") for i in (0, 2, 3))
        # Byte 1 is an expression: (lo - byte 0) / 2^8.
        bytes_1 = forms.scale(forms.add(forms.form(f"{operand}.value.lo"), bytes_0, -1), 1 << 23)
        return [bytes_0, bytes_1, bytes_2, bytes_3]

    x_forms, y_forms = byte_forms("x"), byte_forms("y")
    for name, parts, value in (("x", x_forms, x_value), ("y", y_forms, y_value)):
        known_parts = [model.represented(part) for part in parts]
        if None in known_parts:
            row.goal(f"bytes of {name}: all are looked up", False)
            return
        row.goal(f"bytes of {name}", sum(part[0] * 256**i for i, part in enumerate(known_parts)) == value)
    product = z3.IntVal(0)
    for i, a in enumerate(x_forms):
        for j, b in enumerate(y_forms):
            form = forms.form(["*", tree_of(a), tree_of(b)])
            integer = model.fresh(-(2**17), 2**17)
            row.assume(model.congruent(form, (integer, -(2**17), 2**17)))
            product = product + integer * 2 ** (8 * (i + j))
    result, rest = row.written("old"), [model.cell("rest.lo"), model.cell("rest.hi")]
    low, high = (result, rest) if opcode == "mul" else (rest, result)
    negative = model.cell("negative")
    row.goal("product", product == word(low) + 2**32 * word(high) - 2**64 * negative)
    row.goal("limbs", z3.And([z3.And(limb >= 0, limb <= 0xFFFF) for limb in result + rest]))
    row.access("old", REGISTER, row.quantity("rd"), RD, "any")


def divide(row, fetch, _known):
    opcode, forms, model = fetch.opcode, row.forms, row.model
    d, b = register(row, "dividend", "rs1", RS1), register(row, "divisor", "rs2", RS2)
    is_signed = opcode in ("div", "rem")
    dividend, divisor = (signed(d), signed(b)) if is_signed else (word(d), word(b))
    quotient_bytes, divisor_bytes = (
        [model.cell(f"{name}_bytes[{i}]") for i in range(4)] for name in ("quotient", "divisor")
    )
    remainder = word([model.cell("remainder.lo"), model.cell("remainder.hi")])
    quotient = sum(byte * 256**i for i, byte in enumerate(quotient_bytes))
    size = sum(byte * 256**i for i, byte in enumerate(divisor_bytes))
    row.goal("magnitude of the divisor", size == magnitude(divisor))
    product = z3.IntVal(0)
    for i in range(4):
        for j in range(4):
            form = forms.form(["*", f"quotient_bytes[{i}]", f"divisor_bytes[{j}]"])
            product = product + model.integer(form) * 2 ** (8 * (i + j))
    row.goal("quotient times divisor plus remainder", product + remainder == magnitude(dividend))
    row.goal("remainder below divisor", z3.Or(word(b) == 0, remainder < size))
    row.goal("quotient of zero", z3.Implies(word(b) == 0, quotient == 2**32 - 1))
    if opcode in ("div", "divu"):
        is_negative = z3.And(word(b) != 0, (dividend < 0) != (divisor < 0))
        value = z3.If(is_negative, -quotient, quotient)
    else:
        value = z3.If(dividend < 0, -remainder, remainder)
    row.access("old", REGISTER, row.quantity("rd"), RD, row.modulo_word(value, -2, 2))


def ecall(row, known):
    model, forms = row.model, row.forms
    by_name = {(bus, name): (count, fields) for bus, name, count, fields in model.messages}
    a7 = row.access("a7", REGISTER, A7, RS1)
    a1, a2 = row.access("a1", REGISTER, A1, RS1), row.access("a2", REGISTER, A2, RS1)
    result = row.written("a0")
    a0 = row.access("a0", REGISTER, A0, RD, "any")
    length = z3.If(word(a2) < 4096, word(a2), 4096)
    exit_count, exit_code = by_name["exit", "exit"]
    transfer_count, transfer = by_name["transfer", "transfer"]
    if known["is_exit"]:
        row.goal("call", z3.Or(word(a7) == 93, word(a7) == 94))
        row.goal("a0 stays", z3.And(result[0] == a0[0], result[1] == a0[1]))
        codes = [model.residue(form) for form in exit_code]
        row.goal("exit code", z3.And(z3.BoolVal(exit_count == 1), codes[0] == a0[0], codes[1] == a0[1]))
        row.goal("the thread ends", by_name["state", "next"][0] == 0)
        row.goal("no transfer", transfer_count == 0)
        return
    row.goal("no exit", exit_count == 0)
    row.goes_on(True)
    row.goal("bytes below 2^32", word(a1) + word(a2) <= 2**32)
    row.goal("high limb of the result", result[1] == 0)
    if known["is_read"]:
        row.goal("call", z3.And(word(a7) == 63, word(a0) == 0))
        row.goal("result", z3.And(result[0] >= 0, result[0] <= length))
    else:
        descriptor = word(a0) == 3 if known["is_output"] else z3.Or(word(a0) == 1, word(a0) == 2)
        row.goal("call", z3.And(word(a7) == 64, descriptor))
        row.goal("result", result[0] == length)
    if not (known["is_read"] or known["is_output"]):
        row.goal("no transfer", transfer_count == 0)
    elif transfer_count == 0:
        row.goal("nothing to transfer", result[0] == 0)
    else:
        lo, hi, remaining = (model.residue(form) for form in transfer[2:5])
        is_output = {"": 1} if known["is_output"] else {}
        row.goal("transfer: clk and direction", transfer[0] == row.clk and transfer[1] == is_output)
        row.goal("transfer", z3.And(lo == a1[0], hi == a1[1], remaining == result[0]))
    if known["is_output"]:
        output_end(row, length, transfer_count and transfer)
    elif transfer_count:
        row.goal("end of the output", model.residue(transfer[5]) == 0)


def output_end(row, length, transfer):
    """A write to the public output moves its length on."""
    found = [row.model.integer(form) for form in row.accesses["output_length"]["read"][2:4]]
    row.assume(word(found) < 2**30)
    end = word(found) + length
    limbs = [row.model.fresh(0, 0xFFFF), row.model.fresh(0, 0xFFFF)]
    row.assume(end == word(limbs))
    row.access("output_length", OUTPUT_LENGTH, 0, MEMORY, limbs)
    row.goal("output below 2^30", end < 2**30)
    if transfer:
        row.goal("end of the output", row.model.residue(transfer[5]) == end)


def tree_of(form):
    """A tree with this form."""
    tree = form.get("", 0)
    for cell in unknowns(form):
        tree = ["+", tree, ["*", cell, form[cell]]]
    return tree


FAMILIES = {
    "add_sub": add_sub,
    "add_immediate": add_immediate,
    "bitwise": bitwise,
    "bitwise_immediate": bitwise,
    "shift": shift,
    "shift_immediate": shift,
    "set_less_than": set_less_than,
    "set_less_than_immediate": set_less_than,
    "branch": branch,
    "jump": jump,
    "load_store_word": load_store,
    "load_store_subword": load_store,
    "load_store_misaligned": load_store,
    "multiply": multiply,
    "divide": divide,
    "ecall": None,
}
