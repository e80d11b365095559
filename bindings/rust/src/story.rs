//! What a step did and why, in sentences for people.

use crate::lines::{about, held_kind, left_out, person_id, seen, seen_words, through_words};
use crate::strategy::Strategy;
use dunlin_machine::events::{Happening, Origin};
use dunlin_machine::ir::{RuleId, TemplateId, TextId, Type};
use dunlin_machine::text::Words;
use dunlin_machine::value::{Currency, Date, Instant, Money};
use dunlin_runtime::case::Case;
use dunlin_runtime::input::{Event, Given};
use dunlin_runtime::outcome::{Alarm, Effect, Entry, HeldAction, HeldBy, Note, Outcome, Statement, What};

/// Tells what happened to cases of one strategy.
pub struct Story<'s> {
    strategy: &'s Strategy,
    words: Words<'s>,
    currency: Currency,
}

impl<'s> Story<'s> {
    /// With amounts in the case's currency.
    #[must_use]
    pub fn new(strategy: &'s Strategy, currency: Currency) -> Self {
        Self { strategy, words: Words::in_currency(strategy.machine(), currency), currency }
    }

    /// What was done or what the machine raised; none for what has a line of its own already.
    #[must_use]
    pub fn what(&self, case: &Case, outcome: &Outcome, entry: &Entry) -> Option<String> {
        Some(match &entry.what {
            What::Effect { effect, .. } => {
                let without = left_out(case, outcome, effect);
                let without = without.map_or_else(String::new, |claims| format!(", without {}", claims.join(" and ")));
                format!("{}{without}", self.effect(case, outcome, effect))
            }
            What::Move { from: None, to, .. } => format!("opens in {}", self.stage(*to)),
            What::Move { to, back, .. } => {
                let back = if *back { "back to " } else { "" };
                format!("-> {back}{}", self.stage(*to))
            }
            What::Held { what, by, until, dropped } => self.held(case, *what, *by, *until, *dropped),
            What::Paused { reason, until } => {
                let until = until.map_or_else(String::new, |at| format!(" until {}", self.clock(at)));
                format!("pause {}{until}", self.strategy.text_value(*reason, &case.texts))
            }
            What::Resumed { reason } => format!("resume {}", self.strategy.text_value(*reason, &case.texts)),
            What::Event { event, .. } if is_raised(*event) => self.strategy.event_name(*event).to_owned(),
            What::Note(note) => self.note(*note),
            What::Event { .. } => return None,
        })
    }

    /// What would have been different, had an event been known before.
    fn note(&self, note: Note) -> String {
        match note {
            Note::Date { fired_for, now: Some(now) } => {
                format!("note: done for {fired_for}; by the corrected date it would be due on {now}")
            }
            Note::Date { fired_for, now: None } => {
                format!("note: done for {fired_for}; by what was corrected it would not be due")
            }
            Note::Refunded(sum) => format!("note: {} of that payment was refunded", self.money(sum)),
        }
    }

    /// The rule that did it, with its place and its law; none for what the machine does by itself.
    #[must_use]
    pub fn rule(&self, entry: &Entry) -> Option<String> {
        if matches!(entry.what, What::Move { from: None, .. }) {
            return None;
        }
        let rule = entry.because_of.or(entry.rule)?;
        Some(self.citation(rule, entry.rule))
    }

