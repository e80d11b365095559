//! A table of receivables, one row for each, into tables of cases and events.

use std::collections::BTreeMap;
use std::io::BufRead;

use chrono::{Days, NaiveDate};

use crate::cell::AmountFormat;
use crate::error::{ImportError, Problem};
use crate::map::{EventColumns, Map, Value, When};
use crate::record::{Record, Records};

/// A table in memory: every row has as many cells as there are columns; an empty cell holds nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The header.
    pub columns: Vec<String>,
    /// The rows, in the order of the file.
    pub rows: Vec<Vec<String>>,
}

/// What comes of a file of receivables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// `id`, `opened`, `currency`, `principal`, `due`, `debtor_…`, then a column for each fact.
    pub cases: Table,
    /// `case_id`, `at`, `id`, `event`, then a column for each parameter. The events of a case stand together, by day.
    pub events: Table,
    /// What a person should know of the file, in sentences: such as dates that could be read in two orders.
    pub notes: Vec<String>,
}

/// Reads a CSV file in which each row is one receivable.
///
/// Dates come out as `2013-01-31`, amounts as decimal strings with all the decimals of the currency. An event's `id` is
/// the case's with the event's name, so that the same file imported twice makes the same events.
///
/// # Errors
/// Every row that does not fit the map, with its line and column; a missing column; a file that is no CSV.
pub fn csv(input: impl BufRead, map: &Map) -> Result<Tables, ImportError> {
    let mut records = Records::new(input, map.separator);
    let header =
        records.next()?.ok_or_else(|| ImportError::one(1, "is empty; its first line has to name the columns"))?;
    let mut conversion = Conversion::new(map, header)?;
    while let Some(record) = records.next()? {
        conversion.row(&record);
    }
    conversion.finish()
}

/// Where the columns of the map stand in the file.
struct Header(BTreeMap<String, usize>, usize);

impl Header {
    fn new(map: &Map, record: Record) -> Result<Self, ImportError> {
        let names: Vec<&str> = record.cells.iter().map(|name| name.trim()).collect();
        let mut places = BTreeMap::new();
        let mut problems = Vec::new();
        for (column, used_by) in map.columns() {
            match names.iter().filter(|name| **name == column).count() {
                1 => places.extend(names.iter().position(|name| *name == column).map(|at| (column.to_owned(), at))),
                0 => problems.push(missing(record.line, column, &used_by, &names)),
                _ => problems.push(twice(record.line, column, &used_by)),
            }
        }
        match problems.is_empty() {
            true => Ok(Self(places, names.len())),
            false => Err(ImportError { problems }),
        }
    }
}

fn missing(line: u64, column: &str, used_by: &str, names: &[&str]) -> Problem {
    let sentence = format!("the map reads a column `{column}` ({used_by}); the file has {}", names.join(", "));
    Problem { line, column: None, sentence }
}

fn twice(line: u64, column: &str, used_by: &str) -> Problem {
    let sentence = format!("the map reads a column `{column}` ({used_by}); the file has two of that name, rename one");
    Problem { line, column: None, sentence }
}

/// How many dates of the file leave open whether day or month comes first.
#[derive(Default)]
struct Order {
    in_both: usize,
    /// Whether some date shows it.
    shown: bool,
    other: String,
}

struct Conversion<'map> {
    map: &'map Map,
    header: Header,
    amounts: AmountFormat,
    tables: Tables,
    /// The line of each case.
    lines: BTreeMap<String, u64>,
    order: Order,
    problems: Vec<Problem>,
}

/// One event of the row at hand.
struct Event {
    at: NaiveDate,
    cells: Vec<String>,
}

impl<'map> Conversion<'map> {
    fn new(map: &'map Map, header: Record) -> Result<Self, ImportError> {
        let header = Header::new(map, header)?;
        let amounts =
            AmountFormat { decimal_mark: map.decimal_mark, thousands_mark: map.thousands_mark, decimals: map.decimals };
        let mut tables = Tables::default();
        tables.cases.columns = case_columns(map);
        tables.events.columns = event_columns(map);
        Ok(Self { map, header, amounts, tables, lines: BTreeMap::new(), order: Order::default(), problems: Vec::new() })
    }

