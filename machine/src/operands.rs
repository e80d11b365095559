//! What expressions and actions are made of, and what type a quantity has: what everybody needs who walks them.

use alloc::vec;
use alloc::vec::Vec;
use core::iter;

use crate::events::{DEBTOR_KIND, WEEKDAY};
use crate::ir::{Does, Expr, ExprId, Machine, Quantity, Type};

impl Machine {
    /// Whether an expression reads nothing but the day that is looked at: no fact, no claim, no debtor. What it gives on a day is
    /// the same for every case then.
    #[must_use]
    pub fn reads_only_the_day(&self, id: ExprId) -> bool {
        let both = |a: &ExprId, b: &ExprId| self.reads_only_the_day(*a) && self.reads_only_the_day(*b);
        match self.exprs.get(id.index()) {
            Some(Expr::Const(_) | Expr::Dated(_, None)) => true,
            Some(Expr::Add(a, b) | Expr::Subtract(a, b) | Expr::Min(a, b) | Expr::Max(a, b)) => both(a, b),
            _ => false,
        }
    }
}

impl<E> Expr<E> {
    /// The operands, in the order in which they are read. The rows of a table are not among them.
    #[must_use]
    pub fn operands(&self) -> Vec<&E> {
        match self {
            Self::Const(_) | Self::Fact(_) | Self::Param(_) | Self::Var(_) | Self::Kept(_) | Self::Amounts(_) => vec![],
            Self::Read(quantity) => quantity.operand().into_iter().collect(),
            Self::Known(a) | Self::Not(a) | Self::EndOfMonth(a) | Self::EndOfYear(a) | Self::Weekday(a) => vec![a],
            Self::NextWorkingDay(a, _) => vec![a],
            Self::Compare(_, a, b) | Self::CompareDurations(_, a, b) => vec![a, b],
            Self::And(a, b) | Self::Or(a, b) | Self::Min(a, b) | Self::Max(a, b) => vec![a, b],
            Self::Add(a, b) | Self::Subtract(a, b) | Self::Multiply(a, b) | Self::TimesRate(a, b) => vec![a, b],
            Self::DatePlus(a, b) | Self::DateMinus(a, b) | Self::DaysBetween(a, b) => vec![a, b],
            Self::If(condition, then, otherwise) => vec![condition, then, otherwise],
            Self::Table(_, arguments) | Self::InCurrency(arguments) => arguments.iter().collect(),
            Self::Dated(_, day) => day.iter().collect(),
            Self::Scale(_, amount, day) => iter::once(amount).chain(day).collect(),
        }
    }

    /// The same expression with another form of operand; `map` meets the operands in the order in which they are read.
    ///
    /// # Errors
    /// That of `map`.
    pub fn try_map<F, Error>(&self, mut map: impl FnMut(&E) -> Result<F, Error>) -> Result<Expr<F>, Error> {
        Ok(match self {
            Self::Const(value) => Expr::Const(*value),
            Self::Fact(id) => Expr::Fact(*id),
            Self::Param(id) => Expr::Param(*id),
            Self::Var(id) => Expr::Var(*id),
            Self::Kept(position) => Expr::Kept(*position),
            Self::Read(quantity) => Expr::Read(quantity.try_map(map)?),
            Self::Known(a) => Expr::Known(map(a)?),
            Self::Not(a) => Expr::Not(map(a)?),
            Self::And(a, b) => Expr::And(map(a)?, map(b)?),
            Self::Or(a, b) => Expr::Or(map(a)?, map(b)?),
            Self::Compare(comparison, a, b) => Expr::Compare(*comparison, map(a)?, map(b)?),
            Self::CompareDurations(comparison, a, b) => Expr::CompareDurations(*comparison, map(a)?, map(b)?),
            Self::If(condition, then, otherwise) => Expr::If(map(condition)?, map(then)?, map(otherwise)?),
            Self::Min(a, b) => Expr::Min(map(a)?, map(b)?),
            Self::Max(a, b) => Expr::Max(map(a)?, map(b)?),
            Self::Add(a, b) => Expr::Add(map(a)?, map(b)?),
            Self::Subtract(a, b) => Expr::Subtract(map(a)?, map(b)?),
            Self::Multiply(a, b) => Expr::Multiply(map(a)?, map(b)?),
            Self::TimesRate(a, b) => Expr::TimesRate(map(a)?, map(b)?),
            Self::DatePlus(a, b) => Expr::DatePlus(map(a)?, map(b)?),
            Self::DateMinus(a, b) => Expr::DateMinus(map(a)?, map(b)?),
            Self::DaysBetween(a, b) => Expr::DaysBetween(map(a)?, map(b)?),
            Self::EndOfMonth(a) => Expr::EndOfMonth(map(a)?),
            Self::EndOfYear(a) => Expr::EndOfYear(map(a)?),
            Self::NextWorkingDay(a, calendar) => Expr::NextWorkingDay(map(a)?, *calendar),
            Self::Weekday(a) => Expr::Weekday(map(a)?),
            Self::Table(id, arguments) => Expr::Table(*id, arguments.iter().map(map).collect::<Result<_, _>>()?),
            Self::Dated(id, day) => Expr::Dated(*id, day.as_ref().map(map).transpose()?),
            Self::Scale(id, amount, day) => Expr::Scale(*id, map(amount)?, day.as_ref().map(map).transpose()?),
            Self::Amounts(values) => Expr::Amounts(values.clone()),
            Self::InCurrency(amounts) => Expr::InCurrency(amounts.iter().map(map).collect::<Result<_, _>>()?),
        })
    }

