//! Opening a case: what the host says of it, its first stage, and what follows.

use super::code::{Body, Cell, Form, Func, Val, Width};
use super::expressions::{self, Mode};
use super::facts::code;
use super::faults::{Bound, Expected, Fault, Thing};
use super::input::field;
use super::layout::{NO_DAY, NO_INSTANT};
use super::module::{Emit, FIRST_POSITION, fault, signed};
use super::opening::{each_said, look_over, many, missing, refuse, said};
use super::run::{self, NONE};
use super::state::{Claim, Sent};
use super::{costs, facts, history, ledger, numbers, stages, step, store, texts, timers, who, zones};
use Width::{I32, I64};
use dunlin_machine::ir::{CalendarChoice, CalendarId, Does, Nature};

/// Opens a case from so many bytes of items, at an instant; gives 0, or what failed: then there is no case.
pub(super) fn open(e: &Emit<'_>) -> Func {
    e.func("open", &[I32, I64], Some(I32), false, |e, b| {
        step::begin_outcome(e, b);
        run::fault_about().set(b, 0i64);
        b.try_call(open_case(e), &[b.arg(0), b.arg(1)]);
        let opened = b.keep(fault().eq(0));
        store::present(e).set(b, &opened);
        b.either(
            opened,
            |b| {
                b.call(step::forget_runs(e), &[]);
            },
            |b| step::forget_told(e, b),
        );
        b.give(fault());
    })
}

fn open_case(e: &Emit<'_>) -> Func {
    e.func("open_case", &[I32, I64], None, true, |e, b| {
        let length = b.arg(0);
        b.when(zones::instant_counts(&b.arg(1)).not(), |b| b.fail(Fault::Overflow.number()));
        b.clear(signed(FIRST_POSITION), e.case.size);
        super::stays::found(e).set(b, 0);
        super::copies::all_changed(b);
        b.store(&e.case.now, b.arg(1));
        b.call(run::begin_chain(e), &[]);
        b.call(look_over(e), &[length.clone()]);
        b.call(check_counts(e), &[]);
        b.call(history::check(e), &[length.clone()]);
        b.call(begin_values(e), &[]);
        for take in [take_facts(e), take_persons(e), take_claims(e)] {
            b.call(take, &[length.clone()]);
        }
        b.call(choose_calendars(e), &[]);
        b.call(run::begin_chain(e), &[]);
        b.call(begin_case(e), &[length]);
        b.call(step::fire_due(e), &[0.into()]);
    })
}

fn check_counts(e: &Emit<'_>) -> Func {
    e.func("check_counts", &[], None, true, |e, b| {
        for of in [field::CLAIM, field::DEBTOR] {
            missing(e, b, said(e, of).is().not(), of);
        }
        let bounds = [(field::DEBTOR, &e.case.persons, Bound::Debtors), (field::CLAIM, &e.case.claims, Bound::Claims)];
        for (of, list, bound) in bounds {
            let too_many = said(e, of).count.get().gt(signed(list.most()));
            b.when(too_many, |b| run::too_many(b, bound, list.most()));
        }
    })
}

