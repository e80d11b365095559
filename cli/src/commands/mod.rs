//! The commands, one file each.

pub mod build;
pub mod check;
pub mod completions;
pub mod eval;
pub mod fmt;
pub mod graph;
pub mod import;
pub mod new;
pub mod run;
pub mod simulate;
mod story;
pub mod test;
pub mod timeline;
