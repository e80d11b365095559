//! The faults of a step as numbers: what the global [`super::code::FAULT`] says, and what the host is told.

/// A fault; the numbers are part of the interface and never change. Its argument stands in the global `fault_argument`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// An amount, a number or a date became too large.
    Overflow = 1,
    /// Something was read that this case does not know; the argument is the expression.
    Unknown = 2,
    /// No row of the table matches; the argument is the table.
    NoRow = 3,
    /// A dated value or fee scale has no figure for so early a day; the argument is its name and the day.
    BeforeFirstRow = 4,
    /// The chain came back to a stage; the argument is the stage.
    EnteredTwice = 5,
    /// There is no stage to go back to.
    NoLastStage = 6,
    /// The case would hold more than its bound; the argument says which.
    Bound = 7,
    /// A saved case cannot be read.
    Unreadable = 8,
    /// A saved case belongs to another machine.
    OtherMachine = 9,
}

impl Fault {
    /// Its number.
    pub(super) const fn number(self) -> i32 {
        self as i32
    }
}
