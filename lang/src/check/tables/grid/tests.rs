//! Table analysis against trying every value, and on tables as large as they come.

use dunlin_machine::ir::Pattern;
use proptest::prelude::*;

use super::{Findings, Grid, Missing};

const LOW: i64 = -2;
const HIGH: i64 = 2;
const COLUMNS: usize = 3;

fn pattern() -> impl Strategy<Value = Pattern> {
    let end = || proptest::option::of(LOW - 1..=HIGH + 1);
    prop_oneof![
        2 => Just(Pattern::Any),
        2 => (end(), end()).prop_map(|(low, high)| Pattern::Between(low, high)),
        1 => proptest::collection::vec(LOW..=HIGH, 1..3).prop_map(Pattern::OneOf),
    ]
}

fn rows() -> impl Strategy<Value = Vec<(Vec<Pattern>, u8)>> {
    let row = (proptest::collection::vec(pattern(), COLUMNS), 0u8..2);
    proptest::collection::vec(row, 0..7)
}

fn takes(pattern: &Pattern, value: i64) -> bool {
    match pattern {
        Pattern::Any => true,
        Pattern::Between(low, high) => low.is_none_or(|low| low <= value) && high.is_none_or(|high| value <= high),
        Pattern::OneOf(values) => values.contains(&value),
        Pattern::Amounts(ranges) => ranges
            .first()
            .is_some_and(|(low, high)| low.is_none_or(|low| low <= value) && high.is_none_or(|high| value <= high)),
    }
}

fn matches(row: &[Pattern], value: &[i64]) -> bool {
    row.iter().zip(value).all(|(p, v)| takes(p, *v))
}

fn every_value() -> Vec<Vec<i64>> {
    let mut values = vec![vec![]];
    for _ in 0..COLUMNS {
        let longer = |value: &Vec<i64>| {
            let value = value.clone();
            (LOW..=HIGH).map(move |v| [value.clone(), vec![v]].concat())
        };
        values = values.iter().flat_map(longer).collect();
    }
    values
}

fn findings(rows: &[(Vec<Pattern>, u8)]) -> Findings {
    let patterns: Vec<Vec<Pattern>> = rows.iter().map(|(p, _)| p.clone()).collect();
    Grid::new(&[(LOW, HIGH); COLUMNS], &patterns).findings(|a, b| rows[a].1 == rows[b].1)
}

fn first_match(rows: &[(Vec<Pattern>, u8)], value: &[i64]) -> Option<usize> {
    rows.iter().position(|(row, _)| matches(row, value))
}

/// Whether a value reaches row `a`, would also match `b`, and neither row lies inside the other; both can match.
fn contradict(rows: &[(Vec<Pattern>, u8)], a: usize, b: usize) -> bool {
    let all = every_value();
    let only = |x: usize, y: usize| all.iter().any(|v| matches(&rows[x].0, v) && !matches(&rows[y].0, v));
    let both = |v: &Vec<i64>| first_match(rows, v) == Some(a) && matches(&rows[b].0, v);
    let alive = |x: usize| all.iter().any(|v| first_match(rows, v) == Some(x));
    rows[a].1 != rows[b].1 && all.iter().any(both) && only(a, b) && only(b, a) && alive(b)
}

proptest! {
    #[test]
    fn a_gap_is_found_exactly_where_there_is_one(rows in rows()) {
        let gaps = findings(&rows).gaps;
        let open = |value: &Vec<i64>| first_match(&rows, value).is_none();
        prop_assert_eq!(gaps.is_empty(), !every_value().iter().any(open));
        for missing in gaps {
            prop_assert!(open(&missing.iter().map(|m| m.value).collect()));
            let within = |v: &Vec<i64>| {
                v.iter().zip(&missing).all(|(v, m)| m.stretch.0 <= *v && *v <= m.stretch.1)
            };
            prop_assert!(every_value().iter().filter(|v| within(v)).all(open));
            prop_assert!(missing.iter().all(|m| m.any == (m.stretch == (LOW, HIGH))));
        }
    }

    #[test]
    fn rows_that_never_match_are_found(rows in rows()) {
        let dead: Vec<usize> = findings(&rows).dead.iter().map(|dead| dead.row).collect();
        let firsts: Vec<Option<usize>> = every_value().iter().map(|v| first_match(&rows, v)).collect();
        let expected: Vec<usize> = (0..rows.len()).filter(|row| !firsts.contains(&Some(*row))).collect();
        prop_assert_eq!(dead, expected);
    }

    #[test]
    fn contradictions_are_found(rows in rows()) {
        let found = findings(&rows).conflicts;
        let pairs: Vec<(usize, usize)> = found.iter().map(|c| (c.first, c.second)).collect();
        let first_against = |b: usize| (0..b).find(|a| contradict(&rows, *a, b)).map(|a| (a, b));
        let expected: Vec<(usize, usize)> = (0..rows.len()).filter_map(first_against).collect();
        prop_assert_eq!(pairs, expected);
        for conflict in found {
            prop_assert!(matches(&rows[conflict.first].0, &conflict.value));
            prop_assert!(matches(&rows[conflict.second].0, &conflict.value));
        }
    }
}

