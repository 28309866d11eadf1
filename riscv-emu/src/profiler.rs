//! Profiled runs: fills a [`Profile`].

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasherDefault, Hasher},
    ops::Range,
};

use crate::{
    counter::Counter,
    instruction::Opcode,
    interpreter::Stop,
    lines::Frames,
    observer::{EcallEvent, Event, Observer, Served, Touch},
    profile::{CellCosts, Function, Profile, SPAN_BEGIN, SPAN_END, Span, Stack, Weight},
    program::Program,
    record::Family,
};

/// Follows calls and counts.
///
/// Instructions are counted by blocks: a block begins where the one before has ended, and ends with the
/// first branch, jump or ECALL. So its address says which instructions it has.
pub(crate) struct Profiler<'a> {
    pub(crate) counter: Counter<'a>,
    program: &'a Program,
    costs: CellCosts,
    calls: Calls<'a>,
    /// Where the block began that is being executed.
    block: Option<u32>,
    /// How often each block was executed, by the node and the block's address.
    blocks: Map<(u32, u32), u64>,
    /// Cells that an instruction took beyond those of its family, by node and address.
    others: Map<(u32, u32), u64>,
    /// The same for the instruction about to be reported.
    pending: u64,
    /// One bit for each word of text: whether it was executed.
    executed: Vec<u64>,
    total: Weight,
    a0: u32,
    a1: u32,
    spans: Spans,
}

impl<'a> Profiler<'a> {
    pub(crate) fn new(program: &'a Program, costs: CellCosts) -> Self {
        Self {
            counter: Counter::new(program),
            program,
            costs,
            calls: Calls::new(program),
            block: None,
            blocks: Map::default(),
            others: Map::default(),
            pending: 0,
            executed: vec![0; program.text().count().div_ceil(64)],
            total: Weight::default(),
            a0: 0,
            a1: 0,
            spans: Spans::new(program),
        }
    }

    /// The profile, after the run.
    pub(crate) fn finish(mut self) -> Profile {
        self.spans.finish(self.total);
        let frames = self.program.frames();
        let mut tree = Tree::new(frames.as_ref());
        // Callers come before the nodes that they call.
        let mut stacks: Vec<usize> = Vec::with_capacity(self.calls.nodes.len());
        for node in &self.calls.nodes {
            let caller = node.caller.map(|caller| {
                let stack = stacks[caller as usize];
                tree.inlined(stack, node.call)
            });
            let function = match self.program.symbol_at(node.function.start) {
                Some(symbol) => symbol.name.to_owned(),
                None => format!("{:#010x}", node.function.start),
            };
            stacks.push(tree.stack(caller, function, false));
        }
        for (&(node, start), &count) in &self.blocks {
            for (pc, family) in block(self.program, start) {
                let stack = tree.inlined(stacks[node as usize], pc);
                tree.profile.stacks[stack].own.add(Weight {
                    instructions: count,
                    cells: count * u64::from(self.costs.instructions[family as usize]),
                });
            }
        }
        for (&(node, pc), &cells) in &self.others {
            let stack = tree.inlined(stacks[node as usize], pc);
            tree.profile.stacks[stack].own.cells += cells;
        }
        Profile {
            spans: self.spans.spans,
            total: self.total,
            ..tree.ordered()
        }
    }

    /// Counts an instruction.
    #[inline(always)]
    fn charge(&mut self, pc: u32, family: Family) {
        self.total.instructions += 1;
        self.total.cells += u64::from(self.costs.instructions[family as usize]) + self.pending;
        if self.pending > 0 {
            self.charge_other(pc);
        }
        if self.block.is_none() {
            self.block = Some(pc);
        }
    }

    #[inline(never)]
    fn charge_other(&mut self, pc: u32) {
        let pending = core::mem::take(&mut self.pending);
        *self.others.entry((self.calls.current, pc)).or_default() += pending;
    }

    /// Ends the block.
    #[inline(always)]
    fn end_block(&mut self) {
        if let Some(block) = self.block.take() {
            *self.blocks.entry((self.calls.current, block)).or_default() += 1;
        }
    }

    #[inline(always)]
    fn see(&mut self, event: Event) {
        match event.instruction.rd {
            10 => self.a0 = event.result,
            11 => self.a1 = event.result,
            _ => {}
        }
    }
}

