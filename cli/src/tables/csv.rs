//! CSV as RFC 4180 has it. The reader is our own because messages need the line that a row
//! begins on, also behind blank lines and `\r\n`, and because a quote that is never closed has to
//! be an error: it would swallow rows in silence.

use std::io::{self, Write};
use std::mem;

use serde_json::{Map, Value};

use super::read::{Input, Lines, Row, Rows};
use super::{Source, TableError};

pub(super) fn read(source: Source, input: Input) -> Result<(Vec<String>, Rows), TableError> {
    let mut lines = Lines::new(source.clone(), input);
    let mut line = Vec::new();
    if !lines.next_filled(&mut line)? {
        return Err(source.about("is empty: its first line has to name the columns"));
    }
    let mut reader = Reader { separator: separator(&line), columns: Vec::new(), lines };
    let header_line = reader.lines.line;
    let columns = header(&source, header_line, reader.record(line)?)?;
    reader.columns.clone_from(&columns);
    Ok((columns, Box::new(reader)))
}

/// Spreadsheets in countries with a decimal comma separate cells by semicolons.
fn separator(header: &[u8]) -> u8 {
    let used = |byte: &u8| header.contains(byte);
    [b',', b';', b'\t'].into_iter().find(used).unwrap_or(b',')
}

fn header(source: &Source, line: u64, cells: Vec<Vec<u8>>) -> Result<Vec<String>, TableError> {
    let columns: Result<Vec<String>, _> = cells.into_iter().map(String::from_utf8).collect();
    let columns = columns.map_err(|_| source.in_row(line, NOT_UTF8))?;
    let columns: Vec<String> = columns.iter().map(|name| name.trim().to_owned()).collect();
    source.check_column_names(&columns)?;
    Ok(columns)
}

const NOT_UTF8: &str = "this is not UTF-8 text; save the table as UTF-8";

struct Reader {
    lines: Lines,
    separator: u8,
    columns: Vec<String>,
}

impl Iterator for Reader {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        match self.lines.next_filled(&mut line) {
            Ok(true) => Some(self.row(line)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl Reader {
    fn row(&mut self, first_line: Vec<u8>) -> Result<Row, TableError> {
        let line = self.lines.line;
        let record = self.record(first_line)?;
        let source = &self.lines.source;
        let (have, want) = (record.len(), self.columns.len());
        if have != want {
            let problem = format_args!("{} where the header has {want}", counted(have));
            return Err(source.in_row(line, problem));
        }
        let mut cells = Map::new();
        for (column, bytes) in self.columns.iter().zip(record) {
            let text = String::from_utf8(bytes).map_err(|_| source.in_cell(line, column, NOT_UTF8))?;
            if !text.is_empty() {
                cells.insert(column.clone(), Value::String(text));
            }
        }
        Ok(Row { line, cells })
    }

    /// The cells of the record that begins with `line`; reads on while a quote is open.
    fn record(&mut self, mut line: Vec<u8>) -> Result<Vec<Vec<u8>>, TableError> {
        let begins = self.lines.line;
        let mut splitter = Splitter::new(self.separator);
        loop {
            if !splitter.take(&line) {
                let problem = "text follows the closing quote of a cell; write a quote inside a \
                               cell twice (\"\")";
                return Err(self.lines.source.in_row(begins, problem));
            }
            if splitter.at != At::Quoted {
                return Ok(splitter.finish());
            }
            line.clear();
            if !self.lines.append_to(&mut line)? {
                let problem = "a quote is opened in this row and never closed";
                return Err(self.lines.source.in_row(begins, problem));
            }
        }
    }
}

fn counted(cells: usize) -> String {
    match cells {
        1 => "1 cell".to_owned(),
        _ => format!("{cells} cells"),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    CellStart,
    Plain,
    Quoted,
    /// Behind a quote within a quoted cell: its end, or the first half of a doubled quote.
    Quote,
}

struct Splitter {
    separator: u8,
    at: At,
    cell: Vec<u8>,
    cells: Vec<Vec<u8>>,
}

impl Splitter {
    fn new(separator: u8) -> Self {
        Self { separator, at: At::CellStart, cell: Vec::new(), cells: Vec::new() }
    }

    /// Takes one line with its line break; `false` if text follows a closing quote.
    fn take(&mut self, line: &[u8]) -> bool {
        for &byte in line {
            self.at = match (self.at, byte) {
                (At::CellStart, b'"') => At::Quoted,
                (At::Quoted, b'"') => At::Quote,
                (At::Quoted, _) | (At::Quote, b'"') => {
                    self.cell.push(byte);
                    At::Quoted
                }
                (_, byte) if byte == self.separator => {
                    self.cells.push(mem::take(&mut self.cell));
                    At::CellStart
                }
                (At::Quote, b'\r' | b'\n') => At::Quote,
                (At::Quote, _) => return false,
                (_, b'\n') => self.end_of_plain_line(),
                (_, _) => {
                    self.cell.push(byte);
                    At::Plain
                }
            };
        }
        true
    }

    fn end_of_plain_line(&mut self) -> At {
        if self.cell.last() == Some(&b'\r') {
            self.cell.pop();
        }
        At::Plain
    }

    fn finish(mut self) -> Vec<Vec<u8>> {
        self.cells.push(self.cell);
        self.cells
    }
}

/// Writes one record; a lone empty cell is quoted, or its line would be blank.
pub(super) fn write_record(out: &mut impl Write, cells: &[String]) -> io::Result<()> {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        let alone_and_blank = cells.len() == 1 && cell.trim_ascii().is_empty();
        if alone_and_blank || cell.contains(['"', ',', ';', '\t', '\r', '\n']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\n")
}
