//! Rows as structures: every table declares its columns once, with [`columns!`](macro@crate::columns).

use alloc::{format, string::String, vec::Vec};

use crate::F;

/// A group of columns over cells of type `T`.
///
/// The order of fields is the order of columns.
pub trait Columns<T>: Sized {
    /// How many columns the group has.
    const WIDTH: usize;

    /// Takes the group's cells, in order, from the front of `cells`.
    ///
    /// # Panics
    /// If there are fewer.
    fn read(cells: &mut &[T]) -> Self
    where
        T: Copy;

    /// Puts the group's cells, in order, at the front of `cells`, which it takes off.
    ///
    /// # Panics
    /// If there are fewer.
    fn write(self, cells: &mut &mut [T]);

    /// Appends the group's column names, each under `prefix`.
    fn names(prefix: &str, names: &mut Vec<String>);

    /// Appends the structures that the group is made of, each before those that it is part of.
    fn structures(_structures: &mut Vec<&'static Structure>) {}

    /// Reads the group from a row of exactly its width.
    ///
    /// # Panics
    /// If the row is narrower.
    #[inline(always)]
    fn from_row(row: &[T]) -> Self
    where
        T: Copy,
    {
        Self::read(&mut &row[..Self::WIDTH])
    }

    /// Writes the group to a row of exactly its width.
    ///
    /// # Panics
    /// If the row is narrower.
    #[inline(always)]
    fn write_row(self, row: &mut [T]) {
        self.write(&mut &mut row[..Self::WIDTH]);
    }
}

/// A structure of columns, as it is declared with [`columns!`](macro@crate::columns).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Structure {
    /// Its name.
    pub name: &'static str,
    /// The module that declares it.
    pub module: &'static str,
    /// The lines of its documentation.
    pub doc: &'static [&'static str],
    /// Its fields, in order.
    pub fields: &'static [Field],
}

/// A field of a [`Structure`]: a column, or a group of columns.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type, generic over the type of a cell, `T`.
    pub ty: &'static str,
    /// The lines of its documentation.
    pub doc: &'static [&'static str],
}

impl<T> Columns<T> for T {
    const WIDTH: usize = 1;

    #[inline(always)]
    fn read(cells: &mut &[T]) -> Self
    where
        T: Copy,
    {
        *cells.split_off_first().expect("a row as wide as its table")
    }

    #[inline(always)]
    fn write(self, cells: &mut &mut [T]) {
        *cells
            .split_off_first_mut()
            .expect("a row as wide as its table") = self;
    }

    fn names(prefix: &str, names: &mut Vec<String>) {
        names.push(prefix.into());
    }
}

impl<T, const N: usize> Columns<T> for [T; N] {
    const WIDTH: usize = N;

    #[inline(always)]
    fn read(cells: &mut &[T]) -> Self
    where
        T: Copy,
    {
        let (group, rest) = cells
            .split_first_chunk()
            .expect("a row as wide as its table");
        *cells = rest;
        *group
    }

    #[inline(always)]
    fn write(self, cells: &mut &mut [T]) {
        for cell in self {
            cell.write(cells);
        }
    }

    fn names(prefix: &str, names: &mut Vec<String>) {
        names.extend((0..N).map(|i| format!("{prefix}[{i}]")));
    }
}

/// Two groups of cells side by side: a row of a trace whose columns are committed at two times.
impl<A: Columns<F>, B: Columns<F>> Columns<F> for (A, B) {
    const WIDTH: usize = A::WIDTH + B::WIDTH;

    #[inline(always)]
    fn read(cells: &mut &[F]) -> Self {
        (A::read(cells), B::read(cells))
    }

    #[inline(always)]
    fn write(self, cells: &mut &mut [F]) {
        self.0.write(cells);
        self.1.write(cells);
    }

    fn names(prefix: &str, names: &mut Vec<String>) {
        A::names(prefix, names);
        B::names(prefix, names);
    }

    fn structures(structures: &mut Vec<&'static Structure>) {
        A::structures(structures);
        B::structures(structures);
    }
}

/// Joins a prefix and a field's name with a dot.
#[doc(hidden)]
pub fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.into()
    } else {
        format!("{prefix}.{name}")
    }
}

/// Declares a structure of columns, generic over the cell type `T`, and implements [`Columns`] for
/// it and for arrays of it.
#[macro_export]
macro_rules! columns {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident { $( $(#[doc = $field_doc:literal])* $field:ident : $ty:ty ),* $(,)? }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name<T> { $( $(#[doc = $field_doc])* pub $field: $ty, )* }

        impl<T> $crate::columns::Columns<T> for $name<T> {
            const WIDTH: usize = 0 $( + <$ty as $crate::columns::Columns<T>>::WIDTH )*;

            #[inline(always)]
            fn read(cells: &mut &[T]) -> Self
            where
                T: Copy,
            {
                Self { $( $field: <$ty as $crate::columns::Columns<T>>::read(cells), )* }
            }

            #[inline(always)]
            fn write(self, cells: &mut &mut [T]) {
                $( <$ty as $crate::columns::Columns<T>>::write(self.$field, cells); )*
            }

            fn names(prefix: &str, names: &mut alloc::vec::Vec<alloc::string::String>) {
                $( <$ty as $crate::columns::Columns<T>>::names(
                    &$crate::columns::join(prefix, stringify!($field)),
                    names,
                ); )*
            }

            fn structures(structures: &mut alloc::vec::Vec<&'static $crate::columns::Structure>) {
                static STRUCTURE: $crate::columns::Structure = $crate::columns::Structure {
                    name: stringify!($name),
                    module: module_path!(),
                    doc: &[$($doc),*],
                    fields: &[$( $crate::columns::Field {
                        name: stringify!($field),
                        ty: stringify!($ty),
                        doc: &[$($field_doc),*],
                    } ),*],
                };
                $( <$ty as $crate::columns::Columns<T>>::structures(structures); )*
                if !structures.contains(&&STRUCTURE) {
                    structures.push(&STRUCTURE);
                }
            }
        }

        impl<T, const N: usize> $crate::columns::Columns<T> for [$name<T>; N] {
            const WIDTH: usize = N * <$name<T> as $crate::columns::Columns<T>>::WIDTH;

            #[inline(always)]
            fn read(cells: &mut &[T]) -> Self
            where
                T: Copy,
            {
                // Groups in arrays are few, and there is at least one.
                let mut all = *cells;
                let mut groups = [<$name<T> as $crate::columns::Columns<T>>::read(&mut all); N];
                for group in &mut groups {
                    *group = <$name<T> as $crate::columns::Columns<T>>::read(cells);
                }
                groups
            }

            #[inline(always)]
            fn write(self, cells: &mut &mut [T]) {
                for group in self {
                    <$name<T> as $crate::columns::Columns<T>>::write(group, cells);
                }
            }

            fn names(prefix: &str, names: &mut alloc::vec::Vec<alloc::string::String>) {
                for i in 0..N {
                    <$name<T> as $crate::columns::Columns<T>>::names(
                        &alloc::format!("{prefix}[{i}]"),
                        names,
                    );
                }
            }

            fn structures(structures: &mut alloc::vec::Vec<&'static $crate::columns::Structure>) {
                <$name<T> as $crate::columns::Columns<T>>::structures(structures);
            }
        }
    };
}
