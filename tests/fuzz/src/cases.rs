//! Saved cases: what is read back is what was saved, and what was changed on the way is refused or harmless.

use super::edits::edited;
use super::machines::{events, first, opening};
use dunlin_machine::value::Instant;
use dunlin_runtime::{Case, Engine, Input, Interpreter, Outcome, store};
use std::sync::OnceLock;

/// Letters, version and checksum, which stand before the body.
const HEAD: usize = 4 + 1 + 4;
/// The machine's hash, with which the body begins.
const HASH: usize = 32;

/// A saved case, changed as `data` says (its first byte chooses among states), is refused or goes on without a panic.
///
/// # Panics
/// Where that does not hold.
pub fn restore(data: &[u8]) {
    let machine = first();
    let _ = store::restore(machine, data);
    let Some((which, script)) = data.split_first() else { return };
    let states = states();
    let state = &states[usize::from(*which) % states.len()];
    let body = [&state[HEAD..HEAD + HASH], &edited(&state[HEAD + HASH..], script)].concat();
    let Ok(case) = store::restore(machine, &framed(&body)) else { return };
    let saved = store::save(&case).expect("a case that was read can be written");
    assert_eq!(store::restore(machine, &saved).as_ref(), Ok(&case), "restore after save gives another case");
    go_on(case);
}

/// Some steps of a case, each of which may be refused.
fn go_on(mut case: Case) {
    let mut engine = Interpreter::new(first());
    let mut out = Outcome::default();
    for event in events() {
        let Ok(at) = case.now.add_seconds(20 * 86_400) else { return };
        for input in [Input::Advance, Input::Event(event)] {
            let before = case.clone();
            if engine.step(&mut case, input, at, &mut out).is_err() {
                assert_eq!(case, before, "a refused step changed the case");
            }
        }
    }
}

/// A body with what stands before it in a saved case.
fn framed(body: &[u8]) -> Vec<u8> {
    let sum = body.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    [&states()[0][..HEAD - 4], &sum.to_be_bytes(), body].concat()
}

/// One case of the first example at every step of its way, saved.
fn states() -> &'static [Vec<u8>] {
    static STATES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    STATES.get_or_init(|| {
        let mut engine = Interpreter::new(first());
        let mut out = Outcome::default();
        let opened = Instant::parse("2026-01-19T08:00:00Z").unwrap();
        let mut case = engine.open(&opening(), opened, &mut out).unwrap();
        let mut states = vec![store::save(&case).unwrap()];
        for event in events() {
            for _ in 0..3 {
                let due = out.next_due.unwrap_or(case.now).max(case.now);
                engine.step(&mut case, Input::Advance, due, &mut out).unwrap();
                states.push(store::save(&case).unwrap());
            }
            let at = case.now.add_seconds(3600).unwrap();
            let _ = engine.step(&mut case, Input::Event(event), at, &mut out);
            states.push(store::save(&case).unwrap());
        }
        for state in &states {
            let case = store::restore(first(), state).unwrap();
            assert_eq!(&store::save(&case).unwrap(), state, "save after restore gives other bytes");
        }
        states
    })
}
