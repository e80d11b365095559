//! The ledger: interest, what a payment meets first, the cap on costs, and when a case is settled.

use std::collections::BTreeMap;

use dunlin_machine::ir::{
    self, ClaimOrder, Comparison, CostCap, Designation, InterestFrom, InterestRule, Pool, Quantity, Type, Year,
};
use dunlin_machine::value::Date;

use super::context::Checker;
use super::expr::{constant, typed};
use super::warnings::walk;
use crate::diagnostic::codes;
use crate::model::Expr;
use crate::syntax::tree::{
    self, Allocate, AllocateAcross, ExprKind, Interest, ItemKind, LedgerEntry, LedgerEntryKind, Name, Span, YearBasis,
};

/// Takes up the lines of a `ledger` block, `span`; nothing and none where there is no such block.
pub(super) fn ledger(checker: &mut Checker, entries: &[LedgerEntry], span: Option<Span>) {
    set_defaults(checker, span);
    report_second(checker);
    let mut said = Said::default();
    for entry in entries {
        take_up(checker, entry, &mut said);
    }
}

/// What holds where the author says nothing: costs, interest, principal (§ 367 BGB), the older claim first, settled
/// when nothing is left.
fn set_defaults(checker: &mut Checker, span: Option<Span>) {
    let span = span.map_or_else(Span::default, |span| Span::new(span.start, span.start));
    let balance = typed(ir::Expr::Read(Quantity::Balance), Type::Money);
    let nothing = constant(0, Type::Money);
    let settled = typed(ir::Expr::Compare(Comparison::LessOrEqual, balance, nothing), Type::Bool);
    let settled_rule = checker.rule(span, "settled when balance <= 0", &[]);
    checker.model.ledger = ir::LedgerRules {
        interest: None,
        pools: vec![Pool::Costs, Pool::Interest, Pool::Principal],
        order: vec![ClaimOrder::OlderFirst],
        each_claim_in_turn: false,
        designation: ir::Designation::Unheard,
        costs_up_to: None,
        costs_of_up_to: Vec::new(),
        limitation: None,
        settled,
        settled_rule,
    };
}

fn report_second(checker: &mut Checker) {
    let tree = checker.files.get(checker.file).map(|file| file.tree.clone());
    let is_ledger = |item: &&tree::Item| matches!(item.kind, ItemKind::Ledger(_));
    let ledgers: Vec<Span> =
        tree.iter().flat_map(|tree| tree.items.iter().filter(is_ledger)).map(|item| head(item.span)).collect();
    let [first, others @ ..] = ledgers.as_slice() else { return };
    for other in others {
        let place = checker.here(*first);
        let error = checker
            .error_saying(codes::LEDGER_TWICE, *other, "There are two `ledger` blocks", "a second one")
            .also(place.file, place.span, "the first one")
            .help("write all of the ledger in one block");
        checker.report(error);
    }
}

/// The word that begins a block.
fn head(span: Span) -> Span {
    Span::new(span.start, span.end.min(span.start.saturating_add(6)))
}

/// Where each line was first said.
#[derive(Default)]
struct Said {
    interest: Option<Span>,
    allocate: Option<Span>,
    cap: Option<Span>,
    caps: BTreeMap<String, Option<Span>>,
    limitation: Option<Span>,
    designation: Option<Span>,
    settled: Option<Span>,
}

fn take_up(checker: &mut Checker, entry: &LedgerEntry, said: &mut Said) {
    match &entry.kind {
        LedgerEntryKind::Interest(line) => {
            if once(checker, &mut said.interest, entry.span, "Interest") {
                checker.model.ledger.interest = interest(checker, entry, line);
            }
        }
        LedgerEntryKind::Allocate(line) => {
            if once(checker, &mut said.allocate, entry.span, "What a payment meets first") {
                allocate(checker, line, entry.span);
            }
        }
        LedgerEntryKind::CostsUpTo { kind, limit, of } => {
            let cap = cap(checker, limit, of.as_ref());
            cap_line(checker, said, entry.span, kind.as_ref(), cap);
        }
        LedgerEntryKind::SettledWhen(condition) => {
            if once(checker, &mut said.settled, entry.span, "When the case is settled") {
                settled(checker, entry, condition);
            }
        }
        LedgerEntryKind::DesignationFollows => designation(checker, said, entry.span, Some(Designation::Follows)),
        LedgerEntryKind::DesignationRefused(names) => {
            let refused = refused_pools(checker, names).map(Designation::RefusedOn);
            designation(checker, said, entry.span, refused);
        }
        LedgerEntryKind::Limitation(line) => {
            if once(checker, &mut said.limitation, entry.span, "When a claim is barred") {
                checker.limitation_of_ledger(line, entry.span, &entry.law);
            }
        }
        LedgerEntryKind::Broken => {}
    }
}

