//! `dunlin import`: other people's files into tables of cases and events.

use crate::args::{Import, ImportCsv, ImportFrom};
use crate::files;
use crate::output::count;
use crate::problem::{Done, Problem};
use crate::tables::{Cell, Column, Kind, TableWriter};
use dunlin_import::{Map, Table};
use std::io::Cursor;
use std::path::Path;

/// Reads the file and writes the tables.
pub fn run(args: &Import) -> Done {
    match &args.from {
        ImportFrom::Csv(args) => csv(args),
    }
}

fn csv(args: &ImportCsv) -> Done {
    let map = files::text(&args.map)?;
    let map = Map::parse(&map).map_err(|error| Problem::input(format!("{}: {error}", args.map.display())))?;
    let input = Cursor::new(files::bytes(&args.input)?);
    let tables = dunlin_import::csv(input, &map).map_err(|error| {
        let lines: Vec<String> =
            error.to_string().lines().map(|line| format!("{}, {line}", args.input.display())).collect();
        Problem::input(lines.join("\n"))
    })?;
    files::make_folder(&args.output)?;
    write(&args.output.join("cases.csv"), &tables.cases)?;
    write(&args.output.join("events.csv"), &tables.events)?;
    for note in &tables.notes {
        eprintln!("{note}");
    }
    files::print(&format!(
        "{}: {} and {}\n",
        args.output.display(),
        count(tables.cases.rows.len(), "case", "cases"),
        count(tables.events.rows.len(), "event", "events")
    ))
}

fn write(path: &Path, table: &Table) -> Done {
    let columns = table.columns.iter().map(|name| Column::new(name, Kind::Text)).collect();
    let mut writer = TableWriter::create(path, columns).map_err(Problem::failed)?;
    for row in &table.rows {
        let cells = row.iter().map(|cell| if cell.is_empty() { Cell::Absent } else { Cell::Text(cell) });
        let cells: Vec<Cell<'_>> = cells.collect();
        writer.write(&cells).map_err(Problem::failed)?;
    }
    writer.finish().map_err(Problem::failed)
}
