//! What happened to a case as JSON: one object for each effect, move, held action and refusal.

use crate::error::Error;
use crate::state;
use crate::story::is_raised;
use crate::strategy::Strategy;
use crate::words::amount;
use dunlin_machine::ir::{Expr, ExprId, RuleId, StageId, TextId, Type};
use dunlin_machine::text::Words;
use dunlin_machine::value::{Currency, Date, Instant, Money};
use dunlin_runtime::case::{Case, Through};
use dunlin_runtime::outcome::{
    Alarm, Effect, Entry, HeldAction, HeldBy, Note, Outcome, Seen, Statement, Unusable, What,
};
use serde_json::{Map, Value, json};

type Object = Map<String, Value>;

/// Writes the lines of one case, numbered through.
pub struct Lines<'s> {
    strategy: &'s Strategy,
    words: Words<'s>,
    currency: Currency,
    seq: u64,
}

impl<'s> Lines<'s> {
    /// Lines from number 1 on, with amounts in the case's currency.
    #[must_use]
    pub fn new(strategy: &'s Strategy, currency: Currency) -> Self {
        Self { strategy, words: Words::in_currency(strategy.machine(), currency), currency, seq: 0 }
    }

    /// One object for each effect, move, held action and alarm of a step, in order. `case` is the case after the step.
    pub fn outcome(&mut self, at: Instant, case: &Case, outcome: &Outcome) -> Vec<Value> {
        let mut lines = Vec::new();
        for (number, entry) in outcome.entries.iter().enumerate() {
            if let Some((kind, mut fields)) = self.fields(case, outcome, &entry.what) {
                if goes_another_way(&outcome.entries[number..]) {
                    fields.insert("dropped".into(), json!(false));
                }
                let mut line = self.head(at, kind, entry.stage);
                line.insert("rule".into(), self.rule(entry.rule.or(entry.because_of)));
                if let Some(trigger) = self.trigger(entry) {
                    line.insert("trigger".into(), trigger);
                }
                self.because(&mut line, case, outcome, entry);
                line.extend(fields);
                lines.push(Value::Object(line));
            }
        }
        lines
    }

    /// An event that the step refused. The case is as it was. `line` is that of the event in its file.
    pub fn refused(&mut self, at: Instant, case: &Case, event: &str, line: u64, error: &Error) -> Value {
        self.not_taken(at, case, event, line, &error.to_string())
    }

    /// An event whose id was among the last 16: nothing was done.
    pub fn already_taken(&mut self, at: Instant, case: &Case, event: &str, line: u64) -> Value {
        self.not_taken(at, case, event, line, "already taken")
    }

    fn not_taken(&mut self, at: Instant, case: &Case, event: &str, line: u64, reason: &str) -> Value {
        let mut object = self.head(at, "refused", case.place.stage);
        object.insert("rule".into(), Value::Null);
        object.insert("because".into(), json!({}));
        object.insert("event".into(), json!(event));
        object.insert("line".into(), json!(line));
        object.insert("reason".into(), json!(reason));
        Value::Object(object)
    }

    /// The last line: where the case stands, and the case itself, from which a later run goes on.
    ///
    /// # Errors
    /// None in practice: the account of a case that a step has just written can be read.
    pub fn last(&mut self, case: &Case) -> Result<Value, Error> {
        let strategy = self.strategy;
        let machine = strategy.machine();
        let statement = dunlin_runtime::read::statement(machine, case);
        let statement = statement.map_err(|fault| Error::failed(fault.words(machine)))?;
        let stage = case.place.stage;
        let outcome = machine.stages.get(stage.index()).is_some_and(|stage| stage.outcome);
        let mut line = self.head(case.now, "final", stage);
        line.insert("rule".into(), Value::Null);
        line.insert("because".into(), json!({}));
        line.insert("outcome".into(), if outcome { json!(strategy.stage_name(stage)) } else { Value::Null });
        line.insert("currency".into(), json!(self.currency.code()));
        line.extend(self.account(&statement));
        line.insert("paid".into(), json!(amount(Money(case.ledger.paid), self.currency)));
        let next = dunlin_runtime::next_due(machine, case).map_err(|why| Error::failed(why.words(machine)))?;
        line.insert("next_due".into(), next.map_or(Value::Null, |at| json!(strategy.instant_words(at))));
        line.insert("state".into(), state::to_json(strategy, case));
        Ok(Value::Object(line))
    }

