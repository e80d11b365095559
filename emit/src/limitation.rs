//! When claims become barred by limitation.

use super::code::{Body, Func, Val, Width};
use super::deliver::{self, event};
use super::expressions::{self, Mode};
use super::faults::Bound;
use super::layout::NO_DAY;
use super::module::Emit;
use super::run::{self, At, NONE};
use super::state::{Claim, Suspended};
use super::{calendars, days};
use Width::I32;
use dunlin_machine::ir::{EventPattern, ExprId, Limitation, Period, PeriodFrom, SuspendedDays};

/// The first day of the latest period that was asked for, which is not counted.
fn anchor(e: &Emit<'_>) -> At {
    At::named(e, "limitation_anchor", I32)
}

/// The last day of the latest suspended run that was asked for.
fn suspended_until(e: &Emit<'_>) -> At {
    At::named(e, "suspended_until", I32)
}

/// The earliest day on which an open claim is barred; [`NO_DAY`] where none is known.
pub(super) fn date(e: &Emit<'_>) -> Func {
    e.func("limitation_date", &[], Some(I32), true, |e, b| {
        let Some(rules) = &e.m.ledger.limitation else {
            b.give(e.case.limitation_date.get());
            return;
        };
        let earliest = b.var(NO_DAY);
        run::each(b, &e.case.claims, |b, at, record| {
            b.when(Claim::at(record).principal.get().gt(0i64), |b| {
                let day = b.call(barred_on(e, rules), &[at.clone()]);
                let earlier = earliest.get().eq(NO_DAY).or(day.lt(earliest.get()));
                b.when(day.ne(NO_DAY).and(earlier), |b| b.set(earliest, day));
            });
        });
        b.give(earliest.get());
    })
}

/// The last day of a claim's period; [`NO_DAY`] where it has not begun.
fn barred_on<'m>(e: &Emit<'m>, rules: &'m Limitation) -> Func {
    e.func("barred_on", &[I32], Some(I32), true, move |e, b| {
        let at = b.arg(0);
        let record = b.keep(e.case.claims.at(&at));
        let brought = e.case.limitation_date.get();
        let anew = Claim::at(&record).restarted.get().ne(NO_DAY).or(e.case.titled_on.get().ne(NO_DAY));
        let last = b.choose(
            brought.eq(NO_DAY).or(anew),
            |b| b.call(period_of(e, rules), &[at.clone()]),
            |b| {
                let opened = run::local_day(e, b, e.case.opened.get());
                anchor(e).set(b, opened);
                brought.clone()
            },
        );
        b.when(last.eq(NO_DAY), |b| b.give(NO_DAY));
        let last = b.call(without_suspended(e, rules), &[at, anchor(e).get(), last]);
        b.give(last);
    })
}

/// The last day of the period in force, and [`anchor`]: it is the last one written whose beginning is known.
fn period_of<'m>(e: &Emit<'m>, rules: &'m Limitation) -> Func {
    e.func("period_of", &[I32], Some(I32), true, move |e, b| {
        let record = b.keep(e.case.claims.at(&b.arg(0)));
        let restarted = Claim::at(&record).restarted.get();
        for period in rules.periods.iter().rev() {
            let from = begin_of(e, b, period);
            b.when(from.ne(NO_DAY), |b| {
                let holds = holds_of_claim(e, b, b.arg(0), period.when);
                b.when(holds, |b| {
                    let first = b.keep(from.max(&restarted));
                    let length = b.call(expressions::value_of(e, period.length, Mode::Quiet), &[]);
                    let last = b.call(calendars::add(e), &[first.clone(), length, e.case.calendar.get()]);
                    anchor(e).set(b, first);
                    b.give(last);
                });
            });
        }
        b.give(NO_DAY);
    })
}

