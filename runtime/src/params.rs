//! Where the parameters stand that many events have: asked of every event, so found when the interpreter is built.

use dunlin_machine::events::{BUILTIN_EVENTS, Happening};

/// A parameter that many events have.
#[derive(Clone, Copy)]
pub(crate) enum Param {
    Amount,
    On,
    Channel,
    Principal,
    Debtor,
    Claim,
}

/// Their names, in that order.
const NAMES: [&str; 6] = ["amount", "on", "channel", "principal", "debtor", "claim"];
/// No such parameter.
const NONE: u8 = u8::MAX;

static PLACES: [[u8; NAMES.len()]; BUILTIN_EVENTS.len()] = places();

impl Param {
    /// Where it stands in an event, if the event has it.
    pub(crate) fn of(self, happening: Happening) -> Option<usize> {
        let place = PLACES.get(happening.id().index())?.get(self as usize)?;
        (*place != NONE).then_some(usize::from(*place))
    }
}

const fn places() -> [[u8; NAMES.len()]; BUILTIN_EVENTS.len()] {
    let mut places = [[NONE; NAMES.len()]; BUILTIN_EVENTS.len()];
    let mut event = 0;
    while event < places.len() {
        let params = BUILTIN_EVENTS[event].params;
        let mut at = params.len();
        while at > 0 {
            at -= 1;
            let mut name = 0;
            while name < NAMES.len() {
                if same(params[at].0, NAMES[name]) {
                    // OK because no event has as many parameters as a byte counts.
                    places[event][name] = at as u8;
                }
                name += 1;
            }
        }
        event += 1;
    }
    places
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}