    fn row(&mut self, record: &Record) {
        let (have, want) = (record.cells.len(), self.header.1);
        if have != want {
            let sentence = format!("{have} cells where the header has {want}");
            self.problems.push(Problem { line: record.line, column: None, sentence });
            return;
        }
        let case = &self.map.case;
        let id = self.id(record);
        let opened = self.date(record, &case.opened);
        let principal = self.amount(record, &case.principal);
        let due = self.date(record, &case.due);
        let debtor = self.values(record, &self.map.debtor);
        let facts = self.values(record, &self.map.facts);
        let events = self.events(record, &id, opened);
        let dates = [opened, due].map(|date| date.map_or(String::new(), |date| date.to_string()));
        let [opened, due] = dates;
        let mut cells = vec![id, opened, self.map.currency.clone(), principal, due];
        cells.extend(debtor.into_iter().chain(facts));
        self.tables.cases.rows.push(cells);
        self.tables.events.rows.extend(events);
    }

    fn finish(mut self) -> Result<Tables, ImportError> {
        if !self.problems.is_empty() {
            return Err(ImportError { problems: self.problems });
        }
        if self.order.in_both > 0 && !self.order.shown {
            self.tables.notes.push(format!(
                "no date shows whether day or month comes first: {} of them would be other days by `{}`",
                self.order.in_both, self.order.other
            ));
        }
        Ok(self.tables)
    }

    fn report(&mut self, record: &Record, column: &str, sentence: String) {
        let problem = Problem { line: record.line, column: Some(column.to_owned()), sentence };
        // A column that a case and its events both read is wrong once.
        let mut of_this_row = self.problems.iter().rev().take_while(|other| other.line == record.line);
        if !of_this_row.any(|other| *other == problem) {
            self.problems.push(problem);
        }
    }

