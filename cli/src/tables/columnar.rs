//! Parquet, by way of Arrow. Column types of other programs (categories, views, zones) are left
//! aside: what a cell is, the Parquet file itself says.

use std::fs::File;
use std::io;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::as_datetime;
use arrow_array::types::{
    Date32Type, Decimal128Type, Decimal256Type, DecimalType, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use chrono::{NaiveDateTime, NaiveTime, SecondsFormat};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Type as PhysicalType, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value};

use super::read::{Row, Rows};
use super::write::{Cell, Column, Kind};
use super::{Source, TableError, write};

/// Rows that are in memory at a time.
const BATCH: usize = 4096;

pub(super) fn read(source: Source, file: File) -> Result<(Vec<String>, Rows), TableError> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .map_err(|error| damaged(&source, 0, &error))?;
    let fields = builder.schema().fields().clone();
    // Fields and leaves count alike up to the first nested field, which is refused.
    let leaves = builder.parquet_schema().columns().to_vec();
    let columns: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
    source.check_column_names(&columns)?;
    let mut readers = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let leaf = leaves.get(index);
        let int96 = leaf.is_some_and(|leaf| leaf.physical_type() == PhysicalType::INT96);
        let reader = cell_reader(field.data_type(), int96)
            .map_err(|problem| source.about(format_args!("has a column `{}` of {problem}", field.name())))?;
        readers.push((field.name().clone(), reader));
    }
    let batches = builder.with_batch_size(BATCH).build();
    let batches = batches.map_err(|error| damaged(&source, 0, &error))?;
    let reader = Reader { source, batches, readers, batch: None, next: 0, row: 0, done: false };
    Ok((columns, Box::new(reader)))
}

fn damaged(source: &Source, row: u64, error: &impl std::fmt::Display) -> TableError {
    let place = match row {
        0 => String::new(),
        _ => format!(" after row {row}"),
    };
    source.about(format_args!("cannot be read{place}: it is no Parquet file, or part of it is missing ({error})"))
}

/// Gives one cell that is not null; `None` if it is a day outside of the years 0 to 9999.
type CellReader = fn(&dyn Array, usize) -> Option<Value>;

struct Reader {
    source: Source,
    batches: ParquetRecordBatchReader,
    readers: Vec<(String, CellReader)>,
    batch: Option<RecordBatch>,
    /// The row of `batch` that comes next.
    next: usize,
    /// The row of the file that was read last.
    row: u64,
    done: bool,
}

impl Iterator for Reader {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.batch.as_ref().is_none_or(|batch| self.next >= batch.num_rows()) {
            if self.done {
                return None;
            }
            match self.batches.next() {
                Some(Ok(batch)) => (self.batch, self.next) = (Some(batch), 0),
                Some(Err(error)) => {
                    (self.batch, self.done) = (None, true);
                    return Some(Err(damaged(&self.source, self.row, &error)));
                }
                None => (self.batch, self.done) = (None, true),
            }
        }
        let batch = self.batch.as_ref()?;
        let index = self.next;
        self.next += 1;
        self.row += 1;
        Some(self.cells(batch, index))
    }
}

impl Reader {
    fn cells(&self, batch: &RecordBatch, index: usize) -> Result<Row, TableError> {
        let mut cells = Map::new();
        for ((column, reader), array) in self.readers.iter().zip(batch.columns()) {
            if array.is_null(index) {
                continue;
            }
            let value = reader(array.as_ref(), index)
                .ok_or_else(|| self.source.in_cell(self.row, column, "this day lies outside of the years 0 to 9999"))?;
            if !value.is_null() {
                cells.insert(column.clone(), value);
            }
        }
        Ok(Row { line: self.row, cells })
    }
}

