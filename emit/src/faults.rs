//! The faults of a step as numbers: what the global [`super::code::FAULT`] says, and what the host is told.

/// A fault; the numbers are part of the interface and never change. Its argument stands in the global `fault_about`.
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
    /// The case would hold more than its bound; the argument is the bound times 65,536, and a [`Bound`].
    Bound = 7,
    /// A saved case cannot be read.
    Unreadable = 8,
    /// A saved case belongs to another machine.
    OtherMachine = 9,
    /// Something is missing; the argument is the position of a parameter, or a field of the input.
    Missing = 10,
    /// Something is not what it must be; the argument is the position or field, and 65,536 times an [`Expected`].
    Wrong = 11,
    /// Something is named that the case or the machine does not have; the argument is a [`Thing`].
    NotThere = 12,
    /// The machine has no event of that number.
    NoSuchEvent = 13,
    /// Only the machine raises this event.
    OnlyTheMachine = 14,
    /// The input is earlier than the last one.
    Earlier = 15,
    /// What was handed over is no row of items.
    Malformed = 16,
}

/// What there may be only so many of in a case: the lower 16 bits of what [`Fault::Bound`] is about; those above say how many.
/// A host says "a case holds at most so many" and the words here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// `things of one kind`
    Things = 0,
    /// `claims`
    Claims = 1,
    /// `debtors`
    Debtors = 2,
    /// `kinds of costs`
    CostKinds = 3,
    /// `holds at one time`
    Holds = 4,
    /// `attempts to reach one debtor`
    Attempts = 5,
    /// `time zones of one debtor`
    Zones = 6,
    /// `times in which interest rests`
    InterestRests = 7,
    /// `times in which limitation rests`
    LimitationRests = 8,
    /// `open tasks`
    Tasks = 9,
    /// `things that one step tells`
    Told = 10,
    /// `events that one step raises`
    Raised = 11,
    /// `bytes of names and texts`
    Letters = 12,
    /// `timers in one step`
    Timers = 13,
}

impl Bound {
    /// Its number.
    pub(super) const fn number(self) -> i32 {
        self as i32
    }
}

/// What something must be that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// A value of its type.
    Type = 0,
    /// An amount of more than nothing.
    MoreThanNothing = 1,
    /// A name that is not there yet.
    New = 2,
    /// Different for each.
    Different = 3,
    /// A day or an instant that is not after the opening.
    NotAfterOpening = 4,
    /// A stage, not an outcome.
    Stage = 5,
    /// Nothing where no stage is given.
    Nothing = 6,
    /// One of the days of the month that the plan allows.
    PlanDay = 7,
    /// A value within the bounds of the fact or the plan.
    Bounds = 8,
    /// Terms; the plan may not be agreed anew any more.
    NotAgreedAnew = 20,
    /// A case within the bounds of the plan.
    WithinPlan = 21,
    /// A case in which something is still owed.
    Owed = 22,
    /// At least what the plan asks for each instalment.
    LeastInstalment = 23,
    /// As many instalments as the plan allows.
    Instalments = 24,
    /// A day of the month, 1 to 31.
    MonthDay = 25,
    /// A parameter that the event has.
    Parameter = 9,
}

/// What is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Debtor = 0,
    Claim = 1,
    Payment = 2,
    Task = 3,
    Fact = 4,
    Stage = 5,
    Hold = 6,
    Zone = 7,
    Approval = 8,
    Currency = 9,
    Plan = 10,
    Template = 11,
    /// A debtor who is still pursued.
    Pursued = 12,
}

impl Fault {
    /// Its number.
    pub(super) const fn number(self) -> i32 {
        self as i32
    }
}
