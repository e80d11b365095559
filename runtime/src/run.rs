//! One step in progress: the case that it changes, the outcome that it writes, and what rule is at work.

use crate::case::{Case, Owner, RuleKey, Slot};
use crate::fault::Fault;
use crate::outcome::{Effect, Entry, HeldAction, HeldBy, Outcome, What};
use alloc::vec::Vec;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{EventId, Expr, Machine, On, Quantity, RuleId, ScopeId, StageId, TextId};
use dunlin_machine::value::{Date, Duration, Instant, Unit, Zone, add};

/// Memory that steps use again.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Events that the machine raised and that wait to be taken.
    pub queue: Vec<Raised>,
    /// How many of the queue are taken.
    pub taken: usize,
    /// Stages entered in this chain.
    pub chain: Vec<StageId>,
    /// Number of the latest body run.
    pub runs: u32,
    /// Persons for whom `unreachable` was raised in this chain, a bit each.
    pub unreachable: u64,
    /// `as soon as` triggers of watches that acted in this chain: watch and position.
    pub acted: Vec<(u16, u16)>,
    /// How many actions ran, `if` not counted.
    pub acts: u32,
    /// Procedures that are being left by an exit.
    pub exiting: Vec<ScopeId>,
    /// Entries of the outcome whose effects watches have seen.
    pub effects_seen: usize,
}

/// An event that the machine raised.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raised {
    pub event: EventId,
    /// Its only parameter, a text of the machine.
    pub name: Option<TextId>,
    /// The person that it is about, by position.
    pub person: u8,
}

/// What is at work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ctx {
    /// Whose body runs.
    pub owner: Owner,
    /// The trigger.
    pub because_of: Option<RuleId>,
    /// What its condition read.
    pub guard: (u32, u32),
    /// By how many days it was late.
    pub late: i32,
    /// The body run.
    pub run: u32,
    /// The person that the event names, by position.
    pub person: u8,
    /// The case's count of events when the trigger last acted.
    pub slot_events: u32,
    /// The position of the body's first action.
    pub body: u16,
    /// Whether this body has set a hold.
    pub paused: bool,
    /// The claim that an interest rule looks at.
    pub claim: Option<u16>,
    /// The day that an interest rule looks at.
    pub day: Option<Date>,
    /// Whether what is read goes into the trace.
    pub record: bool,
}

impl Ctx {
    pub(crate) const fn new() -> Self {
        Self {
            owner: Owner::Stage,
            because_of: None,
            guard: (0, 0),
            late: 0,
            run: 0,
            person: 0,
            slot_events: 0,
            body: 0,
            paused: false,
            claim: None,
            day: None,
            record: true,
        }
    }
}

