//! Expressions: trees become a list in which operands stand first and equal expressions are one.

use std::collections::BTreeMap;
use std::convert::Infallible;

use dunlin_machine::ir::{self, ExprId, Row, RuleId, Table, TableId, Type};
use dunlin_machine::verify::MAX_DEPTH;

use super::{LowerError, Lowered, Problem};
use crate::model::{Expr, Model};

/// The list so far.
pub(super) struct Expressions<'m> {
    model: &'m Model,
    list: Vec<ir::Expr>,
    /// A bare constant is one for each type that it is used at, so that every number of the list has one type.
    known: BTreeMap<(ir::Expr, Type), ExprId>,
    rows: Vec<Rows>,
    rule: Option<RuleId>,
    depth: u32,
}

/// The rows of a table, which stand before whatever reads the table.
#[derive(Clone)]
enum Rows {
    Untouched,
    Open,
    Done(Vec<Row>),
}

impl<'m> Expressions<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        let rows = vec![Rows::Untouched; model.tables.len()];
        Self { model, list: Vec::new(), known: BTreeMap::new(), rows, rule: None, depth: 0 }
    }

    pub(super) fn model(&self) -> &'m Model {
        self.model
    }

    pub(super) fn finish(self) -> Vec<ir::Expr> {
        self.list
    }

    /// Remembers the rule that is being taken up, for errors.
    pub(super) fn at(&mut self, rule: RuleId) {
        self.rule = Some(rule);
    }

    pub(super) fn error(&self, problem: Problem) -> LowerError {
        LowerError { rule: self.rule, problem }
    }

    /// The number of an expression; its operands and tables come before it.
    pub(super) fn add(&mut self, expr: &Expr) -> Lowered<ExprId> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(Problem::TooDeep));
        }
        let operands = expr.node.operands().into_iter().map(|operand| self.add(operand));
        let operands: Vec<ExprId> = operands.collect::<Lowered<_>>()?;
        let flat = with_operands(&expr.node, &operands);
        if let ir::Expr::Table(id, _) = flat {
            self.table(id)?;
        }
        self.depth -= 1;
        self.number(flat, expr.ty)
    }

    pub(super) fn add_some(&mut self, expr: Option<&Expr>) -> Lowered<Option<ExprId>> {
        expr.map(|expr| self.add(expr)).transpose()
    }

    fn number(&mut self, flat: ir::Expr, ty: Type) -> Lowered<ExprId> {
        let key = (flat, ty);
        if let Some(id) = self.known.get(&key) {
            return Ok(*id);
        }
        let id = u16::try_from(self.list.len()).ok().filter(|n| *n < u16::MAX).map(ExprId);
        let id = id.ok_or_else(|| self.error(Problem::TooMany("different expressions")))?;
        self.list.push(key.0.clone());
        self.known.insert(key, id);
        Ok(id)
    }

    /// All tables, in the order of the model.
    pub(super) fn tables(&mut self) -> Lowered<Vec<Table>> {
        let model = self.model;
        let ids = (0..=u16::MAX).map(TableId);
        model.tables.iter().zip(ids).try_for_each(|(_, id)| self.table(id))?;
        let rows = self.rows.iter().map(|rows| match rows {
            Rows::Done(rows) => rows.clone(),
            Rows::Untouched | Rows::Open => Vec::new(),
        });
        let table = |(table, rows): (&Table<Expr>, _)| Table {
            name: table.name,
            columns: table.columns.clone(),
            result: table.result,
            by_day: table.by_day,
            verified_until: table.verified_until,
            rows,
        };
        Ok(model.tables.iter().zip(rows).map(table).collect())
    }

    /// Takes up the rows of a table, once.
    fn table(&mut self, id: TableId) -> Lowered<()> {
        let model = self.model;
        let (Some(table), Some(rows)) = (model.tables.get(id.index()), self.rows.get_mut(id.index())) else {
            // A table that is not there is found by the verifier.
            return Ok(());
        };
        match rows {
            Rows::Done(_) => Ok(()),
            Rows::Open => Err(self.error(Problem::TableReadsItself(model.text(table.name).to_owned()))),
            Rows::Untouched => {
                *rows = Rows::Open;
                let done = table.rows.iter().map(|row| self.row(row)).collect::<Lowered<_>>()?;
                if let Some(rows) = self.rows.get_mut(id.index()) {
                    *rows = Rows::Done(done);
                }
                Ok(())
            }
        }
    }

    fn row(&mut self, row: &Row<Expr>) -> Lowered<Row> {
        let before = self.rule.replace(row.rule);
        let result = self.add(&row.result)?;
        self.rule = before;
        Ok(Row { rule: row.rule, patterns: row.patterns.clone(), result })
    }
}

/// The form with numbers for its operands. Apart from the recursion, which it would make several times as deep.
fn with_operands(form: &ir::Expr<Expr>, operands: &[ExprId]) -> ir::Expr {
    let mut operands = operands.iter();
    // OK because a form maps its operands in the order in which it lists them; the verifier refuses this number.
    let next = |_: &Expr| Ok::<_, Infallible>(operands.next().copied().unwrap_or(ExprId(u16::MAX)));
    let Ok(flat) = form.try_map(next);
    flat
}
