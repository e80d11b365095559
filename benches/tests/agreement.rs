//! The strategy by hand does what the machine does: the measure is of the same work.

use dunlin_benches::agreement::{Tally, by_hand, compare, machine};
use dunlin_benches::histories::history;

#[test]
fn by_hand_and_by_machine_agree() {
    let machine = machine().unwrap();
    let strategy = by_hand(&machine).unwrap();
    let mut tally = Tally::default();
    // The last had a demand that bounced in a hold while all was disputed.
    for seed in (0..2_000).chain([7_471, 512_804]) {
        let history = history(&strategy, seed, 60);
        if let Err(why) = compare(&machine, &strategy, &history, &mut tally) {
            panic!("seed {seed}: {why}");
        }
    }
    // The comparison says nothing of what never happens.
    assert_eq!(tally.stages, 0xffff, "every stage and outcome is entered");
    assert!(tally.kinds.iter().all(|n| *n > 50) && tally.returns > 50, "{tally:?}");
    assert!(tally.effects > tally.inputs / 2, "{tally:?}");
    assert!(tally.refused > 0 && tally.refused < tally.inputs / 10, "{tally:?}");
}
