//! The debug checker: evaluates every constraint of every row, balances every bus, and names each
//! failure with its place.

use alloc::{string::String, vec::Vec};
use core::fmt;

use hashbrown::HashMap;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_matrix::{Matrix, dense::RowMajorMatrix};
use zonda_riscv_emu::allocate::{self, OutOfMemory};

use crate::{
    F,
    builder::Names,
    bus::Bus,
    evaluate::{Listener, Row},
    machine::{Table, TableAir},
};

/// A failure that no valid run's tables show.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// A constraint is not zero on a row.
    Constraint {
        /// The table.
        table: Table,
        /// The row.
        row: usize,
        /// The constraint's name.
        constraint: String,
        /// The row's pc, where the table has one.
        pc: Option<u32>,
    },
    /// A message was not sent as often as it was received.
    Unbalanced {
        /// The bus.
        bus: Bus,
        /// The message.
        fields: Vec<u32>,
        /// Sent minus received, modulo p.
        surplus: u32,
        /// A place that emits it: table, row and the message's name.
        place: (Table, usize, String),
        /// That row's pc, where the table has one.
        pc: Option<u32>,
    },
}

impl Failure {
    /// The pc of the row that shows the failure, where its table has one.
    pub const fn pc(&self) -> Option<u32> {
        match self {
            Self::Constraint { pc, .. } | Self::Unbalanced { pc, .. } => *pc,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (table, row, pc) = match self {
            Self::Constraint {
                table,
                row,
                constraint,
                pc,
            } => {
                write!(f, "constraint {constraint} does not hold")?;
                (table, row, pc)
            }
            Self::Unbalanced {
                bus,
                fields,
                surplus,
                place: (table, row, name),
                pc,
            } => {
                write!(
                    f,
                    "bus {} does not balance: {fields:?} has a surplus of ",
                    bus.name()
                )?;
                match F::ORDER_U32 - surplus {
                    missing if missing < *surplus => write!(f, "-{missing}")?,
                    _ => write!(f, "{surplus}")?,
                }
                write!(f, ", emitted as {name}")?;
                (table, row, pc)
            }
        };
        write!(f, "; table {}, row {row}", table.name())?;
        pc.map_or(Ok(()), |pc| write!(f, ", pc {pc:#010x}"))
    }
}

/// The names of a table's constraints and messages.
pub fn names(air: &TableAir) -> Names {
    let mut names = Names::default();
    let main = alloc::vec![F::ZERO; air.table.trace_width()];
    let fixed = alloc::vec![F::ZERO; air.table.fixed_width()];
    let periodic = alloc::vec![F::ZERO; air.periodic.len()];
    let mut row = Row::new(&main, &fixed, &periodic, &air.public, Silent);
    air.table.evaluate_named(&mut row, &mut names);
    names
}

struct Silent;

impl Listener for Silent {
    fn constraint(&mut self, _value: F) {}
    fn message<const N: usize>(&mut self, _bus: Bus, _count: F, _fields: [F; N]) {}
}

/// Evaluates row `index` of a table and passes the values to `listener`.
pub fn visit<L: Listener>(air: &TableAir, trace: &RowMajorMatrix<F>, index: usize, listener: L) {
    let main = trace.row_slice(index).expect("a row of the table");
    let fixed = air
        .fixed
        .as_ref()
        .map(|fixed| fixed.row_slice(index).expect("a preprocessed row"));
    let fixed: &[F] = fixed.as_deref().unwrap_or_default();
    let periodic: Vec<F> = air.periodic.iter().map(|column| column[index]).collect();
    let mut row = Row::new(&main, fixed, &periodic, &air.public, listener);
    air.table.evaluate(&mut row);
}

struct Recorder<'a> {
    constraints: usize,
    failed: Vec<usize>,
    messages: usize,
    balance: &'a mut Balance,
    place: (usize, usize),
}

/// The surplus of every message, as far as there is memory for it.
#[derive(Default)]
struct Balance {
    messages: HashMap<Message, (F, Place)>,
    refused: Option<OutOfMemory>,
}