/// Whether it is said for the first time; a second time is reported with both places.
fn once(checker: &mut Checker, before: &mut Option<Span>, span: Span, what: &str) -> bool {
    let Some(first) = *before else {
        *before = Some(span);
        return true;
    };
    let place = checker.here(first);
    let error = checker
        .error_saying(codes::LEDGER_LINE_TWICE, span, format!("{what} is said twice in the ledger"), "again here")
        .also(place.file, place.span, "first here")
        .help("keep the line that is meant");
    checker.report(error);
    false
}

fn settled(checker: &mut Checker, entry: &LedgerEntry, condition: &tree::Expr) {
    if let Some(condition) = checker.condition(condition) {
        checker.model.ledger.settled = condition;
        checker.model.ledger.settled_rule = checker.rule_at(entry.span, &entry.law);
    }
}

/// Says that the line of interest cannot be narrowed in this way, and how it can.
fn report_interest(checker: &mut Checker, span: Span, word: &str, help: &str) {
    let message = format!("Dunlin does not run interest with `{word}` yet");
    let error = checker.error(codes::INTEREST_WITHOUT_NOT_BUILT, span, message);
    checker.report(error.help(help));
}

fn interest(checker: &mut Checker, entry: &LedgerEntry, line: &Interest) -> Option<InterestRule<Expr>> {
    if line.on.text != "principal" {
        let message = format!("Interest is borne by the principal, not by `{}`", line.on.text);
        let error = checker.error(codes::INTEREST_ON, line.on.span, message);
        checker.report(error.help("write `on principal`").fix(line.on.span, "principal"));
    }
    if let Some(name) = line.without.first() {
        let help = "days without interest are said where they begin: `pause hardship without interest`, or \
                    `without interest` in a plan";
        report_interest(checker, name.span, "without", help);
    } else if let Some(condition) = &line.condition {
        let help = "say it in the rate: `interest if debtor.kind = business then 9 % else 5 % on principal`";
        report_interest(checker, condition.span, "when", help);
    }
    let rate = stable(checker, &line.rate, Type::Rate);
    let from = match &line.from {
        None => Some(InterestFrom::AfterDue),
        Some(tree::InterestFrom::Default) => Some(InterestFrom::Default),
        Some(tree::InterestFrom::Date(date)) => stable(checker, date, Type::Date).map(InterestFrom::Date),
    };
    let (rate, from) = rate.zip(from)?;
    let mut changes = Vec::new();
    changing_days(checker, &rate, &mut changes);
    changes.sort_unstable();
    changes.dedup();
    let rule = checker.rule_at(entry.span, &entry.law);
    Some(InterestRule { rule, rate, changes, added_changes: Vec::new(), from, year: year(line.year) })
}

fn year(basis: Option<YearBasis>) -> Year {
    match basis {
        None | Some(YearBasis::Days365) => Year::Days365,
        Some(YearBasis::Days360) => Year::Days360,
        Some(YearBasis::Actual) => Year::Actual,
    }
}

/// A value that every day's interest can be worked out from again: it reads nothing that changes while a case runs.
fn stable(checker: &mut Checker, expr: &tree::Expr, ty: Type) -> Option<Expr> {
    checker.scoped(|checker| {
        checker.scope.claim = true;
        let found = checker.expr(expr, Some(ty))?;
        let Some(culprit) = changing(checker, expr) else { return Some(found) };
        let message = format!("Interest cannot follow `{}`, which changes while a case runs", checker.words(culprit));
        let error = checker.error(codes::INTEREST_READS, culprit, message);
        let help =
            "a rate reads params, dated values, facts as they were at opening, `debtor.kind` and the claim's own dates";
        checker.report(error.help(help));
        None
    })
}

/// The first part of an expression that reads what changes while a case runs.
fn changing(checker: &mut Checker, expr: &tree::Expr) -> Option<Span> {
    let parts: Vec<&tree::Expr> = match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Range { .. } | ExprKind::Anything => return None,
        ExprKind::Unary { operand, .. } => vec![operand],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::Between { value, low, high } => vec![value, low, high],
        ExprKind::In { value, options } => std::iter::once(value.as_ref()).chain(options).collect(),
        ExprKind::Known(inner) => vec![inner],
        ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
        ExprKind::At { value, date } => vec![value, date],
        ExprKind::Alternatives(options) => options.iter().collect(),
        ExprKind::Call { arguments, .. } => {
            let inside = arguments.iter().find_map(|argument| changing(checker, &argument.value));
            return inside.or_else(|| reads_change(checker, expr).then_some(expr.span));
        }
        _ => return reads_change(checker, expr).then_some(expr.span),
    };
    parts.into_iter().find_map(|part| changing(checker, part))
}