/// How to read a column, or what it holds instead of something readable. `int96` is the old
/// timestamp that Spark writes: it names no zone and is an instant all the same.
fn cell_reader(kind: &DataType, int96: bool) -> Result<CellReader, String> {
    Ok(match kind {
        DataType::Boolean => |array, row| Some(array.as_boolean().value(row).into()),
        DataType::Int8 => number::<Int8Type>,
        DataType::Int16 => number::<Int16Type>,
        DataType::Int32 => number::<Int32Type>,
        DataType::Int64 => number::<Int64Type>,
        DataType::UInt8 => number::<UInt8Type>,
        DataType::UInt16 => number::<UInt16Type>,
        DataType::UInt32 => number::<UInt32Type>,
        DataType::UInt64 => number::<UInt64Type>,
        DataType::Utf8 => |array, row| Some(array.as_string::<i32>().value(row).into()),
        DataType::Decimal128(..) => decimal::<Decimal128Type>,
        DataType::Decimal256(..) => decimal::<Decimal256Type>,
        DataType::Date32 => date,
        DataType::Timestamp(unit, zone) => moment_reader(*unit, zone.is_some() || int96),
        // A column without any value; its cells do not count as null in Arrow.
        DataType::Null => |_, _| Some(Value::Null),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            return Err("floating-point numbers, which do not hold amounts exactly; store amounts \
                        as decimal or text, and whole numbers as integers"
                .to_owned());
        }
        other => {
            return Err(format!(
                "type {other}, which tables of cases and events do not have; store it as text, \
                 integer, decimal, date, timestamp or boolean"
            ));
        }
    })
}

fn number<T: ArrowPrimitiveType>(array: &dyn Array, row: usize) -> Option<Value>
where
    T::Native: Into<Value>,
{
    Some(array.as_primitive::<T>().value(row).into())
}

fn decimal<T: DecimalType + ArrowPrimitiveType>(array: &dyn Array, row: usize) -> Option<Value> {
    Some(array.as_primitive::<T>().value_as_string(row).into())
}

fn date(array: &dyn Array, row: usize) -> Option<Value> {
    Some(write::date(array.as_primitive::<Date32Type>().value(row))?.into())
}

fn moment_reader(unit: TimeUnit, instant: bool) -> CellReader {
    match (unit, instant) {
        (TimeUnit::Second, true) => instant_at::<TimestampSecondType>,
        (TimeUnit::Millisecond, true) => instant_at::<TimestampMillisecondType>,
        (TimeUnit::Microsecond, true) => instant_at::<TimestampMicrosecondType>,
        (TimeUnit::Nanosecond, true) => instant_at::<TimestampNanosecondType>,
        (TimeUnit::Second, false) => local_time::<TimestampSecondType>,
        (TimeUnit::Millisecond, false) => local_time::<TimestampMillisecondType>,
        (TimeUnit::Microsecond, false) => local_time::<TimestampMicrosecondType>,
        (TimeUnit::Nanosecond, false) => local_time::<TimestampNanosecondType>,
    }
}

fn moment<T: ArrowPrimitiveType<Native = i64>>(array: &dyn Array, row: usize) -> Option<NaiveDateTime> {
    let moment = as_datetime::<T>(array.as_primitive::<T>().value(row))?;
    write::has_four_digits(moment.date()).then_some(moment)
}

fn instant_at<T: ArrowPrimitiveType<Native = i64>>(array: &dyn Array, row: usize) -> Option<Value> {
    let instant = moment::<T>(array, row)?.and_utc();
    Some(instant.to_rfc3339_opts(SecondsFormat::AutoSi, true).into())
}

/// A timestamp without a zone is a time on the wall. Its midnight is written as the plain date:
/// data frames have no other way to keep one, and a date means the day's first instant anyway.
fn local_time<T: ArrowPrimitiveType<Native = i64>>(array: &dyn Array, row: usize) -> Option<Value> {
    let time = moment::<T>(array, row)?;
    if time.time() == NaiveTime::MIN {
        return Some(time.date().to_string().into());
    }
    Some(time.format("%Y-%m-%dT%H:%M:%S%.f").to_string().into())
}

/// Writes Parquet, one batch of rows at a time.
pub(super) struct Sheet {
    writer: ArrowWriter<File>,
    schema: Arc<Schema>,
    builders: Vec<Builder>,
    rows: usize,
}