impl Observer for Profiler<'_> {
    /// Whether the word was touched.
    type Note = bool;

    #[inline(always)]
    fn fetch(&mut self, index: usize) {
        let (word, bit) = (&mut self.executed[index / 64], 1 << (index % 64));
        if *word & bit == 0 {
            *word |= bit;
            self.pending += u64::from(self.costs.distinct_instruction);
        }
    }

    #[inline(always)]
    fn touch(&mut self, address: u32, before: u32, is_touched: &mut bool) -> Result<u32, Stop> {
        if !*is_touched {
            self.pending += u64::from(self.costs.touched_word);
            if !self.program.has_image_word(address) {
                self.pending += u64::from(self.costs.zeroed_word);
            }
        }
        self.counter.touch(address, before, is_touched)
    }

    #[inline(always)]
    fn step(&mut self, family: Family, event: Event) {
        self.counter.step(family, event);
        self.charge(event.pc, family);
        self.see(event);
        if family == Family::Branch {
            self.end_block();
        } else if family == Family::Jump {
            self.end_block();
            self.calls.jump(event);
            if self.spans.begin == Some(event.next_pc) {
                self.spans.begin(self.program, self.a0, self.a1, self.total);
            } else if self.spans.end == Some(event.next_pc) {
                self.spans.end(self.total);
            }
        }
    }

    #[inline(always)]
    fn memory_step<const N: usize>(&mut self, family: Family, event: Event, words: [Touch; N]) {
        if family == Family::LoadStoreMisaligned {
            // Counted in the block as if it were aligned.
            let costs = &self.costs.instructions;
            let aligned = costs[static_family(event.instruction.opcode) as usize];
            let more = costs[family as usize].saturating_sub(aligned);
            self.pending += u64::from(more);
            self.charge(event.pc, static_family(event.instruction.opcode));
        } else {
            self.charge(event.pc, family);
        }
        self.counter.memory_step(family, event, words);
        self.see(event);
    }

    fn serve(&mut self, served: Served) -> Result<(), Stop> {
        self.pending += u64::from(self.costs.services[served.service() as usize]);
        self.counter.serve(served)
    }

    fn ecall(&mut self, event: EcallEvent) {
        self.counter.ecall(event);
        self.charge(event.pc, Family::Ecall);
        self.end_block();
        self.a0 = event.result;
    }
}

/// Who called whom.
struct Calls<'a> {
    program: &'a Program,
    nodes: Vec<Node>,
    /// Nodes by caller, the address of the call, and the function.
    known: Map<(u32, u32, u32), u32>,
    /// The node whose function is being executed.
    current: u32,
    /// Calls that have not returned: the caller's node and the address that it goes on at.
    open: Vec<(u32, u32)>,
}

/// A function, as it was called from a place in another node.
struct Node {
    caller: Option<u32>,
    /// The address of the call.
    call: u32,
    function: Range<u32>,
    depth: u32,
}

impl<'a> Calls<'a> {
    fn new(program: &'a Program) -> Self {
        let root = Node {
            caller: None,
            call: 0,
            function: program.function_range(program.entry()),
            depth: 0,
        };
        Self {
            program,
            nodes: vec![root],
            known: Map::default(),
            current: 0,
            open: Vec::new(),
        }
    }

    /// A jump: a call, a return, a jump to another function, or one within it.
    fn jump(&mut self, event: Event) {
        let Event {
            pc,
            instruction,
            next_pc,
            ..
        } = event;
        let holds_return = |register: u8| matches!(register, 1 | 5);
        if holds_return(instruction.rd) {
            if self.open.len() < MOST_OPEN {
                self.open.push((self.current, event.result));
            }
            self.current = self.node(self.current, pc, next_pc);
            return;
        }
        if instruction.opcode == Opcode::Jalr && holds_return(instruction.rs1) {
            let recent = self.open.iter().rev().take(MOST_SKIPPED);
            let found = recent
                .enumerate()
                .find(|(_, (_, address))| *address == next_pc);
            if let Some((skipped, &(caller, _))) = found {
                self.open.truncate(self.open.len() - skipped - 1);
                self.current = caller;
                return;
            }
        }
        let node = &self.nodes[self.current as usize];
        if !node.function.contains(&next_pc) {
            // The function is over, and the other one returns in its place.
            self.current = match node.caller {
                Some(caller) => self.node(caller, node.call, next_pc),
                None => self.node(self.current, pc, next_pc),
            };
        }
    }

