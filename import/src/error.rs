//! What is wrong with an imported file, cell by cell, in sentences.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line of the file that the row begins on, from 1.
    pub line: u64,
    /// The column; `None` where the whole row is meant.
    pub column: Option<String>,
    /// What stands there and what was expected.
    pub sentence: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(out, "line {}, column `{column}`: {}", self.line, self.sentence),
            None => write!(out, "line {}: {}", self.line, self.sentence),
        }
    }
}

/// Why a file was not imported. Not one row of it is in any table then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// Everything that was found, in the order of the file; at least one.
    pub problems: Vec<Problem>,
}

impl ImportError {
    pub(crate) fn one(line: u64, sentence: impl Into<String>) -> Self {
        let problem = Problem { line, column: None, sentence: sentence.into() };
        Self { problems: vec![problem] }
    }
}

/// More would scroll the first ones off the screen, and they are mostly the same.
const SHOWN: usize = 20;

impl fmt::Display for ImportError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().take(SHOWN).enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(out, "{line_break}{problem}")?;
        }
        match self.problems.len().checked_sub(SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => write!(out, "\n… and {more} more"),
        }
    }
}

impl std::error::Error for ImportError {}
