//! Chains end: no stage is entered twice in what follows one input or one timer.

use crate::{Inputs, Step, taken};
use dunlin_machine::events::{Happening, Origin};
use dunlin_machine::ir::On;
use dunlin_runtime::outcome::{Alarm, Effect, Entry, What};
use std::collections::BTreeSet;

#[test]
fn no_chain_enters_a_stage_twice() {
    let mut seen = 0;
    taken(
        Inputs::AsWritten,
        |_| (),
        |(), step, seed| {
            let mut entered = BTreeSet::new();
            for entry in &step.out.entries {
                if begins_chain(step, entry) {
                    entered.clear();
                }
                if let What::Move { to, .. } = &entry.what {
                    seen += 1;
                    assert!(entered.insert(*to), "seed {seed}: stage {to:?} is entered twice by {:?}", step.event);
                }
            }
        },
    );
    assert!(seen > 500, "only {seen} moves were seen");
}

/// Whether a timer may have begun a chain of its own there: what is told of it, or the event that it raised.
fn begins_chain(step: &Step, entry: &Entry) -> bool {
    let trigger = entry.because_of.and_then(|rule| step.machine().triggers.iter().find(|t| t.rule == rule));
    let by_timer = trigger.is_some_and(|t| match &t.on {
        On::Event { event, .. } => Happening::of(event.event).is_some_and(|h| h.builtin().origin == Origin::Machine),
        On::AsSoonAs(_) | On::Move | On::Effect(_) => false,
        _ => true,
    });
    let told = matches!(
        &entry.what,
        What::Effect { effect: Effect::Alarm(Alarm::TaskOverdue(_) | Alarm::Missing(_)) | Effect::Send { .. }, .. }
            | What::Resumed { .. }
            | What::Held { .. }
    );
    by_timer || told
}

#[test]
fn effects_are_numbered_without_a_gap() {
    taken(
        Inputs::AsWritten,
        |_| 0_u32,
        |last, step, seed| {
            for (number, effect) in step.out.effects() {
                assert_eq!(number, *last + 1, "seed {seed}: {effect:?}");
                *last = number;
            }
        },
    );
}
