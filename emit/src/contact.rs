//! Who may be reached when: every `send` and `call` passes here.

use super::actions::{self, by};
use super::code::{Body, Cell, Form, Func, Val, Width};
use super::days;
use super::expressions::{self, Mode};
use super::faults::Bound;
use super::layout::{NO_DAY, NO_INSTANT};
use super::module::{Emit, signed};
use super::run::{self, NONE};
use super::state::{self, Person};
use super::{calendars, ledger, zones};
use Width::{I32, I64};
use dunlin_machine::events::PHONE;
use dunlin_machine::ir::{Channels, EffectKind, Limit, Nature, RuleId, Window};
use dunlin_machine::value::Unit;

/// How far ahead an instant is looked for that admits a message.
pub(super) const HORIZON_DAYS: i32 = 400;

pub(super) const DAY: i64 = 86_400;

/// The phone alone, as a set.
pub(super) const BY_PHONE: i32 = 1 << PHONE.0;

/// Why a channel cannot be used, as the entry says it.
pub(super) mod unusable {
    pub(crate) const PERSON: i32 = 0;
    pub(crate) const NO_ADDRESS: i32 = 1;
    pub(crate) const BARRED: i32 = 2;
    pub(crate) const NOT_ALLOWED: i32 = 3;
    pub(crate) const NO_CONSENT: i32 = 4;
    pub(crate) const NEVER: i32 = 5;
}

/// A set of channels as a number.
pub(super) const fn set(channels: Channels) -> i32 {
    channels.0.cast_signed()
}

pub(super) fn global(e: &Emit<'_>, name: &'static str) -> run::At {
    run::At::named(e, name, I32)
}

/// The first who is pursued; the first of all where nobody is.
pub(super) fn first_pursued(e: &Emit<'_>) -> Func {
    e.func("first_pursued", &[], Some(I32), false, |e, b| {
        let first = run::find(b, &e.case.persons, |_, record| e.case.person(record).channels.pursued.get());
        b.give(first.max(0));
    })
}

pub(super) fn told_unusable(e: &Emit<'_>, b: &mut Body, rule: i32, what: (EffectKind, Val, Val)) {
    let say = |name| global(e, name).get();
    let says = [by::UNUSABLE.into(), say("obstacle"), say("obstacle_channel"), say("obstacle_rule")];
    actions::held(e, b, rule, what, &says);
}

/// What keeps a person from being reached is the person: no channel, no rule.
pub(super) fn no_channel_of(e: &Emit<'_>, b: &mut Body) {
    global(e, "obstacle").set(b, unusable::PERSON);
    global(e, "obstacle_channel").set(b, 0);
    global(e, "obstacle_rule").set(b, NONE);
}

/// The usable channels of a way for a person; where there are none, the globals `obstacle…` say why.
pub(super) fn usable(e: &Emit<'_>, b: &mut Body, person: Val, way: Channels, nature: Nature) -> Val {
    no_channel_of(e, b);
    let record = b.keep(e.case.persons.at(&person));
    let there = b.keep(person.lt_u(e.case.persons.count().get()).and(e.case.person(&record).channels.pursued.get()));
    let usable = b.var(0);
    b.when(there, |b| {
        for channel in way.iter().filter(|c| usize::from(c.0) < e.m.channels.len()) {
            let free = b.call(is_free(e, channel.0, nature), &[person.clone(), record.clone()]);
            b.set(usable, usable.get().or(free.shl(i32::from(channel.0))));
        }
    });
    usable.get()
}