    fn head(&mut self, at: Instant, kind: &str, stage: StageId) -> Object {
        self.seq += 1;
        let mut line = Object::new();
        line.insert("seq".into(), json!(self.seq));
        line.insert("at".into(), json!(self.strategy.instant_words(at)));
        line.insert("kind".into(), json!(kind));
        line.insert("stage".into(), json!(self.strategy.stage_name(stage)));
        line
    }

    fn rule(&self, rule: Option<RuleId>) -> Value {
        rule.map_or(Value::Null, |rule| json!(self.strategy.citation(rule)))
    }

    /// What set the rule off, where it stands on another line.
    fn trigger(&self, entry: &Entry) -> Option<Value> {
        let trigger = self.strategy.citation(entry.because_of?);
        let rule = entry.rule.map(|rule| self.strategy.citation(rule));
        rule.is_some_and(|rule| (rule.file, rule.line) != (trigger.file, trigger.line)).then(|| json!(trigger))
    }

    /// The values read, by name; those past their last checked day are named once more, and so is where added figures
    /// stand.
    fn because(&self, line: &mut Object, case: &Case, outcome: &Outcome, entry: &Entry) {
        let (mut read, mut provisional, mut figures) = (Object::new(), Vec::new(), Object::new());
        for seen in seen(outcome, entry) {
            let name = self.words.expression(seen.read);
            if seen.provisional {
                provisional.push(json!(name));
            }
            if seen.added {
                figures.insert(name.clone(), json!(self.strategy.figures_read(seen.read)));
            }
            read.insert(name, json!(self.seen_words(case, seen)));
        }
        line.insert("because".into(), Value::Object(read));
        if !provisional.is_empty() {
            line.insert("provisional".into(), Value::Array(provisional));
        }
        if !figures.is_empty() {
            line.insert("figures".into(), Value::Object(figures));
        }
        if entry.late_days > 0 {
            line.insert("late_days".into(), json!(entry.late_days));
        }
    }

    fn seen_words(&self, case: &Case, seen: &Seen) -> String {
        seen_words(self.strategy, self.currency, case, seen)
    }

    fn fields(&self, case: &Case, outcome: &Outcome, what: &What) -> Option<(&'static str, Object)> {
        match what {
            What::Effect { number, effect, statement } => {
                let mut fields = object(json!({ "effect": effect_kind(effect), "number": number }));
                fields.extend(self.effect(case, outcome, effect));
                if let Some(without) = left_out(case, outcome, effect) {
                    fields.insert("without".into(), json!(without));
                }
                fields.insert("statement".into(), Value::Object(self.account(statement)));
                let alarm = matches!(effect, Effect::Alarm(_));
                Some((if alarm { "alarm" } else { "effect" }, fields))
            }
            What::Move { from, to, back } => {
                let from = from.map(|stage| self.strategy.stage_name(stage));
                Some(("move", object(json!({ "from": from, "to": self.strategy.stage_name(*to), "back": back }))))
            }
            What::Held { what, by, until, dropped } => {
                let mut fields = self.held_action(case, *what);
                fields.extend(self.held_by(*by));
                let until = until.map(|at| self.strategy.instant_words(at));
                fields.extend(object(json!({ "until": until, "dropped": dropped })));
                Some(("held", fields))
            }
            What::Event { event, taken } if is_raised(*event) => {
                Some(("event", object(json!({ "event": self.strategy.event_name(*event), "taken": taken }))))
            }
            What::Note(note) => Some(("note", self.note(note))),
            What::Paused { .. } | What::Resumed { .. } | What::Event { .. } => None,
        }
    }