/// What is there of every case, before its facts, persons and claims.
fn begin_values(e: &Emit<'_>) -> Func {
    e.func("begin_values", &[], None, true, |e, b| {
        let case = &e.case;
        let (id, currency) = (said(e, field::ID), said(e, field::CURRENCY));
        let codes = texts::names(e, e.m.currencies.iter().map(|c| c.code()));
        b.when(currency.is(), |b| {
            let at = b.call(texts::position_in(e), &[codes, currency.value.get().narrow(), currency.length.get()]);
            not_there(e, b, at.eq(NONE), Thing::Currency);
            b.store(&case.currency, at);
        });
        b.call(store::keep_name(e), &[case.id.position(), id.value.get().narrow(), id.length.get()]);
        for instant in [&case.opened, &case.place().entered] {
            b.store(instant, case.now.get());
        }
        for instant in [&case.held_since, &case.place().left, &case.place().returned] {
            b.store(instant, NO_INSTANT);
        }
        b.store(&case.moved_by_past_date, NO_DAY);
        b.store(&case.next_effect, 1);
        b.store(&case.events, 1);
        let counts = [
            (&case.kept, e.m.kept.len()),
            (&case.noted, e.m.noted.len()),
            (&case.whenevers, e.m.whenevers.len()),
            (&case.watches, e.m.watches.len()),
            (&case.agreed, e.m.plans.len()),
            (&case.sent, e.m.templates.len()),
        ];
        for (list, count) in counts {
            b.store(&list.count(), many(count));
        }
        run::each(b, &case.whenevers, |b, _, record| b.store(&Cell::new(record, 0, Form::I64), NO_INSTANT));
        run::each(b, &case.sent, |b, _, record| {
            let sent = Sent::at(record);
            b.store(&sent.first, NO_DAY);
            b.store(&sent.last, NO_DAY);
        });
        let titled_on = said(e, field::TITLED_ON);
        b.store(&case.titled, said(e, field::TITLED).value.get().narrow().or(titled_on.is()));
        b.store(&case.titled_on, titled_on.narrow_or(NO_DAY));
        b.store(&case.limitation_date, said(e, field::LIMITATION_DATE).narrow_or(NO_DAY));
        b.call(facts::begin(e), &[]);
    })
}

/// Fails where a condition holds: something is named that is not there.
pub(super) fn not_there(e: &Emit<'_>, b: &mut Body, when: Val, thing: Thing) {
    b.when(when, |b| run::fail(e, b, Fault::NotThere, thing as i64));
}

fn take_facts(e: &Emit<'_>) -> Func {
    e.func("take_facts", &[I32], None, true, |e, b| {
        each_said(e, b, &b.arg(0), |b, item| {
            b.when(item.field.eq(field::FACT), |b| {
                let fact = b.keep(&item.at);
                not_there(e, b, fact.lt_u(facts::count(e)).not(), Thing::Fact);
                let value = b.var(&item.value);
                b.either(
                    &item.is_text,
                    |b| {
                        let ty = facts::row(e, b, &fact).ty;
                        b.when(ty.ne(code::TEXT), |b| facts::wrong(e, b, &fact, Expected::Type));
                        let text = b.call(texts::learn(e), &[item.text.clone(), item.length.clone()]);
                        b.set(value, text);
                    },
                    |b| {
                        b.call(facts::check(e), &[fact.clone(), value.get()]);
                    },
                );
                facts::set(e, b, &fact, value.get());
            });
        });
        b.call(facts::require(e), &[]);
    })
}

/// The position of a time zone, by its name; -1 where the machine does not have it.
pub(super) fn zone_named(e: &Emit<'_>) -> Func {
    e.func("zone_named", &[I32, I32], Some(I32), false, |e, b| {
        let names = texts::names(e, e.m.zones.iter().take(1 << 8).map(|zone| zone.name()));
        let at = b.call(texts::position_in(e), &[names, b.arg(0), b.arg(1)]);
        b.give(at);
    })
}

/// A person, at a position, of whom only the name is known: every channel is reachable and nothing consented to.
pub(super) fn new_person(e: &Emit<'_>) -> Func {
    e.func("new_person", &[I32, I32, I32], None, true, |e, b| {
        b.clear(b.arg(0), e.case.persons.size());
        let person = e.case.person(&b.arg(0));
        b.call(store::keep_name(e), &[person.facts.id.position(), b.arg(1), b.arg(2)]);
        b.store(&person.zones.count(), 1);
        b.store(&person.born, NO_DAY);
        b.store(&person.channels.reachable, -1);
        b.store(&person.channels.pursued, 1);
        b.store(&person.channels.represented_until, NO_DAY);
    })
}

