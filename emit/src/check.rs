//! An event from the host: what it says, and whether the machine and the case allow it.

use super::code::{Body, Cell, Form, Func, Val, Width, number};
use super::deliver::{MOST_PARAMS, event};
use super::faults::{Expected, Fault, Thing};
use super::input::{self, field};
use super::module::{Emit, signed};
use super::run::{self, NONE};
use super::state;
use super::{actions, approvals, costs, facts, ledger, newcomers, parse, plans, step, texts, who};
use Width::{I32, I64};
use dunlin_machine::events::{Happening, Origin};
use dunlin_machine::ir::{Designation, EventId, Machine, TextId, Type};

/// What the event under way names besides its values.
pub(super) mod named {
    use super::super::code::Width;
    use super::super::module::Emit;
    use super::super::run::At;

    /// A claim, by position; -1 is none.
    pub(crate) fn claim(e: &Emit<'_>) -> At {
        At::named(e, "named_claim", Width::I32)
    }

    /// The mark of a payment.
    pub(crate) fn payment(e: &Emit<'_>) -> At {
        At::named(e, "named_payment", Width::I64)
    }

    /// The position of a task, an approval or a fact, a stage, the reason of a hold: as the event has it.
    pub(crate) fn what(e: &Emit<'_>) -> At {
        At::named(e, "named_what", Width::I64)
    }

    /// The value of a fact.
    pub(crate) fn value(e: &Emit<'_>) -> At {
        At::named(e, "named_value", Width::I64)
    }
}

/// An event in the table of events: its first parameter, how many it has, what is to be looked at, and where some stand.
mod entry {
    pub(super) const FIRST: u32 = 0;
    pub(super) const COUNT: u32 = 2;
    pub(super) const FLAGS: u32 = 3;
    pub(super) const DEBTOR: u32 = 4;
    pub(super) const CLAIM: u32 = 5;
    pub(super) const AMOUNT: u32 = 6;
    pub(super) const ON: u32 = 7;
    pub(super) const SIZE: i32 = 8;
    /// A parameter that an event does not have.
    pub(super) const NOWHERE: u8 = 255;
    /// Only the machine raises it.
    pub(super) const MACHINE: u8 = 1;
    /// The language brings it.
    pub(super) const BUILTIN: u8 = 2;
    /// Who was released does it no more.
    pub(super) const ACTS: u8 = 4;
    /// Its day is never after today.
    pub(super) const COUNTS: u8 = 8;
}

/// A parameter in the table of parameters: which of the types it has, whether it is required or kept.
mod param {
    pub(super) const TYPE: u32 = 0;
    pub(super) const FLAGS: u32 = 1;
    pub(super) const SIZE: i32 = 2;
    pub(super) const REQUIRED: u8 = 1;
    pub(super) const KEPT: u8 = 2;
}

fn position(at: Option<usize>) -> u8 {
    at.and_then(|at| u8::try_from(at).ok()).unwrap_or(entry::NOWHERE)
}

fn flag(holds: bool, flag: u8) -> u8 {
    if holds { flag } else { 0 }
}

/// Who was released does these no more.
fn acts(happening: Happening) -> bool {
    matches!(
        happening,
        Happening::Promise
            | Happening::PlanRequested
            | Happening::PlanAccepted
            | Happening::PlanDeclined
            | Happening::Signed
            | Happening::Callback
            | Happening::Hardship
            | Happening::HardshipEnded
    )
}

/// The amounts of these change the account.
fn changes_account(happening: Happening) -> bool {
    matches!(
        happening,
        Happening::Payment
            | Happening::Enforced
            | Happening::Promise
            | Happening::ClaimReduced
            | Happening::CostsSet
            | Happening::Waived
    )
}

