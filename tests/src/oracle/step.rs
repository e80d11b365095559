//! One input: refusals, delivery, what the machine raises, `as soon as`, and then the timers.

use super::Run;
use super::case::{Case, Claim, Cost, Happened, Hold, Owner, Person, Place, TriggerId};
use super::eval::View;
use super::events::IDS;
use super::fault::{Fault, Refusal};
use super::timers::Timer;
use crate::normal;
use dunlin_lang::model::{Model, Trigger};
use dunlin_machine::events::Happening;
use dunlin_machine::ir::{ChannelId, EventPattern, On, RuleId};
use dunlin_machine::value::{Instant, Money};
use dunlin_runtime::input::{Event, Opening, PersonGiven};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A step that fires more timers than this has no end.
const MOST_TIMERS: usize = 20_000;

/// What a step did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The event's id was among the last 16.
    pub already_taken: bool,
    /// What was done, one line each.
    pub lines: Vec<String>,
    /// The least instant at which something is due.
    pub next_due: Option<Instant>,
}

/// Opens a case.
///
/// # Errors
/// Says why the case was refused.
pub fn open<'m>(model: &'m Model, opening: &Opening, at: Instant) -> Result<(Case<'m>, Report), Refusal> {
    let mut run = Run::new(model, empty(opening, at));
    run.read_opening(opening)?;
    run.chain::<Fault>(|run| {
        for watch in 0..model.watches.len() {
            run.open_marks(Owner::Watch(watch))?;
        }
        run.begin_somewhere(opening)
    })?;
    run.run_timers()?;
    run.finish()
}

/// Takes an input: an event, or just the time that went by.
///
/// # Errors
/// Says why the input was refused; the case is as it was.
pub fn step<'m>(
    model: &'m Model,
    case: &Case<'m>,
    event: Option<&Event>,
    at: Instant,
) -> Result<(Case<'m>, Report), Refusal> {
    let id = event.and_then(|e| e.id.clone());
    if id.as_ref().is_some_and(|id| case.recent.contains(id)) {
        return Ok((case.clone(), Report { already_taken: true, ..Report::default() }));
    }
    if at < case.now {
        return Err(Refusal::Earlier);
    }
    let mut run = Run::new(model, case.clone());
    run.case.now = at;
    if let Some(event) = event {
        let mut happened = run.read_event(event)?;
        run.remember_id(id.clone());
        run.chain::<Refusal>(|run| {
            run.named = run.debtor(&happened);
            run.take_up(&mut happened, id.as_deref())?;
            run.complete_plan()?;
            Ok(run.deliver(&happened)?)
        })?;
    }
    run.run_timers()?;
    run.finish()
}

/// What a case is after a step, in lines.
#[must_use]
pub fn summary(model: &Model, case: &Case) -> Vec<String> {
    let run = Run::new(model, case.clone());
    // Where one part of the account is not to be had, the account is not.
    let parts = run.principal().and_then(|p| Ok([p, run.interest()?, run.open_costs()?, run.balance()?]));
    let amount = |n: usize| parts.map_or_else(|f| format!("{f:?}"), |parts| parts[n].to_string());
    let holds: Vec<String> = case.holds.iter().map(|h| run.text(h.reason)).collect();
    vec![
        format!("stage {}", model.text(model.stages[case.place.stage].name)),
        format!("principal {}", amount(0)),
        format!("interest {}", amount(1)),
        format!("costs {}", amount(2)),
        format!("balance {}", amount(3)),
        format!("paid {}", run.paid()),
        format!("deadline {}", case.deadline.map_or("-".to_owned(), |d| d.day.to_string())),
        format!("holds {}", holds.join(", ")),
    ]
}