fn take_persons(e: &Emit<'_>) -> Func {
    e.func("take_persons", &[I32], None, true, |e, b| {
        // That a zone is not there is told when all zones of its person are known.
        let (record, no_zone) = (b.var(0), b.var(0));
        each_said(e, b, &b.arg(0), |b, item| {
            let field = b.keep(&item.field);
            b.when(field.eq(field::DEBTOR), |b| {
                not_there(e, b, no_zone.get(), Thing::Zone);
                let position = run::push_one_of(e, b, &e.case.persons, Bound::Debtors);
                b.set(record, position);
                b.call(new_person(e), &[record.get(), item.text.clone(), item.length.clone()]);
            });
            let person = e.case.person(&record.get());
            let (facts, channels) = (&person.facts, &person.channels);
            let text = |b: &mut Body, place: &Cell| keep_text(e, b, place, &item.text, &item.length);
            let narrow = |place: &Cell| -> Box<dyn FnOnce(&mut Body) + '_> {
                let place = place.clone();
                Box::new(move |b| b.store(&place, item.value.narrow()))
            };
            let channel = |b: &mut Body, set: &Cell, said: Val| b.store(set, set.get().or(said.shl(&item.at)));
            b.switch(
                field.sub(field::BUSINESS),
                vec![
                    narrow(&facts.business),
                    Box::new(|b| text(b, &facts.language)),
                    Box::new(|b| text(b, &facts.region)),
                    Box::new(|b| {
                        b.when(person.zones_given.get().not(), |b| b.store(&person.zones.count(), 0));
                        b.store(&person.zones_given, 1);
                        let zone = b.call(zone_named(e), &[item.text.clone(), item.length.clone()]);
                        b.set(no_zone, no_zone.get().or(zone.eq(NONE)));
                        let place = run::push_one_of(e, b, &person.zones, Bound::Zones);
                        b.store(&Cell::new(&place, 0, Form::U8), zone);
                    }),
                    narrow(&person.born),
                    Box::new(|b| b.store(&channels.reachable, item.value.narrow().sub(1))),
                    Box::new(|b| {
                        channel(b, &channels.reachable, item.value.narrow().and(1));
                        channel(b, &channels.consent, item.value.narrow().shr_u(1).and(1));
                    }),
                ],
            );
        });
        not_there(e, b, no_zone.get(), Thing::Zone);
    })
}

/// Keeps a text as a value that may be missing.
fn keep_text(e: &Emit<'_>, b: &mut Body, place: &Cell, text: &Val, length: &Val) {
    let value = b.call(texts::learn(e), &[text.clone(), length.clone()]);
    b.store(place, value);
    b.store(&place.beside(8, Form::U8), 1);
}

/// Whether the machine demands at all: where it does not, demands went out elsewhere, and no claim is fresh.
fn demands(e: &Emit<'_>) -> bool {
    e.m.actions.iter().any(|action| matches!(&action.does, Does::Send(s) if s.nature == Nature::Ordinary))
}

/// A claim, at a position, of which only the name is known.
pub(super) fn new_claim(e: &Emit<'_>) -> Func {
    e.func("new_claim", &[I32, I32, I32], None, true, |e, b| {
        b.clear(b.arg(0), e.case.claims.size());
        let claim = Claim::at(&b.arg(0));
        b.call(store::keep_name(e), &[claim.id.position(), b.arg(1), b.arg(2)]);
        for day in [&claim.due, &claim.arose, &claim.default_on, &claim.restarted] {
            b.store(day, NO_DAY);
        }
        b.store(&claim.fresh, i32::from(demands(e)));
    })
}

fn take_claims(e: &Emit<'_>) -> Func {
    e.func("take_claims", &[I32], None, true, |e, b| {
        let record = b.var(0);
        each_said(e, b, &b.arg(0), |b, item| {
            let field = b.keep(&item.field);
            b.when(field.eq(field::CLAIM), |b| {
                let position = run::push_one_of(e, b, &e.case.claims, Bound::Claims);
                b.set(record, position);
                b.call(new_claim(e), &[record.get(), item.text.clone(), item.length.clone()]);
            });
            let claim = Claim::at(&record.get());
            let narrow = |place: &Cell| -> Box<dyn FnOnce(&mut Body) + '_> {
                let place = place.clone();
                Box::new(move |b| b.store(&place, item.value.narrow()))
            };
            b.switch(
                field.sub(field::PRINCIPAL),
                vec![
                    Box::new(|b| b.store(&claim.principal, &item.value)),
                    narrow(&claim.due),
                    Box::new(|b| keep_text(e, b, &claim.kind, &item.text, &item.length)),
                    narrow(&claim.arose),
                    narrow(&claim.default_on),
                    narrow(&claim.secured),
                ],
            );
        });
        run::each(b, &e.case.claims, |b, at, record| check_claim(e, b, at, record));
    })
}

