//! Debtors who come to a case after it was opened: one more, or an heir in the place of another.

use super::changes::Part;
use super::check::{named, not_there, place_of, said, wrong};
use super::code::{Body, Cell, Form, Func, Val, Width};
use super::deliver::event;
use super::faults::{Bound, Expected, Thing};
use super::layout::NO_DAY;
use super::module::{Emit, signed};
use super::run::{self, NONE};
use super::state;
use super::{check, ledger, open, stages, texts};
use Width::I32;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::Does;

/// The parameter that names the new person.
fn who_comes(happening: Happening) -> &'static str {
    if happening == Happening::DebtorAdded { "debtor" } else { "by" }
}

/// Reads who it is. A language and a region are learned: something may read them of the new person.
pub(super) fn check(e: &Emit<'_>, b: &mut Body, happening: Happening) {
    let added = happening == Happening::DebtorAdded;
    let name = who_comes(happening);
    let (text, length) = said(e, happening, name);
    let found = b.call(check::person_named(e), &[text.clone(), length.clone()]);
    b.when(found.ne(NONE), |b| wrong(e, b, signed(place_of(happening, name)), Expected::New));
    if added {
        let count = b.keep(e.case.persons.count().get());
        let most = e.case.persons.most();
        b.when(count.lt_u(signed(most)).not(), |b| run::too_many(b, Bound::Debtors, most));
        event::person(e).set(b, count);
    }
    for param in ["language", "region"] {
        let (text, length) = said(e, happening, param);
        let text = b.keep(text);
        b.when(&text, |b| {
            let learned = b.call(texts::learn(e), &[text.clone(), length]);
            b.store(&event::value(e, place_of(happening, param)), learned);
        });
    }
    named::what(e).set(b, i64::from(NONE));
    let (text, length) = said(e, happening, "time_zone");
    let text = b.keep(text);
    b.when(&text, |b| {
        let zone = b.call(open::zone_named(e), &[text.clone(), length]);
        b.when(zone.eq(NONE), |b| not_there(e, b, Thing::Zone));
        named::what(e).set(b, zone.wide());
    });
}

/// The new person stands at the end, or where the one was whose place is taken, as the argument says. Interest may read who
/// owes: what has accrued until then is fixed.
pub(super) fn take(e: &Emit<'_>) -> Func {
    e.func("take_newcomer", &[I32], None, true, |e, b| {
        let replaces = b.arg(0);
        let (persons, at) = (&e.case.persons, b.keep(event::person(e).get()));
        b.either(
            &replaces,
            |b| {
                run::each(b, &e.case.claims, |b, claim, _| {
                    b.call(ledger::fix(e), &[claim.clone(), run::today(e).get()]);
                });
                b.call(end_contact(e), &[at.clone()]);
                stages::retain(b, &e.case.messages, |_, record| state::Message::at(record).person.get().ne(&at));
            },
            |b| b.store(&persons.count(), at.add(1)),
        );
        let record = b.keep(persons.at(&at));
        for (happening, is) in [(Happening::DebtorAdded, replaces.not()), (Happening::DebtorReplaced, replaces.clone())]
        {
            let (text, length) = said(e, happening, who_comes(happening));
            b.when(is, |b| {
                b.call(open::new_person(e), &[record.clone(), text, length]);
            });
        }
        describe(e, b, &e.case.person(&record), &replaces);
        let before = b.keep(run::person(e).get());
        let calendar = b.call(open::calendar_for(e), &[at]);
        run::person(e).set(b, before);
        b.store(&e.case.person(&record).calendar, calendar);
    })
}

/// What the event says of the new person: in `debtor_replaced` it stands one parameter later.
fn describe(e: &Emit<'_>, b: &mut Body, person: &state::Person, replaces: &Val) {
    let values = b.keep(event::value(e, 0).position().add(replaces.mul(8)));
    let known = b.keep(event::known(e).get().shr_u(replaces));
    let said = |name| {
        let at = place_of(Happening::DebtorAdded, name);
        (known.shr_u(signed(at)).and(1), Cell::new(&values, 8 * at, Form::I64).get())
    };
    let (known, value) = said("kind");
    b.store(&person.facts.business, known.and(value.eq(1i64)));
    for (name, cell) in [("language", &person.facts.language), ("region", &person.facts.region)] {
        let (known, value) = said(name);
        b.store(cell, value.or_else(&known, 0i64));
        b.store(&cell.beside(8, Form::U8), known);
    }
    let (known, value) = said("born");
    b.store(&person.born, value.narrow().or_else(&known, NO_DAY));
    let zone = named::what(e).get().narrow();
    b.store(&Cell::new(&person.zones.at(&0.into()), 0, Form::U8).of(Part::PERSONS), zone.max(0));
    b.store(&person.zones_given, zone.ge(0));
}

/// Drops what waits for a person, and ends the calls to that person.
pub(super) fn end_contact(e: &Emit<'_>) -> Func {
    e.func("end_contact", &[I32], None, true, |e, b| {
        let waited = b.call(stages::moves_wait(e), &[]);
        stages::retain(b, &e.case.waiting, |b, record| {
            let waiting = state::Waiting::at(record);
            let filing = is_filing(e, b, waiting.action.get());
            waiting.person.get().ne(b.arg(0)).or(filing)
        });
        b.call(stages::release_moves(e), &[waited]);
        let calls = &e.case.calls;
        let at = b.var(0);
        b.while_(
            |_| at.get().lt(calls.count().get()),
            |b| {
                let record = b.keep(calls.at(&at.get()));
                let call = state::Call::at(&record);
                b.either(
                    call.person.get().ne(b.arg(0)),
                    |b| b.set(at, at.get().add(1)),
                    |b| {
                        let effect = b.keep(call.effect.get());
                        run::remove(e, b, calls, &at.get());
                        b.when(&effect, |b| stages::cancel(e, b, &effect));
                    },
                );
            },
        );
    })
}

/// Whether an action files a form.
pub(super) fn is_filing(e: &Emit<'_>, b: &mut Body, action: Val) -> Val {
    let files = (0i32..).zip(&e.m.actions).filter(|(_, action)| matches!(action.does, Does::File { .. }));
    let action = b.keep(action);
    files.map(|(at, _)| action.eq(at)).reduce(|any, is| any.or(is)).unwrap_or(0.into())
}