#[test]
fn a_value_next_to_the_rows_is_named() {
    let gap = |low, high| {
        let row = vec![Pattern::Between(low, high)];
        let findings = Grid::new(&[(i64::MIN, i64::MAX)], &[row]).findings(|_, _| true);
        findings.gaps.first().map(|gap| (gap[0].value, gap[0].stretch))
    };
    assert_eq!(gap(None, Some(3)), Some((4, (4, i64::MAX))));
    assert_eq!(gap(Some(1), None), Some((0, (i64::MIN, 0))));
    assert_eq!(gap(None, None), None);
}

#[test]
fn what_is_missing_makes_one_row() {
    let row = |low, high| vec![Pattern::Between(low, high), Pattern::Any];
    let rows = [row(None, Some(3)), row(Some(10), None)];
    let gaps = Grid::new(&[(0, 100), (0, 3)], &rows).findings(|_, _| true).gaps;
    let middle = Missing { value: 4, stretch: (4, 9), any: false };
    let second = Missing { value: 0, stretch: (0, 3), any: true };
    assert_eq!(gaps, [[middle, second]]);
}

/// Rows that split 20 columns like a tree, so that they take everything and never overlap.
fn tree(path: &mut Vec<(usize, bool)>, seed: &mut u64, leaves: usize, rows: &mut Vec<Vec<Pattern>>) {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    let free: Vec<usize> = (0..20).filter(|c| path.iter().all(|(p, _)| p != c)).collect();
    if leaves <= 1 || free.is_empty() {
        let side = |c| path.iter().find(|(p, _)| *p == c).map(|(_, up)| *up);
        let pattern = |c| match side(c) {
            None => Pattern::Any,
            Some(false) => Pattern::Between(None, Some(49)),
            Some(true) => Pattern::Between(Some(50), None),
        };
        rows.push((0..20).map(pattern).collect());
        return;
    }
    let column = free[(*seed >> 33) as usize % free.len()];
    for up in [false, true] {
        path.push((column, up));
        tree(path, seed, leaves / 2, rows);
        path.pop();
    }
}

#[test]
fn a_tree_of_2000_rows_over_20_columns_is_quick() {
    let mut rows = Vec::new();
    tree(&mut Vec::new(), &mut 7, 2_000, &mut rows);
    let grid = Grid::new(&[(0, 100); 20], &rows);
    let findings = grid.findings(|a, b| a % 3 == b % 3);
    assert_eq!(findings, Findings::default());
    let removed = rows.remove(700);
    let gaps = Grid::new(&[(0, 100); 20], &rows).findings(|_, _| true).gaps;
    let value: Vec<i64> = gaps[0].iter().map(|m| m.value).collect();
    assert!(matches(&removed, &value));
}

#[test]
fn two_thousand_stretches_of_one_column_are_quick() {
    let row = |n: i64| {
        let mut row = vec![Pattern::Any; 20];
        row[3] = Pattern::Between(Some(n * 10), Some(n * 10 + 9));
        row
    };
    let rows: Vec<Vec<Pattern>> = (0..2_000).map(row).collect();
    let findings = Grid::new(&[(0, 19_999); 20], &rows).findings(|a, b| a == b);
    assert_eq!(findings, Findings::default());
}

#[test]
fn tangled_rows_are_quick() {
    let mut seed = 1u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    let mut rows = Vec::new();
    for _ in 0..2_000 {
        let mut row = vec![Pattern::Any; 20];
        for _ in 0..6 {
            let low = random(100) as i64;
            row[random(20) as usize] = Pattern::Between(Some(low), Some(low + 30));
        }
        rows.push(row);
    }
    let findings = Grid::new(&[(0, 100); 20], &rows).findings(|a, b| a == b);
    assert!(!findings.unfinished);
}
