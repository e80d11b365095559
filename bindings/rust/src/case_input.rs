//! A case as a host states it, from JSON or from a row of a table.

use crate::error::Error;
use crate::fields::{self, Fields, Moment, Problems, Typed};
use crate::json::{self, Node, Value};
use crate::strategy::Strategy;
use dunlin_machine::ir::{ChannelId, Fact, FactId, Type};
use dunlin_machine::value::{Currency, Instant};
use dunlin_runtime::input::{ChannelGiven, ClaimGiven, Given, Opening, PersonGiven};

/// A case that is ready to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseInput {
    /// The case as the machine takes it.
    pub opening: Opening,
    /// When it opens.
    pub at: Instant,
}

const CASE: &[&str] = &[
    "id",
    "opened",
    "currency",
    "debtor",
    "debtors",
    "claims",
    "costs",
    "facts",
    "stage",
    "entered",
    "title",
    "served",
    "sent",
    "payments",
    "plan",
    "limitation_date",
];
/// Fields of the case itself that a table may have.
const TABLE: &[&str] = &["id", "opened", "currency", "stage", "entered", "title", "served", "limitation_date"];
const DEBTOR: &[&str] = &["id", "kind", "language", "region", "time_zone", "born", "channels"];
const CLAIM: &[&str] = &["id", "principal", "due", "kind", "arose", "default_on", "secured"];

impl CaseInput {
    /// Reads a case from JSON. What it may say stands in the strategy: facts and their types, channels, currencies.
    ///
    /// # Errors
    /// [`Error::is_input`], with every problem and its line: an unknown field, one that is missing, a value of another
    /// type, a fact without default that is not stated.
    pub fn from_json(strategy: &Strategy, text: &str) -> Result<Self, Error> {
        let node = json::parse(text, 1).map_err(|problem| Error::input(vec![problem]))?;
        Self::from_node(strategy, &node)
    }

    /// Reads a case from a row of a table: `id`, `opened`, `principal`, `due` and further fields of its claim, fields
    /// of the debtor as `debtor_kind`, and one column for each fact.
    ///
    /// # Errors
    /// As [`CaseInput::from_json`]; a field is named as the column.
    pub fn from_row(
        strategy: &Strategy,
        line: u64,
        cells: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, Error> {
        let node = nest(strategy, line, cells);
        Self::from_node(strategy, &node).map_err(|error| {
            let rename = |mut problem: crate::Problem| {
                problem.field = column(&problem.field);
                problem
            };
            Error::input(error.problems().iter().cloned().map(rename).collect())
        })
    }

    /// Whether each column of a table of cases is one that [`CaseInput::from_row`] reads.
    ///
    /// # Errors
    /// [`Error::is_input`], with each column that is not.
    pub fn check_columns(strategy: &Strategy, columns: &[String]) -> Result<(), Error> {
        let facts = strategy.machine().facts.iter().map(|fact| strategy.text(fact.name).to_owned());
        let debtor = DEBTOR.iter().filter(|field| **field != "channels").map(|field| format!("debtor_{field}"));
        let known: Vec<String> =
            TABLE.iter().chain(CLAIM).map(|name| (*name).to_owned()).chain(debtor).chain(facts).collect();
        fields::check_columns(columns, &known, "is neither a field of a case nor a fact of the strategy")
    }

    fn from_node(strategy: &Strategy, node: &Node) -> Result<Self, Error> {
        let mut reader = Reader { strategy, currency: strategy.currency(), problems: Problems::default() };
        let case = reader.case(node);
        match case {
            Some(case) if reader.problems.0.is_empty() => Ok(case),
            _ => {
                reader.problems.0.sort_by_key(|problem| problem.line);
                Err(Error::input(reader.problems.0))
            }
        }
    }
}

/// A row's cells as the object that a case file would have.
fn nest(strategy: &Strategy, line: u64, cells: &serde_json::Map<String, serde_json::Value>) -> Node {
    let object = |fields| Node { line, value: Value::Object(fields) };
    let (mut case, mut claim, mut debtor, mut facts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (name, value) in cells {
        let node = Node::from_value(line, value);
        if let Some(field) = name.strip_prefix("debtor_") {
            debtor.push((field.to_owned(), node));
        } else if TABLE.contains(&name.as_str()) {
            case.push((name.clone(), node));
        } else if strategy.fact(name).is_none() && CLAIM.contains(&name.as_str()) {
            claim.push((name.clone(), node));
        } else {
            facts.push((name.clone(), node));
        }
    }
    case.push(("debtor".into(), object(debtor)));
    case.push(("claims".into(), Node { line, value: Value::List(vec![object(claim)]) }));
    case.push(("facts".into(), object(facts)));
    object(case)
}

/// The column that a field of a case stands in.
fn column(field: &str) -> String {
    let field = field.trim_start_matches("claims[0].").trim_start_matches("facts.");
    match field.strip_prefix("debtor.") {
        Some(rest) => format!("debtor_{rest}"),
        None => field.to_owned(),
    }
}

pub(crate) struct Reader<'s> {
    pub(crate) strategy: &'s Strategy,
    currency: Currency,
    pub(crate) problems: Problems,
}

impl Reader<'_> {
    fn case(&mut self, node: &Node) -> Option<CaseInput> {
        let fields = Fields::of(node, "", &mut self.problems)?;
        self.known_fields(&fields);
        self.read_currency(&fields);
        let id = fields.require("id", "the case's name in quotes, as \"4711\"", &mut self.problems);
        let id = id.and_then(|node| fields::id(node, "id", &mut self.problems));
        let at = fields.require("opened", "the day it opens, as \"2026-01-05\"", &mut self.problems);
        let at = at.and_then(|node| self.opened(node));
        let persons = self.persons(&fields);
        let past = self.past(&fields, &persons, at);
        let opening = Opening {
            id: id.unwrap_or_default(),
            currency: Some(self.currency.code().to_owned()),
            persons,
            claims: self.claims(&fields),
            costs: self.costs(&fields),
            facts: self.facts(&fields),
            limitation_date: fields.date("limitation_date", &mut self.problems),
            ..past
        };
        Some(CaseInput { opening, at: at? })
    }

