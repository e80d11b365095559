//! What is written reads back the same, in every format; what is wrong is said in full.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int64Array, NullArray, RecordBatch,
    Time32MillisecondArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt8Array,
};
use parquet::arrow::ArrowWriter;
use parquet::data_type::{Int96, Int96Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Cell, Column, Kind, Row, Table, TableError, TableWriter};

const ENDINGS: [&str; 7] = ["csv", "csv.gz", "csv.zst", "jsonl", "jsonl.gz", "jsonl.zst", "parquet"];

/// A folder that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = format!("dunlin-tables-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The sentence with only the file's own name.
    fn sentence(&self, error: &TableError) -> String {
        error.to_string().replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn rows(path: &Path) -> Vec<Row> {
    Table::open(path).unwrap().map(Result::unwrap).collect()
}

fn cells(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("id", Kind::Text),
        Column::new("days", Kind::Int),
        Column::new("principal", Kind::Decimal(2)),
        Column::new("opened", Kind::Date),
        Column::new("at", Kind::Instant),
        Column::new("titled", Kind::Bool),
    ]
}

const FULL: [Cell<'_>; 6] = [
    Cell::Text("Müller; \"Söhne\",\r\nKöln"),
    Cell::Int(-3),
    Cell::Decimal(12_050),
    Cell::Date(20_458),
    Cell::Instant(1_768_900_500),
    Cell::Bool(true),
];

fn write(path: &Path, columns: Vec<Column>, rows: &[Vec<Cell<'_>>]) {
    let mut writer = TableWriter::create(path, columns).unwrap();
    for row in rows {
        writer.write(row).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn csv_is_written_as_text() {
    let scratch = Scratch::new();
    let path = scratch.0.join("t.csv");
    write(&path, columns(), &[FULL.to_vec(), vec![Cell::Absent; 6]]);
    let expected = "id,days,principal,opened,at,titled\n\
                    \"Müller; \"\"Söhne\"\",\r\nKöln\",-3,120.50,2026-01-05,2026-01-20T09:15:00Z,true\n\
                    ,,,,,\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    let lines: Vec<u64> = rows(&path).iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 4]);
}

#[test]
fn json_lines_name_every_column() {
    let scratch = Scratch::new();
    let path = scratch.0.join("t.jsonl");
    write(&path, columns(), &[vec![Cell::Absent; 6], FULL.to_vec()]);
    let expected = concat!(
        r#"{"id":null,"days":null,"principal":null,"opened":null,"at":null,"titled":null}"#,
        "\n",
        r#"{"id":"Müller; \"Söhne\",\r\nKöln","days":-3,"principal":"120.50","#,
        r#""opened":"2026-01-05","at":"2026-01-20T09:15:00Z","titled":true}"#,
        "\n"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    assert_eq!(Table::open(&path).unwrap().columns().len(), 6);
}

#[test]
fn a_table_stands_in_its_place_only_when_it_is_complete() {
    let scratch = Scratch::new();
    for ending in ENDINGS {
        let path = scratch.0.join("t").with_extension(ending);
        let writer = TableWriter::create(&path, columns()).unwrap();
        assert!(!path.exists(), "{ending}");
        writer.finish().unwrap();
        assert_eq!(rows(&path), [], "{ending}");
    }
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), ENDINGS.len());
}

#[derive(Debug, Clone)]
enum Owned {
    Absent,
    Text(String),
    Int(i64),
    Decimal(i64),
    Date(i32),
    Instant(i64),
    Bool(bool),
}

impl Owned {
    fn cell(&self) -> Cell<'_> {
        match self {
            Owned::Absent => Cell::Absent,
            Owned::Text(text) => Cell::Text(text),
            Owned::Int(number) => Cell::Int(*number),
            Owned::Decimal(units) => Cell::Decimal(*units),
            Owned::Date(days) => Cell::Date(*days),
            Owned::Instant(seconds) => Cell::Instant(*seconds),
            Owned::Bool(yes) => Cell::Bool(*yes),
        }
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Text),
        Just(Kind::Int),
        (0_u8..=18).prop_map(Kind::Decimal),
        Just(Kind::Date),
        Just(Kind::Instant),
        Just(Kind::Bool),
    ]
}

