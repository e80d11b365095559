//! Days: deadlines keep what they promise, and nothing happens before it is due.

use crate::{ALL, Inputs, Step, each, taken};
use dunlin_machine::ir::{Does, Expr, ExprId};
use dunlin_machine::value::{Duration, add};
use dunlin_runtime::outcome::{Effect, What};
use dunlin_runtime::{Engine, Input, Interpreter, Outcome};

#[test]
fn no_deadline_is_a_free_day_or_before_what_was_promised() {
    let (mut seen, mut promised) = (0, 0);
    taken(
        Inputs::AsWritten,
        |_| (),
        |(), step, seed| {
            for entry in &step.out.entries {
                let What::Effect { effect: Effect::Send { deadline: Some(day), .. }, .. } = &entry.what else {
                    continue;
                };
                seen += 1;
                assert!(step.calendar().is_working_day(*day), "seed {seed}: {day} is a free day");
                let Some(Does::Send(send)) = step.action(entry.rule).map(|a| &a.does) else { continue };
                let Some(within) = send.payable_within.and_then(|e| constant(step, e)) else { continue };
                let least = add(step.day(step.at), within, step.calendar()).expect("a day");
                promised += 1;
                assert!(*day >= least, "seed {seed}: {day}, and {within} from {} was promised", step.at);
            }
        },
    );
    assert!(seen > 150 && promised > 100, "only {seen} deadlines were seen, {promised} of a known length");
}

/// A duration that is the same for every case.
fn constant(step: &Step, expr: ExprId) -> Option<Duration> {
    match step.machine().exprs.get(expr.index())? {
        Expr::Const(packed) => Duration::unpack(*packed),
        _ => None,
    }
}

#[test]
fn a_deadline_that_a_message_set_stays_on_working_days() {
    let mut moved = 0;
    taken(
        Inputs::AsWritten,
        |_| (),
        |(), step, seed| {
            let day = |case: &dunlin_runtime::Case| case.deadline.filter(|d| d.effect > 0).and_then(|d| d.day);
            let Some(now) = day(step.case) else { return };
            assert!(step.calendar().is_working_day(now), "seed {seed}: {now} at {}", step.at);
            moved += usize::from(day(step.before).is_some_and(|before| before != now));
        },
    );
    assert!(moved > 20, "only {moved} deadlines were moved");
}

#[test]
fn nothing_happens_before_it_is_due() {
    let mut seen = 0;
    each(
        Inputs::AsWritten,
        |_| (),
        |(), step, seed| {
            let Some(due) = step.out.next_due.filter(|_| step.taken()) else { return };
            let between = step.case.now.seconds() + (due.seconds() - step.case.now.seconds()) / 2;
            let Ok(at) = step.case.now.add_seconds(between - step.case.now.seconds()) else { return };
            if at >= due {
                return;
            }
            let (mut case, mut out) = (step.case.clone(), Outcome::default());
            Interpreter::new(step.machine()).step(&mut case, Input::Advance, at, &mut out).expect("time goes by");
            seen += 1;
            assert!(out.entries.is_empty(), "seed {seed}: at {at}, before {due}: {:?}", out.entries);
            assert_eq!(out.next_due, Some(due), "seed {seed}: at {at}");
        },
    );
    assert!(seen > 1000 && !ALL.is_empty(), "only {seen} steps were looked at");
}