/// Since when a period of the claim of the first argument runs; [`NO_DAY`] where that is not known.
fn begin_of(e: &Emit<'_>, b: &mut Body, period: &Period) -> Val {
    match period.from {
        PeriodFrom::Title => b.keep(e.case.titled_on.get()),
        PeriodFrom::Date(date) => {
            look_at_claim(e, b, b.arg(0));
            let value = b.call(expressions::if_known(e, date, Mode::OfClaim), &[]);
            b.choose(run::known(e).get(), |b| b.call(days::as_day(e), &[value]), |_| NO_DAY.into())
        }
    }
}

fn look_at_claim(e: &Emit<'_>, b: &mut Body, at: impl Into<Val>) {
    run::claim(e).set(b, at);
    run::day(e).set(b, NO_DAY);
}

/// Whether a condition holds for a claim.
fn holds_of_claim(e: &Emit<'_>, b: &mut Body, at: impl Into<Val>, condition: Option<ExprId>) -> Val {
    look_at_claim(e, b, at);
    expressions::holds(e, b, condition, Mode::OfClaim)
}

/// The last day of a claim's period from its first and last day, later by the days on which it did not run (§ 209 BGB).
fn without_suspended<'m>(e: &Emit<'m>, rules: &'m Limitation) -> Func {
    e.func("without_suspended", &[I32, I32, I32], Some(I32), true, move |e, b| {
        let (counted, last) = (b.var(b.arg(1)), b.var(b.arg(2)));
        b.while_(
            |_| 1.into(),
            |b| {
                let from = b.call(next_suspended(e, rules), &[b.arg(0), counted.get()]);
                b.when(from.eq(NO_DAY).or(from.gt(last.get())), |b| b.give(last.get()));
                let until = b.keep(suspended_until(e).get());
                let later = b.call(days::add_days(e), &[last.get(), until.sub(from).add(1)]);
                b.set(last, later);
                b.set(counted, until);
            },
        );
    })
}

/// The first run of a claim's suspended days after a day, its begin cut to the day after; overlapping ones are met one by one.
/// [`NO_DAY`] where there is none.
fn next_suspended<'m>(e: &Emit<'m>, rules: &'m Limitation) -> Func {
    e.func("next_suspended", &[I32, I32], Some(I32), true, move |e, b| {
        let begin = b.call(days::add_days(e), &[b.arg(1), 1.into()]);
        let first = b.var(NO_DAY);
        run::each(b, &e.case.suspended, |b, _, record| {
            let run = Suspended::at(record);
            let until = run.until.get();
            let until = b.keep(run::today(e).get().or_else(&until.eq(NO_DAY), until));
            let from = b.keep(run.from.get().max(&begin));
            // One that is to begin on a day to come takes out nothing yet.
            b.when(until.ge(&from), |b| {
                let counts = b.call(suspends(e, rules), &[b.arg(0), run.rule.get()]);
                b.when(counts.and(first.get().eq(NO_DAY).or(from.lt(first.get()))), |b| {
                    b.set(first, from);
                    suspended_until(e).set(b, until);
                });
            });
        });
        b.give(first.get());
    })
}

/// Whether a suspension, by its number, is a claim's.
fn suspends<'m>(e: &Emit<'m>, rules: &'m Limitation) -> Func {
    e.func("suspends", &[I32, I32], Some(I32), true, move |e, b| {
        for (n, suspension) in (0i32..).zip(&rules.suspensions) {
            if suspension.when.is_some() {
                b.when(b.arg(1).eq(n), |b| {
                    let holds = holds_of_claim(e, b, b.arg(0), suspension.when);
                    b.give(holds);
                });
            }
        }
        b.give(1);
    })
}

