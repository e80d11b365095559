//! The random histories are worth what they bring about: every situation that is hard to get right comes up.

use crate::{Inputs, each};
use dunlin_tests::situations::{SITUATIONS, Taken, from_elsewhere, met};
use std::cell::RefCell;
use std::collections::BTreeMap;

#[test]
fn every_one_is_met() {
    let mut times: BTreeMap<&str, usize> = SITUATIONS.into_iter().map(|one| (one, 0)).collect();
    let brought = RefCell::new(BTreeMap::new());
    each(
        Inputs::AsWritten,
        |pair| {
            let elsewhere = from_elsewhere(&pair.history.opening);
            elsewhere.into_iter().for_each(|one| *brought.borrow_mut().entry(one).or_insert(0) += 1);
        },
        |(), step, _| {
            let (before, after) = (step.before, step.case);
            let (at, due, event, refusal) = (step.at, step.due, step.event, step.refusal);
            let taken = Taken { compiled: step.compiled, before, after, at, due, event, refusal, out: step.out };
            met(&taken).into_iter().for_each(|one| *times.entry(one).or_default() += 1);
        },
    );
    brought.into_inner().into_iter().for_each(|(one, n): (&str, usize)| *times.entry(one).or_default() += n);
    let missed: Vec<_> = times.iter().filter(|(_, n)| **n < 3).collect();
    assert!(missed.is_empty(), "too seldom: {missed:?}");
}
