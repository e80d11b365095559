//! Events as a host tells them, from JSON lines or from rows of a table.

use crate::error::{Error, Problem};
use crate::fields::{self, Fields, Moment, Problems, Typed};
use crate::json::{self, Node, Value};
use crate::strategy::Strategy;
use dunlin_machine::events::EventParam;
use dunlin_machine::events::{BUILTIN_EVENTS, Origin};
use dunlin_machine::ir::EventId;
use dunlin_machine::value::Currency;
use dunlin_runtime::input::Event;

/// An event and the moment at which the host learned it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventInput {
    /// When.
    pub at: Moment,
    /// What happened.
    pub event: Event,
    /// The line of the file that it stands on, from 1.
    pub line: u64,
}

/// Fields that every event may have besides its parameters.
const EVENT: &[&str] = &["at", "id", "event", "case_id"];

impl EventInput {
    /// Reads events from JSON lines; empty lines are passed over. `currency` is the case's.
    ///
    /// # Errors
    /// [`Error::is_input`], with every problem of every line.
    pub fn from_json_lines(strategy: &Strategy, currency: Currency, text: &str) -> Result<Vec<Self>, Error> {
        let (mut events, mut problems) = (Vec::new(), Vec::new());
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            let node = json::parse(line, number).map_err(|problem| vec![problem]);
            match node.and_then(|node| read(strategy, currency, &node)) {
                Ok(event) => events.push(event),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(events) } else { Err(Error::input(problems)) }
    }

    /// Whether each column of a table of events is one that some event has.
    ///
    /// # Errors
    /// [`Error::is_input`], with each column that is not.
    pub fn check_columns(strategy: &Strategy, columns: &[String]) -> Result<(), Error> {
        let mut known: Vec<String> = EVENT.iter().map(|name| (*name).to_owned()).collect();
        for event in &strategy.machine().events {
            for param in &event.params {
                let (event, param) = (strategy.text(event.name), strategy.text(param.name));
                known.extend([param.to_owned(), format!("{event}.{param}")]);
            }
        }
        fields::check_columns(columns, &known, "is no parameter of any event")
    }

    /// Reads an event from a row of a table; a column that the event has no use for must be empty in its row.
    ///
    /// # Errors
    /// As [`EventInput::from_json_lines`].
    pub fn from_row(
        strategy: &Strategy,
        currency: Currency,
        line: u64,
        cells: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, Error> {
        let fields = cells.iter().map(|(name, value)| (name.clone(), Node::from_value(line, value)));
        let node = Node { line, value: Value::Object(fields.collect()) };
        read(strategy, currency, &node).map_err(Error::input)
    }
}

fn read(strategy: &Strategy, currency: Currency, node: &Node) -> Result<EventInput, Vec<Problem>> {
    let mut reader = Reader { strategy, currency, problems: Problems::default() };
    match reader.event(node) {
        Some(event) if reader.problems.0.is_empty() => Ok(event),
        _ => Err(reader.problems.0),
    }
}

struct Reader<'s> {
    strategy: &'s Strategy,
    currency: Currency,
    problems: Problems,
}

impl Reader<'_> {
    fn event(&mut self, node: &Node) -> Option<EventInput> {
        let fields = Fields::of(node, "", &mut self.problems)?;
        let at = fields.require("at", "when the host learned it, as \"2026-01-20\"", &mut self.problems);
        let at = at.and_then(|node| fields::moment(node, "at", &mut self.problems));
        let id = fields.get("id").and_then(|node| fields::id(node, "id", &mut self.problems));
        let name = fields.require("event", "what happened, as \"payment\"", &mut self.problems);
        let name = name.and_then(|node| fields::text(node, "event", &mut self.problems));
        let event = name.as_deref().and_then(|name| self.event_named(name, &fields))?;
        let args = self.args(event, &name?, &fields);
        Some(EventInput { at: at?, event: Event { event, id, args }, line: node.line })
    }

    fn event_named(&mut self, name: &str, fields: &Fields<'_>) -> Option<EventId> {
        let line = fields.get("event").map_or(fields.line, |node| node.line);
        let names: Vec<&str> = self.strategy.machine().events.iter().map(|e| self.strategy.text(e.name)).collect();
        let Some(at) = names.iter().position(|known| *known == name) else {
            let near = match fields::nearest(name, &names) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => "; a strategy declares its own events by `event NAME(…)`".into(),
            };
            self.problems.add(line, "event", format!("is \"{name}\", an event that this strategy does not have{near}"));
            return None;
        };
        if BUILTIN_EVENTS.get(at).is_some_and(|event| event.origin == Origin::Machine) {
            let sentence = format!("is \"{name}\", which the strategy raises by itself; no host sends it");
            self.problems.add(line, "event", sentence);
            return None;
        }
        u16::try_from(at).ok().map(EventId)
    }

    fn args(&mut self, event: EventId, name: &str, fields: &Fields<'_>) -> Vec<(u8, dunlin_runtime::input::Given)> {
        let params: &[EventParam] = self.strategy.machine().events.get(event.index()).map_or(&[], |e| &e.params);
        self.known_fields(name, params, fields);
        let typed = Typed { machine: self.strategy.machine(), currency: self.currency };
        let mut args = Vec::new();
        for (position, param) in (0u8..).zip(params) {
            let plain = self.strategy.text(param.name);
            match given(name, plain, fields) {
                Some((field, node)) => {
                    let value = typed.value(node, &field, param.ty, &mut self.problems);
                    args.extend(value.map(|value| (position, value)));
                }
                None if param.required => {
                    let sentence =
                        format!("is missing: `{name}` needs it; expected {}", self.strategy.type_words(param.ty));
                    self.problems.add(fields.line, plain, sentence);
                }
                None => {}
            }
        }
        args
    }

    fn known_fields(&mut self, name: &str, params: &[EventParam], fields: &Fields<'_>) {
        let known: Vec<&str> = params.iter().map(|param| self.strategy.text(param.name)).collect();
        for (field, node) in fields.iter() {
            let plain = field.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(field);
            if EVENT.contains(&field) || known.contains(&plain) || node.value == Value::Null {
                continue;
            }
            let takes =
                if known.is_empty() { "it takes none".into() } else { format!("it takes {}", fields::list(&known)) };
            self.problems.add(node.line, field, format!("is no parameter of `{name}`; {takes}"));
        }
    }
}

/// A parameter by its name, or in full, as `callback.at`, where its name is one that every event has.
fn given<'n>(event: &str, param: &str, fields: &Fields<'n>) -> Option<(String, &'n Node)> {
    let full = format!("{event}.{param}");
    if let Some(node) = fields.get(&full) {
        return Some((full, node));
    }
    let plain = (!EVENT.contains(&param) || param == "id").then(|| fields.get(param))?;
    plain.map(|node| (param.to_owned(), node))
}
