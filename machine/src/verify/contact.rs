//! Contact rules: channels, days and hours that there are.

use alloc::string::ToString;

use super::names::rule;
use super::tables::month_day;
use super::values::DAY;
use super::{Broken, Told, at, cite, ensure};
use crate::ir::{Channels, Machine, RuleId, Window};
use crate::value::Duration;

pub(super) fn check(m: &Machine) -> Result<(), Broken> {
    for allow in &m.contact.allows {
        said(m, allow.rule, some(allow.channels))?;
        said(m, allow.rule, allow.window.as_ref().map_or(Ok(()), window))?;
    }
    for limit in &m.contact.limits {
        said(m, limit.rule, some(limit.channels).and_then(|()| lasting(limit.per)))?;
    }
    for rest in &m.contact.rests {
        said(m, rest.rule, rest.by.map_or(Ok(()), some).and_then(|()| lasting(rest.rest)))?;
    }
    let consents = m.contact.consents.iter().map(|(channels, rule)| (channels, rule));
    let nevers = m.contact.nevers.iter().map(|(channels, _, rule)| (channels, rule));
    consents.chain(nevers).try_for_each(|(channels, rule)| said(m, *rule, some(*channels)))
}

fn said(m: &Machine, cited: RuleId, told: Told) -> Result<(), Broken> {
    let place = || alloc::format!("contact rule {}", cite(m, cited));
    at(place, rule(m, cited))?;
    at(place, told)
}

fn some(channels: Channels) -> Told {
    ensure(!channels.is_empty(), || "it is about no channel".to_string())
}

fn lasting(duration: Duration) -> Told {
    ensure(duration.amount() >= 1, || "it lasts no time".to_string())
}

fn window(window: &Window) -> Told {
    ensure(window.weekdays != 0 && window.weekdays < 128, || "its weekdays are none that a week has".to_string())?;
    let days = window.except.iter().all(|(month, day)| month_day(*month, *day));
    ensure(days, || "it leaves out a day that no year has".to_string())?;
    let real = |(from, to): &(u32, u32)| from < to && i64::from(*to) <= DAY;
    let hours = !window.hours.is_empty() && window.hours.iter().all(real);
    ensure(hours, || "its hours are none that a day has".to_string())
}
