//! Attacks on the rows of a table, and what each of them kills.

use std::collections::BTreeMap;

use p3_field::{PrimeCharacteristicRing, PrimeField32};
use zonda_circuits::{
    F,
    builder::Names,
    bus::Bus,
    checker::names,
    machine::{Image, Table, airs},
};
use zonda_riscv_emu::record::Service;

use crate::{
    Masked, common, histories,
    implied::implied,
    plans::{self, touched_again},
    row::{Dependencies, Part, column, full, is_lookup},
    search::{Search, effect, has_same_effect},
    settle::Lie,
    system::refusals,
    world::{Plan, World},
};

/// The kind of row that a machine without a part accepts and the whole one refuses.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// A second row for an honest step, which emits the same messages.
    Second,
    /// A step that did not happen.
    False,
}

/// An attack that one part alone refuses.
#[derive(Clone, Debug)]
pub struct Kill {
    pub kind: Kind,
    pub attack: String,
}

/// All attacks on one table.
pub struct Attacks {
    table: Table,
    names: Names,
    dependencies: Dependencies,
    plans: Vec<(Plan, World)>,
    /// By part: attacks that it alone refuses.
    pub kills: BTreeMap<Part, Kill>,
    /// By message of other buses than those of lookups: attacks that it and its partner refuse.
    pub pairs: BTreeMap<usize, Kill>,
    /// Messages without which honest runs do not balance.
    pub emitted: Vec<bool>,
}

/// How many rows a search looks at.
const BUDGET: usize = 150_000;

impl Attacks {
    pub fn new(table: Table) -> Self {
        let airs = airs(&Image::default(), &common::part(), true);
        let air = &airs[table as usize];
        let plans = plans::plans(table);
        let worlds = plans.into_iter().map(|plan| {
            let world = World::honest(&plan);
            (plan, world)
        });
        let names = names(air);
        Self {
            table,
            emitted: vec![false; names.messages.len()],
            names,
            dependencies: Dependencies::of(air),
            plans: worlds.collect(),
            kills: BTreeMap::new(),
            pairs: BTreeMap::new(),
        }
    }

    /// Mounts all attacks.
    pub fn mount(&mut self) {
        let plans = std::mem::take(&mut self.plans);
        self.honest_runs(&plans);
        self.histories();
        self.dedicated();
        self.other_operations(&plans);
        for depth in 0..4 {
            for (plan, world) in &plans {
                if self.is_done() {
                    break;
                }
                for row in self.rows(world, plan.victim_pc()) {
                    let start = world.cells(self.table, row).to_vec();
                    self.attack(world, row, start, depth);
                    if depth == 1 {
                        self.twins(&plans, world, row);
                    }
                }
            }
        }
        self.pairs(&plans);
    }

    /// The constraints and the messages on buses of lookups: what can be left out alone.
    pub fn parts(&self) -> Vec<(Part, String)> {
        let constraints = self.names.constraints.iter().enumerate();
        let constraints = constraints.map(|(index, name)| (Part::Constraint(index), name.clone()));
        let lookups = self
            .names
            .messages
            .iter()
            .enumerate()
            .filter(|(_, (bus, _))| is_lookup(*bus));
        let lookups = lookups.map(|(index, (bus, name))| (Part::Message(index), full(*bus, name)));
        constraints.chain(lookups).collect()
    }

    /// False runs that a lookup alone refuses, by its bus.
    pub fn lookups(&self) -> impl Iterator<Item = (Bus, String)> {
        self.kills.iter().filter_map(|(part, kill)| match part {
            Part::Message(index) if kill.kind == Kind::False => {
                Some((self.names.messages[*index].0, kill.attack.clone()))
            }
            _ => None,
        })
    }

    /// The other messages.
    pub fn answered(&self) -> Vec<(usize, String)> {
        let messages = self.names.messages.iter().enumerate();
        let messages = messages.filter(|(_, (bus, _))| !is_lookup(*bus));
        messages
            .map(|(index, (bus, name))| (index, full(*bus, name)))
            .collect()
    }

    /// Whether there is an attack for each part that can have one.
    fn is_done(&self) -> bool {
        let implied: Vec<_> = implied(self.table).collect();
        self.parts().into_iter().all(|(part, name)| {
            let kind = self.kills.get(&part).map(|kill| kill.kind);
            let implied = implied.iter().find(|implied| implied.part == name);
            kind == Some(Kind::False) || implied.is_some_and(|implied| implied.accepts == kind)
        })
    }

