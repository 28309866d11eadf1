//! Where every instance's columns are: in which phase, group and place.
//!
//! Section 6 of the protocol. It follows from the shape and the challenge field's degree alone, so
//! prover and verifier share it.

use alloc::{vec, vec::Vec};
use core::ops::Range;

use zonda_circuits::machine::{Role, Table};

use crate::{
    counts::{Counts, Machine, Scope},
    preset::{LOG_BLOWUP, LOG_FINAL_COEFFICIENTS, LOG_FOLD_ARITY},
    shape::{Instance, Shape},
};

/// The phases of commitment, in order.
pub const PHASES: usize = 7;
/// Phase 0: preprocessed columns of the lookup tables, the same for every program.
pub const FIXED_LOOKUP: usize = 0;
/// Phase 1: preprocessed columns of the program and its image.
pub const FIXED_PROGRAM: usize = 1;
/// Phase 2: preprocessed columns of the gaps in the image.
pub const FIXED_GAPS: usize = 2;
/// Phase 3: columns that are committed before the global challenge.
pub const BOUNDARY: usize = 3;
/// Phase 4: columns that are committed after it.
pub const MAIN: usize = 4;
/// Phase 5: sums of the lookup argument.
pub const SUMS: usize = 5;
/// Phase 6: the two halves of the quotient.
pub const QUOTIENT: usize = 6;

/// The phase of the preprocessed columns of tables with this role.
pub const fn fixed_phase(role: Role) -> Option<usize> {
    match role {
        Role::Lookup => Some(FIXED_LOOKUP),
        Role::Program => Some(FIXED_PROGRAM),
        Role::Zeroed => Some(FIXED_GAPS),
        Role::Execution => None,
    }
}

/// All columns of one height in one phase: a matrix.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Group {
    /// The base-two logarithm of the height before extension.
    pub log_height: u32,
    /// How many base-field columns there are.
    pub width: usize,
    /// The number of the group's first column among all columns of all phases.
    pub first: usize,
}

impl Group {
    /// The base-two logarithm of the number of rows after extension.
    pub const fn log_size(&self) -> u32 {
        self.log_height.saturating_add(LOG_BLOWUP)
    }

    /// The numbers of the group's columns among all columns of all phases.
    pub const fn columns(&self) -> Range<usize> {
        self.first..self.first.saturating_add(self.width)
    }
}

/// An instance's columns in a group.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Span {
    /// The group's number in its phase.
    pub group: usize,
    /// How many of the group's columns stand before the instance's.
    pub offset: usize,
    /// How many base-field columns the instance has; without columns, group and offset have no meaning.
    pub width: usize,
}

/// The groups of a phase, and which instance's columns are where in them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Phase {
    /// The groups, by descending height.
    pub groups: Vec<Group>,
    /// The columns of each instance.
    pub spans: Vec<Span>,
}

impl Phase {
    /// The phase in which instances of these logarithms of heights have this many columns each, of
    /// which the first is number `first` among all columns.
    pub fn new(instances: &[(u32, usize)], first: usize) -> Self {
        let mut heights: Vec<u32> = instances
            .iter()
            .filter(|(_, width)| *width > 0)
            .map(|(log_height, _)| *log_height)
            .collect();
        heights.sort_unstable_by(|a, b| b.cmp(a));
        heights.dedup();
        let mut groups: Vec<_> = heights
            .into_iter()
            .map(|log_height| Group {
                log_height,
                width: 0,
                first,
            })
            .collect();
        let mut spans = Vec::with_capacity(instances.len());
        for (log_height, width) in instances {
            let mut span = Span::default();
            let found = groups.iter_mut().enumerate();
            for (index, group) in found.filter(|(_, group)| group.log_height == *log_height) {
                span = Span {
                    group: index,
                    offset: group.width,
                    width: *width,
                };
                group.width = group.width.saturating_add(*width);
            }
            spans.push(span);
        }
        let mut next = first;
        for group in &mut groups {
            group.first = next;
            next = next.saturating_add(group.width);
        }
        Self { groups, spans }
    }

    /// The numbers of an instance's columns among all columns of all phases.
    pub fn columns(&self, instance: usize) -> Range<usize> {
        let Some(span) = self.spans.get(instance) else {
            return 0..0;
        };
        let first = self.groups.get(span.group).map_or(0, |group| group.first);
        let start = first.saturating_add(span.offset);
        start..start.saturating_add(span.width)
    }

    /// How many columns the phase has.
    pub fn width(&self) -> usize {
        let widths = self.groups.iter().map(|group| group.width);
        widths.fold(0, usize::saturating_add)
    }

    /// The base-two logarithm of the number of leaves of the phase's tree.
    pub fn log_size(&self) -> u32 {
        self.groups.first().map_or(0, Group::log_size)
    }
}

/// The last sum of an instance's messages of one scope: the one that runs over the rows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RunningSum {
    /// The instance's number.
    pub instance: usize,
    /// Which messages it adds up.
    pub scope: Scope,
    /// The numbers of its coordinate columns among all columns of all phases.
    pub columns: Range<usize>,
}

