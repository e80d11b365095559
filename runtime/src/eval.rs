//! The value of an expression in a case, and what was read to find it.

use crate::days::{Days, add};
use crate::fault::Fault;
use crate::outcome::Seen;
use crate::run::{Figures, Run};
use core::cmp::Ordering;
use dunlin_machine::ir::{Comparison, DatedId, Expr, ExprId, Figure, Pattern, Quantity, TableId, Type};
use dunlin_machine::value::{Date, Duration, Money, Rate, Unit};

type Value = Result<i64, Fault>;

impl<'a> Run<'a> {
    /// The value of an expression. Most lengths, and one side of most comparisons, are constants.
    #[inline]
    pub(crate) fn eval(&mut self, id: ExprId) -> Value {
        match self.m.exprs.get(id.index()) {
            Some(Expr::Const(v)) => Ok(*v),
            _ => self.eval_reading(id),
        }
    }

    /// The same of one that may read something.
    fn eval_reading(&mut self, id: ExprId) -> Value {
        let machine = self.m;
        let Some(expr) = machine.exprs.get(id.index()) else { return Err(Fault::Broken("an expression is missing")) };
        match expr {
            Expr::Const(v) => Ok(*v),
            Expr::Fact(f) => {
                let value = self.fact(f.index());
                self.read(id, value)
            }
            Expr::Param(p) => {
                let value = machine.params.get(p.index()).map(|p| p.value_in(usize::from(self.case.currency)));
                self.read(id, value)
            }
            Expr::Var(v) => {
                let value = self.case.vars.get(v.index()).copied();
                self.read(id, value)
            }
            Expr::Kept(k) => {
                let value = self.case.kept.get(usize::from(*k)).copied().flatten();
                self.read(id, value)
            }
            Expr::Read(q) => {
                let value = self.quantity(q)?;
                let from_interest = matches!(q, Quantity::Balance | Quantity::Interest | Quantity::Undisputed);
                let of = if from_interest { self.work.figures } else { Figures::default() };
                self.note(id, value, of);
                value.ok_or(Fault::Unknown(id))
            }
            Expr::Known(e) => self.known(*e),
            Expr::Not(e) => Ok(i64::from(self.eval(*e)? == 0)),
            Expr::And(a, b) => {
                if self.eval(*a)? == 0 {
                    Ok(0)
                } else {
                    self.eval(*b)
                }
            }
            Expr::Or(a, b) => {
                if self.eval(*a)? != 0 {
                    Ok(1)
                } else {
                    self.eval(*b)
                }
            }
            Expr::If(c, a, b) => {
                if self.eval(*c)? != 0 {
                    self.eval(*a)
                } else {
                    self.eval(*b)
                }
            }
            Expr::Dated(d, on) => {
                let day = self.day_looked_at(*on)?;
                let figure = self.dated(*d, day)?;
                Ok(self.figure(id, figure))
            }
            Expr::Scale(s, amount, on) => {
                let (amount, day) = (self.eval(*amount)?, self.day_looked_at(*on)?);
                let scale = machine.scales.get(s.index()).ok_or(Fault::Broken("a fee scale is missing"))?;
                let value = crate::scales::fee(scale, amount, day)?;
                let provisional = scale.verified_until.is_some_and(|until| day > until);
                Ok(self.figure(id, Figure { value, provisional, added: false }))
            }
            Expr::Amounts(values) => {
                let own = values.get(usize::from(self.case.currency)).copied();
                own.ok_or(Fault::Broken("an amount is missing in the case's currency"))
            }
            Expr::InCurrency(amounts) => {
                let own = amounts.get(usize::from(self.case.currency)).copied();
                self.eval(own.ok_or(Fault::Broken("an amount is missing in the case's currency"))?)
            }
            Expr::Table(t, args) => {
                let figure = self.table(*t, args)?;
                Ok(self.figure(id, figure))
            }
            _ => self.arithmetic(expr),
        }
    }