fn check_claim(e: &Emit<'_>, b: &mut Body, at: &Val, record: &Val) {
    let claim = Claim::at(record);
    missing(e, b, claim.due.get().eq(NO_DAY), field::DUE);
    refuse(e, b, claim.principal.get().le(0i64), field::PRINCIPAL, Expected::MoreThanNothing);
    let (name, length) = (b.keep(claim.id.get()), b.keep(claim.id.beside(4, Form::I32).get()));
    b.each(at, |b, other| {
        let other = e.case.claims.at(&other);
        let same = b.call(step::is_name(e), &[Claim::at(&other).id.position(), name.clone(), length.clone()]);
        refuse(e, b, same, field::CLAIM, Expected::Different);
    });
    let claimed = b.call(numbers::plus(e), &[e.case.claimed.get(), claim.principal.get()]);
    b.store(&e.case.claimed, claimed);
    b.store(&claim.next, claim.due.get());
}

/// Chooses the calendar of the case and of each person.
fn choose_calendars(e: &Emit<'_>) -> Func {
    e.func("choose_calendars", &[], None, true, |e, b| {
        let calendar = b.call(calendar_for(e), &[0.into()]);
        b.store(&e.case.calendar, calendar);
        run::each(b, &e.case.persons, |b, at, record| {
            let calendar = b.call(calendar_for(e), &[at.clone()]);
            b.store(&e.case.person(record).calendar, calendar);
        });
    })
}

/// The calendar of a person: the part of a text after its last `-`, in lower case, picks it.
pub(super) fn calendar_for(e: &Emit<'_>) -> Func {
    e.func("calendar_for", &[I32], Some(I32), true, |e, b| {
        let (key, choices, otherwise) = match &e.m.calendar {
            CalendarChoice::One(calendar) => return b.give(i32::from(calendar.0)),
            CalendarChoice::By { key, choices, otherwise } => (*key, choices, i32::from(otherwise.0)),
        };
        run::person(e).set(b, b.arg(0));
        let value = b.call(expressions::if_known(e, key, Mode::Quiet), &[]);
        b.when(run::known(e).get().not(), |b| b.give(otherwise));
        b.call(texts::bytes_of(e), &[value]);
        let longest = choices.iter().map(|(suffix, _)| suffix.len()).max().unwrap_or(0);
        let length = lower_suffix(e, b, many(longest));
        b.when(length.gt(many(longest)), |b| b.give(otherwise));
        let names = texts::names(e, choices.iter().map(|(suffix, _)| suffix.as_str()));
        let at = b.call(texts::position_in(e), &[names, suffix_at(e), length]);
        b.when(at.eq(NONE), |b| b.give(otherwise));
        let number = |(_, calendar): &(String, CalendarId)| calendar.0.to_le_bytes();
        let calendars = e.constant(&choices.iter().flat_map(number).collect::<Vec<u8>>());
        b.give(Cell::new(&calendars.add(at.mul(2)), 0, Form::U16).get());
    })
}

/// No suffix that picks a calendar is as long.
const LONGEST_SUFFIX: u32 = 256;

fn suffix_at(e: &Emit<'_>) -> Val {
    e.room("suffix", LONGEST_SUFFIX)
}

