//! What must hold for every input: the bodies of the fuzz targets, which the test of the corpus runs too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "this crate is test code")]

mod cases;
mod edits;
mod machines;
mod modules;
mod texts;

pub use cases::restore;
pub use machines::load;
pub use modules::{module, pair};
pub use texts::{format, parse};