/// Bus and fields.
type Message = (Bus, Vec<u32>);

/// Which of the tables that are checked, row and message.
type Place = (usize, usize, usize);

impl Listener for Recorder<'_> {
    fn constraint(&mut self, value: F) {
        if value != F::ZERO {
            self.failed.push(self.constraints);
        }
        self.constraints += 1;
    }

    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        let refused = &mut self.balance.refused;
        if refused.is_none() {
            *refused = reserve_one(&mut self.balance.messages).err();
        }
        if count != F::ZERO && refused.is_none() {
            let fields = fields.iter().map(PrimeField32::as_canonical_u32).collect();
            let (table, row) = self.place;
            let entry = self
                .balance
                .messages
                .entry((bus, fields))
                .or_insert((F::ZERO, (table, row, self.messages)));
            entry.0 += count;
        }
        self.messages += 1;
    }
}

/// Makes room for one more message and its fields; where the map grows, for as many again.
fn reserve_one<V>(told: &mut HashMap<Message, V>) -> Result<(), OutOfMemory> {
    /// About the memory of a message's fields, with the allocator's overhead.
    const FIELDS_BYTES: usize = 64;
    if told.len() < told.capacity() {
        return Ok(());
    }
    let more = told.len().max(1 << 10);
    let bytes = more * (2 * size_of::<(Message, V)>() + FIELDS_BYTES);
    allocate::expect(bytes)?;
    let bytes = bytes as u64;
    told.try_reserve(more).map_err(|_| OutOfMemory { bytes })
}

/// Checks every constraint of every row of a run of one part, and the balance of every bus, and
/// returns up to `most` failures: none for a valid run.
///
/// # Panics
/// If a trace does not have its table's shape, or if the system refuses memory: see
/// [`RunChecker::part`].
pub fn check<'a>(
    tables: impl IntoIterator<Item = (&'a TableAir, &'a RowMajorMatrix<F>)>,
    most: usize,
) -> Vec<Failure> {
    let mut run = RunChecker::new(most);
    run.part(tables).expect("memory for the messages");
    run.finish()
}

/// Checks a run part by part: [`check`] for runs of several parts.
pub struct RunChecker {
    most: usize,
    failures: Vec<Failure>,
    /// The surplus of every message on global buses, and the place that emits it first.
    global: HashMap<Message, (F, Spot)>,
}

/// The place that emits a message: table, row, the message's name, and the row's pc.
type Spot = (Table, usize, String, Option<u32>);

