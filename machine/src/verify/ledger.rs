//! The ledger's rules: what does not stand in an expression.

use alloc::collections::BTreeSet;
use alloc::string::ToString;

use super::names::{rule, text};
use super::tables::pattern;
use super::{Broken, Told, at, ensure};
use crate::ir::{Designation, InterestRule, Limitation, Machine, Pool, SuspendedDays};

pub(super) fn check(m: &Machine) -> Result<(), Broken> {
    at(|| "the ledger".to_string(), ledger(m))
}

fn ledger(m: &Machine) -> Told {
    rule(m, m.ledger.settled_rule)?;
    m.ledger.interest.as_ref().map_or(Ok(()), |rule| interest(m, rule))?;
    let mut kinds = BTreeSet::new();
    for (kind, _) in &m.ledger.costs_of_up_to {
        text(m, *kind)?;
        ensure(kinds.insert(kind), || "one kind of costs has two bounds".to_string())?;
    }
    m.ledger.limitation.as_ref().map_or(Ok(()), |rules| limitation(m, rules))?;
    if let Designation::RefusedOn(pools) = &m.ledger.designation {
        let once: BTreeSet<u8> = pools.iter().map(|pool| number(*pool)).collect();
        let each_once = !pools.is_empty() && once.len() == pools.len();
        ensure(each_once, || "a designation is refused on nothing, or twice on the same".to_string())?;
    }
    let pools: BTreeSet<u8> = m.ledger.pools.iter().map(|pool| number(*pool)).collect();
    let each_once = pools.len() == 3 && m.ledger.pools.len() == 3;
    ensure(each_once, || "a payment does not meet each of costs, interest and principal once".to_string())
}

fn interest(m: &Machine, interest: &InterestRule) -> Told {
    rule(m, interest.rule)?;
    let sorted = interest.changes.is_sorted_by(|a, b| a < b);
    ensure(sorted, || "the days on which the rate may change are not in order".to_string())
}

fn limitation(m: &Machine, limitation: &Limitation) -> Told {
    rule(m, limitation.rule)?;
    ensure(!limitation.periods.is_empty(), || "no claim is ever barred".to_string())?;
    limitation.periods.iter().try_for_each(|period| rule(m, period.rule))?;
    for restart in &limitation.restarts {
        rule(m, restart.rule)?;
        pattern(m, &restart.on)?;
    }
    limitation.suspensions.iter().try_for_each(|suspension| {
        rule(m, suspension.rule)?;
        match &suspension.days {
            SuspendedDays::While(_) => Ok(()),
            SuspendedDays::Between { start, until, .. } => {
                pattern(m, start)?;
                pattern(m, until)
            }
        }
    })
}

const fn number(pool: Pool) -> u8 {
    match pool {
        Pool::Costs => 0,
        Pool::Interest => 1,
        Pool::Principal => 2,
    }
}