    fn known_fields(&mut self, fields: &Fields<'_>) {
        for (name, node) in fields.iter() {
            if !CASE.contains(&name) {
                let sentence = match self.strategy.fact(name) {
                    Some(_) => "is a fact; facts stand under \"facts\"".to_owned(),
                    None => format!("is no field of a case{}", fields::instead(name, CASE)),
                };
                self.problems.add(node.line, name, sentence);
            }
        }
    }

    fn read_currency(&mut self, fields: &Fields<'_>) {
        let Some(node) = fields.get("currency") else { return };
        let Some(code) = fields::text(node, "currency", &mut self.problems) else { return };
        let known = &self.strategy.machine().currencies;
        match known.iter().find(|currency| currency.code() == code) {
            Some(currency) => self.currency = *currency,
            None => {
                let codes: Vec<&str> = known.iter().map(Currency::code).collect();
                let sentence = format!("is \"{code}\"; the strategy serves {}", fields::list(&codes));
                self.problems.add(node.line, "currency", sentence);
            }
        }
    }

    fn opened(&mut self, node: &Node) -> Option<Instant> {
        match fields::moment(node, "opened", &mut self.problems)? {
            Moment::At(at) => Some(at),
            Moment::Day(day) => {
                let begin = self.strategy.begin(day);
                if begin.is_none() {
                    self.problems.add(node.line, "opened", "lies outside the years that Dunlin can count");
                }
                begin
            }
        }
    }

    fn persons(&mut self, fields: &Fields<'_>) -> Vec<PersonGiven> {
        match (fields.get("debtor"), fields.get("debtors")) {
            (Some(_), Some(node)) => {
                self.problems.add(node.line, "debtors", "stands beside `debtor`; a case has one of the two");
                Vec::new()
            }
            (Some(node), None) => self.person(node, "debtor", false).into_iter().collect(),
            (None, Some(node)) => {
                let persons = self.items(node, "debtors");
                let persons = persons.into_iter().map(|(path, node)| self.person(node, &path, true));
                persons.collect::<Vec<_>>().into_iter().flatten().collect()
            }
            (None, None) => {
                self.problems.add(fields.line, "debtor", "is missing; expected who owes, as {\"kind\": \"consumer\"}");
                Vec::new()
            }
        }
    }