impl Sheet {
    pub fn new(file: File, columns: &[Column]) -> io::Result<Self> {
        let field = |column: &Column| Field::new(&column.name, data_type(column.kind), true);
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let level = ZstdLevel::default();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            // The library's own version would make equal tables differ.
            .set_created_by("dunlin".to_owned())
            .build();
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(file, schema.clone(), options);
        let writer = writer.map_err(as_io)?;
        let builders = columns.iter().map(|column| Builder::new(column.kind)).collect();
        Ok(Self { writer, schema, builders, rows: 0 })
    }

    pub fn write(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for (builder, cell) in self.builders.iter_mut().zip(cells) {
            builder.append(*cell);
        }
        self.rows += 1;
        if self.rows == BATCH { self.write_batch() } else { Ok(()) }
    }

    fn write_batch(&mut self) -> io::Result<()> {
        let arrays = self.builders.iter_mut().map(Builder::take).collect();
        let batch = RecordBatch::try_new(self.schema.clone(), arrays).map_err(io::Error::other)?;
        self.rows = 0;
        self.writer.write(&batch).map_err(as_io)
    }

    pub fn finish(mut self) -> io::Result<()> {
        if self.rows > 0 {
            self.write_batch()?;
        }
        self.writer.close().map_err(as_io)?;
        Ok(())
    }
}

fn as_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(inner) => io::Error::other(inner),
        },
        other => io::Error::other(other),
    }
}

/// Digits that hold every 64-bit amount.
const DECIMAL_DIGITS: u8 = 19;

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Int => DataType::Int64,
        Kind::Decimal(places) => DataType::Decimal128(DECIMAL_DIGITS, places.cast_signed()),
        Kind::Date => DataType::Date32,
        Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Bool => DataType::Boolean,
    }
}

enum Builder {
    Text(StringBuilder),
    Int(Int64Builder),
    Decimal(Decimal128Builder),
    Date(Date32Builder),
    Instant(TimestampMicrosecondBuilder),
    Bool(BooleanBuilder),
}

impl Builder {
    fn new(kind: Kind) -> Self {
        let shape = data_type(kind);
        match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Int => Self::Int(Int64Builder::new()),
            Kind::Decimal(_) => Self::Decimal(Decimal128Builder::new().with_data_type(shape)),
            Kind::Date => Self::Date(Date32Builder::new()),
            Kind::Instant => Self::Instant(TimestampMicrosecondBuilder::new().with_data_type(shape)),
            Kind::Bool => Self::Bool(BooleanBuilder::new()),
        }
    }

    /// Takes a cell that `Kind::check` let pass; a cell of another kind would be absent.
    fn append(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::Text(column), Cell::Text(text)) => column.append_value(text),
            (Self::Int(column), Cell::Int(number)) => column.append_value(number),
            (Self::Decimal(column), Cell::Decimal(units)) => column.append_value(units.into()),
            (Self::Date(column), Cell::Date(days)) => column.append_value(days),
            (Self::Instant(column), Cell::Instant(seconds)) => {
                column.append_option(write::microseconds(seconds));
            }
            (Self::Bool(column), Cell::Bool(yes)) => column.append_value(yes),
            (Self::Text(column), _) => column.append_null(),
            (Self::Int(column), _) => column.append_null(),
            (Self::Decimal(column), _) => column.append_null(),
            (Self::Date(column), _) => column.append_null(),
            (Self::Instant(column), _) => column.append_null(),
            (Self::Bool(column), _) => column.append_null(),
        }
    }

    fn take(&mut self) -> ArrayRef {
        match self {
            Self::Text(column) => Arc::new(column.finish()),
            Self::Int(column) => Arc::new(column.finish()),
            Self::Decimal(column) => Arc::new(column.finish()),
            Self::Date(column) => Arc::new(column.finish()),
            Self::Instant(column) => Arc::new(column.finish()),
            Self::Bool(column) => Arc::new(column.finish()),
        }
    }
}
