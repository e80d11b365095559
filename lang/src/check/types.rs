//! Types as authors write them, their names in messages, and values that must be known before a case is opened.

use dunlin_machine::events::{DEBTOR_KIND, WEEKDAY};
use dunlin_machine::ir::{self, EnumId, Enumeration, Type};
use dunlin_machine::value::{Currency, Date, Duration, Money, Rate, Unit};

use super::context::{Checker, Value, or_list};
use crate::diagnostic::{codes, did_you_mean};
use crate::model::Expr;
use crate::syntax::tree::{self, ExprKind, Name, Span, TypeKind};

/// The smallest and the largest value that a type admits: one pair for all cases, or of amounts one for each currency
/// of the strategy; empty where it says nothing.
pub type Bounds = Vec<Bound>;

/// The smallest and the largest value, where there is one.
pub type Bound = (Option<i64>, Option<i64>);

/// What is said for a case in that currency: for it alone, or for all.
pub fn in_currency<T: Copy>(each: &[T], currency: usize) -> Option<T> {
    each.get(currency).or_else(|| each.first()).copied()
}

/// The types that have a word of their own.
const WORDS: [(&str, Type); 12] = [
    ("bool", Type::Bool),
    ("number", Type::Number),
    ("money", Type::Money),
    ("rate", Type::Rate),
    ("date", Type::Date),
    ("instant", Type::Instant),
    ("hours", Type::Hours),
    ("duration", Type::Duration),
    ("text", Type::Text),
    ("channel", Type::Channel),
    ("tone", Type::Tone),
    ("weekday", WEEKDAY),
];

