//! What a case brings that was worked elsewhere before it came here (semantics, section 7).

use crate::case::Attempt;
use crate::fault::{Fault, Refusal};
use crate::input::{Opening, PaymentGiven, PlanGiven, SentGiven};
use crate::run::Run;
use crate::take::{Taken, mark_of, not_there, wrong};
use alloc::vec::Vec;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::Machine;
use dunlin_machine::value::{Date, Instant};

/// Whether what a case says of its past can be so.
pub(crate) fn check(machine: &Machine, opening: &Opening, at: Instant) -> Result<(), Refusal> {
    let zone = machine.zones.first().ok_or(Fault::Broken("there is no time zone"))?;
    let (today, _) = zone.local(at);
    if let Some(id) = opening.stage {
        let stage = machine.stages.get(id.index()).ok_or_else(|| not_there("stage", "of that number"))?;
        if stage.outcome {
            return Err(wrong("stage", "a stage, not an outcome"));
        }
    } else if opening.entered.is_some() {
        return Err(wrong("entered", "nothing where no stage is given"));
    }
    for (field, day) in [("entered", opening.entered), ("title", opening.titled_on), ("served", opening.served)] {
        if day.is_some_and(|day| day > today) {
            return Err(wrong(field, "a day that is not after the opening"));
        }
    }
    opening.sent.iter().try_for_each(|sent| check_sent(machine, opening, sent, at))?;
    for payment in &opening.payments {
        if payment.amount <= 0 {
            return Err(wrong("payments.amount", "an amount of more than nothing"));
        }
        if payment.on > today {
            return Err(wrong("payments.on", "a day that is not after the opening"));
        }
        let same = |other: &&PaymentGiven| other.id.is_some() && other.id == payment.id;
        if opening.payments.iter().filter(same).count() > 1 {
            return Err(wrong("payments.id", "different for each payment"));
        }
    }
    opening.plan.as_ref().map_or(Ok(()), |plan| check_plan(machine, plan, today))
}

fn check_plan(machine: &Machine, given: &PlanGiven, today: Date) -> Result<(), Refusal> {
    let form = machine.plans.get(given.plan.index()).ok_or_else(|| not_there("plan", "of that number"))?;
    if given.amount <= 0 {
        return Err(wrong("plan.amount", "an amount of more than nothing"));
    }
    if given.since.is_some_and(|since| since > today) {
        return Err(wrong("plan.since", "a day that is not after the opening"));
    }
    let allowed = |day: u8| (1..=31).contains(&day) && (form.due_on.is_empty() || form.due_on.contains(&day));
    if given.day.is_some_and(|day| !allowed(day)) {
        return Err(wrong("plan.day", "one of the days of the month that the plan allows"));
    }
    Ok(())
}

fn check_sent(machine: &Machine, opening: &Opening, sent: &SentGiven, at: Instant) -> Result<(), Refusal> {
    let known = sent.channels.iter().all(|c| usize::from(c.0) < machine.channels.len());
    if sent.channels.is_empty() || !known {
        return Err(wrong("sent.channel", "a channel of the strategy"));
    }
    if sent.template.index() >= machine.templates.len() {
        return Err(not_there("message", "of that number"));
    }
    if usize::from(sent.person) >= opening.persons.len() {
        return Err(not_there("debtor", "of that number"));
    }
    if sent.at > at { Err(wrong("sent.at", "an instant that is not after the opening")) } else { Ok(()) }
}

impl Run<'_> {
    /// Takes up messages, service, payments and a plan that came before.
    pub(crate) fn bring(&mut self, opening: &Opening) -> Result<(), Fault> {
        let mut sent: Vec<&SentGiven> = opening.sent.iter().collect();
        sent.sort_by_key(|sent| sent.at);
        for sent in sent {
            self.bring_message(sent)?;
        }
        if let Some(on) = opening.served {
            self.bring_service(on)?;
        }
        // What has a title or was served was demanded before.
        if opening.titled || opening.titled_on.is_some() || opening.served.is_some() {
            self.name_all_claims();
        }
        let mut payments: Vec<&PaymentGiven> = opening.payments.iter().collect();
        payments.sort_by_key(|payment| payment.on);
        match opening.plan {
            Some(plan) => self.bring_plan(plan, &payments),
            None => self.bring_payments(&payments),
        }
    }

    fn name_all_claims(&mut self) {
        for claim in self.case.claims_mut() {
            claim.fresh = false;
        }
    }

    /// Payments are booked by their days, and are on record as what happened last.
    fn bring_payments(&mut self, payments: &[&PaymentGiven]) -> Result<(), Fault> {
        for payment in payments {
            self.pay(payment.amount, payment.on, payment.id.as_deref().map(mark_of), None)?;
            let mut event = Taken::of(Happening::Payment.id());
            let day = i64::from(payment.on.days());
            for (param, value) in [("amount", payment.amount), ("on", day)] {
                let place = Happening::Payment.param(param).and_then(|at| event.args.get_mut(at));
                *place.ok_or(Fault::Broken("a payment has no amount or day"))? = Some(value);
            }
            self.note_event(&event);
        }
        Ok(())
    }

    /// A plan that runs became active on its day, as the account stood then.
    fn bring_plan(&mut self, given: PlanGiven, payments: &[&PaymentGiven]) -> Result<(), Fault> {
        self.start_vars()?;
        let until = given.since.unwrap_or(self.today);
        let (before, after) =
            payments.split_at_checked(payments.partition_point(|p| p.on <= until)).unwrap_or_default();
        self.bring_payments(before)?;
        let opening = core::mem::replace(&mut self.today, until);
        self.work.interest_today = None;
        let agreed = self.agree_before(given);
        self.today = opening;
        self.work.interest_today = None;
        agreed?;
        self.bring_payments(after)?;
        self.pass_over_past_instalments()
    }

    /// It counts as sent and as an attempt, and named every claim that the case brings.
    fn bring_message(&mut self, sent: &SentGiven) -> Result<(), Fault> {
        let day = self.local_day(sent.at);
        self.count_sent(sent.template, day);
        let attempt = Attempt { at: sent.at, day, channels: sent.channels };
        self.log_attempt_of(usize::from(sent.person), attempt)?;
        self.name_all_claims();
        Ok(())
    }

    fn bring_service(&mut self, on: Date) -> Result<(), Fault> {
        let mut served = Taken::of(Happening::Served.id());
        let place = Happening::Served.param("on").and_then(|at| served.args.get_mut(at));
        *place.ok_or(Fault::Broken("what is served has no day"))? = Some(i64::from(on.days()));
        self.note_event(&served);
        Ok(())
    }
}