fn builtin_entry(m: &Machine, happening: Happening) -> [u8; 5] {
    let param = |name| position(happening.param(name));
    let machine = happening.builtin().origin == Origin::Machine;
    let flags = entry::BUILTIN
        | flag(machine, entry::MACHINE)
        | flag(acts(happening), entry::ACTS)
        | flag(changes_account(happening), entry::COUNTS);
    let debtor = if happening == Happening::DebtorAdded { entry::NOWHERE } else { param("debtor") };
    let claim = match happening {
        Happening::ClaimAdded => entry::NOWHERE,
        Happening::Payment if m.ledger.designation != Designation::Unheard => param("for"),
        _ => param("claim"),
    };
    let amount = match happening {
        Happening::ClaimAdded => param("principal"),
        _ if changes_account(happening) => param("amount"),
        _ => entry::NOWHERE,
    };
    [flags, debtor, claim, amount, param("on")]
}

/// The events of the machine.
fn events(e: &Emit<'_>) -> Val {
    let (mut first, mut bytes) = (0, Vec::new());
    for (at, ty) in e.m.events.iter().enumerate() {
        let happening = Happening::of(EventId(who::small(at)));
        let declared = [0, entry::NOWHERE, entry::NOWHERE, entry::NOWHERE, position(ty.day(&e.m.texts))];
        let [flags, places @ ..] = happening.map_or(declared, |h| builtin_entry(e.m, h));
        bytes.extend(who::small(first).to_le_bytes());
        bytes.extend([position(Some(ty.params.len())), flags]);
        bytes.extend(places);
        first += ty.params.len();
    }
    e.constant(&bytes)
}

/// The parameters of all events, in order; and the types that they have, as [`facts::in_type`] takes them.
fn params(e: &Emit<'_>) -> (Val, Val) {
    let (mut bytes, mut types) = (Vec::new(), Vec::new());
    for (at, ty) in e.m.events.iter().enumerate() {
        for (place, given) in ty.params.iter().enumerate() {
            let kept = e.m.kept.iter().any(|k| k.event.index() == at && usize::from(k.param) == place);
            let code = facts::code_of(e.m, given.ty);
            let which = types.iter().position(|known| *known == code).unwrap_or_else(|| {
                types.push(code);
                types.len() - 1
            });
            bytes.extend([position(Some(which)), flag(given.required, param::REQUIRED) | flag(kept, param::KEPT)]);
        }
    }
    let types: Vec<u8> = types.into_iter().flat_map(i64::to_le_bytes).collect();
    (e.constant(&bytes), e.constant(&types))
}

/// Fails because something is not what it must be.
pub(super) fn wrong(e: &Emit<'_>, b: &mut Body, at: impl Into<Val>, expected: Expected) {
    let about = at.into().wide().or(i64::from(expected as i32) << 16);
    run::fail(e, b, Fault::Wrong, about);
}

/// Fails because something that is named is not there.
pub(super) fn not_there(e: &Emit<'_>, b: &mut Body, thing: Thing) {
    run::fail(e, b, Fault::NotThere, i64::from(thing as i32));
}

/// The texts that the event brings, by parameter: where each begins, 0 where there is none, and how long it is.
fn given_texts(e: &Emit<'_>) -> Val {
    e.room("event_texts", 8 * MOST_PARAMS)
}

/// The text that the event brings for a parameter.
fn text_at(e: &Emit<'_>, at: &Val) -> (Val, Val) {
    let place = given_texts(e).add(at.mul(8));
    (Cell::new(&place, 0, Form::I32).get(), Cell::new(&place, 4, Form::I32).get())
}

/// The text that a built-in event brings for a parameter, by its name; one that it does not have is not there.
pub(super) fn said(e: &Emit<'_>, happening: Happening, name: &str) -> (Val, Val) {
    match happening.param(name) {
        Some(at) => text_at(e, &signed(number(at)).into()),
        None => (0.into(), 0.into()),
    }
}

/// Where a parameter of a built-in event stands.
pub(super) fn place_of(happening: Happening, name: &str) -> u32 {
    happening.param(name).map_or(0, number)
}

