//! The type of every expression.
//!
//! A constant is a bare number, so its type is that of the place that it stands in: one pass from operands to users
//! settles what can be settled, a second one from users to operands carries the rest down and checks everything.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::roots::Root;
use super::values::{counted, fits, ordered, words};
use super::{Broken, Told, at, ensure};
use crate::ir::{Comparison, Expr, ExprId, Machine, Type};

/// Gives the types, one to each expression.
pub(super) fn check(m: &Machine, roots: &[Root]) -> Result<Vec<Type>, Broken> {
    let mut types = Types { m, found: upwards(m) };
    for root in roots {
        at(|| root.place(m), types.needs(root.expr, root.ty))?;
    }
    for (n, expr) in m.exprs.iter().enumerate().rev() {
        at(|| format!("expression {n}"), types.downwards(n, expr))?;
    }
    Ok(types.found.into_iter().map(|ty| ty.unwrap_or(Type::Number)).collect())
}

/// The types that the operands settle; none where an expression is made of constants alone. Total on any machine.
pub(crate) fn upwards(m: &Machine) -> Vec<Option<Type>> {
    let mut types = Types { m, found: Vec::with_capacity(m.exprs.len()) };
    for expr in &m.exprs {
        types.found.push(types.upwards(expr));
    }
    types.found
}

struct Types<'m> {
    m: &'m Machine,
    /// None: made of constants alone.
    found: Vec<Option<Type>>,
}