/// Whether nothing keeps a person from being reached by a channel; else the globals `obstacle…` say what.
pub(super) fn is_free(e: &Emit<'_>, channel: u8, nature: Nature) -> Func {
    let kind = if nature == Nature::Reply { "reply" } else { "other" };
    e.func(format!("is_free_{channel}_{kind}"), &[I32, I32], Some(I32), true, move |e, b| {
        let person = e.case.person(&b.arg(1));
        let contact = &e.m.contact;
        let has = |set: &Cell| expressions::bit(set, channel);
        let stop = |b: &mut Body, when: Val, why: i32, rule: Option<RuleId>| {
            b.when(when, |b| {
                global(e, "obstacle").set(b, why);
                global(e, "obstacle_channel").set(b, i32::from(channel));
                global(e, "obstacle_rule").set(b, rule.map_or(NONE, |r| i32::from(r.0)));
                b.give(0);
            });
        };
        let of = |channels: &Channels| channels.0 >> channel & 1 == 1;
        stop(b, has(&person.channels.reachable).not(), unusable::NO_ADDRESS, None);
        stop(b, has(&person.channels.barred), unusable::BARRED, None);
        if nature == Nature::Reply {
            b.give(1);
            return;
        }
        if !contact.allows.is_empty() && !contact.allows.iter().any(|a| of(&a.channels)) {
            stop(b, 1.into(), unusable::NOT_ALLOWED, None);
        }
        if let Some((_, rule)) = contact.consents.iter().find(|(channels, _)| of(channels)) {
            stop(b, has(&person.channels.consent).not(), unusable::NO_CONSENT, Some(*rule));
        }
        // `debtor.…` is the person who is written to, whoever the event names.
        let nevers: Vec<_> = contact.nevers.iter().filter(|(channels, _, _)| of(channels)).collect();
        if !nevers.is_empty() {
            let before = b.keep(run::person(e).get());
            run::person(e).set(b, b.arg(0));
            for (_, condition, rule) in nevers {
                let holds = expressions::holds(e, b, Some(*condition), Mode::Noted);
                let holds = b.keep(holds);
                b.when(&holds, |b| run::person(e).set(b, &before));
                stop(b, holds, unusable::NEVER, Some(*rule));
            }
            run::person(e).set(b, before);
        }
        b.give(1);
    })
}

/// Tells that something may not go now; gives when it is tried again, [`NO_INSTANT`] where it is dropped.
pub(super) fn told_held(e: &Emit<'_>, b: &mut Body, rule: i32, what: (EffectKind, Val, Val), due: Val) -> Val {
    let never = b.keep(due.eq(i64::MAX));
    let dropped = if e.m.contact.otherwise_skip { 1.into() } else { never.clone() };
    let until = b.keep(Val::from(NO_INSTANT).or_else(&dropped, due));
    let why = Val::from(by::NEVER).or_else(&never, global(e, "held_by").get());
    let held_rule = Val::from(NONE).or_else(&never, global(e, "held_rule").get());
    actions::held_until(e, b, rule, what, &[why, held_rule], until.clone(), dropped);
    until
}

/// No hours of a call's own.
pub(super) const NO_HOURS: i64 = -1;

/// The least instant from now on at which the contact rules admit it: now, a later one (the globals `held…` say which rule holds
/// it), or the end of time. Person, channels, whether a notice, whether a call, its own hours, its rule.
pub(super) fn earliest(e: &Emit<'_>) -> Func {
    e.func("earliest_contact", &[I32, I32, I32, I32, I64, I32], Some(I64), true, |e, b| {
        let far = b.call(days::add_days(e), &[run::today(e).get(), (HORIZON_DAYS + 1).into()]);
        let horizon = b.call(run::midnight(e), &[far]);
        let (at, found) = (b.var(e.case.now.get()), b.var(0));
        let record = b.keep(e.case.persons.at(&b.arg(0)));
        let asks: Vec<Val> = vec![record, b.arg(1), b.arg(2), b.arg(3), b.arg(4), b.arg(5)];
        let looks: Vec<(i32, Func)> = [
            (by::LIMIT, (!e.m.contact.limits.is_empty()).then(|| after_limits(e))),
            (by::REST, (!e.m.contact.rests.is_empty()).then(|| after_rests(e))),
            (by::HOURS, Some(in_hours(e))),
        ]
        .into_iter()
        .filter_map(|(by, look)| look.map(|look| (by, look)))
        .collect();
        b.while_(
            |_| 1.into(),
            |b| {
                let (next, next_by, next_rule) = (b.var(NO_INSTANT), b.var(0), b.var(0));
                for (kind, look) in looks {
                    let t = alone(e, b, look, &asks, &at.get());
                    b.when(t.ne(NO_INSTANT).and(t.gt(next.get())), |b| {
                        b.set(next, t.clone());
                        b.set(next_by, kind);
                        b.set(next_rule, global(e, "alone_rule").get());
                    });
                }
                b.when(next.get().eq(NO_INSTANT), |b| b.give(at.get()));
                b.when(next.get().ge(&horizon), |b| b.give(i64::MAX));
                b.set(at, next.get());
                // The rule that holds it is the one that alone admits latest: what the first look found.
                b.when(found.get().not(), |b| {
                    b.set(found, 1);
                    global(e, "held_by").set(b, next_by.get());
                    global(e, "held_rule").set(b, next_rule.get());
                });
            },
        );
        b.give(0i64);
    })
}

