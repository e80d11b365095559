//! Why a step of the slow evaluator did not happen.

use dunlin_machine::value::Overflow;

/// What went wrong inside a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A value became too large.
    Overflow,
    /// A value was read that the case does not know.
    Unknown,
    /// No row of a table matches.
    NoRow,
    /// A dated value has no figure for so early a day.
    BeforeFirstRow,
    /// The chain came back to a stage that it had entered.
    EnteredTwice,
    /// `-> last_stage` where no stage came before.
    NoLastStage,
    /// The case would hold more than its bound.
    Bound,
    /// The model does not hold together.
    Broken,
}

/// Why an input was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The input is earlier than the last one.
    Earlier,
    /// Only the machine raises this event.
    OnlyTheMachine,
    /// The event lacks a parameter.
    Missing,
    /// A parameter is not what it must be.
    Wrong(String),
    /// The event speaks of something that the case does not have.
    NotThere(String),
    /// Terms outside the bounds of their plan.
    Bound,
    /// The step failed.
    Fault(Fault),
}

impl From<Overflow> for Fault {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Overflow> for Refusal {
    fn from(_: Overflow) -> Self {
        Self::Fault(Fault::Overflow)
    }
}
