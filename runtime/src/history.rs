//! What a case brings that was worked elsewhere before it came here (semantics, section 7).

use crate::case::Attempt;
use crate::fault::{Fault, Refusal};
use crate::input::{Opening, SentGiven};
use crate::run::Run;
use crate::take::{Taken, not_there, wrong};
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
    opening.sent.iter().try_for_each(|sent| check_sent(machine, opening, sent, at))
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
    /// Takes up messages and service that came before.
    pub(crate) fn bring(&mut self, opening: &Opening) -> Result<(), Fault> {
        let mut sent: Vec<&SentGiven> = opening.sent.iter().collect();
        sent.sort_by_key(|sent| sent.at);
        for sent in sent {
            self.bring_message(sent)?;
        }
        match opening.served {
            Some(on) => self.bring_service(on),
            None => Ok(()),
        }
    }

    /// It counts as sent and as an attempt, and named every claim that the case brings.
    fn bring_message(&mut self, sent: &SentGiven) -> Result<(), Fault> {
        let day = self.local_day(sent.at);
        self.count_sent(sent.template, day);
        let attempt = Attempt { at: sent.at, day, channels: sent.channels };
        self.log_attempt_of(usize::from(sent.person), attempt)?;
        for claim in &mut self.case.ledger.claims {
            claim.fresh = false;
        }
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