/// Where every column of a part is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Layout {
    /// The instances, in order.
    pub instances: Vec<Instance>,
    /// The counts of each instance's table.
    pub counts: Vec<Counts>,
    /// The phases. One without columns has no groups, and is not committed to.
    pub phases: [Phase; PHASES],
    /// The base-two logarithm of the greatest height: n.
    pub log_height: u32,
    /// How many base elements a challenge has.
    pub degree: usize,
}

impl Layout {
    /// The layout of a shape, over a challenge field of this degree.
    pub fn new(shape: &Shape, degree: usize) -> Self {
        Self::of(&Machine::new(), shape, degree)
    }

    /// [`Self::new`], with the tables counted already.
    pub fn of(machine: &Machine, shape: &Shape, degree: usize) -> Self {
        let instances = shape.0.clone();
        let log_height = shape.log_height();
        let counts: Vec<Counts> = instances
            .iter()
            .map(|instance| machine.counts(instance.table))
            .collect();
        let mut first = 0;
        let mut phase = |width: &dyn Fn(Table, &Counts) -> usize| {
            let widths: Vec<_> = instances
                .iter()
                .zip(&counts)
                .map(|(instance, counts)| (instance.log_height(), width(instance.table, counts)))
                .collect();
            let phase = Phase::new(&widths, first);
            first = first.saturating_add(phase.width());
            phase
        };
        let fixed = |number: usize| {
            move |table: Table, _: &Counts| match fixed_phase(table.role()) {
                Some(phase) if phase == number => table.fixed_width(),
                _ => 0,
            }
        };
        let [lookup, program, gaps] =
            [FIXED_LOOKUP, FIXED_PROGRAM, FIXED_GAPS].map(|number| phase(&fixed(number)));
        let boundary = phase(&|table, _| table.boundary_width());
        let main = phase(&|table, _| table.width());
        let sums = phase(&|_, counts| counts.sums().saturating_mul(degree));
        let halves = Group {
            log_height,
            width: degree.saturating_mul(2),
            first,
        };
        let quotient = Phase {
            groups: vec![halves],
            spans: Vec::new(),
        };
        Self {
            instances,
            counts,
            phases: [lookup, program, gaps, boundary, main, sums, quotient],
            log_height,
            degree,
        }
    }

    /// The phase of an instance's preprocessed columns, if it has any.
    pub fn fixed(&self, instance: usize) -> Option<&Phase> {
        let table = self.instances.get(instance)?.table;
        let number = fixed_phase(table.role()).filter(|_| table.fixed_width() > 0)?;
        self.phases.get(number)
    }

    /// The columns that are committed before the global challenge.
    pub const fn boundary(&self) -> &Phase {
        let [_, _, _, boundary, ..] = &self.phases;
        boundary
    }

    /// The columns that are committed after the global challenge.
    pub const fn main(&self) -> &Phase {
        let [.., main, _, _] = &self.phases;
        main
    }

    /// The sums of the lookup argument.
    pub const fn sums(&self) -> &Phase {
        let [.., sums, _] = &self.phases;
        sums
    }

    /// The two halves of the quotient.
    pub const fn quotient(&self) -> &Phase {
        let [.., quotient] = &self.phases;
        quotient
    }

    /// How many columns all phases have: all are opened at Z.
    pub fn columns(&self) -> usize {
        let widths = self.phases.iter().map(Phase::width);
        widths.fold(0, usize::saturating_add)
    }

    /// The numbers of the coordinate columns of an instance's sums of messages of one scope.
    pub fn sums_of(&self, instance: usize, scope: Scope) -> Range<usize> {
        let columns = self.sums().columns(instance);
        let counts = self.counts.get(instance).copied().unwrap_or_default();
        let local = counts.pairs(Scope::Local).saturating_mul(self.degree);
        let middle = columns.start.saturating_add(local);
        match scope {
            Scope::Local => columns.start..middle,
            Scope::Global => middle..columns.end,
        }
    }

    /// The sums that run over the rows, in order: each has a claim, and is opened at W. An instance
    /// without messages of a scope has no sum of that scope.
    pub fn running_sums(&self) -> impl Iterator<Item = RunningSum> {
        let each = |instance| Scope::ALL.into_iter().map(move |scope| (instance, scope));
        let sums = (0..self.instances.len()).flat_map(each);
        sums.filter_map(|(instance, scope)| {
            let columns = self.sums_of(instance, scope);
            let start = columns.end.checked_sub(self.degree)?;
            (start >= columns.start).then_some(RunningSum {
                instance,
                scope,
                columns: start..columns.end,
            })
        })
    }

    /// The numbers of the columns opened at W, in the order in which they are opened.
    pub fn opened_before(&self) -> impl Iterator<Item = usize> {
        self.running_sums().flat_map(|sum| sum.columns)
    }

    /// How many constraints all instances have together, with those of the lookup argument.
    pub fn constraints(&self) -> usize {
        self.counts.iter().fold(0, |sum: usize, counts| {
            sum.saturating_add(counts.constraints)
                .saturating_add(counts.sums())
        })
    }

