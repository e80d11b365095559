//! Operators: which values they join, and what comes out.

use dunlin_machine::ir::{self, Comparison, Type};
use dunlin_machine::value::Unit;

use super::typed;
use crate::check::context::Checker;
use crate::diagnostic::codes;
use crate::model::Expr;
use crate::syntax::tree::{self, BinaryOperator, ExprKind, Span};

impl Checker<'_> {
    pub(super) fn binary(
        &mut self,
        operator: BinaryOperator,
        at: Span,
        left: &tree::Expr,
        right: &tree::Expr,
    ) -> Option<Expr> {
        match operator {
            BinaryOperator::Or => self.join(left, right, false),
            BinaryOperator::And => self.join(left, right, true),
            BinaryOperator::Equal => self.equal(Comparison::Equal, at, left, right),
            BinaryOperator::NotEqual => self.equal(Comparison::NotEqual, at, left, right),
            BinaryOperator::Less => self.compare(Comparison::Less, at, left, right),
            BinaryOperator::LessOrEqual => self.compare(Comparison::LessOrEqual, at, left, right),
            BinaryOperator::Greater => self.compare(Comparison::Greater, at, left, right),
            BinaryOperator::GreaterOrEqual => self.compare(Comparison::GreaterOrEqual, at, left, right),
            BinaryOperator::Add => self.add(at, left, right),
            BinaryOperator::Subtract => self.subtract(at, left, right),
            BinaryOperator::Multiply => self.multiply(at, left, right),
        }
    }

    /// `and`, `or`: the right side may rely on what the left side asked.
    fn join(&mut self, left: &tree::Expr, right: &tree::Expr, and: bool) -> Option<Expr> {
        let left = self.condition(left);
        let right = self.scoped(|checker| {
            if let Some(left) = &left {
                checker.establish(left, and);
            }
            checker.condition(right)
        });
        let (left, right) = (left?, right?);
        let node = if and { ir::Expr::And(left, right) } else { ir::Expr::Or(left, right) };
        Some(typed(node, Type::Bool))
    }

    /// `=`, `is`, `is not`, where the right side may be several names: `gold | standard`.
    fn equal(&mut self, how: Comparison, at: Span, left: &tree::Expr, right: &tree::Expr) -> Option<Expr> {
        match &right.kind {
            ExprKind::Alternatives(options) if !options.iter().all(is_amount) => self.any_of(how, at, left, options),
            _ => self.compare(how, at, left, right),
        }
    }

    /// Equal to one of them, or to none.
    fn any_of(&mut self, how: Comparison, at: Span, left: &tree::Expr, options: &[tree::Expr]) -> Option<Expr> {
        let mut all: Option<Expr> = None;
        for option in options {
            let one = self.compare(how, at, left, option)?;
            all = Some(match all {
                None => one,
                Some(before) if how == Comparison::NotEqual => typed(ir::Expr::And(before, one), Type::Bool),
                Some(before) => typed(ir::Expr::Or(before, one), Type::Bool),
            });
        }
        all
    }

    /// `x in (a, b)`.
    pub(super) fn one_of(&mut self, value: &tree::Expr, options: &[tree::Expr]) -> Option<Expr> {
        self.any_of(Comparison::Equal, value.span, value, options)
    }

    /// `x from a to b`: both ends included.
    pub(super) fn between(&mut self, value: &tree::Expr, low: &tree::Expr, high: &tree::Expr) -> Option<Expr> {
        let upper = high.span;
        let above = self.compare(Comparison::GreaterOrEqual, value.span, value, low);
        let below = self.compare(Comparison::LessOrEqual, value.span, value, high);
        let (above, below) = (above?, below?);
        if let (ir::Expr::Compare(_, _, low), ir::Expr::Compare(_, _, high)) =
            (above.node.as_ref(), below.node.as_ref())
            && let (Some(from), Some(to)) = (self.fold(low), self.fold(high))
            && from > to
        {
            self.report_empty_range(value.span.to(upper));
            return None;
        }
        Some(typed(ir::Expr::And(above, below), Type::Bool))
    }

    fn compare(&mut self, how: Comparison, at: Span, left: &tree::Expr, right: &tree::Expr) -> Option<Expr> {
        let (a, b) = self.two_of_a_kind(left, right)?;
        if a.ty != b.ty {
            self.report_mixed(at, "compared with", left, &a, right, &b);
            return None;
        }
        let ordered = !matches!(how, Comparison::Equal | Comparison::NotEqual);
        if ordered && !has_order(a.ty) {
            let words = self.words(left.span.to(right.span)).to_owned();
            let message = format!(
                "`{words}` asks which is the smaller one, but both are {}, and these have no order",
                self.type_words(a.ty)
            );
            let error = self.error(codes::NO_ORDER, at, message);
            self.report(error.help("compare with `is`, `is not` or `in (…)`"));
            return None;
        }
        if a.ty != Type::Duration {
            return Some(typed(ir::Expr::Compare(how, a, b), Type::Bool));
        }
        self.same_family(at, &a, &b)?;
        Some(typed(ir::Expr::CompareDurations(how, a, b), Type::Bool))
    }

    /// Both sides; the names of an enumeration take their meaning from the other side.
    fn two_of_a_kind(&mut self, left: &tree::Expr, right: &tree::Expr) -> Option<(Expr, Expr)> {
        if self.is_unknown_name(left) && !self.is_unknown_name(right) {
            let b = self.expr(right, None)?;
            let a = self.infer(left, Some(b.ty))?;
            return Some((a, b));
        }
        let a = self.expr(left, None);
        let b = match &a {
            Some(a) => self.infer(right, Some(a.ty)),
            None if self.is_unknown_name(right) => None,
            None => self.expr(right, None),
        };
        a.zip(b)
    }

    fn same_family(&mut self, at: Span, a: &Expr, b: &Expr) -> Option<()> {
        let (Some(one), Some(other)) = (self.unit_of(a), self.unit_of(b)) else { return Some(()) };
        if family(one) == family(other) {
            return Some(());
        }
        let message =
            format!("{} and {} cannot be compared: neither is always the longer", one.words().1, other.words().1);
        let error = self.error(codes::DURATIONS_APART, at, message);
        self.report(
            error.help("days compare with weeks, months with years; hours and working days only with their own kind"),
        );
        None
    }

    fn add(&mut self, at: Span, left: &tree::Expr, right: &tree::Expr) -> Option<Expr> {
        let (a, b) = self.both(left, right)?;
        match (a.ty, b.ty) {
            (Type::Number, Type::Number) | (Type::Money, Type::Money) | (Type::Rate, Type::Rate) => {
                let ty = a.ty;
                Some(typed(ir::Expr::Add(a, b), ty))
            }
            (Type::Date, Type::Duration) => self.shift(at, a, b, true),
            (Type::Duration, Type::Date) => self.shift(at, b, a, true),
            _ => {
                self.report_mixed(at, "added to", left, &a, right, &b);
                None
            }
        }
    }

    fn subtract(&mut self, at: Span, left: &tree::Expr, right: &tree::Expr) -> Option<Expr> {
        let (a, b) = self.both(left, right)?;
        match (a.ty, b.ty) {
            (Type::Number, Type::Number) | (Type::Money, Type::Money) | (Type::Rate, Type::Rate) => {
                let ty = a.ty;
                Some(typed(ir::Expr::Subtract(a, b), ty))
            }
            (Type::Date, Type::Duration) => self.shift(at, a, b, false),
            (Type::Date, Type::Date) => Some(typed(ir::Expr::DaysBetween(a, b), Type::Duration)),
            _ => {
                self.report_mixed(at, "subtracted from", right, &b, left, &a);
                None
            }
        }
    }

    fn shift(&mut self, at: Span, date: Expr, by: Expr, later: bool) -> Option<Expr> {
        if self.unit_of(&by) == Some(Unit::Hours) {
            let error =
                self.error(codes::HOURS_ON_DATE, at, "Hours cannot be added to a date, which has no time of day");
            self.report(error.help("count in days: `1 day`"));
            return None;
        }
        let node = if later { ir::Expr::DatePlus(date, by) } else { ir::Expr::DateMinus(date, by) };
        Some(typed(node, Type::Date))
    }

    fn multiply(&mut self, at: Span, left: &tree::Expr, right: &tree::Expr) -> Option<Expr> {
        let (a, b) = self.both(left, right)?;
        match (a.ty, b.ty) {
            (Type::Number | Type::Money, Type::Number) => {
                let ty = a.ty;
                Some(typed(ir::Expr::Multiply(a, b), ty))
            }
            (Type::Number, Type::Money) => Some(typed(ir::Expr::Multiply(b, a), Type::Money)),
            (Type::Money, Type::Rate) => Some(typed(ir::Expr::TimesRate(a, b), Type::Money)),
            (Type::Rate, Type::Money) => Some(typed(ir::Expr::TimesRate(b, a), Type::Money)),
            _ => {
                self.report_mixed(at, "multiplied by", left, &a, right, &b);
                None
            }
        }
    }

    /// Both sides of a calculation; errors of both are reported.
    fn both(&mut self, left: &tree::Expr, right: &tree::Expr) -> Option<(Expr, Expr)> {
        let a = self.expr(left, None);
        let b = self.expr(right, None);
        a.zip(b)
    }

    /// `-x`.
    pub(super) fn minus(&mut self, operand: &tree::Expr, span: Span) -> Option<Expr> {
        if let ExprKind::Literal(
            literal @ (tree::Literal::Number { .. } | tree::Literal::Money { .. } | tree::Literal::Rate { .. }),
        ) = &operand.kind
        {
            return self.literal(literal, span, true);
        }
        let value = self.expr(operand, None)?;
        if !matches!(value.ty, Type::Number | Type::Money | Type::Rate) {
            let message = format!("A minus cannot stand before {}", self.type_words(value.ty));
            let error = self.error(codes::CANNOT_COMPUTE, span, message);
            self.report(error.help("numbers, amounts and rates can be negative"));
            return None;
        }
        let ty = value.ty;
        Some(typed(ir::Expr::Subtract(super::constant(0, ty), value), ty))
    }

    /// Two values that an operator cannot join: both are named.
    fn report_mixed(&mut self, at: Span, verb: &str, one: &tree::Expr, a: &Expr, other: &tree::Expr, b: &Expr) {
        let (one_words, other_words) = (self.words(one.span).to_owned(), self.words(other.span).to_owned());
        let (one_type, other_type) = (self.type_words(a.ty), self.type_words(b.ty));
        let message =
            format!("`{one_words}` is {one_type} and cannot be {verb} `{other_words}`, which is {other_type}");
        let here = self.file_id();
        let error = self
            .error(codes::MIXED_TYPES, at, message)
            .also(here, one.span, one_type)
            .also(here, other.span, other_type);
        let error = match (self.mixed_help(a.ty, b.ty), self.advice_for(one, a, other, b)) {
            (_, Some((help, span, fix))) => error.help(help).fix(span, fix),
            (Some(help), None) => error.help(help),
            (None, None) => error,
        };
        self.report(error);
    }

    /// A plain number beside an amount, a rate or a duration lacks its unit.
    fn advice_for(&self, one: &tree::Expr, a: &Expr, other: &tree::Expr, b: &Expr) -> Option<(String, Span, String)> {
        let (number, wanted) = match (a.ty, b.ty) {
            (Type::Number, wanted) => (one, wanted),
            (wanted, Type::Number) => (other, wanted),
            _ => return None,
        };
        let words = self.words(number.span);
        let (help, fix) = self.advice(words, wanted, Type::Number)?;
        Some((help, number.span, fix?))
    }

    fn mixed_help(&self, a: Type, b: Type) -> Option<&'static str> {
        match (a, b) {
            (Type::Duration, Type::Duration) => {
                Some("durations stand by themselves: add them to a date one after the other")
            }
            (Type::Money, Type::Money) => Some("an amount is multiplied by a number or a rate: `balance * 50 %`"),
            (Type::Money, Type::Rate) | (Type::Rate, Type::Money) => Some("say what the rate is of: `balance * 50 %`"),
            (Type::Date, Type::Number) | (Type::Number, Type::Date) => Some("say what is counted: `3 days`"),
            (Type::Duration, Type::Number) | (Type::Number, Type::Duration) => Some("say what is counted: `3 days`"),
            (Type::Date, Type::Instant) | (Type::Instant, Type::Date) => Some("`today` is the date of `now`"),
            (Type::Text, _) | (_, Type::Text) => Some("texts are compared with texts, never computed"),
            _ => None,
        }
    }
}

fn is_amount(expr: &tree::Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(tree::Literal::Money { .. }))
}

fn has_order(ty: Type) -> bool {
    matches!(ty, Type::Number | Type::Money | Type::Rate | Type::Date | Type::Instant | Type::Duration)
}

fn family(unit: Unit) -> u8 {
    match unit {
        Unit::Hours => 0,
        Unit::Days | Unit::Weeks => 1,
        Unit::WorkingDays => 2,
        Unit::Months | Unit::Years => 3,
    }
}
