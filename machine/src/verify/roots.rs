//! Every place that holds an expression: which one, and what type of value the place needs.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Broken, at, cite, in_table};
use crate::ir::{
    CalendarChoice, Call, CostCap, Does, ExprId, HoldEnd, InterestFrom, Machine, On, PeriodFrom, Promised, RuleId,
    Send, SplitPart, SuspendedDays, Task, Type, Waive, With,
};

/// What may be read in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// The start of a variable, by its number: only variables before it.
    Variable(usize),
    /// What picks the calendar.
    Calendar,
    /// A row: whatever may be read where the table is.
    Row,
    /// A trigger, its body, or another rule that waits for something to happen.
    Trigger,
    /// A rule for limitation: it is read for each claim, and reads no date that it gives itself.
    Claim,
    /// The rule for interest: it is read at every reading of the balance, so it reads nothing that this one changes.
    Interest,
    /// A rule that holds at all times.
    Standing,
}

/// A place that holds an expression.
pub(super) struct Root {
    what: &'static str,
    number: usize,
    rule: Option<RuleId>,
    pub(super) context: Context,
    pub(super) expr: ExprId,
    pub(super) ty: Type,
}

impl Root {
    /// Where that is, in words.
    pub(super) fn place(&self, m: &Machine) -> String {
        let cited = self.rule.map_or_else(String::new, |rule| format!(" {}", cite(m, rule)));
        format!("{} {}{cited}", self.what, self.number)
    }
}

/// All places, in the order of the machine's tables.
pub(super) fn of(m: &Machine) -> Vec<Root> {
    let mut places = Places { what: "", number: 0, rule: None, context: Context::Trigger, found: Vec::new() };
    places.tables(m);
    places.openings(m);
    places.rules(m);
    places.contact(m);
    places.ledger(m);
    places.limitation(m);
    places.guarantees(m);
    places.found
}

/// Fails where a place holds an expression that is not there.
pub(super) fn check(m: &Machine, roots: &[Root]) -> Result<(), Broken> {
    let there = |root: &Root| in_table("expression", root.expr.index(), m.exprs.len());
    roots.iter().try_for_each(|root| at(|| root.place(m), there(root)))
}

struct Places {
    what: &'static str,
    number: usize,
    rule: Option<RuleId>,
    context: Context,
    found: Vec<Root>,
}

impl Places {
    fn enter(&mut self, what: &'static str, number: usize, rule: Option<RuleId>, context: Context) {
        (self.what, self.number, self.rule, self.context) = (what, number, rule, context);
    }

    fn holds(&mut self, ty: Type, expr: ExprId) {
        let Self { what, number, rule, context, .. } = *self;
        self.found.push(Root { what, number, rule, context, expr, ty });
    }

    fn may_hold(&mut self, ty: Type, expr: Option<ExprId>) {
        if let Some(expr) = expr {
            self.holds(ty, expr);
        }
    }

    fn tables(&mut self, m: &Machine) {
        if let CalendarChoice::By { key, .. } = &m.calendar {
            self.enter("calendar by text", 0, None, Context::Calendar);
            self.holds(Type::Text, *key);
        }
        for (n, var) in m.vars.iter().enumerate() {
            self.enter("variable", n, None, Context::Variable(n));
            self.holds(var.ty, var.start);
        }
        for (n, table) in m.tables.iter().enumerate() {
            for row in &table.rows {
                self.enter("table", n, Some(row.rule), Context::Row);
                self.holds(table.result, row.result);
            }
        }
    }

    fn openings(&mut self, m: &Machine) {
        for (n, start) in m.starts.iter().enumerate() {
            self.enter("start", n, Some(start.rule), Context::Standing);
            self.may_hold(Type::Bool, start.when);
        }
        for (n, plan) in m.plans.iter().enumerate() {
            self.enter("plan", n, Some(plan.rule), Context::Standing);
            self.may_hold(Type::Bool, plan.offer_when);
            self.may_hold(Type::Rate, plan.over);
            self.may_hold(Type::Money, plan.at_least);
            for length in [plan.first_within, plan.grace, plan.breach_overdue] {
                self.may_hold(Type::Duration, length);
            }
        }
    }

    fn rules(&mut self, m: &Machine) {
        for (n, whenever) in m.whenevers.iter().enumerate() {
            self.enter("`whenever` rule", n, Some(whenever.rule), Context::Trigger);
            self.may_hold(Type::Bool, whenever.when);
        }
        for (n, watch) in m.watches.iter().enumerate() {
            self.enter("watch", n, Some(watch.rule), Context::Trigger);
            self.may_hold(Type::Bool, watch.when);
        }
        for (n, trigger) in m.triggers.iter().enumerate() {
            self.enter("trigger", n, Some(trigger.rule), Context::Trigger);
            self.may_hold(Type::Bool, trigger.when);
            self.on(&trigger.on);
        }
        for (n, action) in m.actions.iter().enumerate() {
            self.enter("action", n, Some(action.rule), Context::Trigger);
            self.does(m, &action.does);
        }
    }

    fn on(&mut self, on: &On) {
        match on {
            On::Event { usually_within, .. } => self.may_hold(Type::Duration, *usually_within),
            On::After(after) => self.holds(Type::Duration, *after),
            On::Date { date, offset, .. } => {
                self.holds(Type::Date, *date);
                self.may_hold(Type::Duration, *offset);
            }
            On::Every { every, .. } => self.holds(Type::Duration, *every),
            On::AsSoonAs(condition) => self.holds(Type::Bool, *condition),
            On::EveryMonth { .. } | On::EveryWorkingDay { .. } | On::Move | On::Effect(_) => {}
        }
    }

