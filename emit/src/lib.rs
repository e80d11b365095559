//! A machine as a WebAssembly module: no imports, integers only.
//!
//! What the runtime does by looking things up in the machine's tables stands here as code: functions are declared where
//! they are first called ([`module`]), so that a module holds no more than its strategy uses. What a host sees of it is written
//! in docs/abi.md.
#![allow(clippy::cloned_ref_to_slice_refs, reason = "arguments of a call are listed alike, however many there are")]
#![allow(clippy::type_complexity, reason = "a list of bodies is written where it is used")]

mod actions;
mod answers;
mod approvals;
mod batch;
mod calendars;
mod calls;
mod changes;
mod check;
mod code;
mod contact;
mod copies;
mod corrections;
mod costs;
mod days;
mod deliver;
mod expressions;
mod facts;
mod faults;
mod filing;
mod history;
mod holds;
mod inline;
mod input;
mod instalments;
mod layout;
mod ledger;
mod limitation;
mod locals;
mod messages;
mod module;
mod newcomers;
mod numbers;
mod open;
mod opening;
mod outcome;
mod parse;
mod parts;
mod plans;
mod promises;
mod run;
mod schema;
mod shorten;
mod similar;
mod stages;
mod state;
mod stays;
mod step;
mod store;
mod substitutes;
mod taken;
#[cfg(test)]
mod tests;
mod texts;
mod timers;
mod who;
mod zones;

pub use module::EmitError;

use code::Width;
use dunlin_machine::ir::Machine;
use module::Emit;

/// The version of the interface that modules have.
pub const ABI: i32 = 1;

/// Writes a machine as a module. The same machine gives the same bytes.
///
/// # Errors
/// [`EmitError`]: a fault of this compiler.
pub fn emit(machine: &Machine) -> Result<Vec<u8>, EmitError> {
    write(Emit::new(machine))
}

/// The same module for tests: it does each input and each timer, goes back, and does it once more. It says what the other one
/// says, unless going back leaves something behind.
///
/// # Errors
/// As [`emit`].
pub fn emit_twice(machine: &Machine) -> Result<Vec<u8>, EmitError> {
    let mut e = Emit::new(machine);
    e.twice = true;
    write(e)
}

fn write(e: Emit<'_>) -> Result<Vec<u8>, EmitError> {
    e.export("abi", e.func("abi", &[], Some(Width::I32), false, |_, b| b.give(ABI)));
    e.export("given", e.func("given", &[], Some(Width::I32), false, |e, b| b.give(store::given(e))));
    e.export("result", e.func("result", &[], Some(Width::I32), false, |e, b| b.give(store::result(e))));
    e.export("save", store::save(&e));
    e.export("restore", store::restore_case(&e));
    e.export("open", open::open(&e));
    e.export("advance", step::advance(&e));
    e.export("step", step::step(&e));
    e.export("outcome", outcome::outcome(&e));
    e.export("run", batch::run(&e));
    e.export("steps", batch::told(&e));
    texts::export(&e);
    answers::export(&e);
    e.finish(schema::SECTION, schema::section)
}