    /// What would have been different, had an event been known before.
    fn note(&self, note: &Note) -> Object {
        object(match note {
            Note::Date { fired_for, now } => {
                json!({ "note": "date", "fired_for": fired_for.to_string(), "now": now.as_ref().map(Date::to_string) })
            }
            Note::Refunded(sum) => json!({ "note": "refunded", "amount": amount(*sum, self.currency) }),
        })
    }

    fn account(&self, statement: &Statement) -> Object {
        let amount = |money| amount(money, self.currency);
        let mut account = object(json!({
            "balance": amount(statement.balance),
            "principal": amount(statement.principal),
            "interest": amount(statement.interest),
            "costs": amount(statement.costs),
        }));
        if statement.provisional {
            account.insert("provisional".into(), json!(true));
        }
        if statement.added {
            account.insert("figures".into(), json!(self.strategy.figure_files()));
        }
        account
    }

    fn effect(&self, case: &Case, outcome: &Outcome, effect: &Effect) -> Object {
        let text = |id: &TextId| json!(self.strategy.text(*id));
        object(match effect {
            Effect::Send { template, channels, tone, deadline, person, nature, through, with, .. } => json!({
                "template": self.template(*template),
                "channel": self.strategy.channels(*channels).join(" and "),
                "channels": self.strategy.channels(*channels),
                "tone": tone.map(|tone| self.tone(tone)),
                "deadline": deadline.as_ref().map(Date::to_string),
                "debtor": person_id(case, *person),
                "nature": nature_words(*nature),
                "through": through.map(through_words),
                "params": self.params(case, outcome, with),
            }),
            Effect::Call { script, tone, attempt, of, person, with } => json!({
                "script": text(script), "channel": "phone", "tone": tone.map(|tone| self.tone(tone)),
                "attempt": attempt, "of": of, "debtor": person_id(case, *person), "params": self.params(case, outcome, with),
            }),
            Effect::Task { name, role, until, until_instant, priority, again } => json!({
                "task": text(name), "role": text(role), "again": again, "priority": priority,
                "until": until.as_ref().map(Date::to_string).or(until_instant.map(|at| self.strategy.instant_words(at))),
            }),
            Effect::File { form, with, persons, .. } => json!({
                "form": text(form), "debtors": about(case, *persons), "params": self.params(case, outcome, with),
            }),
            Effect::Charge { amount: sum, kind, replacing, .. } => json!({
                "amount": amount(*sum, self.currency), "as": text(kind), "replacing": replacing.as_ref().map(text),
            }),
            Effect::Waive { principal, interest, costs } => json!({
                "principal": amount(*principal, self.currency),
                "interest": amount(*interest, self.currency),
                "costs": amount(*costs, self.currency),
            }),
            Effect::Report { party, what, message, persons, .. } => json!({
                "to": text(party), "what": text(what), "message": message, "debtors": about(case, *persons),
            }),
            Effect::Alarm(alarm) => self.alarm(alarm),
            Effect::Emit { name, with } => json!({ "name": text(name), "params": self.params(case, outcome, with) }),
            Effect::Assign(queue) => json!({ "queue": text(queue) }),
            Effect::Customer { block, thing } => json!({ "block": block, "for": thing.as_ref().map(text) }),
            Effect::Refund(sum) => json!({ "amount": amount(*sum, self.currency) }),
            Effect::Cancel { of } => json!({ "of": of }),
            Effect::Collect { amount: sum, by } => json!({ "amount": amount(*sum, self.currency), "by": text(by) }),
            Effect::Release { person } => json!({ "debtor": person_id(case, *person) }),
            _ => self.agreement(case, effect),
        })
    }

