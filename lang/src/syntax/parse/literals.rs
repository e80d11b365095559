//! Literals, kept as written, and the slips in them that need no types to be seen.

use super::super::tree::*;
use super::Pair;
use super::build::{Builder, child, has};
use super::grammar::Rule;
use crate::diagnostic::codes;

impl Builder<'_> {
    pub fn literal(&mut self, pair: &Pair) -> Option<Literal> {
        let literal = match pair.as_rule() {
            Rule::date => Literal::Date(self.date(pair)),
            Rule::time => Literal::Time(self.time(pair)),
            Rule::money => self.money(pair)?,
            Rule::rate => self.rate(pair)?,
            Rule::duration => self.duration(pair)?,
            Rule::number => {
                let Number { digits, value, .. } = self.number(pair);
                Literal::Number { digits, value }
            }
            Rule::text => Literal::Text(self.text_in(pair)?.value),
            Rule::bool => Literal::Bool(has(pair, Rule::kw_true)),
            _ => return None,
        };
        Some(literal)
    }

    fn money(&mut self, pair: &Pair) -> Option<Literal> {
        let currency = child(pair, Rule::currency)?;
        let currency = Name { text: currency.as_str().to_owned(), span: self.span(&currency) };
        Some(Literal::Money { digits: self.decimal(pair)?, currency })
    }

    fn rate(&mut self, pair: &Pair) -> Option<Literal> {
        let unit = if has(pair, Rule::percent) { RateUnit::Percent } else { RateUnit::Points };
        Some(Literal::Rate { digits: self.decimal(pair)?, unit })
    }

    /// The digits of an amount or a rate; a decimal comma is reported and mended.
    fn decimal(&mut self, pair: &Pair) -> Option<String> {
        let decimal = child(pair, Rule::decimal)?;
        let written = decimal.as_str();
        let points = written.matches('.').count();
        if !written.contains(',') && points < 2 {
            return Some(written.to_owned());
        }
        let mended = match written.split_once(',') {
            Some((whole, cents)) => format!("{}.{cents}", whole.replace('.', "_")),
            None => written.replace('.', "_"),
        };
        let message = format!("`{written}` is not how an amount is written");
        let help = "decimals stand after a point, thousands may be grouped with `_`";
        self.report_fix(codes::DECIMAL_COMMA, self.span(&decimal), message, help, mended.clone());
        Some(mended)
    }

    pub fn duration(&mut self, pair: &Pair) -> Option<Literal> {
        let decimal = child(pair, Rule::decimal)?;
        let digits = decimal.as_str().to_owned();
        let amount = self.duration_amount(&digits, self.span(&decimal));
        let unit = self.unit(&child(pair, Rule::unit)?);
        Some(Literal::Duration { digits, amount, unit })
    }

    /// `day` in `per day`: one of the unit.
    pub fn bare_duration(&mut self, pair: &Pair) -> Option<Expr> {
        let unit = self.unit(&child(pair, Rule::unit)?);
        let literal = Literal::Duration { digits: String::new(), amount: 1, unit };
        Some(Expr { kind: ExprKind::Literal(literal), span: self.span(pair) })
    }

    fn duration_amount(&mut self, digits: &str, span: Span) -> u32 {
        let help = "a duration is a whole number, at least 1, of one unit: `14 days`, `36 hours`";
        let message = match plain_digits(digits).parse::<u32>() {
            Ok(0) => "a duration is at least 1".to_owned(),
            Ok(amount) if amount <= 1_000_000 => return amount,
            Err(_) if digits.contains(['.', ',']) => format!("`{digits}` is not a whole number"),
            _ => format!("`{digits}` is too long for a duration"),
        };
        self.report(codes::BAD_DURATION, span, message, help);
        1
    }

    fn unit(&mut self, pair: &Pair) -> DurationUnit {
        let word = pair.clone().into_inner().next().map(|word| word.as_rule());
        match word {
            Some(Rule::kw_hours | Rule::kw_hour) => DurationUnit::Hours,
            Some(Rule::kw_days | Rule::kw_day) => DurationUnit::Days,
            Some(Rule::kw_weeks | Rule::kw_week) => DurationUnit::Weeks,
            Some(Rule::kw_months | Rule::kw_month) => DurationUnit::Months,
            Some(Rule::kw_years | Rule::kw_year) => DurationUnit::Years,
            Some(Rule::werktage) => self.werktage(pair),
            _ => DurationUnit::WorkingDays,
        }
    }

    fn werktage(&mut self, pair: &Pair) -> DurationUnit {
        let message = format!("`{}` is not a word of the language: in law it includes Saturday", pair.as_str().trim());
        let help = "`working days` leaves out weekends and holidays, `days` counts all";
        self.report_fix(codes::WERKTAGE, self.span(pair), message, help, "working days");
        DurationUnit::WorkingDays
    }

    /// A date; one that does not exist is reported, and is the last day of its month here.
    pub fn date(&mut self, pair: &Pair) -> DateLiteral {
        let span = self.span(pair);
        let written = pair.as_str();
        let mut parts = written.split('-').map(|part| part.parse::<u16>().unwrap_or(0));
        let mut part = || parts.next().unwrap_or(0);
        let (year, month, day) = (part(), part(), part());
        let last = days_in_month(year, month);
        if year == 0 || last == 0 || day == 0 || day > last {
            let message = format!("there is no day `{written}`");
            let help = if (1..=12).contains(&month) && year > 0 {
                format!("this month has {last} days")
            } else {
                "dates are written year, month, day: `2026-01-05`".to_owned()
            };
            self.report(codes::NO_SUCH_DATE, span, message, &help);
        } else if written.len() != 10 {
            let mended = format!("{year:04}-{month:02}-{day:02}");
            let message = format!("`{written}` lacks a digit");
            let help = "dates are written with four digits, two and two";
            self.report_fix(codes::NO_SUCH_DATE, span, message, help, mended);
        }
        let month = month.clamp(1, 12);
        let day = day.clamp(1, days_in_month(year, month));
        DateLiteral { year: year.max(1), month: month as u8, day: day as u8, span }
    }

    pub fn date_in(&mut self, pair: &Pair) -> Option<DateLiteral> {
        let date = child(pair, Rule::date)?;
        Some(self.date(&date))
    }

    pub fn time(&mut self, pair: &Pair) -> TimeLiteral {
        let span = self.span(pair);
        let written = pair.as_str();
        let (hour, minute) = written.split_once(':').unwrap_or(("0", "0"));
        let hour: u8 = hour.parse().unwrap_or(0);
        let minute: u8 = minute.parse().unwrap_or(0);
        let help = "times go from `00:00` to `24:00`, with two digits before and after the colon";
        if hour > 24 || minute > 59 || hour == 24 && minute > 0 {
            self.report(codes::NO_SUCH_TIME, span, format!("there is no time `{written}`"), help);
            return TimeLiteral { hour: hour.min(23), minute: minute.min(59), span };
        }
        if written.len() != 5 {
            let message = format!("`{written}` lacks a digit");
            self.report_fix(codes::NO_SUCH_TIME, span, message, help, format!("0{written}"));
        }
        TimeLiteral { hour, minute, span }
    }

    /// `24 december`; a day that no year has is reported, and is the last of its month here.
    pub fn day_of_year(&mut self, pair: &Pair) -> Option<DayOfYear> {
        let span = self.span(pair);
        let digits = child(pair, Rule::decimal)?.as_str().to_owned();
        let month = month(&child(pair, Rule::month)?);
        let last = days_in_month(2024, u16::from(month)) as u8;
        let day = digits.parse::<u8>().unwrap_or(0);
        if day == 0 || day > last {
            let message = format!("no year has the day `{}`", pair.as_str().trim());
            self.report(codes::NO_SUCH_DAY_OF_YEAR, span, message, &format!("this month has {last} days"));
        }
        Some(DayOfYear { day: day.clamp(1, last), month, span })
    }
}

