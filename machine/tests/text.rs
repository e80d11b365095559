//! A machine on a page, and its expressions and values in the words of the language.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use dunlin_machine::ir::*;
use dunlin_machine::text::{Words, expression, value_text};
use dunlin_machine::value::{Currency, Duration, Unit};

#[test]
fn the_sample_on_a_page() {
    let shown = sample::machine().to_string();
    let expected = include_str!("text/sample.txt");
    assert!(shown == expected, "the page differs from tests/text/sample.txt:\n{shown}");
}

/// Adds expressions to the sample, each made of those before it, and writes the last.
fn written(exprs: &[Expr]) -> String {
    let mut machine = sample::machine();
    machine.exprs = exprs.to_vec();
    expression(&machine, ExprId(exprs.len() as u16 - 1))
}

const fn id(n: u16) -> ExprId {
    ExprId(n)
}

#[test]
fn parentheses_stand_where_they_are_needed_and_nowhere_else() {
    let open = Expr::Read(Quantity::DisputeOpen);
    let titled = Expr::Read(Quantity::Titled);
    let number = |n| Expr::Const(n);
    let written_as = [
        (
            "dispute open and titled or titled",
            vec![open.clone(), titled.clone(), Expr::And(id(0), id(1)), Expr::Or(id(2), id(1))],
        ),
        (
            "dispute open and (titled or titled)",
            vec![open.clone(), titled.clone(), Expr::Or(id(1), id(1)), Expr::And(id(0), id(2))],
        ),
        ("not dispute open and titled", vec![open.clone(), titled.clone(), Expr::Not(id(0)), Expr::And(id(2), id(1))]),
        (
            "not (dispute open and titled)",
            vec![open.clone(), titled.clone(), Expr::And(id(0), id(1)), Expr::Not(id(2))],
        ),
        (
            "1 - 2 - 3",
            vec![number(1), number(2), number(3), Expr::Subtract(id(0), id(1)), Expr::Subtract(id(3), id(2))],
        ),
        (
            "1 - (2 - 3)",
            vec![number(1), number(2), number(3), Expr::Subtract(id(1), id(2)), Expr::Subtract(id(0), id(3))],
        ),
        ("(1 + 2) * 3", vec![number(1), number(2), number(3), Expr::Add(id(0), id(1)), Expr::Multiply(id(3), id(2))]),
        ("1 + 2 * 3", vec![number(1), number(2), number(3), Expr::Multiply(id(1), id(2)), Expr::Add(id(0), id(3))]),
        ("if dispute open then 1 else 2", vec![open.clone(), number(1), number(2), Expr::If(id(0), id(1), id(2))]),
        (
            "(if dispute open then 1 else 2) + 2",
            vec![open, number(1), number(2), Expr::If(id(0), id(1), id(2)), Expr::Add(id(3), id(2))],
        ),
    ];
    for (expected, exprs) in written_as {
        assert_eq!(written(&exprs), expected);
    }
}

