//! The case of a test: its claims, its facts, its debtor and the debtor's channels.

use dunlin_machine::events::DEBTOR_KIND;
use dunlin_machine::ir::{FactId, TextId, Type};
use dunlin_machine::value::{Currency, Date};

use crate::check::context::{Checker, Value, or_list};
use crate::check::tables::show_in;
use crate::diagnostic::codes;
use crate::model::{TestCase, TestClaim};
use crate::syntax::tree::{self, CaseEntry, CaseEntryKind, DottedName, ExprKind, Literal, Name, Span};

/// The case that those entries describe, opened on that day; errors are reported.
pub(super) fn case(checker: &mut Checker, entries: &[CaseEntry], span: Span, open: Option<Date>) -> Option<TestCase> {
    let mut case = TestCase {
        currency: checker.scope.currency,
        claims: Vec::new(),
        costs: Vec::new(),
        facts: Vec::new(),
        debtor_kind: None,
        language: None,
        region: None,
        time_zone: None,
        age: None,
        unreachable: Vec::new(),
        no_consent: Vec::new(),
        open: open.unwrap_or(Date::FIRST),
        open_time: None,
    };
    let mut said: Vec<(String, Span)> = Vec::new();
    for entry in entries {
        take_up(checker, &mut case, &mut said, entry);
    }
    if !entries.iter().any(|entry| matches!(entry.kind, CaseEntryKind::Claim { .. })) {
        let error = checker.error(codes::TEST_CASE, span, "This case has no claim");
        checker.report(error.help("say what is owed since when: `case principal 120.00 EUR due 2025-12-20`"));
    }
    report_missing(checker, &said, span);
    open.map(|_| case)
}

fn take_up(checker: &mut Checker, case: &mut TestCase, said: &mut Vec<(String, Span)>, entry: &CaseEntry) {
    match &entry.kind {
        CaseEntryKind::Claim { amount, due, kind, arose, default_on } => {
            let amount = principal(checker, amount, "claim");
            let due = checker.date(*due);
            let arose = arose.and_then(|day| checker.date(day));
            let default_on = default_on.and_then(|day| checker.date(day));
            let kind = kind.as_ref().map(|kind| kind.text.clone());
            let claim = amount.zip(due);
            case.claims.extend(claim.map(|(principal, due)| TestClaim { principal, due, kind, arose, default_on }));
        }
        CaseEntryKind::Costs { amount, kind } => {
            let amount = principal(checker, amount, "sum of costs");
            if first_time(checker, said, format!("costs as {}", kind.text), entry.span) {
                case.costs.extend(amount.map(|amount| (kind.text.clone(), amount)));
            }
        }
        CaseEntryKind::Value { name, value } => {
            if first_time(checker, said, name.text(), entry.span) {
                set(checker, case, name, value);
            }
        }
        CaseEntryKind::NoChannel(name) => {
            if let Some(channel) = checker.channel(name)
                && first_time(checker, said, format!("no {}", name.text), entry.span)
            {
                case.unreachable.push(channel);
            }
        }
        CaseEntryKind::NoConsent(name) => {
            if let Some(channel) = checker.channel(name)
                && first_time(checker, said, format!("no consent {}", name.text), entry.span)
            {
                case.no_consent.push(channel);
            }
        }
    }
}

/// The currency of the case: that of its first claim.
pub(super) fn currency(checker: &mut Checker, entries: &[CaseEntry]) -> Option<Currency> {
    if checker.model.currencies.len() < 2 {
        return None;
    }
    entries.iter().find_map(|entry| match &entry.kind {
        CaseEntryKind::Claim { amount, .. } => match &amount.kind {
            ExprKind::Literal(Literal::Money { currency, .. }) => Currency::from_code(&currency.text),
            _ => None,
        },
        _ => None,
    })
}

fn principal(checker: &mut Checker, amount: &tree::Expr, what: &str) -> Option<i64> {
    let value = checker.constant(amount, Type::Money)?;
    if value >= 0 {
        return Some(value);
    }
    let message = format!("A {what} cannot be `{}`", checker.words(amount.span));
    let error = checker.error(codes::TEST_CASE, amount.span, message);
    checker.report(error.help("write what the debtor owes, from 0 upwards"));
    None
}

