//! Opening (to come).
use super::code::{Func, Width};
use super::module::Emit;
use super::texts;
use Width::I32;

pub(super) fn zone_named(e: &Emit<'_>) -> Func {
    e.func("zone_named", &[I32, I32], Some(I32), false, |e, b| {
        let names = texts::names(e, e.m.zones.iter().map(|z| z.name()));
        let at = b.call(texts::position_in(e), &[names, b.arg(0), b.arg(1)]);
        b.give(at);
    })
}

pub(super) fn calendar_for(e: &Emit<'_>) -> Func {
    e.func("calendar_for", &[I32], Some(I32), true, |e, b| match &e.m.calendar {
        dunlin_machine::ir::CalendarChoice::One(c) => b.give(i32::from(c.0)),
        _ => e.lacks("calendars chosen"),
    })
}