    /// What is offered, agreed, split off or asked.
    fn agreement(&self, case: &Case, effect: &Effect) -> Value {
        let sum = |sum: Money| amount(sum, self.currency);
        match effect {
            Effect::Offer { plan, instalments, at_least, first_by, total } => json!({
                "plan": self.strategy.plan_name(*plan), "instalments_from": instalments.0, "instalments_to": instalments.1,
                "at_least": at_least.map(sum), "first_by": first_by.as_ref().map(Date::to_string), "total": sum(*total),
            }),
            Effect::Activate { plan, count, amount, total, first, last } => json!({
                "plan": self.strategy.plan_name(*plan), "instalments": count, "amount": sum(*amount), "total": sum(*total),
                "first": first.to_string(), "last": last.to_string(),
            }),
            Effect::Split { person, principal, interest, to } => json!({
                "debtor": person.map(|person| person_id(case, person)), "principal": sum(*principal),
                "interest": sum(*interest), "to": self.strategy.stage_name(*to),
            }),
            Effect::Approval { name, role, until, until_instant, again } => json!({
                "name": self.strategy.text(*name), "role": self.strategy.text(*role), "again": again,
                "until": until.as_ref().map(Date::to_string).or(until_instant.map(|at| self.strategy.instant_words(at))),
            }),
            _ => Value::Null,
        }
    }

    fn alarm(&self, alarm: &Alarm) -> Value {
        match alarm {
            Alarm::Named(name) => json!({ "alarm": self.strategy.text(*name) }),
            Alarm::Missing(event) => {
                let name = self.strategy.event_name(*event);
                json!({ "alarm": name, "reason": format!("`{name}` did not come in the usual time") })
            }
            Alarm::TaskOverdue(task) => json!({ "alarm": "task_overdue", "task": self.strategy.text(*task) }),
            Alarm::StepFailed(why) => json!({ "alarm": "step_failed", "reason": why }),
        }
    }

    fn params(&self, case: &Case, outcome: &Outcome, with: &std::ops::Range<u32>) -> Value {
        let named = outcome.with.get(with.start as usize..with.end as usize).unwrap_or_default();
        let one = |(name, ty, value): &(TextId, Type, i64)| {
            (self.strategy.text(*name).to_owned(), self.strategy.value_json(*ty, *value, self.currency, &case.texts))
        };
        Value::Object(named.iter().map(one).collect())
    }

    fn template(&self, id: dunlin_machine::ir::TemplateId) -> &str {
        self.strategy.machine().templates.get(id.index()).map_or("", |template| self.strategy.text(template.name))
    }

    fn tone(&self, id: dunlin_machine::ir::ToneId) -> &str {
        self.strategy.machine().tones.get(id.index()).map_or("", |name| self.strategy.text(*name))
    }

    fn held_action(&self, case: &Case, what: HeldAction) -> Object {
        let text = |id: TextId| self.strategy.text(id);
        object(match what {
            HeldAction::Send(template, person) => {
                json!({ "action": "send", "name": self.template(template), "debtor": person_id(case, person) })
            }
            HeldAction::Call(script) => json!({ "action": "call", "name": text(script) }),
            HeldAction::File(form) => json!({ "action": "file", "name": text(form) }),
            HeldAction::Charge(kind) => json!({ "action": "charge", "name": text(kind) }),
            HeldAction::Collect(by) => json!({ "action": "collect", "name": text(by) }),
            HeldAction::Report(party) => json!({ "action": "report", "name": text(party) }),
            HeldAction::Offer(plan) => json!({ "action": "offer", "name": self.strategy.plan_name(plan) }),
            HeldAction::Activate(plan) => json!({ "action": "activate", "name": self.strategy.plan_name(plan) }),
            HeldAction::Split => json!({ "action": "split" }),
            HeldAction::Approved(name) => json!({ "action": "approval", "name": text(name) }),
        })
    }

    fn held_by(&self, by: HeldBy) -> Object {
        let rule = match by {
            HeldBy::Limit(rule) | HeldBy::Rest(rule) | HeldBy::Hours(rule) => Some(rule),
            HeldBy::Unusable(Unusable::NoConsent(_, rule) | Unusable::Never(_, rule)) => Some(rule),
            _ => None,
        };
        object(json!({ "by": held_kind(by), "held_by": self.rule(rule), "reason": self.strategy.held_words(by) }))
    }
}

