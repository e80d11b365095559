//! Stored machines: what is read is what was stored, and what was changed on the way is refused or harmless.

use super::edits::edited;
use dunlin_lang::check::{Sources, check};
use dunlin_lang::lower::lower;
use dunlin_machine::events::Happening;
use dunlin_machine::ir::Machine;
use dunlin_machine::value::{Date, Instant};
use dunlin_runtime::input::{ChannelGiven, ClaimGiven, PersonGiven};
use dunlin_runtime::{Engine, Event, Given, Input, Interpreter, Opening, Outcome};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// Letters, version, length and hash, which stand before the body.
const HEAD: usize = 4 + 2 + 4 + 32;

/// A stored machine, changed as `data` says, is refused or runs without a panic.
///
/// # Panics
/// Where that does not hold.
pub fn load(data: &[u8]) {
    let _ = Machine::from_bytes(data);
    let bytes = framed(&edited(&stored()[HEAD..], data));
    let Ok(machine) = Machine::from_bytes(&bytes) else { return };
    assert_eq!(machine.to_bytes(), bytes, "a machine that was read is stored in other bytes");
    let _ = machine.to_string();
    run(&machine);
}

/// Opens a case on a machine and goes on with it for a while; everything may be refused.
fn run(machine: &Machine) {
    let mut engine = Interpreter::new(machine);
    let mut out = Outcome::default();
    let opened = Instant::parse("2026-01-19T08:00:00Z").unwrap();
    let Ok(mut case) = engine.open(&opening(), opened, &mut out) else { return };
    for event in events() {
        for input in [Input::Advance, Input::Event(event)] {
            let due = out.next_due.unwrap_or(case.now).max(case.now);
            // A machine that sleeps for centuries is not waited for.
            let at = due.min(case.now.add_seconds(60 * 86_400).unwrap_or(due));
            let _ = engine.step(&mut case, input, at, &mut out);
        }
    }
}

fn framed(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap();
    let hash: [u8; 32] = Sha256::digest(body).into();
    [&stored()[..6], &length.to_le_bytes(), &hash, body].concat()
}

fn stored() -> &'static [u8] {
    static STORED: OnceLock<Vec<u8>> = OnceLock::new();
    STORED.get_or_init(|| first().to_bytes())
}

/// The machine of the first example.
pub fn first() -> &'static Machine {
    static MACHINE: OnceLock<Machine> = OnceLock::new();
    MACHINE.get_or_init(|| {
        let text = include_str!("../../../examples/first/strategy.dun");
        let checked = check(&Sources { main: ("strategy.dun", text), find: &super::texts::library, rows: &|_| None });
        lower(&checked.model.expect("the first example has no errors")).expect("it fits a machine")
    })
}

/// A case of the first example.
pub fn opening() -> Opening {
    let channels =
        (0..5).map(|n| ChannelGiven { channel: dunlin_machine::ir::ChannelId(n), reachable: true, consent: true });
    let claim = ClaimGiven {
        id: "N-1".into(),
        principal: 7_980,
        due: Date::parse("2026-02-02").unwrap(),
        kind: None,
        arose: None,
        default_on: None,
        secured: false,
    };
    let person = PersonGiven {
        id: "d".into(),
        region: Some("DE-NW".into()),
        channels: Some(channels.collect()),
        ..PersonGiven::default()
    };
    Opening { id: "N-1".into(), persons: vec![person], claims: vec![claim], ..Opening::default() }
}

/// What happens to it.
pub fn events() -> &'static [Event] {
    static EVENTS: OnceLock<Vec<Event>> = OnceLock::new();
    EVENTS.get_or_init(|| {
        let by = Date::parse("2026-05-04").unwrap();
        vec![
            event(Happening::Bounced, &[("channel", Given::Value(1))]),
            event(Happening::Payment, &[("amount", Given::Value(500))]),
            event(Happening::Dispute, &[("reason", Given::Text("wrong tariff".into()))]),
            event(Happening::DisputeResolved, &[("result", Given::Value(1))]),
            event(Happening::Promise, &[("amount", Given::Value(2_000)), ("by", Given::Value(i64::from(by.days())))]),
            event(Happening::Conversation, &[("channel", Given::Value(3))]),
            Event { id: Some("p-2".into()), ..event(Happening::Payment, &[("amount", Given::Value(12_000))]) },
            event(Happening::PaymentReturned, &[("of", Given::Text("p-2".into()))]),
            event(Happening::Recalled, &[]),
        ]
    })
}

fn event(happening: Happening, args: &[(&str, Given)]) -> Event {
    let position = |name: &str| happening.param(name).and_then(|at| u8::try_from(at).ok()).expect("a parameter");
    let mut args: Vec<(u8, Given)> = args.iter().map(|(name, given)| (position(name), given.clone())).collect();
    args.sort_by_key(|(at, _)| *at);
    Event { event: happening.id(), id: None, args }
}
