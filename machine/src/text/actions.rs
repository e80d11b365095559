//! Triggers and actions in the words of the language.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Words;
use super::values::quoted;
use crate::ir::{
    Approval, Call, Channels, Does, EventPattern, ExprId, HoldEnd, Nature, On, PlanId, Send, SplitPart, Target, Task,
    To, Trigger, Type, Waive, With,
};

impl Words<'_> {
    /// What sets a trigger off, with its condition: `after 14 days when balance < 25.00 EUR`.
    #[must_use]
    pub fn trigger(&self, trigger: &Trigger) -> String {
        format!("{}{}", self.on(&trigger.on), self.condition(trigger.when))
    }

    /// ` when …`, or nothing.
    pub(super) fn condition(&self, when: Option<ExprId>) -> String {
        when.map_or_else(String::new, |when| format!(" when {}", self.expression_as(when, Type::Bool)))
    }

    fn on(&self, on: &On) -> String {
        match on {
            On::Event { event, usually_within } => {
                let usually = self.clause(" usually within ", *usually_within, Type::Duration);
                format!("on {}{usually}", self.event(event))
            }
            On::After(length) => format!("after {}", self.expression_as(*length, Type::Duration)),
            On::Date { date, offset, before } => self.on_date(*date, *offset, *before),
            On::Every { every, at_most } => {
                format!("every {}{}", self.expression_as(*every, Type::Duration), times(*at_most))
            }
            On::EveryMonth { day, at_most } => format!("every month on day {day}{}", times(*at_most)),
            On::EveryWorkingDay { at_most } => format!("every working day{}", times(*at_most)),
            On::AsSoonAs(condition) => format!("as soon as {}", self.expression_as(*condition, Type::Bool)),
            On::Move => "on move".to_string(),
            On::Effect(kind) => format!("on effect {}", kind.word()),
        }
    }

    fn on_date(&self, date: ExprId, offset: Option<ExprId>, before: bool) -> String {
        let date = self.expression_as(date, Type::Date);
        let side = if before { "before" } else { "after" };
        offset.map_or_else(
            || format!("on {date}"),
            |offset| format!("{} {side} {date}", self.expression_as(offset, Type::Duration)),
        )
    }

    /// An event and what its parameters must be: `dispute_resolved(upheld)`.
    #[must_use]
    pub fn event(&self, pattern: &EventPattern) -> String {
        let event = self.machine.events.get(pattern.event.index());
        let name = self.name(event.map(|event| event.name));
        let last = pattern.is.iter().map(|(position, _)| usize::from(*position)).max();
        let Some((event, last)) = event.zip(last) else { return name.to_string() };
        let params = event.params.iter().enumerate().take(last.saturating_add(1));
        let written: Vec<String> = params
            .map(|(n, param)| {
                let is = pattern.is.iter().find(|(position, _)| usize::from(*position) == n);
                is.map_or_else(|| "_".to_string(), |(_, value)| self.value(param.ty, *value))
            })
            .collect();
        format!("{name}({})", written.join(", "))
    }

    /// What an action does; of `if` only the condition.
    #[must_use]
    pub fn action(&self, does: &Does) -> String {
        match does {
            Does::Send(send) => self.send(send),
            Does::Call(call) => self.call(call),
            Does::Task(task) => self.task(task),
            Does::File { form, with } => format!("file {}{}", self.text(*form), self.with(with)),
            Does::Charge { amount, kind, replacing } => {
                let replacing = replacing.map_or_else(String::new, |kind| format!(" replacing {}", self.text(kind)));
                format!("charge {} as {}{replacing}", self.expression_as(*amount, Type::Money), self.text(*kind))
            }
            Does::Waive(waive) => format!("waive {}", self.waive(waive)),
            Does::Report { party, what, message } => {
                let what = if *message { quoted(self.text(*what)) } else { self.text(*what).to_string() };
                format!("report {} {what}", self.text(*party))
            }
            Does::Alarm(name) => format!("alarm {}", self.text(*name)),
            Does::Emit { name, with } => format!("emit {}({})", self.text(*name), self.named(with)),
            Does::Assign(queue) => format!("assign {}", self.text(*queue)),
            Does::Customer { block, thing } => {
                let thing = thing.map_or_else(String::new, |thing| format!(" for {}", self.text(thing)));
                format!("{} customer{thing}", if *block { "block" } else { "unblock" })
            }
            Does::Pause { reason, ends, without_interest } => self.pause(self.text(*reason), ends, *without_interest),
            Does::Resume(reason) => format!("resume {}", self.text(*reason)),
            Does::Set { var, value } => {
                let var = self.machine.vars.get(var.index());
                let value = var.map_or_else(|| self.expression(*value), |var| self.expression_as(*value, var.ty));
                format!("set {} = {value}", self.name(var.map(|var| var.name)))
            }
            Does::If { condition, .. } => format!("if {}", self.expression_as(*condition, Type::Bool)),
            Does::Move(target) => format!("-> {}", self.target(*target)),
            Does::Exit { exit, .. } => format!("-> {}", self.text(*exit)),
            Does::Collect { amount, by } => {
                format!("collect {} by {}", self.expression_as(*amount, Type::Money), self.text(*by))
            }
            Does::OfferPlan(id) => format!("offer plan {}", self.plan(*id)),
            Does::ActivatePlan(id) => format!("activate plan {}", self.plan(*id)),
            Does::CancelPlan => "cancel plan".to_string(),
            Does::ReleaseDebtor => "release debtor".to_string(),
            Does::Split { part, to } => format!("split {} -> {}", self.part(*part), self.stage(*to)),
            Does::Approval(approval) => self.approval(approval),
        }
    }

    fn plan(&self, id: PlanId) -> &str {
        self.name(self.machine.plans.get(id.index()).map(|plan| plan.name))
    }

    fn part(&self, part: SplitPart) -> String {
        match part {
            SplitPart::Disputed => "disputed".to_string(),
            SplitPart::Debtor => "debtor".to_string(),
            SplitPart::Money(amount) => self.expression_as(amount, Type::Money),
        }
    }

    fn approval(&self, approval: &Approval) -> String {
        let within = self.clause(" within ", approval.within, Type::Duration);
        let again = self.condition(approval.when);
        format!("with approval {} by {}{within}{again}", self.text(approval.name), self.text(approval.role))
    }

    fn target(&self, target: Target) -> &str {
        match target {
            Target::Stage(id) => self.stage(id),
            Target::LastStage => "last_stage",
            Target::Itself => "self",
        }
    }

    /// ` word value`, or nothing.
    pub(super) fn clause(&self, words: &str, value: Option<ExprId>, ty: Type) -> String {
        value.map_or_else(String::new, |value| format!("{words}{}", self.expression_as(value, ty)))
    }

    fn send(&self, send: &Send) -> String {
        let ways: Vec<String> = send.ways.iter().map(|way| self.joined(*way, " and ")).collect();
        let to = to(send.to);
        let tone = self.clause(" tone ", send.tone, Type::Tone);
        let payable = self.clause(" payable within ", send.payable_within, Type::Duration);
        let post = if send.after_post { " after post" } else { "" };
        let nature = match send.nature {
            Nature::Ordinary => "",
            Nature::Reply => " as reply",
            Nature::Notice => " as notice",
        };
        let (template, with) = (self.template(send.template), self.with(&send.with));
        format!("send {template} by {}{to}{tone}{payable}{post}{nature}{with}", ways.join(" else "))
    }

    /// The names of the channels; all that the machine has for all.
    pub(super) fn joined(&self, channels: Channels, between: &str) -> String {
        let there = channels.iter().filter(|id| usize::from(id.0) < self.machine.channels.len());
        there.map(|id| self.channel(id)).collect::<Vec<_>>().join(between)
    }

    fn call(&self, call: &Call) -> String {
        let tone = self.clause(" tone ", call.tone, Type::Tone);
        let hours = self.clause(" in ", call.hours, Type::Hours);
        let every = self.clause(", every ", call.every, Type::Duration);
        let (script, to) = (self.text(call.script), to(call.to));
        let attempts = if call.attempts == 1 { "1 attempt".to_string() } else { format!("{} attempts", call.attempts) };
        format!("call {script}{to}{tone}{hours} up to {attempts}{every}{}", self.with(&call.with))
    }

    fn task(&self, task: &Task) -> String {
        let within = self.expression_as(task.within, Type::Duration);
        let results: Vec<&str> = task.results.iter().map(|result| self.text(*result)).collect();
        let results = if results.is_empty() { String::new() } else { format!(" results {}", results.join(", ")) };
        let priority = task.priority.map_or_else(String::new, |priority| format!(" priority {priority}"));
        let keep = if task.keep { " keep" } else { "" };
        let (name, role) = (self.text(task.name), self.text(task.role));
        let substitutes = task.substitutes.iter().map(|(role, after)| {
            format!(" else {} within {}", self.text(*role), self.expression_as(*after, Type::Duration))
        });
        let substitutes: String = substitutes.collect();
        format!("task {name} for {role}{substitutes} within {within}{results}{priority}{keep}")
    }

    fn with(&self, with: &With) -> String {
        if with.is_empty() { String::new() } else { format!(" with {}", self.named(with)) }
    }

    fn named(&self, with: &With) -> String {
        let one = |(name, ty, value): &(_, Type, ExprId)| {
            format!("{} = {}", self.text(*name), self.expression_as(*value, *ty))
        };
        with.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    fn waive(&self, waive: &Waive) -> String {
        match waive {
            Waive::Costs => "costs".to_string(),
            Waive::CostsOf(kind) => format!("costs({})", self.text(*kind)),
            Waive::Interest => "interest".to_string(),
            Waive::Money(amount) => self.expression_as(*amount, Type::Money),
        }
    }

    fn pause(&self, reason: &str, ends: &HoldEnd, without_interest: bool) -> String {
        let ends = match ends {
            HoldEnd::Open => String::new(),
            HoldEnd::For(length) => format!(" for {}", self.expression_as(*length, Type::Duration)),
            HoldEnd::Until(date) => format!(" until {}", self.expression_as(*date, Type::Date)),
        };
        let without = if without_interest { " without interest" } else { "" };
        format!("pause {reason}{ends}{without}")
    }
}

const fn to(to: To) -> &'static str {
    match to {
        To::All => "",
        To::Named => " to debtor",
        To::First => " to first debtor",
    }
}

pub(super) fn times(at_most: Option<u32>) -> String {
    match at_most {
        None => String::new(),
        Some(1) => " at most 1 time".to_string(),
        Some(n) => format!(" at most {n} times"),
    }
}
