"""The EVM of the evm guest's test inputs: an assembler, an interpreter for the instructions they use
with gas by the Yellow Paper and its later EIPs (up to Osaka), and Keccak-256.

Slow and small: a second opinion on revm, from the specification.
"""

WORD = 2**256
CALLER = 0xCA11E
CONTRACT = 0xC0DE
# EIP-7825.
MOST_GAS = 2**24

# name: (opcode, gas that is always due)
INSTRUCTIONS = {
    "STOP": (0x00, 0),
    "ADD": (0x01, 3),
    "MUL": (0x02, 5),
    "SUB": (0x03, 3),
    "LT": (0x10, 3),
    "ISZERO": (0x15, 3),
    "AND": (0x16, 3),
    "KECCAK256": (0x20, 30),
    "CALLER": (0x33, 2),
    "CALLDATALOAD": (0x35, 3),
    "POP": (0x50, 2),
    "MSTORE": (0x52, 3),
    "SLOAD": (0x54, 0),
    "SSTORE": (0x55, 0),
    "JUMP": (0x56, 8),
    "JUMPI": (0x57, 10),
    "JUMPDEST": (0x5B, 1),
    "PUSH0": (0x5F, 2),
    **{f"PUSH{n}": (0x5F + n, 3) for n in range(1, 33)},
    **{f"DUP{n}": (0x7F + n, 3) for n in range(1, 17)},
    **{f"SWAP{n}": (0x8F + n, 3) for n in range(1, 17)},
    **{f"LOG{n}": (0xA0 + n, 375 + 375 * n) for n in range(5)},
    "RETURN": (0xF3, 0),
    "REVERT": (0xFD, 0),
}
NAMES = {opcode: (name, gas) for name, (opcode, gas) in INSTRUCTIONS.items()}


def assemble(text):
    """Bytecode. A number is pushed, `:name` is a label (JUMPDEST), `@name` pushes one."""
    code, labels, uses = bytearray(), {}, []
    lines = (line.split(";")[0] for line in text.splitlines())
    for token in " ".join(lines).split():
        if token[0] == ":":
            labels[token[1:]] = len(code)
            code.append(INSTRUCTIONS["JUMPDEST"][0])
        elif token[0] == "@":
            code.append(INSTRUCTIONS["PUSH2"][0])
            uses.append((len(code), token[1:]))
            code += bytes(2)
        elif token[0].isdigit():
            value = int(token, 0)
            size = (value.bit_length() + 7) // 8
            code.append(INSTRUCTIONS[f"PUSH{size}"][0])
            code += value.to_bytes(size, "big")
        else:
            code.append(INSTRUCTIONS[token][0])
    for at, label in uses:
        code[at : at + 2] = labels[label].to_bytes(2, "big")
    return bytes(code)


class Stopped(Exception):
    """Out of gas, an invalid instruction and the like."""


