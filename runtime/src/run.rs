//! One step in progress: the case that it changes, the outcome that it writes, and what rule is at work.

use crate::case::{Owner, RuleKey, Slot};
use crate::corrections::Acted;
use crate::days::{Clocks, Days, Known, add};
use crate::fault::Fault;
use crate::kinds::{AllKinds, Kinds};
use crate::outcome::{Effect, Entry, HeldAction, HeldBy, Outcome, Statement, What};
use crate::undo::Held;
use alloc::vec::Vec;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{
    ActionRef, Block, Comparison, Does, EventId, Expr, ExprId, Machine, Nature, On, Quantity, RuleId, ScopeId, StageId,
    TextId,
};
use dunlin_machine::value::{Date, Duration, Instant, Rate, Unit};

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
    /// Date triggers that acted before the event that may correct their dates.
    pub acted_for: Vec<Acted>,
    /// How many of them were looked at since.
    pub noted: usize,
    /// What was refunded of a payment that is undone, in minor units.
    pub refunded: i64,
    /// Interest of all claims to today, while nothing in the ledger changed; it lasts through a step.
    pub interest_today: Option<i64>,
    /// What is to be said of the figures behind it.
    pub figures: Figures,
    /// The account to today, and at which count of changes in the ledger; it lasts through a step.
    pub statement: Option<(u32, Statement)>,
    /// Rates that read nothing but the day, by stretch of days: the same for every case of the machine.
    pub rates: Vec<Option<KnownRate>>,
    /// What the days from one on count, times their rates: the same for every case of the machine.
    pub weighed: Vec<Weighed>,
}

impl Work {
    /// The account is another: that of another case, of another day, or of the case as it was.
    pub(crate) const fn forget_account(&mut self) {
        (self.interest_today, self.statement) = (None, None);
    }
}

/// What a run of days counts, each times its rate, with nothing to be said of the figures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weighed {
    /// The first day.
    pub from: Date,
    /// The last.
    pub to: Date,
    /// The sum.
    pub sum: i64,
    /// The rate of the last day, and the last day for which it is known to be the same.
    pub rate: Rate,
    pub until: Date,
}

/// The rate of a stretch of days on which it is the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownRate {
    /// The rate.
    pub rate: Rate,
    /// The first day and the last for which it was read, with nothing to be said of its figures.
    pub read: (Date, Date),
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
    pub case: Held<'a>,
    pub out: &'a mut Outcome,
    pub work: &'a mut Work,
    pub names: &'a Names,
    /// The clocks of the strategy's zone.
    pub clocks: Clocks<'a>,
    pub today: Date,
    pub ctx: Ctx,
}

/// What is to be said of figures that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// One was past its last checked day.
    pub provisional: bool,
    /// One stands in a row that was added to the machine.
    pub added: bool,
}

impl<'a> Run<'a> {
    #[inline]
    pub(crate) fn new(
        m: &'a Machine,
        case: Held<'a>,
        out: &'a mut Outcome,
        work: &'a mut Work,
        names: &'a Names,
    ) -> Result<Self, Fault> {
        let clocks = names.clocks(m, 0).ok_or(Fault::Broken("no zone"))?;
        let (today, _) = clocks.local(case.now);
        let mut run = Self { m, case, out, work, names, clocks, today, ctx: Ctx::new() };
        run.begin_chain();
        Ok(run)
    }

    /// Begins a chain of what follows from one cause, with nothing left of the one before.
    pub(crate) fn begin_chain(&mut self) {
        self.ctx = Ctx::new();
        let work = &mut *self.work;
        work.queue.clear();
        work.taken = 0;
        work.chain.clear();
        work.acted.clear();
        work.exiting.clear();
        work.effects_seen = self.out.entries.len();
        work.unreachable = 0;
        work.acted_for.clear();
        work.noted = 0;
        work.refunded = 0;
    }