/// Writes what comes after the last `-` of a text that was found, in lower case; gives its length. A longer one than picks
/// anything is not written.
fn lower_suffix(e: &Emit<'_>, b: &mut Body, longest: i32) -> Val {
    let (begins, length) = texts::found(e);
    let byte = |at: &Val| Cell::new(&begins.get().add(at), 0, Form::U8).get();
    let from = b.var(0);
    b.each(length.get(), |b, at| b.when(byte(&at).eq(i32::from(b'-')), |b| b.set(from, at.add(1))));
    let suffix = b.keep(length.get().sub(from.get()));
    b.when(suffix.le(longest), |b| {
        b.each(&suffix, |b, at| {
            let letter = b.keep(byte(&at.add(from.get())));
            let capital = letter.sub(i32::from(b'A')).lt_u(26);
            b.store(&Cell::new(&suffix_at(e).add(at), 0, Form::U8), letter.add(capital.shl(5)));
        });
    });
    suffix
}

/// Costs and history, variables, watches, the first stage, and what follows.
fn begin_case(e: &Emit<'_>) -> Func {
    e.func("begin_case", &[I32], None, true, |e, b| {
        run::each(b, &e.case.claims, |b, at, _| {
            b.call(ledger::start_interest(e), &[at.clone()]);
        });
        b.call(take_costs(e), &[b.arg(0)]);
        b.call(history::bring(e), &[]);
        b.call(start_vars(e), &[]);
        for watch in who::watches(e) {
            b.call(timers::open_slots(e, watch), &[]);
        }
        let stage = said(e, field::STAGE);
        let first = b.choose(stage.is(), |_| stage.value.get().narrow(), |b| b.call(start(e), &[]));
        b.call(stages::entered_once(e), &[first.clone()]);
        let rules: Vec<u8> = e.m.stages.iter().flat_map(|s| s.rule.0.to_le_bytes()).collect();
        let rule = b.keep(Cell::new(&e.constant(&rules).add(first.mul(2)), 0, Form::U16).get());
        let entered = said(e, field::ENTERED);
        b.either(
            entered.is(),
            |b| {
                let begun = b.call(run::begin(e), &[entered.value.get().narrow()]);
                let from = begun.min(e.case.now.get());
                b.call(stages::come_in(e), &[first.clone(), from, rule.clone()]);
            },
            |b| {
                b.call(stages::enter_stage(e), &[first.clone(), rule.clone(), NONE.into()]);
            },
        );
        b.call(step::follow(e), &[]);
    })
}

/// Costs that stand already.
fn take_costs(e: &Emit<'_>) -> Func {
    e.func("take_costs", &[I32], None, true, |e, b| {
        let (kind, open) = (b.var(0i64), b.var(0));
        each_said(e, b, &b.arg(0), |b, item| {
            b.when(item.field.eq(field::COST), |b| {
                missing(e, b, open.get(), field::COST_AMOUNT);
                let value = b.call(texts::learn(e), &[item.text.clone(), item.length.clone()]);
                b.set(kind, value);
                b.set(open, 1);
            });
            b.when(item.field.eq(field::COST_AMOUNT), |b| {
                b.call(costs::book_cost(e), &[kind.get(), item.value.clone()]);
                b.set(open, 0);
            });
        });
        missing(e, b, open.get(), field::COST_AMOUNT);
    })
}

/// Gives every variable its first value, in order.
pub(super) fn start_vars(e: &Emit<'_>) -> Func {
    e.func("start_vars", &[], None, true, |e, b| {
        for (at, var) in (0i32..).zip(&e.m.vars) {
            let value = b.call(expressions::value_of(e, var.start, Mode::Quiet), &[]);
            b.store(&Cell::new(&e.case.vars.at(&at.into()), 0, Form::I64), value);
        }
        b.store(&e.case.vars.count(), many(e.m.vars.len()));
    })
}

/// Where the case opens: the first `start` whose condition holds, else the first stage.
fn start(e: &Emit<'_>) -> Func {
    e.func("start", &[], Some(I32), true, |e, b| {
        for start in &e.m.starts {
            let holds = expressions::holds(e, b, start.when, Mode::Quiet);
            b.when(holds, |b| b.give(i32::from(start.stage.0)));
        }
        b.give(0);
    })
}