    /// The type that the form itself settles; none where it is that of the operands, or of the place it stands in.
    #[must_use]
    pub fn settled_type(&self) -> Option<Type> {
        match self {
            Self::Read(quantity) => Some(quantity.ty()),
            Self::Known(_) | Self::Not(_) | Self::And(..) | Self::Or(..) => Some(Type::Bool),
            Self::Compare(..) | Self::CompareDurations(..) => Some(Type::Bool),
            Self::TimesRate(..) | Self::Scale(..) | Self::Amounts(_) | Self::InCurrency(_) => Some(Type::Money),
            Self::DatePlus(..) | Self::DateMinus(..) | Self::EndOfMonth(_) | Self::EndOfYear(_) => Some(Type::Date),
            Self::NextWorkingDay(..) => Some(Type::Date),
            Self::DaysBetween(..) => Some(Type::Duration),
            Self::Weekday(_) => Some(WEEKDAY),
            _ => None,
        }
    }
}

impl<E> Quantity<E> {
    /// The window of those that look back; none for the others.
    #[must_use]
    pub const fn operand(&self) -> Option<&E> {
        match self {
            Self::PaidWithin(window) | Self::Contacts(window) | Self::ReachedWithin(window) => Some(window),
            Self::Attempts(_, window) => Some(window),
            _ => None,
        }
    }

    /// The type of its value.
    #[must_use]
    pub const fn ty(&self) -> Type {
        match self {
            Self::Balance | Self::Principal | Self::Interest | Self::Costs | Self::CostsOf(_) => Type::Money,
            Self::Paid | Self::PaidWithin(_) | Self::Overdue | Self::Disputed | Self::Undisputed => Type::Money,
            Self::Fresh | Self::Claimed => Type::Money,
            Self::OverdueDays | Self::Claims | Self::Attempts(..) | Self::Contacts(_) => Type::Number,
            Self::Sent(_) | Self::DebtorAge | Self::Debtors => Type::Number,
            Self::OldestDue | Self::Deadline | Self::Opened | Self::StageSince | Self::Today => Type::Date,
            Self::FirstSent(_) | Self::LastSent(_) | Self::LimitationDate => Type::Date,
            Self::ClaimDue | Self::ClaimArose | Self::ClaimDefaultOn => Type::Date,
            Self::Now => Type::Instant,
            Self::ReachedWithin(_) | Self::Reachable(_) | Self::Consent(_) | Self::Barred(_) => Type::Bool,
            Self::Had(_) | Self::DisputeOpen | Self::PromiseOpen | Self::Titled | Self::Changed => Type::Bool,
            Self::In(_) | Self::BeenIn(_) | Self::PlanActive => Type::Bool,
            Self::PlanMissed => Type::Number,
            Self::PlanPaid | Self::PlanRemaining => Type::Money,
            Self::DebtorKind => DEBTOR_KIND,
            Self::DebtorLanguage | Self::DebtorRegion | Self::DebtorTimeZone | Self::ClaimKind => Type::Text,
        }
    }

