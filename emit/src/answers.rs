//! Small questions that a host asks of the case in memory and of the strategy's days.

use super::code::{FAULT, Func, Val, Width};
use super::layout::NO_INSTANT;
use super::module::{Emit, fault};
use super::run;
use Width::{I32, I64};

/// Exports them: where the case stands, and which instants days are.
pub(super) fn export(e: &Emit<'_>) {
    e.export("now", e.func("host_now", &[], Some(I64), false, |e, b| b.give(e.case.now.get())));
    e.export("stage", e.func("host_stage", &[], Some(I32), false, |e, b| b.give(e.case.place().stage.get())));
    e.export("currency", e.func("host_currency", &[], Some(I32), false, |e, b| b.give(e.case.currency.get())));
    e.export("midnight", of_day(e, "host_midnight", run::midnight(e)));
    e.export("begin", of_day(e, "host_begin", run::begin(e)));
    e.export(
        "local_day",
        e.func("host_local_day", &[I64], Some(I32), false, |e, b| {
            let day = run::local_day(e, b, b.arg(0));
            b.give(day);
        }),
    );
}

/// An instant of a day; the one that is none outside the years that can be counted.
fn of_day(e: &Emit<'_>, name: &'static str, instant: Func) -> Func {
    e.func(name, &[I32], Some(I64), false, move |_, b| {
        b.set_global(FAULT, 0);
        let at = b.try_call(instant, &[b.arg(0)]);
        b.give(Val::from(NO_INSTANT).or_else(&fault(), at));
    })
}
