//! Profiles: where the instructions of a run went, and the cells that proving them takes.
//!
//! A profile is exact: every instruction counts. Calls and returns are seen by the registers that hold
//! return addresses (ra, t0), as the calling convention has it; a jump to another function is a call from
//! the same place. Code that jumps otherwise is counted all the same, in the function that it jumped from.

use alloc::{string::String, vec::Vec};

use crate::record::{Family, Service};

/// How many cells a proof commits to for each thing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CellCosts {
    /// For an instruction, by `Family as usize`.
    pub instructions: [u32; Family::ALL.len()],
    /// For a record of a service, by `Service as usize`.
    pub services: [u32; Service::ALL.len()],
    /// For the first access to a word of memory.
    pub touched_word: u32,
    /// For the same, if the program file says nothing of the word; in addition.
    pub zeroed_word: u32,
    /// For the first execution of an instruction at its address.
    pub distinct_instruction: u32,
}

/// What something took.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Weight {
    /// Executed instructions.
    pub instructions: u64,
    /// Cells, as far as they depend on what is executed: of a run in one shard. Each further shard has the
    /// words that it touches and the instructions that it executes once more.
    pub cells: u64,
}

impl Weight {
    /// Adds another.
    pub(crate) fn add(&mut self, other: Self) {
        self.instructions += other.instructions;
        self.cells += other.cells;
    }
}

/// Where the instructions of a run went.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Profile {
    /// Names of functions.
    pub functions: Vec<Function>,
    /// Call stacks, each after those that it extends.
    pub stacks: Vec<Stack>,
    /// Regions that the guest marked, in the order of their first beginnings.
    pub spans: Vec<Span>,
    /// The whole run.
    pub total: Weight,
}

/// A function.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Function {
    /// Its name, or its address.
    pub name: String,
    /// Whether it is part of the one that calls it: debug information tells.
    pub is_inlined: bool,
}

/// A call stack: functions from the run's first one to the one that was executing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stack {
    /// The stack without its last function, as an index; none of the first function.
    pub parent: Option<usize>,
    /// The last function, as an index.
    pub function: usize,
    /// What it took itself, when it was called so.
    pub own: Weight,
}

/// A region that the guest marked, by name. A region within one of the same name counts once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// How often it began.
    pub count: u64,
    /// What it took, everything within included.
    pub weight: Weight,
}

impl Profile {
    /// What each function took: itself, and with all that it called. A function that calls itself
    /// counts once.
    pub fn by_function(&self) -> Vec<FunctionWeight> {
        let mut weights: Vec<_> = (0..self.functions.len())
            .map(|function| FunctionWeight {
                function,
                own: Weight::default(),
                total: Weight::default(),
            })
            .collect();
        let totals = self.totals();
        for (stack, total) in self.stacks.iter().zip(totals) {
            weights[stack.function].own.add(stack.own);
            let mut callers = core::iter::successors(stack.parent, |&i| self.stacks[i].parent);
            if callers.all(|caller| self.stacks[caller].function != stack.function) {
                weights[stack.function].total.add(total);
            }
        }
        weights
    }

    /// What each stack took, with all that extend it.
    pub fn totals(&self) -> Vec<Weight> {
        let mut totals: Vec<_> = self.stacks.iter().map(|stack| stack.own).collect();
        for (index, stack) in self.stacks.iter().enumerate().rev() {
            if let Some(parent) = stack.parent {
                let total = totals[index];
                totals[parent].add(total);
            }
        }
        totals
    }
}

/// What a function took.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FunctionWeight {
    /// The function, as an index.
    pub function: usize,
    /// Itself.
    pub own: Weight,
    /// With all that it called.
    pub total: Weight,
}

/// The function whose call begins a region, by its symbol; a0 has the address of the name, a1 its length.
pub const SPAN_BEGIN: &str = "zonda_span_begin";
/// The function whose call ends the region that began last.
pub const SPAN_END: &str = "zonda_span_end";
