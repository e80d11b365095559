//! Every action and every expression of a model, for those that look for something in all of them.

use dunlin_machine::ir::{self, CostCap, HoldEnd, InterestFrom, On, PeriodFrom, Quantity, SuspendedDays, Waive};

use crate::model::{Action, Block, Does, Expr, Model, Trigger};

/// Every list of triggers of a model.
pub(in crate::check) fn trigger_lists(model: &Model) -> impl Iterator<Item = &[Trigger]> {
    let stages = model.stages.iter().map(|stage| stage.triggers.as_slice());
    let scopes = model.scopes.iter().map(|scope| scope.triggers.as_slice());
    let whenevers = model.whenevers.iter().map(|rule| rule.triggers.as_slice());
    let watches = model.watches.iter().map(|watch| watch.triggers.as_slice());
    stages.chain(scopes).chain(whenevers).chain(watches)
}

/// Every body of a model.
fn bodies(model: &Model) -> impl Iterator<Item = &Block> {
    let entries = model.stages.iter().map(|stage| &stage.entry);
    let of_scopes = model.scopes.iter().map(|scope| &scope.entry);
    let leaving =
        model.stages.iter().map(|stage| &stage.leaving).chain(model.scopes.iter().map(|scope| &scope.leaving));
    let leaving = leaving.flatten().map(|leaving| &leaving.body);
    let plans =
        model.plans.iter().flat_map(|plan| [&plan.notice, &plan.on_missed, &plan.on_completed, &plan.on_breached]);
    let rules = model.whenevers.iter().map(|rule| &rule.body);
    let triggers = trigger_lists(model).flatten().map(|trigger| &trigger.body);
    entries.chain(of_scopes).chain(leaving).chain(plans).chain(rules).chain(triggers)
}

/// Calls `see` with every action, those inside of others too.
pub(in crate::check) fn actions<'m>(model: &'m Model, see: &mut impl FnMut(&'m Action)) {
    bodies(model).for_each(|body| actions_of(body, see));
}

/// Calls `see` with every action of a body, those inside of others too.
pub(in crate::check) fn actions_of<'m>(body: &'m [Action], see: &mut impl FnMut(&'m Action)) {
    for action in body {
        see(action);
        action.does.blocks().into_iter().for_each(|block| actions_of(block, see));
    }
}

/// Calls `see` with every expression of a model and every part of it.
pub(super) fn exprs<'m>(model: &'m Model, see: &mut impl FnMut(&'m Expr)) {
    let mut roots: Vec<&Expr> = Vec::new();
    actions(model, &mut |action| roots.extend(exprs_of_action(action)));
    for trigger in trigger_lists(model).flatten() {
        roots.extend(exprs_of_trigger(&trigger.on));
        roots.extend(&trigger.when);
    }
    roots.extend(model.whenevers.iter().flat_map(|rule| &rule.when));
    roots.extend(model.watches.iter().flat_map(|watch| &watch.when));
    roots.extend(model.vars.iter().map(|var| &var.start));
    roots.extend(model.tables.iter().flat_map(|table| &table.rows).map(|row| &row.result));
    roots.extend(model.contact.nevers.iter().map(|(_, condition, _)| condition));
    roots.extend(model.starts.iter().flat_map(|start| &start.when));
    roots.extend(model.plans.iter().flat_map(exprs_of_plan));
    roots.extend(exprs_of_ledger(model));
    if let ir::CalendarChoice::By { key, .. } = &model.calendar {
        roots.push(key);
    }
    roots.into_iter().for_each(|root| parts(root, see));
}

fn parts<'m>(expr: &'m Expr, see: &mut impl FnMut(&'m Expr)) {
    see(expr);
    operands(&expr.node).into_iter().for_each(|operand| parts(operand, see));
}

fn exprs_of_plan(plan: &ir::Plan<Expr, Block>) -> impl Iterator<Item = &Expr> {
    let bounds = [&plan.offer_when, &plan.over, &plan.at_least, &plan.first_within, &plan.grace, &plan.breach_overdue];
    bounds.into_iter().flatten()
}

fn exprs_of_ledger(model: &Model) -> Vec<&Expr> {
    let mut roots = vec![&model.ledger.settled];
    if let Some(interest) = &model.ledger.interest {
        roots.push(&interest.rate);
        if let InterestFrom::Date(date) = &interest.from {
            roots.push(date);
        }
    }
    if let Some(limitation) = &model.ledger.limitation {
        roots.extend(exprs_of_limitation(limitation));
    }
    let of_kinds = model.ledger.costs_of_up_to.iter().map(|(_, cap)| cap);
    roots.extend(model.ledger.costs_up_to.iter().chain(of_kinds).map(|cap| match cap {
        CostCap::Money(cap) | CostCap::OfPrincipal(cap) => cap,
    }));
    roots
}

