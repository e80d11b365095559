//! Literals: amounts in the strategy's currency, rates, durations, dates, hours.

use dunlin_machine::ir::Type;
use dunlin_machine::value::{Currency, Date, Duration, Money, Rate, Unit};

use super::constant;
use crate::check::context::Checker;
use crate::diagnostic::codes;
use crate::model::Expr;
use crate::syntax::tree::{
    self, DateLiteral, DurationUnit, ExprKind, Literal, Name, RateUnit, Span, TimeLiteral, plain_digits,
};

impl Checker<'_> {
    /// The value of a literal; `negative` where a minus stands before it.
    pub(super) fn literal(&mut self, literal: &Literal, span: Span, negative: bool) -> Option<Expr> {
        let sign = if negative { "-" } else { "" };
        match literal {
            Literal::Bool(value) => Some(constant(i64::from(*value), Type::Bool)),
            Literal::Number { value, .. } => {
                Some(constant(if negative { value.checked_neg()? } else { *value }, Type::Number))
            }
            Literal::Money { digits, currency } => {
                self.money(&format!("{sign}{}", plain_digits(digits)), currency, span)
            }
            Literal::Rate { digits, unit } => self.rate(&format!("{sign}{}", plain_digits(digits)), *unit, span),
            Literal::Duration { amount, unit, .. } => {
                Duration::new(*amount, unit_of(*unit)).map(|duration| constant(duration.pack(), Type::Duration))
            }
            Literal::Date(date) => self.date(*date).map(|date| constant(i64::from(date.days()), Type::Date)),
            Literal::Time(_) => {
                let words = self.words(span).to_owned();
                let error =
                    self.error(codes::TIME_NOT_HERE, span, format!("A time of day such as `{words}` has no use here"));
                self.report(error.help("times stand in hours: `08:00..20:00`"));
                None
            }
            Literal::Text(text) => {
                let id = self.text(text);
                Some(constant(i64::from(id.0), Type::Text))
            }
        }
    }

    fn money(&mut self, text: &str, currency: &Name, span: Span) -> Option<Expr> {
        let currency = self.currency(currency)?;
        match Money::parse(text, currency) {
            Ok(money) => Some(constant(money.0, Type::Money)),
            Err(problem) => {
                let words = self.words(span).to_owned();
                let message = format!("`{words}` is not an amount: {problem}");
                let error = self.error(codes::BAD_AMOUNT, span, message);
                self.report(error.help(format!("{currency} has {} decimals", currency.decimals())));
                None
            }
        }
    }

    /// The currency of a literal: that of the strategy. A strategy that names none takes that of its first amount.
    pub fn currency(&mut self, name: &Name) -> Option<Currency> {
        let Some(currency) = Currency::from_code(&name.text) else {
            let error = self.error(codes::UNKNOWN_CURRENCY, name.span, format!("There is no currency `{}`", name.text));
            self.report(error.help("currencies are the three capitals of ISO 4217: `EUR`, `CHF`, `USD`"));
            return None;
        };
        if !self.currency_given {
            self.model.currencies = vec![currency];
            self.currency_given = true;
        }
        if self.model.currencies.contains(&currency) {
            return Some(currency);
        }
        let ours = self.model.currencies.first().map_or("EUR", |c| c.code()).to_owned();
        let message = format!("This amount is in {currency}, but the strategy's cases are in {ours}");
        let error = self.error(codes::OTHER_CURRENCY, name.span, message);
        self.report(error.help(format!("write the amount in {ours}")));
        None
    }

    fn rate(&mut self, text: &str, unit: RateUnit, span: Span) -> Option<Expr> {
        match Rate::parse(text) {
            Ok(rate) => Some(constant(rate.0, Type::Rate)),
            Err(problem) => {
                let words = self.words(span).to_owned();
                let unit = match unit {
                    RateUnit::Percent => "a rate",
                    RateUnit::Points => "a number of percentage points",
                };
                let error = self.error(codes::BAD_RATE, span, format!("`{words}` is not {unit}: {problem}"));
                self.report(error);
                None
            }
        }
    }

    /// A date that Dunlin can count with.
    pub fn date(&mut self, literal: DateLiteral) -> Option<Date> {
        let date = Date::new(i32::from(literal.year), literal.month, literal.day);
        if date.is_none() {
            let words = self.words(literal.span).to_owned();
            let error = self.error(
                codes::DATE_OUT_OF_RANGE,
                literal.span,
                format!("Dunlin cannot count with the date `{words}`"),
            );
            self.report(error.help("years go from 1900 to 2299"));
        }
        date
    }

    /// `08:00..20:00` where hours are expected.
    pub(super) fn hours(
        &mut self,
        low: Option<&tree::Expr>,
        high: Option<&tree::Expr>,
        span: Span,
        expected: Option<Type>,
    ) -> Option<Expr> {
        let from = low.map_or(Some(0), seconds_of);
        let to = high.map_or(Some(86_400), seconds_of);
        let Some((from, to)) = from.zip(to) else {
            self.report_range(span, expected);
            return None;
        };
        if from >= to {
            let words = self.words(span).to_owned();
            let error = self.error(codes::EMPTY_RANGE, span, format!("No time lies in `{words}`"));
            self.report(error.help("hours begin before they end; write two ranges for a span over midnight"));
            return None;
        }
        Some(constant(from * 100_000 + to, Type::Hours))
    }

    fn report_range(&mut self, span: Span, expected: Option<Type>) {
        let words = self.words(span).to_owned();
        let error =
            self.error(codes::RANGE_NOT_HERE, span, format!("`{words}` is a range, and a range has no single value"));
        let help = match expected {
            Some(Type::Hours) => "hours are two times: `08:00..20:00`",
            _ => "in a condition write `x from a to b`; ranges stand in types, in the rows of tables and in hours",
        };
        self.report(error.help(help));
    }
}

fn seconds_of(expr: &tree::Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Literal::Time(time)) => Some(second_of_day(*time)),
        _ => None,
    }
}

/// The seconds since midnight.
pub fn second_of_day(time: TimeLiteral) -> i64 {
    i64::from(time.hour) * 3600 + i64::from(time.minute) * 60
}

/// What a duration counts.
pub fn unit_of(unit: DurationUnit) -> Unit {
    match unit {
        DurationUnit::Hours => Unit::Hours,
        DurationUnit::Days => Unit::Days,
        DurationUnit::WorkingDays => Unit::WorkingDays,
        DurationUnit::Weeks => Unit::Weeks,
        DurationUnit::Months => Unit::Months,
        DurationUnit::Years => Unit::Years,
    }
}