fn cell(kind: Kind) -> BoxedStrategy<Owned> {
    let text = prop_oneof!["[ab\",; \r\n\t\u{feff}]{0,5}", any::<String>()];
    let filled = match kind {
        Kind::Text => text.prop_map(Owned::Text).boxed(),
        Kind::Int => any::<i64>().prop_map(Owned::Int).boxed(),
        Kind::Decimal(_) => any::<i64>().prop_map(Owned::Decimal).boxed(),
        Kind::Date => (-719_528..2_932_897).prop_map(Owned::Date).boxed(),
        Kind::Instant => (-62_167_219_200_i64..253_402_300_800).prop_map(Owned::Instant).boxed(),
        Kind::Bool => any::<bool>().prop_map(Owned::Bool).boxed(),
    };
    prop_oneof![1 => Just(Owned::Absent), 3 => filled].boxed()
}

fn table() -> impl Strategy<Value = (Vec<Kind>, Vec<Vec<Owned>>)> {
    prop::collection::vec(kind(), 1..5).prop_flat_map(|kinds| {
        let row: Vec<_> = kinds.iter().map(|kind| cell(*kind)).collect();
        (Just(kinds), prop::collection::vec(row, 0..8))
    })
}

/// What a reader has to give for a cell: the text that the language writes, and in JSON lines
/// and Parquet whole numbers and booleans as such.
fn expected(kind: Kind, cell: &Owned, csv: bool) -> Option<Value> {
    Some(match cell {
        Owned::Absent => return None,
        Owned::Text(text) if csv && text.is_empty() => return None,
        Owned::Text(text) => json!(text),
        Owned::Int(number) if csv => json!(number.to_string()),
        Owned::Int(number) => json!(number),
        Owned::Decimal(units) => match kind {
            Kind::Decimal(places) => json!(decimal_text(i128::from(*units), places)),
            _ => unreachable!("the cell was made for its kind"),
        },
        Owned::Date(days) => {
            let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
            let date = epoch + chrono::Duration::days(i64::from(*days));
            json!(date.format("%Y-%m-%d").to_string())
        }
        Owned::Instant(seconds) => {
            let at = chrono::DateTime::from_timestamp(*seconds, 0).unwrap();
            json!(at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
        }
        Owned::Bool(yes) if csv => json!(yes.to_string()),
        Owned::Bool(yes) => json!(yes),
    })
}

/// Long division by ten, digit by digit: nothing in common with the writer.
fn decimal_text(units: i128, places: u8) -> String {
    let (mut rest, mut reversed) = (units.abs(), String::new());
    for place in 0.. {
        if place == places && place > 0 {
            reversed.push('.');
        }
        reversed.push_str(&(rest % 10).to_string());
        rest /= 10;
        if rest == 0 && place >= places {
            break;
        }
    }
    let sign = if units < 0 { "-" } else { "" };
    sign.to_owned() + &reversed.chars().rev().collect::<String>()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn read_after_write_is_the_same((kinds, table) in table()) {
        let scratch = Scratch::new();
        let columns = || -> Vec<Column> {
            let named = kinds.iter().enumerate();
            named.map(|(index, kind)| Column::new(format!("c {index}"), *kind)).collect()
        };
        let cells: Vec<Vec<Cell<'_>>> =
            table.iter().map(|row| row.iter().map(Owned::cell).collect()).collect();
        for ending in ENDINGS {
            let path = scratch.0.join("t").with_extension(ending);
            write(&path, columns(), &cells);
            let read: Vec<_> = rows(&path).into_iter().map(|row| row.cells).collect();
            let wanted: Vec<Map<String, Value>> = table.iter().map(|row| {
                let filled = row.iter().zip(columns()).filter_map(|(cell, column)| {
                    let value = expected(column.kind, cell, ending.starts_with("csv"))?;
                    Some((column.name, value))
                });
                filled.collect()
            }).collect();
            prop_assert_eq!(read, wanted, "{}", ending);
            let first = fs::read(&path).unwrap();
            write(&path, columns(), &cells);
            prop_assert!(first == fs::read(&path).unwrap(), "{} differs when written again", ending);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_fail_hard(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let scratch = Scratch::new();
        for ending in ENDINGS {
            let path = scratch.file(&format!("t.{ending}"), &bytes);
            if let Ok(table) = Table::open(&path) {
                prop_assert!(table.count() <= bytes.len());
            }
        }
    }
}

#[test]
fn many_rows_pass_through_in_order() {
    let scratch = Scratch::new();
    for ending in ENDINGS {
        let path = scratch.0.join("t").with_extension(ending);
        let numbers: Vec<_> = (0..10_000).map(|n| vec![Cell::Int(n)]).collect();
        write(&path, vec![Column::new("n", Kind::Int)], &numbers);
        let header_lines = u64::from(ending.starts_with("csv"));
        for (index, row) in (0_u64..).zip(rows(&path)) {
            assert_eq!(row.cells["n"].to_string().trim_matches('"'), index.to_string());
            assert_eq!(row.line, index + 1 + header_lines, "{ending}");
        }
        assert_eq!(rows(&path).len(), 10_000, "{ending}");
    }
}

#[test]
fn csv_of_spreadsheets() {
    let scratch = Scratch::new();
    let text = "\u{feff}id;name\r\n\r\n4711;\"a;b\r\nc\"\r\n4712;\r\n";
    let path = scratch.file("t.csv", text);
    let table = Table::open(&path).unwrap();
    assert_eq!(table.columns(), ["id", "name"]);
    let wanted = [
        Row { line: 3, cells: cells(json!({"id": "4711", "name": "a;b\r\nc"})) },
        Row { line: 5, cells: cells(json!({"id": "4712"})) },
    ];
    assert_eq!(rows(&path), wanted);
}

#[test]
fn csv_without_a_last_line_break_and_with_tabs() {
    let scratch = Scratch::new();
    let path = scratch.file("t.csv", "id\tname\n1\t\"\"\"x\"\"\"");
    assert_eq!(rows(&path), [Row { line: 2, cells: cells(json!({"id": "1", "name": "\"x\""})) }]);
}

#[test]
fn json_lines_keep_types_and_nesting() {
    let scratch = Scratch::new();
    let path = scratch.file("t.jsonl", "\n{\"id\":1,\"x\":{\"a\":[true,null]}}\n\n{\"y\":\"2\"}");
    let wanted = [
        Row { line: 2, cells: cells(json!({"id": 1, "x": {"a": [true, null]}})) },
        Row { line: 4, cells: cells(json!({"y": "2"})) },
    ];
    assert_eq!(rows(&path), wanted);
    assert_eq!(Table::open(&path).unwrap().columns(), ["id", "x"]);
}

#[test]
fn a_wrong_row_does_not_hide_the_next() {
    let scratch = Scratch::new();
    let path = scratch.file("t.csv", "a,b\n1\n1,2\n1,2,3\n1,2\n");
    let sound: Vec<bool> = Table::open(&path).unwrap().map(|row| row.is_ok()).collect();
    assert_eq!(sound, [false, true, false, true]);
}

fn parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn parquet_of_other_programs() {
    let scratch = Scratch::new();
    let path = scratch.0.join("t.parquet");
    let category: DictionaryArray<Int32Type> = vec![Some("gold"), None].into_iter().collect();
    let amount = Decimal128Array::from(vec![-5, 120_000]).with_precision_and_scale(30, 3).unwrap();
    // 2025-12-20T00:00 and ten hours, fifteen minutes and half a second later.
    let midnight = 1_766_188_800_000;
    let moments = vec![midnight, midnight + 36_900_500];
    let nanoseconds = moments.iter().map(|moment| moment * 1_000_000).collect::<Vec<_>>();
    parquet(
        &path,
        vec![
            ("segment", Arc::new(category)),
            ("amount", Arc::new(amount)),
            ("note", Arc::new(NullArray::new(2))),
            ("score", Arc::new(UInt8Array::from(vec![None, Some(200)]))),
            ("due", Arc::new(TimestampNanosecondArray::from(nanoseconds))),
            ("at", Arc::new(TimestampMillisecondArray::from(moments).with_timezone("Europe/Berlin"))),
        ],
    );
    let wanted = [
        json!({"segment": "gold", "amount": "-0.005", "due": "2025-12-20", "at": "2025-12-20T00:00:00Z"}),
        json!({"amount": "120.000", "score": 200, "due": "2025-12-20T10:15:00.500",
               "at": "2025-12-20T10:15:00.500Z"}),
    ];
    let wanted: Vec<_> = (1..).zip(wanted).map(|(line, row)| Row { line, cells: cells(row) }).collect();
    assert_eq!(rows(&path), wanted);
}

#[test]
fn the_old_timestamp_of_spark_is_an_instant() {
    let scratch = Scratch::new();
    let path = scratch.0.join("t.parquet");
    let schema = Arc::new(parse_message_type("message t { required int96 at; }").unwrap());
    let file = File::create(&path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    let mut rows_written = writer.next_row_group().unwrap();
    let mut column = rows_written.next_column().unwrap().unwrap();
    // Nanoseconds of the day in two halves, then the Julian day of 2026-01-05.
    let midnight = Int96::from(vec![0, 0, 2_461_046]);
    let values = column.typed::<Int96Type>();
    values.write_batch(&[midnight], None, None).unwrap();
    column.close().unwrap();
    rows_written.close().unwrap();
    writer.close().unwrap();
    assert_eq!(rows(&path)[0].cells["at"], "2026-01-05T00:00:00Z");
}

/// The first error of a table, be it on opening or in a row.
fn first_error(scratch: &Scratch, path: &Path) -> String {
    let error = match Table::open(path) {
        Err(error) => error,
        Ok(mut table) => table.find_map(Result::err).expect("a wrong table"),
    };
    scratch.sentence(&error)
}

#[test]
fn what_is_wrong_is_said() {
    let cases: &[(&str, &[u8], &str)] = &[
        ("t.csv", b"", "t.csv is empty"),
        ("t.csv.gz", b"", "t.csv.gz is empty"),
        ("t.parquet", b"", "t.parquet is empty"),
        ("t.csv", b"\n \n", "t.csv is empty: its first line has to name the columns"),
        ("t.csv", b"id,due,id\n", "t.csv has two columns `id`; rename one"),
        ("t.csv", b"id,,due\n", "t.csv has no name for its column 2"),
        ("t.csv", b"a,b,c\n1,2,3\n\n1,2\n", "t.csv, line 4: 2 cells where the header has 3"),
        ("t.csv", b"a,b\r\n1\r\n", "t.csv, line 2: 1 cell where the header has 2"),
        ("t.csv", b"a,b\n1,2\n1,\"x\n1,2\n", "t.csv, line 3: a quote is opened in this row and never closed"),
        (
            "t.csv",
            b"a,b\n\"x\"y,2\n",
            "t.csv, line 2: text follows the closing quote of a cell; write a quote inside a cell \
             twice (\"\")",
        ),
        (
            "t.csv",
            b"id,name\n1,M\xFCller\n",
            "t.csv, line 2: column `name`: this is not UTF-8 text; save the table as UTF-8",
        ),
        ("t.csv", b"id,\xFCber\n", "t.csv, line 1: this is not UTF-8 text; save the table as UTF-8"),
        (
            "t.csv.gz",
            b"id,due\n1,2026-01-05\n",
            "t.csv.gz cannot be read: its gzip data is damaged, or it is no gzip file (invalid gzip \
             header)",
        ),
        (
            "t.jsonl.zst",
            b"{\"id\": 1}\n",
            "t.jsonl.zst cannot be read: its zstd data is damaged, or it is no zstd file (Unknown \
             frame descriptor)",
        ),
        (
            "t.jsonl",
            b"{\"id\": 1}\n{\"id\": 2,}\n",
            "t.jsonl, line 2: this is not JSON: trailing comma at character 10",
        ),
        (
            "t.jsonl",
            b"[1]\n",
            "t.jsonl, line 1: invalid type: sequence, expected a JSON object on each line: \
             {\"id\": \"4711\", …}",
        ),
        ("t.jsonl", b"{\"id\": 1, \"id\": 2}\n", "t.jsonl, line 1: `id` stands twice; remove one"),
        (
            "t.jsonl",
            b"{\"x\": {\"y\": [1, 120.50]}}\n",
            "t.jsonl, line 1: column `x`: 120.5 is not kept exactly by every program; write amounts \
             and other fractions as text, such as \"120.50\"",
        ),
        (
            "t.jsonl",
            b"{\"id\": 1}\n{\"id\": \"\xFC\"}\n",
            "t.jsonl, line 2: this is not UTF-8 text; save the table as UTF-8",
        ),
    ];
    for (name, bytes, sentence) in cases {
        let scratch = Scratch::new();
        let path = scratch.file(name, bytes);
        assert_eq!(first_error(&scratch, &path), *sentence);
    }
}

#[test]
fn a_name_says_what_a_file_is() {
    let unknown = " is no table by the ending of its name; a table ends in .csv, .jsonl or \
                   .parquet (.csv and .jsonl also with .gz or .zst behind)";
    let scratch = Scratch::new();
    for name in ["t.xlsx", "t", "csv", "t.gz", "t.csv.bz2"] {
        let path = scratch.0.join(name);
        assert_eq!(first_error(&scratch, &path), format!("{name}{unknown}"));
    }
    let twice = first_error(&scratch, &scratch.0.join("t.parquet.gz"));
    let why = "Parquet compresses by itself; unpack it to a .parquet file";
    assert_eq!(twice, format!("t.parquet.gz is packed twice: {why}"));
    assert_eq!(first_error(&scratch, &scratch.0.join("T.CSV")), "T.CSV does not exist");
}

#[test]
fn a_missing_column_is_named_with_those_that_are_there() {
    let scratch = Scratch::new();
    let path = scratch.file("cases.csv", "id,opened,principal\n");
    let table = Table::open(&path).unwrap();
    assert_eq!(table.require(&["id", "opened"]), Ok(()));
    let error = table.require(&["id", "due"]).unwrap_err();
    let sentence = "cases.csv has no column `due`; it has: id, opened, principal";
    assert_eq!(scratch.sentence(&error), sentence);
    let none = Table::open(&scratch.file("none.jsonl", "")).unwrap();
    assert_eq!(none.require(&["due"]), Ok(()));
}

#[test]
fn a_caller_reports_a_cell_in_the_same_words() {
    let scratch = Scratch::new();
    let table = Table::open(&scratch.file("t.csv", "due\nsoon\n")).unwrap();
    let error = table.source().in_cell(2, "due", "`soon` is no date");
    assert_eq!(scratch.sentence(&error), "t.csv, line 2: column `due`: `soon` is no date");
    assert!(table.source().file().ends_with("t.csv"));
}

#[test]
fn a_file_that_was_cut_off_is_never_a_shorter_table() {
    let scratch = Scratch::new();
    for ending in ["csv.gz", "csv.zst", "jsonl.gz", "jsonl.zst", "parquet"] {
        let path = scratch.0.join("t").with_extension(ending);
        write(&path, columns(), &vec![FULL.to_vec(); 50]);
        let whole = fs::read(&path).unwrap();
        for length in 1..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let sentence = first_error(&scratch, &path);
            let missing = ["part of the file is missing", "or part of it is missing"];
            assert!(missing.iter().any(|words| sentence.contains(words)), "{length}: {sentence}");
        }
    }
}

#[test]
fn parquet_refuses_what_is_not_exact() {
    let scratch = Scratch::new();
    let path = scratch.0.join("t.parquet");
    parquet(&path, vec![("amount", Arc::new(Float64Array::from(vec![120.5])))]);
    let sentence = "t.parquet has a column `amount` of floating-point numbers, which do not hold \
                    amounts exactly; store amounts as decimal or text, and whole numbers as integers";
    assert_eq!(first_error(&scratch, &path), sentence);
    let hour = Time32MillisecondArray::from(vec![1]);
    parquet(&path, vec![("hour", Arc::new(hour))]);
    let sentence = "t.parquet has a column `hour` of type Time32(ms), which tables of cases and \
                    events do not have; store it as text, integer, decimal, date, timestamp or \
                    boolean";
    assert_eq!(first_error(&scratch, &path), sentence);
    let never = Date32Array::from(vec![Some(0), None, Some(i32::MAX)]);
    parquet(&path, vec![("due", Arc::new(never))]);
    let sentence = "t.parquet, row 3: column `due`: this day lies outside of the years 0 to 9999";
    assert_eq!(first_error(&scratch, &path), sentence);
    let late = TimestampMillisecondArray::from(vec![253_402_300_800_000]);
    parquet(&path, vec![("at", Arc::new(late))]);
    let sentence = "t.parquet, row 1: column `at`: this day lies outside of the years 0 to 9999";
    assert_eq!(first_error(&scratch, &path), sentence);
    let number: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    parquet(&path, vec![("id", number.clone()), ("id", number)]);
    assert_eq!(first_error(&scratch, &path), "t.parquet has two columns `id`; rename one");
}

#[test]
fn a_row_that_does_not_fit_is_not_written() {
    let scratch = Scratch::new();
    let path = scratch.0.join("t.parquet");
    let columns = vec![Column::new("due", Kind::Date)];
    let mut writer = TableWriter::create(&path, columns).unwrap();
    let mut error = |cells: &[Cell<'_>]| scratch.sentence(&writer.write(cells).unwrap_err());
    assert_eq!(error(&[]), "t.parquet, row 1: 0 cells for 1 columns");
    assert_eq!(
        error(&[Cell::Text("soon")]),
        "t.parquet, row 2: column `due`: Text(\"soon\") does not fit a column of Date"
    );
    assert_eq!(
        error(&[Cell::Date(i32::MAX)]),
        "t.parquet, row 3: column `due`: Date(2147483647) does not fit a column of Date"
    );
    let folder = scratch.0.join("nowhere/t.csv");
    let error = TableWriter::create(&folder, vec![Column::new("due", Kind::Date)]).err().unwrap();
    let sentence = "nowhere/t.csv cannot be written: No such file or directory (os error 2)";
    assert_eq!(scratch.sentence(&error), sentence);
    let twice = vec![Column::new("due", Kind::Date), Column::new("due", Kind::Text)];
    assert!(TableWriter::create(&path, twice).is_err());
}