impl Strategy {
    /// The files of figures that its dated values go on with: `figures-2027.dun`.
    pub(crate) fn figure_files(&self) -> String {
        self.machine().figure_files().join(", ")
    }

    /// The file of figures behind an expression: that of its dated value, of interest all of them.
    pub(crate) fn figures_read(&self, read: ExprId) -> String {
        match self.machine().exprs.get(read.index()) {
            Some(Expr::Dated(id, _)) => {
                let added = self.machine().dated.get(id.index()).and_then(|dated| dated.added.as_ref());
                added.map(|added| added.file.clone()).unwrap_or_default()
            }
            _ => self.figure_files(),
        }
    }

    /// The name of a plan.
    #[must_use]
    pub fn plan_name(&self, plan: dunlin_machine::ir::PlanId) -> &str {
        self.machine().plans.get(plan.index()).map_or("", |plan| self.text(plan.name))
    }

    /// The name of an event.
    #[must_use]
    pub fn event_name(&self, event: dunlin_machine::ir::EventId) -> &str {
        self.machine().events.get(event.index()).map_or("", |event| self.text(event.name))
    }

    /// What held an action back, in a few words.
    #[must_use]
    pub fn held_words(&self, by: HeldBy) -> String {
        match by {
            HeldBy::Limit(rule) | HeldBy::Rest(rule) | HeldBy::Hours(rule) => self.citation(rule).name.to_owned(),
            HeldBy::Hold => "the case is held".into(),
            HeldBy::WaitsAlready => "the same message waits already".into(),
            HeldBy::Never => "no time within 400 days is allowed".into(),
            HeldBy::CostCap => "the bound on costs is reached".into(),
            HeldBy::PlanBound => "the case is outside the bounds of the plan, or another one is active".into(),
            HeldBy::NoTerms => "no terms of this plan are agreed".into(),
            HeldBy::Nothing => "there is nothing to take".into(),
            HeldBy::When => "the condition of its rule does not hold any more".into(),
            HeldBy::Disputed => "every open claim is disputed".into(),
            HeldBy::Fresh => "no demand has named a claim that is open and not disputed".into(),
            HeldBy::Recess(calendar, at) => {
                let calendar = self.machine().calendars.get(calendar.index());
                let recess = calendar.and_then(|calendar| calendar.recesses.get(usize::from(at)));
                recess.map_or_else(String::new, |recess| recess.name.clone())
            }
            HeldBy::Unusable(why) => format!("not {}", self.unusable_words(why)),
        }
    }

    /// Why a channel cannot be used: `by sms: no address`.
    pub(crate) fn unusable_words(&self, why: Unusable) -> String {
        let channel = |id: dunlin_machine::ir::ChannelId| self.channels(dunlin_machine::ir::Channels::of(id)).concat();
        match why {
            Unusable::Person => "to a debtor who is not pursued any more".into(),
            Unusable::NoAddress(c) => format!("by {}: no address", channel(c)),
            Unusable::Barred(c) => format!("by {}: it is barred", channel(c)),
            Unusable::NotAllowed(c) => format!("by {}: no `allow` names it", channel(c)),
            Unusable::NoConsent(c, _) => format!("by {}: no consent", channel(c)),
            Unusable::Never(c, rule) => format!("by {}: {}", channel(c), self.citation(rule).name),
        }
    }
}

/// Whether the message that the first entry holds back goes out, or waits, by another of its ways.
fn goes_another_way(entries: &[Entry]) -> bool {
    let Some((first, rest)) = entries.split_first() else { return false };
    let What::Held { what: HeldAction::Send(held, to), by: HeldBy::Unusable(_), .. } = first.what else { return false };
    rest.iter().filter(|entry| entry.rule == first.rule).any(|entry| match &entry.what {
        What::Effect { effect: Effect::Send { template, person, .. }, .. } => *template == held && *person == to,
        What::Held { what: HeldAction::Send(template, person), dropped: false, .. } => {
            *template == held && *person == to
        }
        _ => false,
    })
}