    /// The node of a function that is called.
    fn node(&mut self, caller: u32, call: u32, target: u32) -> u32 {
        let parent = &self.nodes[caller as usize];
        // Deep recursion is cut: the last function is the one that executes.
        let (caller, call) = match (parent.depth < MOST_DEEP, parent.caller) {
            (false, Some(above)) => (above, parent.call),
            _ => (caller, call),
        };
        let depth = self.nodes[caller as usize].depth + 1;
        let next = self.nodes.len() as u32;
        match self.known.entry((caller, call, target)) {
            Entry::Occupied(node) => *node.get(),
            // A run with so many different stacks is profiled without the deepest.
            Entry::Vacant(_) if self.nodes.len() >= MOST_NODES => self.current,
            Entry::Vacant(node) => {
                self.nodes.push(Node {
                    caller: Some(caller),
                    call,
                    function: self.program.function_range(target),
                    depth,
                });
                *node.insert(next)
            }
        }
    }
}

/// Regions that the guest marks.
struct Spans {
    begin: Option<u32>,
    end: Option<u32>,
    spans: Vec<Span>,
    known: HashMap<(u32, u32), usize>,
    /// Those that have not ended, and the weight of the run when they began.
    open: Vec<(usize, Weight)>,
}

impl Spans {
    fn new(program: &Program) -> Self {
        Self {
            begin: program.function_named(SPAN_BEGIN),
            end: program.function_named(SPAN_END),
            spans: Vec::new(),
            known: HashMap::new(),
            open: Vec::new(),
        }
    }

    fn begin(&mut self, program: &Program, pointer: u32, length: u32, total: Weight) {
        let span = *self.known.entry((pointer, length)).or_insert_with(|| {
            let name = span_name(program, pointer, length);
            let found = self.spans.iter().position(|span| span.name == name);
            found.unwrap_or_else(|| {
                self.spans.push(Span {
                    name,
                    count: 0,
                    weight: Weight::default(),
                });
                self.spans.len() - 1
            })
        });
        self.spans[span].count += 1;
        self.open.push((span, total));
    }

    fn end(&mut self, total: Weight) {
        let Some((span, start)) = self.open.pop() else {
            return;
        };
        if self.open.iter().all(|(other, _)| *other != span) {
            self.spans[span].weight.add(Weight {
                instructions: total.instructions - start.instructions,
                cells: total.cells - start.cells,
            });
        }
    }

    /// A run that exits ends all regions.
    fn finish(&mut self, total: Weight) {
        while !self.open.is_empty() {
            self.end(total);
        }
    }
}

/// The name of a region, which is a constant of the program.
fn span_name(program: &Program, pointer: u32, length: u32) -> String {
    let bytes = (0..length.min(MOST_NAME)).map(|i| program.image_byte(pointer.wrapping_add(i)));
    match bytes.collect::<Option<Vec<u8>>>() {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => format!("{pointer:#010x}"),
    }
}

/// The addresses and families of a block's instructions.
fn block(program: &Program, start: u32) -> impl Iterator<Item = (u32, Family)> + '_ {
    let mut next = Some(start);
    core::iter::from_fn(move || {
        let pc = next?;
        let family = static_family(program.instruction(pc)?.ok()?.opcode);
        let is_last = matches!(family, Family::Branch | Family::Jump | Family::Ecall);
        next = (!is_last).then(|| pc.wrapping_add(4));
        Some((pc, family))
    })
}

/// The family of an instruction whose accesses are aligned.
fn static_family(opcode: Opcode) -> Family {
    use Opcode::*;
    match opcode {
        Lui | Auipc | Fence | Addi => Family::AddImmediate,
        Jal | Jalr => Family::Jump,
        Beq | Bne | Blt | Bge | Bltu | Bgeu => Family::Branch,
        Lw | Sw => Family::LoadStoreWord,
        Lb | Lh | Lbu | Lhu | Sb | Sh => Family::LoadStoreSubword,
        Slti | Sltiu => Family::SetLessThanImmediate,
        Xori | Ori | Andi => Family::BitwiseImmediate,
        Slli | Srli | Srai => Family::ShiftImmediate,
        Add | Sub => Family::AddSub,
        Sll | Srl | Sra => Family::Shift,
        Slt | Sltu => Family::SetLessThan,
        Xor | Or | And => Family::Bitwise,
        Mul | Mulh | Mulhsu | Mulhu => Family::Multiply,
        Div | Divu | Rem | Remu => Family::Divide,
        Ecall => Family::Ecall,
    }
}