/// A step in progress.
pub(crate) struct Run<'a> {
    pub m: &'a Machine,
    pub case: &'a mut Case,
    pub out: &'a mut Outcome,
    pub work: &'a mut Work,
    pub names: &'a Names,
    pub today: Date,
    pub ctx: Ctx,
    /// Interest of all claims to today, while nothing in the ledger changed.
    pub interest_today: Option<i64>,
    /// Whether a figure behind it was past its last checked day.
    pub provisional: bool,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        m: &'a Machine,
        case: &'a mut Case,
        out: &'a mut Outcome,
        work: &'a mut Work,
        names: &'a Names,
    ) -> Result<Self, Fault> {
        work.queue.clear();
        work.taken = 0;
        work.chain.clear();
        work.acted.clear();
        work.exiting.clear();
        work.effects_seen = out.entries.len();
        work.unreachable = 0;
        let zone = m.zones.first().ok_or(Fault::Broken("no zone"))?;
        let (today, _) = zone.local(case.now);
        Ok(Self { m, case, out, work, names, today, ctx: Ctx::new(), interest_today: None, provisional: false })
    }

    /// The strategy's zone.
    pub(crate) fn zone(&self) -> &'a Zone {
        &self.m.zones[0]
    }

    /// The day of an instant in the strategy's zone.
    pub(crate) fn local_day(&self, at: Instant) -> Date {
        self.zone().local(at).0
    }

    /// When timers of days fall due on that day.
    pub(crate) fn begin(&self, day: Date) -> Result<Instant, Fault> {
        Ok(self.zone().instant_at(day, self.m.day_begins)?)
    }

    /// The first instant of that day.
    pub(crate) fn midnight(&self, day: Date) -> Result<Instant, Fault> {
        Ok(self.zone().instant_at(day, 0)?)
    }

    /// When a duration from now falls due: for day-like ones when that day begins.
    pub(crate) fn due_in(&self, length: Duration) -> Result<Instant, Fault> {
        match length.unit() {
            Unit::Hours => Ok(self.case.now.add_hours(length.amount())?),
            _ => self.begin(add(self.today, length, self.calendar())?),
        }
    }

    /// When a time limit from now is over: after its last day, or at its instant.
    pub(crate) fn over_in(&self, length: Duration) -> Result<Instant, Fault> {
        match length.unit() {
            Unit::Hours => Ok(self.case.now.add_hours(length.amount())?),
            _ => self.begin(add(self.today, length, self.calendar())?.add_days(1)?),
        }
    }

    /// The text behind a name of the machine.
    pub(crate) fn text_of(&self, id: TextId) -> &'a str {
        self.m.texts.get(id.index()).map_or("", |t| t.as_str())
    }

    /// The text behind a text value.
    pub(crate) fn text_value(&self, value: i64) -> &str {
        text_in(self.m, &self.case.texts, value)
    }

    /// The text value of a text; the case learns one that the machine does not know.
    pub(crate) fn learn(&mut self, text: &str) -> Result<i64, Fault> {
        self.names.learn(self.m, &mut self.case.texts, text)
    }

    pub(crate) fn mark(&self) -> u32 {
        position(self.out.seen.len())
    }

    /// Writes an entry of the trace.
    pub(crate) fn enter(&mut self, rule: Option<RuleId>, own_from: u32, what: What) {
        let ctx = &self.ctx;
        let own = own_from..position(self.out.seen.len());
        self.out.entries.push(Entry {
            stage: self.case.place.stage,
            rule,
            because_of: ctx.because_of,
            guard: ctx.guard.0..ctx.guard.1,
            own,
            late_days: ctx.late,
            what,
        });
    }

    /// Hands an effect to the host; gives its number.
    pub(crate) fn effect(&mut self, rule: Option<RuleId>, own_from: u32, effect: Effect) -> Result<u32, Fault> {
        let number = self.case.next_effect;
        self.case.next_effect = number.checked_add(1).ok_or(Fault::Overflow)?;
        let statement = self.statement()?;
        self.enter(rule, own_from, What::Effect { number, effect, statement });
        Ok(number)
    }

    /// Writes that an action was held.
    pub(crate) fn held(&mut self, rule: RuleId, what: HeldAction, by: HeldBy, until: Option<Instant>, dropped: bool) {
        let mark = self.mark();
        self.enter(Some(rule), mark, What::Held { what, by, until, dropped });
    }

    /// Raises an event of the machine's own.
    pub(crate) fn raise(&mut self, event: EventId, name: Option<TextId>, person: u8) {
        self.work.queue.push(Raised { event, name, person });
    }

    /// Raises `unreachable` for a person, once in a chain: a rule that answers it by a message that cannot go either must
    /// not go on for ever.
    pub(crate) fn raise_unreachable(&mut self, person: u8) {
        let bit = 1u64.checked_shl(person.into()).unwrap_or(0);
        if self.work.unreachable & bit == 0 {
            self.work.unreachable |= bit;
            self.raise(Happening::Unreachable.id(), None, person);
        }
    }

    /// Starts a body run: what it puts in a queue is told from what stood there.
    pub(crate) fn next_run(&mut self) -> u32 {
        self.work.runs = self.work.runs.wrapping_add(1);
        self.work.runs
    }

    /// A case that is held, and not by what is at work.
    pub(crate) fn stopped_by_hold(&self) -> bool {
        !self.case.holds.is_empty() && !self.through_hold()
    }

    /// Whether a hold does not stop what is at work: a watch, or the body or block of the rule that paused.
    pub(crate) fn through_hold(&self) -> bool {
        self.goes_through(self.ctx.owner, self.ctx.body)
    }

    /// Whether a hold does not stop what a rule did: a watch, or a rule whose own hold still stands.
    pub(crate) fn goes_through(&self, owner: Owner, body: u16) -> bool {
        matches!(owner, Owner::Watch(_)) || self.case.holds.iter().any(|h| h.by == Some(RuleKey::of(owner, body)))
    }

    /// The slots of an owner's triggers.
    pub(crate) fn slots(&self, owner: Owner) -> &[Slot] {
        match owner {
            Owner::Stage => &self.case.place.slots,
            Owner::Scope(s) => self.case.place.slots_of(s),
            Owner::Plan => &[],
            Owner::Whenever(w) => self.case.whenevers.get(usize::from(w)).map_or(&[], |w| &w.slots),
            Owner::Watch(w) => self.case.watches.get(usize::from(w)).map_or(&[], |w| w),
        }
    }

    /// A slot, to change it.
    pub(crate) fn slot(&mut self, owner: Owner, at: usize) -> Result<&mut Slot, Fault> {
        let slots = match owner {
            Owner::Stage => Some(&mut self.case.place.slots),
            Owner::Scope(s) => {
                return self.case.place.slots_of_mut(s).get_mut(at).ok_or(Fault::Broken("a trigger has no slot"));
            }
            Owner::Plan => None,
            Owner::Whenever(w) => self.case.whenevers.get_mut(usize::from(w)).map(|w| &mut w.slots),
            Owner::Watch(w) => self.case.watches.get_mut(usize::from(w)),
        };
        slots.and_then(|s| s.get_mut(at)).ok_or(Fault::Broken("a trigger has no slot"))
    }
}