impl Checker<'_> {
    /// The type that is written there; `owner` names its enumeration if it declares one.
    pub fn type_of(&mut self, ty: &tree::Type, owner: &str) -> Option<(Type, Bounds)> {
        match &ty.kind {
            TypeKind::OneOf(values) => Some((self.enumeration(values, owner)?, Bounds::new())),
            TypeKind::Named { name, range } => {
                let found = self.type_named(name, ty.span)?;
                match range {
                    Some(range) => Some((found, self.type_range(range, found)?)),
                    None => Some((found, Bounds::new())),
                }
            }
        }
    }

    /// An enumeration with those values: a known one if it has the same, in the same order.
    fn enumeration(&mut self, values: &[Name], owner: &str) -> Option<Type> {
        for (n, value) in values.iter().enumerate() {
            if let Some(first) = values.iter().take(n).find(|before| before.text == value.text) {
                let place = self.here(first.span);
                self.report_twice(value.span, place, "each value of a type stands once", &value.text);
                return None;
            }
        }
        let values: Vec<_> = values.iter().map(|value| self.text(&value.text)).collect();
        let known = self.model.enums.iter().position(|e| e.values == values);
        let position = known.unwrap_or_else(|| {
            let name = self.text(owner);
            self.model.enums.push(Enumeration { name, values });
            self.model.enums.len() - 1
        });
        Some(Type::Enum(EnumId(self.number(position, "types"))))
    }

    fn type_named(&mut self, name: &tree::DottedName, span: Span) -> Option<Type> {
        let text = name.text();
        if let Some((_, ty)) = WORDS.iter().find(|(word, _)| *word == text) {
            return Some(*ty);
        }
        if text == "debtor.kind" {
            return Some(DEBTOR_KIND);
        }
        match self.author_value(&text).map(|named| named.means) {
            Some(Value::Broken) => return None,
            Some(value) => return Some(self.type_of_value(value)),
            None if self.names.broken.contains(&text) => return None,
            None => {}
        }
        self.report_unknown_type(&text, span);
        None
    }

    fn report_unknown_type(&mut self, text: &str, span: Span) {
        let words: Vec<String> = WORDS.iter().map(|(word, _)| (*word).to_owned()).collect();
        let error = self.error(codes::UNKNOWN_TYPE, span, format!("There is no type `{text}`"));
        let error = match did_you_mean(text, words.iter().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")).fix(span, near),
            None => error.help(format!(
                "types are {}, a list of values such as `gold | standard`, or the name of a fact that has one",
                or_list(&words)
            )),
        };
        self.report(error);
    }

    /// The type of a fact, param or var.
    pub fn type_of_value(&self, value: Value) -> Type {
        let found = match value {
            Value::Fact(id) => self.model.facts.get(id.index()).map(|f| f.ty),
            Value::Param(id) => self.model.params.get(id.index()).map(|p| p.ty),
            Value::Var(id) => self.model.vars.get(id.index()).map(|v| v.ty),
            Value::Broken => None,
        };
        found.unwrap_or(Type::Bool)
    }

    fn type_range(&mut self, range: &tree::Expr, ty: Type) -> Option<Bounds> {
        let ExprKind::Range { low, high } = &range.kind else { return Some(Bounds::new()) };
        if !matches!(ty, Type::Number | Type::Money | Type::Rate | Type::Date) {
            let message = format!("A range cannot bound {}", self.type_words(ty));
            let error = self.error(codes::RANGE_NOT_HERE, range.span, message);
            self.report(error.help("numbers, amounts, rates and dates have ranges: `number 0..100`"));
            return None;
        }
        let low = match low {
            Some(low) => self.constants(low, ty)?,
            None => Vec::new(),
        };
        let high = match high {
            Some(high) => self.constants(high, ty)?,
            None => Vec::new(),
        };
        let each = 0..low.len().max(high.len());
        let bounds: Bounds = each.map(|n| (in_currency(&low, n), in_currency(&high, n))).collect();
        if bounds.iter().any(|(low, high)| low.zip(*high).is_some_and(|(low, high)| low > high)) {
            self.report_empty_range(range.span);
            return None;
        }
        Some(bounds)
    }

    /// A range whose lower end is the higher one.
    pub fn report_empty_range(&mut self, span: Span) {
        let words = self.words(span).to_owned();
        let error = self.error(codes::EMPTY_RANGE, span, format!("Nothing lies in `{words}`: it begins above its end"));
        self.report(error.help("write the smaller value first"));
    }

    /// A value outside of the bounds that its declaration sets is reported; of amounts in several currencies, each is
    /// looked at.
    pub fn check_bounds(&mut self, values: &[i64], ty: Type, bounds: &[Bound], value_span: Span, bounds_span: Span) {
        let (mut below, mut above) = (false, false);
        for n in 0..values.len().max(bounds.len()) {
            let (Some(value), Some((low, high))) = (in_currency(values, n), in_currency(bounds, n)) else { return };
            below |= low.is_some_and(|low| self.smaller(ty, value, low));
            above |= high.is_some_and(|high| self.smaller(ty, high, value));
        }
        if !below && !above {
            return;
        }
        let place = self.here(bounds_span);
        let words = self.words(value_span).to_owned();
        let side = if below { "below" } else { "above" };
        let message = format!("`{words}` lies {side} what its declaration admits");
        let error = self
            .error_saying(codes::OUT_OF_BOUNDS, value_span, message, format!("{side} the bounds"))
            .also(place.file, place.span, "the bounds")
            .help("change the value or the bounds");
        self.report(error);
    }

    /// Whether two values of a type have an order: durations of different units may not.
    pub fn comparable(&self, ty: Type, a: i64, b: i64) -> bool {
        let durations = Duration::unpack(a).zip(Duration::unpack(b));
        ty != Type::Duration || durations.is_some_and(|(a, b)| a.compare(b).is_some())
    }

    /// Whether the first value is the smaller one.
    pub fn smaller(&self, ty: Type, a: i64, b: i64) -> bool {
        if ty != Type::Duration {
            return a < b;
        }
        let durations = Duration::unpack(a).zip(Duration::unpack(b));
        durations.and_then(|(a, b)| a.compare(b)).is_some_and(std::cmp::Ordering::is_lt)
    }

    /// What messages call a type: `an amount of money`.
    pub fn type_words(&self, ty: Type) -> String {
        let words = match ty {
            Type::Bool => "a condition (true or false)",
            Type::Number => "a number",
            Type::Money => "an amount of money",
            Type::Rate => "a rate",
            Type::Date => "a date",
            Type::Instant => "an instant",
            Type::Hours => "hours of the day",
            Type::Duration => "a duration",
            Type::Text => "a text",
            Type::Channel => "a channel",
            Type::Tone => "a tone",
            Type::Enum(of) => return self.enum_words(of),
        };
        words.to_owned()
    }

    fn enum_words(&self, of: EnumId) -> String {
        let values: Vec<String> = self.model.enum_values(of).into_iter().map(str::to_owned).collect();
        match values.get(6..) {
            Some([_, ..]) => {
                let shown: Vec<String> = values.iter().take(6).map(|v| format!("`{v}`")).collect();
                format!("one of {}, …", shown.join(", "))
            }
            _ => format!("one of {}", or_list(&values)),
        }
    }

    /// The value of an expression that must be certain when the strategy is compiled: literals and params, and what is
    /// computed from them. Anything else is reported.
    pub fn constant(&mut self, expr: &tree::Expr, expected: Type) -> Option<i64> {
        let checked = self.expr(expr, Some(expected))?;
        let value = self.fold(&checked);
        if value.is_none() {
            self.report_not_constant(expr.span);
        }
        value
    }

    /// The value of such an expression: one for all cases, or of amounts one for each currency of the strategy.
    pub fn constants(&mut self, expr: &tree::Expr, expected: Type) -> Option<Vec<i64>> {
        let checked = self.expr(expr, Some(expected))?;
        if let Some(value) = self.fold(&checked) {
            return Some(vec![value]);
        }
        let currencies = 0..self.model.currencies.len();
        let values: Option<Vec<i64>> = currencies.map(|currency| self.fold_in(&checked, currency)).collect();
        if values.is_none() {
            self.report_not_constant(expr.span);
        }
        values
    }

    fn report_not_constant(&mut self, span: Span) {
        let words = self.words(span).to_owned();
        let message = format!("`{words}` is not the same for every case");
        let error = self.error(codes::NOT_CONSTANT, span, message);
        self.report(error.help("a literal, a param, or what is computed from them belongs here"));
    }

    /// The duration of an expression that must be certain when the strategy is compiled.
    pub fn duration_constant(&mut self, expr: &tree::Expr) -> Option<Duration> {
        self.constant(expr, Type::Duration).and_then(Duration::unpack)
    }

    /// The value of an expression that depends on nothing but literals and params, and is the same in every currency;
    /// none for any other.
    pub fn fold(&self, expr: &Expr) -> Option<i64> {
        if let Some(own) = self.scope.currency {
            return self.fold_in(expr, self.position_of(own));
        }
        let value = self.fold_in(expr, 0)?;
        let mut others = 1..self.model.currencies.len();
        others.all(|currency| self.fold_in(expr, currency) == Some(value)).then_some(value)
    }

    /// The position of a currency in those of the strategy.
    pub fn position_of(&self, currency: Currency) -> usize {
        self.model.currencies.iter().position(|known| *known == currency).unwrap_or(0)
    }

    /// The value of such an expression for a case in that currency.
    pub fn fold_in(&self, expr: &Expr, currency: usize) -> Option<i64> {
        let fold = |e: &Expr| self.fold_in(e, currency);
        match expr.node.as_ref() {
            ir::Expr::Const(value) => Some(*value),
            ir::Expr::Amounts(values) => values.get(currency).copied(),
            ir::Expr::InCurrency(amounts) => fold(amounts.get(currency)?),
            ir::Expr::Param(id) => self.model.params.get(id.index()).map(|p| p.value_in(currency)),
            ir::Expr::Add(a, b) => fold(a)?.checked_add(fold(b)?),
            ir::Expr::Subtract(a, b) => fold(a)?.checked_sub(fold(b)?),
            ir::Expr::Multiply(a, b) => fold(a)?.checked_mul(fold(b)?),
            ir::Expr::TimesRate(a, b) => Money(fold(a)?).times_rate(Rate(fold(b)?)).ok().map(|m| m.0),
            ir::Expr::Min(a, b) => Some(fold(a)?.min(fold(b)?)),
            ir::Expr::Max(a, b) => Some(fold(a)?.max(fold(b)?)),
            ir::Expr::If(c, a, b) => fold(if fold(c)? != 0 { a } else { b }),
            ir::Expr::DatePlus(date, by) => shifted(fold(date)?, Duration::unpack(fold(by)?)?),
            ir::Expr::DateMinus(date, by) => shifted(fold(date)?, Duration::unpack(fold(by)?)?.negated().ok()?),
            ir::Expr::EndOfMonth(date) => Some(i64::from(date_of(fold(date)?)?.end_of_month().days())),
            ir::Expr::EndOfYear(date) => Some(i64::from(date_of(fold(date)?)?.end_of_year().days())),
            _ => None,
        }
    }

    /// The unit of a duration, where it is certain.
    pub fn unit_of(&self, expr: &Expr) -> Option<Unit> {
        match expr.node.as_ref() {
            ir::Expr::DaysBetween(..) => Some(Unit::Days),
            _ => self.fold(expr).and_then(Duration::unpack).map(Duration::unit),
        }
    }
}

fn date_of(days: i64) -> Option<Date> {
    i32::try_from(days).ok().and_then(Date::from_days)
}

/// Working days depend on a calendar, so they are left to the machine.
fn shifted(days: i64, by: Duration) -> Option<i64> {
    let date = date_of(days)?;
    let shifted = match by.unit() {
        Unit::Days => date.add_days(by.amount()),
        Unit::Weeks => date.add_days(by.amount().checked_mul(7)?),
        Unit::Months => date.add_months(by.amount()),
        Unit::Years => date.add_years(by.amount()),
        Unit::Hours | Unit::WorkingDays => return None,
    };
    shifted.ok().map(|date| i64::from(date.days()))
}