    /// The strategy's zone.
    pub(crate) const fn zone(&self) -> Clocks<'a> {
        self.clocks
    }

    /// The day of an instant in the strategy's zone.
    #[inline]
    pub(crate) fn local_day(&self, at: Instant) -> Date {
        if at == self.case.now { self.today } else { self.zone().local(at).0 }
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

    /// Whether a limit ends at an instant: one that ends where a day begins ends with the day before.
    pub(crate) fn ends_by_hours(&self, end: Instant) -> Result<bool, Fault> {
        Ok(end != self.begin(self.local_day(end))?)
    }

    /// How a limit is told: its last day, or the instant at which it ends.
    pub(crate) fn told_limit(&self, end: Instant) -> Result<(Option<Date>, Option<Instant>), Fault> {
        if self.ends_by_hours(end)? {
            return Ok((None, Some(end)));
        }
        Ok((Some(self.local_day(end).add_days(-1)?), None))
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
        match self.names.find(self.m, text) {
            Some(value) => Ok(value),
            None => learn_own(self.case.texts_mut(), text),
        }
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
        *self.case.next_effect_mut() = number.checked_add(1).ok_or(Fault::Overflow)?;
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

    /// What an owner's triggers wait for.
    pub(crate) fn kinds(&self, owner: Owner) -> &'a Kinds {
        self.names.kinds().of_owner(owner, self.case.place.stage)
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
            Owner::Stage => Some(self.case.slots_mut()),
            Owner::Scope(s) => {
                return self.case.scope_slots_mut(s).get_mut(at).ok_or(Fault::Broken("a trigger has no slot"));
            }
            Owner::Plan => None,
            Owner::Whenever(w) => self.case.whenevers_mut().get_mut(usize::from(w)).map(|w| &mut w.slots),
            Owner::Watch(w) => self.case.watches_mut().get_mut(usize::from(w)),
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

/// The bound of `settled when balance <= …`, as most strategies write it.
fn settled_by(machine: &Machine) -> Option<(Comparison, i64)> {
    let expr = |id: &ExprId| machine.exprs.get(id.index());
    let Expr::Compare(how, left, right) = expr(&machine.ledger.settled)? else { return None };
    match (expr(left)?, expr(right)?) {
        (Expr::Read(Quantity::Balance), Expr::Const(bound)) => Some((*how, *bound)),
        _ => None,
    }
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
    rate_by_day: bool,
    settled: Option<(Comparison, i64)>,
    demands: bool,
    substitutes: bool,
    known: Known,
    kinds: AllKinds,
    /// Actions in `leaving` blocks, in order: what they file takes back what was filed.
    on_the_way_out: Vec<u16>,
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
            rate_by_day: machine.ledger.interest.as_ref().is_some_and(|rule| machine.reads_only_the_day(rule.rate)),
            settled: settled_by(machine),
            demands: machine
                .actions
                .iter()
                .any(|action| matches!(&action.does, Does::Send(s) if s.nature == Nature::Ordinary)),
            substitutes: machine
                .actions
                .iter()
                .any(|action| matches!(&action.does, Does::Task(task) if !task.substitutes.is_empty())),
            known: Known::of(machine),
            kinds: AllKinds::of(machine),
            on_the_way_out: on_the_way_out(machine),
        }
    }

    /// What the triggers of each owner wait for.
    pub(crate) const fn kinds(&self) -> &AllKinds {
        &self.kinds
    }

    /// The clocks of a zone, by number.
    pub(crate) fn clocks<'a>(&'a self, machine: &'a Machine, zone: usize) -> Option<Clocks<'a>> {
        machine.zones.get(zone).map(|of| self.known.clocks(zone, of))
    }

    /// The days of a calendar, by number; of the machine's first where the number is out of range, which the verifier excludes.
    pub(crate) fn days<'a>(&'a self, machine: &'a Machine, calendar: usize) -> Days<'a> {
        let of = machine.calendars.get(calendar).unwrap_or(&machine.calendars[0]);
        self.known.days(calendar, of)
    }

    /// Whether the rate of interest reads nothing but the day: no fact, no claim, no debtor.
    pub(crate) const fn rate_by_day(&self) -> bool {
        self.rate_by_day
    }

    /// To what the balance is compared where that says whether a case is settled.
    pub(crate) const fn settled(&self) -> Option<(Comparison, i64)> {
        self.settled
    }

    /// Whether a watch waits for effects.
    pub(crate) const fn watches_effects(&self) -> bool {
        self.watches_effects
    }

    /// Whether the machine demands at all: where it does not, demands went out elsewhere, and no claim is fresh.
    pub(crate) const fn demands(&self) -> bool {
        self.demands
    }

    /// Whether a task has substitutes.
    pub(crate) const fn substitutes(&self) -> bool {
        self.substitutes
    }

    /// Whether an action stands in a `leaving` block.
    pub(crate) fn takes_back(&self, action: ActionRef) -> bool {
        self.on_the_way_out.binary_search(&action.0).is_ok()
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
        learn_own(texts, text)
    }
}

/// The text value of a text that the machine does not know.
fn learn_own(texts: &mut Vec<alloc::string::String>, text: &str) -> Result<i64, Fault> {
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

/// The actions in `leaving` blocks, in order.
fn on_the_way_out(machine: &Machine) -> Vec<u16> {
    let blocks = machine.stages.iter().flat_map(|s| &s.leaving).chain(machine.scopes.iter().flat_map(|s| &s.leaving));
    let mut left: Vec<Block> = blocks.map(|l| l.body).collect();
    let mut found = Vec::new();
    while let Some(block) = left.pop() {
        found.extend(block.range().filter_map(|at| u16::try_from(at).ok()));
        for action in machine.actions.get(block.range()).unwrap_or(&[]) {
            match &action.does {
                Does::If { then, otherwise, .. } => left.extend([*then, *otherwise]),
                Does::Approval(approval) => {
                    left.extend([Some(approval.body), approval.otherwise].into_iter().flatten())
                }
                _ => {}
            }
        }
    }
    found.sort_unstable();
    found
}
