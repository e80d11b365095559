//! Whether every number in an expression leads somewhere, and every operand stands before what uses it.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::names::text;
use super::tables::calendar_there;
use super::{Broken, Told, at, ensure, in_table};
use crate::ir::{ChannelId, Expr, ExprId, Machine, Quantity, StageId, Table, TableId, TemplateId};

pub(super) fn check(m: &Machine) -> Result<(), Broken> {
    let last_row = |table: &Table| table.rows.iter().map(|row| row.result).max();
    let last_rows: Vec<_> = m.tables.iter().map(last_row).collect();
    for (n, expr) in m.exprs.iter().enumerate() {
        at(|| format!("expression {n}"), expression(m, n, expr, &last_rows))?;
    }
    Ok(())
}

fn expression(m: &Machine, n: usize, expr: &Expr, last_rows: &[Option<ExprId>]) -> Told {
    expr.operands().into_iter().try_for_each(|operand| earlier(n, *operand))?;
    match expr {
        Expr::Fact(id) => in_table("fact", id.index(), m.facts.len()),
        Expr::Param(id) => in_table("parameter", id.index(), m.params.len()),
        Expr::Var(id) => in_table("variable", id.index(), m.vars.len()),
        Expr::Kept(position) => in_table("kept value", usize::from(*position), m.kept.len()),
        Expr::Read(quantity) => self::quantity(m, quantity),
        Expr::Known(operand) => may_lack(m, *operand),
        Expr::NextWorkingDay(_, Some(id)) => calendar_there(m, *id),
        Expr::Table(id, arguments) => table(m, n, *id, arguments.len(), last_rows),
        Expr::Dated(id, _) => in_table("dated value", id.index(), m.dated.len()),
        Expr::Scale(id, ..) => in_table("fee scale", id.index(), m.scales.len()),
        Expr::Amounts(values) => for_each_currency(m, values.len()),
        Expr::InCurrency(amounts) => for_each_currency(m, amounts.len()),
        _ => Ok(()),
    }
}

fn for_each_currency(m: &Machine, amounts: usize) -> Told {
    ensure(amounts == m.currencies.len(), || format!("it has {amounts} amounts for {} currencies", m.currencies.len()))
}

fn earlier(n: usize, operand: ExprId) -> Told {
    ensure(operand.index() < n, || format!("its operand, expression {}, does not stand before it", operand.0))
}

/// `known` asks for something that a case may lack, not for a result.
fn may_lack(m: &Machine, operand: ExprId) -> Told {
    let asked = m.exprs.get(operand.index());
    let lacking = matches!(asked, Some(Expr::Fact(_) | Expr::Kept(_) | Expr::Read(_)));
    ensure(lacking, || "it asks whether something is known that is always known".to_string())
}

/// Rows are read with the table, so they stand before it as operands do, and no table reads itself.
fn table(m: &Machine, n: usize, id: TableId, arguments: usize, last_rows: &[Option<ExprId>]) -> Told {
    in_table("table", id.index(), m.tables.len())?;
    let columns = m.tables.get(id.index()).map_or(0, |table| table.columns.len());
    ensure(arguments == columns, || format!("it gives {arguments} values to a table of {columns} columns"))?;
    let last = last_rows.get(id.index()).copied().flatten();
    ensure(last.is_none_or(|last| last.index() < n), || "a row of its table does not stand before it".to_string())
}

fn quantity(m: &Machine, quantity: &Quantity) -> Told {
    match quantity {
        Quantity::CostsOf(kind) => text(m, *kind),
        Quantity::Attempts(id, _) | Quantity::Reachable(id) => channel(m, *id),
        Quantity::Consent(id) | Quantity::Barred(id) => channel(m, *id),
        Quantity::Sent(id) | Quantity::FirstSent(id) | Quantity::LastSent(id) => template(m, *id),
        Quantity::Had(position) => in_table("noted event", usize::from(*position), m.noted.len()),
        Quantity::In(stages) | Quantity::BeenIn(stages) => stages.iter().try_for_each(|id| stage(m, *id)),
        _ => Ok(()),
    }
}

pub(super) fn channel(m: &Machine, id: ChannelId) -> Told {
    in_table("channel", usize::from(id.0), m.channels.len())
}

pub(super) fn template(m: &Machine, id: TemplateId) -> Told {
    in_table("template", id.index(), m.templates.len())
}

pub(super) fn stage(m: &Machine, id: StageId) -> Told {
    in_table("stage", id.index(), m.stages.len())
}