    /// Whether a condition holds; no condition always does.
    pub(crate) fn holds(&mut self, condition: Option<ExprId>) -> Result<bool, Fault> {
        condition.map_or(Ok(true), |c| Ok(self.eval(c)? != 0))
    }

    /// The value of an expression, or none where something in it is not known.
    pub(crate) fn eval_known(&mut self, id: ExprId) -> Result<Option<i64>, Fault> {
        match self.eval(id) {
            Ok(v) => Ok(Some(v)),
            Err(Fault::Unknown(_)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// A date.
    pub(crate) fn date(&mut self, id: ExprId) -> Result<Date, Fault> {
        let days = self.eval(id)?;
        as_date(days)
    }

    /// A duration.
    pub(crate) fn duration(&mut self, id: ExprId) -> Result<Duration, Fault> {
        let packed = self.eval(id)?;
        unpacked(packed).ok_or(Fault::Broken("a duration cannot be read"))
    }

    fn arithmetic(&mut self, expr: &Expr) -> Value {
        match *expr {
            Expr::Compare(how, a, b) => {
                let (a, b) = (self.eval(a)?, self.eval(b)?);
                Ok(i64::from(compare(how, a.cmp(&b))))
            }
            Expr::CompareDurations(how, a, b) => {
                let (a, b) = (self.duration(a)?, self.duration(b)?);
                let order = a.compare(b).ok_or(Fault::Broken("two durations cannot be compared"))?;
                Ok(i64::from(compare(how, order)))
            }
            Expr::Min(a, b) => Ok(self.eval(a)?.min(self.eval(b)?)),
            Expr::Max(a, b) => Ok(self.eval(a)?.max(self.eval(b)?)),
            Expr::Add(a, b) => self.eval(a)?.checked_add(self.eval(b)?).ok_or(Fault::Overflow),
            Expr::Subtract(a, b) => self.eval(a)?.checked_sub(self.eval(b)?).ok_or(Fault::Overflow),
            Expr::Multiply(a, b) => self.eval(a)?.checked_mul(self.eval(b)?).ok_or(Fault::Overflow),
            Expr::TimesRate(a, r) => Ok(Money(self.eval(a)?).times_rate(Rate(self.eval(r)?))?.0),
            Expr::DatePlus(d, by) => {
                let (date, by) = (self.date(d)?, self.duration(by)?);
                Ok(i64::from(add(date, by, self.calendar())?.days()))
            }
            Expr::DateMinus(d, by) => {
                let (date, by) = (self.date(d)?, self.duration(by)?);
                Ok(i64::from(add(date, by.negated()?, self.calendar())?.days()))
            }
            Expr::DaysBetween(a, b) => {
                let (a, b) = (self.date(a)?, self.date(b)?);
                Ok(Duration::between(b, a).pack())
            }
            Expr::EndOfMonth(d) => Ok(i64::from(self.date(d)?.end_of_month().days())),
            Expr::EndOfYear(d) => Ok(i64::from(self.date(d)?.end_of_year().days())),
            Expr::NextWorkingDay(d, calendar) => {
                let date = self.date(d)?;
                let calendar = calendar.map_or_else(|| self.calendar(), |c| self.calendar_of(c));
                Ok(i64::from(calendar.next_working_day(date)?.days()))
            }
            Expr::Weekday(d) => Ok(i64::from(self.date(d)?.weekday().number()) - 1),
            _ => Err(Fault::Broken("an expression cannot be read")),
        }
    }

    fn fact(&self, at: usize) -> Option<i64> {
        let now = self.case.facts.get(at).copied().flatten();
        // Interest reads facts as they were at opening.
        if self.ctx.claim.is_none() {
            return now;
        }
        self.case.first_facts.iter().find(|(f, _)| f.index() == at).map_or(now, |(_, first)| *first)
    }

    fn read(&mut self, id: ExprId, value: Option<i64>) -> Value {
        self.note(id, value, Figures::default());
        value.ok_or(Fault::Unknown(id))
    }

    fn note(&mut self, read: ExprId, value: Option<i64>, of: Figures) {
        if self.ctx.record {
            self.out.seen.push(Seen { read, value, provisional: of.provisional, added: of.added });
        }
    }

    /// The day that a figure is asked for: the one that is named, else the one that is being looked at.
    fn day_looked_at(&mut self, named: Option<ExprId>) -> Result<Date, Fault> {
        Ok(named.map(|named| self.date(named)).transpose()?.or(self.ctx.day).unwrap_or(self.today))
    }

    /// Notes a figure that may not be the last word.
    fn figure(&mut self, id: ExprId, figure: Figure) -> i64 {
        let of = Figures { provisional: figure.provisional, added: figure.added };
        if self.ctx.claim.is_some() {
            self.work.figures.provisional |= of.provisional;
            self.work.figures.added |= of.added;
        }
        self.note(id, Some(figure.value), of);
        figure.value
    }

    fn known(&mut self, id: ExprId) -> Value {
        Ok(i64::from(self.eval_known(id)?.is_some()))
    }

    fn dated(&self, id: DatedId, day: Date) -> Result<Figure, Fault> {
        let dated = self.m.dated.get(id.index()).ok_or(Fault::Broken("a dated value is missing"))?;
        dated.on(day).ok_or(Fault::BeforeFirstRow(dated.name, day))
    }

    fn table(&mut self, id: TableId, args: &[ExprId]) -> Result<Figure, Fault> {
        let table = self.m.tables.get(id.index()).ok_or(Fault::Broken("a table is missing"))?;
        let mut values = [0i64; MAX_COLUMNS];
        for (value, arg) in values.iter_mut().zip(args) {
            *value = self.eval(*arg)?;
        }
        let currency = usize::from(self.case.currency);
        for row in &table.rows {
            let mut cells = row.patterns.iter().zip(&values).zip(&table.columns);
            if cells.all(|((pattern, value), (_, ty))| matches(pattern, *value, *ty, currency)) {
                let value = self.eval(row.result)?;
                let day = if table.by_day { values[0] } else { self.ctx.day.unwrap_or(self.today).days().into() };
                let provisional = table.verified_until.is_some_and(|until| day > until.days().into());
                return Ok(Figure { value, provisional, added: false });
            }
        }
        Err(Fault::NoRow(id))
    }

    fn quantity(&mut self, quantity: &Quantity) -> Result<Option<i64>, Fault> {
        let flag = |b: bool| Ok(Some(i64::from(b)));
        let day = |d: Option<Date>| Ok(d.map(|d| i64::from(d.days())));
        match quantity {
            Quantity::Opened => day(Some(self.local_day(self.case.opened))),
            Quantity::StageSince => day(Some(self.local_day(self.case.place.entered))),
            Quantity::Today => day(Some(self.ctx.day.unwrap_or(self.today))),
            Quantity::Now => Ok(Some(self.case.now.seconds())),
            Quantity::Deadline => day(self.case.deadline.and_then(|d| d.day)),
            Quantity::Sent(t) => Ok(Some(self.sent(t.index()).count.into())),
            Quantity::FirstSent(t) => day(self.sent(t.index()).first),
            Quantity::LastSent(t) => day(self.sent(t.index()).last),
            Quantity::Had(at) => flag(self.case.noted.get(usize::from(*at)).copied().unwrap_or(false)),
            Quantity::DisputeOpen => flag(self.case.ledger.claims.iter().any(|c| c.disputed)),
            Quantity::PromiseOpen => flag(self.case.promise.is_some()),
            Quantity::PlanActive | Quantity::PlanMissed | Quantity::PlanPaid | Quantity::PlanRemaining => {
                self.of_plan(quantity)
            }
            Quantity::Titled => flag(self.case.titled),
            Quantity::Changed => flag(self.case.events > self.ctx.slot_events),
            Quantity::LimitationDate => day(self.limitation_date()?),
            Quantity::In(stages) => flag(stages.contains(&self.case.place.stage)),
            Quantity::BeenIn(stages) => flag(self.case.been.iter().any(|s| stages.contains(s))),
            Quantity::ClaimDue | Quantity::ClaimArose | Quantity::ClaimDefaultOn | Quantity::ClaimKind => {
                self.of_claim(quantity)
            }
            Quantity::Attempts(..)
            | Quantity::Contacts(_)
            | Quantity::ReachedWithin(_)
            | Quantity::Reachable(_)
            | Quantity::Consent(_)
            | Quantity::Barred(_)
            | Quantity::DebtorKind
            | Quantity::DebtorLanguage
            | Quantity::DebtorRegion
            | Quantity::DebtorTimeZone
            | Quantity::DebtorAge
            | Quantity::Debtors => self.of_persons(quantity),
            _ => self.of_ledger(quantity),
        }
    }

    fn of_claim(&self, quantity: &Quantity) -> Result<Option<i64>, Fault> {
        let claim = self.ctx.claim.and_then(|c| self.case.ledger.claims.get(usize::from(c)));
        let claim = claim.ok_or(Fault::Broken("a claim is read outside the interest rule"))?;
        Ok(match quantity {
            Quantity::ClaimDue => Some(claim.due.days().into()),
            Quantity::ClaimArose => claim.arose.map(|d| d.days().into()),
            Quantity::ClaimDefaultOn => claim.default_on.map(|d| d.days().into()),
            _ => claim.kind,
        })
    }

    fn sent(&self, template: usize) -> crate::case::Sent {
        self.case.sent.get(template).copied().unwrap_or_default()
    }

    /// The first day of a window of a day-like length that ends with `day`: the day after `day` less the length.
    pub(crate) fn window_start(&self, day: Date, length: Duration) -> Result<Date, Fault> {
        Ok(add(day, length.negated()?, self.calendar())?.add_days(1)?)
    }

    /// The case's calendar.
    pub(crate) fn calendar(&self) -> Days<'a> {
        self.calendar_of(self.case.calendar)
    }

    /// A calendar by number; the machine's first where the number is out of range, which the verifier excludes.
    pub(crate) fn calendar_of(&self, id: dunlin_machine::ir::CalendarId) -> Days<'a> {
        self.names.days(self.m, id.index())
    }
}

/// More columns than a table may have.
pub(crate) const MAX_COLUMNS: usize = 32;

/// A date from its value.
pub(crate) fn as_date(days: i64) -> Result<Date, Fault> {
    i32::try_from(days).ok().and_then(Date::from_days).ok_or(Fault::Overflow)
}

/// A duration from its value: what authors write is at least 1, and is read at once.
fn unpacked(value: i64) -> Option<Duration> {
    let unit = usize::try_from(value & 7).ok().and_then(|at| Unit::ALL.get(at));
    match (u32::try_from(value >> 3), unit) {
        (Ok(amount), Some(unit)) if amount > 0 => Duration::new(amount, *unit),
        _ => Duration::unpack(value),
    }
}

pub(crate) fn compare(how: Comparison, order: Ordering) -> bool {
    match how {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

fn matches(pattern: &Pattern, value: i64, ty: Type, currency: usize) -> bool {
    // Lengths that do not compare, as 3 days and 1 month, do not match.
    let at_least = |bound: &Option<i64>| bound.is_none_or(|b| order(value, b, ty).is_some_and(Ordering::is_ge));
    let at_most = |bound: &Option<i64>| bound.is_none_or(|b| order(value, b, ty).is_some_and(Ordering::is_le));
    match pattern {
        Pattern::Any => true,
        Pattern::Between(from, to) => at_least(from) && at_most(to),
        Pattern::OneOf(values) => values.iter().any(|v| order(value, *v, ty).is_some_and(Ordering::is_eq)),
        Pattern::Amounts(ranges) => ranges.get(currency).is_some_and(|(from, to)| at_least(from) && at_most(to)),
    }
}

/// Values are ordered as numbers, but for durations: 2 weeks are more than 10 days.
fn order(a: i64, b: i64, ty: Type) -> Option<Ordering> {
    match ty {
        Type::Duration => Duration::unpack(a)?.compare(Duration::unpack(b)?),
        _ => Some(a.cmp(&b)),
    }
}
