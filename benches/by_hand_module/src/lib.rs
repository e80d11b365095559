//! The strategy by hand as a WebAssembly module, over the cases of `modules time`: what the same work takes in the same engine
//! when a compiler optimises it as a whole. Nothing is handed over: the module makes the cases itself.

use dunlin_benches::agreement::{by_hand, machine};
use dunlin_benches::by_hand::Strategy;
use dunlin_benches::by_hand::case::Case;
use dunlin_benches::by_hand::outcome::Outcome;
use dunlin_benches::histories::{History, INPUTS, history, punctual};
use std::cell::RefCell;
use std::hint::black_box;

/// The strategy, and the cases with what comes for them.
type Work = (Strategy, Vec<(History, Case)>);

thread_local! {
    static WORK: RefCell<Option<Work>> = const { RefCell::new(None) };
}

/// Opens so many cases; gives how many steps they will take, 0 where they do not open.
// A host finds an export by its name.
#[unsafe(no_mangle)]
pub extern "C" fn prepare(count: u32) -> u32 {
    let work = machine().and_then(|machine| by_hand(&machine)).ok().and_then(|strategy| {
        let one = |seed| {
            let history = punctual(&strategy, &history(&strategy, seed, INPUTS));
            let case = strategy.open(&history.opening, &mut Outcome::default())?;
            Some((history, case))
        };
        let cases = (0..u64::from(count)).map(one).collect::<Option<Vec<_>>>()?;
        Some((strategy, cases))
    });
    let steps = work.iter().flat_map(|(_, cases)| cases).map(|(history, _)| history.inputs.len()).sum::<usize>();
    WORK.replace(work);
    u32::try_from(steps).unwrap_or(0)
}

/// Takes the cases through their steps; gives how many effects they told.
#[unsafe(no_mangle)]
pub extern "C" fn run() -> u32 {
    let (mut out, mut effects) = (Outcome::default(), 0);
    WORK.with_borrow_mut(|work| {
        let Some((strategy, cases)) = work else { return };
        for (history, case) in cases {
            for (at, event) in &history.inputs {
                black_box(strategy.step(case, event.as_ref(), *at, &mut out));
                effects += out.effects.len();
            }
        }
    });
    u32::try_from(effects).unwrap_or(u32::MAX)
}