    /// The values that the rule read: `balance = 120.00 EUR, segment = gold`; empty where it read none.
    #[must_use]
    pub fn values(&self, case: &Case, outcome: &Outcome, entry: &Entry) -> String {
        let one = |seen: &dunlin_runtime::outcome::Seen| {
            let name = self.words.expression(seen.read);
            let source = if seen.added { self.strategy.figures_read(seen.read) } else { String::new() };
            let notes = [source.as_str(), if seen.provisional { "provisional" } else { "" }];
            let notes: Vec<&str> = notes.into_iter().filter(|note| !note.is_empty()).collect();
            let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
            format!("{name} = {}{notes}", seen_words(self.strategy, self.currency, case, seen))
        };
        seen(outcome, entry).into_iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// An event as the language writes it: `payment(50.00 EUR)`.
    #[must_use]
    pub fn event(&self, event: &Event) -> String {
        let ty = self.strategy.machine().events.get(event.event.index());
        let name = self.strategy.event_name(event.event);
        let args = event.args.iter().filter_map(|(position, given)| {
            let param = ty?.params.get(usize::from(*position))?;
            let value = self.given(param.ty, given);
            let plain = usize::from(*position) == 0;
            Some(if plain { value } else { format!("{} = {value}", self.strategy.text(param.name)) })
        });
        let args: Vec<String> = args.collect();
        if args.is_empty() { name.to_owned() } else { format!("{name}({})", args.join(", ")) }
    }

    /// A stage with its title.
    #[must_use]
    pub fn stage(&self, stage: dunlin_machine::ir::StageId) -> String {
        let (name, title) = (self.strategy.stage_name(stage), self.strategy.stage_title(stage));
        if name == title { name.to_owned() } else { format!("{name} \"{title}\"") }
    }

    /// An instant on the clocks of the strategy's zone: `2026-01-20 10:15`.
    #[must_use]
    pub fn clock(&self, at: Instant) -> String {
        let (date, second) = self.strategy.local(at);
        format!("{date} {:02}:{:02}", second / 3600, second / 60 % 60)
    }

    fn given(&self, ty: Type, given: &Given) -> String {
        match given {
            Given::Text(text) => format!("\"{text}\""),
            Given::Value(value) => self.strategy.value_words(ty, *value, self.currency, &[]),
        }
    }

    fn citation(&self, trigger: RuleId, rule: Option<RuleId>) -> String {
        let cited = self.strategy.citation(trigger);
        let own_law = rule.and_then(|rule| self.strategy.citation(rule).law);
        let laws = [cited.law, own_law.filter(|law| cited.law != Some(law))];
        let laws: String = laws.into_iter().flatten().map(|law| format!(", {law}")).collect();
        format!("{} ({}:{}{laws})", cited.name, cited.file, cited.line)
    }

    fn text(&self, id: TextId) -> &'s str {
        self.strategy.text(id)
    }

    fn money(&self, money: Money) -> String {
        self.words.value(Type::Money, money.0)
    }

