//! One step in progress: what is at work, what it read, and what it tells.

use super::code::{Body, Cell, FAULT, FAULT_ABOUT, Form, Func, Val, Width, number};
use super::faults::{Bound, Fault};
use super::module::{Emit, fault, signed};
use super::state::List;
use super::{calendars, zones};
use Width::{I32, I64};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::EffectKind;
use dunlin_machine::value::Instant;

/// How many things of a kind one step may tell.
const MOST_TOLD: u32 = 8_192;
/// How many more the steps of one log may tell between them before it stops: each step finds room for all that it may tell.
pub(super) const MORE_TOLD: u32 = 2_048;
/// The size of an entry in the outcome.
pub(super) const ENTRY: u32 = 160;
/// Of a value that was read: the expression, flags, and the value.
pub(super) const SEEN: u32 = 16;
/// Of a named value that goes with an effect: name, type, value.
pub(super) const WITH: u32 = 16;
/// Of a claim that effects leave out: its number.
pub(super) const WITHOUT: u32 = 2;

/// Globals that say what is at work: the context of the runtime, one global a field.
macro_rules! context {
    ($($(#[$doc:meta])* $name:ident : $width:ident,)*) => {$(
        $(#[$doc])*
        pub(super) fn $name(e: &Emit<'_>) -> At {
            At(e.named_global(stringify!($name), Width::$width), Width::$width)
        }
    )*};
}

/// A global.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(u32, Width);

impl At {
    /// A global of that name.
    pub(super) fn named(e: &Emit<'_>, name: &'static str, width: Width) -> Self {
        Self(e.named_global(name, width), width)
    }

    /// Its value, read where it is used.
    pub(super) fn get(self) -> Val {
        Val::global(self.0, self.1)
    }

    /// Changes it.
    pub(super) fn set(self, b: &mut Body, value: impl Into<Val>) {
        b.set_global(self.0, value);
    }
}

context! {
    /// Whose body runs: as an owner is stored.
    owner: I32,
    /// The rule of the trigger; -1 is none.
    because_of: I32,
    /// What its condition read: from, and to.
    guard_from: I32,
    guard_to: I32,
    /// By how many days it was late.
    late: I32,
    /// The body run.
    run: I32,
    /// The person that the event names.
    person: I32,
    /// The case's count of events when the trigger last acted.
    slot_events: I32,
    /// The position of the body's first action.
    body: I32,
    /// Whether this body has set a hold.
    paused: I32,
    /// The claim that an interest rule looks at; -1 is none.
    claim: I32,
    /// The day that an interest rule looks at.
    day: I32,
    /// The day of the case's latest instant.
    today: I32,
    /// The number of the latest body run.
    runs: I32,
    /// How many actions ran.
    acts: I32,
    /// Persons for whom `unreachable` was raised in this chain, a bit each.
    unreachable: I32,
    /// Whether interest of all claims to today is known, and it.
    interest_known: I32,
    interest_today: I64,
    /// Whether a figure behind it was past its last checked day.
    provisional: I32,
    /// How many entries, values read and named values the outcome holds.
    entries: I32,
    seen: I32,
    with: I32,
    /// How many claims are left out of effects.
    without: I32,
    /// Whether the latest value that was asked for was known.
    known: I32,
    /// Up to which entry watches have seen effects.
    effects_seen: I32,
    /// How many chains there were.
    chains: I32,
    /// How many stages were entered in this chain.
    chain: I32,
    /// How many raised events wait, and how many of them are taken.
    queued: I32,
    taken: I32,
    /// The bytes of the contexts that are kept.
    contexts: I32,
}

/// No rule, no claim, no person.
pub(super) const NONE: i32 = -1;

/// Whether what an owner did belongs to the stage, and ends with it.
pub(super) fn of_stage(owner: &Val) -> Val {
    owner.and(255).lt_u(2)
}

/// The rule key of an owner's body: what a hold remembers of the rule that set it.
pub(super) fn rule_key(owner: &Val, body: &Val) -> Val {
    let word = owner.and(255);
    // A `whenever` rule is 0, a watch 1, any other body 2.
    let kept = owner.sub(2);
    let own = body.shl(8).or(2);
    kept.or_else(&word.eq(2).or(word.eq(3)), own)
}

/// Begins a chain: nothing is at work.
pub(super) fn begin_context(e: &Emit<'_>) -> Func {
    e.func("begin_context", &[], None, false, |e, b| {
        for (at, first) in [(owner(e), 0), (because_of(e), NONE), (guard_from(e), 0), (guard_to(e), 0), (late(e), 0)] {
            at.set(b, first);
        }
        for (at, first) in [(run(e), 0), (person(e), 0), (slot_events(e), 0), (body(e), 0), (paused(e), 0)] {
            at.set(b, first);
        }
        claim(e).set(b, NONE);
        day(e).set(b, super::layout::NO_DAY);
    })
}

/// Of which instant [`today`] is the day; 0 where it is of none.
pub(super) fn today_of(e: &Emit<'_>) -> At {
    At::named(e, "today_of", I64)
}

/// What every input and every timer begins with.
pub(super) fn begin_chain(e: &Emit<'_>) -> Func {
    e.func("begin_chain", &[], None, false, |e, b| {
        // Most chains of a step begin at the same instant. No instant is 0 here, which is what nothing is known of.
        let (now, known) = (e.case.now.get(), today_of(e));
        let since_first = b.keep(now.sub(Instant::FIRST.seconds() - 1));
        b.when(known.get().ne(&since_first), |b| {
            let day = b.call(zones::local_day(e), &[0.into(), now]);
            today(e).set(b, day);
            known.set(b, since_first);
        });
        for at in [queued(e), taken(e), chain(e), contexts(e), unreachable(e), interest_known(e), provisional(e)] {
            at.set(b, 0);
        }
        effects_seen(e).set(b, entries(e).get());
        chains(e).set(b, chains(e).get().add(1));
        b.call(begin_context(e), &[]);
    })
}

/// Keeps the context while something else is at work, and puts it back.
pub(super) fn aside(e: &Emit<'_>, b: &mut Body, inside: impl FnOnce(&mut Body)) {
    let kept = b.call(keep_context(e), &[]);
    inside(b);
    b.call(restore_context(e), &[kept]);
}

/// The same of one field.
pub(super) fn field_aside(b: &mut Body, field: At, inside: impl FnOnce(&mut Body)) {
    let kept = b.keep(field.get());
    inside(b);
    field.set(b, kept);
}

/// How many contexts may be kept at a time: a chain enters a stage once, and of each stage few bodies wait for others.
const MOST_KEPT: u32 = 4_096;

/// Where kept contexts lie, one after the other.
fn contexts_at(e: &Emit<'_>) -> Val {
    e.region("contexts_at", 4 * number(all(e).len()) * MOST_KEPT)
}

/// Keeps the context; gives what [`restore_context`] finds it by.
pub(super) fn keep_context(e: &Emit<'_>) -> Func {
    e.func("keep_context", &[], Some(I32), true, |e, b| {
        let size = 4 * number(all(e).len());
        let kept = b.keep(contexts(e).get());
        b.when(kept.lt_u(signed(size * MOST_KEPT)).not(), |b| too_many(b, Bound::Things, MOST_KEPT));
        contexts(e).set(b, kept.add(signed(size)));
        let place = b.keep(contexts_at(e).add(&kept));
        for (n, field) in (0u32..).zip(all(e)) {
            b.store(&Cell::new(&place, 4 * n, Form::I32), field.get());
        }
        b.give(kept);
    })
}

/// Puts a kept context back; those that were kept after it are forgotten.
pub(super) fn restore_context(e: &Emit<'_>) -> Func {
    e.func("restore_context", &[I32], None, false, |e, b| {
        contexts(e).set(b, b.arg(0));
        let place = b.keep(contexts_at(e).add(b.arg(0)));
        for (n, field) in (0u32..).zip(all(e)) {
            field.set(b, Cell::new(&place, 4 * n, Form::I32).get());
        }
    })
}

/// Everything that a body changes of the context.
fn all(e: &Emit<'_>) -> [At; 10] {
    [
        owner(e),
        because_of(e),
        guard_from(e),
        guard_to(e),
        late(e),
        run(e),
        person(e),
        slot_events(e),
        body(e),
        paused(e),
    ]
}

/// A new body run: its number.
pub(super) fn next_run(e: &Emit<'_>, b: &mut Body) -> Val {
    runs(e).set(b, runs(e).get().add(1));
    b.keep(runs(e).get())
}

/// When timers of days fall due on a day.
pub(super) fn begin(e: &Emit<'_>) -> Func {
    e.func("begin", &[I32], Some(I64), true, |e, b| {
        let second = signed(e.m.day_begins);
        let at = b.call(zones::instant_at(e), &[0.into(), b.arg(0), second.into()]);
        b.give(at);
    })
}

/// The first instant of a day.
pub(super) fn midnight(e: &Emit<'_>) -> Func {
    e.func("midnight", &[I32], Some(I64), true, |e, b| {
        let at = b.call(zones::instant_at(e), &[0.into(), b.arg(0), 0.into()]);
        b.give(at);
    })
}

/// The day of an instant in the strategy's zone.
pub(super) fn local_day(e: &Emit<'_>, b: &mut Body, at: impl Into<Val>) -> Val {
    b.call(zones::local_day(e), &[0.into(), at.into()])
}

/// When a duration from now falls due; with `over` the end of the time limit: after its last day, or at its instant.
pub(super) fn due_in(e: &Emit<'_>) -> Func {
    e.func("due_in", &[I64, I32], Some(I64), true, |e, b| {
        let (length, over) = (b.arg(0), b.arg(1));
        b.when(calendars::unit_of(&length).eq(0), |b| {
            let seconds = calendars::amount_of(&length).wide().mul(3_600i64);
            let at = b.call(zones::add_seconds(e), &[e.case.now.get(), seconds]);
            b.give(at);
        });
        let day = b.call(calendars::add(e), &[today(e).get(), length, e.case.calendar.get()]);
        let day = b.call(super::days::add_days(e), &[day, over]);
        let at = b.call(begin(e), &[day]);
        b.give(at);
    })
}

/// Whether a limit ends at an instant: one that ends where a day begins ends with the day before.
pub(super) fn ends_by_hours(e: &Emit<'_>) -> Func {
    e.func("ends_by_hours", &[I64], Some(I32), true, |e, b| {
        let day = local_day(e, b, b.arg(0));
        let begins = b.call(begin(e), &[day]);
        b.give(begins.ne(b.arg(0)));
    })
}

/// How a limit is told: its last day, or the instant at which it ends; neither where there is none.
pub(super) fn told_limit(e: &Emit<'_>, b: &mut Body, due: &Val) -> [Val; 2] {
    let limited = due.ne(super::layout::NO_INSTANT);
    let hours = b.choose(limited, |b| b.call(ends_by_hours(e), &[due.clone()]), |_| 1.into());
    let last = b.choose(
        hours.clone(),
        |_| super::layout::NO_DAY.into(),
        |b| {
            let day = local_day(e, b, due.clone());
            b.call(super::days::add_days(e), &[day, (-1).into()])
        },
    );
    [last, due.or_else(&hours, super::layout::NO_INSTANT)]
}

/// The value of an instant that may be missing, or another.
pub(super) fn or_instant(at: &Val, other: impl Into<Val>) -> Val {
    at.or_else(&at.ne(super::layout::NO_INSTANT), other)
}

// Lists of the case.

/// The position of a new record at the end of a list that only modules bound; fails where it is full.
pub(super) fn push(e: &Emit<'_>, b: &mut Body, list: &List) -> Val {
    push_one_of(e, b, list, Bound::Things)
}

/// The same, of a list that every case bounds.
pub(super) fn push_one_of(e: &Emit<'_>, b: &mut Body, list: &List, of: Bound) -> Val {
    b.changes(list.part());
    let bound = i64::from(list.most()) << 16 | i64::from(of.number());
    b.call(push_record(e), &[list.count().position(), list.at(&0.into()), signed(list.size()).into(), bound.into()])
}

/// Makes room at the end of a list: where its count stands, where it begins, the size of a record, and its bound as a fault
/// says it.
fn push_record(e: &Emit<'_>) -> Func {
    e.func("push_record", &[I32, I32, I32, I64], Some(I32), true, |e, b| {
        let count = Cell::new(&b.arg(0), 0, Form::U16);
        let there = b.keep(count.get());
        let most = b.arg(3).shr_u(16i64).narrow();
        b.when(there.lt_u(most).not(), |b| fail(e, b, Fault::Bound, b.arg(3)));
        b.store(&count, there.add(1));
        b.give(b.arg(1).add(there.mul(b.arg(2))));
    })
}

/// Takes a record out of a list; those after it move up.
pub(super) fn remove(e: &Emit<'_>, b: &mut Body, list: &List, at: &Val) {
    b.changes(list.part());
    let record = [list.count().position(), list.at(&0.into()), signed(list.size()).into(), at.clone()];
    b.call(remove_record(e), &record);
}

/// Takes a record out: where the count of the list stands, where it begins, the size of a record, and which.
fn remove_record(e: &Emit<'_>) -> Func {
    e.func("remove_record", &[I32, I32, I32, I32], None, false, |_, b| {
        let (size, at) = (b.arg(2), b.arg(3));
        let count = Cell::new(&b.arg(0), 0, Form::U16);
        let left = b.keep(count.get().sub(1));
        let place = b.keep(b.arg(1).add(at.mul(&size)));
        b.copy(&place, place.add(&size), left.sub(&at).mul(&size));
        b.store(&count, left);
    })
}

/// The number of the first record that fits; -1 where none does.
pub(super) fn find(b: &mut Body, list: &List, fits: impl FnOnce(&mut Body, &Val) -> Val) -> Val {
    let found = b.var(NONE);
    b.block(|b, done| {
        b.each(list.count().get(), |b, at| {
            let record = b.keep(list.at(&at));
            let fits = fits(b, &record);
            b.when(fits, |b| {
                b.set(found, &at);
                b.leave(done);
            });
        });
    });
    found.get()
}

/// Whether any record fits.
pub(super) fn any(b: &mut Body, list: &List, fits: impl FnOnce(&mut Body, &Val) -> Val) -> Val {
    find(b, list, fits).ne(NONE)
}

/// Each record, with its number, in order.
pub(super) fn each(b: &mut Body, list: &List, inside: impl FnOnce(&mut Body, &Val, &Val)) {
    b.each(list.count().get(), |b, at| {
        let record = b.keep(list.at(&at));
        inside(b, &at, &record);
    });
}

// What is told.

/// The values that were read.
pub(super) fn seen_at(e: &Emit<'_>) -> Val {
    e.region("seen_at", SEEN * (MOST_TOLD + MORE_TOLD))
}

/// Notes a value that was read: expression, value, flags (1 known, 2 provisional).
pub(super) fn note(e: &Emit<'_>) -> Func {
    e.func("note", &[I32, I64, I32], None, true, |e, b| {
        let count = seen(e);
        b.when(count.get().lt(signed(MOST_TOLD)).not(), |b| too_many(b, Bound::Told, MOST_TOLD));
        let at = b.keep(seen_at(e).add(count.get().mul(signed(SEEN))));
        b.store(&Cell::new(&at, 0, Form::I64), b.arg(1));
        b.store(&Cell::new(&at, 8, Form::I32), b.arg(0));
        b.store(&Cell::new(&at, 12, Form::I32), b.arg(2));
        count.set(b, count.get().add(1));
    })
}

/// Named values that go out with effects.
pub(super) fn with_at(e: &Emit<'_>) -> Val {
    e.region("with_at", WITH * (MOST_TOLD + MORE_TOLD))
}

/// Adds a named value: text, type, value.
pub(super) fn name_value(e: &Emit<'_>) -> Func {
    e.func("name_value", &[I32, I32, I64], None, true, |e, b| {
        let count = with(e);
        b.when(count.get().lt(signed(MOST_TOLD)).not(), |b| too_many(b, Bound::Told, MOST_TOLD));
        let at = b.keep(with_at(e).add(count.get().mul(signed(WITH))));
        b.store(&Cell::new(&at, 0, Form::I64), b.arg(2));
        b.store(&Cell::new(&at, 8, Form::I32), b.arg(0));
        b.store(&Cell::new(&at, 12, Form::I32), b.arg(1));
        count.set(b, count.get().add(1));
    })
}

/// Adds a claim, by its number, to those that effects leave out.
pub(super) fn leave_out(e: &Emit<'_>) -> Func {
    e.func("leave_out", &[I32], None, true, |e, b| {
        let count = without(e);
        b.when(count.get().lt(signed(MOST_TOLD)).not(), |b| too_many(b, Bound::Told, MOST_TOLD));
        let at = without_at(e).add(count.get().mul(2));
        b.store(&Cell::new(&at, 0, Form::U16), b.arg(0));
        count.set(b, count.get().add(1));
    })
}

/// The claims that effects leave out.
pub(super) fn without_at(e: &Emit<'_>) -> Val {
    e.region("without_at", WITHOUT * (MOST_TOLD + MORE_TOLD))
}

/// The entries of the outcome.
pub(super) fn entries_at(e: &Emit<'_>) -> Val {
    e.region("entries_at", ENTRY * (MOST_TOLD + MORE_TOLD))
}

/// An entry: kind, stage, rules, what was read, lateness; then what its kind says, ten numbers of 8 bytes.
pub(super) mod entry {
    /// What was done: below 64 an effect by its kind, else as listed.
    pub(crate) const KIND: u32 = 0;
    pub(crate) const STAGE: u32 = 4;
    pub(crate) const RULE: u32 = 8;
    pub(crate) const BECAUSE_OF: u32 = 12;
    pub(crate) const GUARD_FROM: u32 = 16;
    pub(crate) const GUARD_TO: u32 = 20;
    pub(crate) const OWN_FROM: u32 = 24;
    pub(crate) const OWN_TO: u32 = 28;
    pub(crate) const LATE: u32 = 32;
    /// The number of an effect.
    pub(crate) const NUMBER: u32 = 36;
    /// Principal, interest, costs, balance of an effect's statement; then whether it is provisional.
    pub(crate) const STATEMENT: u32 = 40;
    pub(crate) const PROVISIONAL: u32 = 72;
    /// What the kind says.
    pub(crate) const SAYS: u32 = 80;
    /// The kinds that are no effects.
    pub(crate) const MOVE: i32 = 64;
    pub(crate) const HELD: i32 = 65;
    pub(crate) const PAUSED: i32 = 66;
    pub(crate) const RESUMED: i32 = 67;
    pub(crate) const EVENT: i32 = 68;
    pub(crate) const NOTE: i32 = 69;
}

/// Begins an entry of a kind, for a rule, that read from a value on; gives its position.
pub(super) fn enter(e: &Emit<'_>) -> Func {
    e.func("enter", &[I32, I32, I32], Some(I32), true, |e, b| {
        let count = entries(e);
        b.when(count.get().lt(signed(MOST_TOLD)).not(), |b| too_many(b, Bound::Told, MOST_TOLD));
        let at = b.keep(entries_at(e).add(count.get().mul(signed(ENTRY))));
        b.clear(&at, ENTRY);
        let stage = e.case.place().stage.get();
        let fields = [
            (entry::KIND, b.arg(0)),
            (entry::STAGE, stage),
            (entry::RULE, b.arg(1)),
            (entry::BECAUSE_OF, because_of(e).get()),
            (entry::GUARD_FROM, guard_from(e).get()),
            (entry::GUARD_TO, guard_to(e).get()),
            (entry::OWN_FROM, b.arg(2)),
            (entry::OWN_TO, seen(e).get()),
            (entry::LATE, late(e).get()),
        ];
        for (place, value) in fields {
            b.store(&Cell::new(&at, place, Form::I32), value);
        }
        count.set(b, count.get().add(1));
        b.give(at);
    })
}

/// What an entry says, by position from 0.
pub(super) fn says(entry_at: &Val, n: u32) -> Cell {
    Cell::new(entry_at, entry::SAYS + 8 * n, Form::I64)
}

/// Tells an entry that is no effect.
pub(super) fn tell(e: &Emit<'_>, b: &mut Body, kind: i32, rule: impl Into<Val>, from: &Val, what: &[Val]) {
    let telling = telling(e, "tell", None, enter, what.len());
    b.call(telling, &told(kind, rule.into(), from, what));
}

/// Tells an effect; gives its number.
pub(super) fn effect(e: &Emit<'_>, b: &mut Body, kind: i32, rule: impl Into<Val>, from: &Val, what: &[Val]) -> Val {
    let telling = telling(e, "effect", Some(I32), enter_effect, what.len());
    b.call(telling, &told(kind, rule.into(), from, what))
}

/// What is told of an entry: its kind, its rule, from where it read, and what it says, each as 8 bytes.
fn told(kind: i32, rule: Val, from: &Val, what: &[Val]) -> Vec<Val> {
    let wide = |value: &Val| if value.width() == Width::I32 { value.wide() } else { value.clone() };
    [kind.into(), rule, from.clone()].into_iter().chain(what.iter().map(wide)).collect()
}

/// Tells an entry that says so many things; where it gives something, the number of the effect.
fn telling(e: &Emit<'_>, name: &str, gives: Option<Width>, begins: fn(&Emit<'_>) -> Func, count: usize) -> Func {
    let params: Vec<Width> = [I32; 3].into_iter().chain((0..count).map(|_| I64)).collect();
    e.func(format!("{name}_{count}"), &params, gives, true, move |e, b| {
        let at = b.call(begins(e), &[b.arg(0), b.arg(1), b.arg(2)]);
        for n in 0..count {
            b.store(&says(&at, number(n)), b.arg(3 + n));
        }
        if gives.is_some() {
            b.give(Cell::new(&at, entry::NUMBER, Form::I32).get());
        }
    })
}

/// Begins an effect: its number and the statement of account.
fn enter_effect(e: &Emit<'_>) -> Func {
    e.func("enter_effect", &[I32, I32, I32], Some(I32), true, |e, b| {
        let number = b.keep(e.case.next_effect.get());
        b.store(&e.case.next_effect, number.add(1));
        let statement = super::ledger::statement(e, b);
        let at = b.call(enter(e), &[b.arg(0), b.arg(1), b.arg(2)]);
        b.store(&Cell::new(&at, entry::NUMBER, Form::I32), number);
        for (n, amount) in
            (0u32..).zip([&statement.principal, &statement.interest, &statement.costs, &statement.balance])
        {
            b.store(&Cell::new(&at, entry::STATEMENT + 8 * n, Form::I64), amount);
        }
        b.store(&Cell::new(&at, entry::PROVISIONAL, Form::I32), provisional(e).get());
        b.give(at);
    })
}

/// Fails with what the fault is about.
pub(super) fn fail(e: &Emit<'_>, b: &mut Body, why: Fault, about: impl Into<Val>) {
    let _ = e;
    b.set_global(FAULT_ABOUT, about);
    b.fail(why.number());
}

/// What the latest fault is about.
pub(super) const fn fault_about() -> At {
    At(FAULT_ABOUT, Width::I64)
}

/// Fails because there may be only so many of something.
pub(super) fn too_many(b: &mut Body, of: Bound, most: u32) {
    b.set_global(FAULT_ABOUT, i64::from(most) << 16 | i64::from(of.number()));
    b.fail(Fault::Bound.number());
}

/// Forgets a fault, and what it was about: one that is about nothing must not say what an earlier one was about.
pub(super) fn forgive(b: &mut Body) {
    b.set_global(FAULT, 0);
    b.set_global(FAULT_ABOUT, 0i64);
}

/// Whether the fault under way is of a kind.
pub(super) fn is_fault(why: Fault) -> Val {
    fault().eq(why.number())
}

/// Raises an event of the machine: its number, a text that is its parameter or -1, and the person that it is about.
pub(super) fn raise(e: &Emit<'_>) -> Func {
    e.func("raise", &[I32, I32, I32], None, true, |e, b| {
        let count = queued(e);
        b.when(count.get().lt(signed(MOST_RAISED)).not(), |b| too_many(b, Bound::Raised, MOST_RAISED));
        let at = b.keep(raised_at(e).add(count.get().mul(signed(RAISED))));
        for n in 0..3u32 {
            b.store(&Cell::new(&at, 4 * n, Form::I32), b.arg(n as usize));
        }
        count.set(b, count.get().add(1));
    })
}

/// Raises an event of the machine by its name.
pub(super) fn raised(e: &Emit<'_>, b: &mut Body, event: Happening, name: impl Into<Val>, person: impl Into<Val>) {
    b.call(raise(e), &[i32::from(event.id().0).into(), name.into(), person.into()]);
}

/// The number of an effect's kind in an entry.
pub(super) fn kind(kind: EffectKind) -> i32 {
    let at = EffectKind::ALL.iter().position(|k| *k == kind);
    at.and_then(|at| i32::try_from(at).ok()).unwrap_or(NONE)
}

/// What an alarm is about: the first thing that its entry says.
pub(super) mod alarm {
    pub(crate) const NAMED: i32 = 0;
    pub(crate) const MISSING: i32 = 1;
    pub(crate) const TASK_OVERDUE: i32 = 2;
    pub(crate) const STEP_FAILED: i32 = 3;
}

/// How many raised events may wait.
const MOST_RAISED: u32 = 256;
/// The bytes of one.
pub(super) const RAISED: u32 = 12;

/// The events that the machine raised.
pub(super) fn raised_at(e: &Emit<'_>) -> Val {
    e.room("raised", RAISED * MOST_RAISED)
}