pub(super) fn beyond_horizon(e: &Emit<'_>, b: &mut Body, at: &Val) -> Val {
    b.call(zones::add_seconds(e), &[at.clone(), (i64::from(HORIZON_DAYS + 2) * DAY).into()])
}

/// From when on rules of one kind admit it by themselves; [`NO_INSTANT`] where they do already. The global `alone_rule` says
/// which of them admits last.
pub(super) fn alone(e: &Emit<'_>, b: &mut Body, look: Func, asks: &[Val], at: &Val) -> Val {
    let end = beyond_horizon(e, b, at);
    let (t, last) = (b.var(at), b.var(NO_INSTANT));
    b.block(|b, done| {
        b.while_(
            |_| t.get().lt(&end),
            |b| {
                let mut args = asks.to_vec();
                args.push(t.get());
                let next = b.call(look, &args);
                b.leave_when(done, next.le(t.get()));
                b.set(t, &next);
                b.set(last, &next);
                global(e, "alone_rule").set(b, global(e, "look_rule").get());
            },
        );
    });
    last.get()
}

/// What a look is asked: person's record, channels, notice, call, hours, rule, instant.
pub(super) const LOOK: [Width; 7] = [I32, I32, I32, I32, I64, I32, I64];

/// Keeps the later of two instants, and the rule behind it.
pub(super) fn later(e: &Emit<'_>, b: &mut Body, latest: super::code::Var, t: &Val, at: &Val, rule: impl Into<Val>) {
    b.when(t.gt(at).and(t.gt(latest.get())), |b| {
        b.set(latest, t);
        global(e, "look_rule").set(b, rule);
    });
}

pub(super) fn after_limits(e: &Emit<'_>) -> Func {
    e.func("after_limits", &LOOK, Some(I64), true, |e, b| {
        let (channels, at) = (b.arg(1), b.arg(6));
        let latest = b.var(NO_INSTANT);
        b.when(b.arg(2), |b| b.give(NO_INSTANT));
        for (n, limit) in e.m.contact.limits.iter().enumerate() {
            b.when(channels.and(set(limit.channels)), |b| {
                let t = b.call(after_limit(e, n), &[b.arg(0), at.clone()]);
                later(e, b, latest, &t, &at, i32::from(limit.rule.0));
            });
        }
        b.give(latest.get());
    })
}

/// How many attempts of a person a limit counts: since an instant, and since a day.
pub(super) fn counted(
    e: &Emit<'_>,
    b: &mut Body,
    person: &Person,
    limit: &Limit,
    counts: impl FnOnce(&state::Attempt) -> Val,
) -> Val {
    let _ = e;
    let count = b.var(0);
    run::each(b, &person.attempts, |b, _, record| {
        let attempt = state::Attempt::at(record);
        let is = attempt.channels.get().and(set(limit.channels)).ne(0).and(counts(&attempt));
        b.set(count, count.get().add(is));
    });
    count.get()
}

