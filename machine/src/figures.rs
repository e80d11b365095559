//! Later rows of dated values: figures that became known after a machine was built.
//!
//! They stand beside the machine. Its bytes and its hash leave them out, so a case goes on with the machine that it has.

use alloc::vec::Vec;
use core::fmt;

use crate::ir::{AddedRows, Dated, DatedId, Machine};
use crate::value::Date;

/// Why rows cannot be added to a dated value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsError {
    /// The machine has no such value.
    NoValue(DatedId),
    /// A row begins on a day that the machine, or a row before it, already speaks of.
    NotLater(Date),
    /// The rows were checked until a day before the last of them begins.
    CheckedTooEarly(Date),
}

impl fmt::Display for RowsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoValue(id) => write!(f, "the machine has no dated value {}", id.0),
            Self::NotLater(day) => write!(f, "the row from {day} is not later than the one before it"),
            Self::CheckedTooEarly(day) => write!(f, "rows that were checked until {day} begin later than that"),
        }
    }
}

impl core::error::Error for RowsError {}

impl Machine {
    /// Adds later rows to dated values; those that were added to the same values before give way.
    ///
    /// # Errors
    /// The first row that does not fit; the machine is as before.
    pub fn add_rows(&mut self, added: Vec<(DatedId, AddedRows)>) -> Result<(), RowsError> {
        for (id, rows) in &added {
            fits(self.dated.get(id.index()).ok_or(RowsError::NoValue(*id))?, rows)?;
        }
        for (id, rows) in added {
            if let Some(dated) = self.dated.get_mut(id.index()) {
                dated.added = Some(rows);
            }
        }
        self.note_changes();
        Ok(())
    }

    /// Takes over the rows that were added to another form of the same strategy.
    pub fn add_rows_of(&mut self, other: &Self) {
        for (own, others) in self.dated.iter_mut().zip(&other.dated) {
            own.added.clone_from(&others.added);
        }
        self.note_changes();
    }

    /// The files that added rows stand in, each once.
    #[must_use]
    pub fn figure_files(&self) -> Vec<&str> {
        let mut files: Vec<&str> = Vec::new();
        for file in self.dated.iter().filter_map(|dated| dated.added.as_ref()).map(|added| added.file.as_str()) {
            if !files.contains(&file) {
                files.push(file);
            }
        }
        files
    }

    /// Interest looks at every day on which an added row begins. One that its rate does not read splits a run of days, and
    /// the sum over its parts is exact.
    fn note_changes(&mut self) {
        let Some(interest) = self.ledger.interest.as_mut() else { return };
        let added = self.dated.iter().filter_map(|dated| dated.added.as_ref());
        interest.added_changes = added.flat_map(|added| &added.rows).map(|(from, _)| *from).collect();
        interest.added_changes.sort_unstable();
        interest.added_changes.dedup();
    }
}

fn fits(dated: &Dated, added: &AddedRows) -> Result<(), RowsError> {
    let mut last = dated.rows.last().map(|(from, _)| *from);
    for (from, _) in &added.rows {
        if last.is_some_and(|last| *from <= last) {
            return Err(RowsError::NotLater(*from));
        }
        last = Some(*from);
    }
    match added.verified_until {
        Some(until) if last.is_some_and(|last| until < last) => Err(RowsError::CheckedTooEarly(until)),
        _ => Ok(()),
    }
}
