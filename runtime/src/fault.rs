//! Why a step did not happen: faults inside a step, and refusals of what a host gave. Either leaves the case as it was.

use alloc::string::String;
use core::fmt;
use dunlin_machine::ir::{ExprId, Machine, StageId, TableId, TextId};
use dunlin_machine::value::{Date, Instant, Overflow};

/// What went wrong inside a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A number, an amount or a date became too large.
    Overflow,
    /// Something was read that this case does not know.
    Unknown(ExprId),
    /// No row of the table matches.
    NoRow(TableId),
    /// The dated value or fee scale of that name has no figure for so early a day.
    BeforeFirstRow(TextId, Date),
    /// The chain came back to a stage that it had entered.
    EnteredTwice(StageId),
    /// `-> last_stage` where no stage came before.
    NoLastStage,
    /// The case would hold more than its bound.
    Bound(&'static str, u32),
    /// The machine does not hold together; it was not verified.
    Broken(&'static str),
}

impl From<Overflow> for Fault {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

/// Why an input was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The input is earlier than the last one.
    Earlier {
        /// The input's instant.
        at: Instant,
        /// The case's.
        now: Instant,
    },
    /// The machine has no event of that number.
    NoSuchEvent,
    /// Only the machine raises this event.
    OnlyTheMachine(&'static str),
    /// The event lacks a parameter.
    Missing {
        /// The parameter.
        param: String,
    },
    /// A parameter is not what it must be.
    Wrong {
        /// The parameter or field.
        field: String,
        /// What was expected.
        expected: String,
    },
    /// The event speaks of something that the case does not have.
    NotThere {
        /// What kind of thing: `claim`, `debtor`, `payment`, `task`, `fact`, `stage`, `hold`, `time zone` …
        kind: &'static str,
        /// The name that was given.
        name: String,
    },
    /// The case is of another machine.
    OtherMachine,
    /// The saved case cannot be read.
    Unreadable(&'static str),
    /// A step failed.
    Fault(Fault),
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

/// What `limits { … }` bounds, in the words of [`Fault::Bound`].
const RAISED: [&str; 5] = ["claims", "debtors", "kinds of costs", "holds at one time", "attempts to reach one debtor"];

impl Fault {
    /// The fault in words, with the strategy's own names.
    #[must_use]
    pub fn words(&self, machine: &Machine) -> String {
        let mut text = String::new();
        // A `String` takes everything: writing to it does not fail.
        let _ = self.write(machine, &mut text);
        text
    }

    fn write(&self, machine: &Machine, f: &mut dyn fmt::Write) -> fmt::Result {
        let text = |id: TextId| machine.texts.get(id.index()).map_or("?", String::as_str);
        match self {
            Self::Overflow => write!(f, "an amount, a number or a date became larger than Dunlin can count"),
            Self::Unknown(_) => write!(f, "a value was read that this case does not have"),
            Self::NoRow(t) => {
                let name = machine.tables.get(t.index()).map_or("?", |t| text(t.name));
                write!(f, "no row of the table `{name}` fits")
            }
            Self::BeforeFirstRow(name, day) => {
                write!(f, "`{}` has no figure for {day}: its first row begins later", text(*name))
            }
            Self::EnteredTwice(s) => {
                let name = machine.stages.get(s.index()).map_or("?", |s| text(s.name));
                write!(f, "the case would enter the stage `{name}` twice at once")
            }
            Self::NoLastStage => write!(f, "there is no stage before this one to go back to"),
            Self::Bound("open tasks", n) => {
                write!(f, "a case holds at most {n} open tasks; a rule may open them without end")
            }
            Self::Bound("timers in one step", n) => {
                write!(
                    f,
                    "more than {n} rules fall due at once: they bring each other about without end, as one that enters its own stage anew"
                )
            }
            Self::Bound(what, n) if RAISED.contains(what) => {
                write!(f, "a case holds at most {n} {what}; `limits {{ … }}` raises the bound")
            }
            Self::Bound(what, n) => write!(f, "a case holds at most {n} {what}"),
            Self::Broken(what) => write!(f, "the machine does not hold together: {what}"),
        }
    }
}

impl Refusal {
    /// The refusal in words, with the strategy's own names.
    #[must_use]
    pub fn words(&self, machine: &Machine) -> String {
        match self {
            Self::Earlier { at, now } => {
                alloc::format!("the instant {at} is earlier than the case's last one, {now}; instants never go back")
            }
            Self::NoSuchEvent => String::from("the strategy does not have this event"),
            Self::OnlyTheMachine(name) => {
                alloc::format!("`{name}` is raised by the strategy itself; a host cannot send it")
            }
            Self::Missing { param } => alloc::format!("`{param}` is missing"),
            Self::Wrong { field, expected } => alloc::format!("`{field}` must be {expected}"),
            Self::NotThere { kind, name } if name.is_empty() => {
                alloc::format!("there is no {}", kind.split(", with").next().unwrap_or(kind))
            }
            Self::NotThere { kind, name } => alloc::format!("there is no {kind} `{name}`"),
            Self::OtherMachine => {
                String::from("the case belongs to another version of the strategy; only a migration moves it here")
            }
            Self::Unreadable(what) => alloc::format!("the saved case cannot be read: {what}"),
            Self::Fault(fault) => fault.words(machine),
        }
    }
}
