//! What a case brings that was worked elsewhere before: its stage, its title, what was served, sent and paid, and a plan.

use crate::case_input::Reader;
use crate::fields::{self, Fields, Moment};
use crate::json::{Node, Value};
use dunlin_machine::ir::{ChannelId, Channels, PlanId, StageId, TemplateId};
use dunlin_machine::value::{Date, Instant};
use dunlin_runtime::input::{Opening, PaymentGiven, PersonGiven, PlanGiven, SentGiven};

const SENT: &[&str] = &["template", "channel", "at", "debtor"];
const PAYMENT: &[&str] = &["id", "on", "amount"];
const PLAN: &[&str] = &["name", "amount", "day", "since"];

impl Reader<'_> {
    /// The part of an opening that tells of the time before.
    pub(crate) fn past(&mut self, fields: &Fields<'_>, persons: &[PersonGiven], opens: Option<Instant>) -> Opening {
        let (titled, titled_on) = self.title(fields, opens);
        Opening {
            stage: self.stage(fields),
            entered: self.entered(fields, opens),
            titled,
            titled_on,
            served: self.day_before(fields, "served", opens),
            sent: self.sent(fields, persons, opens),
            payments: self.payments(fields, opens),
            plan: self.plan(fields, opens),
            ..Opening::default()
        }
    }

    /// A procedure is entered at its first stage.
    fn stage(&mut self, fields: &Fields<'_>) -> Option<StageId> {
        let name = fields.text("stage", &mut self.problems)?;
        let (strategy, machine) = (self.strategy, self.strategy.machine());
        let first = machine.scopes.iter().find(|scope| scope.first.is_some() && strategy.text(scope.name) == name);
        let found = machine.stages.iter().position(|stage| strategy.text(stage.name) == name);
        let found = found.and_then(|at| u16::try_from(at).ok()).map(StageId);
        let stage = found.or_else(|| first.and_then(|scope| scope.first));
        let outcome = stage.is_some_and(|id| machine.stages.get(id.index()).is_some_and(|stage| stage.outcome));
        let line = fields.get("stage").map_or(fields.line, |node| node.line);
        if outcome {
            let sentence = format!("is \"{name}\", an outcome; a case that has ended is not opened again");
            self.problems.add(line, "stage", sentence);
        } else if stage.is_none() {
            let open = machine.stages.iter().filter(|stage| !stage.outcome);
            let known: Vec<&str> = open.map(|stage| strategy.text(stage.name)).collect();
            let sentence = format!("is \"{name}\", no stage of the strategy{}", fields::instead(&name, &known));
            self.problems.add(line, "stage", sentence);
        }
        stage
    }

    fn entered(&mut self, fields: &Fields<'_>, opens: Option<Instant>) -> Option<Date> {
        let day = self.day_before(fields, "entered", opens);
        if let (Some(node), None) = (fields.get("entered"), fields.get("stage")) {
            self.problems.add(
                node.line,
                "entered",
                "stands without `stage`; say which stage the case entered that day",
            );
        }
        day
    }

    /// Whether there is a title, and since when: it is stated by its day, or as true where the day is not known.
    fn title(&mut self, fields: &Fields<'_>, opens: Option<Instant>) -> (bool, Option<Date>) {
        match fields.get("title") {
            Some(Node { value: Value::Text(_), .. }) => {
                let day = self.day_before(fields, "title", opens);
                (day.is_some(), day)
            }
            Some(node) => (fields::bool(node, "title", &mut self.problems).unwrap_or(false), None),
            None => (false, None),
        }
    }

    /// A day that is not after the one on which the case opens.
    fn day_before(&mut self, fields: &Fields<'_>, name: &str, opens: Option<Instant>) -> Option<Date> {
        let day = fields.date(name, &mut self.problems)?;
        if let (Some(opens), Some(node)) = (opens, fields.get(name))
            && day > self.strategy.local(opens).0
        {
            let sentence = format!("is {day}, after the day on which the case opens");
            self.problems.add(node.line, fields.name(name), sentence);
        }
        Some(day)
    }

    fn sent(&mut self, fields: &Fields<'_>, persons: &[PersonGiven], opens: Option<Instant>) -> Vec<SentGiven> {
        let Some(node) = fields.get("sent") else { return Vec::new() };
        if node.value == Value::List(Vec::new()) {
            return Vec::new();
        }
        let items = self.items(node, "sent").into_iter();
        items.filter_map(|(path, node)| self.message(node, &path, persons, opens)).collect()
    }

    fn message(
        &mut self,
        node: &Node,
        path: &str,
        persons: &[PersonGiven],
        opens: Option<Instant>,
    ) -> Option<SentGiven> {
        let fields = Fields::of(node, path, &mut self.problems)?;
        fields.only(SENT, &mut self.problems);
        let template = fields.require("template", "the message, as \"demand\"", &mut self.problems);
        let template = template.and_then(|node| self.template(node, &fields.name("template")));
        let channels = fields.require("channel", "how it went out, as \"letter\"", &mut self.problems);
        let channels = channels.and_then(|node| self.ways(node, &fields.name("channel")));
        let at = fields.require("at", "when it went out, as \"2025-12-28\"", &mut self.problems);
        let at = at.and_then(|node| self.went_out(node, &fields.name("at"), opens));
        let person = self.addressee(&fields, persons);
        Some(SentGiven { template: template?, channels: channels?, at: at?, person: person? })
    }

    /// A message that the strategy does not send says nothing to it, but its attempt counts; so it must be one of its own.
    fn template(&mut self, node: &Node, path: &str) -> Option<TemplateId> {
        let name = fields::text(node, path, &mut self.problems)?;
        let templates = &self.strategy.machine().templates;
        let known: Vec<&str> = templates.iter().map(|template| self.strategy.text(template.name)).collect();
        let found = known.iter().position(|known| *known == name).and_then(|at| u16::try_from(at).ok());
        if found.is_none() {
            let sentence = format!("is \"{name}\", no message of the strategy{}", fields::instead(&name, &known));
            self.problems.add(node.line, path, sentence);
        }
        found.map(TemplateId)
    }

    /// One channel, or a list of those that went out together.
    fn ways(&mut self, node: &Node, path: &str) -> Option<Channels> {
        let nodes: Vec<&Node> = match &node.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![node],
        };
        let found: Option<Vec<ChannelId>> = nodes.into_iter().map(|node| self.way(node, path)).collect();
        let channels = found?.into_iter().fold(Channels::default(), |set, one| set.or(Channels::of(one)));
        if channels.is_empty() {
            self.problems.add(node.line, path, "is an empty list; expected a channel, as \"letter\"");
            return None;
        }
        Some(channels)
    }

    fn way(&mut self, node: &Node, path: &str) -> Option<ChannelId> {
        let name = fields::text(node, path, &mut self.problems)?;
        let known = self.strategy.channel_names();
        let found = known.iter().position(|known| *known == name).and_then(|at| u8::try_from(at).ok());
        if found.is_none() {
            let sentence =
                format!("is \"{name}\", no channel that the strategy knows{}", fields::instead(&name, &known));
            self.problems.add(node.line, path, sentence);
        }
        found.map(ChannelId)
    }

    fn went_out(&mut self, node: &Node, path: &str, opens: Option<Instant>) -> Option<Instant> {
        let at = match fields::moment(node, path, &mut self.problems)? {
            Moment::At(at) => Some(at),
            Moment::Day(day) => self.strategy.midnight(day),
        };
        match (at, opens) {
            (None, _) => self.problems.add(node.line, path, "lies outside the years that Dunlin can count"),
            (Some(at), Some(opens)) if at > opens => self.problems.add(node.line, path, "lies after the case opens"),
            _ => {}
        }
        at
    }

    fn payments(&mut self, fields: &Fields<'_>, opens: Option<Instant>) -> Vec<PaymentGiven> {
        let Some(node) = fields.get("payments") else { return Vec::new() };
        if node.value == Value::List(Vec::new()) {
            return Vec::new();
        }
        let mut payments: Vec<PaymentGiven> = Vec::new();
        for (path, node) in self.items(node, "payments") {
            let Some(payment) = self.payment(node, &path, opens) else { continue };
            if let Some(id) = &payment.id
                && payments.iter().any(|known| known.id.as_ref() == Some(id))
            {
                self.problems.add(node.line, format!("{path}.id"), format!("is \"{id}\", as of another payment"));
            }
            payments.push(payment);
        }
        payments
    }

    fn payment(&mut self, node: &Node, path: &str, opens: Option<Instant>) -> Option<PaymentGiven> {
        let fields = Fields::of(node, path, &mut self.problems)?;
        fields.only(PAYMENT, &mut self.problems);
        let id = fields.get("id").and_then(|node| fields::id(node, &fields.name("id"), &mut self.problems));
        fields.require("on", "the day on which it came, as \"2025-12-28\"", &mut self.problems);
        let on = self.day_before(&fields, "on", opens);
        let amount = fields.require("amount", "an amount as text, as \"50.00\"", &mut self.problems);
        let amount = amount.and_then(|node| self.positive(node, &fields.name("amount")));
        Some(PaymentGiven { id, on: on?, amount: amount? })
    }

    /// A plan whose terms were agreed; with `since` it runs.
    fn plan(&mut self, fields: &Fields<'_>, opens: Option<Instant>) -> Option<PlanGiven> {
        let fields = Fields::of(fields.get("plan")?, "plan", &mut self.problems)?;
        fields.only(PLAN, &mut self.problems);
        let name = fields.require("name", "the plan, as \"standard\"", &mut self.problems);
        let plan = name.and_then(|node| self.plan_named(node, &fields.name("name")));
        let amount = fields.require("amount", "each instalment as text, as \"50.00\"", &mut self.problems);
        let amount = amount.and_then(|node| self.positive(node, &fields.name("amount")));
        let since = self.day_before(&fields, "since", opens);
        let day = fields.get("day").map(|node| self.day_of_month(node, &fields.name("day"), plan));
        Some(PlanGiven { plan: plan?, amount: amount?, day: day.flatten(), since })
    }

    fn plan_named(&mut self, node: &Node, path: &str) -> Option<PlanId> {
        let name = fields::text(node, path, &mut self.problems)?;
        let plans = &self.strategy.machine().plans;
        let known: Vec<&str> = plans.iter().map(|plan| self.strategy.text(plan.name)).collect();
        let found = known.iter().position(|known| *known == name).and_then(|at| u16::try_from(at).ok());
        if found.is_none() {
            let sentence = format!("is \"{name}\", no plan of the strategy{}", fields::instead(&name, &known));
            self.problems.add(node.line, path, sentence);
        }
        found.map(PlanId)
    }

    /// A day of the month that the plan allows.
    fn day_of_month(&mut self, node: &Node, path: &str, plan: Option<PlanId>) -> Option<u8> {
        let plan = plan.and_then(|plan| self.strategy.machine().plans.get(plan.index()));
        let allowed = plan.map_or(&[][..], |plan| &plan.due_on);
        let day = match &node.value {
            Value::Number(number) => number.parse().ok().filter(|day| (1..=31).contains(day)),
            _ => None,
        };
        let found = day.filter(|day| allowed.is_empty() || allowed.contains(day));
        if found.is_none() {
            let days: Vec<String> = allowed.iter().map(ToString::to_string).collect();
            let expected = match days.as_slice() {
                [] => "a day of the month, 1 to 31".to_owned(),
                days => format!("a day that the plan allows: {}", days.join(" or ")),
            };
            self.problems.add(node.line, path, format!("is {}; expected {expected}", node.value.words()));
        }
        found
    }

    /// The debtor named; the first where none is.
    fn addressee(&mut self, fields: &Fields<'_>, persons: &[PersonGiven]) -> Option<u8> {
        let Some(node) = fields.get("debtor") else { return Some(0) };
        let id = fields::id(node, &fields.name("debtor"), &mut self.problems)?;
        let found = persons.iter().position(|person| person.id == id).and_then(|at| u8::try_from(at).ok());
        if found.is_none() {
            self.problems.add(node.line, fields.name("debtor"), format!("is \"{id}\", no debtor of the case"));
        }
        found
    }
}
