//! Amounts, rates, dates, times and durations: worked values, and equations over many.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::cmp::Ordering;

use dunlin_machine::value::{
    Civil, Currency, Date, DecimalTextError, Duration, Instant, Money, Overflow, Rate, TimeOfDay, TimeTextError, Unit,
    Weekday, days_in_month, div_half_away, easter, last_weekday, nth_weekday,
};
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

fn date(text: &str) -> Date {
    Date::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn currency(code: &str) -> Currency {
    Currency::from_code(code).unwrap_or_else(|| panic!("{code} is in the table"))
}

fn days(amount: u32, unit: Unit) -> Duration {
    Duration::new(amount, unit).expect("at least 1")
}

#[test]
fn money_texts() {
    let rows = [
        ("EUR", "1234.50", 123_450, "1234.50"),
        ("EUR", "5_000", 500_000, "5000.00"),
        ("EUR", "-3.00", -300, "-3.00"),
        ("EUR", "-0.05", -5, "-0.05"),
        ("EUR", "1.5", 150, "1.50"),
        ("JPY", "1_234", 1234, "1234"),
        ("KWD", "0.001", 1, "0.001"),
        ("EUR", "92233720368547758.07", i64::MAX, "92233720368547758.07"),
        ("EUR", "-92233720368547758.08", i64::MIN, "-92233720368547758.08"),
    ];
    for (code, text, units, printed) in rows {
        let currency = currency(code);
        let money = Money::parse(text, currency);
        assert_eq!(money, Ok(Money(units)), "{text} {code}");
        assert_eq!(Money(units).display(currency).to_string(), printed);
    }
}

#[test]
fn texts_that_are_no_amount() {
    use DecimalTextError::{Comma, NotANumber, TooLarge, TooManyDecimals};
    let rows = [
        ("EUR", "2,50", Comma),
        ("EUR", "1,234.50", Comma),
        ("EUR", "1.234", TooManyDecimals { allowed: 2 }),
        ("JPY", "1.0", TooManyDecimals { allowed: 0 }),
        ("EUR", "92233720368547758.08", TooLarge),
        ("EUR", "99999999999999999999999", TooLarge),
    ];
    for (code, text, error) in rows {
        assert_eq!(Money::parse(text, currency(code)), Err(error), "{text} {code}");
    }
    for text in ["", "-", ".", "1.", ".5", "+1", "--1", "1__0", "_1", "1_", "1.2.3", "1.5_0", "1e3", " 1", "1 EUR", "١"]
    {
        assert_eq!(Money::parse(text, Currency::EUR), Err(NotANumber), "{text:?}");
    }
}

#[test]
fn currencies() {
    for (code, decimals) in [("EUR", 2), ("CHF", 2), ("JPY", 0), ("ISK", 0), ("TND", 3), ("ALL", 2), ("ZWG", 2)] {
        assert_eq!(currency(code).decimals(), decimals, "{code}");
        assert_eq!(currency(code).code(), code);
    }
    for code in ["", "eur", "EURO", "XXX", "EU", "E R", "R U", "SD "] {
        assert_eq!(Currency::from_code(code), None, "{code:?}");
    }
}

#[test]
fn a_rate_of_money_is_rounded_once_and_away_from_zero() {
    // 0.45 of 235.50 is 105.975.
    let rows =
        [(23_550, "45", 10_598), (-23_550, "45", -10_598), (100, "0.5", 1), (100, "0.4999999", 0), (-1, "50", -1)];
    for (units, percent, expected) in rows {
        let rate = Rate::parse(percent).expect("a rate");
        assert_eq!(Money(units).times_rate(rate), Ok(Money(expected)), "{units} * {percent} %");
    }
    assert_eq!(Money(i64::MAX).times_rate(Rate::ONE), Ok(Money(i64::MAX)));
    assert_eq!(Money(i64::MAX).times_rate(Rate(1_000_000_001)), Err(Overflow::Amount));
    assert_eq!(Money(i64::MIN).times_rate(Rate(-1_000_000_000)), Err(Overflow::Amount));
}

#[test]
fn what_exceeds_64_bits_is_an_error() {
    let (most, least) = (Money(i64::MAX), Money(i64::MIN));
    assert_eq!(most.plus(Money(1)), Err(Overflow::Amount));
    assert_eq!(least.minus(Money(1)), Err(Overflow::Amount));
    assert_eq!(least.negated(), Err(Overflow::Amount));
    assert_eq!(most.times(2), Err(Overflow::Amount));
    assert_eq!(Money::sum([most, Money(1), Money(-1)]), Err(Overflow::Amount));
    assert_eq!(Money::sum([Money(5), Money(-7)]), Ok(Money(-2)));
    assert_eq!(Rate(i64::MAX).plus(Rate(1)), Err(Overflow::Amount));
    assert_eq!(Overflow::Amount.to_string(), "the amount is larger than Dunlin can count");
}

#[test]
fn rates() {
    let rows = [("5", 50_000_000, "5"), ("8.62", 86_200_000, "8.62"), ("-0.88", -8_800_000, "-0.88")];
    for (text, parts, printed) in rows {
        assert_eq!(Rate::parse(text), Ok(Rate(parts)));
        assert_eq!(Rate(parts).to_string(), printed);
    }
    assert_eq!(Rate::parse("1.2345678"), Ok(Rate(12_345_678)));
    assert_eq!(Rate::parse("1.23456789"), Err(DecimalTextError::TooManyDecimals { allowed: 7 }));
    assert_eq!(Rate::parse("8,62"), Err(DecimalTextError::Comma));
    assert_eq!(Rate(100_000_000).to_string(), "10");
    assert_eq!(Rate(0).to_string(), "0");
}

#[test]
fn halves_go_away_from_zero() {
    let rows =
        [(5, 2, 3), (-5, 2, -3), (5, -2, -3), (-5, -2, 3), (4, 3, 1), (7, 4, 2), (1, 2, 1), (1, 3, 0), (0, 9, 0)];
    for (num, den, expected) in rows {
        assert_eq!(div_half_away(num, den), Ok(expected), "{num} / {den}");
    }
    assert_eq!(div_half_away(1, 0), Err(Overflow::Amount));
    assert_eq!(div_half_away(i128::MIN, -1), Err(Overflow::Amount));
    assert_eq!(div_half_away(i128::MIN, i128::MIN), Ok(1));
    assert_eq!(div_half_away(i128::MAX, i128::MIN), Ok(-1));
    assert_eq!(div_half_away(i128::MIN, 2), Ok(i128::MIN / 2));
}

/// Walks through every day of the range and counts months and weekdays by hand.
#[test]
fn every_day_from_1900_to_2299_is_itself() {
    let mut day = Date::FIRST;
    let mut weekday = 1_u8; // 1900-01-01 was a Monday.
    for year in 1900..=2299 {
        for month in 1..=12 {
            for number in 1..=days_in_month(year, month) {
                assert_eq!(day.civil(), Civil { year, month, day: number });
                assert_eq!(Date::new(year, month, number), Some(day));
                assert_eq!(day.weekday().number(), weekday, "{day}");
                assert_eq!(Date::parse(&day.to_string()), Ok(day));
                weekday = weekday % 7 + 1;
                day = if day == Date::LAST { day } else { day.add_days(1).expect("the day after") };
            }
        }
    }
    assert_eq!(day.to_string(), "2299-12-31");
    assert_eq!(Date::from_days(0).map(|day| day.to_string()).as_deref(), Some("1970-01-01"));
}

#[test]
fn days_that_are_not() {
    let rows = [
        ("2026-02-29", TimeTextError::NoSuchDay),
        ("2100-02-29", TimeTextError::NoSuchDay),
        ("2026-00-10", TimeTextError::NoSuchDay),
        ("2026-13-01", TimeTextError::NoSuchDay),
        ("2026-01-00", TimeTextError::NoSuchDay),
        ("1899-12-31", TimeTextError::YearOutOfRange),
        ("2300-01-01", TimeTextError::YearOutOfRange),
        ("2026-1-5", TimeTextError::NotADate),
        ("05.01.2026", TimeTextError::NotADate),
        ("2026-01-05T00:00", TimeTextError::NotADate),
        ("-2026-01-05", TimeTextError::NotADate),
        ("", TimeTextError::NotADate),
    ];
    for (text, error) in rows {
        assert_eq!(Date::parse(text), Err(error), "{text}");
    }
    assert_eq!(Date::LAST.add_days(1), Err(Overflow::Date));
    assert_eq!(Date::FIRST.add_days(i32::MIN), Err(Overflow::Date));
    assert_eq!(Date::LAST.add_months(i32::MAX), Err(Overflow::Date));
    assert_eq!(Date::FIRST.add_months(i32::MIN), Err(Overflow::Date));
    assert_eq!(Date::LAST.add_years(i32::MAX), Err(Overflow::Date));
}

/// § 188 (2), (3) BGB.
#[test]
fn months_end_on_the_same_day_or_the_last() {
    let rows = [
        ("2026-05-30", 1, "2026-06-30"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-02-28", 1, "2026-03-28"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -13, "2024-12-15"),
        ("2026-01-31", 3, "2026-04-30"),
    ];
    for (from, months, to) in rows {
        assert_eq!(date(from).add_months(months), Ok(date(to)), "{from} + {months} months");
    }
    assert_eq!(date("2024-02-29").add_years(1), Ok(date("2025-02-28")));
    assert_eq!(date("2024-02-05").end_of_month(), date("2024-02-29"));
    assert_eq!(date("2023-05-08").end_of_year(), date("2023-12-31"));
}

#[test]
fn easter_sundays() {
    let list = "1900-04-15 1943-04-25 1954-04-18 1981-04-19 2008-03-23 2022-04-17 2023-04-09 2024-03-31 2025-04-20 \
                2026-04-05 2027-03-28 2028-04-16 2029-04-01 2030-04-21 2031-04-13 2032-03-28 2033-04-17 2034-04-09 \
                2035-03-25 2038-04-25 2049-04-18 2076-04-19 2285-03-22";
    for text in list.split_whitespace() {
        assert_eq!(easter(date(text).year()), Some(date(text)));
    }
    assert_eq!((easter(1899), easter(2300), easter(i32::MIN)), (None, None, None));
    assert!((1900..=2299).filter_map(easter).all(|day| day.weekday() == Weekday::Sunday));
}

#[test]
fn weekdays_of_a_month() {
    assert_eq!(nth_weekday(2026, 1, 3, Weekday::Monday), Some(date("2026-01-19")));
    assert_eq!(nth_weekday(2026, 2, 1, Weekday::Sunday), Some(date("2026-02-01")));
    assert_eq!(nth_weekday(2026, 2, 5, Weekday::Sunday), None);
    assert_eq!(nth_weekday(2026, 3, 5, Weekday::Sunday), Some(date("2026-03-29")));
    assert_eq!(nth_weekday(2026, 3, 0, Weekday::Sunday), None);
    assert_eq!(nth_weekday(2026, 3, 255, Weekday::Sunday), None);
    assert_eq!(nth_weekday(2026, 13, 1, Weekday::Sunday), None);
    assert_eq!(last_weekday(2026, 5, Weekday::Monday), Some(date("2026-05-25")));
    for (day, before, after) in [("2022-11-23", "2022-11-16", "2022-11-30"), ("2026-11-23", "2026-11-18", "2026-11-25")]
    {
        assert_eq!(date(day).weekday_before(Weekday::Wednesday), Ok(date(before)));
        assert_eq!(date(day).weekday_after(Weekday::Wednesday), Ok(date(after)));
    }
}

#[test]
fn times_of_day() {
    for (text, seconds) in [("08:00", 28_800), ("00:00", 0), ("24:00", 86_400), ("23:59:59", 86_399)] {
        let time = TimeOfDay::parse(text).expect(text);
        assert_eq!((time.seconds(), time.to_string().as_str()), (seconds, text));
    }
    for text in ["8:00", "24:01", "08:60", "08", "0800", "08:00:60", "25:00", "", "-1:00", "99:99:99"] {
        assert_eq!(TimeOfDay::parse(text), Err(TimeTextError::NotATime), "{text}");
    }
}

#[test]
fn instants() {
    let rows = [
        ("2026-01-20T10:15:00+01:00", "2026-01-20T09:15:00Z"),
        ("2026-01-20T00:15:00+01:00", "2026-01-19T23:15:00Z"),
        ("2026-01-20t10:15:00.999999999z", "2026-01-20T10:15:00Z"),
        ("2026-01-20T10:15:00.5-03:30", "2026-01-20T13:45:00Z"),
        ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
    ];
    for (text, utc) in rows {
        assert_eq!(Instant::parse(text).map(|instant| instant.to_string()).as_deref(), Ok(utc), "{text}");
    }
    let bad = "2026-01-20|2026-01-20T10:15Z|2026-01-20T10:15:00|2026-01-20T24:00:00Z|2026-01-20T10:15:00.Z|\
               2026-01-20T10:15:00+0100|2026-01-20T10:15:00+24:00|2026-01-20T10:15:60Z|T10:15:00Z|20.1.2026T10:15:00Z|\
               2026-01-20T10:15:00 +01:00|2026-01-20T10:15:00+01:00x|2026-01-20T10:15:0٠Z";
    for text in bad.split('|') {
        assert_eq!(Instant::parse(text), Err(TimeTextError::NotAnInstant), "{text}");
    }
    assert_eq!(Instant::parse("2026-02-29T10:15:00Z"), Err(TimeTextError::NoSuchDay));
    assert_eq!(Instant::parse("1900-01-01T23:59:59Z"), Err(TimeTextError::YearOutOfRange));
    assert_eq!(
        (Instant::FIRST.to_string(), Instant::LAST.to_string()),
        ("1900-01-02T00:00:00Z".into(), "2299-12-30T23:59:59Z".into())
    );
    let instant = Instant::parse("2026-07-01T22:30:00Z").expect("an instant");
    assert_eq!(instant.display(7200).to_string(), "2026-07-02T00:30:00+02:00");
    assert_eq!(instant.display(-12_600).to_string(), "2026-07-01T19:00:00-03:30");
    assert_eq!(instant.add_hours(36).map(|later| later.to_string()).as_deref(), Ok("2026-07-03T10:30:00Z"));
    assert_eq!(Instant::LAST.add_seconds(1), Err(Overflow::Date));
    assert_eq!(Instant::FIRST.add_seconds(i64::MIN), Err(Overflow::Date));
}

#[test]
fn durations() {
    for text in ["1 day", "14 days", "36 hours", "5 working days", "1 working day", "2 weeks", "6 months", "3 years"] {
        assert_eq!(Duration::parse(text).map(|length| length.to_string()).as_deref(), Ok(text));
    }
    for text in [
        "0 days",
        "-1 days",
        "+1 day",
        "1day",
        "1  day",
        "4294967296 days",
        "2147483648 days",
        "1 fortnight",
        "days",
        "",
    ] {
        assert_eq!(Duration::parse(text), Err(TimeTextError::NotADuration), "{text}");
    }
    let between = Duration::between(date("2026-03-05"), date("2026-03-01"));
    assert_eq!((between.amount(), between.unit(), between.to_string()), (-4, Unit::Days, "-4 days".into()));
    assert_eq!(between.negated().map(Duration::amount), Ok(4));
}

#[test]
fn durations_compare_within_their_kind() {
    assert_eq!(days(14, Unit::Days).compare(days(2, Unit::Weeks)), Some(Ordering::Equal));
    assert_eq!(days(13, Unit::Days).compare(days(2, Unit::Weeks)), Some(Ordering::Less));
    assert_eq!(days(13, Unit::Months).compare(days(1, Unit::Years)), Some(Ordering::Greater));
    assert_eq!(days(5, Unit::WorkingDays).compare(days(3, Unit::WorkingDays)), Some(Ordering::Greater));
    assert_eq!(days(24, Unit::Hours).compare(days(1, Unit::Days)), None);
    assert_eq!(days(30, Unit::Days).compare(days(1, Unit::Months)), None);
    assert_eq!(days(7, Unit::WorkingDays).compare(days(1, Unit::Weeks)), None);
}

#[test]
fn stored_values_are_checked_when_they_are_read() {
    let stored = |number: i64| postcard::to_allocvec(&number).expect("bytes");
    assert!(postcard::from_bytes::<Date>(&stored(i64::from(Date::LAST.days()) + 1)).is_err());
    assert!(postcard::from_bytes::<Instant>(&stored(i64::MAX)).is_err());
    assert!(postcard::from_bytes::<Duration>(&stored(7)).is_err());
    assert!(postcard::from_bytes::<TimeOfDay>(&postcard::to_allocvec(&86_401_u32).expect("bytes")).is_err());
    assert!(postcard::from_bytes::<Currency>(b"EUR\x63").is_err());
}

fn any_date() -> impl Strategy<Value = Date> {
    (Date::FIRST.days()..=Date::LAST.days()).prop_map(|days| Date::from_days(days).expect("in range"))
}

fn any_unit() -> impl Strategy<Value = Unit> {
    prop::sample::select(Unit::ALL.to_vec())
}

fn stored<T: serde::Serialize + for<'a> serde::Deserialize<'a>>(value: &T) -> T {
    postcard::from_bytes(&postcard::to_allocvec(value).expect("bytes")).expect("the value")
}

proptest! {
    #[test]
    fn printed_amounts_read_back(units: i64, code in prop::sample::select(vec!["EUR", "JPY", "KWD"])) {
        let currency = currency(code);
        prop_assert_eq!(Money::parse(&Money(units).display(currency).to_string(), currency), Ok(Money(units)));
        prop_assert_eq!(stored(&(Money(units), currency)), (Money(units), currency));
    }

    #[test]
    fn printed_rates_read_back(parts: i64) {
        prop_assert_eq!(Rate::parse(&Rate(parts).to_string()), Ok(Rate(parts)));
    }

    #[test]
    fn a_rate_of_money_is_what_decimals_say(units in -1_000_000_000_000_000_i64..1_000_000_000_000_000, parts in -10_000_000_000_i64..10_000_000_000) {
        let exact = Decimal::from(units) * Decimal::new(parts, 9);
        let rounded = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        let money = Money(units).times_rate(Rate(parts)).expect("in range");
        prop_assert_eq!(Decimal::from(money.0), rounded);
    }

    #[test]
    fn quotients_are_nearest(num in -(1_i128 << 100)..(1 << 100), den in 1_i128..(1 << 80)) {
        let nearest = div_half_away(num, den).expect("in range");
        let error = (nearest * den - num).abs() * 2;
        prop_assert!(error < den || error == den && nearest.abs() * den > num.abs());
        prop_assert_eq!(div_half_away(-num, den), Ok(-nearest));
        prop_assert_eq!(div_half_away(num, -den), Ok(-nearest));
    }

    #[test]
    fn months_never_run_backwards(day in any_date(), months in -600..600_i32, ahead in 0..40_i32) {
        let (Ok(to), Ok(later)) = (day.add_months(months), day.add_days(ahead)) else { return Ok(()) };
        if let Ok(later_to) = later.add_months(months) {
            prop_assert!(to <= later_to);
        }
        let (from, civil) = (day.civil(), to.civil());
        prop_assert_eq!((civil.year - from.year) * 12 + i32::from(civil.month) - i32::from(from.month), months);
        prop_assert!(civil.day == from.day || civil.day < from.day && to == to.end_of_month());
        if let Ok(next) = day.add_months(months + 1) {
            prop_assert!(to < next);
        }
    }

    #[test]
    fn weekdays_beside_a_day_are_within_a_week(day in any_date(), number in 1..=7_u8) {
        let weekday = Weekday::from_number(number).expect("a weekday");
        if let Ok(before) = day.weekday_before(weekday) {
            prop_assert!((1..=7).contains(&(day.days() - before.days())) && before.weekday() == weekday);
        }
        if let Ok(after) = day.weekday_after(weekday) {
            prop_assert!((1..=7).contains(&(after.days() - day.days())) && after.weekday() == weekday);
        }
    }

    #[test]
    fn instants_read_back_at_every_offset(seconds in Instant::FIRST.seconds()..=Instant::LAST.seconds(), quarters in -48..=56_i32) {
        let instant = Instant::from_seconds(seconds).expect("in range");
        prop_assert_eq!(Instant::parse(&instant.to_string()), Ok(instant));
        prop_assert_eq!(Instant::parse(&instant.display(quarters * 900).to_string()), Ok(instant));
        prop_assert_eq!(stored(&instant), instant);
    }

    #[test]
    fn times_read_back(seconds in 0..=86_400_u32) {
        let time = TimeOfDay::from_seconds(seconds).expect("in range");
        prop_assert_eq!(TimeOfDay::parse(&time.to_string()), Ok(time));
    }

    #[test]
    fn durations_pack_and_read_back(amount in 1..=i32::MAX as u32, unit in any_unit()) {
        let length = days(amount, unit);
        prop_assert_eq!(Duration::parse(&length.to_string()), Ok(length));
        prop_assert_eq!(Duration::unpack(length.pack()), Some(length));
        let back = length.negated().expect("has a counterpart");
        prop_assert_eq!(Duration::unpack(back.pack()), Some(back));
        prop_assert_eq!(stored(&back), back);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,30}") {
        let _ = (Money::parse(&text, Currency::EUR), Rate::parse(&text), Date::parse(&text));
        let _ = (TimeOfDay::parse(&text), Instant::parse(&text), Duration::parse(&text), Currency::from_code(&text));
    }

    #[test]
    fn any_number_unpacks_or_is_refused(packed: i64) {
        if let Some(length) = Duration::unpack(packed) {
            prop_assert_eq!(length.pack(), packed);
        }
    }
}
