//! JSON with the line of every value, so that a message can say where in a file something is wrong.
//!
//! Texts and numbers are read by `serde_json`; only the structure is walked here, because `serde_json` forgets lines.

use crate::error::Problem;

/// Deeper files are no case and no event.
const DEEPEST: u32 = 32;

/// A value and the line that it begins on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// From 1.
    pub line: u64,
    pub value: Value,
}

/// What stands there. A number is kept as it is written: amounts must not pass through floats.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Value {
    /// What it is, in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(yes) => yes.to_string(),
            Self::Number(number) => number.clone(),
            Self::Text(text) => format!("\"{text}\""),
            Self::List(_) => "a list".into(),
            Self::Object(_) => "an object".into(),
        }
    }
}

impl Node {
    /// A value of a table's row, which stands on that line.
    pub(crate) fn from_value(line: u64, value: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        let value = match value {
            Json::Null => Value::Null,
            Json::Bool(yes) => Value::Bool(*yes),
            Json::Number(number) => Value::Number(number.to_string()),
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::List(items.iter().map(|v| Self::from_value(line, v)).collect()),
            Json::Object(fields) => {
                Value::Object(fields.iter().map(|(k, v)| (k.clone(), Self::from_value(line, v))).collect())
            }
        };
        Self { line, value }
    }
}

/// Reads one JSON value; the first line has the number `first_line`.
///
/// # Errors
/// The first place that is no JSON, or a field that stands twice.
pub(crate) fn parse(text: &str, first_line: u64) -> Result<Node, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser { text, at: 0, line: first_line, depth: 0 };
    let node = parser.value()?;
    parser.space();
    if parser.at < text.len() {
        return Err(parser.wrong("something stands after the end of the JSON value"));
    }
    Ok(node)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    line: u64,
    depth: u32,
}

impl<'t> Parser<'t> {
    fn wrong(&self, sentence: impl Into<String>) -> Problem {
        Problem::on_line(self.line, sentence)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.line += u64::from(byte == b'\n');
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Result<Node, Problem> {
        self.space();
        let line = self.line;
        let value = match self.peek() {
            None => return Err(self.wrong("the file ends where a value is expected; part of it is missing")),
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(_) => self.word()?,
        };
        Ok(Node { line, value })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, Problem>) -> Result<Value, Problem> {
        if self.depth == DEEPEST {
            return Err(self.wrong(format!("lists and objects may stand {DEEPEST} deep")));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn list(&mut self) -> Result<Value, Problem> {
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value()?);
            if !self.goes_on(b']', "]")? {
                return Ok(Value::List(items));
            }
        }
    }

    fn object(&mut self) -> Result<Value, Problem> {
        let mut fields: Vec<(String, Node)> = Vec::new();
        if self.take(b'}') {
            return Ok(Value::Object(fields));
        }
        loop {
            let name = self.field_name()?;
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(self.wrong(format!("the field `{name}` stands twice")));
            }
            fields.push((name, self.value()?));
            if !self.goes_on(b'}', "}")? {
                return Ok(Value::Object(fields));
            }
        }
    }

    fn field_name(&mut self) -> Result<String, Problem> {
        self.space();
        if self.peek() != Some(b'"') {
            return Err(self.wrong(self.instead("a field's name in quotes")));
        }
        let name = self.string()?;
        if !self.take(b':') {
            return Err(self.wrong(format!("`:` is missing after the field's name \"{name}\"")));
        }
        Ok(name)
    }

    /// Whether a comma follows, or else the closing bracket.
    fn goes_on(&mut self, close: u8, bracket: &str) -> Result<bool, Problem> {
        if self.take(b',') {
            return Ok(true);
        }
        if self.take(close) {
            return Ok(false);
        }
        Err(self.wrong(self.instead(&format!("`,` or `{bracket}`"))))
    }

    fn instead(&self, expected: &str) -> String {
        match self.text[self.at..].chars().next() {
            None => format!("the file ends where {expected} is expected; part of it is missing"),
            Some(found) => format!("`{found}` stands where {expected} is expected"),
        }
    }

    fn string(&mut self) -> Result<String, Problem> {
        let start = self.at;
        let mut escaped = false;
        for (offset, character) in self.text[start + 1..].char_indices() {
            match character {
                '\n' => break,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    self.at = start + offset + 2;
                    let read = serde_json::from_str(&self.text[start..self.at]);
                    return read.map_err(|_| self.wrong("a text has an escape that JSON does not know"));
                }
                _ => {}
            }
        }
        Err(self.wrong("a text is not closed on its line; part of the file may be missing"))
    }

    fn word(&mut self) -> Result<Value, Problem> {
        let rest: &'t str = &self.text[self.at..];
        let end = rest.find([' ', '\t', '\r', '\n', ',', ']', '}', ':', '"']).unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        match word {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ if serde_json::from_str::<serde_json::Number>(word).is_ok() => Ok(Value::Number(word.into())),
            _ => Err(self.wrong(format!("`{}` is no JSON value; texts stand in double quotes", short(rest, end)))),
        }
    }
}

fn short(rest: &str, end: usize) -> String {
    rest[..end.max(1).min(rest.len())].chars().take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_of(text: &str) -> u64 {
        parse(text, 1).unwrap_err().line.unwrap()
    }

    #[test]
    fn values_know_their_lines() {
        let node = parse("{\n \"a\": [1,\n  2.50],\n \"b\": \"x\\ny\"}", 1).unwrap();
        let Value::Object(fields) = node.value else { panic!("an object") };
        assert_eq!((fields[0].1.line, fields[1].1.line), (2, 4));
        let Value::List(items) = &fields[0].1.value else { panic!("a list") };
        assert_eq!(items[1], Node { line: 3, value: Value::Number("2.50".into()) });
        assert_eq!(fields[1].1.value, Value::Text("x\ny".into()));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_line() {
        assert_eq!(line_of("{\"a\": 1,\n\"a\": 2}"), 2);
        assert_eq!(line_of("{\"a\":\n\n 1"), 3);
        assert_eq!(line_of("\n\n{\"a\" 1}"), 3);
        for text in ["", "{", "[1 2]", "{\"a\": yes}", "\"open", "1 2", "é", "{,}", "\"\\q\""] {
            assert!(parse(text, 1).is_err(), "{text}");
        }
        assert!(parse(&"[".repeat(100_000), 1).is_err());
    }
}
