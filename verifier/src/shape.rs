//! The shape of a part: which tables it has and how high, and the bounds that circuits rely on.
//!
//! Section 6 of the protocol.

use alloc::vec::Vec;

use zonda_circuits::machine::{MIN_LOG_HEIGHT, Role, Table, height};
use zonda_riscv_emu::record::CLK_PER_STEP;

/// The base-two logarithm of the greatest height of a table.
pub const MAX_LOG_HEIGHT: u32 = 24;

/// The base-two logarithm of the least height of a part's highest table.
pub const MIN_LOG_MAX_HEIGHT: u32 = 16;

/// The most instances of a table that can have several.
pub const MAX_INSTANCES: usize = 4;

/// The most bytes that a proved run can make public.
pub const MAX_OUTPUT_BYTES: usize = 1 << 22;

/// All clks of a part stay below this, because heights times clks per row do: no row's clk is
/// further from the start than all rows together can move it. It is far enough below p that a clk
/// difference, which the circuits bound by 2^24, cannot be one modulo p only.
pub(crate) const CLK_BOUND: u64 = 1 << 30;

/// A table's rows in a part.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Instance {
    /// Which table.
    pub table: Table,
    /// The base-two logarithm of the number of rows.
    pub log_height: u8,
}

impl Instance {
    /// The base-two logarithm of the number of rows.
    pub const fn log_height(&self) -> u32 {
        self.log_height as u32
    }
}

/// The instances of a part: in the order of [`Table::ALL`], those of one table by descending height.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Shape(pub Vec<Instance>);

/// A shape that no part of an honest proof of this program and statement has.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// An instance lower or higher than tables can be.
    #[error(
        "table {table} has 2^{got} rows; 2^{MIN_LOG_HEIGHT} to 2^{MAX_LOG_HEIGHT} are possible"
    )]
    Height {
        /// The table.
        table: &'static str,
        /// The logarithm of its height.
        got: u32,
    },
    /// The instances are not in order.
    #[error("table {table} is out of order")]
    Order {
        /// The table that should stand further in front.
        table: &'static str,
    },
    /// The part does nothing: it has lookup tables only.
    #[error("the tables execute nothing, open no memory and have no program")]
    Roles,
    /// A table has more instances than it can have, or fewer than it must have, beside the others.
    #[error("table {table} has {got} instances; {least} to {most} are possible beside the others")]
    Instances {
        /// The table.
        table: &'static str,
        /// How few it can have.
        least: usize,
        /// How many it can have.
        most: usize,
        /// How many it has.
        got: usize,
    },
    /// All tables are lower than the table of 16-bit values is.
    #[error("the highest table has 2^{got} rows; no part has fewer than 2^{MIN_LOG_MAX_HEIGHT}")]
    Low {
        /// The logarithm of the height of the highest table.
        got: u32,
    },
    /// A table whose height follows from the key or the statement has another one.
    #[error("table {table} has 2^{got} rows; the key and the statement make it 2^{expected}")]
    Fixed {
        /// The table.
        table: &'static str,
        /// The logarithm of the height it must have.
        expected: u32,
        /// The logarithm of its height.
        got: u32,
    },
    /// More rows than the clock's soundness argument allows.
    #[error("the tables have {rows} rows together, more than the clock can count")]
    Clock {
        /// The sum of all heights.
        rows: u64,
    },
}