/// Checks an event against the machine and the case, and reads its values: its number, the length of what says it. Changes
/// nothing but texts that the case learns.
pub(super) fn check(e: &Emit<'_>) -> Func {
    e.func("check_event", &[I32, I32], None, true, |e, b| {
        let there = b.arg(0).lt_u(signed(number(e.m.events.len())));
        b.when(there.not(), |b| b.fail(Fault::NoSuchEvent.number()));
        let record = b.keep(events(e).add(b.arg(0).mul(entry::SIZE)));
        let flags = b.keep(Cell::new(&record, entry::FLAGS, Form::U8).get());
        let is = |flag: u8| flags.and(i32::from(flag));
        b.when(is(entry::MACHINE), |b| b.fail(Fault::OnlyTheMachine.number()));
        event::number(e).set(b, b.arg(0));
        for at in [event::person(e), event::known(e)] {
            at.set(b, 0);
        }
        named::claim(e).set(b, NONE);
        b.clear(given_texts(e), 8 * MOST_PARAMS);
        b.call(read_args(e), &[record.clone(), b.arg(1)]);
        b.call(day_that_counts(e), &[record.clone()]);
        b.when(is(entry::BUILTIN).not(), Body::end);
        b.call(find_named(e), &[record.clone()]);
        check_names(e, b);
        b.call(check_amount(e), &[record]);
    })
}

/// Reads the parameters of an event, and sees that none is missing: its record, the length of what says it.
fn read_args(e: &Emit<'_>) -> Func {
    e.func("read_args", &[I32, I32], None, true, |e, b| {
        let count = b.keep(Cell::new(&b.arg(0), entry::COUNT, Form::U8).get());
        let first = b.keep(params(e).0.add(Cell::new(&b.arg(0), entry::FIRST, Form::U16).get().mul(param::SIZE)));
        let bit = |at: &Val| Val::from(1).shl(at);
        input::each_item(e, b, &b.arg(1), |b, item| {
            b.when(item.field.eq(field::PARAM), |b| {
                let at = b.keep(&item.at);
                b.when(at.lt_u(&count).not(), |b| wrong(e, b, at.clone(), Expected::Parameter));
                let value = b.call(read_param(e), &[first.add(at.mul(param::SIZE)), item.text.sub(8), at.clone()]);
                b.store(&Cell::new(&event::value(e, 0).position().add(at.mul(8)), 0, Form::I64), value);
                event::known(e).set(b, event::known(e).get().or(bit(&at)));
            });
        });
        b.each(count, |b, at| {
            let flags = Cell::new(&first.add(at.mul(param::SIZE)), param::FLAGS, Form::U8).get();
            let missing = flags.and(i32::from(param::REQUIRED)).ne(0).and(event::known(e).get().and(bit(&at)).eq(0));
            b.when(missing, |b| run::fail(e, b, Fault::Missing, at.wide()));
        });
    })
}

/// Reads the value of a parameter from an item: the parameter's record, the item, the parameter's position.
fn read_param(e: &Emit<'_>) -> Func {
    e.func("read_param", &[I32, I32, I32], Some(I64), true, |e, b| {
        let of = |at| Cell::new(&b.arg(0), at, Form::U8).get();
        let (ty, flags, at) = (of(param::TYPE), of(param::FLAGS), b.arg(2));
        let ty = b.keep(Cell::new(&params(e).1.add(ty.mul(8)), 0, Form::I64).get());
        let item = input::item_at(&b.arg(1));
        let is_text = b.keep(ty.eq(facts::code::TEXT));
        b.when(is_text.ne(&item.is_text), |b| wrong(e, b, at.clone(), Expected::Type));
        b.when(is_text, |b| {
            let place = given_texts(e).add(at.mul(8));
            b.store(&Cell::new(&place, 0, Form::I32), &item.text);
            b.store(&Cell::new(&place, 4, Form::I32), &item.length);
            let args = [item.text.clone(), item.length.clone()];
            b.when(flags.and(i32::from(param::KEPT)), |b| {
                let learned = b.call(texts::learn(e), &args);
                b.give(learned);
            });
            let found = b.call(texts::find(e), &args);
            b.give(found);
        });
        let value = b.keep(&item.value);
        let fits = b.call(facts::in_type(e), &[ty, value.clone()]);
        b.when(fits.not(), |b| wrong(e, b, at.clone(), Expected::Type));
        b.give(value);
    })
}

/// The position of the person of a name; -1 where there is none.
pub(super) fn person_named(e: &Emit<'_>) -> Func {
    e.func("person_named", &[I32, I32], Some(I32), false, |e, b| {
        let (text, length) = (b.arg(0), b.arg(1));
        let is = |b: &mut Body, r: &Val| b.call(step::is_name(e), &[r.clone(), text.clone(), length.clone()]);
        let found = run::find(b, &e.case.persons, is);
        b.give(found);
    })
}

