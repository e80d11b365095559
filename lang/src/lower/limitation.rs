//! Limitation: the same rules with numbers where the model has trees.

use dunlin_machine::ir::{Limitation, Period, PeriodFrom, Restart, SuspendedDays, Suspension};

use super::Lowered;
use super::expressions::Expressions;
use crate::model::Expr;

pub(super) fn of(expressions: &mut Expressions, limitation: &Limitation<Expr>) -> Lowered<Limitation> {
    Ok(Limitation {
        rule: limitation.rule,
        periods: limitation.periods.iter().map(|one| period(expressions, one)).collect::<Lowered<_>>()?,
        restarts: limitation.restarts.iter().map(|one| restart(expressions, one)).collect::<Lowered<_>>()?,
        suspensions: limitation.suspensions.iter().map(|one| suspension(expressions, one)).collect::<Lowered<_>>()?,
    })
}

fn period(expressions: &mut Expressions, period: &Period<Expr>) -> Lowered<Period> {
    expressions.at(period.rule);
    let from = match &period.from {
        PeriodFrom::Title => PeriodFrom::Title,
        PeriodFrom::Date(date) => PeriodFrom::Date(expressions.add(date)?),
    };
    let when = expressions.add_some(period.when.as_ref())?;
    Ok(Period { rule: period.rule, length: expressions.add(&period.length)?, from, when })
}

fn restart(expressions: &mut Expressions, restart: &Restart<Expr>) -> Lowered<Restart> {
    expressions.at(restart.rule);
    let when = expressions.add_some(restart.when.as_ref())?;
    Ok(Restart { rule: restart.rule, on: restart.on.clone(), when })
}

fn suspension(expressions: &mut Expressions, suspension: &Suspension<Expr>) -> Lowered<Suspension> {
    expressions.at(suspension.rule);
    let days = match &suspension.days {
        SuspendedDays::While(condition) => SuspendedDays::While(expressions.add(condition)?),
        SuspendedDays::Between { start, until, delay } => {
            let delay = expressions.add_some(delay.as_ref())?;
            SuspendedDays::Between { start: start.clone(), until: until.clone(), delay }
        }
    };
    let when = expressions.add_some(suspension.when.as_ref())?;
    Ok(Suspension { rule: suspension.rule, days, when })
}
