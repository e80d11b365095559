//! A module as an engine: the same cases and outcomes as the interpreter's.

use crate::decode;
use crate::error::Error;
use crate::items::Items;
use crate::log::Log;
use crate::module::Instance;
use crate::refusals::{self, Handed};
use dunlin_machine::value::Instant;
use dunlin_runtime::case::Case;
use dunlin_runtime::fault::{Fault, Refusal};
use dunlin_runtime::input::{Input, Opening};
use dunlin_runtime::life::{self, Hears, Life};
use dunlin_runtime::outcome::Outcome;
use dunlin_runtime::{Engine, store};

impl Engine for Instance<'_> {
    fn open(&mut self, opening: &Opening, at: Instant, out: &mut Outcome) -> Result<Case, Refusal> {
        out.clear();
        let items = Items::opening(opening);
        let done = self.running().and_then(|running| {
            running.holds = None;
            running.open(&items, at.seconds())
        });
        let status = self.whole(done)?;
        self.ended(status, Handed::Opening(opening), (at, at))?;
        self.tell_at(None, out)?;
        self.case()
    }

    fn step(&mut self, case: &mut Case, input: Input<'_>, at: Instant, out: &mut Outcome) -> Result<(), Refusal> {
        out.clear();
        let before = store::save(case)?;
        let now = case.now;
        self.hold(&before)?;
        let (done, handed) = match input {
            Input::Advance => (self.running().and_then(|running| running.advance(at.seconds())), Handed::Nothing),
            Input::Event(event) => {
                let (number, items) = (i32::from(event.event.0), Items::event(event));
                let done = self.running().and_then(|running| running.step(number, &items, at.seconds()));
                (done, Handed::Event(event))
            }
        };
        let status = self.whole(done)?;
        self.ended(status, handed, (at, now))?;
        self.tell_at(None, out)?;
        *case = self.case()?;
        Ok(())
    }

    fn live(&mut self, life: &Life<'_>, hears: &mut Hears<'_>) -> Result<Case, Refusal> {
        let log = Log::of(life);
        if log.fits() { self.live_by_log(life, &log, hears) } else { life::by_steps(self, life, hears) }
    }
}

impl Instance<'_> {
    /// What a call gave; one that stopped in the middle leaves an instance that is not used again.
    pub(crate) fn whole<T>(&mut self, done: Result<T, Error>) -> Result<T, Refusal> {
        done.map_err(|_| {
            self.give_up();
            Refusal::Fault(Fault::Broken("the module stopped in the middle of a step"))
        })
    }

    /// Puts a case into the module's memory, unless it lies there.
    fn hold(&mut self, saved: &[u8]) -> Result<(), Refusal> {
        let done = self.running().and_then(|running| {
            if running.holds.as_deref() == Some(saved) {
                return Ok(0);
            }
            running.holds = None;
            let status = running.restore(saved)?;
            running.holds = (status == 0).then(|| saved.to_vec());
            Ok(status)
        });
        match self.whole(done)? {
            0 => Ok(()),
            9 => Err(Refusal::OtherMachine),
            _ => Err(Refusal::Unreadable("it is cut short or was changed")),
        }
    }

    fn ended(&mut self, status: i32, handed: Handed<'_>, instants: (Instant, Instant)) -> Result<(), Refusal> {
        if status == 0 {
            return Ok(());
        }
        let told = self.running().and_then(|running| running.told().map(|(at, memory)| decode::about(at, memory)));
        let about = self.whole(told)?.unwrap_or(0);
        Err(refusals::refusal(self.machine, handed, (status, about), instants))
    }

    /// What the module told: at a position, or with its latest verb.
    pub(crate) fn tell_at(&mut self, place: Option<usize>, out: &mut Outcome) -> Result<(), Refusal> {
        let machine = self.machine;
        let words = |failed: decode::Failed| refusals::fault(failed.why, failed.about).words(machine);
        let told = self.running().and_then(|running| {
            let (at, memory) = match place {
                Some(place) => (place, running.memory()),
                None => running.told()?,
            };
            decode::outcome(at, memory, &words, out).ok_or(Error::NotOurs("outcome"))
        });
        self.whole(told)
    }

    /// The case in the module's memory.
    fn case(&mut self) -> Result<Case, Refusal> {
        let saved = self.running().and_then(|running| {
            let saved = running.save()?;
            running.holds = Some(saved.clone());
            Ok(saved)
        });
        let saved = self.whole(saved)?;
        store::restore_with(self.machine, self.hash, &saved)
    }
}