    /// The items of a list that has one at least, each with its path.
    pub(crate) fn items<'n>(&mut self, node: &'n Node, path: &str) -> Vec<(String, &'n Node)> {
        match &node.value {
            Value::List(items) if !items.is_empty() => {
                items.iter().enumerate().map(|(at, item)| (format!("{path}[{at}]"), item)).collect()
            }
            other => {
                let sentence = format!("is {}; expected a list with at least one entry", words(other));
                self.problems.add(node.line, path, sentence);
                Vec::new()
            }
        }
    }

    fn person(&mut self, node: &Node, path: &str, needs_id: bool) -> Option<PersonGiven> {
        let fields = Fields::of(node, path, &mut self.problems)?;
        fields.only(DEBTOR, &mut self.problems);
        let id = match (needs_id, fields.get("id")) {
            (true, None) => fields.require("id", "the debtor's name, which events use", &mut self.problems),
            (_, id) => id,
        };
        let id = id.and_then(|node| fields::id(node, &fields.name("id"), &mut self.problems));
        Some(PersonGiven {
            id: id.unwrap_or_else(|| "debtor".into()),
            business: self.business(&fields),
            language: fields.text("language", &mut self.problems),
            region: fields.text("region", &mut self.problems),
            zones: self.zones(&fields),
            born: fields.date("born", &mut self.problems),
            channels: fields.get("channels").map(|node| self.channels(node, &fields.name("channels"))),
        })
    }

    fn business(&mut self, fields: &Fields<'_>) -> bool {
        match fields.text("kind", &mut self.problems).as_deref() {
            None | Some("consumer") => false,
            Some("business") => true,
            Some(other) => {
                let sentence = format!("is \"{other}\"; expected \"consumer\" or \"business\"");
                let line = fields.get("kind").map_or(fields.line, |node| node.line);
                self.problems.add(line, fields.name("kind"), sentence);
                false
            }
        }
    }

    /// One zone or a list of them; each must be in the machine, whose rules are fixed.
    fn zones(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let Some(node) = fields.get("time_zone") else { return Vec::new() };
        let path = fields.name("time_zone");
        let nodes: Vec<&Node> = match &node.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![node],
        };
        let names = nodes.into_iter().filter_map(|node| {
            let name = fields::text(node, &path, &mut self.problems)?;
            self.check_zone(&name, node.line, &path);
            Some(name)
        });
        names.collect()
    }

    fn check_zone(&mut self, name: &str, line: u64, path: &str) {
        let zones = &self.strategy.machine().zones;
        if zones.iter().any(|zone| zone.name() == name) {
            return;
        }
        let known: Vec<&str> = zones.iter().map(|zone| zone.name()).collect();
        let sentence = match known.len() {
            0..=12 => format!("is \"{name}\", a time zone that the machine lacks; it has {}", fields::list(&known)),
            _ => format!("is \"{name}\", a time zone that the machine lacks{}", fields::instead(name, &known)),
        };
        self.problems.add(line, path, sentence);
    }

    fn channels(&mut self, node: &Node, path: &str) -> Vec<ChannelGiven> {
        let Some(fields) = Fields::of(node, path, &mut self.problems) else { return Vec::new() };
        let channels = fields.iter().filter_map(|(name, node)| self.channel(name, node, &fields.name(name)));
        channels.collect()
    }

    fn channel(&mut self, name: &str, node: &Node, path: &str) -> Option<ChannelGiven> {
        let known = self.strategy.channel_names();
        let Some(at) = known.iter().position(|known| *known == name) else {
            let sentence = format!("is no channel that the strategy knows{}", fields::instead(name, &known));
            self.problems.add(node.line, path, sentence);
            return None;
        };
        let fields = Fields::of(node, path, &mut self.problems)?;
        fields.only(&["reachable", "consent"], &mut self.problems);
        Some(ChannelGiven {
            channel: ChannelId(u8::try_from(at).ok()?),
            // Who names a channel has an address for it.
            reachable: fields.bool("reachable", &mut self.problems).unwrap_or(true),
            consent: fields.bool("consent", &mut self.problems).unwrap_or(false),
        })
    }

    fn claims(&mut self, fields: &Fields<'_>) -> Vec<ClaimGiven> {
        let what = "what is owed, as [{\"principal\": \"120.00\", \"due\": \"2025-12-20\"}]";
        let Some(node) = fields.require("claims", what, &mut self.problems) else { return Vec::new() };
        let mut claims: Vec<ClaimGiven> = Vec::new();
        for (number, (path, node)) in self.items(node, "claims").into_iter().enumerate() {
            let Some(claim) = self.claim(node, &path, number) else { continue };
            if claims.iter().any(|known| known.id == claim.id) {
                self.problems.add(node.line, format!("{path}.id"), format!("is \"{}\", as of another claim", claim.id));
            }
            claims.push(claim);
        }
        claims
    }

    fn claim(&mut self, node: &Node, path: &str, number: usize) -> Option<ClaimGiven> {
        let fields = Fields::of(node, path, &mut self.problems)?;
        fields.only(CLAIM, &mut self.problems);
        let id = fields.get("id").and_then(|node| fields::id(node, &fields.name("id"), &mut self.problems));
        let principal = fields.require("principal", "an amount as text, as \"120.00\"", &mut self.problems);
        let principal = principal.and_then(|node| self.positive(node, &fields.name("principal")));
        let due = fields.require("due", "the day it is to be paid, as \"2025-12-20\"", &mut self.problems);
        let due = due.and_then(|node| fields::date(node, &fields.name("due"), &mut self.problems));
        let claim = ClaimGiven {
            id: id.unwrap_or_else(|| format!("{}", number + 1)),
            kind: fields.text("kind", &mut self.problems),
            arose: fields.date("arose", &mut self.problems),
            default_on: fields.date("default_on", &mut self.problems),
            secured: fields.bool("secured", &mut self.problems).unwrap_or(false),
            principal: principal?,
            due: due?,
        };
        Some(claim)
    }

    pub(crate) fn positive(&mut self, node: &Node, path: &str) -> Option<i64> {
        let amount = fields::money(node, path, self.currency, &mut self.problems)?;
        if amount <= 0 {
            self.problems.add(node.line, path, format!("is {}; expected an amount above 0", node.value.words()));
        }
        Some(amount)
    }

    fn costs(&mut self, fields: &Fields<'_>) -> Vec<(String, i64)> {
        let Some(node) = fields.get("costs") else { return Vec::new() };
        if node.value == Value::List(Vec::new()) {
            return Vec::new();
        }
        let items = self.items(node, "costs").into_iter();
        items.filter_map(|(path, node)| self.cost(node, &path)).collect()
    }

    fn cost(&mut self, node: &Node, path: &str) -> Option<(String, i64)> {
        let fields = Fields::of(node, path, &mut self.problems)?;
        fields.only(&["kind", "amount", "on"], &mut self.problems);
        fields.date("on", &mut self.problems);
        let kind = fields.require("kind", "what kind of cost it is, as \"dunning\"", &mut self.problems);
        let kind = kind.and_then(|node| fields::text(node, &fields.name("kind"), &mut self.problems));
        let amount = fields.require("amount", "an amount as text, as \"2.50\"", &mut self.problems);
        let amount = amount.and_then(|node| self.positive(node, &fields.name("amount")));
        Some((kind?, amount?))
    }

    fn facts(&mut self, fields: &Fields<'_>) -> Vec<(FactId, Given)> {
        let node = fields.get("facts");
        let stated = node.and_then(|node| Fields::of(node, "facts", &mut self.problems));
        let line = stated.as_ref().map_or(fields.line, |stated| stated.line);
        let mut given = Vec::new();
        if let Some(stated) = &stated {
            self.known_facts(stated);
        }
        for (number, fact) in self.strategy.machine().facts.iter().enumerate() {
            let name = self.strategy.text(fact.name);
            match stated.as_ref().and_then(|stated| stated.get(name)) {
                Some(node) => given.extend(self.fact(number, fact, node)),
                None => self.lacks(fact, name, line),
            }
        }
        given
    }

    fn known_facts(&mut self, stated: &Fields<'_>) {
        let known: Vec<&str> = self.strategy.machine().facts.iter().map(|f| self.strategy.text(f.name)).collect();
        for (name, node) in stated.iter() {
            if !known.contains(&name) {
                let sentence = format!("is no fact that the strategy declares{}", fields::instead(name, &known));
                self.problems.add(node.line, stated.name(name), sentence);
            }
        }
    }

    fn lacks(&mut self, fact: &Fact, name: &str, line: u64) {
        if fact.default.is_none() && !fact.optional {
            let expected = self.strategy.type_words(fact.ty);
            let sentence = format!("is missing: the strategy reads it and gives no default; expected {expected}");
            self.problems.add(line, format!("facts.{name}"), sentence);
        }
    }

    fn fact(&mut self, number: usize, fact: &Fact, node: &Node) -> Option<(FactId, Given)> {
        let field = format!("facts.{}", self.strategy.text(fact.name));
        let typed = Typed { machine: self.strategy.machine(), currency: self.currency };
        let given = typed.value(node, &field, fact.ty, &mut self.problems)?;
        let currencies = &self.strategy.machine().currencies;
        let currency = currencies.iter().position(|code| *code == self.currency).unwrap_or(0);
        if let (Given::Value(value), Some((least, most))) = (&given, fact.bounds_in(currency))
            && (least.is_some_and(|least| *value < least) || most.is_some_and(|most| *value > most))
        {
            let bounds = self.bounds(fact.ty, least, most);
            self.problems.add(node.line, field, format!("is {}; expected {bounds}", node.value.words()));
        }
        Some((FactId(u16::try_from(number).ok()?), given))
    }

    fn bounds(&self, ty: Type, least: Option<i64>, most: Option<i64>) -> String {
        let words = |value: i64| self.strategy.value_words(ty, value, self.currency, &[]);
        match (least, most) {
            (Some(least), Some(most)) => format!("a value from {} to {}", words(least), words(most)),
            (Some(least), None) => format!("a value of at least {}", words(least)),
            (None, Some(most)) => format!("a value of at most {}", words(most)),
            (None, None) => "any value".into(),
        }
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::List(_) => "an empty list".into(),
        other => other.words(),
    }
}