fn first_time(checker: &mut Checker, said: &mut Vec<(String, Span)>, what: String, span: Span) -> bool {
    let Some((_, first)) = said.iter().find(|(known, _)| *known == what) else {
        said.push((what, span));
        return true;
    };
    let place = checker.here(*first);
    let error = checker
        .error_saying(codes::TEST_SAID_TWICE, span, format!("The case says `{what}` twice"), "again here")
        .also(place.file, place.span, "first here")
        .help("keep the one that is meant");
    checker.report(error);
    false
}

fn set(checker: &mut Checker, case: &mut TestCase, name: &DottedName, value: &tree::Expr) {
    match name.text().as_str() {
        "debtor.kind" => case.debtor_kind = checker.constant(value, DEBTOR_KIND),
        "debtor.language" => case.language = text(checker, value),
        "debtor.region" => case.region = text(checker, value),
        "debtor.time_zone" => case.time_zone = text(checker, value),
        "debtor.age" => case.age = checker.constant(value, Type::Number),
        word => match checker.names.values.get(word).map(|named| named.means) {
            Some(Value::Fact(id)) => case.facts.extend(fact(checker, id, value).map(|value| (id, value))),
            Some(Value::Broken) => {}
            other => report_unknown(checker, name, other),
        },
    }
}

fn text(checker: &mut Checker, value: &tree::Expr) -> Option<String> {
    let id = checker.constant(value, Type::Text)?;
    u32::try_from(id).ok().map(|id| checker.model.text(TextId(id)).to_owned())
}

/// The value of a fact, within the bounds that it declares.
fn fact(checker: &mut Checker, id: FactId, expr: &tree::Expr) -> Option<i64> {
    let currency = checker.scope.currency.map_or(0, |own| checker.position_of(own));
    let fact = checker.model.facts.get(id.index())?;
    let (ty, bounds, name) = (fact.ty, fact.bounds_in(currency), fact.name);
    let value = checker.constant(expr, ty)?;
    let (low, high) = bounds.unwrap_or_default();
    if low.is_none_or(|low| low <= value) && high.is_none_or(|high| value <= high) {
        return Some(value);
    }
    let name = checker.model.text(name).to_owned();
    let end = |end: Option<i64>| end.map_or_else(String::new, |end| show_in(&checker.model, ty, end, currency));
    let range = format!("{}..{}", end(low), end(high));
    let message = format!("`{name}` cannot be `{}`: it declares `{range}`", checker.words(expr.span));
    let mut error = checker.error_saying(codes::TEST_FACT_BOUNDS, expr.span, message, "outside of its bounds");
    if let Some(named) = checker.names.values.get(&name) {
        error = error.also(named.place.file, named.place.span, "the fact");
    }
    checker.report(error.help(format!("write a value within {range}")));
    None
}

fn report_unknown(checker: &mut Checker, name: &DottedName, other: Option<Value>) {
    let whole = Name { text: name.text(), span: name.span };
    if let Some(value) = other {
        let what = if matches!(value, Value::Param(_)) { "a param" } else { "a var" };
        let message = format!("`{}` is {what}, and a case cannot bring it", whole.text);
        let error = checker.error(codes::TEST_FACT, name.span, message);
        checker.report(error.help("params are the strategy's and vars the machine's; a case brings facts"));
        return;
    }
    let facts = checker.names.values.iter().filter(|(_, named)| matches!(named.means, Value::Fact(_)));
    let mut known: Vec<String> = facts.map(|(name, _)| name.clone()).collect();
    let debtor = ["debtor.kind", "debtor.language", "debtor.region", "debtor.time_zone", "debtor.age"];
    known.extend(debtor.map(str::to_owned));
    let message = format!("There is no fact `{}` that a case could bring", whole.text);
    let help = format!("a case brings {}", or_list(&known));
    checker.report_unknown(codes::TEST_FACT, &whole, message, &known, &help);
}

/// Facts without a default that the case does not state.
fn report_missing(checker: &mut Checker, said: &[(String, Span)], span: Span) {
    let stated = |name: &str| said.iter().any(|(known, _)| known == name);
    let missing: Vec<String> = checker
        .model
        .facts
        .iter()
        .filter(|fact| fact.default.is_none() && !fact.optional)
        .map(|fact| checker.model.text(fact.name).to_owned())
        .filter(|name| !stated(name))
        .collect();
    for name in missing {
        let message = format!("This case does not say what `{name}` is");
        let mut error = checker.error_saying(codes::TEST_FACT_MISSING, span, message, "");
        if let Some(named) = checker.names.values.get(&name) {
            error = error.also(named.place.file, named.place.span, "has no default");
        }
        checker.report(error.help(format!("add `, {name} = …`, or give the fact a default")));
    }
}
