//! The tables that a simulation writes: a row for each case and strategy, and a row for each effect.

use crate::files;
use crate::problem::{Done, Problem};
use crate::tables::{Cell, Column, Kind, TableWriter};
use dunlin::machine::ir::TextId;
use dunlin::machine::value::{Currency, Instant, Money};
use dunlin::{Citation, Strategy};
use dunlin_simulate::{CaseResult, EffectRow, Portfolio};
use std::path::Path;

/// The tables while they are written. They begin with the first strategy, whose currency gives the decimals.
pub struct Results<'d> {
    dir: &'d Path,
    open: Option<(TableWriter, TableWriter)>,
}

/// Amounts of every currency fit three decimals; those of most need two.
fn decimals(strategy: &Strategy) -> u8 {
    strategy.machine().currencies.iter().map(|currency| currency.decimals()).max().unwrap_or(2)
}

impl<'d> Results<'d> {
    /// Nothing is written yet.
    pub fn new(dir: &'d Path) -> Self {
        Self { dir, open: None }
    }

    /// Adds what became of the cases of one strategy.
    pub fn add(&mut self, strategy: &Strategy, portfolio: &Portfolio) -> Done {
        let decimals = decimals(strategy);
        let (cases, effects) = match &mut self.open {
            Some(open) => open,
            None => {
                files::make_folder(self.dir)?;
                let table =
                    |name: &str, columns| TableWriter::create(&self.dir.join(name), columns).map_err(Problem::failed);
                self.open.insert((
                    table("cases.parquet", case_columns(decimals))?,
                    table("effects.parquet", effect_columns(decimals))?,
                ))
            }
        };
        for case in portfolio.cases.iter().flatten() {
            let currency =
                strategy.machine().currencies.get(usize::from(case.row.currency)).copied().unwrap_or(Currency::EUR);
            let scale = 10i64.pow(u32::from(decimals.saturating_sub(currency.decimals())));
            write_case(cases, strategy, case, currency, scale)?;
            for effect in &case.effects {
                write_effect(effects, strategy, &case.row.id, effect, scale)?;
            }
        }
        Ok(())
    }

    /// Completes the tables.
    pub fn finish(self) -> Done {
        let Some((cases, effects)) = self.open else { return Ok(()) };
        cases.finish().and_then(|()| effects.finish()).map_err(Problem::failed)
    }
}

fn case_columns(decimals: u8) -> Vec<Column> {
    let text = ["strategy", "id", "outcome", "stage"].map(|name| Column::new(name, Kind::Text));
    let ended = [Column::new("ended", Kind::Bool)];
    let days = ["opened", "closed", "first_contact", "last_contact"].map(|name| Column::new(name, Kind::Date));
    let money =
        ["principal", "interest", "costs", "balance", "paid"].map(|name| Column::new(name, Kind::Decimal(decimals)));
    let counts = ["sends", "calls", "tasks", "effects", "refused"].map(|name| Column::new(name, Kind::Int));
    let currency = [Column::new("currency", Kind::Text)];
    text.into_iter().chain(ended).chain(days).chain(currency).chain(money).chain(counts).collect()
}

fn write_case(table: &mut TableWriter, strategy: &Strategy, case: &CaseResult, currency: Currency, scale: i64) -> Done {
    let row = &case.row;
    let stage = strategy.stage_name(row.stage);
    let amount = |money: Money| money.0.checked_mul(scale).map_or(Cell::Absent, Cell::Decimal);
    let count = |number: usize| Cell::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let cells = [
        Cell::Text(strategy.name()),
        Cell::Text(&row.id),
        if row.ended { Cell::Text(stage) } else { Cell::Absent },
        Cell::Text(stage),
        Cell::Bool(row.ended),
        day(strategy, Some(row.opened)),
        day(strategy, row.closed),
        day(strategy, row.first_contact),
        day(strategy, row.last_contact),
        Cell::Text(currency.code()),
        amount(row.principal),
        amount(row.interest),
        amount(row.costs),
        amount(row.balance),
        amount(row.paid),
        Cell::Int(row.sends.into()),
        Cell::Int(row.calls.into()),
        Cell::Int(row.tasks.into()),
        count(case.effects.len()),
        count(case.refused.len()),
    ];
    table.write(&cells).map_err(Problem::failed)
}

fn effect_columns(decimals: u8) -> Vec<Column> {
    let column = |(name, kind): (&str, Kind)| Column::new(name, kind);
    let columns = [
        ("strategy", Kind::Text),
        ("case_id", Kind::Text),
        ("seq", Kind::Int),
        ("at", Kind::Instant),
        ("kind", Kind::Text),
        ("name", Kind::Text),
        ("channel", Kind::Text),
        ("tone", Kind::Text),
        ("amount", Kind::Decimal(decimals)),
        ("stage", Kind::Text),
        ("file", Kind::Text),
        ("line", Kind::Int),
    ];
    columns.map(column).into()
}

fn write_effect(table: &mut TableWriter, strategy: &Strategy, case: &str, effect: &EffectRow, scale: i64) -> Done {
    let channel = strategy.channels(effect.channels).join(" and ");
    let tone = effect.tone.and_then(|tone| strategy.machine().tones.get(tone.index()));
    let text = |id: Option<TextId>| id.map_or(Cell::Absent, |id| Cell::Text(strategy.text(id)));
    let rule: Option<Citation<'_>> = effect.rule.map(|rule| strategy.citation(rule));
    let cells = [
        Cell::Text(strategy.name()),
        Cell::Text(case),
        Cell::Int(effect.number.into()),
        Cell::Instant(effect.at.seconds()),
        Cell::Text(effect.kind),
        text(effect.name),
        if channel.is_empty() { Cell::Absent } else { Cell::Text(&channel) },
        text(tone.copied()),
        effect.amount.and_then(|amount| amount.0.checked_mul(scale)).map_or(Cell::Absent, Cell::Decimal),
        Cell::Text(strategy.stage_name(effect.stage)),
        rule.map_or(Cell::Absent, |rule| Cell::Text(rule.file)),
        rule.map_or(Cell::Absent, |rule| Cell::Int(rule.line.into())),
    ];
    table.write(&cells).map_err(Problem::failed)
}

/// The day on the calendar of the strategy's zone.
fn day(strategy: &Strategy, at: Option<Instant>) -> Cell<'static> {
    at.map_or(Cell::Absent, |at| Cell::Date(strategy.local(at).0.days()))
}
