//! JSON lines: one object per line, each field a column.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::read::{Input, Lines, Row, Rows};
use super::{Source, TableError};

pub(super) fn read(source: Source, input: Input) -> Result<(Vec<String>, Rows), TableError> {
    let mut reader = Reader { lines: Lines::new(source, input), first: None };
    let Some(first) = reader.object().transpose()? else {
        return Ok((Vec::new(), Box::new(reader)));
    };
    let columns: Vec<String> = first.cells.keys().cloned().collect();
    reader.lines.source.check_column_names(&columns)?;
    reader.first = Some(reader.filled(first));
    Ok((columns, Box::new(reader)))
}

struct Reader {
    lines: Lines,
    /// The first row, read early for the names of its fields.
    first: Option<Result<Row, TableError>>,
}

impl Iterator for Reader {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let object = self.object()?;
        Some(object.and_then(|row| self.filled(row)))
    }
}

impl Reader {
    /// The next line as it stands, nulls included.
    fn object(&mut self) -> Option<Result<Row, TableError>> {
        let mut text = Vec::new();
        match self.lines.next_filled(&mut text) {
            Ok(true) => Some(self.parse(&text)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }

    fn parse(&self, text: &[u8]) -> Result<Row, TableError> {
        let (line, source) = (self.lines.line, &self.lines.source);
        let text =
            str::from_utf8(text).map_err(|_| source.in_row(line, "this is not UTF-8 text; save the table as UTF-8"))?;
        let object: Object = serde_json::from_str(text).map_err(|error| source.in_row(line, in_words(&error)))?;
        Ok(Row { line, cells: object.0 })
    }

    /// The row without its nulls, refused if it holds a number that is not exact.
    fn filled(&self, mut row: Row) -> Result<Row, TableError> {
        row.cells.retain(|_, value| !value.is_null());
        for (column, value) in &row.cells {
            if let Some(number) = inexact(value) {
                let problem = format_args!(
                    "{number} is not kept exactly by every program; write amounts and other \
                     fractions as text, such as \"120.50\""
                );
                return Err(self.lines.source.in_cell(row.line, column, problem));
            }
        }
        Ok(row)
    }
}

/// The first number in `value` that is not a whole number of 64 bits.
fn inexact(value: &Value) -> Option<&Value> {
    match value {
        Value::Number(number) if number.is_f64() => Some(value),
        Value::Array(items) => items.iter().find_map(inexact),
        Value::Object(fields) => fields.values().find_map(inexact),
        _ => None,
    }
}

/// The parser's message without its line, which is always 1 here.
fn in_words(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let problem = message.split(" at line ").next().unwrap_or(&message);
    if error.is_data() {
        return problem.to_owned();
    }
    format!("this is not JSON: {problem} at character {}", error.column())
}

/// A JSON object that refuses a field that stands twice.
struct Object(Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Object;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON object on each line: {\"id\": \"4711\", …}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Object, A::Error> {
        let mut fields = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format_args!("`{name}` stands twice; remove one")));
            }
            fields.insert(name, value);
        }
        Ok(Object(fields))
    }
}