    /// How many messages of a scope all rows of all instances have together.
    pub fn terms(&self, scope: Scope) -> u64 {
        let instances = self.instances.iter().zip(&self.counts);
        instances.fold(0, |sum: u64, (instance, counts)| {
            let rows = 1_u64.checked_shl(instance.log_height());
            let messages = counts.messages(scope) as u64;
            sum.saturating_add(rows.unwrap_or(u64::MAX).saturating_mul(messages))
        })
    }

    /// The base-two logarithm of the size of the largest domain: n + 1.
    pub const fn log_size(&self) -> u32 {
        self.log_height.saturating_add(LOG_BLOWUP)
    }

    /// The base-two logarithms of the arities of the rounds of folding.
    pub fn folds(&self) -> Vec<u32> {
        folds(self.log_size())
    }
}

/// The base-two logarithms of the arities of the rounds that fold `2^log_size` entries until as
/// many are left as `2^LOG_BLOWUP` times the final coefficients.
pub fn folds(log_size: u32) -> Vec<u32> {
    let last = LOG_FINAL_COEFFICIENTS.saturating_add(LOG_BLOWUP);
    let mut left = log_size.saturating_sub(last);
    let mut folds = Vec::new();
    while left > 0 {
        let fold = left.min(LOG_FOLD_ARITY);
        folds.push(fold);
        left = left.saturating_sub(fold);
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::tests::{least, zeroed_only};

    #[test]
    fn columns_are_numbered_once() {
        let mut shape = least();
        let add = |log_height| Instance {
            table: Table::AddSub,
            log_height,
        };
        shape.0.splice(0..0, [add(17), add(5)]);
        for shape in [shape, zeroed_only()] {
            let layout = Layout::new(&shape, 4);
            let mut columns = Vec::new();
            for phase in &layout.phases {
                let heights: Vec<_> = phase.groups.iter().map(|group| group.log_height).collect();
                assert!(heights.is_sorted_by(|a, b| a > b));
                for instance in 0..phase.spans.len() {
                    columns.extend(phase.columns(instance));
                }
            }
            columns.extend(layout.quotient().groups.iter().flat_map(Group::columns));
            columns.sort_unstable();
            assert_eq!(columns, (0..layout.columns()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn instances_have_the_columns_of_their_tables() {
        let layout = Layout::new(&least(), 4);
        let mut running = layout.running_sums().peekable();
        for (index, (instance, counts)) in layout.instances.iter().zip(&layout.counts).enumerate() {
            let table = instance.table;
            let fixed = layout
                .fixed(index)
                .map_or(0..0, |phase| phase.columns(index));
            assert_eq!(fixed.len(), table.fixed_width());
            assert_eq!(layout.main().columns(index).len(), table.width());
            assert_eq!(
                layout.boundary().columns(index).len(),
                table.boundary_width()
            );
            let sums = layout.sums().columns(index);
            let [local, global] = Scope::ALL.map(|scope| layout.sums_of(index, scope));
            assert_eq!((sums.start, sums.end), (local.start, global.end));
            assert_eq!(local.end, global.start);
            for (scope, columns) in Scope::ALL.into_iter().zip([local, global]) {
                assert_eq!(columns.len(), 4 * counts.pairs(scope));
                let sum = running.next_if(|sum| (sum.instance, sum.scope) == (index, scope));
                assert_eq!(sum.is_some(), counts.messages(scope) > 0);
                let columns = sum.map(|sum| (sum.columns.len(), sum.columns.end == columns.end));
                assert!(columns.is_none_or(|columns| columns == (4, true)));
            }
        }
        assert_eq!(running.next(), None);
        let opened = 4 * layout.running_sums().count();
        assert_eq!(layout.opened_before().count(), opened);
    }

    #[test]
    fn preprocessed_columns_stand_by_role() {
        let layout = Layout::new(&least(), 4);
        let of = |phase: usize| {
            let spans = layout.phases[phase].spans.iter().zip(&layout.instances);
            let tables = spans.filter(|(span, _)| span.width > 0);
            tables
                .map(|(_, instance)| instance.table)
                .collect::<Vec<_>>()
        };
        let lookup = [Table::Range16, Table::Bytes, Table::PowersOfTwo];
        assert_eq!(of(FIXED_LOOKUP), lookup);
        assert_eq!(of(FIXED_PROGRAM), [Table::Program, Table::Image]);
        assert_eq!(of(FIXED_GAPS), [Table::Gaps]);
        let boundary = [
            Table::Instructions,
            Table::Boundary,
            Table::Program,
            Table::Image,
        ];
        assert_eq!(of(BOUNDARY), boundary);
        // Columns that a part lacks are not committed to.
        let layout = Layout::new(&zeroed_only(), 4);
        assert!(layout.phases[FIXED_PROGRAM].groups.is_empty());
        assert!(layout.boundary().groups.is_empty());
        assert_eq!(layout.terms(Scope::Global), 0);
    }

    #[test]
    fn folds_end_where_they_should() {
        assert_eq!(folds(7), [0_u32; 0]);
        assert_eq!(folds(8), [1]);
        assert_eq!(folds(17), [3, 3, 3, 1]);
        assert_eq!(folds(25), [3; 6]);
    }
}
