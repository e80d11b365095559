//! Reads fields of an object by name and by type, and gathers everything that is wrong with them.

use crate::error::{Error, Problem};
use crate::json::{Node, Value};
use dunlin_machine::ir::{Machine, Type};
use dunlin_machine::value::{Currency, Date, Duration, Instant, Money, Rate, TimeOfDay};
use dunlin_runtime::input::Given;

/// What is wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(pub Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, line: u64, field: impl Into<String>, sentence: impl Into<String>) {
        self.0.push(Problem::of_field(line, field, sentence));
    }

    /// Says what stands there and what was expected.
    fn expected(&mut self, node: &Node, field: &str, expected: &str) {
        self.add(node.line, field, format!("is {}; expected {expected}", node.value.words()));
    }
}

/// The fields of one object.
pub(crate) struct Fields<'n> {
    /// Where the object stands in the file: `claims[1].`, or nothing.
    pub path: String,
    /// The line that it begins on.
    pub line: u64,
    fields: &'n [(String, Node)],
}

impl<'n> Fields<'n> {
    /// The object; what is no object is a problem.
    pub(crate) fn of(node: &'n Node, path: &str, problems: &mut Problems) -> Option<Self> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
        match &node.value {
            Value::Object(fields) => Some(Self { path: prefix, line: node.line, fields }),
            other if path.is_empty() => {
                let sentence = format!("{} stands here; expected an object in braces", other.words());
                problems.0.push(Problem::on_line(node.line, sentence));
                None
            }
            _ => {
                problems.expected(node, path, "an object in braces");
                None
            }
        }
    }

    /// The names and values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'n str, &'n Node)> {
        self.fields.iter().map(|(name, node)| (name.as_str(), node))
    }

    /// The full name of a field of this object.
    pub(crate) fn name(&self, field: &str) -> String {
        format!("{}{field}", self.path)
    }

    /// A field that is there and not null.
    pub(crate) fn get(&self, field: &str) -> Option<&'n Node> {
        let found = self.fields.iter().find(|(name, _)| name == field);
        found.map(|(_, node)| node).filter(|node| node.value != Value::Null)
    }

    /// A field that must be there.
    pub(crate) fn require(&self, field: &str, what: &str, problems: &mut Problems) -> Option<&'n Node> {
        let found = self.get(field);
        if found.is_none() {
            problems.add(self.line, self.name(field), format!("is missing; expected {what}"));
        }
        found
    }

    /// Reports every field whose name is not among those that are known.
    pub(crate) fn only(&self, known: &[&str], problems: &mut Problems) {
        for (name, node) in self.iter() {
            if !known.contains(&name) {
                problems.add(
                    node.line,
                    self.name(name),
                    format!("is no field that is known here{}", instead(name, known)),
                );
            }
        }
    }

    /// A text.
    pub(crate) fn text(&self, field: &str, problems: &mut Problems) -> Option<String> {
        text(self.get(field)?, &self.name(field), problems)
    }

    /// Yes or no.
    pub(crate) fn bool(&self, field: &str, problems: &mut Problems) -> Option<bool> {
        bool(self.get(field)?, &self.name(field), problems)
    }

    /// A day.
    pub(crate) fn date(&self, field: &str, problems: &mut Problems) -> Option<Date> {
        date(self.get(field)?, &self.name(field), problems)
    }
}

/// `: it may be a, b or c`, with the nearest name first where one is near.
pub(crate) fn instead(name: &str, known: &[&str]) -> String {
    if known.is_empty() {
        return String::new();
    }
    match nearest(name, known) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => format!("; known are {}", list(known)),
    }
}

/// The known name that is at most two slips away.
pub(crate) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    let slips = known.iter().map(|k| (slips(name, k), *k)).filter(|(n, _)| *n <= allowed);
    slips.min().map(|(_, k)| k)
}

/// How many letters must be changed, swapped with the next, added or taken away.
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let change = last[j] + usize::from(a[i] != b[j]);
            let mut least = change.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// Reports every column that is not known.
pub(crate) fn check_columns(columns: &[String], known: &[String], what: &str) -> Result<(), Error> {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let strange = columns.iter().filter(|column| !known.contains(&column.as_str()));
    let problem = |column: &String| {
        let near = nearest(column, &known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Problem { line: None, field: column.clone(), sentence: format!("{what}{near}") }
    };
    let problems: Vec<Problem> = strange.map(problem).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::input(problems)) }
}

/// `a`, `b` and `c`.
pub(crate) fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// A text.
pub(crate) fn text(node: &Node, field: &str, problems: &mut Problems) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        _ => {
            problems.expected(node, field, "a text in quotes");
            None
        }
    }
}

/// A name: a text that is not empty. Numbers are taken as they are written, because tables give them so.
pub(crate) fn id(node: &Node, field: &str, problems: &mut Problems) -> Option<String> {
    match &node.value {
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.clone()),
        _ => {
            problems.expected(node, field, "a name in quotes, as \"4711\"");
            None
        }
    }
}

/// Yes or no; tables give them as text.
pub(crate) fn bool(node: &Node, field: &str, problems: &mut Problems) -> Option<bool> {
    match &node.value {
        Value::Bool(yes) => Some(*yes),
        Value::Text(text) if text == "true" => Some(true),
        Value::Text(text) if text == "false" => Some(false),
        _ => {
            problems.expected(node, field, "true or false");
            None
        }
    }
}