/// 1 to 12.
pub(super) fn month(pair: &Pair) -> u8 {
    match pair.clone().into_inner().next().map(|word| word.as_rule()) {
        Some(Rule::kw_february) => 2,
        Some(Rule::kw_march) => 3,
        Some(Rule::kw_april) => 4,
        Some(Rule::kw_may) => 5,
        Some(Rule::kw_june) => 6,
        Some(Rule::kw_july) => 7,
        Some(Rule::kw_august) => 8,
        Some(Rule::kw_september) => 9,
        Some(Rule::kw_october) => 10,
        Some(Rule::kw_november) => 11,
        Some(Rule::kw_december) => 12,
        _ => 1,
    }
}

pub(super) fn weekday(pair: &Pair) -> Weekday {
    match pair.clone().into_inner().next().map(|word| word.as_rule()) {
        Some(Rule::kw_tuesday) => Weekday::Tuesday,
        Some(Rule::kw_wednesday) => Weekday::Wednesday,
        Some(Rule::kw_thursday) => Weekday::Thursday,
        Some(Rule::kw_friday) => Weekday::Friday,
        Some(Rule::kw_saturday) => Weekday::Saturday,
        Some(Rule::kw_sunday) => Weekday::Sunday,
        _ => Weekday::Monday,
    }
}

/// 28 to 31; 0 for a month that does not exist.
fn days_in_month(year: u16, month: u16) -> u16 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u16::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}