impl RunChecker {
    /// Nothing has been checked yet; keeps up to `most` failures.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            failures: Vec::new(),
            global: HashMap::new(),
        }
    }

    /// Checks every constraint and every local bus of the run's next part: of its tables, each of
    /// which is there once, if it has rows.
    ///
    /// # Errors
    /// If the system refuses memory for the messages of all buses, which are all kept.
    ///
    /// # Panics
    /// If a trace that has rows does not have its table's width, and the height of its preprocessed
    /// or periodic columns.
    pub fn part<'a>(
        &mut self,
        tables: impl IntoIterator<Item = (&'a TableAir, &'a RowMajorMatrix<F>)>,
    ) -> Result<(), OutOfMemory> {
        let tables = tables.into_iter();
        let tables: Vec<_> = tables.filter(|(_, trace)| trace.height() > 0).collect();
        let mut balance = Balance::default();
        for (index, (air, trace)) in tables.iter().enumerate() {
            assert_shape(air, trace);
            self.rows(air, trace, index, &mut balance)?;
            if self.failures.len() >= self.most {
                self.failures.truncate(self.most);
                return Ok(());
            }
        }
        self.balance(&tables, balance)
    }

    /// Checks the constraints of all rows of a table, up to as many failures as are kept, and adds
    /// its messages to `balance`.
    fn rows(
        &mut self,
        air: &TableAir,
        trace: &RowMajorMatrix<F>,
        index: usize,
        balance: &mut Balance,
    ) -> Result<(), OutOfMemory> {
        for row in 0..trace.height() {
            let mut recorder = Recorder {
                constraints: 0,
                failed: Vec::new(),
                messages: 0,
                balance: &mut *balance,
                place: (index, row),
            };
            visit(air, trace, row, &mut recorder);
            let failed = recorder.failed;
            if let Some(refused) = balance.refused {
                return Err(refused);
            }
            for constraint in failed {
                let mut names = names(air).constraints;
                self.failures.push(Failure::Constraint {
                    table: air.table,
                    row,
                    constraint: names.swap_remove(constraint),
                    pc: pc(air, trace, row),
                });
            }
            if self.failures.len() >= self.most {
                break;
            }
        }
        Ok(())
    }

    /// Checks the local buses of a part, and keeps what is left over on global ones.
    fn balance(
        &mut self,
        tables: &[(&TableAir, &RowMajorMatrix<F>)],
        balance: Balance,
    ) -> Result<(), OutOfMemory> {
        let names: Vec<Names> = tables.iter().map(|(air, _)| names(air)).collect();
        let spot = |(index, row, message): Place| {
            let (air, trace) = tables[index];
            let name = names[index].messages[message].1.clone();
            (air.table, row, name, pc(air, trace, row))
        };
        let mut unbalanced = Vec::new();
        for (message, (surplus, place)) in balance.messages {
            if surplus == F::ZERO {
                continue;
            }
            if message.0.is_global() {
                reserve_one(&mut self.global)?;
                let told = self.global.entry(message);
                told.or_insert_with(|| (F::ZERO, spot(place))).0 += surplus;
            } else {
                allocate::push(&mut unbalanced, (message, surplus, place))?;
            }
        }
        unbalanced.sort_unstable_by_key(|((bus, _), _, place)| (*place, *bus));
        let room = self.most - self.failures.len();
        let unbalanced = unbalanced.into_iter().take(room);
        self.failures.extend(
            unbalanced.map(|(message, surplus, place)| failure(message, surplus, spot(place))),
        );
        Ok(())
    }

    /// Checks the global buses, and returns the failures.
    pub fn finish(mut self) -> Vec<Failure> {
        let unbalanced = self.global.into_iter();
        let unbalanced = unbalanced.filter(|(_, (surplus, _))| *surplus != F::ZERO);
        let mut unbalanced: Vec<_> = unbalanced
            .map(|(message, (surplus, spot))| (spot, message, surplus))
            .collect();
        unbalanced.sort_unstable();
        let room = self.most - self.failures.len();
        let unbalanced = unbalanced.into_iter().take(room);
        self.failures
            .extend(unbalanced.map(|(spot, message, surplus)| failure(message, surplus, spot)));
        self.failures
    }
}

/// Asserts that a table has its shape, if it has rows.
fn assert_shape(air: &TableAir, trace: &RowMajorMatrix<F>) {
    let (name, height) = (air.table.name(), trace.height());
    assert_eq!(
        trace.width(),
        air.table.trace_width(),
        "width of table {name}"
    );
    let fixed = air.fixed.iter().map(|fixed| fixed.height());
    for given in fixed.chain(air.periodic.iter().map(Vec::len)) {
        assert_eq!(height, given, "height of table {name}");
    }
}

fn failure((bus, fields): Message, surplus: F, (table, row, name, pc): Spot) -> Failure {
    Failure::Unbalanced {
        bus,
        fields,
        surplus: surplus.as_canonical_u32(),
        place: (table, row, name),
        pc,
    }
}

fn pc(air: &TableAir, trace: &RowMajorMatrix<F>, row: usize) -> Option<u32> {
    let column = air
        .table
        .column_names()
        .iter()
        .position(|name| name == "thread.pc")?;
    Some(trace.values[row * trace.width() + column].as_canonical_u32())
}

impl<L: Listener> Listener for &mut L {
    #[inline(always)]
    fn constraint(&mut self, value: F) {
        (**self).constraint(value);
    }

    #[inline(always)]
    fn message<const N: usize>(&mut self, bus: Bus, count: F, fields: [F; N]) {
        (**self).message(bus, count, fields);
    }
}
