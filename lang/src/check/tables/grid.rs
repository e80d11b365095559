//! The three questions about a decision table: which values no row takes, which rows never match, and which rows
//! contradict each other.

use dunlin_machine::ir::Pattern;

use super::axis::Axis;
use super::cover::{Answer, Area, Work, uncovered};

/// A table as patterns over columns of ordered values.
pub(super) struct Grid {
    axes: Vec<Axis>,
    rows: Vec<Area>,
}

/// What is missing in one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    /// A value that no row takes.
    pub(super) value: i64,
    /// The least and the greatest value around it that no row takes either.
    pub(super) stretch: (i64, i64),
    /// Whether those are all values of the column.
    pub(super) any: bool,
}

/// What was found about a table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// Values that no row takes, for each column.
    pub(super) gap: Option<Vec<Missing>>,
    /// Rows that can never match, each with the earlier rows that take their values.
    pub(super) dead: Vec<Dead>,
    /// Rows that overlap with different results.
    pub(super) conflicts: Vec<Conflict>,
    /// Whether the table was too tangled to answer every question.
    pub(super) unfinished: bool,
}

/// A row that can never match.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dead {
    /// The row.
    pub(super) row: usize,
    /// The earlier rows that between them take all its values; none where it asks for what cannot be.
    pub(super) taken_by: Vec<usize>,
}

/// Two rows that overlap with different results, neither wholly inside the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    /// The one that counts.
    pub(super) first: usize,
    /// The other.
    pub(super) second: usize,
    /// Values that both would take.
    pub(super) value: Vec<i64>,
}

/// More contradictions than these in one table help nobody.
const CONFLICTS_SHOWN: usize = 8;

impl Grid {
    /// A grid of columns, each with its least and greatest value, and rows of one pattern a column.
    pub(super) fn new(columns: &[(i64, i64)], rows: &[Vec<Pattern>]) -> Grid {
        let axis = |(index, bounds): (usize, &(i64, i64))| {
            Axis::new(*bounds, rows.iter().filter_map(|row| row.get(index)))
        };
        let axes: Vec<Axis> = columns.iter().enumerate().map(axis).collect();
        let cells = |row: &Vec<Pattern>| axes.iter().zip(row).map(|(a, p)| a.cells(p)).collect();
        let rows = rows
            .iter()
            .map(|row| Area::new(&axes, cells(row)))
            .collect();
        Grid { axes, rows }
    }

    /// Answers the three questions. `same_result(a, b)`: whether the two rows give the same.
    pub(super) fn findings(&self, same_result: impl Fn(usize, usize) -> bool) -> Findings {
        let mut work = Work::FOR_A_TABLE;
        let mut findings = Findings::default();
        self.find_gap(&mut findings, &mut work);
        self.find_dead(&mut findings, &mut work);
        self.find_conflicts(&mut findings, &mut work, same_result);
        findings
    }

    fn find_gap(&self, findings: &mut Findings, work: &mut Work) {
        let whole = Area::new(&self.axes, self.axes.iter().map(Axis::all).collect());
        match uncovered(&whole, self.rows.iter(), work) {
            Answer::Open(cells) => findings.gap = Some(self.missing(&cells)),
            Answer::Unknown => findings.unfinished = true,
            Answer::Covered => {}
        }
    }

    /// All that is missing around those cells: as large a part of the table as no row touches, so that one row more
    /// can mend it.
    fn missing(&self, cells: &[u32]) -> Vec<Missing> {
        let mut part: Vec<(u32, u32)> = cells.iter().map(|cell| (*cell, *cell)).collect();
        for (column, axis) in self.axes.iter().enumerate() {
            let (mut from, mut to) = part.get(column).copied().unwrap_or_default();
            if self.is_free(&part, column, (0, axis.last_cell())) {
                (from, to) = (0, axis.last_cell());
            }
            while from > 0 && self.is_free(&part, column, (from - 1, to)) {
                from -= 1;
            }
            while to < axis.last_cell() && self.is_free(&part, column, (from, to + 1)) {
                to += 1;
            }
            if let Some(place) = part.get_mut(column) {
                *place = (from, to);
            }
        }
        let columns = self.axes.iter().zip(cells).zip(part);
        columns
            .map(|((axis, cell), (from, to))| Missing {
                value: axis.value(*cell),
                stretch: axis.stretch(from, to),
                any: (from, to) == (0, axis.last_cell()),
            })
            .collect()
    }

    /// Whether no row touches that part of the table once a column of it is `stretch`.
    fn is_free(&self, part: &[(u32, u32)], column: usize, stretch: (u32, u32)) -> bool {
        let cells = part.iter().enumerate().map(|(index, cells)| {
            let (from, to) = if index == column { stretch } else { *cells };
            vec![(from, to + 1)]
        });
        let area = Area::new(&self.axes, cells.collect());
        !self.rows.iter().any(|row| row.touches(&area))
    }

    fn find_dead(&self, findings: &mut Findings, work: &mut Work) {
        for (index, row) in self.rows.iter().enumerate() {
            if row.is_empty() {
                let taken_by = Vec::new();
                findings.dead.push(Dead {
                    row: index,
                    taken_by,
                });
                continue;
            }
            match uncovered(row, self.rows.iter().take(index), work) {
                Answer::Covered => findings.dead.push(self.dead(index, row)),
                Answer::Unknown => findings.unfinished = true,
                Answer::Open(_) => {}
            }
        }
    }

    fn dead(&self, index: usize, row: &Area) -> Dead {
        let earlier = self.rows.iter().take(index).enumerate();
        let whole = earlier.clone().find(|(_, other)| other.holds(row));
        let taken_by = match whole {
            Some((other, _)) => vec![other],
            None => earlier
                .filter(|(_, other)| other.touches(row))
                .map(|(other, _)| other)
                .collect(),
        };
        Dead {
            row: index,
            taken_by,
        }
    }

    /// For each row the first earlier one that contradicts it. Where a row still further up takes all that both would,
    /// the author has decided, and nothing is said.
    fn find_conflicts(
        &self,
        findings: &mut Findings,
        work: &mut Work,
        same_result: impl Fn(usize, usize) -> bool,
    ) {
        for (second, row) in self.rows.iter().enumerate() {
            for (first, other) in self.rows.iter().enumerate().take(second) {
                let nested = || other.holds(row) || row.holds(other);
                if !other.touches(row) || nested() || same_result(first, second) {
                    continue;
                }
                match uncovered(&other.common(row), self.rows.iter().take(first), work) {
                    Answer::Covered => continue,
                    Answer::Unknown => findings.unfinished = true,
                    Answer::Open(cells) => findings.conflicts.push(Conflict {
                        first,
                        second,
                        value: self.values(&cells),
                    }),
                }
                break;
            }
            if findings.conflicts.len() >= CONFLICTS_SHOWN {
                return;
            }
        }
    }

    fn values(&self, cells: &[u32]) -> Vec<i64> {
        let pairs = self.axes.iter().zip(cells);
        pairs.map(|(axis, cell)| axis.value(*cell)).collect()
    }
}

#[cfg(test)]
mod tests;