/// What the event under way begins anew, and which suspensions it begins or ends.
pub(super) fn note(e: &Emit<'_>, b: &mut Body) {
    let Some(rules) = &e.m.ledger.limitation else { return };
    let func = e.func("note_limitation", &[], None, true, move |e, b| {
        for restart in &rules.restarts {
            b.when(deliver::matches(e, &restart.on), |b| {
                let day = day_of(e, b, &restart.on);
                run::each(b, &e.case.claims, |b, at, record| {
                    let last = b.call(barred_on(e, rules), &[at.clone()]);
                    b.when(day.le(last), |b| {
                        let holds = holds_of_claim(e, b, at, restart.when);
                        let restarted = Claim::at(record).restarted;
                        b.when(holds, |b| b.store(&restarted, restarted.get().max(&day)));
                    });
                });
            });
        }
        for (n, suspension) in (0i32..).zip(&rules.suspensions) {
            let SuspendedDays::Between { start, until, delay } = &suspension.days else { continue };
            b.either(
                deliver::matches(e, start),
                |b| {
                    let day = day_of(e, b, start);
                    b.call(suspend(e), &[n.into(), day]);
                },
                |b| {
                    b.when(deliver::matches(e, until), |b| {
                        let last = last_day(e, b, until, *delay);
                        b.call(unsuspend(e), &[n.into(), last]);
                    });
                },
            );
        }
    });
    b.call(func, &[]);
}

/// The day that the event under way, which is the one of a pattern, speaks of.
fn day_of(e: &Emit<'_>, b: &mut Body, pattern: &EventPattern) -> Val {
    let on =
        e.m.events.get(pattern.event.index()).and_then(|ty| ty.day(&e.m.texts)).and_then(|at| u32::try_from(at).ok());
    match on {
        None => b.keep(run::today(e).get()),
        Some(at) => b.choose(
            event::is_known(e, at),
            |b| b.call(days::as_day(e), &[event::value(e, at).get()]),
            |_| run::today(e).get(),
        ),
    }
}

/// The last day of a suspension that the event under way ends.
fn last_day(e: &Emit<'_>, b: &mut Body, until: &EventPattern, delay: Option<ExprId>) -> Val {
    let day = day_of(e, b, until);
    let Some(delay) = delay else { return day };
    let length = b.call(expressions::value_of(e, delay, Mode::Quiet), &[]);
    b.call(calendars::add(e), &[day, length, e.case.calendar.get()])
}

/// What each `suspend while` says as things stand; looked at after every event and every timer.
pub(super) fn look_at_suspensions(e: &Emit<'_>, b: &mut Body) {
    let suspensions = e.m.ledger.limitation.as_ref().map_or(&[][..], |rules| &rules.suspensions);
    for (n, suspension) in (0i32..).zip(suspensions) {
        let SuspendedDays::While(condition) = suspension.days else { continue };
        let holds = expressions::holds(e, b, Some(condition), Mode::Quiet);
        let args = [n.into(), run::today(e).get()];
        b.either(
            holds,
            |b| {
                b.call(suspend(e), &args);
            },
            |b| {
                b.call(unsuspend(e), &args);
            },
        );
    }
}

/// A suspension, by its number, begins on a day.
fn suspend(e: &Emit<'_>) -> Func {
    e.func("suspend", &[I32, I32], None, true, |e, b| {
        let runs = &e.case.suspended;
        let latest = b.var(NONE);
        run::each(b, runs, |b, at, record| {
            let run = Suspended::at(record);
            b.when(run.rule.get().eq(b.arg(0)), |b| {
                b.when(run.until.get().eq(NO_DAY), Body::end);
                b.when(b.arg(1).le(run.until.get()), |b| b.set(latest, at));
            });
        });
        b.when(latest.get().ne(NONE), |b| {
            let record = b.keep(runs.at(&latest.get()));
            b.store(&Suspended::at(&record).until, NO_DAY);
            b.end();
        });
        let position = run::push_one_of(e, b, runs, Bound::LimitationRests);
        let run = Suspended::at(&position);
        b.store(&run.rule, b.arg(0));
        b.store(&run.from, b.arg(1));
        b.store(&run.until, NO_DAY);
    })
}

/// A suspension, by its number, ends with a day.
fn unsuspend(e: &Emit<'_>) -> Func {
    e.func("unsuspend", &[I32, I32], None, false, |e, b| {
        run::each(b, &e.case.suspended, |b, _, record| {
            let run = Suspended::at(record);
            b.when(run.rule.get().eq(b.arg(0)).and(run.until.get().eq(NO_DAY)), |b| {
                b.store(&run.until, b.arg(1).max(run.from.get()));
                b.end();
            });
        });
    })
}
