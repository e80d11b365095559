//! Literals: amounts in the strategy's currency, rates, durations, dates, hours.

use dunlin_machine::ir::{self, Type};
use dunlin_machine::value::{Currency, Date, DecimalTextError, Duration, Money, Rate, Unit};

use super::{constant, typed};
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
        self.check_currency(currency, span)?;
        self.money_in(text, currency, span)
    }

    /// An amount alone stands in the only currency, or in a test in that of its case.
    fn check_currency(&mut self, currency: Currency, span: Span) -> Option<()> {
        let words = self.words(span).to_owned();
        let error = match self.scope.currency {
            Some(own) if own == currency => return Some(()),
            Some(own) => {
                let message = format!("`{words}` is in {currency}, but the case of this test is in {own}");
                self.error(codes::OTHER_CURRENCY, span, message).help(format!("write the amount in {own}"))
            }
            None if self.model.currencies.len() < 2 => return Some(()),
            None => {
                let others = self.model.currencies.iter().filter(|known| **known != currency);
                let others: Vec<&str> = others.map(|known| known.code()).collect();
                let message = format!("`{words}` says nothing for a case in {}", others.join(" or "));
                let more: Vec<String> = others.iter().map(|code| format!(" | … {code}")).collect();
                let error = self.error(codes::AMOUNT_MISSING, span, message);
                error.help(format!("write an amount for each currency: `{words}{}`", more.concat()))
            }
        };
        self.report(error);
        None
    }

    /// `50 EUR | 60 CHF`: one amount, written for each currency of the strategy.
    pub(super) fn amounts(&mut self, options: &[tree::Expr], span: Span) -> Option<Expr> {
        let mut found: Vec<(Currency, i64)> = Vec::new();
        for option in options {
            let ExprKind::Literal(Literal::Money { digits, currency }) = &option.kind else { continue };
            let code = self.currency(currency)?;
            if found.iter().any(|(known, _)| *known == code) {
                let message = format!("Two amounts stand here for {code}");
                let error = self.error(codes::AMOUNT_MISSING, option.span, message);
                self.report(error.help("write one for each currency"));
                return None;
            }
            let amount = self.money_in(&plain_digits(digits), code, option.span)?;
            found.push((code, self.fold(&amount)?));
        }
        self.in_order_of_currencies(&found, span)
    }

    fn in_order_of_currencies(&mut self, found: &[(Currency, i64)], span: Span) -> Option<Expr> {
        let ours = self.model.currencies.clone();
        let amount = |currency: &Currency| found.iter().find(|(known, _)| known == currency).map(|(_, amount)| *amount);
        if let Some(own) = self.scope.currency {
            return amount(&own).map(|amount| constant(amount, Type::Money));
        }
        if let Some(missing) = ours.iter().find(|currency| amount(currency).is_none()) {
            let words = self.words(span).to_owned();
            let message = format!("`{words}` says nothing for a case in {missing}");
            let error = self.error(codes::AMOUNT_MISSING, span, message);
            self.report(error.help(format!("write an amount for each currency: `{words} | … {missing}`")));
            return None;
        }
        let amounts = ours.iter().filter_map(amount).collect();
        Some(typed(ir::Expr::Amounts(amounts), Type::Money))
    }

    fn money_in(&mut self, text: &str, currency: Currency, span: Span) -> Option<Expr> {
        match Money::parse(text, currency) {
            Ok(money) => Some(constant(money.0, Type::Money)),
            Err(problem) => {
                let words = self.words(span).to_owned();
                let message = format!("`{words}` is not an amount: {problem}");
                let error = self.error(codes::BAD_AMOUNT, span, message);
                self.report(error.help(match problem {
                    DecimalTextError::TooLarge => "an amount has at most 18 digits".to_owned(),
                    _ => format!("{currency} has {} decimals", currency.decimals()),
                }));
                None
            }
        }
    }

    /// Says that there is no such currency.
    pub fn report_unknown_currency(&mut self, name: &Name) {
        let error = self.error(codes::UNKNOWN_CURRENCY, name.span, format!("There is no currency `{}`", name.text));
        self.report(error.help("currencies are the three capitals of ISO 4217: `EUR`, `CHF`, `USD`"));
    }

    /// The currency of a literal: that of the strategy. A strategy that names none takes that of its first amount.
    pub fn currency(&mut self, name: &Name) -> Option<Currency> {
        let Some(currency) = Currency::from_code(&name.text) else {
            self.report_unknown_currency(name);
            return None;
        };
        if !self.currency_given {
            self.model.currencies = vec![currency];
            self.currency_given = true;
        }
        if self.model.currencies.contains(&currency) {
            return Some(currency);
        }
        let ours: Vec<&str> = self.model.currencies.iter().map(|known| known.code()).collect();
        let ours = ours.join(" or ");
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
