//! A portfolio run through a strategy in virtual time: cases and their events in, rows and a summary out.
//!
//! Stays free of the real clock and of input and output. Cases do not know of each other, so they are shared out among
//! threads, and the result is that of one thread, in the order in which the cases were given.

mod case;
mod summary;

use std::sync::atomic::{AtomicUsize, Ordering};

use dunlin_machine::ir::{Channels, Machine, RuleId, StageId, TextId, ToneId};
use dunlin_machine::value::{Date, Instant, Money};
use dunlin_runtime::Engine;
use dunlin_runtime::input::{Event, Opening};

pub use summary::{DAYS_TO_PAY, Sends, Summary, Totals};

/// A case with everything that will happen to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The case.
    pub opening: Opening,
    /// When it opens.
    pub at: Instant,
    /// Its events, in the order of their time.
    pub events: Vec<TimedEvent>,
}

/// An event and when the host learns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedEvent {
    /// When.
    pub at: When,
    /// What happens.
    pub event: Event,
    /// Where it stands in its table, to say which one was refused.
    pub line: u64,
}

/// When an event comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// On a day: at its first instant in the strategy's zone, or at once where the case is later on that day.
    Day(Date),
    /// At an instant.
    At(Instant),
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// The host's name for it.
    pub id: String,
    /// The currency, by position in the machine's list.
    pub currency: u8,
    /// The stage or outcome that it is in at the end.
    pub stage: StageId,
    /// Whether that is an outcome.
    pub ended: bool,
    /// When it was opened.
    pub opened: Instant,
    /// When it entered the outcome that it is in.
    pub closed: Option<Instant>,
    /// Open principal at the end.
    pub principal: Money,
    /// Interest at the end.
    pub interest: Money,
    /// Open costs at the end.
    pub costs: Money,
    /// Their sum.
    pub balance: Money,
    /// All that was paid and not returned.
    pub paid: Money,
    /// Messages sent.
    pub sends: u32,
    /// Attempts to call.
    pub calls: u32,
    /// Tasks given.
    pub tasks: u32,
    /// The first message or attempt to call.
    pub first_contact: Option<Instant>,
    /// The last one.
    pub last_contact: Option<Instant>,
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectRow {
    /// Its number in its case.
    pub number: u32,
    /// When.
    pub at: Instant,
    /// `send`, `call`, `task` …
    pub kind: &'static str,
    /// The template, script, task, form, kind of cost …, where it has one.
    pub name: Option<TextId>,
    /// Channels that went out together.
    pub channels: Channels,
    /// Its tone.
    pub tone: Option<ToneId>,
    /// The amount of a charge, a waiver or a refund.
    pub amount: Option<Money>,
    /// The stage of the case.
    pub stage: StageId,
    /// The rule that did it.
    pub rule: Option<RuleId>,
}

/// An event that a case refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedEvent {
    /// Where the event stands in its table.
    pub line: u64,
    /// Why, in words.
    pub why: String,
}

/// A case from its opening to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// What became of it.
    pub row: CaseRow,
    /// What was done, in order.
    pub effects: Vec<EffectRow>,
    /// Events that it refused.
    pub refused: Vec<RefusedEvent>,
    /// When payments were booked, in order.
    pub payments: Vec<Instant>,
}

/// Why a case gave no result, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFailed {
    /// The host's name for it.
    pub id: String,
    /// Why.
    pub why: String,
}

/// What became of a portfolio: one entry a case, in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portfolio {
    /// The results.
    pub cases: Vec<Result<CaseResult, CaseFailed>>,
}

/// How many cases a thread takes at a time: enough to make taking them cheap, few enough to end together.
const BLOCK: usize = 32;

/// Runs each case from its opening through its events up to the end of the day `until`, by a punctual host that wakes
/// it at every instant at which something is due.
///
/// `engine` makes one engine for each of `threads` threads; `done` hears of every case that is done, from any thread.
pub fn simulate<E: Engine>(
    machine: &Machine,
    engine: impl Fn() -> E + Sync,
    jobs: &[Job],
    until: Date,
    threads: usize,
    done: impl Fn(usize) + Sync,
) -> Portfolio {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut engine = engine();
        let mut blocks = Vec::new();
        loop {
            let first = next.fetch_add(BLOCK, Ordering::Relaxed);
            let Some(block) = jobs.get(first..).filter(|rest| !rest.is_empty()) else { return blocks };
            let block = &block[..block.len().min(BLOCK)];
            let results: Vec<_> = block.iter().map(|job| case::run(machine, &mut engine, job, until)).collect();
            done(results.len());
            blocks.push((first, results));
        }
    };
    let mut blocks = Vec::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(work)).collect();
        blocks.extend(work());
        for worker in workers {
            match worker.join() {
                Ok(found) => blocks.extend(found),
                // A panic of a thread is a panic of the whole.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    blocks.sort_by_key(|(first, _)| *first);
    Portfolio { cases: blocks.into_iter().flat_map(|(_, results)| results).collect() }
}
