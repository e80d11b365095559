//! Plans of instalments: terms that somebody could agree to. Their blocks are looked at with all others.

use alloc::format;
use alloc::string::ToString;

use super::actions::channels_there;
use super::names::rule;
use super::rules::place;
use super::{Broken, Told, at, ensure};
use crate::ir::{Does, Machine, Plan};
use crate::value::Unit;

pub(super) fn check(m: &Machine) -> Result<(), Broken> {
    for (n, plan) in m.plans.iter().enumerate() {
        at(|| place(m, "plan", n, plan.rule), self::plan(m, plan))?;
    }
    Ok(())
}

fn plan(m: &Machine, plan: &Plan) -> Told {
    rule(m, plan.rule)?;
    let (least, most) = plan.instalments;
    ensure(1 <= least && least <= most, || format!("nobody can pay {least} to {most} instalments"))?;
    let rhythm = plan.rhythm.amount() >= 1 && plan.rhythm.unit() != Unit::Hours;
    ensure(rhythm, || "no days lie between its instalments".to_string())?;
    let real = plan.due_on.iter().all(|day| (1..=31).contains(day));
    ensure(real, || "an instalment is due on a day that no month has".to_string())?;
    let breaches = [plan.breach_consecutive, plan.breach_missed];
    ensure(!breaches.contains(&Some(0)), || "it is breached before an instalment is missed".to_string())?;
    let notice = m.actions.get(plan.notice.range()).unwrap_or_default();
    let sends = notice.iter().all(|action| matches!(action.does, Does::Send(_)));
    ensure(sends, || "its notice is not a message".to_string())?;
    plan.sign_by.map_or(Ok(()), |channels| channels_there(m, channels))
}
