//! A host in virtual time: opens a case, feeds it events, and between them wakes it at every instant at which something
//! is due. It is punctual, unless it is told to be late.

use crate::case_input::CaseInput;
use crate::engine::Interpreter;
use crate::error::Error;
use crate::event_input::EventInput;
use crate::fields::Moment;
use crate::state::Case;
use crate::strategy::Strategy;
use dunlin_machine::value::{Duration, Instant, Unit};
use dunlin_runtime::input::Input;
use dunlin_runtime::outcome::Outcome;

/// A case on its way through virtual time.
pub struct Run<'s> {
    interpreter: Interpreter<'s>,
    case: Case,
    /// Seconds by which it wakes too late.
    late: i64,
    outcome: Outcome,
    next_due: Option<Instant>,
}

/// One step of a run, as it is shown to whoever watches.
pub struct Step<'a> {
    /// When it happened.
    pub at: Instant,
    /// The event; none where time went by.
    pub event: Option<&'a EventInput>,
    /// The case after the step.
    pub case: &'a Case,
    /// What was done, or why the event was refused.
    pub result: Result<&'a Outcome, &'a Error>,
}

/// Whoever watches a run.
pub type Watcher<'w> = dyn FnMut(Step<'_>) + 'w;

impl<'s> Run<'s> {
    /// Opens a case.
    ///
    /// # Errors
    /// [`Error::is_refused`], as [`Interpreter::open`].
    pub fn open(strategy: &'s Strategy, input: &CaseInput, watch: &mut Watcher<'_>) -> Result<Self, Error> {
        Self::open_over(Interpreter::new(strategy), input, watch)
    }

    /// Opens a case with an engine that is there already.
    ///
    /// # Errors
    /// As [`Run::open`].
    pub fn open_over(
        mut interpreter: Interpreter<'s>,
        input: &CaseInput,
        watch: &mut Watcher<'_>,
    ) -> Result<Self, Error> {
        let (case, outcome) = interpreter.open(input, input.at)?;
        watch(Step { at: input.at, event: None, case: &case, result: Ok(&outcome) });
        let next_due = outcome.next_due;
        Ok(Self { interpreter, case, late: 0, outcome, next_due })
    }

    /// Goes on with a case that was saved.
    ///
    /// # Errors
    /// [`Error::is_state`] for a case that the strategy cannot read.
    pub fn resume(strategy: &'s Strategy, case: Case) -> Result<Self, Error> {
        Self::resume_over(Interpreter::new(strategy), case)
    }

    /// Goes on with a saved case with an engine that is there already.
    ///
    /// # Errors
    /// As [`Run::resume`].
    pub fn resume_over(interpreter: Interpreter<'s>, case: Case) -> Result<Self, Error> {
        let strategy = interpreter.strategy();
        let next_due = dunlin_runtime::next_due(strategy.machine(), case.state());
        let next_due = next_due.map_err(|why| Error::state(why.words(strategy.machine()), false))?;
        Ok(Self { interpreter, case, late: 0, outcome: Outcome::default(), next_due })
    }

    /// Makes the host wake each time so much too late.
    ///
    /// # Errors
    /// [`Error::is_input`] for a duration that is not of hours, days or weeks: the others have no fixed length.
    pub fn late_by(&mut self, late: Duration) -> Result<(), Error> {
        let hours = match late.unit() {
            Unit::Hours => 1,
            Unit::Days => 24,
            Unit::Weeks => 7 * 24,
            _ => return Err(Error::failed(format!("a host is late by hours, days or weeks, not by {late}"))),
        };
        self.late = i64::from(late.amount()) * hours * 3600;
        Ok(())
    }

    /// The strategy that it runs.
    #[must_use]
    pub const fn strategy(&self) -> &'s Strategy {
        self.interpreter.strategy()
    }

    /// The case as it stands.
    #[must_use]
    pub const fn case(&self) -> &Case {
        &self.case
    }

    /// The case as it stands, when the run is over.
    #[must_use]
    pub fn into_case(self) -> Case {
        self.case
    }

    /// When something is due next.
    #[must_use]
    pub const fn next_due(&self) -> Option<Instant> {
        self.next_due
    }

    /// The instant of an event: a bare date means the day's first instant, or the case's own if that is later on the day.
    #[must_use]
    pub fn instant_of(&self, moment: Moment) -> Option<Instant> {
        let strategy = self.interpreter.strategy();
        match moment {
            Moment::At(at) => Some(at),
            Moment::Day(day) => {
                let now = self.case.now();
                if strategy.local(now).0 == day { Some(now) } else { strategy.midnight(day) }
            }
        }
    }

    /// Wakes the case until the event comes, and hands it over. A refused event is shown to `watch`, and the run goes on.
    ///
    /// # Errors
    /// [`Error`] where the case cannot be woken, which no sound machine brings about.
    pub fn event(&mut self, event: &EventInput, watch: &mut Watcher<'_>) -> Result<(), Error> {
        let at = self
            .instant_of(event.at)
            .ok_or_else(|| Error::failed("an event lies outside the years that Dunlin can count"))?;
        self.wake_until(at, false, watch)?;
        let done = self.interpreter.step_into(&mut self.case, Input::Event(&event.event), at, &mut self.outcome);
        if done.is_ok() {
            self.next_due = self.outcome.next_due;
        }
        let result = done.as_ref().map(|()| &self.outcome);
        watch(Step { at, event: Some(event), case: &self.case, result });
        Ok(())
    }

    /// Wakes the case at everything that is due up to `at`, and leaves it there.
    ///
    /// # Errors
    /// As [`Run::event`].
    pub fn until(&mut self, at: Instant, watch: &mut Watcher<'_>) -> Result<(), Error> {
        self.wake_until(at, true, watch)?;
        // What a late host has not seen yet must not fire on the way out.
        let rests = self.next_due.is_none_or(|due| due > at);
        if rests && self.case.now() < at {
            self.wake(at, watch)?;
        }
        Ok(())
    }

    fn wake_until(&mut self, at: Instant, inclusive: bool, watch: &mut Watcher<'_>) -> Result<(), Error> {
        while let Some(due) = self.next_due {
            let Ok(wake) = due.add_seconds(self.late) else { break };
            let wake = wake.max(self.case.now());
            if wake > at || (wake == at && !inclusive) {
                break;
            }
            self.wake(wake, watch)?;
            if self.next_due == Some(due) {
                let due = self.interpreter.strategy().instant_words(due);
                return Err(Error::failed(format!(
                    "what is due at {due} does not happen; please report this strategy"
                )));
            }
        }
        Ok(())
    }

    fn wake(&mut self, at: Instant, watch: &mut Watcher<'_>) -> Result<(), Error> {
        self.interpreter.step_into(&mut self.case, Input::Advance, at, &mut self.outcome)?;
        self.next_due = self.outcome.next_due;
        watch(Step { at, event: None, case: &self.case, result: Ok(&self.outcome) });
        Ok(())
    }
}