    fn does(&mut self, m: &Machine, does: &Does) {
        match does {
            Does::Send(send) => self.send(send),
            Does::Call(call) => self.call(call),
            Does::Task(Task { within, substitutes, .. }) => {
                self.holds(Type::Duration, *within);
                substitutes.iter().for_each(|(_, after)| self.holds(Type::Duration, *after));
            }
            Does::File { with, .. } | Does::Emit { with, .. } => self.with(with),
            Does::Charge { amount, .. } | Does::Collect { amount, .. } => self.holds(Type::Money, *amount),
            Does::Waive(Waive::Money(amount)) => self.holds(Type::Money, *amount),
            Does::Split { part: SplitPart::Money(amount), .. } => self.holds(Type::Money, *amount),
            Does::Approval(approval) => {
                self.may_hold(Type::Duration, approval.within);
                self.may_hold(Type::Bool, approval.when);
            }
            Does::Pause { ends: HoldEnd::For(length), .. } => self.holds(Type::Duration, *length),
            Does::Pause { ends: HoldEnd::Until(date), .. } => self.holds(Type::Date, *date),
            Does::Set { var, value } => {
                // A variable that is not there is found elsewhere.
                let ty = m.vars.get(var.index()).map_or(Type::Number, |var| var.ty);
                self.holds(ty, *value);
            }
            Does::If { condition, .. } => self.holds(Type::Bool, *condition),
            _ => {}
        }
    }

    fn send(&mut self, send: &Send) {
        self.may_hold(Type::Tone, send.tone);
        self.may_hold(Type::Duration, send.payable_within);
        self.with(&send.with);
    }

    fn call(&mut self, call: &Call) {
        self.may_hold(Type::Tone, call.tone);
        self.may_hold(Type::Hours, call.hours);
        self.may_hold(Type::Duration, call.every);
        self.with(&call.with);
    }

    fn with(&mut self, with: &With) {
        with.iter().for_each(|(_, ty, value)| self.holds(*ty, *value));
    }

    fn contact(&mut self, m: &Machine) {
        for (n, (_, condition, rule)) in m.contact.nevers.iter().enumerate() {
            self.enter("`never` of the contact rules", n, Some(*rule), Context::Standing);
            self.holds(Type::Bool, *condition);
        }
    }

    fn ledger(&mut self, m: &Machine) {
        let ledger = &m.ledger;
        if let Some(interest) = &ledger.interest {
            self.enter("interest rule", 0, Some(interest.rule), Context::Interest);
            self.holds(Type::Rate, interest.rate);
            if let InterestFrom::Date(date) = interest.from {
                self.holds(Type::Date, date);
            }
        }
        self.enter("bound on costs", 0, None, Context::Standing);
        let of_kinds = ledger.costs_of_up_to.iter().map(|(_, cap)| cap);
        for cap in ledger.costs_up_to.iter().chain(of_kinds) {
            match cap {
                CostCap::Money(cap) => self.holds(Type::Money, *cap),
                CostCap::OfPrincipal(part) => self.holds(Type::Rate, *part),
            }
        }
        self.enter("`settled when`", 0, Some(ledger.settled_rule), Context::Standing);
        self.holds(Type::Bool, ledger.settled);
    }
    fn limitation(&mut self, m: &Machine) {
        let Some(limitation) = &m.ledger.limitation else { return };
        for (n, period) in limitation.periods.iter().enumerate() {
            self.enter("period of limitation", n, Some(period.rule), Context::Claim);
            self.holds(Type::Duration, period.length);
            if let PeriodFrom::Date(date) = period.from {
                self.holds(Type::Date, date);
            }
            self.may_hold(Type::Bool, period.when);
        }
        for (n, restart) in limitation.restarts.iter().enumerate() {
            self.enter("restart of limitation", n, Some(restart.rule), Context::Claim);
            self.may_hold(Type::Bool, restart.when);
        }
        for (n, suspension) in limitation.suspensions.iter().enumerate() {
            self.enter("suspension of limitation", n, Some(suspension.rule), Context::Claim);
            match suspension.days {
                SuspendedDays::While(condition) => self.holds(Type::Bool, condition),
                SuspendedDays::Between { delay, .. } => self.may_hold(Type::Duration, delay),
            }
            self.may_hold(Type::Bool, suspension.when);
        }
    }

    fn guarantees(&mut self, m: &Machine) {
        for (n, guarantee) in m.guarantees.iter().enumerate() {
            self.enter("guarantee", n, Some(guarantee.rule), Context::Standing);
            self.promised(&guarantee.promised);
        }
    }

    fn promised(&mut self, promised: &Promised) {
        match promised {
            Promised::NeverAction { during, .. } => self.holds(Type::Bool, *during),
            Promised::Never { condition, during } => {
                self.holds(Type::Bool, *condition);
                self.holds(Type::Bool, *during);
            }
            Promised::AtMostContacts { count, within, .. } => {
                self.holds(Type::Number, *count);
                self.holds(Type::Duration, *within);
            }
            Promised::AtLeastBefore { count, .. } => self.holds(Type::Number, *count),
            Promised::Before { .. } => {}
            Promised::AtLeastTime { duration: length, .. } | Promised::SilentReaches { within: length, .. } => {
                self.holds(Type::Duration, *length);
            }
            Promised::SilentEnds { within: length } | Promised::EveryEnds { within: length } => {
                self.holds(Type::Duration, *length);
            }
            Promised::EveryNoticeGrants(length) => self.holds(Type::Duration, *length),
            Promised::CostsAtMost(sum) => self.holds(Type::Money, *sum),
        }
    }
}
