//! Emitted modules: one that was changed on the way is refused or harmless, and one that was not does what the interpreter does.

use super::edits::edited_far;
use super::machines::{events, first, opening};
use dunlin_machine::value::Instant;
use dunlin_runtime::{Engine as _, Input, Outcome};
use dunlin_wasm::Engine;
use std::sync::OnceLock;

/// An emitted module, changed as `data` says, is refused or runs without a panic; what it refuses leaves the case as it was.
///
/// # Panics
/// Where that does not hold.
pub fn module(data: &[u8]) {
    // An engine keeps what it compiles; none of these comes again.
    let engine = Engine::new().expect("a compiler for this machine");
    let _ = engine.load(data);
    let Ok(module) = engine.load(&edited_far(emitted(), data)) else { return };
    let Ok(mut instance) = module.instance(first()) else { return };
    let mut out = Outcome::default();
    let opened = Instant::parse("2026-01-19T08:00:00Z").expect("an instant");
    let Ok(mut case) = instance.open(&opening(), opened, &mut out) else { return };
    for event in events() {
        let at = case.now.add_seconds(3 * 86_400).unwrap_or(case.now);
        let before = case.clone();
        if instance.step(&mut case, Input::Event(event), at, &mut out).is_err() {
            assert_eq!(case, before, "a refused step changed the case");
        }
    }
}

/// A random strategy and history does the same in the interpreter, in the second evaluator, and as a module under both engines.
/// The first eight bytes are its seed.
///
/// # Panics
/// Where they differ.
pub fn pair(data: &[u8]) {
    let Some(seed) = data.first_chunk().map(|bytes| u64::from_le_bytes(*bytes) % 400_000) else { return };
    let differs = dunlin_tests::pair::run_seed(seed, false).err().or(dunlin_tests::kit::run(seed).err());
    assert_eq!(differs, None, "seed {seed}");
}

fn emitted() -> &'static [u8] {
    static EMITTED: OnceLock<Vec<u8>> = OnceLock::new();
    EMITTED.get_or_init(|| dunlin_emit::emit(first()).expect("a module"))
}
