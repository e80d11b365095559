//! The map: which column of a foreign file means what.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::cell::DateFormat;

/// Which column means what. Made from TOML by [`Map::parse`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// Between two cells of a row: one ASCII character, a comma if left out.
    #[serde(default = "comma")]
    pub(crate) separator: char,
    /// How every date in the file is written, as `%m/%d/%Y`. Never guessed: 3/4/2013 is a day in March or in April.
    pub(crate) dates: DateFormat,
    /// Before the cents: a point if left out.
    #[serde(default = "point")]
    pub(crate) decimal_mark: char,
    /// Between the thousands of an amount, if any.
    pub(crate) thousands_mark: Option<char>,
    /// The currency of every case, three capital letters.
    pub(crate) currency: String,
    /// How many decimals the currency has: 2 if left out.
    #[serde(default = "two")]
    pub(crate) decimals: usize,
    /// What makes a case.
    pub(crate) case: CaseColumns,
    /// Fields of the debtor: `kind`, `region`, `language`, `time_zone`, `born`.
    #[serde(default)]
    pub(crate) debtor: BTreeMap<String, Value>,
    /// Facts that the strategy declares.
    #[serde(default)]
    pub(crate) facts: BTreeMap<String, Value>,
    /// What happened in each case.
    #[serde(default, rename = "event")]
    pub(crate) events: Vec<EventColumns>,
}

/// The columns without which there is no case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseColumns {
    pub(crate) id: String,
    pub(crate) opened: String,
    pub(crate) principal: String,
    pub(crate) due: String,
}

/// An event that a row may tell of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventColumns {
    pub(crate) event: String,
    /// The column with its day. An empty cell: it has not happened.
    pub(crate) at: String,
    /// So many days after the day in `at`.
    #[serde(default)]
    pub(crate) plus_days: u32,
    pub(crate) when: Option<When>,
    /// The column with its `amount`.
    pub(crate) amount: Option<String>,
    /// Further parameters.
    #[serde(default)]
    pub(crate) with: BTreeMap<String, Value>,
}

/// Only rows with one of the `yes` cells tell of the event; any cell that is neither is an error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct When {
    pub(crate) column: String,
    pub(crate) yes: Vec<String>,
    pub(crate) no: Vec<String>,
}

/// Where a text comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a column's name, `{ column = \"…\", values = { … } }` or `{ always = \"…\" }`")]
pub(crate) enum Value {
    /// `"customerID"`: the cell as it is.
    Column(String),
    /// `{ column = "PaperlessBill", values = { Paper = "paper" } }`: another word for each cell.
    Translated(Translated),
    /// `{ always = "consumer" }`: the same in every row.
    Always(Always),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Translated {
    pub(crate) column: String,
    pub(crate) values: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Always {
    pub(crate) always: String,
}

impl Value {
    /// The column that it reads, if it reads one.
    pub(crate) fn column(&self) -> Option<&str> {
        match self {
            Value::Column(column) | Value::Translated(Translated { column, .. }) => Some(column),
            Value::Always(_) => None,
        }
    }
}

fn comma() -> char {
    ','
}

fn point() -> char {
    '.'
}

fn two() -> usize {
    2
}

/// What is wrong with a map, as sentences that name the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapError(String);

impl fmt::Display for MapError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for MapError {}

impl Map {
    /// Reads a map file.
    ///
    /// # Errors
    /// A map that is no TOML, has a key that does not exist or lacks one, or contradicts itself.
    pub fn parse(text: &str) -> Result<Self, MapError> {
        let map: Map = toml::from_str(text).map_err(|error| MapError(error.to_string()))?;
        map.check().map_err(MapError)?;
        Ok(map)
    }

    fn check(&self) -> Result<(), String> {
        if !self.separator.is_ascii() {
            return Err(format!("`separator`: `{}` is not an ASCII character", self.separator));
        }
        if self.thousands_mark == Some(self.decimal_mark) {
            return Err(format!("`thousands_mark` and `decimal_mark` are both `{}`", self.decimal_mark));
        }
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(format!("`currency`: `{}` is not three capital letters, as EUR", self.currency));
        }
        if self.decimals > 4 {
            return Err(format!("`decimals`: no currency has {} of them", self.decimals));
        }
        self.events.iter().try_for_each(EventColumns::check)
    }

    /// Every column that the map reads, with the place in the map that reads it.
    pub(crate) fn columns(&self) -> Vec<(&str, String)> {
        let CaseColumns { id, opened, principal, due } = &self.case;
        let mut columns: Vec<(&str, String)> = [("id", id), ("opened", opened), ("principal", principal), ("due", due)]
            .map(|(key, column)| (column.as_str(), format!("case.{key}")))
            .into();
        for (section, values) in [("debtor", &self.debtor), ("facts", &self.facts)] {
            columns.extend(read_by(section, values));
        }
        for event in &self.events {
            columns.extend(event.columns());
        }
        columns
    }
}

fn read_by<'map>(section: &str, values: &'map BTreeMap<String, Value>) -> Vec<(&'map str, String)> {
    let read = |(key, value): (&String, &'map Value)| Some((value.column()?, format!("{section}.{key}")));
    values.iter().filter_map(read).collect()
}

impl EventColumns {
    fn check(&self) -> Result<(), String> {
        if self.amount.is_some() && self.with.contains_key("amount") {
            return Err(format!("event `{}` has its amount twice: `amount` and `with.amount`", self.event));
        }
        let Some(when) = &self.when else {
            return Ok(());
        };
        match when.yes.iter().find(|cell| when.no.contains(cell)) {
            Some(cell) => Err(format!("event `{}`: `{cell}` stands under both `yes` and `no`", self.event)),
            None => Ok(()),
        }
    }

    fn columns(&self) -> Vec<(&str, String)> {
        let event = &self.event;
        let mut columns = vec![(self.at.as_str(), format!("event {event}, at"))];
        columns.extend(self.when.as_ref().map(|when| (when.column.as_str(), format!("event {event}, when"))));
        columns.extend(self.amount.as_ref().map(|amount| (amount.as_str(), format!("event {event}, amount"))));
        columns.extend(read_by(&format!("event {event}, with"), &self.with));
        columns
    }
}
