//! Profiles of small programs, whose every instruction is known.

use zonda_riscv_emu::{
    execute::{Discard, Options, execute_profiled},
    profile::{CellCosts, Profile, SPAN_BEGIN, SPAN_END, Weight},
    program::Program,
    record::Family,
    testing::{Builder, TEXT, addi, beq, exit, jal, jalr, li, lw, mul, sw},
};

/// Where names of spans stand.
const DATA: u32 = 0x2_0000;

/// A program of functions that are called by their names.
#[derive(Default)]
struct Functions {
    names: Vec<(&'static str, usize)>,
    words: Vec<u32>,
    calls: Vec<(usize, u8, &'static str)>,
}

impl Functions {
    fn function(&mut self, name: &'static str) -> &mut Self {
        self.names.push((name, self.words.len()));
        self
    }

    fn words(&mut self, words: &[u32]) -> &mut Self {
        self.words.extend(words);
        self
    }

    /// A jump to a function, by name, that links in `rd`.
    fn call(&mut self, rd: u8, name: &'static str) -> &mut Self {
        self.calls.push((self.words.len(), rd, name));
        self.words(&[0])
    }

    fn returned(&mut self) -> &mut Self {
        self.words(&[jalr(0, RA, 0)])
    }

    fn profile(&mut self, costs: CellCosts) -> Profile {
        let place = |name| {
            self.names
                .iter()
                .find(|(other, _)| *other == name)
                .unwrap()
                .1
        };
        for (from, rd, name) in &self.calls {
            self.words[*from] = jal(*rd, 4 * (place(*name) as i32 - *from as i32));
        }
        let mut file = Builder::new(TEXT)
            .text(TEXT, &self.words)
            .data(DATA, b"parse", 64);
        for (i, (name, start)) in self.names.iter().enumerate() {
            let end = self
                .names
                .get(i + 1)
                .map_or(self.words.len(), |(_, start)| *start);
            let size = 4 * (end - start) as u32;
            file = file.symbol(name, TEXT + 4 * *start as u32, size);
        }
        let program = Program::from_elf(&file.build()).unwrap();
        let options = Options::default();
        let (outcome, meter, profile) =
            execute_profiled(&program, b"", &options, &costs, &mut Discard).unwrap();
        assert_eq!(profile.total.instructions, outcome.cycles);
        let counted: u64 = Family::ALL.iter().map(|family| meter.count(*family)).sum();
        assert_eq!(counted, outcome.cycles);
        let mut sum = (0, 0);
        for stack in &profile.stacks {
            sum.0 += stack.own.instructions;
            sum.1 += stack.own.cells;
        }
        assert_eq!(sum, (profile.total.instructions, profile.total.cells));
        profile
    }
}

/// Each stack by its names, with its weight, in their order.
fn stacks(profile: &Profile) -> Vec<(String, u64, u64)> {
    let name = |index: usize| &*profile.functions[profile.stacks[index].function].name;
    let all = 0..profile.stacks.len();
    all.map(|index| {
        let callers = std::iter::successors(Some(index), |&i| profile.stacks[i].parent);
        let mut names: Vec<_> = callers.map(name).collect();
        names.reverse();
        let own = profile.stacks[index].own;
        (names.join(";"), own.instructions, own.cells)
    })
    .collect()
}

/// One cell for an instruction, ten for a multiplication.
fn costs() -> CellCosts {
    CellCosts {
        instructions: Family::ALL.map(|family| match family {
            Family::Multiply => 10,
            _ => 1,
        }),
        ..CellCosts::default()
    }
}

#[test]
fn calls_returns_and_jumps_to_other_functions_are_followed() {
    let mut program = Functions::default();
    program
        .function("main")
        .call(RA, "f")
        .call(RA, "f")
        .words(&exit(0));
    program.function("f").words(&[addi(T1, RA, 0)]);
    program
        .words(&li(A0, DATA))
        .words(&li(A1, 5))
        .call(RA, SPAN_BEGIN);
    program
        .call(RA, "g")
        .call(RA, SPAN_END)
        .words(&[addi(RA, T1, 0)])
        .returned();
    // A jump to another function: that one returns in its place.
    program.function("g").call(0, "h");
    program.function("h").words(&[mul(A0, A0, A0)]).returned();
    program.function(SPAN_BEGIN).returned();
    program.function(SPAN_END).returned();
    let profile = program.profile(costs());
    let expected = [
        ("main", 11, 11),
        ("main;f", 20, 20),
        ("main;f;g", 2, 2),
        ("main;f;h", 4, 22),
        ("main;f;zonda_span_begin", 2, 2),
        ("main;f;zonda_span_end", 2, 2),
    ];
    assert_eq!(
        stacks(&profile),
        expected.map(|(name, i, c)| (name.to_owned(), i, c))
    );
    // From the call of the one to the call of the other: `ret`, `jal`, `j`, `mul`, `ret`, `jal`.
    let [span] = &*profile.spans else {
        panic!("{:?}", profile.spans)
    };
    assert_eq!((&*span.name, span.count), ("parse", 2));
    assert_eq!(span.weight, weight(12, 30));
}

#[test]
fn a_function_that_calls_itself_counts_once() {
    let mut program = Functions::default();
    program
        .function("main")
        .words(&li(2, DATA + 64))
        .words(&[addi(A0, 0, 3)]);
    program.call(RA, "f").words(&exit(0));
    // f(n): if n > 0, f(n - 1).
    program.function("f").words(&[
        beq(A0, 0, 28),
        addi(A0, A0, -1),
        addi(2, 2, -4),
        sw(RA, 2, 0),
    ]);
    program
        .call(RA, "f")
        .words(&[lw(RA, 2, 0), addi(2, 2, 4)])
        .returned();
    let profile = program.profile(costs());
    let names: Vec<_> = stacks(&profile)
        .into_iter()
        .map(|(name, ..)| name)
        .collect();
    assert_eq!(
        names,
        ["main", "main;f", "main;f;f", "main;f;f;f", "main;f;f;f;f"]
    );
    let functions = profile.by_function();
    let f = functions
        .iter()
        .find(|function| profile.functions[function.function].name == "f")
        .unwrap();
    // Three times all of it, then `beq` and `ret`.
    assert_eq!((f.own, f.total), (weight(26, 26), weight(26, 26)));
}

#[test]
fn first_accesses_and_first_executions_have_their_cells() {
    let mut program = Functions::default();
    program
        .function("main")
        .call(RA, "f")
        .call(RA, "f")
        .words(&exit(0));
    program
        .function("f")
        .words(&li(A0, DATA))
        .words(&[lw(A1, A0, 0)]);
    // A word that the file says nothing of.
    program
        .words(&li(A0, DATA + 0x1000))
        .words(&[lw(A1, A0, 0)])
        .returned();
    let costs = CellCosts {
        touched_word: 100,
        zeroed_word: 1000,
        distinct_instruction: 10_000,
        ..CellCosts::default()
    };
    let profile = program.profile(costs);
    // Each of them once, however often `f` is called.
    let expected = [("main", 11, 110_000), ("main;f", 14, 71_200)];
    assert_eq!(
        stacks(&profile),
        expected.map(|(name, i, c)| (name.to_owned(), i, c))
    );
}

fn weight(instructions: u64, cells: u64) -> Weight {
    Weight {
        instructions,
        cells,
    }
}

const RA: u8 = 1;
const T1: u8 = 6;
const A0: u8 = 10;
const A1: u8 = 11;
