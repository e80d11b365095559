//! Emitted parsers against those of the machine: the same value of every text, or none in both.
#![allow(clippy::unwrap_used, reason = "a test fails in the shortest way")]

use super::super::code::Width;
use super::super::tests::{Ran, compiled};
use super::{is_right, value};
use dunlin_machine::ir::{EnumId, Machine, Type};
use dunlin_machine::value::{Currency, Date, Duration, Instant, Money, Rate};

/// A parser that gives the least number for what is no value.
fn parser(m: &Machine, ty: Type) -> Ran {
    Ran::new(m, &[Width::I32, Width::I32], move |e| {
        e.func("parsed", &[Width::I32, Width::I32], Some(Width::I64), ty == Type::Text, move |e, b| {
            let parsed = b.call(value(e, ty), &[b.arg(0), b.arg(1)]);
            b.give(parsed.or_else(&is_right(e), i64::MIN));
        })
    })
}

fn machine() -> Machine {
    compiled(
        "strategy s\ncurrency EUR\nfacts {\n  colour : red | green | dark_green = red\n}\nstage a { on recalled -> b }\noutcome b\n",
    )
}

/// Texts that are values, and texts that are nearly some.
const TEXTS: &[&str] = &[
    "",
    " ",
    "-",
    "+",
    ".",
    "_",
    "0",
    "-0",
    "+0",
    "007",
    "1",
    "-1",
    "+1",
    "+-1",
    "-+1",
    "--1",
    "++1",
    "1 ",
    " 1",
    "1_000",
    "1__0",
    "_1",
    "1_",
    "1_.5",
    "1._5",
    "1.5",
    "1.",
    ".5",
    "1.55",
    "1.555",
    "1,5",
    "1.5.5",
    "12345678901",
    "1.5 EUR",
    "1.5EUR",
    "1.5 EUR ",
    "1.5 USD",
    "EUR",
    "-3.00 EUR",
    "5 EUR EUR",
    "5\u{a0}EUR",
    "5\u{2009}\u{3000}\t EUR",
    "5\u{200b}EUR",
    "5\u{85}",
    "5\u{1680}\u{205f}\u{202f}",
    "5\u{2028}\u{2029}\u{200a}",
    "5\u{200b}",
    "5é",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "+9223372036854775807",
    "92233720368547758.07",
    "92233720368547758.08",
    "-92233720368547758.08",
    "92233720368547758",
    "92233720368547759",
    "922337203.6854775807",
    "922337203.6854775",
    "922337203.6854776",
    "922337204",
    "99999999999999999999999999",
    "00000000000000000000000000001",
    "5%",
    "5 %",
    "5%%",
    "5 % %",
    "8.62",
    "8.1234567",
    "8.12345678",
    "-0.88 %",
    "%",
    "5\u{a0}%",
    "1e5",
    "0x10",
    "١",
    "2026-01-05",
    "2026-1-05",
    "2026-02-29",
    "2024-02-29",
    "1900-01-01",
    "1899-12-31",
    "2299-12-31",
    "2300-01-01",
    "2026-13-01",
    "2026-00-01",
    "2026-01-00",
    "2026-04-31",
    "2026-01-05 ",
    " 2026-01-05",
    "2026/01/05",
    "-026-01-05",
    "2026-01-5a",
    "20260-1-05",
    "2026-01-05T10:15:00Z",
    "2026-01-05t10:15:00z",
    "2026-01-05T10:15:00",
    "2026-01-05T10:15Z",
    "2026-01-05T10:15:00+01:00",
    "2026-01-05T10:15:00-23:59",
    "2026-01-05T10:15:00+24:00",
    "2026-01-05T10:15:00+01:60",
    "2026-01-05T24:00:00Z",
    "2026-01-05T23:59:59Z",
    "2026-01-05T23:60:00Z",
    "2026-01-05T23:59:60Z",
    "2026-01-05T10:15:00.5Z",
    "2026-01-05T10:15:00.123456789+02:00",
    "2026-01-05T10:15:00.Z",
    "2026-01-05T10:15:00.",
    "2026-01-05T10:15:00.5",
    "2026-01-05T10:15:00.5.5Z",
    "2026-01-05T10:15:00ZZ",
    "2026-01-05T10:15:00+0100",
    "2026-01-05T10:15:00+1:00",
    "2026-01-05 10:15:00Z",
    "2026-01-05T1O:15:00Z",
    "1900-01-01T00:00:00Z",
    "1900-01-02T00:00:00Z",
    "1900-01-01T23:59:59-00:01",
    "2299-12-31T00:00:00Z",
    "2299-12-30T23:59:59Z",
    "2299-12-31T00:00:00+00:01",
    "2026-01-05T10:15:00*01:00",
    "2026-01-05T10:15:é0Z",
    "1 day",
    "1 days",
    "14 days",
    "0 days",
    "00014 days",
    "-1 days",
    "+1 days",
    "1  day",
    "1 day ",
    " 1 day",
    "1 Day",
    "5 working days",
    "1 working day",
    "5 working  days",
    "36 hours",
    "1 hour",
    "2 weeks",
    "1 week",
    "6 months",
    "1 month",
    "10 years",
    "1 year",
    "2147483647 days",
    "2147483648 days",
    "4294967296 days",
    "99999999999999999999 days",
    "days",
    "1",
    "1 ",
    "1_0 days",
    "1.0 days",
    "false",
    "true",
    "True",
    "tru",
    "truee",
    "red",
    "green",
    "dark_green",
    "dark",
    "yellow",
    "post",
    "email",
    "firm",
    "neutral",
];

