//! What several families share: groups of columns or expressions, each with what it assumes and
//! what it constrains.

pub mod product;
