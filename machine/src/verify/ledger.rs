//! The ledger's rules: what does not stand in an expression.

use alloc::collections::BTreeSet;
use alloc::string::ToString;

use super::names::rule;
use super::{Broken, Told, at, ensure};
use crate::ir::{InterestRule, Machine, Pool};

pub(super) fn check(m: &Machine) -> Result<(), Broken> {
    at(|| "the ledger".to_string(), ledger(m))
}

fn ledger(m: &Machine) -> Told {
    rule(m, m.ledger.settled_rule)?;
    m.ledger.interest.as_ref().map_or(Ok(()), |rule| interest(m, rule))?;
    let pools: BTreeSet<u8> = m.ledger.pools.iter().map(|pool| number(*pool)).collect();
    let each_once = pools.len() == 3 && m.ledger.pools.len() == 3;
    ensure(each_once, || "a payment does not meet each of costs, interest and principal once".to_string())
}

fn interest(m: &Machine, interest: &InterestRule) -> Told {
    rule(m, interest.rule)?;
    let sorted = interest.changes.is_sorted_by(|a, b| a < b);
    ensure(sorted, || "the days on which the rate may change are not in order".to_string())
}

const fn number(pool: Pool) -> u8 {
    match pool {
        Pool::Costs => 0,
        Pool::Interest => 1,
        Pool::Principal => 2,
    }
}
