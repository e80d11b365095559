//! Whether the tables of a machine agree with each other. Whoever runs a machine may then rely on it: every number
//! leads somewhere, every value has its type, nothing runs in circles, and what a step costs has a bound.
//!
//! Total on any machine, also one that was made to do harm: no panic, no recursion, no overflow.

mod actions;
mod contact;
mod expressions;
mod guarantees;
mod ledger;
mod names;
mod plans;
mod reads;
mod roots;
mod rules;
mod scopes;
mod tables;
mod types;
mod values;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::ir::{Machine, RuleId, Type};
pub use reads::{MAX_DEPTH, MAX_SIZE};
pub(crate) use types::upwards as types_upwards;

/// What is wrong with a machine, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The part of the machine: `trigger 4 (acme.dun:12)`.
    pub place: String,
    /// What is wrong with it, in words.
    pub problem: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl core::error::Error for Broken {}

/// A check; what fails is told in words, and the caller adds the place.
type Told<T = ()> = Result<T, String>;

/// Whether the tables of the machine agree with each other.
///
/// # Errors
/// The first contradiction found.
pub fn verify(machine: &Machine) -> Result<(), Broken> {
    types(machine).map(|_| ())
}

/// Verifies the machine, and gives the type of each of its expressions, in their order.
///
/// # Errors
/// The first contradiction found.
pub fn types(machine: &Machine) -> Result<Vec<Type>, Broken> {
    names::check(machine)?;
    tables::check(machine)?;
    expressions::check(machine)?;
    rules::check(machine)?;
    scopes::check(machine)?;
    plans::check(machine)?;
    guarantees::check(machine)?;
    contact::check(machine)?;
    ledger::check(machine)?;
    let roots = roots::of(machine);
    roots::check(machine, &roots)?;
    reads::check(machine, &roots)?;
    types::check(machine, &roots)
}

/// Adds the place to what a check found.
fn at<T>(place: impl FnOnce() -> String, told: Told<T>) -> Result<T, Broken> {
    told.map_err(|problem| Broken { place: place(), problem })
}

/// Fails with the words where the condition does not hold.
fn ensure(holds: bool, words: impl FnOnce() -> String) -> Told {
    if holds { Ok(()) } else { Err(words()) }
}

/// Fails where a table of that length has no such entry.
fn in_table(what: &str, number: usize, len: usize) -> Told {
    ensure(number < len, || format!("it names {what} {number}, and there are only {len}"))
}

/// `(acme.dun:12)`, for a place in the source that may itself be broken.
fn cite(machine: &Machine, rule: RuleId) -> String {
    let found = machine.rules.get(rule.index());
    let named = found.and_then(|rule| Some((machine.files.get(usize::from(rule.file))?, rule.line)));
    named.map_or_else(|| format!("(rule {})", rule.0), |(file, line)| format!("({file}:{line})"))
}
