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
    /// Parts of the table that no row touches, each with what is missing in every column.
    pub(super) gaps: Vec<Vec<Missing>>,
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
/// More gaps than these in one table help nobody.
const GAPS_SHOWN: usize = 4;

impl Grid {
    /// A grid of columns, each with its least and greatest value, and rows of one pattern a column.
    pub(super) fn new(columns: &[(i64, i64)], rows: &[Vec<Pattern>]) -> Grid {
        let axis =
            |(index, bounds): (usize, &(i64, i64))| Axis::new(*bounds, rows.iter().filter_map(|row| row.get(index)));
        let axes: Vec<Axis> = columns.iter().enumerate().map(axis).collect();
        let cells = |row: &Vec<Pattern>| axes.iter().zip(row).map(|(a, p)| a.cells(p)).collect();
        let rows = rows.iter().map(|row| Area::new(&axes, cells(row))).collect();
        Grid { axes, rows }
    }

    /// Answers the three questions. `same_result(a, b)`: whether the two rows give the same.
    pub(super) fn findings(&self, same_result: impl Fn(usize, usize) -> bool) -> Findings {
        let mut work = Work::FOR_A_TABLE;
        let mut findings = Findings::default();
        self.find_gaps(&mut findings, &mut work);
        self.find_dead(&mut findings, &mut work);
        self.find_conflicts(&mut findings, &mut work, same_result);
        findings
    }

    /// Finds a gap, closes it with a row of its own, and looks for the next.
    fn find_gaps(&self, findings: &mut Findings, work: &mut Work) {
        let whole = Area::new(&self.axes, self.axes.iter().map(Axis::all).collect());
        let mut rows = self.rows.clone();
        while findings.gaps.len() < GAPS_SHOWN {
            match uncovered(&whole, rows.iter(), work) {
                Answer::Open(cells) => {
                    let part = self.free_around(&rows, &cells);
                    findings.gaps.push(self.missing(&cells, &part));
                    rows.push(self.area(&part));
                }
                Answer::Unknown => {
                    findings.unfinished = true;
                    return;
                }
                Answer::Covered => return,
            }
        }
    }

    /// As large a part of the table around those cells as no row touches, so that one row more can mend it: for each
    /// column the first and the last cell.
    fn free_around(&self, rows: &[Area], cells: &[u32]) -> Vec<(u32, u32)> {
        let mut part: Vec<(u32, u32)> = cells.iter().map(|cell| (*cell, *cell)).collect();
        for (column, axis) in self.axes.iter().enumerate() {
            let (cell, _) = part.get(column).copied().unwrap_or_default();
            let down = |by: u32| self.is_free(rows, &part, column, (cell - by, cell));
            let from = cell - furthest(cell, down);
            let up = |by: u32| self.is_free(rows, &part, column, (from, cell + by));
            let to = cell + furthest(axis.last_cell().saturating_sub(cell), up);
            if let Some(place) = part.get_mut(column) {
                *place = (from, to);
            }
        }
        part
    }

    fn missing(&self, cells: &[u32], part: &[(u32, u32)]) -> Vec<Missing> {
        let columns = self.axes.iter().zip(cells).zip(part);
        columns
            .map(|((axis, cell), (from, to))| Missing {
                value: axis.value(*cell),
                stretch: axis.stretch(*from, *to),
                any: (*from, *to) == (0, axis.last_cell()),
            })
            .collect()
    }

    fn area(&self, part: &[(u32, u32)]) -> Area {
        Area::new(&self.axes, part.iter().map(|(from, to)| vec![(*from, *to + 1)]).collect())
    }

    /// Whether no row touches that part of the table once a column of it is `stretch`.
    fn is_free(&self, rows: &[Area], part: &[(u32, u32)], column: usize, stretch: (u32, u32)) -> bool {
        let mut part = part.to_vec();
        if let Some(place) = part.get_mut(column) {
            *place = stretch;
        }
        let area = self.area(&part);
        !rows.iter().any(|row| row.touches(&area))
    }

    fn find_dead(&self, findings: &mut Findings, work: &mut Work) {
        for (index, row) in self.rows.iter().enumerate() {
            if row.is_empty() {
                let taken_by = Vec::new();
                findings.dead.push(Dead { row: index, taken_by });
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
            None => earlier.filter(|(_, other)| other.touches(row)).map(|(other, _)| other).collect(),
        };
        Dead { row: index, taken_by }
    }

    /// For each row the first earlier one that contradicts it, rows that never match left out. Where a row still further up takes all that both would,
    /// the author has decided, and nothing is said.
    fn find_conflicts(&self, findings: &mut Findings, work: &mut Work, same_result: impl Fn(usize, usize) -> bool) {
        for (second, row) in self.rows.iter().enumerate() {
            for (first, other) in self.rows.iter().enumerate().take(second) {
                let nested = || other.holds(row) || row.holds(other);
                let dead = |row| findings.dead.iter().any(|dead| dead.row == row);
                if !other.touches(row) || nested() || same_result(first, second) || dead(first) || dead(second) {
                    continue;
                }
                match uncovered(&other.common(row), self.rows.iter().take(first), work) {
                    Answer::Covered => continue,
                    Answer::Unknown => findings.unfinished = true,
                    Answer::Open(cells) => {
                        findings.conflicts.push(Conflict { first, second, value: self.values(&cells) })
                    }
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

/// The most of `0..=most` that is still free, where less than what is free is free too, and 0 is.
fn furthest(most: u32, free: impl Fn(u32) -> bool) -> u32 {
    if free(most) {
        return most;
    }
    let (mut known, mut too_far) = (0, most);
    while too_far - known > 1 {
        let middle = known + (too_far - known) / 2;
        if free(middle) {
            known = middle;
        } else {
            too_far = middle;
        }
    }
    known
}

#[cfg(test)]
mod tests;
