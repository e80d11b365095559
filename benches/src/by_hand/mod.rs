//! `benches/consumer.dun` as a competent engineer would write it by hand: one plain struct, `match` over stages, whole
//! numbers, fixed room, nothing allocated in a step. It is what the interpreter is measured against, and it must do the
//! same, which `crate::agreement` checks.
//!
//! What it leaves out: the trace (which rule, which values it read, what was held back and why) and the copy to go back to
//! when a step fails; an engineer who knows the numbers checks an event before taking it up.

pub mod case;
mod contact;
mod days;
mod events;
mod ledger;
pub mod list;
pub mod outcome;
mod plan;
mod stages;
mod timers;

use case::{Case, Channels, Claim, Owner, Place, Segment, Stage};
use days::{Fault, begin};
use dunlin_machine::value::{Date, Instant, Zone};
use list::List;
use outcome::{Answer, Effect, Event, Outcome, Told};

/// The strategy.
#[derive(Clone, Debug)]
pub struct Strategy {
    /// Europe/Berlin.
    pub zone: Zone,
}

/// A case as it opens.
#[derive(Clone, Debug)]
pub struct Opening {
    /// When.
    pub at: Instant,
    /// Principal in minor units and due date of each claim; the first is number 0.
    pub claims: Vec<(i64, Date)>,
    /// Channels with an address.
    pub reachable: Channels,
    /// Channels that the person consents to.
    pub consent: Channels,
    /// How the creditor ranks the customer.
    pub segment: Segment,
    /// 0 to 100.
    pub score: i64,
}

/// What the case raises itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Raised {
    #[default]
    Settled,
    PromiseKept,
    PromiseBroken,
    Unreachable,
    PlanMissed,
    PlanBreached,
    PlanCompleted,
    TaskOverdue,
}

/// A step in progress.
struct Step<'a> {
    rules: &'a Strategy,
    case: &'a mut Case,
    out: &'a mut Outcome,
    /// What was raised and is not delivered yet.
    queue: List<Raised, 8>,
    /// Whether it was said in this chain that nobody can be reached.
    unreachable: bool,
    /// Whose body runs, and which run of it.
    owner: Owner,
    run: u32,
    /// Interest to today, while the account does not change.
    interest: Option<i64>,
}

impl Strategy {
    /// Opens a case.
    pub fn open(&self, opening: &Opening, out: &mut Outcome) -> Option<Case> {
        out.clear();
        let mut case = self.new_case(opening)?;
        let mut step = self.start(&mut case, out);
        step.enter(None, Stage::Reminder).ok()?;
        step.follow().ok()?;
        step.fire_due().ok()?;
        Some(case)
    }

    fn new_case(&self, opening: &Opening) -> Option<Case> {
        let now = opening.at;
        let (today, _) = self.zone.local(now);
        let mut claims = List::default();
        for (id, (principal, due)) in (0u8..).zip(&opening.claims) {
            let (principal, due) = (*principal, *due);
            let next = ledger::first_interest_day(due).ok()?;
            claims.push(Claim { id, principal, interest: 0, next, due, disputed: false, fresh: true });
        }
        let first = today.end_of_month().add_days(1).ok()?;
        Some(Case {
            now,
            today,
            next_effect: 1,
            events: 1,
            runs: 0,
            recent: List::default(),
            segment: opening.segment,
            score: opening.score,
            rounds: 0,
            reachable: opening.reachable,
            consent: opening.consent,
            barred: 0,
            attempts: [None; 3],
            spoke: None,
            claims,
            costs: List::default(),
            payments: List::default(),
            paid: 0,
            place: Place::nowhere(now),
            before: None,
            dispute: false,
            hardship: None,
            held_since: None,
            stopped: List::default(),
            waiting: List::default(),
            tasks: List::default(),
            calls: List::default(),
            promise: None,
            plan: None,
            agreed: 0,
            messages: List::default(),
            deadline: None,
            served_on: None,
            settled: false,
            moved_by_past_date: None,
            report_due: begin(&self.zone, first).ok()?,
            report_events: 0,
        })
    }

