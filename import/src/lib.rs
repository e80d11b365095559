//! Other people's formats into tables of cases and events.
//!
//! Stands by itself: it knows neither the language nor the runtime, only the columns of the two tables. Nothing is
//! guessed and nothing is dropped: a map says what each column means, and every cell that it does not fit is reported.

mod cell;
mod convert;
mod error;
mod map;
mod record;

#[cfg(test)]
mod tests;

pub use convert::{Table, Tables, csv};
pub use error::{ImportError, Problem};
pub use map::{Map, MapError};