    /// The rows of a run that are attacked.
    fn rows(&self, world: &World, pc: u32) -> Vec<usize> {
        if is_service(self.table) {
            return (0..world.height(self.table)).collect();
        }
        let row = world.row_at(pc).filter(|(table, _)| *table == self.table);
        row.map(|(_, row)| row).into_iter().collect()
    }

    /// The messages that honest runs emit.
    fn honest_runs(&mut self, plans: &[(Plan, World)]) {
        for (_, world) in plans {
            let refused = refusals(world, &Lie::nowhere(world), None);
            assert_eq!(refused, [""; 0], "the honest control: {}", world.name);
            for row in 0..world.height(self.table) {
                for (emitted, message) in self
                    .emitted
                    .iter_mut()
                    .zip(world.evaluate(self.table, row).messages)
                {
                    *emitted |= message.count != F::ZERO;
                }
            }
        }
    }

    /// Runs whose records lie.
    fn histories(&mut self) {
        let mut all = histories::histories(self.table);
        for plan in touched_again(self.table) {
            let pc = plan.victim_pc();
            let asked = if is_service(self.table) { 0 } else { pc };
            let world = World::honest(&plan);
            let worlds = histories::reads_of_the_future(&world, asked);
            all.extend(worlds.into_iter().map(|world| (world, pc)));
        }
        for (world, pc) in all {
            for row in self.rows(&world, pc) {
                let start = world.cells(self.table, row).to_vec();
                self.attack(&world, row, start, 1);
                // A word taken for one that is not aligned has no offset: here it has.
                if self.table == Table::LoadStoreMisaligned {
                    for offset in [[-1, 1], [1, 1], [0, 0], [2, -1]] {
                        let mut start = world.cells(self.table, row).to_vec();
                        let first = column(self.table, "offset[0]");
                        start[first..first + 2].copy_from_slice(&offset.map(F::from_i64));
                        self.attack_start(&world, row, start, 5);
                    }
                }
            }
        }
        if self.table == Table::Ecall {
            self.reordered();
        }
    }

    /// Several rows that lie together.
    fn reordered(&mut self) {
        let (world, cells) = histories::reordered();
        let mut rows: BTreeMap<(Table, usize), Vec<F>> = BTreeMap::new();
        for (row, name, quarters) in cells {
            let cells = rows.entry((self.table, row));
            let cells = cells.or_insert_with(|| world.cells(self.table, row).to_vec());
            // 2^29 is 1/4 (mod p).
            cells[column(self.table, name)] = F::from_u32(quarters) * F::from_u32(1 << 29);
        }
        let lie = Lie {
            rows,
            statement: world.statement.clone(),
        };
        assert!(lie.balance(&world, &Masked::new()).is_empty());
        let name = "output_end.hi";
        for found in lie.checked(&world) {
            assert_eq!(found, format!("ecall {name}"));
        }
        let index = self
            .names
            .constraints
            .iter()
            .position(|n| n == name)
            .unwrap();
        let attack = format!("{} {}", world.name, world.lie.unwrap());
        self.kills.insert(
            Part::Constraint(index),
            Kill {
                kind: Kind::False,
                attack,
            },
        );
    }

    /// Rows that no search finds.
    fn dedicated(&mut self) {
        for (plan, cells) in plans::dedicated(self.table) {
            let world = World::honest(&plan);
            for row in self.rows(&world, plan.victim_pc()) {
                let mut start = world.cells(self.table, row).to_vec();
                for (name, value) in &cells {
                    start[column(self.table, name)] = F::from_u32(*value);
                }
                self.attack_start(&world, row, start, 5);
            }
        }
        for (plan, instruction, cells) in plans::pretended(self.table) {
            let mut world = World::honest(&plan);
            let rows = self.rows(&world, plan.victim_pc());
            world.pretend(&plan, instruction);
            for row in rows {
                let mut start = world.cells(self.table, row).to_vec();
                for (name, value) in &cells {
                    start[column(self.table, name)] = F::from_i64(*value);
                }
                self.attack_start(&world, row, start, 5);
            }
        }
    }

