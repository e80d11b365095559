//! Which combinations of values the rows of a table take: a search for one that no row takes, exact and without trying
//! them all.
//!
//! The values are split column by column, always in the column that most rows still speak of. Of two cells of which one
//! is met by fewer of the rows, only that one is looked at: where it is covered, so is the other. What was found covered
//! is kept, since tables that were made from trees ask the same question again.

use std::collections::{BTreeMap, BTreeSet};

use super::axis::{Axis, Cells, has, holds, meet, touch};

/// A row, or another part of the table.
#[derive(Clone, Debug)]
pub(super) struct Area {
    /// Cells for every column.
    cells: Vec<Cells>,
    /// The columns that it does not take whole: bit n is column n.
    narrow: u64,
}

/// More columns than a table may have: one bit each.
const COLUMNS: usize = 64;

impl Area {
    /// The part of a table that takes these cells.
    pub(super) fn new(axes: &[Axis], cells: Vec<Cells>) -> Area {
        let narrow = |(column, (axis, cells)): (usize, (&Axis, &Cells))| u64::from(*cells != axis.all()) << column;
        let columns = axes.iter().zip(&cells).take(COLUMNS).enumerate();
        let narrow = columns.map(narrow).fold(0, |all, bit| all | bit);
        Area { cells, narrow }
    }

    /// Whether it takes nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.cells.iter().any(Vec::is_empty)
    }

    /// Whether both take something.
    pub(super) fn touches(&self, other: &Area) -> bool {
        columns(self.narrow & other.narrow).all(|column| touch(self.column(column), other.column(column)))
            && !self.is_empty()
            && !other.is_empty()
    }

    /// What both take.
    pub(super) fn common(&self, other: &Area) -> Area {
        let pairs = self.cells.iter().zip(&other.cells);
        Area { cells: pairs.map(|(a, b)| meet(a, b)).collect(), narrow: self.narrow | other.narrow }
    }

    /// Whether `inner` lies wholly inside.
    pub(super) fn holds(&self, inner: &Area) -> bool {
        self.narrows(inner) == 0
    }

    /// The columns in which it does not take all of `area`.
    fn narrows(&self, area: &Area) -> u64 {
        let narrows = |column: &usize| !holds(self.column(*column), area.column(*column));
        columns(self.narrow).filter(narrows).fold(0, |all, column| all | 1 << column)
    }

    fn column(&self, column: usize) -> &[(u32, u32)] {
        self.cells.get(column).map_or(&[], Vec::as_slice)
    }
}

/// The columns of a set, in order.
fn columns(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let column = set.trailing_zeros() as usize;
        set &= set.checked_sub(1)?;
        Some(column)
    })
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Rows take every combination.
    Covered,
    /// No row takes this combination: a cell for each column.
    Open(Vec<u32>),
    /// The table is too tangled to say within the work allowed.
    Unknown,
}

/// How much work is left for the questions about one table, in rows looked at.
#[derive(Debug)]
pub(super) struct Work(pub(super) u64);

impl Work {
    /// Enough for thousands of rows, and over in a second.
    pub(super) const FOR_A_TABLE: Work = Work(50_000_000);

    fn spend(&mut self, work: usize) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(work as u64).ok_or(Exhausted)?;
        Ok(())
    }
}

struct Exhausted;

/// A combination in `area` that none of the rows takes.
pub(super) fn uncovered<'a>(area: &Area, rows: impl Iterator<Item = &'a Area>, work: &mut Work) -> Answer {
    let mut live = Vec::new();
    for row in rows.filter(|row| row.touches(area)) {
        let narrows = row.narrows(area);
        if narrows == 0 {
            return Answer::Covered;
        }
        live.push(Row { row, narrows });
    }
    let point = area.cells.iter().map(|c| c.first().map_or(0, |c| c.0)).collect();
    let all = (0..live.len()).collect();
    let mut search = Search { area, rows: live, covered: BTreeSet::new(), work };
    match search.look(all, u64::MAX, point) {
        Ok(None) => Answer::Covered,
        Ok(Some(point)) => Answer::Open(point),
        Err(Exhausted) => Answer::Unknown,
    }
}

/// A row that takes part of the area searched.
struct Row<'a> {
    row: &'a Area,
    /// The columns in which it does not take all of the area.
    narrows: u64,
}

impl Row<'_> {
    fn speaks_of(&self, column: usize) -> bool {
        self.narrows & 1 << column != 0
    }
}

struct Search<'a> {
    area: &'a Area,
    rows: Vec<Row<'a>>,
    /// Rows in play and columns not yet split, where every combination was found taken.
    covered: BTreeSet<(Vec<usize>, u64)>,
    work: &'a mut Work,
}