/// The position of the claim of a name; -1 where there is none.
pub(super) fn claim_named(e: &Emit<'_>) -> Func {
    e.func("claim_named", &[I32, I32], Some(I32), false, |e, b| {
        let (text, length) = (b.arg(0), b.arg(1));
        let is = |b: &mut Body, r: &Val| b.call(step::is_name(e), &[r.clone(), text.clone(), length.clone()]);
        let found = run::find(b, &e.case.claims, is);
        b.give(found);
    })
}

/// Finds the person and the claim that an event names: its record.
fn find_named(e: &Emit<'_>) -> Func {
    e.func("find_named", &[I32], None, true, |e, b| {
        let flags = b.keep(Cell::new(&b.arg(0), entry::FLAGS, Form::U8).get());
        for (at, find, thing, named) in [
            (entry::DEBTOR, person_named(e), Thing::Debtor, event::person(e)),
            (entry::CLAIM, claim_named(e), Thing::Claim, named::claim(e)),
        ] {
            let at = b.keep(Cell::new(&b.arg(0), at, Form::U8).get());
            b.when(at.ne(i32::from(entry::NOWHERE)), |b| {
                let (text, length) = text_at(e, &at);
                let text = b.keep(text);
                b.when(&text, |b| {
                    let found = b.call(find, &[text.clone(), length]);
                    b.when(found.eq(NONE), |b| not_there(e, b, thing));
                    named.set(b, found);
                });
            });
        }
        let record = b.keep(e.case.persons.at(&event::person(e).get()));
        let released = e.case.person(&record).channels.released.get();
        let gone = flags.and(i32::from(entry::ACTS)).ne(0).and(released);
        b.when(gone, |b| not_there(e, b, Thing::Pursued));
    })
}

/// Finds what else a built-in event speaks of in the case.
fn check_names(e: &Emit<'_>, b: &mut Body) {
    let under_way = event::number(e).get();
    let is = |happening: Happening| under_way.eq(i32::from(happening.id().0));
    for happening in [Happening::Void, Happening::PaymentReturned] {
        b.when(is(happening), |b| payment_named(e, b, happening));
    }
    b.when(is(Happening::TaskDone).or(is(Happening::Postponed)), |b| task_named(e, b));
    b.when(is(Happening::Released), |b| hold_named(e, b));
    b.when(is(Happening::Hold), |b| {
        let (text, length) = said(e, Happening::Hold, "reason");
        let reason = b.call(texts::learn(e), &[text, length]);
        named::what(e).set(b, reason);
    });
    b.when(is(Happening::Fact), |b| fact_named(e, b));
    b.when(is(Happening::Operator), |b| stage_named(e, b));
    b.when(is(Happening::ClaimAdded), |b| {
        let (text, length) = said(e, Happening::ClaimAdded, "claim");
        let found = b.call(claim_named(e), &[text, length]);
        b.when(found.ne(NONE), |b| wrong(e, b, 0, Expected::New));
    });
    for happening in [Happening::DebtorAdded, Happening::DebtorReplaced] {
        b.when(is(happening), |b| newcomers::check(e, b, happening));
    }
    b.when(is(Happening::Waived), |b| {
        let (text, length) = said(e, Happening::Waived, "what");
        let words = texts::names(e, ["costs", "interest"].into_iter());
        let found = b.call(texts::position_in(e), &[words, text, length]);
        named::what(e).set(b, found.wide());
    });
    b.when(is(Happening::Approved).or(is(Happening::Declined)), |b| approval_named(e, b));
    b.when(is(Happening::PlanAccepted), |b| check_terms(e, b));
}

fn approval_named(e: &Emit<'_>, b: &mut Body) {
    let (text, length) = said(e, Happening::Approved, "name");
    let found = b.call(approvals::open_named(e), &[text, length]);
    b.when(found.eq(NONE), |b| not_there(e, b, Thing::Approval));
    named::what(e).set(b, found.wide());
}