    /// The program has some instruction where a row of the table runs, and the row has flags whose sum
    /// is its operation.
    fn other_operations(&mut self, plans: &[(Plan, World)]) {
        let fetch = self
            .names
            .messages
            .iter()
            .position(|(_, name)| name == "fetch");
        let Some(fetch) = fetch else { return };
        let columns = self.dependencies.fields[fetch][1];
        let flags: Vec<usize> = (0..self.table.trace_width())
            .filter(|column| columns >> column & 1 == 1)
            .collect();
        let range = match flags.len() {
            0 | 1 => -50..=50,
            2 => -8..=8,
            3 => -3..=3,
            _ => -1..=2,
        };
        let choices = |mut number: i64| {
            let count = range.clone().count() as i64;
            let choice = |_| {
                let choice = range.start() + number % count;
                number /= count;
                F::from_i64(choice)
            };
            flags.iter().map(choice).collect::<Vec<F>>()
        };
        let all = (range.clone().count() as i64).pow(flags.len() as u32);
        for (plan, _) in plans.iter().step_by(plans.len().div_ceil(9)) {
            let mut world = World::honest(plan);
            let pc = plan.victim_pc();
            let Some(row) = self.rows(&world, pc).pop() else {
                continue;
            };
            let honest = world.cells(self.table, row).to_vec();
            let mut starts: BTreeMap<u32, Vec<Vec<F>>> = BTreeMap::new();
            let several = (0..all).map(|number| {
                let mut start = honest.clone();
                for (column, value) in flags.iter().zip(choices(number)) {
                    start[*column] = value;
                }
                start
            });
            let single = flags.iter().flat_map(|column| {
                (-50..=50).map(|value| {
                    let mut start = honest.clone();
                    start[*column] = F::from_i64(value);
                    start
                })
            });
            for start in several.chain(single) {
                let message = world.evaluate_cells(self.table, row, &start).messages[fetch];
                if message.count != F::ZERO {
                    starts.entry(message.numbers()[1]).or_default().push(start);
                }
            }
            let own = world
                .program
                .instruction(pc)
                .expect("text")
                .expect("an instruction");
            let mut others = plans::instructions(pc);
            others.retain(|other| *other != own);
            for instruction in [own].into_iter().chain(others) {
                if instruction != own {
                    world.pretend(plan, instruction);
                }
                let operation = world.text[&pc][1];
                for start in starts.get(&operation).into_iter().flatten() {
                    self.attack_start(&world, row, start.clone(), 3);
                }
            }
        }
    }

    /// Rows that compute what other rows do, from what they find themselves.
    fn twins(&mut self, plans: &[(Plan, World)], world: &World, row: usize) {
        for start in self.twin_rows(plans, world, row, 0) {
            if self.is_done() {
                break;
            }
            self.attack_start(world, row, start, 3);
        }
    }

    /// Other rows of the table, as they would be in place of a row, with what that finds except for
    /// the columns `forgotten`.
    fn twin_rows(
        &self,
        plans: &[(Plan, World)],
        world: &World,
        row: usize,
        forgotten: u64,
    ) -> Vec<Vec<F>> {
        const OWN: [&str; 15] = [
            "thread",
            "value",
            "previous_clk",
            "difference_low",
            "rd",
            "rs1",
            "rs2",
            "register",
            "immediate",
            "constant",
            "multiplier",
            "target",
            "link_hi",
            "clk",
            "address",
        ];
        let names = self.table.column_names();
        let is_own = |(column, name): (usize, &String)| {
            let mut parts = name.split(['.', '[']);
            forgotten >> column & 1 == 0
                && parts.any(|part| OWN.contains(&part) || part.starts_with("is_"))
        };
        let own: Vec<bool> = names.iter().enumerate().map(is_own).collect();
        let mut all = vec![];
        for (plan, other) in plans {
            for twin in self.rows(other, plan.victim_pc()) {
                let cells = world.cells(self.table, row).iter();
                let cells = cells.zip(other.cells(self.table, twin)).zip(&own);
                let pick =
                    |((own, twin), is_own): ((&F, &F), &bool)| if *is_own { *own } else { *twin };
                all.push(cells.map(pick).collect());
            }
        }
        all
    }