    fn template(&self, id: TemplateId) -> &'s str {
        self.strategy.machine().templates.get(id.index()).map_or("", |template| self.text(template.name))
    }

    fn tone(&self, tone: Option<dunlin_machine::ir::ToneId>) -> String {
        let name = tone.and_then(|tone| self.strategy.machine().tones.get(tone.index()));
        name.map_or_else(String::new, |name| format!(", tone {}", self.text(*name)))
    }

    fn to(&self, case: &Case, person: u8) -> String {
        if case.persons.len() > 1 { format!(" to {}", person_id(case, person)) } else { String::new() }
    }

    fn effect(&self, case: &Case, outcome: &Outcome, effect: &Effect) -> String {
        match effect {
            Effect::Send { template, channels, tone, deadline, person, through, with, .. } => {
                let (channels, tone) = (self.strategy.channels(*channels).join(" and "), self.tone(*tone));
                let payable = deadline.map_or_else(String::new, |day: Date| format!(", payable until {day}"));
                let (to, with) = (self.to(case, *person), self.with(case, outcome, with));
                let through = through.map_or_else(String::new, |t| format!(" through the {}", through_words(t)));
                format!("send {} by {channels}{to}{through}{tone}{payable}{with}", self.template(*template))
            }
            Effect::Call { script, tone, attempt, of, person, with } => {
                let with = self.with(case, outcome, with);
                let (to, tone) = (self.to(case, *person), self.tone(*tone));
                let attempt = if *of > 1 { format!(", attempt {attempt} of {of}") } else { String::new() };
                format!("call {}{to}{tone}{attempt}{with}", self.text(*script))
            }
            Effect::Task { name, role, until, until_instant, again, .. } => {
                let until = until.map(|day| day.to_string()).or(until_instant.map(|at| self.clock(at)));
                let until = until.map_or_else(String::new, |until| format!(" until {until}"));
                let again = if *again { ", open again" } else { "" };
                format!("task {} for {}{until}{again}", self.text(*name), self.text(*role))
            }
            Effect::File { form, with, persons, .. } => {
                let (about, with) = (about_words(case, *persons), self.with(case, outcome, with));
                format!("file {}{about}{with}", self.text(*form))
            }
            Effect::Charge { amount, kind, replacing, .. } => {
                let replacing = replacing.map_or_else(String::new, |kind| format!(" replacing {}", self.text(kind)));
                format!("charge {} as {}{replacing}", self.money(*amount), self.text(*kind))
            }
            Effect::Waive { principal, interest, costs } => self.waive(*principal, *interest, *costs),
            Effect::Report { party, what, message, persons, .. } => {
                let quote = if *message { "\"" } else { "" };
                let about = about_words(case, *persons);
                format!("report {} {quote}{}{quote}{about}", self.text(*party), self.text(*what))
            }
            Effect::Alarm(alarm) => self.alarm(alarm),
            Effect::Emit { name, with } => format!("emit {}{}", self.text(*name), self.with(case, outcome, with)),
            Effect::Assign(queue) => format!("assign {}", self.text(*queue)),
            Effect::Customer { block, thing } => {
                let thing = thing.map_or_else(String::new, |thing| format!(" for {}", self.text(thing)));
                format!("{} customer{thing}", if *block { "block" } else { "unblock" })
            }
            Effect::Refund(sum) => format!("refund {}", self.money(*sum)),
            Effect::Cancel { of } => format!("cancel what effect {of} opened"),
            Effect::Collect { amount, by } => format!("collect {} by {}", self.money(*amount), self.text(*by)),
            Effect::Release { person } => format!("release debtor {}", person_id(case, *person)),
            _ => self.agreement(case, effect),
        }
    }

    /// What is offered, agreed, split off or asked.
    fn agreement(&self, case: &Case, effect: &Effect) -> String {
        match effect {
            Effect::Offer { plan, instalments: (fewest, most), at_least, total, .. } => {
                let least = at_least.map_or_else(String::new, |sum| format!(", at least {} each", self.money(sum)));
                let (plan, total) = (self.strategy.plan_name(*plan), self.money(*total));
                format!("offer plan {plan}: {fewest} to {most} instalments{least} for {total}")
            }
            Effect::Activate { plan, count, amount, total, first, last } => {
                let (plan, each, total) = (self.strategy.plan_name(*plan), self.money(*amount), self.money(*total));
                format!("activate plan {plan}: {count} instalments of {each} for {total}, {first} to {last}")
            }
            Effect::Split { person, principal, interest, to } => {
                let to = self.strategy.stage_name(*to);
                match person {
                    Some(person) => format!("split debtor {} -> {to}", person_id(case, *person)),
                    None => {
                        format!("split {} and {} of interest -> {to}", self.money(*principal), self.money(*interest))
                    }
                }
            }
            Effect::Approval { name, role, until, until_instant, again } => {
                let until = until.map(|day| day.to_string()).or(until_instant.map(|at| self.clock(at)));
                let until = until.map_or_else(String::new, |until| format!(" until {until}"));
                let again = if *again { ", asked again" } else { "" };
                format!("ask {} for approval of {}{until}{again}", self.text(*role), self.text(*name))
            }
            _ => String::new(),
        }
    }

    fn with(&self, case: &Case, outcome: &Outcome, with: &std::ops::Range<u32>) -> String {
        let named = outcome.with.get(with.start as usize..with.end as usize).unwrap_or_default();
        let one = |(name, ty, value): &(TextId, Type, i64)| {
            format!("{} = {}", self.text(*name), self.strategy.value_words(*ty, *value, self.currency, &case.texts))
        };
        let named: Vec<String> = named.iter().map(one).collect();
        if named.is_empty() { String::new() } else { format!(" with {}", named.join(", ")) }
    }

    fn waive(&self, principal: Money, interest: Money, costs: Money) -> String {
        let parts = [("principal", principal), ("interest", interest), ("costs", costs)];
        let parts = parts.into_iter().filter(|(_, sum)| *sum != Money::ZERO);
        let parts: Vec<String> = parts.map(|(name, sum)| format!("{} of {name}", self.money(sum))).collect();
        format!("waive {}", if parts.is_empty() { "nothing: none is open".into() } else { parts.join(", ") })
    }

    fn alarm(&self, alarm: &Alarm) -> String {
        match alarm {
            Alarm::Named(name) => format!("alarm {}", self.text(*name)),
            Alarm::Missing(event) => {
                format!("alarm {}: it did not come in the usual time", self.strategy.event_name(*event))
            }
            Alarm::TaskOverdue(task) => format!("alarm: the task {} is overdue", self.text(*task)),
            Alarm::StepFailed(why) => format!("alarm step_failed: {why}"),
        }
    }

    fn held(&self, case: &Case, what: HeldAction, by: HeldBy, until: Option<Instant>, dropped: bool) -> String {
        let action = match what {
            HeldAction::Send(template, person) => format!("send {}{}", self.template(template), self.to(case, person)),
            HeldAction::Call(script) => format!("call {}", self.text(script)),
            HeldAction::File(form) => format!("file {}", self.text(form)),
            HeldAction::Charge(kind) => format!("charge as {}", self.text(kind)),
            HeldAction::Collect(by) => format!("collect by {}", self.text(by)),
            HeldAction::Report(party) => format!("report {}", self.text(party)),
            HeldAction::Offer(plan) => format!("offer plan {}", self.strategy.plan_name(plan)),
            HeldAction::Activate(plan) => format!("activate plan {}", self.strategy.plan_name(plan)),
            HeldAction::Split => "split".to_owned(),
            HeldAction::Approved(name) => format!("what was approved as {}", self.text(name)),
        };
        if let HeldBy::Unusable(why) = by {
            return format!("{action} not {}", self.strategy.unusable_words(why));
        }
        let then = match (dropped, until) {
            (true, _) => "is left out".into(),
            (false, Some(at)) => format!("waits until {}", self.clock(at)),
            (false, None) => "waits".into(),
        };
        let kind = held_kind(by);
        let place = self.held_place(by);
        format!("{action} {then}: {kind} ({}{place})", self.strategy.held_words(by))
    }

    fn held_place(&self, by: HeldBy) -> String {
        match by {
            HeldBy::Limit(rule) | HeldBy::Rest(rule) | HeldBy::Hours(rule) => {
                let cited = self.strategy.citation(rule);
                format!(", {}:{}", cited.file, cited.line)
            }
            _ => String::new(),
        }
    }
}