/// The least instant from one on at which a limit is not reached.
pub(super) fn after_limit(e: &Emit<'_>, n: usize) -> Func {
    e.func(format!("after_limit_{n}"), &[I32, I64], Some(I64), true, move |e, b| {
        let Some(limit) = e.m.contact.limits.get(n) else { return };
        let person = e.case.person(&b.arg(0));
        let at = b.arg(1);
        let times = if limit.per_claim { ledger::unpaid(e, b).max(1) } else { 1.into() };
        let most = b.keep(times.mul(limit.count.cast_signed()));
        if limit.per.unit() == Unit::Hours {
            let span = i64::from(limit.per.amount()) * 3600;
            let since = b.call(zones::add_seconds(e), &[at.clone(), (-span).into()]);
            let reached = counted(e, b, &person, limit, |a| a.at.get().gt(&since));
            b.when(reached.lt(&most), |b| b.give(&at));
            // Once the oldest of those too many is out of the window, the limit is not reached.
            let over = b.var(reached.sub(&most));
            run::each(b, &person.attempts, |b, _, record| {
                let attempt = state::Attempt::at(record);
                let is = attempt.channels.get().and(set(limit.channels)).ne(0).and(attempt.at.get().gt(&since));
                b.when(is, |b| {
                    b.when(over.get().eq(0), |b| {
                        let t = b.call(zones::add_seconds(e), &[attempt.at.get(), span.into()]);
                        b.give(t);
                    });
                    b.set(over, over.get().sub(1));
                });
            });
            let end = beyond_horizon(e, b, &at);
            b.give(end);
            return;
        }
        let all = counted(e, b, &person, limit, |_| 1.into());
        b.when(all.lt(&most), |b| b.give(&at));
        let first = run::local_day(e, b, at.clone());
        let day = b.var(&first);
        b.each(HORIZON_DAYS + 1, |b, _| {
            let from = b.call(expressions::window_start(e), &[day.get(), limit.per.pack().into()]);
            let within = counted(e, b, &person, limit, |a| from.le(a.day.get()).and(a.day.get().le(day.get())));
            b.when(within.lt(&most), |b| {
                b.when(day.get().eq(&first), |b| b.give(&at));
                let t = b.call(run::midnight(e), &[day.get()]);
                b.give(t);
            });
            let next = b.call(days::add_days(e), &[day.get(), 1.into()]);
            b.set(day, next);
        });
        let end = beyond_horizon(e, b, &at);
        b.give(end);
    })
}

pub(super) fn after_rests(e: &Emit<'_>) -> Func {
    e.func("after_rests", &LOOK, Some(I64), true, |e, b| {
        let (channels, call, at) = (b.arg(1), b.arg(3), b.arg(6));
        let person = e.case.person(&b.arg(0));
        let latest = b.var(NO_INSTANT);
        b.when(b.arg(2), |b| b.give(NO_INSTANT));
        for rest in &e.m.contact.rests {
            let (applies, spoken) = match rest.by {
                None => (call.clone(), Channels::ALL),
                Some(by) => (channels.and(set(by)).ne(0), by),
            };
            b.when(applies, |b| {
                let spoke = b.var(NO_INSTANT);
                run::each(b, &person.conversations, |b, _, record| {
                    let spoken_by = state::Conversation::at(record);
                    let is = Val::from(set(spoken)).shr_u(spoken_by.channel.get()).and(1);
                    b.when(is, |b| b.set(spoke, spoke.get().max(spoken_by.at.get())));
                });
                b.when(spoke.get().ne(NO_INSTANT), |b| {
                    let t = match rest.rest.unit() {
                        Unit::Hours => {
                            let span = i64::from(rest.rest.amount()) * 3600;
                            b.call(zones::add_seconds(e), &[spoke.get(), span.into()])
                        }
                        _ => {
                            let day = run::local_day(e, b, spoke.get());
                            let args = [day, rest.rest.pack().into(), e.case.calendar.get()];
                            let day = b.call(calendars::add(e), &args);
                            b.call(run::midnight(e), &[day])
                        }
                    };
                    later(e, b, latest, &t, &at, i32::from(rest.rule.0));
                });
            });
        }
        b.give(latest.get());
    })
}

/// Channels that are allowed in hours only.
pub(super) fn timed_channels(e: &Emit<'_>) -> Vec<u8> {
    let allows = |c: u8| e.m.contact.allows.iter().filter(move |a| a.channels.0 >> c & 1 == 1);
    (0..32).filter(|c| allows(*c).next().is_some() && allows(*c).all(|a| a.window.is_some())).collect()
}

