//! Both evaluators, the interpreter and the slow one, on random strategies and histories: the same effects, moves and
//! money at every step, and what must always hold.
//!
//! A seed that once showed a difference stays in `seeds.txt`, one a line, with what it showed. The long run is
//! `cargo run --release -p dunlin-tests --bin agree -- --pairs 100000 --seed 1`.

use dunlin_tests::generate::Version;
use dunlin_tests::pair::run_seed;
use std::collections::BTreeSet;

/// How many seeds of each version every run takes; a long run takes others.
const PAIRS: u64 = 300;

#[test]
fn the_same_seeds_agree_always() {
    let mut forms = BTreeSet::new();
    let seeds = Version::SEEDS.into_iter().flat_map(|first| first..first + PAIRS);
    for seed in seeds.filter(|seed| !OPEN.contains(seed)) {
        let (_, used) = run_seed(seed, true).unwrap_or_else(|difference| panic!("{difference}"));
        forms.extend(used.into_keys());
    }
    // A generator that forgot a form would make the agreement worth less without anybody noticing.
    assert!(forms.len() >= FORMS, "only {} forms were written: {forms:?}", forms.len());
}

/// How many forms of the language the seeds above write.
const FORMS: usize = 200;

/// Seeds that still differ; see `docs/agreement.md`.
const OPEN: [u64; 0] = [];

#[test]
fn seeds_on_record_agree() {
    for line in include_str!("seeds.txt").lines().filter(|l| !l.starts_with('#')) {
        let seed = line.split_whitespace().next().and_then(|s| s.parse().ok());
        let seed = seed.unwrap_or_else(|| panic!("no seed: {line}"));
        run_seed(seed, true).unwrap_or_else(|difference| panic!("{difference}"));
    }
}
