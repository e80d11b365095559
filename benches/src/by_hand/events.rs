//! Events by hand: what makes one refused, what it does by itself, and which rule takes it.

use super::case::{Channels, Owner, PHONE, Promise, Segment, Stage, Template, Work};
use super::days::{Fault, begin};
use super::outcome::{Effect, Event, Happening, Report};
use super::{Raised, Step};
use dunlin_machine::value::Date;

/// What of an event only the case knows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Checked {
    /// Nothing.
    Plain,
    /// The amount of a promise.
    Amount(i64),
    /// The day of a plan.
    Day(u8),
    /// The position of a task.
    Task(usize),
}

impl Step<'_> {
    /// What the event needs of the case; none where it is refused.
    pub(super) fn check(&mut self, what: &Happening) -> Option<Checked> {
        let plain = |right: bool| right.then_some(Checked::Plain);
        match *what {
            Happening::Payment { amount, .. } | Happening::CostsSet { amount } => plain(amount > 0),
            Happening::PaymentReturned { of, .. } => {
                plain(self.case.payments.as_slice().iter().any(|p| p.id == Some(of) && !p.returned))
            }
            Happening::Promise { amount, .. } => {
                let amount = amount.unwrap_or_else(|| self.balance());
                (amount > 0).then_some(Checked::Amount(amount))
            }
            Happening::Dispute { claim } | Happening::DisputeResolved { claim, .. } => plain(self.has_claim(claim)),
            Happening::ClaimAdded { id, principal, .. } => {
                plain(principal > 0 && !self.has_claim(Some(id)) && self.case.claims.len() < super::case::CLAIMS)
            }
            Happening::ClaimReduced { amount, claim } => plain(amount > 0 && self.has_claim(claim)),
            Happening::PlanAccepted { amount, day } => self.admits_terms(amount, day).map(Checked::Day),
            Happening::TaskDone(work) => {
                self.case.tasks.as_slice().iter().position(|t| t.work == work).map(Checked::Task)
            }
            Happening::Score(score) => plain((0..=100).contains(&score)),
            _ => Some(Checked::Plain),
        }
    }

    fn has_claim(&self, claim: Option<u8>) -> bool {
        claim.is_none_or(|id| self.case.claims.as_slice().iter().any(|c| c.id == id))
    }

    /// What an event does before any rule sees it.
    pub(super) fn take_up(&mut self, event: &Event, checked: Checked) -> Result<(), Fault> {
        match event.what {
            Happening::Payment { amount, on } => self.pay(event.id, amount, on)?,
            Happening::PaymentReturned { of, fee } => self.return_payment(of, fee)?,
            Happening::Promise { by, .. } => {
                let Checked::Amount(amount) = checked else { return Err(Fault) };
                let over = begin(&self.rules.zone, by.add_days(1)?)?;
                self.case.promise = Some(Promise { amount, on: self.case.today, by, over, paid: 0 });
            }
            Happening::Dispute { claim } => self.dispute(claim, true),
            Happening::DisputeResolved { claim, .. } => self.dispute(claim, false),
            Happening::ClaimAdded { id, principal, due } => self.add_claim(id, principal, due)?,
            Happening::ClaimReduced { amount, claim } => self.reduce(amount, claim)?,
            Happening::PlanAccepted { amount, .. } => {
                let Checked::Day(day) = checked else { return Err(Fault) };
                self.agree(amount, day);
            }
            Happening::PlanDeclined => self.decline_plan(),
            Happening::TaskDone(_) => {
                let Checked::Task(at) = checked else { return Err(Fault) };
                self.case.tasks.remove(at);
            }
            Happening::Served { on } => self.case.served_on = on.or(Some(self.case.today)),
            Happening::CostsSet { amount } => self.book_cost(super::case::Kind::Court, amount),
            Happening::WaivedCosts => self.waive_costs(),
            Happening::WaivedInterest => self.waive_interest()?,
            Happening::DeadlineExtended { until } => {
                let (day, set) = (Some(until), self.case.now);
                self.case.deadline = Some(super::case::Deadline { day, set, effect: 0 });
            }
            Happening::Segment(segment) => self.set_segment(segment),
            Happening::Score(score) => self.case.score = score,
            _ => self.take_contact(&event.what)?,
        }
        Ok(())
    }

    /// What events say of the debtor's channels.
    fn take_contact(&mut self, what: &Happening) -> Result<(), Fault> {
        let case = &mut *self.case;
        match *what {
            Happening::Contacted => self.log_attempt(),
            Happening::Conversation { channel } => self.take_conversation(channel),
            Happening::WrongParty { channel } => case.barred |= channel,
            Happening::ConsentGiven { channel } => {
                case.consent |= channel;
                case.barred &= !channel;
            }
            Happening::ConsentWithdrawn { channel } => {
                case.consent &= !channel;
                case.barred |= channel;
            }
            Happening::AddressLost { channel } => case.reachable &= !channel,
            Happening::AddressFound { channel } => {
                case.reachable |= channel;
                case.barred &= !channel;
            }
            Happening::CeaseContact => case.barred = Channels::MAX,
            Happening::Bounced { channel, effect } => {
                case.barred |= channel;
                self.bounce(effect, channel)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn take_conversation(&mut self, channel: Channels) {
        if channel == PHONE {
            self.case.spoke = Some(self.case.today);
            self.case.calls.clear();
        }
    }

    fn set_segment(&mut self, segment: Segment) {
        self.case.segment = segment;
    }

    fn dispute(&mut self, claim: Option<u8>, disputed: bool) {
        for c in self.case.claims.as_mut_slice() {
            let meant = match claim {
                Some(id) => c.id == id,
                None => !disputed || c.principal > 0,
            };
            if meant {
                c.disputed = disputed;
            }
        }
    }

    /// Counts a payment for the open promise.
    pub(super) fn count_for_promise(&mut self, amount: i64, on: Date) {
        let Some(promise) = &mut self.case.promise else { return };
        if (promise.on..=promise.by).contains(&on) {
            promise.paid += amount;
            if promise.paid >= promise.amount {
                self.case.promise = None;
                self.raise(Raised::PromiseKept);
            }
        }
    }

    /// A returned payment counts no more for it.
    pub(super) fn uncount_for_promise(&mut self, amount: i64, on: Date) {
        if let Some(promise) = &mut self.case.promise
            && (promise.on..=promise.by).contains(&on)
        {
            promise.paid = (promise.paid - amount).max(0);
        }
    }

    // Rules.

    /// Lets the rules see an event of the host.
    pub(super) fn deliver(&mut self, what: &Happening) -> Result<(), Fault> {
        self.case.events += 1;
        self.answer_came(what);
        let stage = self.case.place.stage;
        if stage.is_outcome() {
            return match (stage, what) {
                (Stage::Paid, Happening::PaymentReturned { .. }) => self.body(Owner::Stage, Step::go_back),
                _ => Ok(()),
            };
        }
        match what {
            Happening::Recalled => self.body(Owner::Always, |step| step.go(Stage::Withdrawn)),
            Happening::Dispute { .. } => self.body(Owner::Always, |step| {
                step.hold_for_dispute();
                step.open_task(Work::CheckDispute)
            }),
            Happening::DisputeResolved { upheld, .. } => self.dispute_resolved(*upheld),
            Happening::Hardship => self.body(Owner::Always, |step| {
                step.hold_for_hardship()?;
                step.open_task(Work::CheckHardship)
            }),
            Happening::HardshipEnded if self.case.hardship.is_some() => self.body(Owner::Always, |step| {
                step.case.hardship = None;
                step.hold_ended()
            }),
            _ => self.deliver_to_stage(stage, what),
        }
    }

    /// An answer that came needs no alarm.
    fn answer_came(&mut self, what: &Happening) {
        let answers = matches!(
            (self.case.place.stage, what),
            (Stage::Court, Happening::Served { .. })
                | (Stage::Order, Happening::TitleIssued)
                | (Stage::Litigation, Happening::Judgment)
        );
        if answers {
            self.case.place.timers[0].due = super::case::NEVER;
        }
    }

    fn dispute_resolved(&mut self, upheld: bool) -> Result<(), Fault> {
        if !self.case.dispute {
            return Ok(());
        }
        if upheld {
            return self.body(Owner::Always, |step| step.go(Stage::Withdrawn));
        }
        if self.case.claims.as_slice().iter().any(|c| c.disputed) {
            return Ok(());
        }
        self.body(Owner::Always, |step| {
            step.case.dispute = false;
            step.hold_ended()
        })
    }

    fn deliver_to_stage(&mut self, stage: Stage, what: &Happening) -> Result<(), Fault> {
        let to = match (stage, what) {
            (Stage::LastDemand, Happening::TaskDone(Work::FindAddress)) => Stage::LastDemand,
            (Stage::FinalCall, Happening::TaskDone(Work::ReviewFile)) => Stage::Court,
            (Stage::Promised | Stage::Instalments, Happening::PlanAccepted { .. }) => Stage::Instalments,
            (Stage::Court, Happening::Served { .. }) => Stage::Waiting,
            (Stage::Court | Stage::Waiting, Happening::Objection) => Stage::Litigation,
            (Stage::Order, Happening::TitleIssued) => Stage::Enforcement,
            (Stage::Order, Happening::Opposition) => Stage::Litigation,
            (Stage::Litigation, Happening::ClaimWithdrawn) => Stage::Withdrawn,
            (Stage::Litigation, Happening::Judgment) => Stage::Enforcement,
            (Stage::Enforcement, Happening::EnforcementFailed) => Stage::LongTerm,
            (before, Happening::Promise { .. }) if before.is_before_court() => Stage::Promised,
            (before, Happening::PlanAccepted { .. }) if before.is_before_court() => Stage::Instalments,
            (before, Happening::PlanRequested) if before.is_before_court() => {
                return self.body(Owner::Stage, Step::offer_plan);
            }
            _ => return Ok(()),
        };
        self.body(Owner::Stage, |step| step.go(to))
    }

    /// Lets the rules see what the case raised itself.
    pub(super) fn deliver_raised(&mut self, raised: Raised) -> Result<(), Fault> {
        self.case.events += 1;
        let stage = self.case.place.stage;
        match (raised, stage) {
            (_, outcome) if outcome.is_outcome() => Ok(()),
            (Raised::Settled, _) => self.body(Owner::Always, |step| step.go(Stage::Paid)),
            (Raised::PromiseKept, Stage::Promised) => self.body(Owner::Stage, Step::go_back),
            (Raised::PromiseBroken, Stage::Promised) => self.body(Owner::Stage, |step| step.go(Stage::LastDemand)),
            (Raised::PlanBreached, Stage::Instalments) => self.body(Owner::Stage, |step| {
                step.send(Template::PlanCancelled)?;
                step.tell(Effect::Report(Report::PlanBroken));
                step.go(Stage::LastDemand)
            }),
            (Raised::Unreachable, Stage::LastDemand) => {
                self.body(Owner::Stage, |step| step.open_task(Work::FindAddress))
            }
            _ => Ok(()),
        }
    }
}