/// Whether what a name or call reads changes while a case runs.
fn reads_change(checker: &mut Checker, expr: &tree::Expr) -> bool {
    let known = checker.diagnostics.len();
    let found = checker.scoped(|checker| {
        checker.scope.unknown_allowed = true;
        checker.expr(expr, None)
    });
    // A name that means nothing by itself is a value of an enumeration, beside what it is compared with.
    checker.diagnostics.truncate(known);
    found.is_some_and(|found| changes(checker, &found))
}

/// Whether a value, or a row of a table that it looks up, reads what changes while a case runs.
fn changes(checker: &Checker, expr: &Expr) -> bool {
    let part = |part: &Expr| changes(checker, part);
    match expr.node.as_ref() {
        ir::Expr::Var(_) | ir::Expr::Kept(_) => true,
        ir::Expr::Read(quantity) => !is_fixed(quantity),
        ir::Expr::Table(id, arguments) => {
            let rows = checker.model.tables.get(id.index()).map(|table| &table.rows);
            // Interest looks at each day by itself, so what goes by the day is settled for each of them.
            let day = usize::from(checker.is_of_the_day(*id, arguments));
            rows.into_iter().flatten().any(|row| part(&row.result)) || arguments.iter().skip(day).any(part)
        }
        node => walk::operands(node).into_iter().any(part),
    }
}

/// Whether it is the same from the opening of a case to its end.
fn is_fixed(quantity: &Quantity<Expr>) -> bool {
    matches!(
        quantity,
        Quantity::DebtorKind
            | Quantity::Claimed
            | Quantity::Opened
            | Quantity::ClaimDue
            | Quantity::ClaimArose
            | Quantity::ClaimDefaultOn
            | Quantity::ClaimKind
    )
}

/// The days on which a dated value that the expression reads changes.
fn changing_days(checker: &Checker, expr: &Expr, days: &mut Vec<Date>) {
    match expr.node.as_ref() {
        ir::Expr::Dated(id, None) => {
            let rows = checker.model.dated.get(id.index()).map(|dated| &dated.rows);
            days.extend(rows.into_iter().flatten().map(|(day, _)| *day));
        }
        ir::Expr::Table(id, arguments) => {
            let rows = checker.model.tables.get(id.index()).map(|table| &table.rows);
            rows.into_iter().flatten().for_each(|row| changing_days(checker, &row.result, days));
            if checker.is_of_the_day(*id, arguments) {
                days.extend(rows.into_iter().flatten().filter_map(|row| first_day(row.patterns.first()?)));
            }
            arguments.iter().for_each(|argument| changing_days(checker, argument, days));
        }
        node => walk::operands(node).into_iter().for_each(|operand| changing_days(checker, operand, days)),
    }
}

/// The first day of the rows of a table that changes by date.
fn first_day(days: &ir::Pattern) -> Option<Date> {
    match days {
        ir::Pattern::Between(Some(from), _) => i32::try_from(*from).ok().and_then(Date::from_days),
        _ => None,
    }
}

const POOLS: [(&str, Pool); 3] = [("costs", Pool::Costs), ("interest", Pool::Interest), ("principal", Pool::Principal)];

fn allocate(checker: &mut Checker, line: &Allocate, span: Span) {
    let pools = pools(checker, &line.pools, span);
    let mut order: Vec<(ClaimOrder, Span)> = Vec::new();
    for (claim, place) in &line.claims {
        let claim = claim_order(*claim);
        if let Some((_, first)) = order.iter().find(|(known, _)| *known == claim) {
            let first = checker.here(*first);
            let message = format!("`{}` is said twice", checker.words(*place));
            let error = checker
                .error_saying(codes::ALLOCATE_CLAIMS, *place, message, "again here")
                .also(first.file, first.span, "first here")
                .help("each rule breaks the ties of those before it; name it once");
            checker.report(error);
            continue;
        }
        order.push((claim, *place));
    }
    if let Some(pools) = pools {
        checker.model.ledger.pools = pools;
    }
    if !order.is_empty() {
        checker.model.ledger.order = order.into_iter().map(|(claim, _)| claim).collect();
    }
    checker.model.ledger.each_claim_in_turn = line.across == Some(AllocateAcross::EachClaimInTurn);
}