    fn start<'a>(&'a self, case: &'a mut Case, out: &'a mut Outcome) -> Step<'a> {
        let (queue, owner) = (List::default(), Owner::Stage);
        Step { rules: self, case, out, queue, unreachable: false, owner, run: 0, interest: None }
    }

    /// Takes one event, or lets time go by.
    pub fn step(&self, case: &mut Case, event: Option<&Event>, at: Instant, out: &mut Outcome) -> Answer {
        out.clear();
        if let Some(id) = event.and_then(|e| e.id)
            && case.recent.as_slice().contains(&id)
        {
            out.next_due = self.start(case, out).earliest_timer().map(|(due, _)| due);
            return Answer::AlreadyTaken;
        }
        if at < case.now {
            return Answer::Refused;
        }
        let before = (case.now, case.today);
        (case.now, case.today) = (at, self.zone.local(at).0);
        let mut step = self.start(case, out);
        let done = match event {
            Some(event) => step.take(event),
            None => Ok(true),
        };
        match done.and_then(|taken| if taken { step.fire_due().map(|()| true) } else { Ok(false) }) {
            Ok(true) => Answer::Done,
            Ok(false) | Err(Fault) => {
                (case.now, case.today) = before;
                Answer::Refused
            }
        }
    }
}

impl Step<'_> {
    /// Takes an event; gives whether it was taken.
    fn take(&mut self, event: &Event) -> Result<bool, Fault> {
        let Some(checked) = self.check(&event.what) else { return Ok(false) };
        if let Some(id) = event.id {
            self.case.recent.push_over(id);
        }
        self.take_up(event, checked)?;
        self.complete_plan();
        self.deliver(&event.what)?;
        self.follow()?;
        Ok(true)
    }

    /// Fires every timer that is due, the earliest first.
    fn fire_due(&mut self) -> Result<(), Fault> {
        loop {
            let next = self.earliest_timer();
            self.out.next_due = next.map(|(due, _)| due);
            let Some((due, timer)) = next.filter(|(due, _)| *due <= self.case.now) else { return Ok(()) };
            self.unreachable = false;
            self.fire(timer, due)?;
            self.follow()?;
        }
    }

    /// What was raised, the plan, `as soon as`, and whether the claim is settled, until nothing happens any more.
    fn follow(&mut self) -> Result<(), Fault> {
        loop {
            self.drain()?;
            if self.plan_goes_on()? || self.as_soon_as()? {
                continue;
            }
            let settled = self.balance() <= 1_00;
            let was = core::mem::replace(&mut self.case.settled, settled);
            if !settled || was {
                return Ok(());
            }
            self.raise(Raised::Settled);
        }
    }

    fn drain(&mut self) -> Result<(), Fault> {
        while !self.queue.is_empty() {
            let raised = self.queue.remove(0);
            self.deliver_raised(raised)?;
        }
        Ok(())
    }

    /// A last demand for less than 10 EUR is not worth it.
    fn as_soon_as(&mut self) -> Result<bool, Fault> {
        let place = &self.case.place;
        if place.stage != Stage::LastDemand || place.acted || self.balance() >= 10_00 {
            return Ok(false);
        }
        self.case.place.acted = true;
        self.body(Owner::Stage, |step| step.go(Stage::Uneconomic))?;
        Ok(true)
    }

    fn raise(&mut self, raised: Raised) {
        self.queue.push(raised);
    }

    /// Runs what a rule does.
    fn body(&mut self, owner: Owner, act: impl FnOnce(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        let before = (self.owner, self.run);
        self.case.runs += 1;
        (self.owner, self.run) = (owner, self.case.runs);
        let done = act(self);
        (self.owner, self.run) = before;
        done
    }

    /// Hands an effect to the host; gives its number.
    fn tell(&mut self, effect: Effect) -> u32 {
        let number = self.case.next_effect;
        self.case.next_effect += 1;
        let statement = self.statement();
        self.out.effects.push(Told { number, effect, statement });
        number
    }
}
