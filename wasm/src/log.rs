//! A case's life as a log: many steps in one call (docs/abi.md, "A log of many steps").

use crate::decode;
use crate::error::Error;
use crate::items::Items;
use crate::module::Instance;
use crate::refusals::{self, Handed};
use dunlin_machine::value::Instant;
use dunlin_runtime::fault::{Fault, Refusal};
use dunlin_runtime::life::{Hears, Life, Moment};
use dunlin_runtime::outcome::Outcome;
use dunlin_runtime::{Case, store};
use std::ops::Range;

/// What records say that are no events.
const TIME: i32 = -1;
const OPEN: i32 = -2;
const SAVE: i32 = -4;
/// The most that a module is handed at once.
const ROOM: usize = 262_136;

/// Records one after another: the opening, each event, time up to the end, and the case that is stored then.
pub(crate) struct Log {
    bytes: Vec<u8>,
    /// Where each record begins, and where the last one ends.
    begins: Vec<usize>,
}

impl Log {
    pub(crate) fn of(life: &Life<'_>) -> Self {
        let mut log = Self { bytes: Vec::new(), begins: vec![0] };
        log.record(life.at, OPEN, &Items::opening(life.opening));
        for (at, event) in &life.events {
            log.record(*at, event.event.0.into(), &Items::event(event));
        }
        log.record(life.until, TIME, &[]);
        log.record(life.until, SAVE, &[]);
        log
    }

    fn record(&mut self, at: Instant, what: i32, items: &[u8]) {
        self.bytes.extend(at.seconds().to_le_bytes());
        self.bytes.extend(what.to_le_bytes());
        self.bytes.extend(u32::try_from(items.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.bytes.extend(items);
        self.begins.push(self.bytes.len());
    }

    /// How many records there are.
    fn len(&self) -> usize {
        self.begins.len() - 1
    }

    fn begin(&self, record: usize) -> usize {
        self.begins.get(record).copied().unwrap_or(self.bytes.len())
    }

    /// Whether each of its records can be handed over.
    pub(crate) fn fits(&self) -> bool {
        self.begins.windows(2).all(|ends| matches!(ends, [from, to] if to - from <= ROOM))
    }

    /// As many records from one on as can be handed over at once.
    fn from(&self, record: usize) -> &[u8] {
        let from = self.begin(record);
        let to = self.begins.iter().rev().find(|end| **end <= from + ROOM).copied().unwrap_or(from);
        self.bytes.get(from..to).unwrap_or_default()
    }

    /// The first record that is not done, where so many bytes from one on are.
    fn after(&self, record: usize, bytes: usize) -> usize {
        let end = self.begin(record) + bytes;
        self.begins.iter().position(|begin| *begin >= end).unwrap_or(self.len())
    }
}

/// A step that a log told: what the module says of it, and its place.
struct Step {
    record: usize,
    at: Instant,
    status: i32,
    /// Whether it is what its record says, rather than something that was due before.
    own: bool,
    place: usize,
}

impl Instance<'_> {
    /// Runs a case's life by its log.
    pub(crate) fn live_by_log(&mut self, life: &Life<'_>, log: &Log, hears: &mut Hears<'_>) -> Result<Case, Refusal> {
        let (mut done, mut out, mut now) = (0, Outcome::default(), life.at);
        loop {
            let (steps, after) = self.run_log(log, done)?;
            let stuck = after == done && steps.is_empty();
            for step in &steps {
                if step.record + 1 == log.len() && step.own {
                    return self.stored(step.place);
                }
                self.hear(life, step, &mut now, &mut out, hears)?;
            }
            if stuck || after >= log.len() {
                return self.whole(Err(Error::NotOurs("run")));
            }
            done = after;
        }
    }

    /// Hands over the records from one on; gives the steps, and the first record that is not done.
    fn run_log(&mut self, log: &Log, first: usize) -> Result<(Vec<Step>, usize), Refusal> {
        let done = self.running().and_then(|running| {
            running.holds = None;
            let bytes = running.run(log.from(first))?;
            let after = log.after(first, bytes);
            let (at, memory) = running.steps()?;
            let found = decode::steps(at, memory).ok_or(Error::NotOurs("steps"))?;
            Ok((steps(&found, first..after), after))
        });
        self.whole(done)
    }

    /// Says what a step told. Of what is refused only events are said: the rest ends the case's life.
    fn hear(
        &mut self,
        life: &Life<'_>,
        step: &Step,
        now: &mut Instant,
        out: &mut Outcome,
        hears: &mut Hears<'_>,
    ) -> Result<(), Refusal> {
        let event = step.record.checked_sub(1).filter(|_| step.own).filter(|n| *n < life.events.len());
        let moment = Moment { at: step.at, event };
        if step.status != 0 {
            let given = event.and_then(|n| life.events.get(n));
            let opening = if step.record == 0 { Handed::Opening(life.opening) } else { Handed::Nothing };
            let handed = given.map_or(opening, |(_, event)| Handed::Event(event));
            let why = self.refusal_at(step.place, step.status, handed, (step.at, *now))?;
            return given.map_or(Err(why.clone()), |_| {
                hears(moment, Err(why));
                Ok(())
            });
        }
        let due = out.next_due;
        self.tell_at(Some(step.place), out)?;
        if !step.own && due.is_some() && out.next_due == due {
            return Err(Refusal::Fault(Fault::Broken("what is due does not happen")));
        }
        if !out.already_taken {
            *now = step.at;
        }
        hears(moment, Ok(out));
        Ok(())
    }

    fn refusal_at(
        &mut self,
        place: usize,
        status: i32,
        handed: Handed<'_>,
        instants: (Instant, Instant),
    ) -> Result<Refusal, Refusal> {
        let machine = self.machine;
        let about = self.running().map(|running| decode::about(place, running.memory()).unwrap_or(0));
        Ok(refusals::refusal(machine, handed, (status, self.whole(about)?), instants))
    }

    /// The case that a step stored.
    fn stored(&mut self, place: usize) -> Result<Case, Refusal> {
        let saved = self.running().and_then(|running| {
            let saved = decode::saved(place, running.memory()).ok_or(Error::NotOurs("steps"))?.to_vec();
            running.holds = Some(saved.clone());
            Ok(saved)
        });
        let saved = self.whole(saved)?;
        store::restore_with(self.machine, self.hash, &saved)
    }
}

/// The steps of records that were handed over at once, those from the first to before the last one done.
fn steps(found: &[decode::Step], records: Range<usize>) -> Vec<Step> {
    let last = |n: usize, record: usize| found.get(n + 1).is_none_or(|next| next.record != record);
    let step = |(n, step): (usize, &decode::Step)| {
        let record = records.start + step.record;
        let own = record < records.end && last(n, step.record);
        Step { record, at: step.at, status: step.status, own, place: step.place }
    };
    found.iter().enumerate().map(step).collect()
}