/// A day.
pub(crate) fn date(node: &Node, field: &str, problems: &mut Problems) -> Option<Date> {
    let Value::Text(text) = &node.value else {
        problems.expected(node, field, "a date, as \"2026-01-05\"");
        return None;
    };
    let read = Date::parse(text);
    read.map_err(|error| problems.add(node.line, field, format!("is \"{text}\": {error}"))).ok()
}

/// An amount of the currency.
pub(crate) fn money(node: &Node, field: &str, currency: Currency, problems: &mut Problems) -> Option<i64> {
    let Value::Text(text) = &node.value else {
        problems.expected(node, field, "an amount as text, as \"120.00\"");
        return None;
    };
    let amount = text.strip_suffix(currency.code()).map_or(text.as_str(), str::trim_end);
    match Money::parse(amount, currency) {
        Ok(money) => Some(money.0),
        Err(error) => {
            let decimals = currency.decimals();
            problems.add(node.line, field, format!("is \"{text}\": {error} ({currency} has {decimals} decimals)"));
            None
        }
    }
}

/// A day or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A day: its first instant in the strategy's time zone, or later on it where the case is later already.
    Day(Date),
    /// An instant.
    At(Instant),
}

/// A day or an instant.
pub(crate) fn moment(node: &Node, field: &str, problems: &mut Problems) -> Option<Moment> {
    let Value::Text(text) = &node.value else {
        problems.expected(node, field, "a date or an instant, as \"2026-01-05\" or \"2026-01-20T10:15:00+01:00\"");
        return None;
    };
    let read = match text.contains(['T', 't']) {
        true => Instant::parse(text).map(Moment::At),
        false => Date::parse(text).map(Moment::Day),
    };
    read.map_err(|error| problems.add(node.line, field, format!("is \"{text}\": {error}"))).ok()
}

/// What a typed value needs besides its text.
#[derive(Clone, Copy)]
pub(crate) struct Typed<'m> {
    pub machine: &'m Machine,
    pub currency: Currency,
}

impl<'m> Typed<'m> {
    /// A value of that type, as a fact or a parameter of an event has it.
    pub(crate) fn value(self, node: &Node, field: &str, ty: Type, problems: &mut Problems) -> Option<Given> {
        if ty == Type::Text {
            return scalar(node, field, problems).map(Given::Text);
        }
        self.number_of(node, field, ty, problems).map(Given::Value)
    }

    fn number_of(self, node: &Node, field: &str, ty: Type, problems: &mut Problems) -> Option<i64> {
        match ty {
            Type::Bool => bool(node, field, problems).map(i64::from),
            Type::Money => money(node, field, self.currency, problems),
            Type::Date => date(node, field, problems).map(|date| i64::from(date.days())),
            Type::Number => parsed(node, field, "a whole number", problems, |text| text.parse().ok()),
            Type::Rate => parsed(node, field, "a rate in percent, as \"5\" or \"5 %\"", problems, rate),
            Type::Instant => parsed(node, field, "an instant, as \"2026-01-20T10:15:00+01:00\"", problems, |text| {
                Instant::parse(text).ok().map(Instant::seconds)
            }),
            Type::Hours => parsed(node, field, "hours, as \"08:00..20:00\"", problems, hours),
            Type::Duration => parsed(node, field, "a duration, as \"14 days\"", problems, |text| {
                Duration::parse(text).ok().map(Duration::pack)
            }),
            Type::Channel => self.named(node, field, &self.names(&self.machine.channels), problems),
            Type::Tone => self.named(node, field, &self.names(&self.machine.tones), problems),
            Type::Enum(id) => {
                let values = self.machine.enums.get(id.index()).map_or(&[][..], |e| &e.values);
                self.named(node, field, &self.names(values), problems)
            }
            Type::Text => None,
        }
    }

    fn names(self, texts: &[dunlin_machine::ir::TextId]) -> Vec<&'m str> {
        texts.iter().map(|id| self.machine.texts.get(id.index()).map_or("", String::as_str)).collect()
    }

    fn named(self, node: &Node, field: &str, names: &[&str], problems: &mut Problems) -> Option<i64> {
        let found = match &node.value {
            Value::Text(text) => names.iter().position(|name| name == text),
            _ => None,
        };
        if found.is_none() {
            problems.expected(node, field, &format!("one of {}", list(names)));
        }
        found.and_then(|at| i64::try_from(at).ok())
    }
}

/// A text, or a number or a yes and no as it is written.
fn scalar(node: &Node, field: &str, problems: &mut Problems) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(number) => Some(number.clone()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => {
            problems.expected(node, field, "a text");
            None
        }
    }
}

fn parsed(
    node: &Node,
    field: &str,
    expected: &str,
    problems: &mut Problems,
    read: impl Fn(&str) -> Option<i64>,
) -> Option<i64> {
    let value = match &node.value {
        Value::Text(text) => read(text),
        Value::Number(number) => read(number),
        _ => None,
    };
    if value.is_none() {
        problems.expected(node, field, expected);
    }
    value
}

fn rate(text: &str) -> Option<i64> {
    Rate::parse(text.trim_end_matches('%').trim_end()).ok().map(|rate| rate.0)
}

fn hours(text: &str) -> Option<i64> {
    let (from, to) = text.split_once("..")?;
    let seconds = |text| TimeOfDay::parse(text).ok().map(|time| i64::from(time.seconds()));
    Some(seconds(from)? * 100_000 + seconds(to)?)
}