impl Shape {
    /// Checks that tables whose height follows from the key, of which `fixed` are the logarithms, or
    /// from the number of bytes of output that the part makes, have that height.
    ///
    /// # Errors
    /// The first height that is another.
    pub fn check_heights(&self, fixed: &[Instance], output: usize) -> Result<(), ShapeError> {
        let stated = Instance {
            table: Table::Statement,
            log_height: height(output).ilog2() as u8,
        };
        for expected in fixed.iter().chain([&stated]) {
            for got in self.0.iter().filter(|got| got.table == expected.table) {
                if got.log_height != expected.log_height {
                    return Err(ShapeError::Fixed {
                        table: got.table.name(),
                        expected: expected.log_height(),
                        got: got.log_height(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Checks the rules for every shape, for any program and statement.
    ///
    /// # Errors
    /// The first bound that does not hold.
    pub fn check_form(&self) -> Result<(), ShapeError> {
        let heights = MIN_LOG_HEIGHT as u32..=MAX_LOG_HEIGHT;
        if let Some(wrong) = self.0.iter().find(|i| !heights.contains(&i.log_height())) {
            return Err(ShapeError::Height {
                table: wrong.table.name(),
                got: wrong.log_height(),
            });
        }
        for (a, b) in self.0.iter().zip(self.0.iter().skip(1)) {
            if a.table > b.table || (a.table == b.table && a.log_height < b.log_height) {
                return Err(ShapeError::Order {
                    table: b.table.name(),
                });
            }
        }
        if self.0.iter().all(|i| i.table.role() == Role::Lookup) {
            return Err(ShapeError::Roles);
        }
        for table in Table::ALL {
            let (least, most) = self.possible_instances(table);
            let got = self.0.iter().filter(|i| i.table == table).count();
            if got < least || got > most {
                return Err(ShapeError::Instances {
                    table: table.name(),
                    least,
                    most,
                    got,
                });
            }
        }
        if self.log_height() < MIN_LOG_MAX_HEIGHT {
            return Err(ShapeError::Low {
                got: self.log_height(),
            });
        }
        let rows = self.rows();
        if rows.saturating_mul(u64::from(CLK_PER_STEP)) >= CLK_BOUND {
            return Err(ShapeError::Clock { rows });
        }
        Ok(())
    }

    /// Whether there is a table with this role.
    pub fn has(&self, role: Role) -> bool {
        self.0.iter().any(|instance| instance.table.role() == role)
    }

    /// The shape's bytes, as transcripts and proofs hold them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = |instance: &Instance| [instance.table as u8, instance.log_height];
        self.0.iter().flat_map(bytes).collect()
    }

    /// The least and greatest number of instances of a table, given those of other tables.
    fn possible_instances(&self, table: Table) -> (usize, usize) {
        let role = table.role();
        if role != Role::Lookup && !self.has(role) {
            return (0, 0);
        }
        match table {
            Table::Instructions | Table::Boundary => (1, MAX_INSTANCES),
            Table::Statement => (1, 1),
            _ if table.fixed_width() > 0 => (1, 1),
            _ => (0, MAX_INSTANCES),
        }
    }

    /// The base-two logarithm of the greatest height: n.
    pub fn log_height(&self) -> u32 {
        self.0.iter().map(Instance::log_height).max().unwrap_or(0)
    }

    /// The sum of all heights.
    pub fn rows(&self) -> u64 {
        self.0.iter().fold(0_u64, |rows, instance| {
            let height = 1_u64.checked_shl(instance.log_height());
            rows.saturating_add(height.unwrap_or(u64::MAX))
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The shape of a part with all roles: one lowest instance of each table that must be there, and
    /// 2^16 rows where tables of 16-bit values have them.
    pub(crate) fn least() -> Shape {
        of_tables(|table| match table {
            Table::Instructions | Table::Boundary | Table::Statement => true,
            _ => table.fixed_width() > 0,
        })
    }

    /// The shape of a part that opens no zeroed words, and does nothing else.
    pub(crate) fn zeroed_only() -> Shape {
        of_tables(|table| table.role() == Role::Lookup || table == Table::Gaps)
    }

    fn of_tables(is_there: impl Fn(Table) -> bool) -> Shape {
        let tables = Table::ALL.into_iter().filter(|table| is_there(*table));
        let instance = |table| Instance {
            table,
            log_height: match table {
                Table::Range16 | Table::Bytes => 16,
                _ => 4,
            },
        };
        Shape(tables.map(instance).collect())
    }

    fn error(change: impl FnOnce(&mut Vec<Instance>)) -> ShapeError {
        let mut shape = least();
        change(&mut shape.0);
        shape.check_form().unwrap_err()
    }

    fn add(log_height: u8) -> Instance {
        Instance {
            table: Table::AddSub,
            log_height,
        }
    }

    #[test]
    fn each_bound_is_checked() {
        let mut shape = least();
        shape.0.splice(0..0, [add(16), add(16), add(4)]);
        assert_eq!(shape.check_form(), Ok(()));

        let table = "add_sub";
        assert_eq!(
            error(|s| s.insert(0, add(3))),
            ShapeError::Height { table, got: 3 }
        );
        assert_eq!(
            error(|s| s.insert(0, add(25))),
            ShapeError::Height { table, got: 25 }
        );
        assert_eq!(error(|s| s.push(add(5))), ShapeError::Order { table });
        let rising = |s: &mut Vec<_>| drop(s.splice(0..0, [add(5), add(6)]));
        assert_eq!(error(rising), ShapeError::Order { table });
        let five = |s: &mut Vec<_>| drop(s.splice(0..0, [add(5); 5]));
        assert!(matches!(error(five), ShapeError::Instances { got: 5, .. }));
        let low = |s: &mut Vec<Instance>| s.iter_mut().for_each(|i| i.log_height = 4);
        assert_eq!(error(low), ShapeError::Low { got: 4 });
        let many = |s: &mut Vec<_>| {
            let instance = |table| Instance {
                table,
                log_height: 24,
            };
            let tables = Table::ALL.into_iter().take(4);
            drop(s.splice(0..0, tables.flat_map(|table| [instance(table); 4])));
        };
        assert!(matches!(error(many), ShapeError::Clock { .. }));
    }

    #[test]
    fn a_part_has_the_tables_of_its_roles() {
        let with = |keep: &dyn Fn(Table) -> bool| {
            let mut shape = least();
            shape.0.retain(|instance| keep(instance.table));
            shape.check_form()
        };
        let instances = |table: Table, least, most, got| {
            let table = table.name();
            Err(ShapeError::Instances {
                table,
                least,
                most,
                got,
            })
        };
        // Each role by itself, and any two of them.
        for role in [Role::Execution, Role::Program, Role::Zeroed] {
            let only = |table: Table| [role, Role::Lookup].contains(&table.role());
            assert_eq!(with(&only), Ok(()));
            assert_eq!(with(&|table| table.role() != role), Ok(()));
        }
        assert_eq!(zeroed_only().check_form(), Ok(()));
        assert_eq!(
            with(&|table| table.role() == Role::Lookup),
            Err(ShapeError::Roles)
        );
        assert_eq!(Shape::default().check_form(), Err(ShapeError::Roles));
        // Half a role.
        for table in [Table::Instructions, Table::Boundary] {
            assert_eq!(with(&|other| other != table), instances(table, 1, 4, 0));
        }
        let single = [
            Table::Statement,
            Table::Program,
            Table::Image,
            Table::Range16,
            Table::Bytes,
            Table::PowersOfTwo,
        ];
        for table in single {
            assert_eq!(with(&|other| other != table), instances(table, 1, 1, 0));
        }
        for table in single.into_iter().chain([Table::Gaps]) {
            let mut shape = least();
            let index = shape.0.iter().position(|i| i.table == table).unwrap();
            shape.0.insert(index, shape.0[index]);
            assert_eq!(shape.check_form(), instances(table, 1, 1, 2));
        }
        // Zeroed words without the gaps that they lie in, an instruction without a shard.
        let mut shape = zeroed_only();
        shape.0[0].table = Table::Zeroed;
        assert_eq!(shape.check_form(), instances(Table::Gaps, 1, 1, 0));
        let mut shape = zeroed_only();
        shape.0.insert(0, add(4));
        assert_eq!(shape.check_form(), instances(Table::Instructions, 1, 4, 0));
    }

    #[test]
    fn heights_follow_from_key_and_output() {
        let fixed = |table: Table, expected, got| {
            let table = table.name();
            Err(ShapeError::Fixed {
                table,
                expected,
                got,
            })
        };
        assert_eq!(least().check_heights(&[], 16), Ok(()));
        let error = fixed(Table::Statement, 5, 4);
        assert_eq!(least().check_heights(&[], 17), error);
        // A part that executes nothing has no statement.
        assert_eq!(zeroed_only().check_heights(&[], 17), Ok(()));
        let key = [Instance {
            table: Table::Program,
            log_height: 6,
        }];
        let error = fixed(Table::Program, 6, 4);
        assert_eq!(least().check_heights(&key, 0), error);
        assert_eq!(zeroed_only().check_heights(&key, 0), Ok(()));
    }
}