/// The values that an entry's rule and action read, each once.
pub(crate) fn seen<'o>(outcome: &'o Outcome, entry: &Entry) -> Vec<&'o Seen> {
    let run =
        |range: &std::ops::Range<u32>| outcome.seen.get(range.start as usize..range.end as usize).unwrap_or_default();
    let mut all: Vec<&Seen> = Vec::new();
    for seen in run(&entry.guard).iter().chain(run(&entry.own)) {
        if !all.contains(&seen) {
            all.push(seen);
        }
    }
    all
}

/// A value that was read, as the language writes it.
pub(crate) fn seen_words(strategy: &Strategy, currency: Currency, case: &Case, seen: &Seen) -> String {
    match (seen.value, strategy.type_of(seen.read)) {
        (None, _) => "not known".into(),
        (Some(value), Some(ty)) => strategy.value_words(ty, value, currency, &case.texts),
        (Some(value), None) => value.to_string(),
    }
}

/// The host's name for a person.
pub(crate) fn person_id(case: &Case, person: u8) -> &str {
    case.persons.get(usize::from(person)).map_or("", |person| person.id.as_str())
}

/// About whom something is filed or reported; only said where a case has several debtors.
pub(crate) fn about(case: &Case, persons: u8) -> Option<Vec<&str>> {
    let named = case.persons.iter().zip(0u32..8).filter(|(_, at)| persons >> at & 1 == 1);
    (case.persons.len() > 1).then(|| named.map(|(person, _)| person.id.as_str()).collect())
}

/// The names of the claims that an effect leaves out; none where it leaves out nothing.
pub(crate) fn left_out<'c>(case: &'c Case, outcome: &Outcome, effect: &Effect) -> Option<Vec<&'c str>> {
    let (Effect::Send { without, .. }
    | Effect::Charge { without, .. }
    | Effect::File { without, .. }
    | Effect::Report { without, .. }) = effect
    else {
        return None;
    };
    let claims = outcome.without.get(without.start as usize..without.end as usize).unwrap_or_default();
    let name = |at: &u16| case.ledger.claims.get(usize::from(*at)).map(|claim| claim.id.as_str());
    Some(claims.iter().filter_map(name).collect()).filter(|names: &Vec<&str>| !names.is_empty())
}

/// The verb of an effect.
#[must_use]
pub fn effect_kind(effect: &Effect) -> &'static str {
    effect.kind().word()
}

/// The kind of rule that held an action, in one word.
#[must_use]
pub const fn held_kind(by: HeldBy) -> &'static str {
    match by {
        HeldBy::Limit(_) => "limit",
        HeldBy::Rest(_) => "rest",
        HeldBy::Hours(_) => "hours",
        HeldBy::Hold => "hold",
        HeldBy::Unusable(Unusable::NoConsent(..)) => "consent",
        HeldBy::Unusable(Unusable::Never(..)) => "never",
        HeldBy::Unusable(_) => "unusable",
        HeldBy::WaitsAlready => "waiting",
        HeldBy::Never => "allow",
        HeldBy::CostCap => "costs",
        HeldBy::PlanBound => "plan",
        HeldBy::NoTerms => "terms",
        HeldBy::Nothing => "nothing",
        HeldBy::When => "when",
        HeldBy::Disputed => "disputed",
        HeldBy::Fresh => "fresh",
        HeldBy::Recess(..) => "recess",
    }
}

const fn nature_words(nature: dunlin_machine::ir::Nature) -> Option<&'static str> {
    match nature {
        dunlin_machine::ir::Nature::Ordinary => None,
        dunlin_machine::ir::Nature::Reply => Some("reply"),
        dunlin_machine::ir::Nature::Notice => Some("notice"),
    }
}

pub(crate) const fn through_words(through: Through) -> &'static str {
    match through {
        Through::Guardians => "guardians",
        Through::Representative => "representative",
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(fields) => fields,
        _ => Object::new(),
    }
}