/// The terms that the host brings for a plan: its bounds are read of whoever accepts it.
fn check_terms(e: &Emit<'_>, b: &mut Body) {
    let at = place_of(Happening::PlanAccepted, "day");
    let args = [event::value(e, 0).get(), event::is_known(e, at), event::value(e, at).get()];
    // The bounds of a plan are read of whoever accepts it.
    run::field_aside(b, run::person(e), |b| {
        run::person(e).set(b, event::person(e).get());
        b.call(plans::terms_of(e), &args);
    });
}

fn payment_named(e: &Emit<'_>, b: &mut Body, happening: Happening) {
    let (text, length) = said(e, happening, "of");
    let mark = b.call(texts::mark_of(e), &[text, length]);
    let found = b.call(costs::payment_of(e), &[mark.clone()]);
    b.when(found.eq(NONE), |b| not_there(e, b, Thing::Payment));
    named::payment(e).set(b, mark);
}

fn task_named(e: &Emit<'_>, b: &mut Body) {
    let (text, length) = said(e, Happening::TaskDone, "name");
    let name = b.call(texts::find(e), &[text, length]);
    let found = run::find(b, &e.case.tasks, |b, record| {
        let action = b.keep(state::Task::at(record).action.get());
        actions::task_name(e, b, action).wide().eq(&name)
    });
    b.when(found.eq(NONE), |b| not_there(e, b, Thing::Task));
    named::what(e).set(b, found.wide());
}

fn hold_named(e: &Emit<'_>, b: &mut Body) {
    let (text, length) = said(e, Happening::Released, "reason");
    let found = run::find(b, &e.case.holds, |b, record| {
        b.call(texts::bytes_of(e), &[state::Hold::at(record).reason.get()]);
        let (begins, its_length) = texts::found(e);
        let args = [begins.get(), its_length.get(), text.clone(), length.clone()];
        b.call(texts::compare(e), &args).eq(0)
    });
    b.when(found.eq(NONE), |b| not_there(e, b, Thing::Hold));
    named::what(e).set(b, state::Hold::at(&e.case.holds.at(&found)).reason.get());
}

