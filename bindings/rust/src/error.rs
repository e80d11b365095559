//! The one error of this crate: opaque, with predicates, and a sentence in plain words.

use std::fmt;

/// One thing that is wrong with what a host gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line that it stands on, from 1, where there are lines.
    pub line: Option<u64>,
    /// The field, as `claims[1].principal`; empty where no field is meant.
    pub field: String,
    /// What stands there and what was expected.
    pub sentence: String,
}

impl Problem {
    pub(crate) fn on_line(line: u64, sentence: impl Into<String>) -> Self {
        Self { line: Some(line), field: String::new(), sentence: sentence.into() }
    }

    pub(crate) fn of_field(line: u64, field: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { line: Some(line), field: field.into(), sentence: sentence.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match self.field.as_str() {
            "" => f.write_str(&self.sentence),
            field => write!(f, "`{field}` {}", self.sentence),
        }
    }
}

/// Why something could not be done. What went wrong is told by the predicates, and in words by `Display`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Machine(String),
    Input(Vec<Problem>),
    Refused { sentence: String, earlier: bool },
    State { sentence: String, other_machine: bool },
    Failed(String),
}

impl Error {
    pub(crate) fn machine(sentence: impl Into<String>) -> Self {
        Self { kind: Kind::Machine(sentence.into()) }
    }

    pub(crate) fn input(problems: Vec<Problem>) -> Self {
        Self { kind: Kind::Input(problems) }
    }

    pub(crate) fn refused(sentence: impl Into<String>, earlier: bool) -> Self {
        Self { kind: Kind::Refused { sentence: sentence.into(), earlier } }
    }

    pub(crate) fn state(sentence: impl Into<String>, other_machine: bool) -> Self {
        Self { kind: Kind::State { sentence: sentence.into(), other_machine } }
    }

    pub(crate) fn failed(sentence: impl Into<String>) -> Self {
        Self { kind: Kind::Failed(sentence.into()) }
    }

    /// The stored machine is cut short, damaged, or of another format.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        matches!(self.kind, Kind::Machine(_))
    }

    /// A case or an event is not written as it must be; see [`Error::problems`].
    #[must_use]
    pub fn is_input(&self) -> bool {
        matches!(self.kind, Kind::Input(_))
    }

    /// The step refused the input; the case is as it was.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self.kind, Kind::Refused { .. })
    }

    /// The input was refused because its instant is earlier than the case's.
    #[must_use]
    pub fn is_earlier(&self) -> bool {
        matches!(self.kind, Kind::Refused { earlier: true, .. })
    }

    /// A saved case cannot be restored.
    #[must_use]
    pub fn is_state(&self) -> bool {
        matches!(self.kind, Kind::State { .. })
    }

    /// A saved case belongs to another machine.
    #[must_use]
    pub fn is_other_machine(&self) -> bool {
        matches!(self.kind, Kind::State { other_machine: true, .. })
    }

    /// Everything that is wrong with a case or an event, in the order of the text; empty for other errors.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match &self.kind {
            Kind::Input(problems) => problems,
            _ => &[],
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Machine(sentence)
            | Kind::Refused { sentence, .. }
            | Kind::State { sentence, .. }
            | Kind::Failed(sentence) => f.write_str(sentence),
            Kind::Input(problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    write!(f, "{}{problem}", if index == 0 { "" } else { "\n" })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Error {}