/// Against whom, where a case has several debtors.
fn about_words(case: &Case, persons: u8) -> String {
    about(case, persons).map_or_else(String::new, |about| format!(" against {}", about.join(" and ")))
}

/// One line of what happened to a case.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Told {
    /// When, with the offset of the strategy's zone.
    pub at: String,
    /// The day, and the time on the clocks of the strategy's zone.
    pub day: String,
    /// `10:15`.
    pub time: String,
    /// What came or what was done.
    pub what: String,
    /// What sort of line it is.
    pub kind: ToldKind,
    /// The rule behind it, with its place and its law.
    pub rule: Option<String>,
    /// The values that the rule read.
    pub values: String,
    /// What was owed then.
    pub balance: Option<String>,
    /// By how many days it was late.
    pub late_days: i32,
}

/// What sort of line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ToldKind {
    /// An event from outside, or one that the machine raised.
    Event,
    /// The host is to do something.
    Effect,
    /// Somebody should look.
    Alarm,
    /// The case went on.
    Move,
    /// Something was not done now.
    Held,
    /// The case was held or goes on.
    Hold,
    /// What would have been different, had an event been known before.
    Note,
    /// An event was refused.
    Refused,
}

impl Story<'_> {
    /// The lines of one step: the event, where there was one, then what it led to.
    #[must_use]
    pub fn tell(&self, step: &crate::run::Step<'_>) -> Vec<Told> {
        let case = step.case.state();
        let mut lines = Vec::new();
        if let Some(event) = step.event {
            let mut line = self.line(step.at, ToldKind::Event, self.event(&event.event));
            if step.result.is_ok() && about_money(event.event.event) {
                let statement = dunlin_runtime::read::statement(self.strategy.machine(), case);
                line.balance = statement.ok().map(|statement| self.money(statement.balance));
            }
            lines.push(line);
        }
        match step.result {
            Err(error) => lines.push(self.line(step.at, ToldKind::Refused, format!("refused: {error}"))),
            Ok(outcome) if outcome.already_taken => {
                lines.push(self.line(
                    step.at,
                    ToldKind::Refused,
                    "already taken: an event of this id came before".into(),
                ));
            }
            Ok(outcome) => {
                lines.extend(outcome.entries.iter().filter_map(|entry| self.entry(step.at, case, outcome, entry)))
            }
        }
        lines
    }

    fn line(&self, at: Instant, kind: ToldKind, what: String) -> Told {
        let (date, second) = self.strategy.local(at);
        Told {
            at: self.strategy.instant_words(at),
            day: date.to_string(),
            time: format!("{:02}:{:02}", second / 3600, second / 60 % 60),
            what,
            kind,
            rule: None,
            values: String::new(),
            balance: None,
            late_days: 0,
        }
    }

    fn entry(&self, at: Instant, case: &Case, outcome: &Outcome, entry: &Entry) -> Option<Told> {
        let kind = match &entry.what {
            What::Effect { effect: Effect::Alarm(_), .. } => ToldKind::Alarm,
            What::Effect { .. } => ToldKind::Effect,
            What::Move { .. } => ToldKind::Move,
            What::Held { .. } => ToldKind::Held,
            What::Paused { .. } | What::Resumed { .. } => ToldKind::Hold,
            What::Event { .. } => ToldKind::Event,
            What::Note(_) => ToldKind::Note,
        };
        let mut told = self.line(at, kind, self.what(case, outcome, entry)?);
        if kind == ToldKind::Event {
            return Some(told);
        }
        told.rule = self.rule(entry);
        told.values = self.values(case, outcome, entry);
        told.late_days = entry.late_days;
        if let What::Effect { statement, .. } = &entry.what {
            told.balance = Some(self.money(statement.balance));
            let mut read = vec![std::mem::take(&mut told.values), self.about_interest(statement)];
            read.retain(|words| !words.is_empty());
            told.values = read.join(", ");
        }
        Some(told)
    }
}

