//! Writes a table with a fixed set of columns. The same rows give the same bytes. A table is
//! written beside its place and put there when it is complete, so that a run that was broken off
//! leaves no half table that looks whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value};

use super::columnar::Sheet;
use super::{Format, Layout, Packing, Source, TableError, csv};

/// What a column holds. Every column may lack a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Int,
    /// A decimal number with this many places, at most 18: money with the places of its currency.
    Decimal(u8),
    /// A calendar day.
    Date,
    /// A point in time, written in UTC.
    Instant,
    /// Yes or no.
    Bool,
}

/// A column: its name, unique in the table, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As it stands in the header.
    pub name: String,
    /// What every cell that is not absent holds.
    pub kind: Kind,
}

impl Column {
    /// A column of this name and kind.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind }
    }
}

/// One cell to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing. In CSV an empty text reads back as absent too.
    Absent,
    /// Text.
    Text(&'a str),
    /// A whole number.
    Int(i64),
    /// An amount in units of the column's last place: cents for two places.
    Decimal(i64),
    /// Days since 1970-01-01, in the years 0 to 9999.
    Date(i32),
    /// Seconds since 1970-01-01T00:00:00Z, in the years 0 to 9999.
    Instant(i64),
    /// Yes or no.
    Bool(bool),
}

/// A table that is being written; nothing stands in its place until `finish`.
pub struct TableWriter {
    source: Source,
    columns: Vec<Column>,
    rows: u64,
    path: PathBuf,
    partial: PathBuf,
    sink: Sink,
}

impl TableWriter {
    /// Begins the table at `path`, in the format that its ending names.
    ///
    /// Fails if the ending is unknown, the file cannot be made, a column name stands twice, or a
    /// decimal column has more than 18 places.
    pub fn create(path: &Path, columns: Vec<Column>) -> Result<Self, TableError> {
        let format = Format::of(path)?;
        let source = Source::new(path, format);
        check_columns(&source, &columns)?;
        let partial = PathBuf::from(format!("{}.partial", path.display()));
        let sink = Sink::create(&partial, format, &columns);
        let sink = sink.map_err(|error| cannot_write(&source, &error))?;
        Ok(Self { source, columns, rows: 0, path: path.to_owned(), partial, sink })
    }

    /// Adds a row, its cells in the order of the columns.
    ///
    /// Fails if the cells do not fit the columns, a date lies outside the years 0 to 9999, or the
    /// file cannot be written.
    pub fn write(&mut self, cells: &[Cell<'_>]) -> Result<(), TableError> {
        self.rows += 1;
        if cells.len() != self.columns.len() {
            let (have, want) = (cells.len(), self.columns.len());
            let problem = format_args!("{have} cells for {want} columns");
            return Err(self.source.in_row(self.rows, problem));
        }
        let mut values = Vec::with_capacity(cells.len());
        for (column, cell) in self.columns.iter().zip(cells) {
            let value = column.kind.value(*cell);
            values.push(value.ok_or_else(|| self.misfit(column, *cell))?);
        }
        let written = match &mut self.sink {
            Sink::Csv(out) => csv::write_record(out, &values.iter().map(plain).collect::<Vec<_>>()),
            Sink::JsonLines(out) => write_object(out, &self.columns, values),
            Sink::Parquet(sheet) => sheet.write(cells),
        };
        written.map_err(|error| cannot_write(&self.source, &error))
    }

    fn misfit(&self, column: &Column, cell: Cell<'_>) -> TableError {
        let problem = format!("{cell:?} does not fit a column of {:?}", column.kind);
        self.source.in_cell(self.rows, &column.name, problem)
    }

    /// Completes the table and puts it in its place.
    pub fn finish(self) -> Result<(), TableError> {
        let Self { source, path, partial, sink, .. } = self;
        let finished = sink.finish().and_then(|()| fs::rename(&partial, &path));
        finished.map_err(|error| cannot_write(&source, &error))
    }
}

fn cannot_write(source: &Source, error: &io::Error) -> TableError {
    source.about(format_args!("cannot be written: {error}"))
}

fn check_columns(source: &Source, columns: &[Column]) -> Result<(), TableError> {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    source.check_column_names(&names)?;
    match columns.iter().find(|column| matches!(column.kind, Kind::Decimal(19..))) {
        Some(column) => Err(source.about(format_args!("has more than 18 places in `{}`", column.name))),
        None => Ok(()),
    }
}

impl Kind {
    /// The cell as JSON lines have it; `None` if it is of another kind or out of range.
    fn value(self, cell: Cell<'_>) -> Option<Value> {
        Some(match (self, cell) {
            (_, Cell::Absent) => Value::Null,
            (Kind::Text, Cell::Text(text)) => text.into(),
            (Kind::Int, Cell::Int(number)) => number.into(),
            (Kind::Decimal(places), Cell::Decimal(units)) => decimal(units, places).into(),
            (Kind::Date, Cell::Date(days)) => date(days)?.into(),
            (Kind::Instant, Cell::Instant(seconds)) => instant(seconds)?.into(),
            (Kind::Bool, Cell::Bool(yes)) => yes.into(),
            _ => return None,
        })
    }
}

fn decimal(units: i64, places: u8) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let places = usize::from(places);
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = places + 1);
    match digits.split_at(digits.len() - places) {
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    }
}