fn alike(m: &Machine, ty: Type, read: impl Fn(&str) -> Option<i64>) {
    let mut parse = parser(m, ty);
    for text in TEXTS {
        let args = parse.text(text);
        let right = Some(parse.call(&args).unwrap()).filter(|v| *v != i64::MIN);
        // The least number is a value of its own, which the parser gives all the same.
        assert_eq!(right, read(text).filter(|v| *v != i64::MIN), "`{text}` as {ty:?}");
    }
}

#[test]
fn numbers_are_read_as_the_machine_reads_them() {
    let m = machine();
    alike(&m, Type::Number, |text| text.parse().ok());
    let amount = |text: &str| Money::parse(text.strip_suffix("EUR").unwrap_or(text).trim_end(), Currency::EUR).ok();
    alike(&m, Type::Money, |text| amount(text).map(|m| m.0));
    alike(&m, Type::Rate, |text| Rate::parse(text.trim_end_matches('%').trim_end()).ok().map(|r| r.0));
}

#[test]
fn times_are_read_as_the_machine_reads_them() {
    let m = machine();
    alike(&m, Type::Date, |text| Date::parse(text).ok().map(|d| d.days().into()));
    alike(&m, Type::Instant, |text| Instant::parse(text).ok().map(|i| i.seconds()));
    alike(&m, Type::Duration, |text| Duration::parse(text).ok().map(Duration::pack));
    alike(&m, Type::Hours, |_| None);
}

#[test]
fn names_are_found_where_the_strategy_lists_them() {
    let m = machine();
    let at = |names: &[&str], text: &str| names.iter().position(|n| *n == text).map(|at| i64::try_from(at).unwrap());
    alike(&m, Type::Bool, |text| at(&["false", "true"], text));
    let names = |of: &[dunlin_machine::ir::TextId]| of.iter().map(|n| m.texts[n.index()].as_str()).collect::<Vec<_>>();
    let (channels, tones) = (names(&m.channels), names(&m.tones));
    alike(&m, Type::Channel, |text| at(&channels, text));
    alike(&m, Type::Tone, |text| at(&tones, text));
    let values = names(&m.enums[0].values);
    alike(&m, Type::Enum(EnumId(0)), |text| at(&values, text));
}
