//! Reading a case from outside: its texts, its account, the value of an expression.

use crate::case::Case;
use crate::fault::Refusal;
use crate::outcome::{Outcome, Seen, Statement};
use crate::run::{Names, Run, Work, text_in};
use crate::undo::{Held, Undo};
use alloc::vec::Vec;
use dunlin_machine::ir::{ExprId, Machine};

/// The text behind a text value of a case.
#[must_use]
pub fn text_value<'t>(machine: &'t Machine, case: &'t Case, value: i64) -> &'t str {
    text_in(machine, &case.texts, value)
}

/// The account of a case at its latest instant.
///
/// # Errors
/// A fault of the interest rule.
pub fn statement(machine: &Machine, case: &Case) -> Result<Statement, Refusal> {
    with_run(machine, case, |run| Ok(run.statement()?))
}

/// The value of an expression in a case, and what was read to find it; no value where something is not known.
///
/// # Errors
/// A fault of the expression.
pub fn value(machine: &Machine, case: &Case, expr: ExprId) -> Result<(Option<i64>, Vec<Seen>), Refusal> {
    with_run(machine, case, |run| {
        let value = run.eval_known(expr)?;
        Ok((value, core::mem::take(&mut run.out.seen)))
    })
}

fn with_run<T>(
    machine: &Machine,
    case: &Case,
    read: impl FnOnce(&mut Run<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let names = Names::of(machine);
    let mut copy = case.clone();
    let (mut out, mut work) = (Outcome::default(), Work::default());
    let mut undo = Undo::nothing();
    read(&mut Run::new(machine, Held::new(&mut copy, &mut undo), &mut out, &mut work, &names)?)
}