    /// Changes a row.
    fn attack(&mut self, world: &World, row: usize, start: Vec<F>, depth: usize) {
        let nothing = Masked::new();
        let place = (self.table, row);
        let kills = &mut self.kills;
        let mut search = Search::new(world, place, start, &self.dependencies, &nothing, BUDGET);
        search.run(depth, &mut |part, cells| {
            judge(kills, &self.names, world, place, part, cells)
        });
    }

    /// Repairs a row.
    fn attack_start(&mut self, world: &World, row: usize, start: Vec<F>, depth: usize) {
        let nothing = Masked::new();
        let place = (self.table, row);
        let kills = &mut self.kills;
        let mut search = Search::new(world, place, start, &self.dependencies, &nothing, BUDGET);
        let found = &mut |part, cells: &[F]| judge(kills, &self.names, world, place, part, cells);
        search.run_start(depth, found);
    }

    /// Attacks that messages refuse together, none of which can be left out alone: without one, honest
    /// runs do not balance.
    fn pairs(&mut self, plans: &[(Plan, World)]) {
        let mut pairs: BTreeMap<(Bus, String), Vec<usize>> = BTreeMap::new();
        for (index, (bus, name)) in self.names.messages.iter().enumerate() {
            if matches!(bus, Bus::Memory | Bus::State) {
                let scope = name.rsplit_once('.').map_or("", |(scope, _)| scope);
                pairs.entry((*bus, scope.into())).or_default().push(index);
            }
        }
        for ((bus, _), messages) in pairs {
            let kill = match bus {
                Bus::Memory => self.forgotten_access(plans, [messages[0], messages[1]]),
                _ => self.fires_alone(plans, &messages),
            };
            if let Some(kill) = kill {
                self.pairs
                    .extend(messages.into_iter().map(|index| (index, kill.clone())));
            }
        }
        for (world, messages) in histories::unanswered(self.table) {
            let all = airs(&Image::default(), &common::part(), false);
            let place = |(table, name): &(Table, &str)| {
                let names = names(&all[*table as usize]).messages;
                let index = names.iter().position(|(_, n)| n == name).unwrap();
                (*table, Part::Message(index))
            };
            let masked: Masked = messages.iter().map(place).collect();
            let lie = Lie::nowhere(&world);
            assert!(!lie.balance(&world, &Masked::new()).is_empty());
            assert!(lie.balance(&world, &masked).is_empty());
            let attack = format!("{} {}", world.name, world.lie.as_deref().unwrap());
            for (table, part) in masked {
                if let (true, Part::Message(index)) = (table == self.table, part) {
                    let kill = Kill {
                        kind: Kind::False,
                        attack: attack.clone(),
                    };
                    self.pairs.insert(index, kill);
                }
            }
        }
    }

    /// A row that does not access a place: it changes the value that it claims to find
    /// there, or what it computes is not written.
    fn forgotten_access(&self, plans: &[(Plan, World)], [read, write]: [usize; 2]) -> Option<Kill> {
        let masked: Masked = [read, write]
            .map(|index| (self.table, Part::Message(index)))
            .into();
        let mut kill = None;
        for (plan, world) in plans {
            for row in self.rows(world, plan.victim_pc()) {
                let place = (self.table, row);
                let start = world.cells(self.table, row).to_vec();
                let messages = world.evaluate(self.table, row).messages;
                let value = |index: usize| messages[index].fields()[2..4].to_vec();
                if messages[read].count == F::ZERO {
                    continue;
                }
                if value(read) != value(write) {
                    let mut lie = Lie::of(world, place, start.clone());
                    if lie.settle(world, &masked) {
                        let attack = format!("{} writes nothing", world.name);
                        return Some(Kill {
                            kind: Kind::False,
                            attack,
                        });
                    }
                }
                let mut found = |part: Option<Part>, cells: &[F]| {
                    let same = has_same_effect(world, place, cells, &masked);
                    let mut lie = Lie::of(world, place, cells.to_vec());
                    if part.is_none() && !same && lie.settle(world, &masked) {
                        let attack = describe(world, place, cells);
                        kill = Some(Kill {
                            kind: Kind::False,
                            attack,
                        });
                    }
                    kill.is_some()
                };
                let dependencies = &self.dependencies;
                let search =
                    |start| Search::new(world, place, start, dependencies, &masked, BUDGET);
                search(start).run(2, &mut found);
                // The value that another row finds there.
                let fields = &dependencies.fields[read];
                let forgotten = fields[2] | fields[3];
                for start in self.twin_rows(plans, world, row, forgotten) {
                    search(start).run_start(2, &mut found);
                }
                if kill.is_some() {
                    return kill;
                }
            }
        }
        None
    }

