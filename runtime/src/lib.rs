//! What happens: one pure step of a case on a machine, with its ledger, contact rules, holds and journal.
//!
//! Stays free of the standard library, input and output, clocks, threads, floats and engines of others. The exact rules
//! are written in `docs/semantics.md`; this room follows them in their order.
#![no_std]
extern crate alloc;

pub mod case;
pub mod fault;
pub mod input;
pub mod life;
pub mod outcome;
pub mod read;
pub mod store;

mod actions;
mod approvals;
mod contact;
mod corrections;
mod days;
mod deliver;
mod engine;
mod eval;
mod filing;
mod history;
mod holds;
mod interest;
mod kinds;
mod ledger;
mod limitation;
mod newcomers;
mod params;
mod parts;
mod plan;
mod run;
mod scales;
mod slot;
mod stages;
mod take;
mod timers;
mod undo;

pub use case::Case;
pub use engine::{Engine, Interpreter, next_due, step};
pub use fault::{Fault, Refusal};
pub use input::{Event, Given, Input, Opening};
pub use life::Life;
pub use outcome::Outcome;