    fn cell<'row>(&self, record: &'row Record, column: &str) -> &'row str {
        let place = self.header.0.get(column);
        place.and_then(|place| record.cells.get(*place)).map_or("", |cell| cell.trim())
    }

    fn id(&mut self, record: &Record) -> String {
        let column = &self.map.case.id;
        let id = self.cell(record, column).to_owned();
        if id.is_empty() {
            self.report(record, column, "is empty; every case needs an id".to_owned());
        } else if let Some(line) = self.lines.insert(id.clone(), record.line) {
            self.report(record, column, format!("`{id}` stands in line {line} already; every case needs its own id"));
        }
        id
    }

    fn date(&mut self, record: &Record, column: &str) -> Option<NaiveDate> {
        let cell = self.cell(record, column);
        match self.map.dates.read(cell) {
            Ok(date) => {
                self.note_order(cell);
                Some(date)
            }
            Err(sentence) => {
                self.report(record, column, sentence);
                None
            }
        }
    }

    fn note_order(&mut self, cell: &str) {
        self.order.shown |= self.map.dates.shows_order(cell);
        if let Some(other) = self.map.dates.other_reading(cell) {
            self.order.in_both += 1;
            other.clone_into(&mut self.order.other);
        }
    }

    fn amount(&mut self, record: &Record, column: &str) -> String {
        let amount = self.amounts.read(self.cell(record, column));
        amount.unwrap_or_else(|sentence| {
            self.report(record, column, sentence);
            String::new()
        })
    }

    fn values(&mut self, record: &Record, values: &BTreeMap<String, Value>) -> Vec<String> {
        values.values().map(|value| self.value(record, value)).collect()
    }

    fn value(&mut self, record: &Record, value: &Value) -> String {
        match value {
            Value::Always(value) => value.always.clone(),
            Value::Column(column) => self.cell(record, column).to_owned(),
            Value::Translated(value) => {
                let cell = self.cell(record, &value.column);
                value.values.get(cell).cloned().unwrap_or_else(|| {
                    let known = listed(value.values.keys());
                    self.report(record, &value.column, format!("`{cell}` is not in the map; it has {known}"));
                    String::new()
                })
            }
        }
    }

    /// The rows of the event table, by day; those of one day in the order of the map.
    fn events(&mut self, record: &Record, case: &str, opened: Option<NaiveDate>) -> Vec<Vec<String>> {
        let map = self.map;
        let mut events: Vec<Event> = Vec::new();
        for (index, columns) in map.events.iter().enumerate() {
            if self.happened(record, columns)
                && let Some(at) = self.event_day(record, columns, opened)
            {
                let id = event_id(map, case, index);
                let cells = self.event_cells(record, columns, [case.to_owned(), at.to_string(), id]);
                events.push(Event { at, cells });
            }
        }
        events.sort_by_key(|event| event.at);
        events.into_iter().map(|event| event.cells).collect()
    }

    fn happened(&mut self, record: &Record, columns: &EventColumns) -> bool {
        match &columns.when {
            Some(when) => self.holds(record, when),
            None => !self.cell(record, &columns.at).is_empty(),
        }
    }

    fn holds(&mut self, record: &Record, when: &When) -> bool {
        let cell = self.cell(record, &when.column);
        let is = |cells: &[String]| cells.iter().any(|known| known == cell);
        let yes = is(&when.yes);
        if !yes && !is(&when.no) {
            let known = listed(when.yes.iter().chain(&when.no));
            self.report(record, &when.column, format!("`{cell}` is neither yes nor no; the map has {known}"));
        }
        yes
    }

    fn event_day(&mut self, record: &Record, columns: &EventColumns, opened: Option<NaiveDate>) -> Option<NaiveDate> {
        let day = self.date(record, &columns.at)?;
        let Some(at) = day.checked_add_days(Days::new(columns.plus_days.into())) else {
            self.report(record, &columns.at, format!("{} days after {day} there is no calendar", columns.plus_days));
            return None;
        };
        if let Some(opened) = opened.filter(|opened| at < *opened) {
            let event = &columns.event;
            let sentence = format!("the event `{event}` on {at} comes before the case opens, on {opened}");
            self.report(record, &columns.at, sentence);
        }
        Some(at)
    }

    fn event_cells(&mut self, record: &Record, columns: &EventColumns, head: [String; 3]) -> Vec<String> {
        let mut cells: Vec<String> = head.into();
        cells.push(columns.event.clone());
        let parameters = self.tables.events.columns.split_off(cells.len());
        for parameter in &parameters {
            cells.push(match (columns.with.get(parameter), &columns.amount) {
                (Some(value), _) => self.value(record, value),
                (None, Some(amount)) if parameter == "amount" => self.amount(record, amount),
                _ => String::new(),
            });
        }
        self.tables.events.columns.extend(parameters);
        cells
    }
}

/// The case with the event's name; where the map has several of that name, also which of them.
fn event_id(map: &Map, case: &str, index: usize) -> String {
    let same = |events: &[EventColumns], name: &str| events.iter().filter(|event| event.event == name).count();
    let Some(columns) = map.events.get(index) else {
        return case.to_owned();
    };
    let name = &columns.event;
    match same(&map.events, name) {
        1 => format!("{case}-{name}"),
        _ => format!("{case}-{name}-{}", same(&map.events[..=index], name)),
    }
}

fn listed<'cell>(cells: impl Iterator<Item = &'cell String>) -> String {
    let quoted: Vec<String> = cells.map(|cell| format!("`{cell}`")).collect();
    quoted.join(", ")
}

fn case_columns(map: &Map) -> Vec<String> {
    let fixed = ["id", "opened", "currency", "principal", "due"].map(String::from);
    let debtor = map.debtor.keys().map(|field| format!("debtor_{field}"));
    fixed.into_iter().chain(debtor).chain(map.facts.keys().cloned()).collect()
}

fn event_columns(map: &Map) -> Vec<String> {
    let mut columns: Vec<String> = ["case_id", "at", "id", "event"].map(String::from).into();
    for event in &map.events {
        let amount = event.amount.iter().map(|_| "amount");
        for parameter in amount.chain(event.with.keys().map(String::as_str)) {
            if !columns.iter().any(|column| column == parameter) {
                columns.push(parameter.to_owned());
            }
        }
    }
    columns
}
