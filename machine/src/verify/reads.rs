//! What an expression reads, how deep it goes and what it costs at most, and whether it may stand where it stands.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::roots::{Context, Root};
use super::{Broken, Told, at, ensure};
use crate::ir::{Expr, Machine, Quantity, TableId};

/// How deep expressions may be nested, the rows of tables included.
pub const MAX_DEPTH: u32 = 256;
/// How many operations the evaluation of one expression may take at most.
pub const MAX_SIZE: u32 = 65_536;

/// What an expression reads, with all that it is made of.
#[derive(Clone, Copy, Default)]
struct Reads {
    depth: u32,
    size: u32,
    /// One more than the last variable.
    vars: u32,
    /// Something of the claim that bears interest.
    claim: bool,
    /// Something that changes while the case runs.
    changing: bool,
    /// The case's calendar, also inside of what the ledger and the history work out.
    calendar: bool,
    /// `changed`.
    changed: bool,
    /// `limitation_date`.
    limitation: bool,
}

impl Reads {
    fn and(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            size: self.size.saturating_add(other.size),
            vars: self.vars.max(other.vars),
            claim: self.claim || other.claim,
            changing: self.changing || other.changing,
            calendar: self.calendar || other.calendar,
            changed: self.changed || other.changed,
            limitation: self.limitation || other.limitation,
        }
    }

    /// One of several: only one is evaluated.
    fn or(self, other: Self) -> Self {
        Self { size: self.size.max(other.size), ..self.and(other) }
    }

    /// What the form itself reads.
    fn own(expr: &Expr) -> Self {
        let calendar = matches!(expr, Expr::NextWorkingDay(_, None) | Expr::DatePlus(..) | Expr::DateMinus(..));
        let mut own = Self { depth: 1, size: 1, calendar, ..Self::default() };
        match expr {
            Expr::Var(id) => {
                own.vars = u32::from(id.0) + 1;
                own.changing = true;
            }
            Expr::Kept(_) => own.changing = true,
            Expr::Read(quantity) => own.read(quantity),
            _ => {}
        }
        own
    }

    fn read(&mut self, quantity: &Quantity) {
        match quantity {
            Quantity::ClaimDue | Quantity::ClaimArose | Quantity::ClaimDefaultOn => self.claim = true,
            Quantity::ClaimKind => self.claim = true,
            Quantity::DebtorKind | Quantity::DebtorLanguage | Quantity::DebtorRegion => {}
            Quantity::DebtorTimeZone | Quantity::DebtorAge | Quantity::Opened | Quantity::Claimed => {}
            // In an interest rule, the day that is looked at.
            Quantity::Today => {}
            quantity => {
                self.changed = *quantity == Quantity::Changed;
                self.limitation = *quantity == Quantity::LimitationDate;
                self.changing = true;
                self.calendar = true;
            }
        }
    }
}

/// Checks depth and size of every expression, and of those in a place what they may read there.
pub(super) fn check(m: &Machine, roots: &[Root]) -> Result<(), Broken> {
    let all = Walk::new(m).all()?;
    for root in roots {
        let reads = all.get(root.expr.index()).copied().unwrap_or_default();
        at(|| root.place(m), allowed(reads, root.context))?;
    }
    Ok(())
}

/// Goes through the expressions in their order, so that operands and rows come first.
struct Walk<'m> {
    m: &'m Machine,
    done: Vec<Reads>,
    rows: Vec<Option<Reads>>,
}

impl<'m> Walk<'m> {
    fn new(m: &'m Machine) -> Self {
        Self { m, done: Vec::with_capacity(m.exprs.len()), rows: alloc::vec![None; m.tables.len()] }
    }

    fn all(mut self) -> Result<Vec<Reads>, Broken> {
        for (n, expr) in self.m.exprs.iter().enumerate() {
            let reads = self.one(expr);
            at(|| format!("expression {n}"), bounded(reads))?;
            self.done.push(reads);
        }
        Ok(self.done)
    }

    fn one(&mut self, expr: &Expr) -> Reads {
        let operands = expr.operands().into_iter().map(|id| self.of(id.index()));
        let mut inner = operands.fold(Reads::default(), Reads::and);
        if let Expr::Table(id, _) = expr {
            inner = inner.and(self.table(*id));
        }
        let own = Reads::own(expr);
        Reads { depth: inner.depth.saturating_add(1), ..inner.and(own) }
    }

    fn of(&self, n: usize) -> Reads {
        self.done.get(n).copied().unwrap_or_default()
    }

    /// Any of the table's rows; looked at once, however often the table is read.
    fn table(&mut self, id: TableId) -> Reads {
        if let Some(Some(known)) = self.rows.get(id.index()) {
            return *known;
        }
        let rows = self.m.tables.get(id.index()).map_or(&[][..], |table| &table.rows);
        let any = rows.iter().map(|row| self.of(row.result.index())).fold(Reads::default(), Reads::or);
        if let Some(slot) = self.rows.get_mut(id.index()) {
            *slot = Some(any);
        }
        any
    }
}

fn bounded(reads: Reads) -> Told {
    ensure(reads.depth <= MAX_DEPTH, || format!("it is nested deeper than {MAX_DEPTH}"))?;
    ensure(reads.size <= MAX_SIZE, || format!("it takes more than {MAX_SIZE} operations"))
}

fn allowed(reads: Reads, context: Context) -> Told {
    let claim = matches!(context, Context::Claim | Context::Interest | Context::Row);
    ensure(claim || !reads.claim, || {
        "it reads a claim's own dates outside the rules for interest and limitation".to_string()
    })?;
    match context {
        Context::Trigger | Context::Row => Ok(()),
        Context::Standing => unchanged(reads),
        Context::Claim => {
            unchanged(reads)?;
            ensure(!reads.limitation, || "when a claim is barred depends on when it is barred".to_string())
        }
        Context::Variable(n) => {
            unchanged(reads)?;
            let earlier = usize::try_from(reads.vars).is_ok_and(|vars| vars <= n);
            ensure(earlier, || "it begins with the value of a variable that comes later".to_string())
        }
        Context::Interest => ensure(!reads.changing, || "it reads what changes while the case runs".to_string()),
        Context::Calendar => {
            ensure(!reads.calendar, || "the text that picks the calendar depends on the calendar".to_string())
        }
    }
}

fn unchanged(reads: Reads) -> Told {
    ensure(!reads.changed, || "it reads `changed` outside a trigger".to_string())
}
