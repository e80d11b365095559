//! What stays the same while nothing but time goes by.

use super::code::Width::I32;
use super::module::Emit;
use super::run::At;
use super::substitutes;
use dunlin_machine::ir::{Expr, ExprId, Machine, On, Quantity};

/// Whether the earliest timer is that of the case as it stands: while nothing but time goes by, it need not be looked for again.
pub(super) fn found(e: &Emit<'_>) -> At {
    At::named(e, "earliest_found", I32)
}

/// Whether the earliest timer hangs on the state of a case alone, while no plan runs: no date and no limit reads what changes as
/// time goes by.
pub(super) fn while_time_goes_by(e: &Emit<'_>) -> bool {
    let m = e.m;
    let dates = m.triggers.iter().all(|trigger| match trigger.on {
        On::Date { date, offset, .. } => stays(m, date) && offset.is_none_or(|offset| stays(m, offset)),
        _ => true,
    });
    dates && substitutes::limits(e).all(|limit| stays(m, limit))
}

/// Whether an expression says the same while nothing but time goes by.
fn stays(m: &Machine, id: ExprId) -> bool {
    let Some(expr) = m.exprs.get(id.index()) else { return false };
    let itself = match expr {
        Expr::Read(Quantity::Deadline | Quantity::Opened | Quantity::StageSince) => true,
        Expr::Read(Quantity::FirstSent(_) | Quantity::LastSent(_)) => true,
        Expr::Read(_) | Expr::Table(..) | Expr::Dated(..) | Expr::Scale(..) => false,
        _ => true,
    };
    itself && expr.operands().into_iter().all(|operand| stays(m, *operand))
}
