//! Values, conditions, patterns and types.

use super::super::tree::*;
use super::Pair;
use super::build::{Builder, child, children, has};
use super::grammar::Rule;
use crate::diagnostic::codes;
use std::iter::Peekable;

/// How deep a value may be: whatever walks the tree recurses on it.
const DEEPEST: u32 = 128;

/// A value and how deep its tree is.
struct Deep {
    expr: Expr,
    depth: u32,
}

type Parts<'i> = Peekable<pest::iterators::Pairs<'i, Rule>>;
type Operator = (BinaryOperator, Span);

impl Builder<'_> {
    /// The `value` of `dunlin eval`.
    pub fn lone_value(&mut self, pair: Pair) -> Option<Expr> {
        self.value_in(&pair)
    }

    /// The first `value` child.
    pub fn value_in(&mut self, pair: &Pair) -> Option<Expr> {
        let value = child(pair, Rule::value)?;
        self.value(&value)
    }

    pub fn value(&mut self, pair: &Pair) -> Option<Expr> {
        Some(self.deep_value(pair)?.expr)
    }

    /// The first `sum` child.
    pub fn sum_in(&mut self, pair: &Pair) -> Option<Expr> {
        let sum = child(pair, Rule::sum)?;
        self.sum(&sum)
    }

    /// All `sum` children.
    pub fn sums_in(&mut self, pair: &Pair) -> Vec<Expr> {
        children(pair, Rule::sum).iter().filter_map(|sum| self.sum(sum)).collect()
    }

    pub fn sum(&mut self, pair: &Pair) -> Option<Expr> {
        Some(self.deep_sum(pair)?.expr)
    }

    /// The first `simple` child.
    pub fn simple_in(&mut self, pair: &Pair) -> Option<Expr> {
        let simple = child(pair, Rule::simple)?;
        self.simple(&simple)
    }

    /// A `simple` or `plain` pair.
    pub fn simple(&mut self, pair: &Pair) -> Option<Expr> {
        Some(self.term(&mut pair.clone().into_inner().peekable())?.expr)
    }

    /// The condition of the `when` child.
    pub fn when_in(&mut self, pair: &Pair) -> Option<Expr> {
        let when = child(pair, Rule::when)?;
        self.value_in(&when)
    }

    /// A `range`, `type_range`, `hours` or `contact_hours` pair: with its dots a range, else just the value.
    pub fn range(&mut self, pair: &Pair) -> Option<Expr> {
        let span = self.span(pair);
        if has(pair, Rule::anything) {
            return Some(Expr { kind: ExprKind::Anything, span });
        }
        if let Some(hours) = child(pair, Rule::fixed_hours) {
            return self.range(&hours);
        }
        let mut low = None;
        let mut high = None;
        let mut dots = false;
        for part in pair.clone().into_inner() {
            match part.as_rule() {
                Rule::dots => dots = true,
                _ if dots => high = self.simple(&part),
                _ => low = self.simple(&part),
            }
        }
        if !dots {
            return low;
        }
        let kind = ExprKind::Range { low: low.map(Box::new), high: high.map(Box::new) };
        Some(Expr { kind, span })
    }

    pub fn ty_in(&mut self, pair: &Pair) -> Option<Type> {
        let ty = child(pair, Rule::ty)?;
        let span = self.span(&ty);
        let kind = match child(&ty, Rule::one_of) {
            Some(names) => TypeKind::OneOf(self.names(&names)),
            None => {
                let name = self.dotted_in(&ty)?;
                let range = child(&ty, Rule::type_range);
                TypeKind::Named { name, range: range.and_then(|range| self.range(&range)) }
            }
        };
        Some(Type { kind, span })
    }

    pub fn parameters_in(&mut self, pair: &Pair) -> Vec<Parameter> {
        let Some(list) = child(pair, Rule::parameters) else { return Vec::new() };
        let parameters = children(&list, Rule::parameter);
        parameters.iter().filter_map(|parameter| self.parameter(parameter)).collect()
    }

    fn parameter(&mut self, pair: &Pair) -> Option<Parameter> {
        let ty = self.ty_in(pair);
        Some(Parameter { name: self.dotted_in(pair)?, ty, span: self.span(pair) })
    }

    pub fn event_pattern_in(&mut self, pair: &Pair) -> Option<EventPattern> {
        let pattern = child(pair, Rule::event_pattern)?;
        self.event_pattern(&pattern)
    }

    pub fn event_patterns_in(&mut self, pair: &Pair) -> Vec<EventPattern> {
        let patterns = children(pair, Rule::event_pattern);
        patterns.iter().filter_map(|pattern| self.event_pattern(pattern)).collect()
    }

    pub fn event_pattern(&mut self, pair: &Pair) -> Option<EventPattern> {
        let list = child(pair, Rule::event_arguments);
        let ranges = list.as_ref().map(|list| children(list, Rule::range)).unwrap_or_default();
        Some(EventPattern {
            name: self.dotted_in(pair)?,
            arguments: ranges.iter().filter_map(|range| self.range(range)).collect(),
            parentheses: list.is_some(),
            span: self.span(pair),
        })
    }

    /// The arguments of the `arguments` child; none if it has none.
    pub fn arguments_in(&mut self, pair: &Pair) -> Vec<Argument> {
        self.deep_arguments(pair).0
    }

    /// An `argument` or `with_argument` pair.
    pub fn argument(&mut self, pair: &Pair) -> Option<Argument> {
        Some(self.deep_argument(pair)?.0)
    }

    fn deep_arguments(&mut self, pair: &Pair) -> (Vec<Argument>, u32) {
        let mut arguments = Vec::new();
        let mut depth = 0;
        let Some(list) = child(pair, Rule::arguments) else { return (arguments, depth) };
        for argument in children(&list, Rule::argument) {
            if let Some((argument, deep)) = self.deep_argument(&argument) {
                arguments.push(argument);
                depth = depth.max(deep);
            }
        }
        (arguments, depth)
    }

    fn deep_argument(&mut self, pair: &Pair) -> Option<(Argument, u32)> {
        let span = self.span(pair);
        let name = self.name_in(pair);
        let value = match child(pair, Rule::anything) {
            Some(anything) => leaf(ExprKind::Anything, self.span(&anything)),
            None => self.deep_value(&child(pair, Rule::value)?)?,
        };
        Some((Argument { name, value: value.expr, span }, value.depth))
    }

    fn deep_value(&mut self, pair: &Pair) -> Option<Deep> {
        let inner = pair.clone().into_inner().next()?;
        match inner.as_rule() {
            Rule::if_value => self.if_value(&inner),
            _ => self.condition(&inner),
        }
    }

    fn if_value(&mut self, pair: &Pair) -> Option<Deep> {
        let parts = children(pair, Rule::condition);
        let mut parts: Vec<Deep> = parts.iter().filter_map(|part| self.condition(part)).collect();
        let start = self.span(pair);
        let mut otherwise = parts.pop()?;
        while let (Some(then), Some(condition)) = (parts.pop(), parts.pop()) {
            let depth = condition.depth.max(then.depth).max(otherwise.depth);
            let span = if parts.is_empty() { start } else { condition.expr.span.to(start) };
            let kind = ExprKind::If {
                condition: Box::new(condition.expr),
                then: Box::new(then.expr),
                otherwise: Box::new(otherwise.expr),
            };
            otherwise = self.deeper(kind, span, depth)?;
        }
        Some(otherwise)
    }

    /// `or` of `and` of comparisons, each with the `not`s before it.
    fn condition(&mut self, pair: &Pair) -> Option<Deep> {
        let mut parts = pair.clone().into_inner().peekable();
        let mut values = vec![self.negated(&mut parts)?];
        let mut operators = Vec::new();
        while let Some(junction) = parts.next() {
            operators.push(self.junction(&junction));
            values.push(self.negated(&mut parts)?);
        }
        self.chain(values, operators, BinaryOperator::And)
    }

    fn junction(&mut self, pair: &Pair) -> Operator {
        let span = self.span(pair);
        let (operator, word) = match pair.as_str().trim() {
            "or" | "||" => (BinaryOperator::Or, "or"),
            _ => (BinaryOperator::And, "and"),
        };
        self.foreign(pair, word);
        (operator, span)
    }

    /// Reports an operator that is not written like this word of the language.
    fn foreign(&mut self, pair: &Pair, word: &str) {
        let written = pair.as_str().trim();
        if !written.starts_with(word) || written.starts_with("==") {
            let message = format!("`{written}` is written `{word}` here");
            let help =
                "comparisons are `=`, `is not`, `<`, `<=`, `>`, `>=`; conditions are joined by `and`, `or`, `not`";
            let span = self.span(pair);
            self.report_fix(codes::FOREIGN_OPERATOR, span, message, help, self.apart(word, span));
        }
    }

    /// The word with a space where it would touch a neighbour.
    fn apart(&self, word: &str, span: Span) -> String {
        let touches = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace()) && word.starts_with(char::is_alphabetic);
        let before = self.source()[..span.start as usize].chars().next_back();
        let after = self.source()[span.end as usize..].chars().next();
        let space = |touches: bool| if touches { " " } else { "" };
        format!("{}{word}{}", space(touches(before) && before != Some('(')), space(touches(after)))
    }

    fn negated(&mut self, parts: &mut Parts) -> Option<Deep> {
        let mut negations = Vec::new();
        while let Some(negation) = parts.next_if(|part| part.as_rule() == Rule::negation) {
            self.foreign(&negation, "not");
            negations.push(self.span(&negation));
        }
        let mut value = self.comparison(parts)?;
        for start in negations.into_iter().rev() {
            value = self.unary(UnaryOperator::Not, start, value)?;
        }
        Some(value)
    }

    fn unary(&mut self, operator: UnaryOperator, start: Span, operand: Deep) -> Option<Deep> {
        let span = start.to(operand.expr.span);
        let kind = ExprKind::Unary { operator, operand: Box::new(operand.expr) };
        self.deeper(kind, span, operand.depth)
    }

    fn comparison(&mut self, parts: &mut Parts) -> Option<Deep> {
        let value = self.deep_sum(&parts.next()?)?;
        let Some(tail) = parts.next_if(|part| part.as_rule() != Rule::junction) else { return Some(value) };
        let span = value.expr.span.to(self.span(&tail));
        match tail.as_rule() {
            Rule::compare => {
                let operator = self.compare(&tail);
                let right = self.deep_sum(&parts.next()?)?;
                self.join(value, operator, right)
            }
            Rule::known_tail => self.deeper(ExprKind::Known(Box::new(value.expr)), span, value.depth),
            Rule::in_tail => self.in_tail(value, &tail, span),
            _ => self.between(value, &tail, span),
        }
    }

    fn in_tail(&mut self, value: Deep, tail: &Pair, span: Span) -> Option<Deep> {
        let mut depth = value.depth;
        let mut options = Vec::new();
        for option in children(tail, Rule::sum) {
            let option = self.deep_sum(&option)?;
            depth = depth.max(option.depth);
            options.push(option.expr);
        }
        self.deeper(ExprKind::In { value: Box::new(value.expr), options }, span, depth)
    }

    fn between(&mut self, value: Deep, tail: &Pair, span: Span) -> Option<Deep> {
        let mut ends = children(tail, Rule::sum).into_iter();
        let low = self.deep_sum(&ends.next()?)?;
        let high = self.deep_sum(&ends.next()?)?;
        let depth = value.depth.max(low.depth).max(high.depth);
        let kind =
            ExprKind::Between { value: Box::new(value.expr), low: Box::new(low.expr), high: Box::new(high.expr) };
        self.deeper(kind, span, depth)
    }

    fn compare(&mut self, pair: &Pair) -> Operator {
        let (operator, word) = match pair.as_str().trim() {
            "<=" | "=<" => (BinaryOperator::LessOrEqual, "<="),
            ">=" => (BinaryOperator::GreaterOrEqual, ">="),
            "<" => (BinaryOperator::Less, "<"),
            ">" => (BinaryOperator::Greater, ">"),
            "!=" | "<>" => (BinaryOperator::NotEqual, "is not"),
            _ if has(pair, Rule::kw_not) => (BinaryOperator::NotEqual, "is"),
            _ if has(pair, Rule::kw_is) => (BinaryOperator::Equal, "is"),
            _ => (BinaryOperator::Equal, "="),
        };
        self.foreign(pair, word);
        (operator, self.span(pair))
    }

    fn deep_sum(&mut self, pair: &Pair) -> Option<Deep> {
        let mut parts = pair.clone().into_inner().peekable();
        let mut values = vec![self.term(&mut parts)?];
        let mut operators = Vec::new();
        while let Some(operator) = parts.next() {
            operators.push(self.arithmetic(&operator));
            values.push(self.term(&mut parts)?);
        }
        self.chain(values, operators, BinaryOperator::Multiply)
    }

    fn arithmetic(&mut self, pair: &Pair) -> Operator {
        let span = self.span(pair);
        let operator = match pair.as_str() {
            "+" => BinaryOperator::Add,
            "-" => BinaryOperator::Subtract,
            "/" => {
                let help = "multiply by a rate instead: `balance * 50 %`";
                self.report(codes::FOREIGN_OPERATOR, span, "there is no division", help);
                BinaryOperator::Multiply
            }
            _ => {
                self.foreign(pair, "*");
                BinaryOperator::Multiply
            }
        };
        (operator, span)
    }

    /// Values with operators between them, of which one kind binds tighter; both kinds from the left.
    fn chain(&mut self, values: Vec<Deep>, operators: Vec<Operator>, tight: BinaryOperator) -> Option<Deep> {
        let mut values = values.into_iter();
        let mut current = values.next()?;
        let mut waiting: Option<(Deep, Operator)> = None;
        for (operator, value) in operators.into_iter().zip(values) {
            if operator.0 == tight {
                current = self.join(current, operator, value)?;
                continue;
            }
            if let Some((left, before)) = waiting.take() {
                current = self.join(left, before, current)?;
            }
            waiting = Some((std::mem::replace(&mut current, value), operator));
        }
        match waiting {
            Some((left, operator)) => self.join(left, operator, current),
            None => Some(current),
        }
    }

    fn join(&mut self, left: Deep, (operator, operator_span): Operator, right: Deep) -> Option<Deep> {
        let span = left.expr.span.to(right.expr.span);
        let depth = left.depth.max(right.depth);
        let kind = ExprKind::Binary { operator, operator_span, left: Box::new(left.expr), right: Box::new(right.expr) };
        self.deeper(kind, span, depth)
    }

    /// `-`s, then a primary with its `at`, or several joined by `|`. A minus belongs to the first.
    fn term(&mut self, parts: &mut Parts) -> Option<Deep> {
        let first = self.signed(parts)?;
        let mut depth = first.depth;
        let mut options = vec![first.expr];
        while parts.next_if(|part| part.as_rule() == Rule::bar).is_some() {
            let option = self.signed(parts)?;
            depth = depth.max(option.depth);
            options.push(option.expr);
        }
        let only = options.pop()?;
        let Some(first) = options.first() else { return Some(Deep { expr: only, depth }) };
        let span = first.span.to(only.span);
        options.push(only);
        self.deeper(ExprKind::Alternatives(options), span, depth)
    }

    fn signed(&mut self, parts: &mut Parts) -> Option<Deep> {
        let mut signs = Vec::new();
        while let Some(minus) = parts.next_if(|part| part.as_rule() == Rule::minus) {
            signs.push(self.span(&minus));
        }
        let mut value = self.primary(&parts.next()?)?;
        if let Some(tail) = parts.next_if(|part| part.as_rule() == Rule::at_date) {
            value = self.at_date(value, &tail)?;
        }
        for start in signs.into_iter().rev() {
            value = self.unary(UnaryOperator::Minus, start, value)?;
        }
        Some(value)
    }

    fn at_date(&mut self, value: Deep, tail: &Pair) -> Option<Deep> {
        let date = tail.clone().into_inner().find(|part| part.as_rule() != Rule::kw_at)?;
        let date = self.primary(&date)?;
        let span = value.expr.span.to(self.span(tail));
        let depth = value.depth.max(date.depth);
        let kind = ExprKind::At { value: Box::new(value.expr), date: Box::new(date.expr) };
        self.deeper(kind, span, depth)
    }

    fn primary(&mut self, pair: &Pair) -> Option<Deep> {
        let span = self.span(pair);
        let kind = match pair.as_rule() {
            Rule::parens => return self.deep_value(&child(pair, Rule::value)?),
            Rule::reading => return self.deep_reading(pair),
            Rule::had => ExprKind::Had(self.event_pattern_in(pair)?),
            Rule::in_stage => ExprKind::InStage(self.all_dotted_in(pair)),
            Rule::been_in => ExprKind::BeenIn(self.all_dotted_in(pair)),
            Rule::dispute_open => ExprKind::DisputeOpen,
            Rule::promise_open => ExprKind::PromiseOpen,
            Rule::plan_active => ExprKind::PlanActive,
            Rule::anything => ExprKind::Anything,
            _ => ExprKind::Literal(self.literal(pair)?),
        };
        Some(leaf(kind, span))
    }

    /// `had EVENT`, `plan active` and the like.
    pub fn condition_of_words(&mut self, pair: &Pair) -> Option<Expr> {
        Some(self.primary(pair)?.expr)
    }

    /// A name or a call.
    pub fn reading_in(&mut self, pair: &Pair) -> Option<Expr> {
        let reading = child(pair, Rule::reading)?;
        Some(self.deep_reading(&reading)?.expr)
    }

    fn deep_reading(&mut self, pair: &Pair) -> Option<Deep> {
        let span = self.span(pair);
        let name = self.dotted_in(pair)?;
        if !has(pair, Rule::arguments) {
            return Some(leaf(ExprKind::Name(name), span));
        }
        let (arguments, depth) = self.deep_arguments(pair);
        self.deeper(ExprKind::Call { function: name, arguments }, span, depth)
    }

    /// A value over parts of this depth; one that is too deep is reported and left out.
    fn deeper(&mut self, kind: ExprKind, span: Span, parts: u32) -> Option<Deep> {
        let depth = parts + 1;
        if depth <= DEEPEST {
            return Some(Deep { expr: Expr { kind, span }, depth });
        }
        let message = format!("this value is put together more than {DEEPEST} deep");
        self.report(codes::NESTED_TOO_DEEPLY, span, message, "name parts of it by tables, or use `in (a, b, …)`");
        None
    }
}

fn leaf(kind: ExprKind, span: Span) -> Deep {
    Deep { expr: Expr { kind, span }, depth: 1 }
}