/// Stacks by name.
struct Tree<'a> {
    profile: Profile,
    frames: Option<&'a Frames<'a>>,
    functions: HashMap<Function, usize>,
    stacks: Map<(usize, usize), usize>,
    /// The functions that are inlined at an address, from the outside.
    inlined: Map<u32, Vec<usize>>,
}

impl<'a> Tree<'a> {
    fn new(frames: Option<&'a Frames<'a>>) -> Self {
        Self {
            profile: Profile::default(),
            frames,
            functions: HashMap::new(),
            stacks: Map::default(),
            inlined: Map::default(),
        }
    }

    fn function(&mut self, name: String, is_inlined: bool) -> usize {
        let functions = &mut self.profile.functions;
        let function = Function { name, is_inlined };
        *self.functions.entry(function.clone()).or_insert_with(|| {
            functions.push(function);
            functions.len() - 1
        })
    }

    fn stack(&mut self, parent: Option<usize>, name: String, is_inlined: bool) -> usize {
        let function = self.function(name, is_inlined);
        self.extended(parent, function)
    }

    fn extended(&mut self, parent: Option<usize>, function: usize) -> usize {
        let stacks = &mut self.profile.stacks;
        let key = (parent.map_or(0, |parent| parent + 1), function);
        *self.stacks.entry(key).or_insert_with(|| {
            stacks.push(Stack {
                parent,
                function,
                own: Weight::default(),
            });
            stacks.len() - 1
        })
    }

    /// A stack with the functions that are inlined at an address.
    fn inlined(&mut self, stack: usize, pc: u32) -> usize {
        let Some(frames) = self.frames else {
            return stack;
        };
        if !self.inlined.contains_key(&pc) {
            let names = frames.inlined_at(pc).into_iter();
            let functions = names.map(|name| self.function(name, true)).collect();
            self.inlined.insert(pc, functions);
        }
        let mut extended = stack;
        for place in 0..self.inlined[&pc].len() {
            extended = self.extended(Some(extended), self.inlined[&pc][place]);
        }
        extended
    }

    /// The profile in an order that depends on what happened alone: siblings by name.
    fn ordered(self) -> Profile {
        let Profile {
            functions, stacks, ..
        } = self.profile;
        let mut children = vec![Vec::new(); stacks.len()];
        let mut roots = Vec::new();
        for (index, stack) in stacks.iter().enumerate() {
            match stack.parent {
                Some(parent) => children[parent].push(index),
                None => roots.push(index),
            }
        }
        let by_name = |list: &mut Vec<usize>| {
            // From the stack of those left to do, the last comes first.
            list.sort_by(|a, b| {
                let name = |index: &usize| &functions[stacks[*index].function];
                let (a, b) = (name(a), name(b));
                (&b.name, b.is_inlined).cmp(&(&a.name, a.is_inlined))
            });
        };
        by_name(&mut roots);
        let mut ordered = Vec::with_capacity(stacks.len());
        let mut left: Vec<_> = roots.into_iter().map(|root| (None, root)).collect();
        while let Some((parent, index)) = left.pop() {
            let place = ordered.len();
            ordered.push(Stack {
                parent,
                ..stacks[index]
            });
            let mut below = core::mem::take(&mut children[index]);
            by_name(&mut below);
            left.extend(below.into_iter().map(|child| (Some(place), child)));
        }
        Profile {
            functions,
            stacks: ordered,
            ..Profile::default()
        }
    }
}

type Map<K, V> = HashMap<K, V, BuildHasherDefault<Mixer>>;

/// A hash of a few numbers that a program chooses: it can make its own profile slow, nothing else.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

/// Stacks that are deeper are cut.
const MOST_DEEP: u32 = 256;
/// The most nodes: different stacks.
const MOST_NODES: usize = 1 << 20;
/// The most calls that have not returned, and that are remembered.
const MOST_OPEN: usize = 1 << 22;
/// How many calls one return may leave at once.
const MOST_SKIPPED: usize = 64;
/// The longest name of a region.
const MOST_NAME: u32 = 256;