impl Types<'_> {
    fn of(&self, id: ExprId) -> Option<Type> {
        self.found.get(id.index()).copied().flatten()
    }

    fn upwards(&self, expr: &Expr) -> Option<Type> {
        let m = self.m;
        match expr {
            Expr::Fact(id) => m.facts.get(id.index()).map(|fact| fact.ty),
            Expr::Param(id) => m.params.get(id.index()).map(|param| param.ty),
            Expr::Var(id) => m.vars.get(id.index()).map(|var| var.ty),
            Expr::Kept(position) => self.kept(*position),
            Expr::Table(id, _) => m.tables.get(id.index()).map(|table| table.result),
            Expr::Dated(id, _) => m.dated.get(id.index()).map(|dated| dated.ty),
            Expr::If(_, a, b) | Expr::Min(a, b) | Expr::Max(a, b) => self.of(*a).or(self.of(*b)),
            Expr::Add(a, b) | Expr::Subtract(a, b) => self.of(*a).or(self.of(*b)),
            Expr::Multiply(a, b) => product(self.of(*a), self.of(*b)),
            _ => expr.settled_type(),
        }
    }

    fn kept(&self, position: u16) -> Option<Type> {
        let kept = self.m.kept.get(usize::from(position))?;
        let event = self.m.events.get(kept.event.index())?;
        event.params.get(usize::from(kept.param)).map(|param| param.ty)
    }

    /// The place needs that type; an expression of constants takes it on.
    fn needs(&mut self, id: ExprId, ty: Type) -> Told {
        match self.found.get_mut(id.index()) {
            Some(slot) if slot.is_none() => *slot = Some(ty),
            Some(Some(found)) if *found != ty => {
                let found = *found;
                let (found, needed) = (words(self.m, found), words(self.m, ty));
                return Err(format!("expression {} is {found} where {needed} is needed", id.0));
            }
            _ => {}
        }
        Ok(())
    }

    fn both(&mut self, a: ExprId, b: ExprId, ty: Type) -> Told {
        self.needs(a, ty)?;
        self.needs(b, ty)
    }

    /// What the expression needs of its operands, given its own type.
    fn downwards(&mut self, n: usize, expr: &Expr) -> Told {
        let ty = self.found.get(n).copied().flatten();
        match expr {
            Expr::Const(value) => ty.map_or(Ok(()), |ty| fits(self.m, ty, *value)),
            Expr::Read(quantity) => quantity.operand().map_or(Ok(()), |window| self.needs(*window, Type::Duration)),
            Expr::Not(a) => self.needs(*a, Type::Bool),
            Expr::And(a, b) | Expr::Or(a, b) => self.both(*a, *b, Type::Bool),
            Expr::Compare(comparison, a, b) => self.compare(*comparison, *a, *b),
            Expr::CompareDurations(_, a, b) => self.both(*a, *b, Type::Duration),
            Expr::If(condition, a, b) => {
                self.needs(*condition, Type::Bool)?;
                self.alike(ty, *a, *b)
            }
            Expr::Min(a, b) | Expr::Max(a, b) => {
                self.only(ty, ordered, "is not larger or smaller than another")?;
                self.alike(ty, *a, *b)
            }
            Expr::Add(a, b) | Expr::Subtract(a, b) => {
                self.only(ty, counted, "cannot be added")?;
                self.alike(ty, *a, *b)
            }
            Expr::Multiply(a, b) => self.multiply(ty, *a, *b),
            Expr::TimesRate(a, b) => self.pair((*a, Type::Money), (*b, Type::Rate)),
            Expr::DatePlus(a, b) | Expr::DateMinus(a, b) => self.pair((*a, Type::Date), (*b, Type::Duration)),
            Expr::DaysBetween(a, b) => self.both(*a, *b, Type::Date),
            Expr::EndOfMonth(a) | Expr::EndOfYear(a) | Expr::NextWorkingDay(a, _) => self.needs(*a, Type::Date),
            Expr::Weekday(a) => self.needs(*a, Type::Date),
            Expr::Table(id, arguments) => self.arguments(id.index(), arguments),
            Expr::Dated(_, day) => day.map_or(Ok(()), |day| self.needs(day, Type::Date)),
            Expr::Scale(_, amount, day) => {
                self.needs(*amount, Type::Money)?;
                day.map_or(Ok(()), |day| self.needs(day, Type::Date))
            }
            Expr::InCurrency(amounts) => amounts.iter().try_for_each(|amount| self.needs(*amount, Type::Money)),
            Expr::Fact(_) | Expr::Param(_) | Expr::Var(_) | Expr::Kept(_) | Expr::Known(_) | Expr::Amounts(_) => Ok(()),
        }
    }

    fn pair(&mut self, a: (ExprId, Type), b: (ExprId, Type)) -> Told {
        self.needs(a.0, a.1)?;
        self.needs(b.0, b.1)
    }

    /// Both have the type of the whole; where nothing says what that is, numbers alone stand there.
    fn alike(&mut self, ty: Option<Type>, a: ExprId, b: ExprId) -> Told {
        ty.map_or(Ok(()), |ty| self.both(a, b, ty))
    }

    fn only(&self, ty: Option<Type>, allowed: fn(Type) -> bool, problem: &str) -> Told {
        ty.map_or(Ok(()), |ty| ensure(allowed(ty), || format!("{} {problem}", words(self.m, ty))))
    }

    fn compare(&mut self, comparison: Comparison, a: ExprId, b: ExprId) -> Told {
        let ty = self.of(a).or(self.of(b));
        let by_size = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if by_size {
            self.only(ty, ordered, "is not larger or smaller than another")?;
        }
        ensure(ty != Some(Type::Duration), || "durations are compared by their units".to_string())?;
        self.alike(ty, a, b)
    }

    fn multiply(&mut self, ty: Option<Type>, a: ExprId, b: ExprId) -> Told {
        match ty {
            None => Ok(()),
            Some(Type::Number) => self.both(a, b, Type::Number),
            Some(Type::Money) => {
                let second = self.of(b) == Some(Type::Money) || self.of(a) == Some(Type::Number);
                let (amount, number) = if second { (b, a) } else { (a, b) };
                self.pair((amount, Type::Money), (number, Type::Number))
            }
            Some(other) => Err(format!("{} cannot be multiplied", words(self.m, other))),
        }
    }

    fn arguments(&mut self, table: usize, arguments: &[ExprId]) -> Told {
        let columns = self.m.tables.get(table).map_or(&[][..], |table| &table.columns);
        arguments.iter().zip(columns).try_for_each(|(argument, (_, ty))| self.needs(*argument, *ty))
    }
}

/// The type of a product, where its factors tell it.
fn product(a: Option<Type>, b: Option<Type>) -> Option<Type> {
    match (a, b) {
        (Some(Type::Money), _) | (_, Some(Type::Money)) => Some(Type::Money),
        // The other factor may yet turn out to be an amount.
        (Some(Type::Number), None) | (None, Some(Type::Number)) => None,
        (a, b) => a.or(b),
    }
}
