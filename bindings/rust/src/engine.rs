//! The engine as a host calls it: the interpreter, or a compiled module in its place.

use crate::case_input::CaseInput;
use crate::error::Error;
use crate::state::Case;
use crate::strategy::Strategy;
use dunlin_machine::value::Instant;
use dunlin_runtime::Engine;
use dunlin_runtime::fault::Refusal;
use dunlin_runtime::input::{Event, Input};
use dunlin_runtime::outcome::Outcome;

/// Runs cases of one strategy. It holds no case: one serves any number of them, one after another.
pub struct Interpreter<'s> {
    strategy: &'s Strategy,
    engine: Box<dyn Engine + 's>,
}

impl<'s> Interpreter<'s> {
    /// An interpreter of the strategy.
    #[must_use]
    pub fn new(strategy: &'s Strategy) -> Self {
        Self::over(strategy, Box::new(dunlin_runtime::Interpreter::new(strategy.machine())))
    }

    /// The same host over another engine, which runs the strategy's own machine.
    #[must_use]
    pub fn over(strategy: &'s Strategy, engine: Box<dyn Engine + 's>) -> Self {
        Self { strategy, engine }
    }

    /// The strategy.
    #[must_use]
    pub const fn strategy(&self) -> &'s Strategy {
        self.strategy
    }

    /// Opens a case: enters the first stage, and does what is due at once.
    ///
    /// # Errors
    /// [`Error::is_refused`]: the case does not fit the strategy, or a rule failed on opening.
    pub fn open(&mut self, case: &CaseInput, at: Instant) -> Result<(Case, Outcome), Error> {
        let mut outcome = Outcome::default();
        let state = self.engine.open(&case.opening, at, &mut outcome).map_err(|why| self.refused(&why))?;
        Ok((Case::of(state), outcome))
    }

    /// Something happened: an event, and every timer that is due by its instant.
    ///
    /// # Errors
    /// [`Error::is_refused`]; the case is as it was.
    pub fn step(&mut self, case: &mut Case, event: &Event, at: Instant) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        self.step_into(case, Input::Event(event), at, &mut outcome)?;
        Ok(outcome)
    }

    /// Time went by: every timer that is due by then.
    ///
    /// # Errors
    /// As [`Interpreter::step`].
    pub fn advance(&mut self, case: &mut Case, at: Instant) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        self.step_into(case, Input::Advance, at, &mut outcome)?;
        Ok(outcome)
    }

    /// One step that uses the memory of an earlier outcome again.
    ///
    /// # Errors
    /// As [`Interpreter::step`].
    pub fn step_into(
        &mut self,
        case: &mut Case,
        input: Input<'_>,
        at: Instant,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let done = self.engine.step(case.state_mut(), input, at, outcome);
        done.map_err(|why| self.refused(&why))
    }

    fn refused(&self, why: &Refusal) -> Error {
        let words = match why {
            Refusal::Earlier { at, now } => format!(
                "the instant {} is earlier than the case's last one, {}; instants never go back",
                self.strategy.instant_words(*at),
                self.strategy.instant_words(*now)
            ),
            other => other.words(self.strategy.machine()),
        };
        Error::refused(words, matches!(why, Refusal::Earlier { .. }))
    }
}