fn empty<'m>(opening: &Opening, at: Instant) -> Case<'m> {
    Case {
        opened: at,
        now: at,
        next_effect: 1,
        currency: 0,
        calendar: 0,
        changes: 0,
        recent: Vec::new(),
        facts: Vec::new(),
        facts_at_opening: Vec::new(),
        vars: Vec::new(),
        texts: Vec::new(),
        happened: BTreeMap::new(),
        delivered: Vec::new(),
        persons: Vec::new(),
        claims: Vec::new(),
        costs: Vec::new(),
        payments: Vec::new(),
        claimed: 0,
        free_days: Vec::new(),
        place: Place { stage: 0, entered: at, entry: 0 },
        before: None,
        been: BTreeSet::new(),
        marks: BTreeMap::new(),
        blocks: BTreeMap::new(),
        holds: Vec::new(),
        held_since: None,
        stopped: Vec::new(),
        waiting: Vec::new(),
        tasks: Vec::new(),
        calls: Vec::new(),
        approvals: Vec::new(),
        plan: None,
        terms_agreed: BTreeMap::new(),
        promise: None,
        promises: 0,
        messages: Vec::new(),
        sent: BTreeMap::new(),
        deadline: None,
        settled: false,
        moved_by_past_date: None,
        titled: opening.titled || opening.titled_on.is_some(),
        titled_on: opening.titled_on,
        limitation_date: opening.limitation_date,
        suspended: Vec::new(),
        next_run: 0,
    }
}

impl<'m> Run<'m> {
    fn new(model: &'m Model, case: Case<'m>) -> Self {
        let (lines, queue) = (Vec::new(), VecDeque::new());
        let mut run = Self {
            model,
            case,
            lines,
            queue,
            entered: BTreeSet::new(),
            acted: BTreeSet::new(),
            unreachable: BTreeSet::new(),
            late: 0,
            payable_waited: false,
            move_asked: None,
            named: 0,
            unseen: Vec::new(),
        };
        run.payable_waited = run.payable_waits();
        run.move_asked = run.move_asked();
        run
    }