class Machine:
    """One frame: the call of a contract by an account without code."""

    def __init__(self, code, calldata, storage, gas):
        self.code, self.calldata, self.gas = code, calldata, gas
        self.before, self.storage, self.warm = dict(storage), dict(storage), set()
        self.stack, self.memory, self.logs, self.refund = [], bytearray(), [], 0

    def run(self):
        """(whether it succeeded, returned bytes); raises Stopped."""
        pc, targets = 0, self.targets()
        while True:
            opcode = self.code[pc] if pc < len(self.code) else 0
            if opcode not in NAMES:
                raise Stopped(f"instruction {opcode:02x}")
            name, gas = NAMES[opcode]
            self.charge(gas)
            pc += 1
            if name.startswith("PUSH"):
                size = int(name[4:])
                immediate = self.code[pc : pc + size].ljust(size, b"\0")
                self.stack.append(int.from_bytes(immediate, "big"))
                pc += size
            elif name in ("JUMP", "JUMPI"):
                target = self.pop()
                if name == "JUMP" or self.pop():
                    if target not in targets:
                        raise Stopped("jump target")
                    pc = target
            elif name == "STOP":
                return True, b""
            elif name in ("RETURN", "REVERT"):
                return name == "RETURN", self.read(self.pop(), self.pop())
            else:
                self.step(name)
            if len(self.stack) > 1024:
                raise Stopped("stack overflow")

    def step(self, name):
        """An instruction that only moves to the next one."""
        pop, push = self.pop, self.stack.append
        if name == "ADD":
            push((pop() + pop()) % WORD)
        elif name == "MUL":
            push(pop() * pop() % WORD)
        elif name == "SUB":
            push((pop() - pop()) % WORD)
        elif name == "LT":
            push(int(pop() < pop()))
        elif name == "ISZERO":
            push(int(pop() == 0))
        elif name == "AND":
            push(pop() & pop())
        elif name == "KECCAK256":
            at, size = pop(), pop()
            self.charge(6 * words(size))
            push(int.from_bytes(keccak256(self.read(at, size)), "big"))
        elif name == "CALLER":
            push(CALLER)
        elif name == "CALLDATALOAD":
            at = pop()
            push(int.from_bytes(self.calldata[at : at + 32].ljust(32, b"\0"), "big"))
        elif name == "POP":
            pop()
        elif name == "MSTORE":
            at, value = pop(), pop()
            self.extend(at, 32)
            self.memory[at : at + 32] = value.to_bytes(32, "big")
        elif name == "SLOAD":
            slot = pop()
            self.charge(100 if slot in self.warm else 2100)
            self.warm.add(slot)
            push(self.storage.get(slot, 0))
        elif name == "SSTORE":
            self.store(pop(), pop())
        elif name.startswith("DUP"):
            self.need(int(name[3:]))
            push(self.stack[-int(name[3:])])
        elif name.startswith("SWAP"):
            n = int(name[4:]) + 1
            self.need(n)
            self.stack[-1], self.stack[-n] = self.stack[-n], self.stack[-1]
        elif name.startswith("LOG"):
            at, size = pop(), pop()
            topics = [pop() for _ in range(int(name[3:]))]
            self.charge(8 * size)
            self.logs.append((topics, self.read(at, size)))

    def store(self, slot, value):
        """EIP-2200 with the figures of EIPs 2929 and 3529."""
        if self.gas <= 2300:
            raise Stopped("gas stipend")
        now, before = self.storage.get(slot, 0), self.before.get(slot, 0)
        self.charge(0 if slot in self.warm else 2100)
        self.warm.add(slot)
        if value == now or now != before:
            self.charge(100)
        else:
            self.charge(20000 if before == 0 else 2900)
        if value != now:
            if before != 0:
                self.refund += 4800 * ((value == 0) - (now == 0 and now != before))
            if now != before and value == before:
                self.refund += 19900 if before == 0 else 2800
        self.storage[slot] = value

    def read(self, at, size):
        if size == 0:
            return b""
        self.extend(at, size)
        return bytes(self.memory[at : at + size])

    def extend(self, at, size):
        old, new = words(len(self.memory)), words(at + size)
        if new > old:
            self.charge(3 * (new - old) + new * new // 512 - old * old // 512)
            self.memory += bytes(32 * (new - old))

    def charge(self, gas):
        self.gas -= gas
        if self.gas < 0:
            raise Stopped("out of gas")

    def need(self, items):
        if len(self.stack) < items:
            raise Stopped("stack underflow")

    def pop(self):
        self.need(1)
        return self.stack.pop()

    def targets(self):
        """Where jumps may go: every JUMPDEST that is not part of a PUSH."""
        targets, pc = set(), 0
        while pc < len(self.code):
            opcode = self.code[pc]
            if opcode == INSTRUCTIONS["JUMPDEST"][0]:
                targets.add(pc)
            pc += 1 + (opcode - 0x5F if 0x5F < opcode <= 0x7F else 0)
        return targets


def call(gas_limit, code, calldata, storage):
    """(status, gas used, output, effects as bytes) of a transaction that calls the contract."""
    zeros = calldata.count(0)
    tokens = zeros + 4 * (len(calldata) - zeros)
    intrinsic, floor = 21000 + 4 * tokens, 21000 + 10 * tokens
    assert max(intrinsic, floor) <= gas_limit <= MOST_GAS
    machine = Machine(code, calldata, storage, gas_limit - intrinsic)
    try:
        succeeded, output = machine.run()
        status = 0 if succeeded else 1
    except Stopped:
        status, output, machine.gas = 2, b"", 0
    if status != 0:
        machine.storage, machine.logs, machine.refund = machine.before, [], 0
    spent = gas_limit - machine.gas
    spent -= min(machine.refund, spent // 5)
    return status, max(spent, floor), output, effects(machine)


def effects(machine):
    """What guests/evm/src/effects.rs hashes."""
    before, after = machine.before, machine.storage
    slots = [(slot, after[slot]) for slot in sorted(after) if after[slot] != before.get(slot, 0)]
    accounts = [(CALLER, 1, b"", [])]
    if slots:
        accounts.insert(0, (CONTRACT, 1, machine.code, slots))
    out = count(len(accounts))
    for address, nonce, code, slots in accounts:
        out += address.to_bytes(20, "big") + count(nonce) + word(0) + keccak256(code)
        out += count(len(slots)) + b"".join(word(slot) + word(value) for slot, value in slots)
    out += count(len(machine.logs))
    for topics, data in machine.logs:
        out += CONTRACT.to_bytes(20, "big") + count(len(topics)) + b"".join(map(word, topics))
        out += count(len(data)) + data
    return out


def word(value):
    return value.to_bytes(32, "big")


def count(value):
    return value.to_bytes(8, "big")


def words(size):
    """32-byte words that hold so many bytes."""
    return -(-size // 32)


def keccak256(data):
    """Keccak as of 2011, with its padding: not SHA-3."""
    rate = 136
    padded = bytearray(data + bytes(rate - len(data) % rate))
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    state = [0] * 25
    for at in range(0, len(padded), rate):
        for i in range(rate // 8):
            state[i] ^= int.from_bytes(padded[at + 8 * i :][:8], "little")
        permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def permute(a):
    """Keccak-f[1600] on lanes a[x + 5 y]."""
    lfsr = 1
    for _ in range(24):
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ rotate(c[(x + 1) % 5], 1) for x in range(5)]
        for i in range(25):
            a[i] ^= d[i % 5]
        x, y, lane = 1, 0, a[1]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            a[x + 5 * y], lane = rotate(lane, (t + 1) * (t + 2) // 2 % 64), a[x + 5 * y]
        for y in range(0, 25, 5):
            row = a[y : y + 5]
            for x in range(5):
                a[y + x] = row[x] ^ ~row[(x + 1) % 5] & row[(x + 2) % 5]
        for j in range(7):
            if lfsr & 1:
                a[0] ^= 1 << (2**j - 1)
            lfsr = lfsr << 1 ^ (0x171 if lfsr & 0x80 else 0)


def rotate(lane, by):
    return (lane << by | lane >> (64 - by)) & 2**64 - 1


# x -> x^2 + i for i = n .. 1, from x = seed. Calldata: n, seed.
ARITHMETIC = assemble(
    """
    32 CALLDATALOAD  0 CALLDATALOAD       ; i x
    :loop  DUP1 ISZERO @end JUMPI
    SWAP1 DUP1 MUL  DUP2 ADD  SWAP1       ; i x*x+i
    1 SWAP1 SUB  @loop JUMP
    :end POP
    DUP1 0 SSTORE  0 MSTORE  32 0 RETURN
    """
)

# Transfers of i tokens for i = n .. 1 from the caller to 16 accounts in turn, as compiled code of an
# ERC-20 contract makes them: balances in a mapping in slot 0, checked sums, an event each.
# Calldata: n. Returns what is left.
TRANSFER = 0xDDF252AD1BE2C89B69C2B068FC378DAA952BA7F163C4A11628F55A4DF523B3EF
TRANSFERS = assemble(
    f"""
    0 CALLDATALOAD                                   ; i
    :loop  DUP1 ISZERO @end JUMPI
    CALLER 0 MSTORE  0 32 MSTORE  64 0 KECCAK256     ; slot i
    DUP1 SLOAD                                       ; balance slot i
    DUP3 DUP2 LT @refuse JUMPI
    DUP3 SWAP1 SUB  SWAP1 SSTORE                     ; i
    DUP1 15 AND 0x1000 ADD                           ; to i
    DUP1 0 MSTORE  0 32 MSTORE  64 0 KECCAK256       ; slot to i
    DUP1 SLOAD  DUP4 ADD                             ; sum slot to i
    DUP4 DUP2 LT @refuse JUMPI
    SWAP1 SSTORE                                     ; to i
    DUP2 64 MSTORE  CALLER {TRANSFER:#x} 32 64 LOG3  ; i
    1 SWAP1 SUB  @loop JUMP
    :end
    CALLER 0 MSTORE  0 32 MSTORE  64 0 KECCAK256 SLOAD
    0 MSTORE  32 0 RETURN
    :refuse  0 0 REVERT
    """
)


def balance_slot(address):
    return int.from_bytes(keccak256(word(address) + word(0)), "big")


def arithmetic(n, seed=3):
    """A call as the guest reads it: gas limit, code, calldata, storage."""
    return MOST_GAS, ARITHMETIC, word(n) + word(seed), {}


def transfers(n, balance=10**24):
    return MOST_GAS, TRANSFERS, word(n), {balance_slot(CALLER): balance}
