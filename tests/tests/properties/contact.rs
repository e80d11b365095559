//! Debtors are left in peace: no limit is exceeded, no rest broken, nobody reached out of hours or on a barred channel.

use crate::{Inputs, Pair, Step, taken};
use dunlin_machine::events::{Happening, PHONE};
use dunlin_machine::ir::{ChannelId, Channels, Limit, Nature, Window};
use dunlin_machine::value::{Instant, Unit, add};
use dunlin_runtime::outcome::Effect;
use std::collections::BTreeMap;

/// Attempts to reach each person, by position, and the persons' names.
#[derive(Default)]
struct Attempts {
    names: Vec<String>,
    made: BTreeMap<usize, Vec<(Instant, Channels)>>,
}

fn begin(pair: &Pair) -> Attempts {
    let opening = &pair.history.opening;
    let mut attempts =
        Attempts { names: opening.persons.iter().map(|p| p.id.clone()).collect(), ..Attempts::default() };
    for sent in &opening.sent {
        attempts.made.entry(usize::from(sent.person)).or_default().push((sent.at, sent.channels));
    }
    attempts
}

/// An attempt to reach somebody on our own account.
struct Attempt {
    person: usize,
    channels: Channels,
    nature: Nature,
}

fn attempt(effect: &Effect) -> Option<Attempt> {
    match effect {
        Effect::Send { person, channels, nature, .. } => {
            Some(Attempt { person: usize::from(*person), channels: *channels, nature: *nature })
        }
        Effect::Call { person, .. } => {
            Some(Attempt { person: usize::from(*person), channels: Channels::of(PHONE), nature: Nature::Ordinary })
        }
        _ => None,
    }
}

#[test]
fn no_limit_is_exceeded() {
    let (mut seen, mut per_claim) = (0, 0);
    taken(Inputs::AsWritten, begin, |attempts, step, seed| {
        note_event(attempts, step);
        for attempt in step.effects().filter_map(attempt).filter(|a| a.nature != Nature::Reply) {
            let made = attempts.made.entry(attempt.person).or_default();
            made.push((step.at, attempt.channels));
            if attempt.nature == Nature::Ordinary {
                for limit in &step.machine().contact.limits {
                    if !limit.channels.and(attempt.channels).is_empty() {
                        below(limit, step, made, seed);
                        seen += 1;
                        per_claim += usize::from(limit.per_claim);
                    }
                }
            }
        }
    });
    assert!(seen > 500 && per_claim > 20, "only {seen} limits were asked, {per_claim} by claim");
}

/// What the host says of persons and attempts.
fn note_event(attempts: &mut Attempts, step: &Step) {
    let named = step.word("debtor").and_then(|id| attempts.names.iter().position(|name| name == id)).unwrap_or(0);
    if step.is(Happening::DebtorAdded) {
        attempts.names.extend(step.word("debtor").map(str::to_owned));
    } else if step.is(Happening::DebtorReplaced) {
        attempts.names[named] = step.word("by").unwrap_or_default().to_owned();
        attempts.made.remove(&named);
    } else if step.is(Happening::Contacted) {
        let channel = u8::try_from(step.amount("channel")).unwrap_or(0);
        attempts.made.entry(named).or_default().push((step.at, Channels::of(ChannelId(channel))));
    }
}

/// The last attempt keeps the limit.
fn below(limit: &Limit, step: &Step, made: &[(Instant, Channels)], seed: u64) {
    let now = step.at;
    let inside = |at: Instant| {
        if limit.per.unit() == Unit::Hours {
            return now.seconds() - at.seconds() < i64::from(limit.per.amount()) * 3600;
        }
        let back = limit.per.negated().expect("a limit's window");
        step.day(at) > add(step.day(now), back, step.calendar()).expect("a day")
    };
    let open = |case: &dunlin_runtime::Case| case.ledger.claims.iter().filter(|c| c.principal > 0).count();
    let times = if limit.per_claim { open(step.before).max(open(step.case)).max(1) } else { 1 };
    let most = limit.count as usize * times;
    let count = made.iter().filter(|(at, by)| !by.and(limit.channels).is_empty() && inside(*at)).count();
    assert!(count <= most, "seed {seed}: {count} attempts at {now}, allowed {most} by {limit:?}");
}

#[test]
fn nobody_is_reached_out_of_hours() {
    let mut seen = 0;
    taken(
        Inputs::AsWritten,
        |_| (),
        |(), step, seed| {
            let contact = &step.machine().contact;
            for attempt in step.effects().filter_map(attempt).filter(|a| a.nature == Nature::Ordinary) {
                let Some(person) = step.case.persons.get(attempt.person) else { continue };
                let zones = person.zones.iter().map(|n| &step.machine().zones[usize::from(*n)]);
                let local: Vec<_> = zones.map(|zone| zone.local(step.at)).collect();
                for channel in attempt.channels.iter().filter(|_| !contact.allows.is_empty()) {
                    let mut allows = contact.allows.iter().filter(|a| a.channels.has(channel));
                    let calendar = &step.machine().calendars[person.calendar.index()];
                    let within = |window: &Window| {
                        local.iter().all(|(day, second)| {
                            let weekday = window.weekdays >> (day.weekday().number() - 1) & 1 == 1;
                            let civil = (day.civil().month, day.civil().day);
                            let holiday = window.except_holidays && calendar.is_holiday(*day).is_some();
                            let hours = window.hours.iter().any(|(from, to)| (from..=to).contains(&second));
                            weekday && hours && !holiday && !window.except.contains(&civil)
                        })
                    };
                    seen += 1;
                    let admits = allows.any(|a| a.window.as_ref().is_none_or(within));
                    assert!(admits, "seed {seed}: {channel:?} at {} to {}", step.at, attempt.person);
                }
            }
        },
    );
    assert!(seen > 500, "only {seen} attempts were looked at");
}