    fn read_opening(&mut self, opening: &Opening) -> Result<(), Refusal> {
        self.check_past(opening)?;
        if let Some(code) = &opening.currency {
            let known = self.model.currencies.iter().position(|c| c.code() == code);
            self.case.currency = known.ok_or_else(|| Refusal::NotThere("currency".to_owned()))?;
        }
        let currency = self.case.currency;
        self.case.facts = self.model.facts.iter().map(|f| f.default_in(currency)).collect();
        for (fact, given) in &opening.facts {
            let ty = self.model.facts.get(fact.index()).ok_or_else(|| Refusal::NotThere("fact".to_owned()))?;
            let value = self.given(ty.ty, given)?;
            let (low, high) = ty.bounds_in(self.case.currency).unwrap_or((None, None));
            if low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high) {
                return Err(Refusal::Wrong("fact".to_owned()));
            }
            self.case.facts[fact.index()] = Some(value);
        }
        let missing = self.model.facts.iter().zip(&self.case.facts).any(|(f, v)| v.is_none() && !f.optional);
        if missing {
            return Err(Refusal::Missing);
        }
        self.case.facts_at_opening.clone_from(&self.case.facts);
        for person in &opening.persons {
            let person = self.read_person(person)?;
            self.case.persons.push(person);
        }
        self.case.claimed = Money::sum(opening.claims.iter().map(|c| Money(c.principal)))?.0;
        self.case.calendar = self.calendar_by(&self.of_first())?.index();
        for claim in &opening.claims {
            let (id, principal, due) = (claim.id.clone(), claim.principal, claim.due);
            let kind = claim.kind.as_ref().map(|k| self.intern(k));
            let (arose, default_on, secured) = (claim.arose, claim.default_on, claim.secured);
            self.add_claim(Claim {
                id,
                principal,
                fixed: 0,
                next: due,
                first: due,
                due,
                arose,
                default_on,
                kind,
                disputed: false,
                fresh: self.demands(),
                secured,
                restarted: None,
            })?;
        }
        for (kind, amount) in &opening.costs {
            let kind = self.intern(kind);
            match self.case.costs.iter_mut().find(|c| c.kind == kind) {
                Some(cost) => cost.charged += amount,
                None => self.case.costs.push(Cost { kind, charged: *amount, paid: 0 }),
            }
        }
        self.take_over(opening)?;
        Ok(self.start_vars()?)
    }

    pub(super) fn read_person(&mut self, given: &PersonGiven) -> Result<Person, Refusal> {
        let mut zones = Vec::new();
        for name in &given.zones {
            let zone = self.model.zones.iter().position(|z| z.name() == name);
            zones.push(zone.ok_or_else(|| Refusal::NotThere("time zone".to_owned()))?);
        }
        let all = (0..self.model.channels.len()).filter_map(|c| u8::try_from(c).ok()).map(ChannelId);
        let (mut reachable, mut consent) = (all.collect::<BTreeSet<_>>(), BTreeSet::new());
        if let Some(channels) = &given.channels {
            reachable = channels.iter().filter(|c| c.reachable).map(|c| c.channel).collect();
            consent = channels.iter().filter(|c| c.consent).map(|c| c.channel).collect();
        }
        let mut text = |t: &Option<String>| t.as_ref().map(|t| self.intern(t));
        let (language, region) = (text(&given.language), text(&given.region));
        let zone = given.zones.first().map(|z| self.intern(z));
        Ok(Person {
            id: given.id.clone(),
            business: given.business,
            language,
            region,
            zone,
            zones,
            born: given.born,
            reachable,
            consent,
            barred: BTreeSet::new(),
            deceased: false,
            released: false,
            minor: false,
            represented: None,
            attempts: Vec::new(),
            conversations: Vec::new(),
        })
    }

    fn remember_id(&mut self, id: Option<String>) {
        self.case.recent.extend(id);
        let gone = self.case.recent.len().saturating_sub(IDS);
        self.case.recent.drain(..gone);
    }

    fn finish(mut self) -> Result<(Case<'m>, Report), Refusal> {
        self.check_payable();
        let next_due = self.next_timer()?.map(|(due, _)| due);
        Ok((self.case, Report { already_taken: false, lines: self.lines, next_due }))
    }

    /// Runs something and all that follows from it.
    fn chain<E: From<Fault>>(&mut self, what: impl FnOnce(&mut Self) -> Result<(), E>) -> Result<(), E> {
        self.entered.clear();
        self.acted.clear();
        self.unreachable.clear();
        self.named = 0;
        what(self)?;
        self.drain()?;
        self.settle()?;
        self.unseen.clear();
        Ok(self.look_at_suspensions()?)
    }

    fn drain(&mut self) -> Result<(), Fault> {
        self.named = 0;
        while let Some(happened) = self.queue.pop_front() {
            self.deliver(&happened)?;
            self.named = 0;
        }
        Ok(())
    }

    fn deliver(&mut self, happened: &Happened) -> Result<(), Fault> {
        self.case.changes += 1;
        self.case.happened.insert(happened.event, happened.args.clone());
        self.case.delivered.push(happened.clone());
        self.named = self.debtor(happened);
        self.limitation_hears(happened)?;
        self.note_answers(happened);
        if self.in_outcome() {
            return self.offer(Owner::Stage(self.case.place.stage), happened).map(|_| ());
        }
        for watch in (0..self.model.watches.len()).map(Owner::Watch) {
            self.show(watch, happened)?;
        }
        for rule in 0..self.model.whenevers.len() {
            if !self.in_outcome() && self.whenever(rule, happened)? {
                return Ok(());
            }
        }
        if self.in_outcome() {
            return self.offer(Owner::Stage(self.case.place.stage), happened).map(|_| ());
        }
        for owner in self.stage_and_scopes() {
            if self.offer(owner, happened)? {
                break;
            }
        }
        Ok(())
    }

    /// `usually within`: an answer has come.
    fn note_answers(&mut self, happened: &Happened) {
        let ids: Vec<TriggerId> = self.case.marks.keys().copied().collect();
        for (owner, n) in ids {
            let answered = pattern(&self.triggers(owner)[n]).is_some_and(|p| fits(p, happened));
            if let Some(mark) = self.case.marks.get_mut(&(owner, n)).filter(|_| answered) {
                mark.answered = true;
            }
        }
    }

    /// A watch sees an event: every trigger that matches acts.
    fn show(&mut self, watch: Owner, happened: &Happened) -> Result<(), Fault> {
        for n in 0..self.triggers(watch).len() {
            if !self.in_outcome() && self.matches((watch, n), happened)? {
                self.act_on((watch, n))?;
            }
        }
        Ok(())
    }

    /// A `whenever` rule sees an event; whether it takes it.
    fn whenever(&mut self, rule: usize, happened: &Happened) -> Result<bool, Fault> {
        let owner = Owner::Whenever(rule);
        if self.case.blocks.contains_key(&rule) && self.offer(owner, happened)? {
            return Ok(true);
        }
        let this = &self.model.whenevers[rule];
        if !fits(&this.event, happened) || !self.holds_if_any(this.when.as_ref(), &self.plain())? {
            return Ok(false);
        }
        let frame = self.run_body(&this.body, owner, None)?;
        Ok(frame.moved || frame.paused)
    }

    /// Offers an event to triggers in order; the first that matches takes it.
    fn offer(&mut self, owner: Owner, happened: &Happened) -> Result<bool, Fault> {
        for n in 0..self.triggers(owner).len() {
            if self.matches((owner, n), happened)? {
                self.act_on((owner, n))?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn matches(&self, id: TriggerId, happened: &Happened) -> Result<bool, Fault> {
        let trigger = &self.triggers(id.0)[id.1];
        let matches = pattern(trigger).is_some_and(|p| fits(p, happened));
        Ok(matches && self.owner_holds(id.0)? && self.holds_if_any(trigger.when.as_ref(), &self.of(id))?)
    }

    /// Where the case opens.
    pub(super) fn start(&self) -> Result<usize, Fault> {
        for start in &self.model.starts {
            if self.holds_if_any(start.when.as_ref(), &self.plain())? {
                return Ok(start.stage.index());
            }
        }
        Ok(0)
    }

    fn of(&self, id: TriggerId) -> View {
        View { trigger: Some(id), ..self.plain() }
    }

    fn act_on(&mut self, id: TriggerId) -> Result<(), Fault> {
        self.begin_acting(id)?;
        let body = &self.triggers(id.0)[id.1].body;
        self.run_body(body, id.0, Some(id)).map(|_| ())
    }

    /// Watches see that a body moved the case.
    pub(super) fn tell_watches_of_move(&mut self) -> Result<(), Fault> {
        self.late = 0;
        for watch in (0..self.model.watches.len()).map(Owner::Watch) {
            for n in 0..self.triggers(watch).len() {
                let trigger = &self.triggers(watch)[n];
                if trigger.on != On::Move || self.in_outcome() || !self.owner_holds(watch)? {
                    continue;
                }
                if self.holds_if_any(trigger.when.as_ref(), &self.of((watch, n)))? {
                    self.act_on((watch, n))?;
                }
            }
        }
        Ok(())
    }

    /// Watches see what was done since they looked last; what they do themselves is not looked at. Whether one acted.
    fn tell_watches_of_effects(&mut self) -> Result<bool, Fault> {
        if self.in_outcome() {
            return Ok(false);
        }
        let (unseen, mut acted) = (std::mem::take(&mut self.unseen), false);
        for watch in (0..self.model.watches.len()).map(Owner::Watch) {
            for n in 0..self.triggers(watch).len() {
                let trigger = &self.triggers(watch)[n];
                let seen = matches!(trigger.on, On::Effect(kind) if unseen.contains(&kind));
                if !seen || self.in_outcome() || !self.owner_holds(watch)? {
                    continue;
                }
                if self.holds_if_any(trigger.when.as_ref(), &self.of((watch, n)))? {
                    self.act_on((watch, n))?;
                    acted = true;
                }
            }
        }
        self.unseen.clear();
        self.drain()?;
        Ok(acted)
    }

    /// `as soon as` and `settled`, until nothing acts.
    fn settle(&mut self) -> Result<(), Fault> {
        loop {
            self.late = 0;
            // What follows from what they do is looked at in a round of its own.
            if self.tell_watches_of_effects()? {
                continue;
            }
            if self.settle_plan()? {
                self.drain()?;
                continue;
            }
            if let Some(id) = self.next_as_soon_as()? {
                self.act_on(id)?;
                self.drain()?;
                continue;
            }
            let was = self.case.settled;
            self.case.settled = self.holds(&self.model.ledger.settled, &self.of_first())?;
            if was || !self.case.settled {
                return Ok(());
            }
            self.raise(Happening::Settled);
            self.drain()?;
        }
    }

    /// The first `as soon as` that acts; watches' are looked at on the way.
    fn next_as_soon_as(&mut self) -> Result<Option<TriggerId>, Fault> {
        for owner in self.owners() {
            for n in 0..self.triggers(owner).len() {
                if self.acts_now((owner, n))? {
                    return Ok(Some((owner, n)));
                }
            }
        }
        Ok(None)
    }

    fn acts_now(&mut self, id: TriggerId) -> Result<bool, Fault> {
        let trigger = &self.triggers(id.0)[id.1];
        let On::AsSoonAs(condition) = &trigger.on else { return Ok(false) };
        if !self.owner_holds(id.0)? {
            return Ok(false);
        }
        let view = self.of(id);
        let is_true = self.holds(condition, &view)? && self.holds_if_any(trigger.when.as_ref(), &view)?;
        let Some(mark) = self.case.marks.get_mut(&id) else { return Ok(false) };
        if matches!(id.0, Owner::Watch(_)) {
            let becomes = is_true && !mark.was_true;
            // Once in a chain: what becomes true again acts in the next.
            if becomes && !self.acted.insert(id) {
                return Ok(false);
            }
            mark.was_true = is_true;
            return Ok(becomes);
        }
        let acts = is_true && !mark.spent;
        mark.spent |= acts;
        Ok(acts)
    }

    /// Every timer that is due, one at a time.
    fn run_timers(&mut self) -> Result<(), Fault> {
        for _ in 0..MOST_TIMERS {
            self.check_payable();
            let Some((due, timer)) = self.next_timer()? else { return Ok(()) };
            if due > self.case.now {
                return Ok(());
            }
            let before = (self.case.clone(), self.lines.len());
            let fired = self.chain(|run| {
                run.fire(timer, due)?;
                run.late = 0;
                Ok::<(), Fault>(())
            });
            self.late = 0;
            if fired.is_err() {
                self.undo(before, timer)?;
            }
        }
        Err(Fault::Bound)
    }

    /// A timer's step failed: it is undone, the timer spent, and the case held.
    fn undo(&mut self, (case, lines): (Case<'m>, usize), timer: Timer) -> Result<(), Fault> {
        self.case = case;
        self.lines.truncate(lines);
        self.queue.clear();
        let rule = self.rule_of(timer);
        match timer {
            Timer::HoldEnd(n) => _ = self.case.holds.remove(n),
            Timer::Promise => self.case.promise = None,
            Timer::Instalment => self.pass_instalment(),
            Timer::PlanOverdue => self.case.plan = None,
            Timer::Task(n) => _ = self.case.tasks.remove(n),
            Timer::Substitute(n) => self.case.tasks[n].asked += 1,
            Timer::Approval(n) => _ = self.case.approvals.remove(n),
            Timer::Waiting(n) => _ = self.case.waiting.remove(n),
            Timer::Call(n) => _ = self.case.calls.remove(n),
            Timer::Trigger(id) => self.spend(id)?,
        }
        let reason = self.intern("step_failed");
        self.pause(Hold { reason, until: None, without_interest: false, by: None }, rule)?;
        self.effect(rule, &normal::alarm("step failed", ""))?;
        self.unseen.clear();
        Ok(())
    }

    fn rule_of(&self, timer: Timer) -> Option<RuleId> {
        match timer {
            Timer::Trigger((owner, n)) => Some(self.triggers(owner)[n].rule),
            Timer::Task(n) | Timer::Substitute(n) => Some(self.case.tasks[n].action.rule),
            Timer::Approval(n) => Some(self.case.approvals[n].action.rule),
            Timer::Instalment | Timer::PlanOverdue => self.plan_rule(),
            Timer::Waiting(n) => Some(self.case.waiting[n].action.rule),
            Timer::Call(n) => Some(self.case.calls[n].action.rule),
            Timer::HoldEnd(_) | Timer::Promise => None,
        }
    }
}

fn pattern(trigger: &Trigger) -> Option<&EventPattern> {
    match &trigger.on {
        On::Event { event, .. } => Some(event),
        _ => None,
    }
}

pub(super) fn fits(pattern: &EventPattern, happened: &Happened) -> bool {
    let is = |(n, value): &(u8, i64)| happened.args.get(usize::from(*n)).copied().flatten() == Some(*value);
    pattern.event == happened.event && pattern.is.iter().all(is)
}