/// The least instant from one on that the hours of all its channels admit, in every zone of the person.
pub(super) fn in_hours(e: &Emit<'_>) -> Func {
    e.func("in_hours", &LOOK, Some(I64), true, |e, b| {
        let (channels, hours, at) = (b.arg(1), b.arg(4), b.arg(6));
        let latest = b.var(NO_INSTANT);
        for channel in timed_channels(e) {
            b.when(channels.shr_u(i32::from(channel)).and(1), |b| {
                let t = b.call(admits_channel(e, channel), &[b.arg(0), at.clone()]);
                b.when(t.ne(NO_INSTANT), |b| later(e, b, latest, &t, &at, global(e, "channel_rule").get()));
            });
        }
        b.when(hours.ne(NO_HOURS), |b| {
            let t = b.call(in_own_hours(e), &[b.arg(0), hours.clone(), at.clone()]);
            later(e, b, latest, &t, &at, b.arg(5));
        });
        b.give(latest.get());
    })
}

/// Each zone of a person.
pub(super) fn each_zone(b: &mut Body, person: &Person, inside: impl FnOnce(&mut Body, Val)) {
    run::each(b, &person.zones, |b, _, record| {
        let zone = b.keep(Cell::new(record, 0, Form::U8).get());
        inside(b, zone);
    });
}

/// The least instant from one on at which some `allow` admits a channel in each zone of a person; [`NO_INSTANT`] where the
/// first does. The global `channel_rule` says by which rule it opens.
pub(super) fn admits_channel(e: &Emit<'_>, channel: u8) -> Func {
    e.func(format!("admits_{channel}"), &[I32, I64], Some(I64), true, move |e, b| {
        let person = e.case.person(&b.arg(0));
        let end = beyond_horizon(e, b, &b.arg(1));
        let (t, latest) = (b.var(b.arg(1)), b.var(NO_INSTANT));
        b.while_(
            |_| 1.into(),
            |b| {
                let next = b.var(t.get());
                each_zone(b, &person, |b, zone| {
                    let (first, rule) = (b.var(i64::MAX), b.var(0));
                    for (n, allow) in e.m.contact.allows.iter().enumerate() {
                        if allow.channels.0 >> channel & 1 == 0 || allow.window.is_none() {
                            continue;
                        }
                        let args = [zone.clone(), person.calendar.get(), t.get(), end.clone()];
                        let opens = b.call(admits_window(e, n), &args);
                        b.when(opens.lt(first.get()), |b| {
                            b.set(first, &opens);
                            b.set(rule, i32::from(allow.rule.0));
                        });
                    }
                    b.when(first.get().gt(next.get()), |b| {
                        b.set(next, first.get());
                        b.set(latest, first.get());
                        global(e, "channel_rule").set(b, rule.get());
                    });
                });
                b.when(next.get().eq(t.get()).or(next.get().ge(&end)), |b| b.give(latest.get()));
                b.set(t, next.get());
            },
        );
        b.give(0i64);
    })
}

/// The least instant from one on that lies in a call's own hours, in every zone of the person at once.
pub(super) fn in_own_hours(e: &Emit<'_>) -> Func {
    e.func("in_own_hours", &[I32, I64, I64], Some(I64), true, |e, b| {
        let person = e.case.person(&b.arg(0));
        let (from, to) = (b.keep(b.arg(1).div(100_000i64).narrow()), b.keep(b.arg(1).rem(100_000i64).narrow()));
        let end = beyond_horizon(e, b, &b.arg(2));
        let t = b.var(b.arg(2));
        b.while_(
            |_| 1.into(),
            |b| {
                let next = b.var(t.get());
                each_zone(b, &person, |b, zone| {
                    let opens = b.call(admits_hours(e), &[zone, t.get(), end.clone(), from.clone(), to.clone()]);
                    b.set(next, next.get().max(opens));
                });
                b.when(next.get().eq(t.get()).or(next.get().ge(&end)), |b| b.give(next.get()));
                b.set(t, next.get());
            },
        );
        b.give(0i64);
    })
}

