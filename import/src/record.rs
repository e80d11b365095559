//! Rows of a CSV file (RFC 4180) with the line that each begins on.
//!
//! Our own because a quote that is never closed has to be an error: it would swallow rows in silence.

use std::io::BufRead;

use crate::ImportError;

/// A row.
pub(crate) struct Record {
    /// From 1.
    pub(crate) line: u64,
    pub(crate) cells: Vec<String>,
}

/// The rows of a file, blank lines left out.
pub(crate) struct Records<R> {
    input: R,
    separator: char,
    /// The line read last.
    line: u64,
}

impl<R: BufRead> Records<R> {
    pub(crate) fn new(input: R, separator: char) -> Self {
        Self { input, separator, line: 0 }
    }

    /// The next row; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Record>, ImportError> {
        loop {
            let Some(text) = self.read_line()? else {
                return Ok(None);
            };
            if !text.trim().is_empty() {
                return self.record(&text).map(Some);
            }
        }
    }

    /// One line with its line break; a mark of byte order before the first is no text.
    fn read_line(&mut self) -> Result<Option<String>, ImportError> {
        let mut bytes = Vec::new();
        let read = self.input.read_until(b'\n', &mut bytes);
        let read = read.map_err(|error| ImportError::one(self.line, format!("cannot be read further: {error}")))?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        let text = String::from_utf8(bytes)
            .map_err(|_| ImportError::one(self.line, "this is not UTF-8 text; save the file as UTF-8"))?;
        Ok(Some(match (self.line, text.strip_prefix('\u{feff}')) {
            (1, Some(rest)) => rest.to_owned(),
            _ => text,
        }))
    }

    /// The row that begins with `text`; reads on while a quote is open.
    fn record(&mut self, text: &str) -> Result<Record, ImportError> {
        let line = self.line;
        let mut splitter = Splitter::new(self.separator);
        splitter.take(text).map_err(|problem| ImportError::one(line, problem))?;
        while splitter.at == At::Quoted {
            let next = self.read_line()?;
            let next = next.ok_or_else(|| ImportError::one(line, "a quote is opened in this row and never closed"))?;
            splitter.take(&next).map_err(|problem| ImportError::one(line, problem))?;
        }
        Ok(Record { line, cells: splitter.finish() })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// Behind a quote in a quoted cell: its end, or the first half of a doubled quote.
    Quote,
}

struct Splitter {
    separator: char,
    at: At,
    cell: String,
    cells: Vec<String>,
}

impl Splitter {
    fn new(separator: char) -> Self {
        Self { separator, at: At::Start, cell: String::new(), cells: Vec::new() }
    }

    fn take(&mut self, text: &str) -> Result<(), &'static str> {
        for character in text.chars() {
            self.at = match (self.at, character) {
                (At::Start, '"') => At::Quoted,
                (At::Quoted, '"') => At::Quote,
                (At::Quoted, _) | (At::Quote, '"') => self.keep(character, At::Quoted),
                (_, other) if other == self.separator => self.end_cell(),
                (at, '\r' | '\n') => at,
                (At::Quote, _) => {
                    return Err("text follows the closing quote of a cell; write a quote inside a cell twice");
                }
                (At::Start | At::Plain, _) => self.keep(character, At::Plain),
            };
        }
        Ok(())
    }

    fn keep(&mut self, character: char, at: At) -> At {
        self.cell.push(character);
        at
    }

    fn end_cell(&mut self) -> At {
        self.cells.push(std::mem::take(&mut self.cell));
        At::Start
    }

    fn finish(mut self) -> Vec<String> {
        self.cells.push(self.cell);
        self.cells
    }
}
