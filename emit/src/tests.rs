//! Emitted functions against those of the machine: the same number for every argument, or both fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails in the shortest way")]

use super::code::{FAULT, Func, Val, Width};
use super::module::{Emit, fault};
use super::{calendars, days, numbers, zones};
use dunlin_lang::check::{Sources, check};
use dunlin_lang::lower::lower;
use dunlin_machine::ir::Machine;
use dunlin_machine::value::{self, Date, Duration, Instant, Money, Rate};
use wasmi::{Engine, Linker, Module, Store, Val as Value};

/// A function in a module of its own, run under another engine.
pub(super) struct Ran {
    store: Store<()>,
    memory: wasmi::Memory,
    function: wasmi::Func,
    failed: wasmi::Func,
}

impl Ran {
    /// Emits what `build` declares, for a machine.
    pub(super) fn new(m: &Machine, params: &[Width], build: impl FnOnce(&Emit<'_>) -> Func) -> Self {
        let e = Emit::new(m);
        let inner = build(&e);
        let result = inner.result;
        let count = params.len();
        let outer = e.func("outer", params, Some(Width::I64), false, move |_, b| {
            b.set_global(FAULT, 0);
            let args: Vec<_> = (0..count).map(|at| b.arg(at)).collect();
            let value = b.try_call(inner, &args);
            b.give(if result == Some(Width::I64) { value } else { value.wide() });
        });
        e.export("outer", outer);
        e.export("failed", e.func("failed", &[], Some(Width::I32), false, |_, b| b.give(fault())));
        let bytes = e.finish("none", |_| Vec::new()).unwrap();
        let engine = Engine::default();
        let module = Module::new(&engine, &bytes).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
        let function = instance.get_func(&store, "outer").unwrap();
        let failed = instance.get_func(&store, "failed").unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        Self { store, memory, function, failed }
    }

    /// Its value; none where it failed.
    pub(super) fn call(&mut self, args: &[Value]) -> Option<i64> {
        let mut out = [Value::I64(0)];
        self.function.call(&mut self.store, args, &mut out).unwrap();
        let value = out[0].i64().unwrap();
        let mut failed = [Value::I32(0)];
        self.failed.call(&mut self.store, &[], &mut failed).unwrap();
        (failed[0].i32() == Some(0)).then_some(value)
    }

    /// Puts a text behind everything that the module holds; gives where.
    pub(super) fn text(&mut self, text: &str) -> [Value; 2] {
        if self.memory.size(&self.store) < 256 {
            let more = 256 - self.memory.size(&self.store);
            self.memory.grow(&mut self.store, more).unwrap();
        }
        let at = 255 * 65_536;
        self.memory.write(&mut self.store, at, text.as_bytes()).unwrap();
        [at, text.len()].map(|n| Value::I32(i32::try_from(n).unwrap()))
    }

    pub(super) fn wide(&mut self, args: &[i64]) -> Option<i64> {
        self.call(&args.iter().map(|v| Value::I64(*v)).collect::<Vec<_>>())
    }
}

/// The machine of a strategy, with the modules of the standard library.
pub(super) fn compiled(text: &str) -> Machine {
    let packs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../stdlib/packs");
    let find = |name: &str| {
        let file = format!("{}.dun", name.replace('.', "/"));
        std::fs::read_to_string(packs.join(&file)).ok().map(|text| (file, text))
    };
    let checked = check(&Sources { main: ("s.dun", text), find: &find, rows: &|_| None });
    lower(&checked.model.expect("a strategy without errors")).expect("a machine")
}

fn machine() -> Machine {
    compiled("strategy s\ncurrency EUR\nstage a { on recalled -> b }\noutcome b\n")
}

/// Numbers at the edges of what fits.
const EDGES: &[i64] = &[
    0,
    1,
    -1,
    2,
    7,
    499_999_999,
    500_000_000,
    500_000_001,
    1_000_000_000,
    -1_500_000_000,
    4_294_967_295,
    4_294_967_296,
    -4_294_967_297,
    123_456_789_012,
    i64::MAX,
    i64::MIN,
    i64::MAX - 1,
    i64::MIN + 1,
    1 << 62,
    -(1 << 62),
    3_037_000_500,
];

#[test]
fn sums_products_and_rates_are_the_machines() {
    let m = machine();
    let two = [Width::I64, Width::I64];
    let (mut plus, mut minus) = (Ran::new(&m, &two, numbers::plus), Ran::new(&m, &two, numbers::minus));
    let (mut times, mut rate) = (Ran::new(&m, &two, numbers::times), Ran::new(&m, &two, numbers::times_rate));
    for a in EDGES {
        for b in EDGES {
            assert_eq!(plus.wide(&[*a, *b]), a.checked_add(*b), "{a} + {b}");
            assert_eq!(minus.wide(&[*a, *b]), a.checked_sub(*b), "{a} - {b}");
            assert_eq!(times.wide(&[*a, *b]), a.checked_mul(*b), "{a} * {b}");
            let expected = Money(*a).times_rate(Rate(*b)).ok().map(|m| m.0);
            assert_eq!(rate.wide(&[*a, *b]), expected, "{a} at {b}");
        }
    }
}

#[test]
fn parts_of_sums_of_128_bits_are_exact() {
    let m = machine();
    let mut part = Ran::new(&m, &[Width::I64; 4], numbers::part_of);
    for (high, low) in
        [0, -1, 1, -7, 1 << 30, -(1 << 30)].iter().flat_map(|high| EDGES.iter().map(move |low| (high, low)))
    {
        let sum = i128::from(*high) << 64 | i128::from(low.cast_unsigned());
        for factor in EDGES.iter().filter(|factor| **factor != i64::MIN) {
            for by in [365, 365_000_000_000, 365 * 366 * 1_000_000_000] {
                let rounded = |exact: i128| {
                    let half = exact.signum() * i128::from(by) / 2;
                    i64::try_from(exact.checked_add(half)? / i128::from(by)).ok()
                };
                let exact = sum.checked_mul((*factor).into()).and_then(rounded);
                assert_eq!(part.wide(&[*high, *low, *factor, by]), exact, "{sum} * {factor} / {by}");
            }
        }
    }
}

/// A machine with calendars and zones that have everything.
fn with_calendars() -> Machine {
    compiled(
        "strategy s\nuse de.consumer\ncurrency EUR\ntime zone Europe/Berlin\ncalendar de by debtor.region\n\
         contact { allow email on working days 08:00..20:00 }\nstage a { on recalled -> b }\noutcome b\n",
    )
}

fn narrow(args: &[i32]) -> Vec<Value> {
    args.iter().map(|v| Value::I32(*v)).collect()
}

/// Every 17th day that Dunlin counts, and those around the ends of months.
fn some_days() -> impl Iterator<Item = Date> {
    let all = (Date::FIRST.days()..=Date::LAST.days()).filter_map(Date::from_days);
    all.filter(|d| d.days() % 17 == 0 || d.civil().day > 27 && d.civil().year % 7 == 0)
}

#[test]
fn days_are_the_machines() {
    let m = machine();
    let (one, two) = ([Width::I32], [Width::I32, Width::I32]);
    let mut civil = Ran::new(&m, &one, days::civil);
    let (mut month, mut year) = (Ran::new(&m, &one, days::end_of_month), Ran::new(&m, &one, days::end_of_year));
    let (mut by_days, mut by_months) = (Ran::new(&m, &two, days::add_days), Ran::new(&m, &two, days::add_months));
    let mut weekday = Ran::new(&m, &one, |e| {
        e.func("weekday", &[Width::I32], Some(Width::I32), false, |_, b| b.give(days::weekday(&b.arg(0))))
    });
    for day in some_days() {
        let at = day.civil();
        let packed = i64::from(at.year * 512 + i32::from(at.month) * 32 + i32::from(at.day));
        let n = day.days();
        assert_eq!(civil.call(&narrow(&[n])), Some(packed), "{day}");
        assert_eq!(month.call(&narrow(&[n])), Some(day.end_of_month().days().into()), "{day}");
        assert_eq!(year.call(&narrow(&[n])), Some(day.end_of_year().days().into()), "{day}");
        assert_eq!(weekday.call(&narrow(&[n])), Some(day.weekday().number().into()), "{day}");
        for by in [0, 1, -1, 11, -13, 400, 100_000, i32::MAX, i32::MIN] {
            let later = |d: Result<Date, _>| d.ok().map(|d: Date| i64::from(d.days()));
            assert_eq!(by_days.call(&narrow(&[n, by])), later(day.add_days(by)), "{day} + {by} days");
            assert_eq!(by_months.call(&narrow(&[n, by])), later(day.add_months(by)), "{day} + {by} months");
        }
    }
}

#[test]
fn working_days_are_the_machines() {
    let m = with_calendars();
    assert!(m.calendars.len() > 10, "the calendars of the Länder");
    let mut free = Ran::new(&m, &[Width::I32, Width::I32], calendars::is_free);
    let mut add = Ran::new(&m, &[Width::I32, Width::I64, Width::I32], calendars::add);
    for (number, calendar) in (0i32..).zip(&m.calendars) {
        for day in (Date::new(2023, 12, 20).unwrap().days()..).take(1200).filter_map(Date::from_days) {
            let is = free.call(&narrow(&[number, day.days()]));
            assert_eq!(is, Some(calendar.is_free(day).into()), "{} {day}", calendar.name);
        }
        for day in some_days().step_by(97) {
            for (amount, unit) in [(3, 0), (10, 1), (1, 2), (12, 2), (2, 3), (5, 4), (30, 5), (4_000_000, 3)] {
                let length = Duration::unpack(amount * 8 + unit).unwrap();
                for length in [length, length.negated().unwrap()] {
                    let args = [Value::I32(day.days()), Value::I64(length.pack()), Value::I32(number)];
                    let expected = value::add(day, length, calendar).ok().map(|d| i64::from(d.days()));
                    assert_eq!(add.call(&args), expected, "{day} + {length} {}", calendar.name);
                }
            }
        }
    }
}

#[test]
fn recesses_are_the_machines() {
    let m = compiled(
        "strategy s\ncurrency EUR\ncalendar a.b \"A\" {\n  recess 15 july .. 31 august \"Summer\" from 2020\n\
         recess \"Easter\" easter - 7 days .. easter + 7 days\n  recess 20 december .. 6 january\n\
         recess 28 february .. 20 march until 2030\n}\ncalendar a.b\nstage a { on recalled -> b }\noutcome b\n",
    );
    assert!(m.calendars.iter().any(|calendar| calendar.recesses.len() == 4));
    let mut recess = Ran::new(&m, &[Width::I32, Width::I32], calendars::recess_on);
    for (number, calendar) in (0i32..).zip(&m.calendars) {
        let around = [1900, 1901, 2019, 2030, 2298].map(|year| Date::new(year, 1, 1).unwrap().days());
        for day in around.into_iter().flat_map(|from| from..from + 800).filter_map(Date::from_days) {
            let expected = calendar.recess_on(day).map_or(-1, |at| i64::try_from(at).unwrap());
            assert_eq!(recess.call(&narrow(&[number, day.days()])), Some(expected), "{day}");
        }
    }
}

#[test]
fn clocks_are_the_machines() {
    let m = with_calendars();
    let mut day = Ran::new(&m, &[Width::I32, Width::I64], zones::local_day);
    let mut second = Ran::new(&m, &[Width::I32, Width::I64], zones::local_second);
    let mut instant = Ran::new(&m, &[Width::I32, Width::I32, Width::I32], zones::instant_at);
    for (number, zone) in (0i32..).zip(&m.zones) {
        let around =
            zone.transitions().iter().flat_map(|(at, _)| [at - 3601, at - 1, *at, at + 1, at + 3599, at + 90_000]);
        let edges = [Instant::FIRST.seconds(), Instant::LAST.seconds(), 0, 1_780_000_000];
        for at in around.chain(edges).filter_map(Instant::from_seconds) {
            let (expected, seconds) = zone.local(at);
            let args = [Value::I32(number), Value::I64(at.seconds())];
            assert_eq!(day.call(&args), Some(expected.days().into()), "{at}");
            assert_eq!(second.call(&args), Some(seconds.into()), "{at}");
            for clock in [0, 7_200, 9_000, 10_800, 28_800, 86_399] {
                let args = narrow(&[number, expected.days(), clock]);
                let expected = zone.instant_at(expected, clock.cast_unsigned()).ok().map(|i| i.seconds());
                assert_eq!(instant.call(&args), expected, "{at} {clock}");
            }
        }
    }
}

#[test]
fn one_value_of_several_is_chosen() {
    let m = machine();
    let mut chosen = Ran::new(&m, &[Width::I32, Width::I32], |e| {
        e.func("chosen", &[Width::I32, Width::I32], Some(Width::I32), false, |_, b| {
            let (unit, to_the_end) = (b.arg(0), b.arg(1));
            let working = b.keep(unit.eq(2));
            let of_days = Val::from(4).or_else(&to_the_end, 2);
            let counted = of_days.or_else(&working, 1);
            let counted = b.keep(Val::from(3).or_else(&unit.eq(0), counted));
            b.give(counted);
        })
    });
    for (unit, end, expected) in [(0, 0, 3), (0, 1, 3), (1, 0, 1), (1, 1, 1), (2, 0, 2), (2, 1, 4), (3, 0, 1)] {
        assert_eq!(chosen.call(&narrow(&[unit, end])), Some(expected), "{unit} {end}");
    }
}