impl Search<'_> {
    /// Looks where `live` are the rows still in play, `open` the columns not yet split, and `point` says which cell the
    /// other columns are at.
    fn look(&mut self, live: Vec<usize>, open: u64, point: Vec<u32>) -> Result<Option<Vec<u32>>, Exhausted> {
        self.work.spend(live.len() + 1)?;
        if live.is_empty() {
            return Ok(Some(point));
        }
        let Some(column) = self.column_to_split(&live, open) else {
            return Ok(None);
        };
        let key = (live, open);
        if self.covered.contains(&key) {
            return Ok(None);
        }
        let found = self.look_along(column, &key.0, open & !(1 << column), point)?;
        if found.is_none() {
            self.covered.insert(key);
        }
        Ok(found)
    }

    /// Splits a column, and looks at its stretches, those that the fewest rows meet first.
    fn look_along(
        &mut self,
        column: usize,
        live: &[usize],
        open: u64,
        point: Vec<u32>,
    ) -> Result<Option<Vec<u32>>, Exhausted> {
        let mut done: Vec<Vec<usize>> = Vec::new();
        for cell in self.stretches(column, live) {
            let rows = self.meeting(column, live, cell)?;
            // OK because where fewer rows take everything, more rows do.
            if done.iter().any(|fewer| is_subset(fewer, &rows)) {
                continue;
            }
            let mut point = point.clone();
            if let Some(place) = point.get_mut(column) {
                *place = cell;
            }
            if let Some(found) = self.look(rows.clone(), open, point)? {
                return Ok(Some(found));
            }
            if done.len() < REMEMBERED {
                done.push(rows);
            }
        }
        Ok(None)
    }

    /// The open column that most of the rows speak of; none where some row takes all that is left.
    fn column_to_split(&self, live: &[usize], open: u64) -> Option<usize> {
        let mut speak = [0usize; COLUMNS];
        for row in live.iter().filter_map(|row| self.rows.get(*row)) {
            let open = row.narrows & open;
            if open == 0 {
                return None;
            }
            for column in columns(open) {
                if let Some(count) = speak.get_mut(column) {
                    *count += 1;
                }
            }
        }
        let most = speak.iter().enumerate().max_by_key(|(_, count)| **count);
        most.map(|(column, _)| column)
    }

    fn meeting(&mut self, column: usize, live: &[usize], cell: u32) -> Result<Vec<usize>, Exhausted> {
        self.work.spend(live.len())?;
        let meets = |row: &&usize| {
            let row = self.rows.get(**row);
            row.is_some_and(|row| !row.speaks_of(column) || has(row.row.column(column), cell))
        };
        Ok(live.iter().filter(meets).copied().collect())
    }

    /// The first cells of the stretches of a column that rows cut, those that the fewest rows meet first. One that
    /// meets the rows of its neighbour and more is left out.
    fn stretches(&self, column: usize, live: &[usize]) -> Vec<u32> {
        let stretches = self.every_stretch(column, live);
        let mut kept: Vec<(i64, u32)> = Vec::new();
        for (index, stretch) in stretches.iter().enumerate() {
            let holds_the_one_before = index > 0 && !stretch.lost;
            let next = stretches.get(index + 1);
            let holds_the_next = next.is_some_and(|next| next.lost && !next.gained);
            if !holds_the_one_before && !holds_the_next {
                kept.push((stretch.met_by, stretch.from));
            }
        }
        kept.sort_unstable();
        kept.into_iter().map(|(_, from)| from).collect()
    }

    fn every_stretch(&self, column: usize, live: &[usize]) -> Vec<Stretch> {
        let area = self.area.column(column);
        let mut stretches: Vec<Stretch> = Vec::new();
        let (mut gained, mut lost, mut met_by) = (false, false, 0);
        for (from, (begin, end)) in self.cuts(column, live) {
            gained |= begin > 0;
            lost |= end > 0;
            met_by += begin - end;
            if has(area, from) {
                stretches.push(Stretch { from, gained, lost, met_by });
                (gained, lost) = (false, false);
            }
        }
        stretches
    }

    /// Where rows begin and end in a column, and how many.
    fn cuts(&self, column: usize, live: &[usize]) -> BTreeMap<u32, (i64, i64)> {
        let area = self.area.column(column);
        let starts = area.iter().map(|(from, _)| (*from, (0, 0)));
        let mut cuts: BTreeMap<u32, (i64, i64)> = starts.collect();
        let rows = live.iter().filter_map(|row| self.rows.get(*row));
        for row in rows.filter(|row| row.speaks_of(column)) {
            for (from, until) in meet(row.row.column(column), area) {
                cuts.entry(from).or_default().0 += 1;
                cuts.entry(until).or_default().1 += 1;
            }
        }
        cuts
    }
}

/// A stretch of cells that the same rows meet.
struct Stretch {
    from: u32,
    /// Whether rows meet it that did not meet the one before.
    gained: bool,
    /// Whether rows met the one before that do not meet it.
    lost: bool,
    /// How many rows that speak of the column meet it.
    met_by: i64,
}

/// With how many stretches that were found covered another one is compared.
const REMEMBERED: usize = 48;

/// Whether all of `a` is in `b`; both sorted.
fn is_subset(a: &[usize], b: &[usize]) -> bool {
    let mut rest = b.iter();
    a.len() <= b.len() && a.iter().all(|x| rest.by_ref().take_while(|y| *y <= x).any(|y| y == x))
}