/// The stage of a name; of a procedure, its first.
fn stage_named(e: &Emit<'_>, b: &mut Body) {
    let (text, length) = said(e, Happening::Operator, "stage");
    let stages = e.m.stages.iter().enumerate().map(|(at, stage)| (stage.name, who::small(at)));
    let procedures = e.m.scopes.iter().filter_map(|s| s.first.map(|first| (s.name, first.0)));
    let (names, stages): (Vec<TextId>, Vec<u16>) = stages.chain(procedures).unzip();
    let found = place_in(e, b, &names, text, length);
    b.when(found.eq(NONE), |b| not_there(e, b, Thing::Stage));
    let stages = e.constant(&stages.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    named::what(e).set(b, Cell::new(&stages.add(found.mul(2)), 0, Form::U16).get().wide());
}

/// Finds the fact that is named, and its value.
fn fact_named(e: &Emit<'_>, b: &mut Body) {
    let (text, length) = said(e, Happening::Fact, "name");
    let names: Vec<TextId> = e.m.facts.iter().map(|fact| fact.name).collect();
    let at = place_in(e, b, &names, text, length);
    b.when(at.eq(NONE), |b| not_there(e, b, Thing::Fact));
    let (text, length) = said(e, Happening::Fact, "value");
    let value = b.call(fact_value(e), &[at.clone(), text, length]);
    named::what(e).set(b, at.wide());
    named::value(e).set(b, value);
}

/// The value that a text says for a fact: the fact, the text, its length.
fn fact_value(e: &Emit<'_>) -> Func {
    e.func("fact_value", &[I32, I32, I32], Some(I64), true, |e, b| {
        let at = b.arg(0);
        let mut types: Vec<Type> = Vec::new();
        for fact in &e.m.facts {
            if !types.contains(&fact.ty) {
                types.push(fact.ty);
            }
        }
        for ty in types {
            let those = (0i32..).zip(&e.m.facts).filter(|(_, fact)| fact.ty == ty).map(|(n, _)| at.eq(n));
            let is = those.reduce(|any, is| any.or(is)).unwrap_or(0.into());
            b.when(is, |b| {
                let value = b.call(parse::value(e, ty), &[b.arg(1), b.arg(2)]);
                if ty != Type::Text {
                    b.when(parse::is_right(e).not(), |b| facts::wrong(e, b, &at, Expected::Type));
                    b.call(facts::check(e), &[at.clone(), value.clone()]);
                }
                b.give(value);
            });
        }
    })
}

/// The position of some bytes among texts of the machine; -1 where they are not there.
fn place_in(e: &Emit<'_>, b: &mut Body, among: &[TextId], text: Val, length: Val) -> Val {
    let text = b.call(texts::find(e), &[text, length]);
    let bytes: Vec<u8> = among.iter().flat_map(|text| text.0.to_le_bytes()).collect();
    b.call(place_among(e), &[e.constant(&bytes), signed(number(among.len())).into(), text])
}

/// The position of a number in a list of numbers; -1 where it is not there: the list, how many it has, the number.
fn place_among(e: &Emit<'_>) -> Func {
    e.func("place_among", &[I32, I32, I64], Some(I32), false, |_, b| {
        b.each(b.arg(1), |b, at| {
            let listed = Cell::new(&b.arg(0).add(at.mul(4)), 0, Form::I32).get().wide();
            b.when(listed.eq(b.arg(2)), |b| b.give(&at));
        });
        b.give(NONE);
    })
}

/// `on` is today where it is left out; what changes the account is never of a later day.
fn day_that_counts(e: &Emit<'_>) -> Func {
    e.func("day_that_counts", &[I32], None, false, |e, b| {
        let [flags, on] = [entry::FLAGS, entry::ON].map(|at| b.keep(Cell::new(&b.arg(0), at, Form::U8).get()));
        b.when(on.eq(i32::from(entry::NOWHERE)), Body::end);
        let value = Cell::new(&event::value(e, 0).position().add(on.mul(8)), 0, Form::I64);
        let today = b.keep(run::today(e).get().wide());
        let known = event::known(e).get().shr_u(&on).and(1);
        let given = b.keep(value.get().or_else(&known, &today));
        let counts = flags.and(i32::from(entry::COUNTS));
        b.store(&value, given.min(today).or_else(&counts, &given));
        event::known(e).set(b, event::known(e).get().or(Val::from(1).shl(on)));
    })
}

/// Amounts of events are more than nothing; `on` is today where it is left out, and never later: the event's record.
fn check_amount(e: &Emit<'_>) -> Func {
    e.func("check_amount", &[I32], None, true, |e, b| {
        let amount = b.keep(Cell::new(&b.arg(0), entry::AMOUNT, Form::U8).get());
        let known = |at: &Val| event::known(e).get().shr_u(at).and(1);
        let value = |at: &Val| Cell::new(&event::value(e, 0).position().add(at.mul(8)), 0, Form::I64);
        let tell = |b: &mut Body, at: &Val, said: Val| {
            b.store(&value(at), said);
            event::known(e).set(b, event::known(e).get().or(Val::from(1).shl(at)));
        };
        let under_way = event::number(e).get();
        let is = |happening: Happening| under_way.eq(i32::from(happening.id().0));
        // An objection that names no amount is against the whole claim (§ 694 ZPO, Art. 74 SchKG).
        let first = Val::from(0);
        b.when(is(Happening::Objection).or(is(Happening::Opposition)).and(known(&first).not()), |b| {
            let statement = ledger::statement(e, b);
            tell(b, &first, statement.principal);
        });
        b.when(amount.eq(i32::from(entry::NOWHERE)), Body::end);
        b.when(is(Happening::Promise).and(known(&amount).not()), |b| {
            let statement = ledger::statement(e, b);
            tell(b, &amount, statement.balance);
        });
        // Costs and interest are waived as a whole where no amount is named.
        let whole = is(Happening::Waived).and(named::what(e).get().ge(0i64));
        let nothing = b.keep(value(&amount).get().le(0i64));
        let wrongly = nothing.or_else(&known(&amount), whole.not());
        b.when(wrongly, |b| wrong(e, b, amount.clone(), Expected::MoreThanNothing));
    })
}