fn exprs_of_limitation(limitation: &ir::Limitation<Expr>) -> Vec<&Expr> {
    let mut roots = Vec::new();
    for period in &limitation.periods {
        roots.push(&period.length);
        if let PeriodFrom::Date(date) = &period.from {
            roots.push(date);
        }
        roots.extend(&period.when);
    }
    roots.extend(limitation.restarts.iter().flat_map(|restart| &restart.when));
    for suspension in &limitation.suspensions {
        match &suspension.days {
            SuspendedDays::While(condition) => roots.push(condition),
            SuspendedDays::Between { delay, .. } => roots.extend(delay),
        }
        roots.extend(&suspension.when);
    }
    roots
}

fn exprs_of_trigger(on: &On<Expr>) -> Vec<&Expr> {
    match on {
        On::Event { usually_within, .. } => usually_within.iter().collect(),
        On::After(duration) => vec![duration],
        On::Date { date, offset, .. } => std::iter::once(date).chain(offset).collect(),
        On::Every { every, .. } => vec![every],
        On::AsSoonAs(condition) => vec![condition],
        On::EveryMonth { .. } | On::EveryWorkingDay { .. } | On::Move | On::Effect(_) => Vec::new(),
    }
}

fn exprs_of_action(action: &Action) -> Vec<&Expr> {
    match &action.does {
        Does::Send(send) => {
            let with = send.with.iter().map(|(_, _, value)| value);
            send.tone.iter().chain(&send.payable_within).chain(with).collect()
        }
        Does::Call(call) => call.tone.iter().chain(&call.hours).chain(&call.every).collect(),
        Does::Task(task) => task.substitutes.iter().map(|(_, after)| after).chain([&task.within]).collect(),
        Does::File { with, .. } | Does::Emit { with, .. } => with.iter().map(|(_, _, value)| value).collect(),
        Does::Charge { amount, .. } | Does::Collect { amount, .. } => vec![amount],
        Does::Split { part: ir::SplitPart::Money(amount), .. } => vec![amount],
        Does::Approval(approval) => approval.within.iter().chain(&approval.when).collect(),
        Does::Waive(Waive::Money(amount)) => vec![amount],
        Does::Pause { ends: HoldEnd::For(end) | HoldEnd::Until(end), .. } => vec![end],
        Does::Set { value, .. } => vec![value],
        Does::If { condition, .. } => vec![condition],
        _ => Vec::new(),
    }
}

/// What an expression is computed from.
pub(in crate::check) fn operands(node: &ir::Expr<Expr>) -> Vec<&Expr> {
    use ir::Expr as E;
    match node {
        E::Const(_) | E::Fact(_) | E::Param(_) | E::Var(_) | E::Kept(_) | E::Amounts(_) => Vec::new(),
        E::Read(quantity) => quantity_operand(quantity).into_iter().collect(),
        E::Known(a) | E::Not(a) | E::EndOfMonth(a) | E::EndOfYear(a) | E::Weekday(a) | E::NextWorkingDay(a, _) => {
            vec![a]
        }
        E::And(a, b) | E::Or(a, b) | E::Compare(_, a, b) | E::CompareDurations(_, a, b) => vec![a, b],
        E::Min(a, b) | E::Max(a, b) | E::Add(a, b) | E::Subtract(a, b) => vec![a, b],
        E::Multiply(a, b) | E::TimesRate(a, b) => vec![a, b],
        E::DatePlus(a, b) | E::DateMinus(a, b) | E::DaysBetween(a, b) => vec![a, b],
        E::If(a, b, c) => vec![a, b, c],
        E::Table(_, arguments) | E::InCurrency(arguments) => arguments.iter().collect(),
        E::Dated(_, day) => day.iter().collect(),
        E::Scale(_, amount, day) => std::iter::once(amount).chain(day).collect(),
    }
}

fn quantity_operand(quantity: &Quantity<Expr>) -> Option<&Expr> {
    match quantity {
        Quantity::PaidWithin(within)
        | Quantity::Attempts(_, within)
        | Quantity::Contacts(within)
        | Quantity::ReachedWithin(within) => Some(within),
        _ => None,
    }
}