    /// A row stands outside of the thread.
    fn fires_alone(&self, plans: &[(Plan, World)], messages: &[usize]) -> Option<Kill> {
        let masked: Masked = messages
            .iter()
            .map(|index| (self.table, Part::Message(*index)))
            .collect();
        plans.iter().find_map(|(plan, _)| {
            let (world, pc) = match self.table {
                Table::Ecall if plan.is_debug() => histories::called_from_elsewhere(plan),
                Table::Ecall => return None,
                _ => (histories::fires_alone(plan), plan.victim_pc() + 4),
            };
            let row = self.rows(&world, pc).into_iter().next()?;
            let place = (self.table, row);
            let cells = world.cells(self.table, row).to_vec();
            let mut search = Search::new(
                &world,
                place,
                cells.clone(),
                &self.dependencies,
                &masked,
                BUDGET,
            );
            let mut holds = false;
            search.run_start(0, &mut |part, _| {
                holds |= part.is_none();
                true
            });
            let lie = Lie::of(&world, place, cells.clone());
            let balances = lie
                .balance(&world, &Masked::new())
                .0
                .keys()
                .all(|(bus, _)| *bus == Bus::State);
            let attack = describe(&world, place, &cells);
            (holds && balances).then_some(Kill {
                kind: Kind::False,
                attack,
            })
        })
    }
}

/// Whether a row that one part refuses shows what the part is for. Returns whether to stop.
fn judge(
    kills: &mut BTreeMap<Part, Kill>,
    names: &Names,
    world: &World,
    place: (Table, usize),
    part: Option<Part>,
    cells: &[F],
) -> bool {
    let Some(part) = part else { return false };
    let (table, _) = place;
    let best = kills.get(&part).map(|kill| kill.kind);
    if best == Some(Kind::False) {
        return false;
    }
    let nothing = Masked::new();
    let mut lie = Lie::of(world, place, cells.to_vec());
    if !lie.settle(world, &nothing) {
        return false;
    }
    let effects = effect(world, place, cells);
    let kind = match &world.pretended {
        // The effect of the instruction that the program has, if it runs at all.
        Some(_) if world.truth() != Some(effects) => Kind::False,
        None if world.lie.is_some() || !has_same_effect(world, place, cells, &nothing) => {
            Kind::False
        }
        _ => Kind::Second,
    };
    if best.is_none_or(|best| best < kind) {
        let attack = describe(world, place, cells);
        let expected = match part {
            Part::Constraint(index) => format!("{} {}", table.name(), names.constraints[index]),
            Part::Message(index) => {
                let (bus, name) = &names.messages[index];
                format!("{} {}", table.name(), full(*bus, name))
            }
        };
        // The debug checker finds exactly this.
        assert_eq!(lie.checked(world), [expected], "{attack}");
        kills.insert(part, Kill { kind, attack });
    }
    false
}

/// Whether the rows of a table are records of a service, rather than of instructions.
fn is_service(table: Table) -> bool {
    Service::ALL.map(Table::of_service).contains(&table)
}

/// A description of a row and of its change.
fn describe(world: &World, (table, row): (Table, usize), cells: &[F]) -> String {
    let number = |x: F| match x.as_canonical_u32() {
        n if n > F::ORDER_U32 / 2 => format!("-{}", F::ORDER_U32 - n),
        n => n.to_string(),
    };
    let names = table.column_names();
    let changes = names.iter().zip(world.cells(table, row)).zip(cells);
    let changes = changes.filter(|((_, honest), changed)| honest != changed);
    let changes: Vec<String> = changes
        .map(|((name, honest), changed)| {
            format!("{name} {} -> {}", number(*honest), number(*changed))
        })
        .collect();
    let mut text = world.name.clone();
    if let Some(lie) = &world.lie {
        text = format!("{text} {lie}");
    }
    if changes.is_empty() {
        text
    } else {
        format!("{text}: {}", changes.join(", "))
    }
}
