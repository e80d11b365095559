//! A case from its opening to an instant, with a host that wakes it whenever something is due.

use crate::Case;
use crate::engine::Engine;
use crate::fault::{Fault, Refusal};
use crate::input::{Event, Input, Opening};
use crate::outcome::Outcome;
use alloc::vec::Vec;
use dunlin_machine::value::Instant;

/// A case and all that comes for it.
#[derive(Clone, Debug)]
pub struct Life<'a> {
    /// The case.
    pub opening: &'a Opening,
    /// When it opens.
    pub at: Instant,
    /// What happens to it and when, in the order in which the host learns it.
    pub events: Vec<(Instant, &'a Event)>,
    /// How far time goes by.
    pub until: Instant,
}

/// A step of a case's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Instant,
    /// The event, by its position; none where the case opened or time went by.
    pub event: Option<usize>,
}

/// What hears of each step: when it was, and what it told, or why the event was refused.
pub type Hears<'h> = dyn FnMut(Moment, Result<&Outcome, Refusal>) + 'h;

/// Runs a case verb by verb. Before an event, and while time goes by, it is woken at every instant that is due before; at the end
/// also at what is due then.
///
/// # Errors
/// As [`Engine::live`].
pub fn by_steps<E: Engine + ?Sized>(engine: &mut E, life: &Life<'_>, hears: &mut Hears<'_>) -> Result<Case, Refusal> {
    let mut out = Outcome::default();
    let case = engine.open(life.opening, life.at, &mut out)?;
    hears(Moment { at: life.at, event: None }, Ok(&out));
    let mut host = Host { engine, case, out };
    for (n, (at, event)) in life.events.iter().enumerate() {
        host.wake(*at, false, hears)?;
        host.event(n, event, *at, hears);
    }
    if host.case.now < life.until {
        host.wake(life.until, true, hears)?;
    }
    if host.case.now < life.until {
        host.advance(life.until, hears)?;
    }
    Ok(host.case)
}

/// A host of one case.
struct Host<'e, E: ?Sized> {
    engine: &'e mut E,
    case: Case,
    out: Outcome,
}

impl<E: Engine + ?Sized> Host<'_, E> {
    /// Wakes the case at all that is due before an instant, or at it.
    fn wake(&mut self, at: Instant, inclusive: bool, hears: &mut Hears<'_>) -> Result<(), Refusal> {
        while let Some(due) = self.out.next_due.filter(|due| *due < at || (inclusive && *due == at)) {
            self.advance(due.max(self.case.now), hears)?;
            if self.out.next_due == Some(due) {
                return Err(Refusal::Fault(Fault::Broken("what is due does not happen")));
            }
        }
        Ok(())
    }

    fn advance(&mut self, at: Instant, hears: &mut Hears<'_>) -> Result<(), Refusal> {
        self.engine.step(&mut self.case, Input::Advance, at, &mut self.out)?;
        hears(Moment { at, event: None }, Ok(&self.out));
        Ok(())
    }

    /// A refused event leaves the case as it was, and so what is due.
    fn event(&mut self, n: usize, event: &Event, at: Instant, hears: &mut Hears<'_>) {
        let due = self.out.next_due;
        let done = self.engine.step(&mut self.case, Input::Event(event), at, &mut self.out);
        let told = match done {
            Ok(()) => Ok(&self.out),
            Err(why) => {
                self.out.next_due = due;
                Err(why)
            }
        };
        hears(Moment { at, event: Some(n) }, told);
    }
}
