//! Opens a table by its ending and hands out its rows one at a time; CSV and JSON lines never
//! hold more than one row in memory, Parquet one batch.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use serde_json::{Map, Value};

use super::{Format, Layout, Packing, Source, TableError, columnar, csv, jsonl};

/// One row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Where the row begins: the line of the file, or in Parquet the row; both count from 1.
    pub line: u64,
    /// The cells that hold something, by column, in the order of the columns. An empty CSV cell
    /// and a null are absent. CSV gives text; JSON lines what the line says; Parquet gives
    /// booleans and whole numbers as such, and everything else as text: dates `2026-01-05`,
    /// instants in RFC 3339, decimals with all their places.
    pub cells: Map<String, Value>,
}

pub(super) type Rows = Box<dyn Iterator<Item = Result<Row, TableError>> + Send>;
pub(super) type Input = Box<dyn BufRead + Send>;

/// A table that is open for reading: an iterator over its rows.
///
/// A row that is wrong in itself is an error and the next row follows; after a file that cannot
/// be read further the iterator ends.
pub struct Table {
    source: Source,
    columns: Vec<String>,
    rows: Rows,
}

impl Table {
    /// Opens a table and reads its header.
    ///
    /// Fails if the ending is unknown, the file missing, empty or damaged, or if a column name
    /// is empty or stands twice. A `.jsonl` file without lines is a table without rows.
    pub fn open(path: &Path) -> Result<Self, TableError> {
        let source = Source::new(path, Format::of(path)?);
        let file = File::open(path).map_err(|error| source.cannot_open(&error))?;
        refuse_empty(&source, &file)?;
        let (columns, rows) = match source.format.layout {
            Layout::Csv => csv::read(source.clone(), unpack(&source, file)?)?,
            Layout::JsonLines => jsonl::read(source.clone(), unpack(&source, file)?)?,
            Layout::Parquet => columnar::read(source.clone(), file)?,
        };
        Ok(Self { source, columns, rows })
    }

    /// The names of the columns in their order; of JSON lines, the fields of the first line.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The file, to report what is wrong in a row.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Fails with the first of `names` that is no column of this table. JSON lines without any
    /// line lack nothing.
    pub fn require(&self, names: &[&str]) -> Result<(), TableError> {
        let missing = names.iter().find(|name| !self.columns.iter().any(|column| column == *name));
        match missing {
            Some(name) if !self.columns.is_empty() => {
                Err(self.source.about(format_args!("has no column `{name}`; it has: {}", self.columns.join(", "))))
            }
            _ => Ok(()),
        }
    }
}

impl Iterator for Table {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rows.next()
    }
}

fn refuse_empty(source: &Source, file: &File) -> Result<(), TableError> {
    let may_be_empty = source.format == Format { layout: Layout::JsonLines, packing: Packing::Plain };
    let facts = file.metadata().map_err(|error| source.cannot_open(&error))?;
    if facts.is_file() && facts.len() == 0 && !may_be_empty {
        return Err(source.about("is empty"));
    }
    Ok(())
}

fn unpack(source: &Source, file: File) -> Result<Input, TableError> {
    let file = BufReader::new(file);
    Ok(match source.format.packing {
        Packing::Plain => Box::new(file),
        // Several gzip members in one file are one text: log shippers append them.
        Packing::Gzip => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        Packing::Zstd => {
            let decoder = zstd::Decoder::with_buffer(file);
            Box::new(BufReader::new(decoder.map_err(|error| source.broken(0, &error))?))
        }
    })
}

/// Reads a text file line by line and counts.
pub(super) struct Lines {
    pub source: Source,
    input: Input,
    /// The number of lines read.
    pub line: u64,
    done: bool,
}

impl Lines {
    pub fn new(source: Source, input: Input) -> Self {
        Self { source, input, line: 0, done: false }
    }

    /// Appends the next line, its line break included, to `buffer`; `false` at the end.
    pub fn append_to(&mut self, buffer: &mut Vec<u8>) -> Result<bool, TableError> {
        if self.done {
            return Ok(false);
        }
        match self.input.read_until(b'\n', buffer) {
            Ok(0) => self.done = true,
            Ok(_) => self.line += 1,
            Err(error) => {
                self.done = true;
                return Err(self.source.broken(self.line, &error));
            }
        }
        Ok(!self.done)
    }

    /// The next line that is not blank, in `buffer`; `false` at the end.
    pub fn next_filled(&mut self, buffer: &mut Vec<u8>) -> Result<bool, TableError> {
        loop {
            buffer.clear();
            if !self.append_to(buffer)? {
                return Ok(false);
            }
            if self.line == 1 && buffer.starts_with(BYTE_ORDER_MARK) {
                buffer.drain(..BYTE_ORDER_MARK.len());
            }
            if !buffer.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }
}

/// Spreadsheets put it in front of UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