impl Story<'_> {
    /// What is to be said of the figures behind the interest; mostly nothing.
    fn about_interest(&self, statement: &Statement) -> String {
        match (statement.added, statement.provisional) {
            (false, false) => String::new(),
            (false, true) => "interest by figures that nobody has checked yet (provisional)".into(),
            (true, false) => format!("interest by figures of {}", self.strategy.figure_files()),
            (true, true) => {
                format!(
                    "interest by figures of {}, which nobody has checked yet (provisional)",
                    self.strategy.figure_files()
                )
            }
        }
    }
}

/// Whether the machine raises the event itself, and nothing else tells of it: an overdue task has its alarm.
pub(crate) fn is_raised(event: dunlin_machine::ir::EventId) -> bool {
    let happening = Happening::of(event).filter(|happening| *happening != Happening::TaskOverdue);
    happening.is_some_and(|happening| happening.builtin().origin == Origin::Machine)
}

/// Events that change what is owed.
fn about_money(event: dunlin_machine::ir::EventId) -> bool {
    let booked = [Happening::Payment, Happening::Enforced, Happening::PaymentReturned, Happening::CostsSet];
    let changed = [Happening::ClaimAdded, Happening::ClaimReduced, Happening::Waived];
    booked.iter().chain(&changed).any(|happening| happening.id() == event)
}