fn claim_order(order: tree::ClaimOrder) -> ClaimOrder {
    match order {
        tree::ClaimOrder::DueFirst => ClaimOrder::DueFirst,
        tree::ClaimOrder::LeastSecured => ClaimOrder::LeastSecured,
        tree::ClaimOrder::MostBurdensome => ClaimOrder::MostBurdensome,
        tree::ClaimOrder::OlderFirst => ClaimOrder::OlderFirst,
    }
}

/// The pools in the author's order; each has to be named once.
fn pools(checker: &mut Checker, names: &[Name], span: Span) -> Option<Vec<Pool>> {
    let help = "name `costs`, `interest` and `principal`, each once, in the order in which a payment meets them";
    let mut found: Vec<Pool> = Vec::new();
    for name in names {
        let pool = POOLS.iter().find(|(word, _)| *word == name.text).map(|(_, pool)| *pool);
        let message = match pool {
            None => format!("A payment cannot be allocated to `{}`", name.text),
            Some(pool) if found.contains(&pool) => format!("`{}` is named twice", name.text),
            Some(pool) => {
                found.push(pool);
                continue;
            }
        };
        let error = checker.error(codes::ALLOCATE_POOLS, name.span, message).help(help);
        checker.report(error);
        return None;
    }
    let missing: Vec<String> =
        POOLS.iter().filter(|(_, pool)| !found.contains(pool)).map(|(word, _)| format!("`{word}`")).collect();
    if missing.is_empty() {
        return Some(found);
    }
    let message = format!("`allocate` leaves out {}", missing.join(" and "));
    let error = checker.error(codes::ALLOCATE_POOLS, span, message).help(help);
    checker.report(error);
    None
}

fn designation(checker: &mut Checker, said: &mut Said, span: Span, found: Option<Designation>) {
    if once(checker, &mut said.designation, span, "Whether a payer's designation counts")
        && let Some(found) = found
    {
        checker.model.ledger.designation = found;
    }
}

/// The pools that are met first, whatever the payer says.
fn refused_pools(checker: &mut Checker, names: &[Name]) -> Option<Vec<Pool>> {
    let mut found: Vec<Pool> = Vec::new();
    for name in names {
        let pool = POOLS.iter().find(|(word, _)| *word == name.text).map(|(_, pool)| *pool);
        let message = match pool {
            Some(pool) if !found.contains(&pool) => {
                found.push(pool);
                continue;
            }
            Some(_) => format!("`{}` is named twice", name.text),
            None => format!("No designation can be refused on `{}`", name.text),
        };
        let error = checker.error(codes::ALLOCATE_POOLS, name.span, message);
        checker.report(error.help("name `costs`, `interest` or `principal`: `designation refused on costs, interest`"));
        return None;
    }
    Some(found)
}

/// `costs up to …` once, `costs(KIND) up to …` once for each kind.
fn cap_line(checker: &mut Checker, said: &mut Said, span: Span, kind: Option<&Name>, cap: Option<CostCap<Expr>>) {
    let Some(kind) = kind else {
        if once(checker, &mut said.cap, span, "The cap on costs") {
            checker.model.ledger.costs_up_to = cap;
        }
        return;
    };
    let first = said.caps.entry(kind.text.clone()).or_default();
    if once(checker, first, span, &format!("The cap on `{}`", kind.text)) {
        let kind = checker.text(&kind.text);
        checker.model.ledger.costs_of_up_to.extend(cap.map(|cap| (kind, cap)));
    }
}

fn cap(checker: &mut Checker, limit: &tree::Expr, of: Option<&Name>) -> Option<CostCap<Expr>> {
    let cap = checker.expr(limit, None)?;
    match (cap.ty, of.map(|name| name.text.as_str())) {
        (Type::Money, None) => return Some(CostCap::Money(cap)),
        (Type::Rate, Some("principal")) => return Some(CostCap::OfPrincipal(cap)),
        _ => {}
    }
    let words = checker.words(limit.span).to_owned();
    let (span, message) = match (cap.ty, of) {
        (Type::Rate, None) => (limit.span, format!("`{words}` of what? A cap by a rate is a part of the principal")),
        (Type::Rate, Some(of)) => {
            (of.span, format!("Costs are capped by a part of the principal, not of `{}`", of.text))
        }
        (ty, _) => (limit.span, format!("Costs cannot be capped by {}", checker.type_words(ty))),
    };
    let error = checker.error(codes::COSTS_CAP, span, message);
    checker.report(error.help("write `costs up to 50 EUR` or `costs up to 20 % of principal`"));
    None
}