    /// The same quantity with another form of operand.
    ///
    /// # Errors
    /// That of `map`.
    pub fn try_map<F, Error>(&self, mut map: impl FnMut(&E) -> Result<F, Error>) -> Result<Quantity<F>, Error> {
        Ok(match self {
            Self::CostsOf(kind) => Quantity::CostsOf(*kind),
            Self::PaidWithin(window) => Quantity::PaidWithin(map(window)?),
            Self::Attempts(channel, window) => Quantity::Attempts(*channel, map(window)?),
            Self::Contacts(window) => Quantity::Contacts(map(window)?),
            Self::ReachedWithin(window) => Quantity::ReachedWithin(map(window)?),
            Self::Sent(template) => Quantity::Sent(*template),
            Self::FirstSent(template) => Quantity::FirstSent(*template),
            Self::LastSent(template) => Quantity::LastSent(*template),
            Self::Reachable(channel) => Quantity::Reachable(*channel),
            Self::Consent(channel) => Quantity::Consent(*channel),
            Self::Barred(channel) => Quantity::Barred(*channel),
            Self::Had(position) => Quantity::Had(*position),
            Self::In(stages) => Quantity::In(stages.clone()),
            Self::BeenIn(stages) => Quantity::BeenIn(stages.clone()),
            Self::Balance => Quantity::Balance,
            Self::Principal => Quantity::Principal,
            Self::Interest => Quantity::Interest,
            Self::Costs => Quantity::Costs,
            Self::Paid => Quantity::Paid,
            Self::Overdue => Quantity::Overdue,
            Self::Disputed => Quantity::Disputed,
            Self::Undisputed => Quantity::Undisputed,
            Self::Fresh => Quantity::Fresh,
            Self::Claimed => Quantity::Claimed,
            Self::OverdueDays => Quantity::OverdueDays,
            Self::OldestDue => Quantity::OldestDue,
            Self::Deadline => Quantity::Deadline,
            Self::Claims => Quantity::Claims,
            Self::Opened => Quantity::Opened,
            Self::StageSince => Quantity::StageSince,
            Self::Today => Quantity::Today,
            Self::Now => Quantity::Now,
            Self::DisputeOpen => Quantity::DisputeOpen,
            Self::PromiseOpen => Quantity::PromiseOpen,
            Self::PlanActive => Quantity::PlanActive,
            Self::PlanMissed => Quantity::PlanMissed,
            Self::PlanPaid => Quantity::PlanPaid,
            Self::PlanRemaining => Quantity::PlanRemaining,
            Self::Titled => Quantity::Titled,
            Self::Changed => Quantity::Changed,
            Self::LimitationDate => Quantity::LimitationDate,
            Self::DebtorKind => Quantity::DebtorKind,
            Self::DebtorLanguage => Quantity::DebtorLanguage,
            Self::DebtorRegion => Quantity::DebtorRegion,
            Self::DebtorTimeZone => Quantity::DebtorTimeZone,
            Self::DebtorAge => Quantity::DebtorAge,
            Self::Debtors => Quantity::Debtors,
            Self::ClaimDue => Quantity::ClaimDue,
            Self::ClaimArose => Quantity::ClaimArose,
            Self::ClaimDefaultOn => Quantity::ClaimDefaultOn,
            Self::ClaimKind => Quantity::ClaimKind,
        })
    }
}

impl<E, B> Does<E, B> {
    /// The blocks inside the action, in the order in which they are written.
    #[must_use]
    pub fn blocks(&self) -> Vec<&B> {
        match self {
            Self::If { then, otherwise, .. } => vec![then, otherwise],
            Self::Exit { body, .. } => vec![body],
            Self::Approval(approval) => iter::once(&approval.body).chain(&approval.otherwise).collect(),
            _ => vec![],
        }
    }
}

impl Machine {
    /// The type of what an expression gives; none where only its place knows it.
    #[must_use]
    pub fn type_of(&self, id: ExprId) -> Option<Type> {
        match self.exprs.get(id.index())? {
            Expr::Fact(fact) => self.facts.get(fact.index()).map(|fact| fact.ty),
            Expr::Param(param) => self.params.get(param.index()).map(|param| param.ty),
            Expr::Var(var) => self.vars.get(var.index()).map(|var| var.ty),
            Expr::Kept(at) => {
                let kept = self.kept.get(usize::from(*at))?;
                self.events.get(kept.event.index())?.params.get(usize::from(kept.param)).map(|param| param.ty)
            }
            Expr::Table(table, _) => self.tables.get(table.index()).map(|table| table.result),
            Expr::Dated(dated, _) => self.dated.get(dated.index()).map(|dated| dated.ty),
            other => other.settled_type(),
        }
    }
}