impl RuleKey {
    /// The rule behind what an owner's body did.
    pub(crate) const fn of(owner: Owner, body: u16) -> Self {
        match owner {
            Owner::Whenever(w) => Self::Whenever(w),
            Owner::Watch(w) => Self::Watch(w),
            Owner::Stage | Owner::Scope(_) | Owner::Plan => Self::Body(body),
        }
    }
}

/// A length as the machine counts positions; longer lists than that are excluded by the bounds of a case.
pub(crate) fn position(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// The text behind a text value.
pub(crate) fn text_in<'t>(machine: &'t Machine, texts: &'t [alloc::string::String], value: i64) -> &'t str {
    let found = match usize::try_from(value) {
        Ok(at) => machine.texts.get(at),
        // OK because a negative number plus one cannot overflow.
        Err(_) => usize::try_from(-(value + 1)).ok().and_then(|at| texts.get(at)),
    };
    found.map_or("", |t| t.as_str())
}

/// What is worked out of a machine once: its texts in order, to find one by name, and what it never asks.
#[derive(Debug)]
pub(crate) struct Names {
    order: Vec<u32>,
    reads_attempts: bool,
    watches_effects: bool,
}

impl Names {
    pub(crate) fn of(machine: &Machine) -> Self {
        let mut order: Vec<u32> = (0..position(machine.texts.len())).collect();
        order.sort_by(|a, b| machine.texts.get(*a as usize).cmp(&machine.texts.get(*b as usize)));
        let asks = |e: &Expr| matches!(e, Expr::Read(Quantity::Attempts(..) | Quantity::Contacts(_)));
        let sees = |t: &dunlin_machine::ir::Trigger| matches!(t.on, On::Effect(_));
        Self {
            order,
            reads_attempts: machine.exprs.iter().any(asks),
            watches_effects: machine.triggers.iter().any(sees),
        }
    }

    /// Whether a watch waits for effects.
    pub(crate) const fn watches_effects(&self) -> bool {
        self.watches_effects
    }

    /// Whether a rule asks how many attempts were made.
    pub(crate) const fn reads_attempts(&self) -> bool {
        self.reads_attempts
    }

    /// The machine's number for a text, if it knows it.
    pub(crate) fn find(&self, machine: &Machine, text: &str) -> Option<i64> {
        let named = |at: &u32| machine.texts.get(*at as usize).map_or("", |t| t.as_str()).cmp(text);
        self.order.binary_search_by(named).ok().and_then(|at| self.order.get(at)).map(|at| i64::from(*at))
    }

    /// The text value of a text; `texts` learn one that the machine does not know.
    pub(crate) fn learn(
        &self,
        machine: &Machine,
        texts: &mut Vec<alloc::string::String>,
        text: &str,
    ) -> Result<i64, Fault> {
        if let Some(value) = self.find(machine, text) {
            return Ok(value);
        }
        let at = match texts.iter().position(|t| t == text) {
            Some(at) => at,
            None => {
                texts.push(text.into());
                texts.len().saturating_sub(1)
            }
        };
        let at = i64::try_from(at).map_err(|_| Fault::Overflow)?;
        Ok((-1i64).saturating_sub(at))
    }
}
