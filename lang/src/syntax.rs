//! Source text to syntax tree and back: the grammar, the tree, the formatter. Only this module knows pest.

mod brackets;
pub(crate) mod cells;
mod format;
mod parse;
#[cfg(test)]
mod properties;
mod scan;
pub mod tree;
mod words;

pub use format::format;
pub(crate) use parse::{Cells, LONGEST};
pub use parse::{Parsed, parse, parse_bytes, parse_expression};
