//! One column of a decision table, cut into the stretches of values that no row tells apart.

use dunlin_machine::ir::Pattern;

/// Numbers of cells: sorted stretches, the end of each excluded.
pub(super) type Cells = Vec<(u32, u32)>;

/// The values of one column, from the least to the greatest, cut wherever a pattern begins or ends.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    /// The first value of each cell.
    starts: Vec<i64>,
    last: i64,
}

impl Axis {
    /// The column whose values lie from `low` to `high`, both included, as these patterns cut it.
    pub(super) fn new<'a>((low, high): (i64, i64), patterns: impl Iterator<Item = &'a Pattern>) -> Axis {
        let mut starts = vec![low];
        for (from, to) in patterns.flat_map(stretches) {
            starts.extend(from);
            starts.extend(to.and_then(|to| to.checked_add(1)));
        }
        starts.retain(|start| (low..=high).contains(start));
        starts.sort_unstable();
        starts.dedup();
        Axis { starts, last: high }
    }

    /// Every cell.
    pub(super) fn all(&self) -> Cells {
        vec![(0, self.count())]
    }

    /// The cells that the pattern takes; none where it asks for what the column never holds.
    pub(super) fn cells(&self, pattern: &Pattern) -> Cells {
        let mut cells: Cells = stretches(pattern)
            .into_iter()
            .map(|(from, to)| (self.first_from(from), self.first_after(to)))
            .filter(|(from, until)| from < until)
            .collect();
        cells.sort_unstable();
        joined(&cells)
    }

    /// A value of that cell, the one that people would name: nothing where it may be nothing, else the one next to
    /// what the rows speak of.
    pub(super) fn value(&self, cell: u32) -> i64 {
        let index = cell as usize;
        let first = self.starts.get(index).copied().unwrap_or(self.last);
        let next = self.starts.get(index + 1);
        let last = next.map_or(self.last, |next| next.saturating_sub(1));
        match (index, next) {
            (0, None) => 0.clamp(first, last),
            (0, Some(_)) => last,
            _ => first,
        }
    }

    /// The least and the greatest value from one cell to another, both included.
    pub(super) fn stretch(&self, first: u32, last: u32) -> (i64, i64) {
        let from = self.starts.get(first as usize).copied();
        let next = self.starts.get(last as usize + 1);
        let until = next.map_or(self.last, |next| next.saturating_sub(1));
        (from.unwrap_or(self.last), until)
    }

    /// The number of the last cell.
    pub(super) fn last_cell(&self) -> u32 {
        self.count().saturating_sub(1)
    }

    fn count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    fn first_from(&self, value: Option<i64>) -> u32 {
        let Some(value) = value else { return 0 };
        u32::try_from(self.starts.partition_point(|start| *start < value)).unwrap_or(u32::MAX)
    }

    fn first_after(&self, value: Option<i64>) -> u32 {
        let Some(value) = value else {
            return self.count();
        };
        u32::try_from(self.starts.partition_point(|start| *start <= value)).unwrap_or(u32::MAX)
    }
}

/// A pattern as stretches of values, both ends included.
fn stretches(pattern: &Pattern) -> Vec<(Option<i64>, Option<i64>)> {
    match pattern {
        Pattern::Any => vec![(None, None)],
        Pattern::Between(low, high) => vec![(*low, *high)],
        Pattern::OneOf(values) => values.iter().map(|v| (Some(*v), Some(*v))).collect(),
        // A table is looked at in one currency at a time, where this is a range.
        Pattern::Amounts(ranges) => ranges.clone(),
    }
}

fn joined(cells: &[(u32, u32)]) -> Cells {
    let mut joined = Cells::new();
    for (from, until) in cells {
        match joined.last_mut() {
            Some(last) if *from <= last.1 => last.1 = last.1.max(*until),
            _ => joined.push((*from, *until)),
        }
    }
    joined
}

/// The cells in both.
pub(super) fn meet(a: &[(u32, u32)], b: &[(u32, u32)]) -> Cells {
    let mut cells = Cells::new();
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        let (from, until) = (x.0.max(y.0), x.1.min(y.1));
        if from < until {
            cells.push((from, until));
        }
        if x.1 <= y.1 {
            a.next();
        } else {
            b.next();
        }
    }
    cells
}

/// Whether they have a cell in common.
pub(super) fn touch(a: &[(u32, u32)], b: &[(u32, u32)]) -> bool {
    match (a, b) {
        ([x], [y]) => x.0.max(y.0) < x.1.min(y.1),
        _ => !meet(a, b).is_empty(),
    }
}

/// Whether every cell of `inner` is in `outer`.
pub(super) fn holds(outer: &[(u32, u32)], inner: &[(u32, u32)]) -> bool {
    inner.iter().all(|(from, until)| outer.iter().any(|o| o.0 <= *from && *until <= o.1))
}

/// Whether the cell is in the set.
pub(super) fn has(cells: &[(u32, u32)], cell: u32) -> bool {
    cells.iter().any(|(from, until)| (*from..*until).contains(&cell))
}