/// The least instant from one on in one run of hours, on the clocks of one zone: zone, from, end, hours.
pub(super) fn admits_hours(e: &Emit<'_>) -> Func {
    e.func("admits_hours", &[I32, I64, I64, I32, I32], Some(I64), true, |e, b| {
        let (zone, at, end) = (b.arg(0), b.arg(1), b.arg(2));
        let (open, close) = (b.arg(3), b.arg(4));
        look_through(e, b, &zone, &at, &end, |_, _| 1.into(), &[(open, close)]);
    })
}

/// The least instant from one on in the hours of an admitted day of an `allow`: zone, calendar, from, end.
pub(super) fn admits_window(e: &Emit<'_>, n: usize) -> Func {
    e.func(format!("admits_window_{n}"), &[I32, I32, I64, I64], Some(I64), true, move |e, b| {
        let Some(window) = e.m.contact.allows.get(n).and_then(|a| a.window.as_ref()) else { return };
        let hours: Vec<(Val, Val)> = match window.hours.is_empty() {
            true => vec![(0.into(), 86_399.into())],
            false => window.hours.iter().map(|(a, z)| (a.cast_signed().into(), z.cast_signed().into())).collect(),
        };
        let (zone, calendar, at, end) = (b.arg(0), b.arg(1), b.arg(2), b.arg(3));
        look_through(e, b, &zone, &at, &end, |b, day| window_admits(e, b, window, &calendar, day), &hours);
    })
}

pub(super) fn window_admits(e: &Emit<'_>, b: &mut Body, window: &Window, calendar: &Val, day: &Val) -> Val {
    let weekday = days::weekday(day).sub(1);
    let mut admits = Val::from(i32::from(window.weekdays)).shr_u(weekday).and(1);
    if window.except_holidays {
        let holiday = b.call(calendars::is_holiday(e), &[calendar.clone(), day.clone()]);
        admits = admits.and(holiday.not());
    }
    if !window.except.is_empty() {
        let civil = b.call(days::civil(e), &[day.clone()]);
        let of_year = b.keep(civil.and(511));
        for (month, day) in &window.except {
            admits = admits.and(of_year.ne(i32::from(*month) << 5 | i32::from(*day)));
        }
    }
    b.keep(admits)
}

/// Goes through the days from an instant on, and gives the first instant in the hours of an admitted one; the end where there is none.
pub(super) fn look_through(
    e: &Emit<'_>,
    b: &mut Body,
    zone: &Val,
    at: &Val,
    end: &Val,
    admits: impl Fn(&mut Body, &Val) -> Val,
    hours: &[(Val, Val)],
) {
    let first = b.call(zones::local_day(e), &[zone.clone(), at.clone()]);
    let second = b.call(zones::local_second(e), &[zone.clone(), at.clone()]);
    let day = b.var(&first);
    b.each(HORIZON_DAYS + 1, |b, _| {
        let admits = admits(b, &day.get());
        b.when(admits, |b| {
            let today = b.keep(day.get().eq(&first));
            let from = b.keep(second.or_else(&today, 0));
            let opens = b.var(i32::MAX);
            for (open, close) in hours {
                b.when(today.and(open.le(&from)).and(from.le(close)), |b| b.give(at));
                let later = from.le(open).and(open.le(close)).and(open.lt(opens.get()));
                b.when(later, |b| b.set(opens, open));
            }
            b.when(opens.get().ne(i32::MAX), |b| {
                let t = b.call(zones::instant_at(e), &[zone.clone(), day.get(), opens.get()]);
                b.when(t.ge(at), |b| b.give(&t));
            });
        });
        let next = b.call(days::add_days(e), &[day.get(), 1.into()]);
        b.set(day, next);
    });
    b.give(end);
}

/// Through whom a person is written to today: -1 nobody, 0 the guardians, 1 a representative.
pub(super) fn through(e: &Emit<'_>) -> Func {
    e.func("through", &[I32], Some(I32), false, |e, b| {
        let person = e.case.person(&b.arg(0)).channels;
        let until = b.keep(person.represented_until.get());
        let lasts = until.eq(NO_DAY).or(run::today(e).get().le(&until));
        b.when(person.represented.get().and(lasts), |b| b.give(1));
        b.give(person.minor.get().sub(1));
    })
}

