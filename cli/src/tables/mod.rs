//! Tables of cases and events: CSV, JSON lines and Parquet behind one reader and one writer,
//! chosen by the ending of the file's name. Everything that is wrong with a table is said with
//! the file, the line and the column; nothing here knows what a case or an event is.

mod columnar;
mod csv;
mod jsonl;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub use read::{Row, Table};
pub use write::{Cell, Column, Kind, TableWriter};

/// What is wrong with a table, as one sentence that names the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError {
    sentence: String,
}

impl fmt::Display for TableError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.sentence)
    }
}

impl std::error::Error for TableError {}

/// The file a table comes from, as messages name it. Cheap to clone, so a caller can keep it to
/// report what it finds in a row itself.
#[derive(Debug, Clone)]
pub struct Source {
    file: Arc<str>,
    format: Format,
}

impl Source {
    fn new(path: &Path, format: Format) -> Self {
        Self { file: path.display().to_string().into(), format }
    }

    /// The file as the user named it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// A sentence about the whole file; `problem` goes on after the file's name.
    pub fn about(&self, problem: impl fmt::Display) -> TableError {
        TableError { sentence: format!("{} {problem}", self.file) }
    }

    /// A sentence about one row.
    pub fn in_row(&self, line: u64, problem: impl fmt::Display) -> TableError {
        TableError { sentence: format!("{}, {} {line}: {problem}", self.file, self.unit()) }
    }

    /// A sentence about one cell.
    pub fn in_cell(&self, line: u64, column: &str, problem: impl fmt::Display) -> TableError {
        self.in_row(line, format_args!("column `{column}`: {problem}"))
    }

    /// What `Row::line` counts in this file.
    fn unit(&self) -> &'static str {
        match self.format.layout {
            Layout::Parquet => "row",
            Layout::Csv | Layout::JsonLines => "line",
        }
    }

    fn cannot_open(&self, error: &io::Error) -> TableError {
        match error.kind() {
            io::ErrorKind::NotFound => self.about("does not exist"),
            io::ErrorKind::PermissionDenied => self.about("may not be read by this user"),
            _ => self.about(format_args!("cannot be opened: {error}")),
        }
    }

    /// Reading broke off behind `line`.
    fn broken(&self, line: u64, error: &io::Error) -> TableError {
        let place = match line {
            0 => String::new(),
            _ => format!(" after {} {line}", self.unit()),
        };
        match (self.format.packing.name(), error.kind()) {
            (Some(packing), io::ErrorKind::UnexpectedEof) => {
                self.about(format_args!("ends in the middle of its {packing} data{place}: part of the file is missing"))
            }
            (Some(packing), _) => self.about(format_args!(
                "cannot be read{place}: its {packing} data is damaged, or it is no {packing} file ({error})"
            )),
            (None, _) => self.about(format_args!("cannot be read{place}: {error}")),
        }
    }

    fn check_column_names(&self, columns: &[String]) -> Result<(), TableError> {
        let mut seen = BTreeSet::new();
        for (index, name) in columns.iter().enumerate() {
            if name.is_empty() {
                let number = index + 1;
                return Err(self.about(format_args!("has no name for its column {number}")));
            }
            if !seen.insert(name) {
                return Err(self.about(format_args!("has two columns `{name}`; rename one")));
            }
        }
        Ok(())
    }
}

/// How a table's rows are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Csv,
    JsonLines,
    Parquet,
}

/// How the whole file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    fn name(self) -> Option<&'static str> {
        match self {
            Packing::Plain => None,
            Packing::Gzip => Some("gzip"),
            Packing::Zstd => Some("zstd"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Format {
    layout: Layout,
    packing: Packing,
}

impl Format {
    /// Reads the ending of a file's name; capitals make no difference.
    fn of(path: &Path) -> Result<Self, TableError> {
        let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
        let name = name.unwrap_or_default();
        let (stem, packing) = if let Some(stem) = name.strip_suffix(".gz") {
            (stem, Packing::Gzip)
        } else if let Some(stem) = name.strip_suffix(".zst") {
            (stem, Packing::Zstd)
        } else {
            (name.as_str(), Packing::Plain)
        };
        let layout = match stem.rsplit_once('.').map(|(_, ending)| ending) {
            Some("csv") => Layout::Csv,
            Some("jsonl" | "ndjson") => Layout::JsonLines,
            Some("parquet") => Layout::Parquet,
            _ => return Err(unknown_ending(path)),
        };
        if layout == Layout::Parquet && packing != Packing::Plain {
            let sentence = format!(
                "{} is packed twice: Parquet compresses by itself; unpack it to a .parquet file",
                path.display()
            );
            return Err(TableError { sentence });
        }
        Ok(Self { layout, packing })
    }
}

fn unknown_ending(path: &Path) -> TableError {
    TableError {
        sentence: format!(
            "{} is no table by the ending of its name; a table ends in .csv, .jsonl or .parquet \
             (.csv and .jsonl also with .gz or .zst behind)",
            path.display()
        ),
    }
}