/// The day as the language writes it; `None` outside of the years 0 to 9999.
pub(super) fn date(days: i32) -> Option<String> {
    let date = NaiveDate::from_epoch_days(days)?;
    has_four_digits(date).then(|| date.to_string())
}

fn instant(seconds: i64) -> Option<String> {
    let instant = DateTime::from_timestamp(seconds, 0)?;
    let written = instant.to_rfc3339_opts(SecondsFormat::Secs, true);
    has_four_digits(instant.date_naive()).then_some(written)
}

/// ISO 8601 and RFC 3339 write years with four digits.
pub(super) fn has_four_digits(date: NaiveDate) -> bool {
    (0..=9999).contains(&date.year())
}

/// As Parquet keeps it; every instant of four-digit years fits.
pub(super) fn microseconds(seconds: i64) -> Option<i64> {
    seconds.checked_mul(1_000_000)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Absent cells are written as null, so that the first line names every column.
fn write_object(out: &mut Stream, columns: &[Column], values: Vec<Value>) -> io::Result<()> {
    let names = columns.iter().map(|column| column.name.clone());
    let object: Map<String, Value> = names.zip(values).collect();
    serde_json::to_writer(&mut *out, &object)?;
    out.write_all(b"\n")
}

enum Sink {
    Csv(Stream),
    JsonLines(Stream),
    Parquet(Box<Sheet>),
}

impl Sink {
    fn create(path: &Path, format: Format, columns: &[Column]) -> io::Result<Self> {
        let file = File::create(path)?;
        Ok(match format.layout {
            Layout::Csv => {
                let mut out = Stream::new(file, format.packing)?;
                let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
                csv::write_record(&mut out, &names)?;
                Self::Csv(out)
            }
            Layout::JsonLines => Self::JsonLines(Stream::new(file, format.packing)?),
            Layout::Parquet => Self::Parquet(Box::new(Sheet::new(file, columns)?)),
        })
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Csv(out) | Self::JsonLines(out) => out.finish(),
            Self::Parquet(sheet) => sheet.finish(),
        }
    }
}

/// A text file on its way through a compressor.
enum Stream {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl Stream {
    fn new(file: File, packing: Packing) -> io::Result<Self> {
        let file = BufWriter::new(file);
        Ok(match packing {
            Packing::Plain => Self::Plain(file),
            Packing::Gzip => Self::Gzip(GzEncoder::new(file, Compression::default())),
            Packing::Zstd => Self::Zstd(zstd::Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL)?),
        })
    }

    fn finish(self) -> io::Result<()> {
        let mut file = match self {
            Self::Plain(file) => file,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstd(encoder) => encoder.finish()?,
        };
        file.flush()
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(out) => out.write(bytes),
            Self::Zstd(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(out) => out.flush(),
            Self::Zstd(out) => out.flush(),
        }
    }
}