/// Notes an attempt to reach a person.
pub(super) fn log_attempt(e: &Emit<'_>) -> Func {
    e.func("log_attempt", &[I32, I32], None, true, |e, b| {
        b.call(log_attempt_of(e), &[b.arg(0), b.arg(1), e.case.now.get()]);
    })
}

/// Notes an attempt at an instant, not earlier than those before, and forgets those that nothing asks about any more.
pub(super) fn log_attempt_of(e: &Emit<'_>) -> Func {
    e.func("log_attempt_of", &[I32, I32, I64], None, true, |e, b| {
        let record = b.keep(e.case.persons.at(&b.arg(0)));
        let attempts = e.case.person(&record).attempts;
        let oldest = b.call(oldest_counted(e), &[]);
        // Those are in the order of their days.
        let past = b.var(0);
        run::each(b, &attempts, |b, _, record| {
            b.set(past, past.get().add(state::Attempt::at(record).day.get().lt(&oldest)));
        });
        let room = b.keep(attempts.count().get().lt_u(signed(attempts.most())));
        b.when(past.get().eq(0).and(room.not()), |b| run::too_many(b, Bound::Attempts, attempts.most()));
        let gone = if reads_attempts(e) { room.not() } else { past.get() };
        let gone = b.keep(gone);
        b.when(&gone, |b| {
            let rest = b.keep(attempts.count().get().sub(&gone));
            b.copy(attempts.at(&0.into()), attempts.at(&gone), rest.mul(signed(attempts.size())));
            b.store(&attempts.count(), rest);
        });
        let position = run::push_one_of(e, b, &attempts, Bound::Attempts);
        let attempt = state::Attempt::at(&position);
        let day = run::local_day(e, b, b.arg(2));
        b.store(&attempt.at, b.arg(2));
        b.store(&attempt.day, day);
        b.store(&attempt.channels, b.arg(1));
    })
}

/// Whether a rule asks how many attempts were made.
pub(super) fn reads_attempts(e: &Emit<'_>) -> bool {
    use dunlin_machine::ir::{Expr, Quantity};
    e.m.exprs.iter().any(|x| matches!(x, Expr::Read(Quantity::Attempts(..) | Quantity::Contacts(_))))
}

/// The first day that a limit still counts.
pub(super) fn oldest_counted(e: &Emit<'_>) -> Func {
    e.func("oldest_counted", &[], Some(I32), true, |e, b| {
        let today = run::today(e).get();
        let tomorrow = b.call(days::add_days(e), &[today.clone(), 1.into()]);
        let oldest = b.var(tomorrow);
        for limit in &e.m.contact.limits {
            let from = if limit.per.unit() == Unit::Hours {
                let span = i64::from(limit.per.amount()) * 3600;
                let at = b.call(zones::add_seconds(e), &[e.case.now.get(), (-span).into()]);
                run::local_day(e, b, at)
            } else {
                b.call(expressions::window_start(e), &[today.clone(), limit.per.pack().into()])
            };
            b.set(oldest, oldest.get().min(from));
        }
        b.give(oldest.get());
    })
}

/// Notes a conversation with a person by a channel.
pub(super) fn log_conversation(e: &Emit<'_>) -> Func {
    e.func("log_conversation", &[I32, I32], None, true, |e, b| {
        let record = b.keep(e.case.persons.at(&b.arg(0)));
        let spoken = e.case.person(&record).conversations;
        let at = run::find(b, &spoken, |b, record| state::Conversation::at(record).channel.get().eq(b.arg(1)));
        let position = b.choose(at.ne(NONE), |b| b.keep(spoken.at(&at)), |b| run::push(e, b, &spoken));
        let conversation = state::Conversation::at(&position);
        b.store(&conversation.channel, b.arg(1));
        b.store(&conversation.at, e.case.now.get());
    })
}
