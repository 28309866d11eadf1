//! False runs of the tables that hold no instruction's rows: the boundary of a shard, its
//! instructions, memory that starts as zero, the statement.
//!
//! Messages of a bus that honest runs need as a whole are left out with the whole bus. The answers
//! of a lookup table are left out with the lookups, and share their false runs.

use std::collections::{BTreeMap, BTreeSet};

use p3_field::PrimeCharacteristicRing;
use zonda_circuits::{
    F,
    bus::Bus,
    checker::names,
    machine::{End, Image, Role, Statement, Table, ZeroedRange, airs},
    system::gaps::ranges,
};
use zonda_riscv_emu::{
    record::{CLK_PER_STEP, INITIAL_CLK, Records},
    testing::{addi, lw, sw},
};

use crate::{
    common, histories,
    plans::{call, plan},
    row::{Message, evaluate, full, is_lookup},
    settle::{Lie, held_in, left_in},
    world::{DATA, Plan, Setup, World},
};

/// The part that is left out.
#[derive(Clone, Copy, Debug)]
pub enum Without {
    /// A constraint or a message, by name.
    Part(Table, &'static str),
    /// All messages of a bus.
    Bus(Bus),
}

/// A run that is refused, but not without `without`.
struct FalseRun {
    without: Without,
    world: World,
    lie: Lie,
}

/// The finding about a part: a false run without it, or nothing.
pub enum Found {
    False(String),
    Nothing,
}

/// The findings about all parts of the tables without instructions. Errors in false runs and lists are
/// added to `wrong`.
///
/// `lookups` are false runs that a lookup refuses, by its bus.
pub fn parts(
    lookups: &BTreeMap<Bus, String>,
    wrong: &mut Vec<String>,
) -> Vec<(Table, String, Found)> {
    let mut runs = vec![];
    for run in false_runs() {
        match run.confirmed() {
            Ok(run) => runs.push(run),
            Err(error) => wrong.push(error),
        }
    }
    let airs = airs(&Image::default(), &common::part(), true);
    let mut all = vec![];
    for air in airs.iter().filter(|air| !air.table.has_records()) {
        let (table, names) = (air.table, names(air));
        let constraints = names.constraints.into_iter().map(|name| (None, name));
        let messages = names.messages.into_iter();
        let messages = messages.map(|(bus, name)| (Some(bus), full(bus, &name)));
        for (bus, name) in constraints.chain(messages) {
            let part = (table, name);
            let run = runs.iter().find(|(parts, _)| parts.contains(&part));
            let answered = bus.filter(|_| table.role() == Role::Lookup);
            let attack = run.map(|(_, attack)| attack);
            let attack = attack.or_else(|| lookups.get(&answered?));
            let found = match attack {
                Some(attack) => Found::False(attack.clone()),
                None => Found::Nothing,
            };
            all.push((table, part.1, found));
        }
    }
    all
}

impl FalseRun {
    /// Confirms that everything refuses the run, and that nothing does without what is left out.
    /// Returns the parts without which it passes, and what it is.
    fn confirmed(self) -> Result<(BTreeSet<(Table, String)>, String), String> {
        let Self {
            without,
            world,
            lie,
        } = self;
        let attack = format!(
            "{} {}",
            world.name,
            world.lie.as_deref().unwrap_or_default()
        );
        let refused = refusals(&world, &lie, None);
        let checked = lie.checked(&world);
        let rest = refusals(&world, &lie, Some(without));
        let is_alone = match without {
            Without::Part(table, name) => {
                let name = format!("{} {name}", table.name());
                refused.iter().chain(&checked).all(|found| *found == name)
            }
            Without::Bus(_) => true,
        };
        if refused.is_empty() || checked.is_empty() || !rest.is_empty() || !is_alone {
            return Err(format!(
                "{without:?}: {attack}: {refused:?} refuse it, {rest:?} without; the checker finds {checked:?}"
            ));
        }
        let parts = match without {
            Without::Part(table, name) => BTreeSet::from([(table, name.into())]),
            Without::Bus(bus) => said_on(&world, &lie, bus),
        };
        Ok((parts, attack))
    }
}

/// The honest control.
fn honest(plan: &Plan) -> World {
    let world = World::honest(plan);
    assert_accepted(&world);
    world
}

/// Asserts that nothing refuses a run.
fn assert_accepted(world: &World) {
    let lie = Lie::nowhere(world);
    assert_eq!(refusals(world, &lie, None), [""; 0], "{}", world.name);
    assert_eq!(lie.checked(world), [""; 0], "{}", world.name);
}

/// The parts that refuse a run: constraints, lookups without an answer, and messages without a partner.
pub fn refusals(world: &World, lie: &Lie, without: Option<Without>) -> Vec<String> {
    let stated = airs(&world.image, &world.part_of(&lie.statement), false);
    let mut refusals = vec![];
    let mut balance: BTreeMap<(Bus, Vec<u32>), F> = BTreeMap::new();
    let tables = Table::ALL.into_iter();
    for table in tables.filter(|table| table.role() != Role::Lookup) {
        let air = if table == Table::Statement {
            &stated[table as usize]
        } else {
            world.air(table)
        };
        let names = names(air);
        let is_left_out = |bus: Option<Bus>, name: &str| match without {
            Some(Without::Part(of, part)) => (of, part) == (table, name),
            Some(Without::Bus(without)) => bus == Some(without),
            None => false,
        };
        let constraints: Vec<bool> = names
            .constraints
            .iter()
            .map(|n| is_left_out(None, n))
            .collect();
        let messages: Vec<bool> = names
            .messages
            .iter()
            .map(|message| is_left_out(Some(message.0), &full(message.0, &message.1)))
            .collect();
        for row in 0..world.height(table) {
            let evaluation = evaluate(air, row, lie.cells(world, table, row));
            for (index, value) in evaluation.constraints.iter().enumerate() {
                if *value != F::ZERO && !constraints[index] {
                    refusals.push(format!("{} {}", table.name(), names.constraints[index]));
                }
            }
            for (index, message) in evaluation.messages.iter().enumerate() {
                if message.count == F::ZERO || messages[index] || answers(table, message) {
                    continue;
                }
                if !is_lookup(message.bus) {
                    let sum = balance.entry((message.bus, message.numbers())).or_default();
                    *sum += message.count;
                } else if !world.is_answered(message) {
                    let name = full(message.bus, &names.messages[index].1);
                    refusals.push(format!("{} {name}", table.name()));
                }
            }
        }
    }
    let unbalanced = balance.into_iter().filter(|(_, sum)| *sum != F::ZERO);
    refusals
        .extend(unbalanced.map(|((bus, fields), sum)| format!("{} {fields:?}: {sum}", bus.name())));
    refusals
}

/// The messages that a run emits on a bus.
fn said_on(world: &World, lie: &Lie, bus: Bus) -> BTreeSet<(Table, String)> {
    let mut all = BTreeSet::new();
    let tables = Table::ALL.into_iter();
    for table in tables.filter(|table| table.role() != Role::Lookup) {
        let names = names(world.air(table)).messages;
        for row in 0..world.height(table) {
            let evaluation = world.evaluate_cells(table, row, lie.cells(world, table, row));
            for (message, (of, name)) in evaluation.messages.iter().zip(&names) {
                let is_said = message.count != F::ZERO || answers(table, message);
                if *of == bus && is_said {
                    all.insert((table, full(bus, name)));
                }
            }
        }
    }
    all
}

/// Whether a message answers lookups.
fn answers(table: Table, message: &Message) -> bool {
    matches!(
        (table, message.bus),
        (Table::Instructions, Bus::Program) | (Table::Gaps, Bus::Gap)
    )
}

fn false_runs() -> Vec<FalseRun> {
    let mut all = vec![];
    boundaries(&mut all);
    instructions(&mut all);
    image(&mut all);
    zeroed(&mut all);
    statements(&mut all);
    all
}

/// A row of a table, as cells that are not zero.
type Cells<'a> = &'a [(&'a str, F)];

/// Adds rows to a table.
fn add_rows(world: &mut World, lie: &mut Lie, table: Table, rows: &[Cells<'_>]) {
    let first = world.add_zeros(table, rows.len());
    for (row, cells) in (first..).zip(rows) {
        lie.edit(world, table, row, cells);
    }
}

fn number(x: u32) -> F {
    F::from_u32(x)
}

/// A row of the boundary: `value` before and `after`.
fn held(address: u32, value: u32, owner: u32, after: u32, last_clk: u32) -> [(&'static str, F); 8] {
    [
        ("space", F::ONE),
        ("address", number(address)),
        ("before.lo", number(value & 0xffff)),
        ("before.hi", number(value >> 16)),
        ("owner", number(owner)),
        ("after.lo", number(after & 0xffff)),
        ("after.hi", number(after >> 16)),
        ("last_clk", number(last_clk)),
    ]
}

/// The run loads another value than the program file has: the word that it loads stands beside the
/// program's, which it leaves alone.
fn boundaries(all: &mut Vec<FalseRun>) {
    let with = |value| plan(addi(10, 6, 0), Setup::Loads, &[(6, value)]);
    let (claimed, real) = (honest(&with(9)), honest(&with(5)));
    let key = real.program;
    let load = &claimed.records.load_store_word[1];
    let (address, clk) = (load.words[0].address, load.step.clk + 2);
    let lying = || {
        let (records, statement) = (claimed.records.clone(), claimed.statement.clone());
        let lie = "although the program file has 5 for x6";
        let world = claimed.lying_of(lie, (&claimed.program, &key), records, statement);
        let mut lie = Lie::nowhere(&world);
        let row = held_in(&world, [1, address]).expect("it is held");
        let untouched = [("after.lo", number(5)), ("last_clk", F::ZERO)];
        lie.edit(&world, Table::Boundary, row, &untouched);
        let (table, row) = left_in(&world, [1, address]);
        lie.edit(&world, table, row, &[("last.lo", number(5))]);
        (world, lie)
    };
    let mut add = |without, rows: &[Cells<'_>]| {
        let (mut world, mut lie) = lying();
        add_rows(&mut world, &mut lie, Table::Boundary, rows);
        all.push(FalseRun {
            without,
            world,
            lie,
        });
    };
    let part = |name| Without::Part(Table::Boundary, name);
    // A shard that takes over from itself.
    add(part("owner on range16"), &[&held(address, 9, 1, 9, clk)]);
    // A shard that takes over from nobody.
    add(Without::Bus(Bus::Boundary), &[&held(address, 9, 0, 9, clk)]);
    // A shard that begins with what it likes.
    add(Without::Bus(Bus::Memory), &[]);
}

/// The shard executes an instruction that the program does not have.
fn instructions(all: &mut Vec<FalseRun>) {
    let with = |imm| Plan {
        name: "ADDI x10, x0, 7".into(),
        ..plan(addi(10, 0, imm), Setup::Loads, &[(6, 3)])
    };
    let (claimed, key) = (honest(&with(7)), honest(&with(5)).program);
    let lying = || {
        let (records, statement) = (claimed.records.clone(), claimed.statement.clone());
        let lie = "although the program has ADDI x10, x0, 5 there";
        claimed.lying_of(lie, (&claimed.program, &key), records, statement)
    };
    // Its table of instructions is right.
    let world = lying();
    all.push(FalseRun {
        without: Without::Bus(Bus::Program),
        lie: Lie::nowhere(&world),
        world,
    });
    // Its table of instructions is not the program.
    let mut world = lying();
    let mut lie = Lie::nowhere(&world);
    let pc = with(7).victim_pc();
    let row = world.text.keys().position(|at| *at == pc).expect("text");
    let fields = claimed.text[&pc].clone();
    let mut cells: Vec<F> = fields.iter().copied().map(F::from_u32).collect();
    cells.push(F::ONE);
    lie.rows.insert((Table::Instructions, row), cells);
    world.text.insert(pc, fields);
    all.push(FalseRun {
        without: Without::Bus(Bus::Instruction),
        world,
        lie,
    });
}

/// The last word of the data at [`DATA`], by word address.
const LAST: u32 = DATA / 4 + 23;
const LAST_VALUE: u32 = 0x5a5a_5a5a;

/// A word of the program file is held twice: between two stores, a load finds what was there before
/// the first.
fn image(all: &mut Vec<FalseRun>) {
    let (old, new) = (LAST_VALUE, 7);
    let registers = [(5, LAST * 4), (6, new), (28, 9), (7, 3)];
    let mut plan = plan(sw(6, 5, 0), Setup::Loads, &registers);
    plan.after = vec![lw(7, 5, 0), sw(6, 5, 0)];
    let run = honest(&plan);
    let mut records = run.records.clone();
    let at = |pc: u32| {
        let mut all = run.records.load_store_word.iter();
        all.position(|record| record.step.pc == pc)
            .expect("a load or store")
    };
    let pc = plan.victim_pc();
    let [store, load, again] = [pc, pc + 4, pc + 8].map(at);
    let [store_clk, load_clk] = [store, load].map(|at| records.load_store_word[at].step.clk + 2);
    let loaded = &mut records.load_store_word[load];
    loaded.step.result = old;
    (loaded.words[0].before, loaded.words[0].after) = (old, old);
    loaded.words[0].previous_clk = 0;
    // The second copy: loaded, then stored to.
    let stored = &mut records.load_store_word[again];
    (stored.words[0].before, stored.words[0].previous_clk) = (old, load_clk);
    records.registers[7].value = old;
    let lie = "twice, with a load between them that finds what was there before";
    let mut world = run.lying(lie, records, run.statement.clone());
    let mut lie = Lie::nowhere(&world);
    add_rows(
        &mut world,
        &mut lie,
        Table::Boundary,
        &[&held(LAST, old, 0, new, store_clk)],
    );
    let (table, row) = left_in(&world, [1, LAST]);
    lie.edit(&world, table, row, &[("touched", F::TWO)]);
    all.push(FalseRun {
        without: Without::Part(Table::Image, "touched"),
        world,
        lie,
    });
}

/// A load finds `found`, which a second copy of the word holds; then x0 is stored there, so that the
/// copy ends as 0. Returns the clk of the store.
fn loads(address: u32, found: u32) -> (World, u32) {
    let mut plan = plan(lw(7, 5, 0), Setup::Loads, &[(5, address * 4), (7, 3)]);
    plan.after = vec![sw(0, 5, 0)];
    let run = honest(&plan);
    let mut records = run.records.clone();
    let mut clk = 0;
    for record in &mut records.load_store_word {
        if record.words[0].address == address {
            record.words[0].before = found;
            if record.step.pc == plan.victim_pc() {
                record.step.result = found;
                record.words[0].after = found;
            }
            clk = record.step.clk + 2;
        }
    }
    records.registers[7].value = found;
    let lie = format!("finds {found:#x}, which is not there");
    (run.lying(lie, records, run.statement.clone()), clk)
}

/// A row of the table of zeroed words: in this gap, after `from`; differences have these borrows
/// (`from`, `start`, `end`).
fn opened(
    address: u32,
    last: [u32; 2],
    from: u32,
    gap: [u32; 2],
    borrows: [F; 3],
) -> Vec<(&'static str, F)> {
    let mut cells = vec![("last.lo", number(last[0])), ("owner", number(last[1]))];
    let words = [
        (["address.lo", "address.hi"], address),
        (["from.lo", "from.hi"], from),
        (["start.lo", "start.hi"], gap[0]),
        (["end.lo", "end.hi"], gap[1]),
    ];
    for ([lo, hi], word) in words {
        cells.extend([(lo, number(word & 0xffff)), (hi, number(word >> 16))]);
    }
    let names = ["borrow_from", "borrow_start", "borrow_end"];
    cells.extend(names.into_iter().zip(borrows));
    cells
}

/// Memory that starts as zero, where it does not.
fn zeroed(all: &mut Vec<FalseRun>) {
    const FREE: u32 = 0x1_0010;
    let part = |name| Without::Part(Table::Zeroed, name);
    // The difference is -1: with limbs (-1, 0), (2^16 - 1, -1), and those of p - 1.
    let minus_one = [F::ZERO, F::ONE, -number(0x7fff)];
    let borrow = |x: u32, y: u32| F::from_bool((x & 0xffff) < (y & 0xffff));

    // A word is opened twice: a load finds 0 after a store of something else.
    let names = [
        "address - from.low on range16",
        "address - from.high on range16",
        "address - from.borrow",
    ];
    let mut cases: Vec<(Without, F, u32)> = names
        .into_iter()
        .zip(minus_one)
        .map(|(name, borrow)| (part(name), borrow, FREE + 1))
        .collect();
    cases.push((Without::Bus(Bus::ZeroedFrom), F::ZERO, 0));
    for (without, borrow_from, from) in cases {
        let (world, lie) = opened_twice(FREE, |gap| {
            opened(
                FREE,
                [9, 1],
                from,
                gap,
                [borrow_from, borrow(FREE, gap[0]), borrow(gap[1], FREE + 1)],
            )
        });
        all.push(FalseRun {
            without,
            world,
            lie,
        });
    }

    // A word that a load finds as it never was.
    let (mut world, clk) = loads(FREE, 9);
    let mut lie = Lie::nowhere(&world);
    let row = held_in(&world, [1, FREE]).expect("it is held");
    lie.edit(&world, Table::Boundary, row, &[("last_clk", F::ZERO)]);
    let another = held(FREE, 9, 0, 0, clk);
    add_rows(&mut world, &mut lie, Table::Boundary, &[&another]);
    all.push(FalseRun {
        without: Without::Bus(Bus::Boundary),
        world,
        lie,
    });

    // A word of the program file is taken for one that starts as zero: the gap is made up; it ends
    // before it; it begins after it.
    let first = DATA / 4;
    let made_up = |without| (without, LAST, [LAST, LAST + 1], [F::ZERO; 3]);
    let mut cases = vec![made_up(part("gap on gap")), made_up(Without::Bus(Bus::Gap))];
    let image = common_image();
    let after = gap_of(&image, LAST + 1);
    let before = gap_of(&image, first - 1);
    let start = [
        "address - start.low on range16",
        "address - start.high on range16",
        "address - start.borrow",
    ];
    let end = [
        "end - 1 - address.low on range16",
        "end - 1 - address.high on range16",
        "end - 1 - address.borrow",
    ];
    for (index, wrong) in minus_one.into_iter().enumerate() {
        cases.push((
            part(start[index]),
            LAST,
            after,
            [F::ZERO, wrong, borrow(after[1], LAST + 1)],
        ));
        cases.push((
            part(end[index]),
            first,
            before,
            [F::ZERO, borrow(first, before[0]), wrong],
        ));
    }
    for (without, address, gap, borrows) in cases {
        let (mut world, clk) = loads(address, 0);
        let mut lie = Lie::nowhere(&world);
        let value = world
            .image
            .words
            .iter()
            .find(|word| word.0 == address)
            .expect("data")
            .1;
        let [lo, hi] = [value & 0xffff, value >> 16].map(number);
        let row = held_in(&world, [1, address]).expect("it is held");
        let untouched = [("after.lo", lo), ("after.hi", hi), ("last_clk", F::ZERO)];
        lie.edit(&world, Table::Boundary, row, &untouched);
        let (table, row) = left_in(&world, [1, address]);
        lie.edit(&world, table, row, &[("last.lo", lo), ("last.hi", hi)]);
        add_rows(
            &mut world,
            &mut lie,
            Table::Boundary,
            &[&held(address, 0, 0, 0, clk)],
        );
        add_rows(
            &mut world,
            &mut lie,
            Table::Zeroed,
            &[&opened(address, [0, 1], 0, gap, borrows)],
        );
        let to = [(address & 0xffff) + 1, address >> 16];
        world.part.zeroed = Some(ZeroedRange { from: [0, 0], to });
        world.airs = airs(&world.image, &world.part, true);
        all.push(FalseRun {
            without,
            world,
            lie,
        });
    }
}

/// A word that starts as zero is opened twice: between two stores, a load finds 0.
fn opened_twice(
    address: u32,
    second: impl FnOnce([u32; 2]) -> Vec<(&'static str, F)>,
) -> (World, Lie) {
    let mut plan = plan(
        sw(6, 5, 0),
        Setup::Loads,
        &[(5, address * 4), (6, 9), (7, 3)],
    );
    plan.after = vec![lw(7, 5, 0), sw(6, 5, 0)];
    let run = honest(&plan);
    let mut records = run.records.clone();
    let mut clks = vec![];
    for record in &mut records.load_store_word {
        let word = &mut record.words[0];
        if word.address == address {
            match clks.len() {
                1 => {
                    record.step.result = 0;
                    (word.before, word.after, word.previous_clk) = (0, 0, 0);
                }
                2 => (word.before, word.previous_clk) = (0, clks[1]),
                _ => {}
            }
            clks.push(record.step.clk + 2);
        }
    }
    records.registers[7].value = 0;
    let lie = "twice, with a load between them that finds 0";
    let mut world = run.lying(lie, records, run.statement.clone());
    let mut lie = Lie::nowhere(&world);
    add_rows(
        &mut world,
        &mut lie,
        Table::Boundary,
        &[&held(address, 0, 0, 9, clks[0])],
    );
    let second = second(gap_of(&world.image, address));
    add_rows(&mut world, &mut lie, Table::Zeroed, &[&second]);
    (world, lie)
}

/// The range in which the image does not have a word.
fn gap_of(image: &Image, address: u32) -> [u32; 2] {
    let mut gaps = ranges(image).into_iter();
    let gap = gaps.find(|gap| gap.contains(&address)).expect("a gap");
    [gap.start, gap.end]
}

/// An image with the data at [`DATA`], and with the gaps beside them that every program here has.
fn common_image() -> Image {
    let plan = plan(lw(7, 5, 0), Setup::Loads, &[(5, LAST * 4), (7, 3)]);
    let plan = Plan {
        after: vec![sw(0, 5, 0)],
        ..plan
    };
    Image::from(&plan.program(false))
}

/// Something else is stated than what happened.
fn statements(all: &mut Vec<FalseRun>) {
    let part = |name| Without::Part(Table::Statement, name);
    let outputs = call(64, 3, DATA + 1, 5, b"");
    let mut add = |without, change: &dyn Fn(&mut Statement), cells: &[(usize, Cells<'_>)]| {
        let world = histories::stated(&outputs, change);
        let mut lie = Lie::nowhere(&world);
        for (row, cells) in cells {
            lie.edit(&world, Table::Statement, *row, cells);
        }
        all.push(FalseRun {
            without,
            world,
            lie,
        });
    };
    let first = honest(&outputs).statement.output[0];
    let other = |statement: &mut Statement| statement.output[0] ^= 1;
    let is = F::from_u8(first);
    add(part("byte"), &other, &[(0, &[("byte", is)])]);
    add(Without::Bus(Bus::Output), &other, &[]);
    let swapped = |statement: &mut Statement| statement.output.swap(0, 1);
    let index = [[("index", F::ONE)], [("index", F::ZERO)]];
    add(part("index"), &swapped, &[(0, &index[0]), (1, &index[1])]);
    let longer = |statement: &mut Statement| statement.output.push(7);
    add(
        part("is_output"),
        &longer,
        &[(5, &[("is_output", F::ZERO)])],
    );
    let exits = |statement: &mut Statement| statement.exit_code ^= 1;
    add(Without::Bus(Bus::Exit), &exits, &[]);

    // Nothing is executed.
    let run = honest(&call(93, 7, 0, 0, b""));
    let statement = Statement {
        exit_code: 8,
        ..Statement::default()
    };
    let lie = "without an instruction, exits with 8";
    let world = run.lying(lie, Records::default(), statement);
    let mut lie = Lie::nowhere(&world);
    lie.edit(&world, Table::Statement, 0, &[("is_first", F::ZERO)]);
    all.push(FalseRun {
        without: part("is_first"),
        world,
        lie,
    });

    // The statement lets the run begin with its second instruction.
    let mut world = honest(&outputs);
    world.lie = Some("of which another beginning is stated".into());
    world.part.execution.as_mut().expect("a shard").pc += 4;
    world.airs = airs(&world.image, &world.part, true);
    all.push(FalseRun {
        without: Without::Bus(Bus::State),
        lie: Lie::nowhere(&world),
        world,
    });

    // The shard ends before the exit, and the statement lets it go on an instruction later.
    let run = honest(&outputs);
    let goes_on = |later: u32| {
        let mut records = run.records.clone();
        let exit = records.ecalls.pop().expect("the exit");
        let places = [(17, exit.a7), (11, exit.a1), (12, exit.a2), (10, exit.a0)];
        for (register, before) in places {
            records.registers[register] = before;
        }
        let lie = "of which another end is stated";
        let mut world = run.lying(lie, records, run.statement.clone());
        world.part.execution.as_mut().expect("a shard").end = End::Next {
            pc: exit.pc + later,
            cycles: (exit.clk - INITIAL_CLK) / CLK_PER_STEP,
        };
        world.airs = airs(&world.image, &world.part, true);
        world
    };
    assert_accepted(&goes_on(0));
    let world = goes_on(4);
    all.push(FalseRun {
        without: Without::Bus(Bus::State),
        lie: Lie::nowhere(&world),
        world,
    });
}