#[test]
fn a_constant_is_written_as_its_place_reads_it() {
    let days = Expr::Const(sample::duration(5).pack());
    let today = Expr::Read(Quantity::Today);
    let balance = Expr::Read(Quantity::Balance);
    let written_as = [
        (
            "balance < 25.00 EUR",
            vec![balance.clone(), Expr::Const(2_500), Expr::Compare(Comparison::Less, id(0), id(1))],
        ),
        (
            "debtor.kind is not business",
            vec![Expr::Read(Quantity::DebtorKind), Expr::Const(1), Expr::Compare(Comparison::NotEqual, id(0), id(1))],
        ),
        ("balance * 2", vec![balance.clone(), Expr::Const(2), Expr::Multiply(id(0), id(1))]),
        ("2 * balance", vec![balance.clone(), Expr::Const(2), Expr::Multiply(id(1), id(0))]),
        ("balance * 5 %", vec![balance, Expr::Const(50_000_000), Expr::TimesRate(id(0), id(1))]),
        ("today + 5 days", vec![today.clone(), days.clone(), Expr::DatePlus(id(0), id(1))]),
        (
            "today - 2026-01-05 > 5 days",
            vec![
                today.clone(),
                Expr::Const(20_458),
                Expr::DaysBetween(id(0), id(1)),
                days.clone(),
                Expr::CompareDurations(Comparison::Greater, id(2), id(3)),
            ],
        ),
        ("base_rate at 2026-01-05", vec![Expr::Const(20_458), Expr::Dated(DatedId(0), Some(id(0)))]),
        ("base_rate", vec![Expr::Dated(DatedId(0), None), Expr::InCurrency(vec![id(0), id(0)])]),
        ("next_working_day(today, de.nw)", vec![today.clone(), Expr::NextWorkingDay(id(0), Some(CalendarId(1)))]),
        (
            "weekday(today) = monday",
            vec![today, Expr::Weekday(id(0)), Expr::Const(0), Expr::Compare(Comparison::Equal, id(1), id(2))],
        ),
        ("attempts(phone, 5 days)", vec![days, Expr::Read(Quantity::Attempts(ChannelId(3), id(0)))]),
        ("served.on known", vec![Expr::Kept(0), Expr::Known(id(0))]),
        ("tone_of(gold, 1)", vec![Expr::Const(0), Expr::Const(1), Expr::Table(TableId(0), vec![id(0), id(1)])]),
        ("in reminder | paid", vec![Expr::Read(Quantity::In(vec![StageId(0), StageId(1)]))]),
        ("had served", vec![Expr::Read(Quantity::Had(0))]),
    ];
    for (expected, exprs) in written_as {
        assert_eq!(written(&exprs), expected);
    }
}

#[test]
fn values_are_written_as_an_author_writes_them() {
    let machine = sample::machine();
    let region = machine.texts.iter().position(|text| text == "reminder").unwrap() as i64;
    let working = Duration::new(1, Unit::WorkingDays).unwrap().pack();
    let written_as = [
        (Type::Bool, 1, "true"),
        (Type::Number, -3, "-3"),
        (Type::Money, 12_000, "120.00 EUR"),
        (Type::Money, -5, "-0.05 EUR"),
        (Type::Rate, 50_000_000, "5 %"),
        (Type::Rate, 33_700_000, "3.37 %"),
        (Type::Date, 20_458, "2026-01-05"),
        (Type::Instant, 20_458 * 86_400, "2026-01-05T00:00:00+00:00"),
        (Type::Hours, 28_800 * 100_000 + 72_000, "08:00..20:00"),
        (Type::Duration, working, "1 working day"),
        (Type::Text, region, "\"reminder\""),
        (Type::Text, -1, "a text of the case"),
        (Type::Channel, 3, "phone"),
        (Type::Tone, 3, "firm"),
        (sample::SEGMENT, 2, "risk"),
        (sample::SEGMENT, 3, "3"),
        (Type::Date, i64::MAX, "9223372036854775807"),
    ];
    for (ty, value, expected) in written_as {
        assert_eq!(value_text(&machine, ty, value, Currency::EUR), expected);
    }
    let yen = Currency::from_code("JPY").unwrap();
    assert_eq!(value_text(&machine, Type::Money, 120, yen), "120 JPY");
    assert_eq!(Words::in_currency(&machine, yen).value(Type::Money, 7), "7 JPY");
}

#[test]
fn an_expression_that_goes_in_circles_is_cut_off() {
    let circle = vec![Expr::Add(id(0), id(0))];
    assert!(written(&circle).contains('…'));
}

#[test]
fn citations_name_the_law() {
    let machine = sample::machine();
    let words = Words::new(&machine);
    assert_eq!(words.citation(RuleId(1)), "acme.dun:11, § 286 (1) BGB");
    assert_eq!(words.citation(RuleId(0)), "acme.dun:10");
    assert_eq!(words.citation(RuleId(9)), "?");
}
