//! What an expression says of a case.

use super::Run;
use super::case::TriggerId;
use super::fault::Fault;
use dunlin_lang::model::Expr;
use dunlin_machine::ir::{
    ChannelId, Comparison, DatedId, Expr as Node, Pattern, Quantity, Scale, ScaleRows, TableId, Type,
};
use dunlin_machine::value::{Date, Duration, Money, Rate};
use std::cmp::Ordering;

/// From where an expression is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct View {
    /// The day that is being looked at; today if none.
    pub(super) day: Option<Date>,
    /// The claim of an interest rule; facts are then those of the opening.
    pub(super) claim: Option<usize>,
    /// Whose `debtor.…` is meant; if none, that of the debtor whom the event names.
    pub(super) person: Option<usize>,
    /// The trigger that asks.
    pub(super) trigger: Option<TriggerId>,
}

type Value = Result<Option<i64>, Fault>;

impl Run<'_> {
    pub(super) fn plain(&self) -> View {
        View::default()
    }

    /// What the ledger reads: of the first debtor.
    pub(super) fn of_first(&self) -> View {
        View { person: Some(0), ..View::default() }
    }

    /// The value; not to know it is a fault.
    pub(super) fn eval(&self, expr: &Expr, view: &View) -> Result<i64, Fault> {
        self.eval_known(expr, view)?.ok_or(Fault::Unknown)
    }

    pub(super) fn holds(&self, expr: &Expr, view: &View) -> Result<bool, Fault> {
        Ok(self.eval(expr, view)? != 0)
    }

    pub(super) fn holds_if_any(&self, expr: Option<&Expr>, view: &View) -> Result<bool, Fault> {
        expr.map_or(Ok(true), |e| self.holds(e, view))
    }

    pub(super) fn eval_date(&self, expr: &Expr, view: &View) -> Result<Date, Fault> {
        to_date(self.eval(expr, view)?)
    }

    pub(super) fn eval_duration(&self, expr: &Expr, view: &View) -> Result<Duration, Fault> {
        Duration::unpack(self.eval(expr, view)?).ok_or(Fault::Broken)
    }

    /// The value, or none where the case does not know it.
    pub(super) fn eval_known(&self, expr: &Expr, view: &View) -> Value {
        let get = |e: &Expr| self.eval(e, view);
        let yes = |b: bool| Ok(Some(i64::from(b)));
        match &*expr.node {
            Node::Const(v) => Ok(Some(*v)),
            Node::Fact(f) if view.claim.is_some() => Ok(self.case.facts_at_opening[f.index()]),
            Node::Fact(f) => Ok(self.case.facts[f.index()]),
            Node::Param(p) => Ok(Some(self.model.params[p.index()].value_in(self.case.currency))),
            Node::Var(v) => self.case.vars.get(v.index()).map(|v| Some(*v)).ok_or(Fault::Broken),
            Node::Kept(k) => Ok(self.kept(*k)),
            Node::Read(q) => self.read(q, view),
            Node::Known(e) => yes(self.eval_known(e, view)?.is_some()),
            Node::Not(e) => yes(get(e)? == 0),
            Node::And(a, b) => yes(get(a)? != 0 && get(b)? != 0),
            Node::Or(a, b) => yes(get(a)? != 0 || get(b)? != 0),
            Node::Compare(how, a, b) => yes(is(*how, self.order(a, get(a)?, get(b)?)?)),
            Node::CompareDurations(how, a, b) => yes(is(*how, durations(get(a)?, get(b)?)?)),
            Node::If(c, a, b) => Ok(Some(if get(c)? != 0 { get(a)? } else { get(b)? })),
            Node::Min(a, b) => self.pick(a, get(a)?, get(b)?, Ordering::Greater),
            Node::Max(a, b) => self.pick(a, get(a)?, get(b)?, Ordering::Less),
            Node::Add(a, b) => some(get(a)?.checked_add(get(b)?)),
            Node::Subtract(a, b) => some(get(a)?.checked_sub(get(b)?)),
            Node::Multiply(a, b) => some(get(a)?.checked_mul(get(b)?)),
            Node::TimesRate(a, b) => Ok(Some(times_rate(a, get(a)?, get(b)?)?)),
            Node::DatePlus(a, b) => self.date(self.plus(to_date(get(a)?)?, to_duration(get(b)?)?)?),
            Node::DateMinus(a, b) => self.date(self.minus(to_date(get(a)?)?, to_duration(get(b)?)?)?),
            Node::DaysBetween(a, b) => Ok(Some(Duration::between(to_date(get(b)?)?, to_date(get(a)?)?).pack())),
            Node::EndOfMonth(e) => self.date(to_date(get(e)?)?.end_of_month()),
            Node::EndOfYear(e) => self.date(to_date(get(e)?)?.end_of_year()),
            Node::NextWorkingDay(e, None) => self.date(self.working_day(to_date(get(e)?)?)?),
            Node::NextWorkingDay(e, Some(calendar)) => {
                let calendar = self.model.calendars.get(calendar.index()).ok_or(Fault::Broken)?;
                self.date(calendar.next_working_day(to_date(get(e)?)?)?)
            }
            Node::Weekday(e) => Ok(Some(i64::from(to_date(get(e)?)?.weekday().number()) - 1)),
            Node::Table(table, args) => {
                let args: Result<Vec<i64>, Fault> = args.iter().map(get).collect();
                self.table(*table, &args?, view)
            }
            Node::Dated(dated, None) => self.dated(*dated, view.day.unwrap_or_else(|| self.today())),
            Node::Dated(dated, Some(at)) => self.dated(*dated, to_date(get(at)?)?),
            Node::Scale(scale, amount, at) => {
                let looked_at = view.day.unwrap_or_else(|| self.today());
                let day = at.as_ref().map_or(Ok(looked_at), |at| to_date(get(at)?))?;
                self.fee(&self.model.scales[scale.index()], get(amount)?, day)
            }
            Node::InCurrency(amounts) => get(amounts.get(self.case.currency).ok_or(Fault::Broken)?).map(Some),
            Node::Amounts(amounts) => amounts.get(self.case.currency).map(|a| Some(*a)).ok_or(Fault::Broken),
        }
    }

    fn date(&self, date: Date) -> Value {
        Ok(Some(i64::from(date.days())))
    }

    fn order(&self, like: &Expr, a: i64, b: i64) -> Result<Ordering, Fault> {
        match like.ty {
            Type::Duration => durations(a, b),
            Type::Text => Ok(self.text(a).cmp(&self.text(b))),
            _ => Ok(a.cmp(&b)),
        }
    }

    fn pick(&self, like: &Expr, a: i64, b: i64, other: Ordering) -> Value {
        Ok(Some(if self.order(like, a, b)? == other { b } else { a }))
    }

    fn kept(&self, position: u16) -> Option<i64> {
        let kept = self.model.kept.get(usize::from(position))?;
        *self.case.happened.get(&kept.event)?.get(usize::from(kept.param))?
    }

    fn table(&self, id: TableId, args: &[i64], view: &View) -> Value {
        let table = &self.model.tables[id.index()];
        let fits = |patterns: &[Pattern]| patterns.iter().zip(args).all(|(p, v)| matches(p, *v, self.case.currency));
        let row = table.rows.iter().find(|row| fits(&row.patterns)).ok_or(Fault::NoRow)?;
        self.eval_known(&row.result, view)
    }

    fn dated(&self, id: DatedId, day: Date) -> Value {
        let rows = &self.model.dated[id.index()].rows;
        let row = rows.iter().rev().find(|(from, _)| *from <= day).ok_or(Fault::BeforeFirstRow)?;
        Ok(Some(row.1))
    }

    /// A fee by a scale: so much more for each further part begun.
    fn fee(&self, scale: &Scale, amount: i64, day: Date) -> Value {
        let holds = |rows: &&ScaleRows| rows.from.is_none_or(|from| from <= day);
        let rows = scale.versions.iter().rev().find(holds).ok_or(Fault::BeforeFirstRow)?;
        let (mut fee, mut low) = (i128::from(rows.fee), rows.up_to);
        for row in &rows.parts {
            let over = amount.min(row.to.unwrap_or(i64::MAX)).saturating_sub(low).max(0);
            let begun = i128::from(over / row.part) + i128::from(over % row.part > 0);
            fee += begun * i128::from(row.more);
            low = row.to.unwrap_or(i64::MAX);
        }
        some(i64::try_from(fee).ok())
    }

    fn read(&self, quantity: &Quantity<Expr>, view: &View) -> Value {
        use Quantity as Q;
        let yes = |b: bool| Ok(Some(i64::from(b)));
        let days = |d: Option<Date>| Ok(d.map(|d| i64::from(d.days())));
        let within = |d: &Expr| self.eval_duration(d, view);
        match quantity {
            Q::Balance => Ok(Some(self.balance()?)),
            Q::Principal => Ok(Some(self.principal()?)),
            Q::Interest => Ok(Some(self.interest()?)),
            Q::Costs => Ok(Some(self.open_costs()?)),
            Q::CostsOf(kind) => Ok(Some(self.open_costs_of(i64::from(kind.0)))),
            Q::Paid => Ok(Some(self.paid())),
            Q::PaidWithin(d) => Ok(Some(self.paid_within(within(d)?)?)),
            Q::Overdue => self.sum_principal(|c| c.due < self.today()),
            Q::Disputed => self.sum_principal(|c| c.disputed),
            Q::Undisputed => Ok(Some(self.undisputed()?)),
            Q::Fresh => self.sum_principal(|c| c.fresh),
            Q::Claimed => Ok(Some(self.case.claimed)),
            Q::OverdueDays => {
                let since = self.oldest_due().map_or(0, |due| self.today().days() - due.days());
                Ok(Some(i64::from(since.max(0))))
            }
            Q::OldestDue => days(self.oldest_due()),
            Q::Deadline => days(self.case.deadline.map(|d| d.day)),
            Q::Claims => some(i64::try_from(self.case.claims.iter().filter(|c| c.principal > 0).count()).ok()),
            Q::Opened => days(Some(self.day(self.case.opened))),
            Q::StageSince => days(Some(self.day(self.case.place.entered))),
            Q::Today => days(Some(view.day.unwrap_or_else(|| self.today()))),
            Q::Now => Ok(Some(self.case.now.seconds())),
            Q::Attempts(channel, d) => self.attempts(Some(*channel), within(d)?),
            Q::Contacts(d) => self.attempts(None, within(d)?),
            Q::ReachedWithin(d) => yes(self.reached(within(d)?)?),
            Q::Sent(t) => Ok(Some(self.sent(t.index()).count)),
            Q::FirstSent(t) => days(self.sent(t.index()).first),
            Q::LastSent(t) => days(self.sent(t.index()).last),
            Q::Reachable(c) => yes(self.pursued().any(|p| p.reachable.contains(c) && !p.barred.contains(c))),
            Q::Consent(c) => yes(self.pursued().any(|p| p.consent.contains(c))),
            Q::Barred(c) => yes(self.pursued().all(|p| p.barred.contains(c))),
            Q::Had(noted) => {
                let pattern = self.model.noted.get(usize::from(*noted)).ok_or(Fault::Broken)?;
                yes(self.case.delivered.iter().any(|happened| happened.fits(pattern)))
            }
            Q::DisputeOpen => yes(self.case.claims.iter().any(|c| c.disputed)),
            Q::PromiseOpen => yes(self.case.promise.is_some()),
            Q::PlanActive => yes(self.plan_active()),
            Q::PlanMissed => Ok(Some(self.plan_missed())),
            Q::PlanPaid => Ok(Some(self.plan_paid())),
            Q::PlanRemaining => Ok(Some(self.plan_remaining()?)),
            Q::Titled => yes(self.case.titled),
            Q::Changed => yes(self.changed(view)),
            Q::LimitationDate => days(self.limitation_date()?),
            Q::DebtorKind => Ok(Some(i64::from(self.whose(view).business))),
            Q::DebtorLanguage => Ok(self.whose(view).language),
            Q::DebtorRegion => Ok(self.whose(view).region),
            Q::DebtorTimeZone => Ok(self.whose(view).zone),
            Q::DebtorAge => Ok(self.age(self.whose(view))),
            Q::Debtors => some(i64::try_from(self.pursued().count()).ok()),
            Q::In(stages) => yes(stages.iter().any(|s| s.index() == self.case.place.stage)),
            Q::BeenIn(stages) => yes(stages.iter().any(|s| self.case.been.contains(&s.index()))),
            Q::ClaimDue => days(self.claim_of(view)?.map(|c| c.due)),
            Q::ClaimArose => days(self.claim_of(view)?.and_then(|c| c.arose)),
            Q::ClaimDefaultOn => days(self.claim_of(view)?.and_then(|c| c.default_on)),
            Q::ClaimKind => Ok(self.claim_of(view)?.and_then(|c| c.kind)),
        }
    }

    fn claim_of(&self, view: &View) -> Result<Option<&super::case::Claim>, Fault> {
        let number = view.claim.ok_or(Fault::Broken)?;
        Ok(self.case.claims.get(number))
    }

    fn pursued(&self) -> impl Iterator<Item = &super::case::Person> {
        self.case.persons.iter().filter(|p| p.pursued())
    }

    /// The person of whom something is read.
    fn whose(&self, view: &View) -> &super::case::Person {
        &self.case.persons[view.person.unwrap_or(self.named)]
    }

    fn changed(&self, view: &View) -> bool {
        let mark = view.trigger.and_then(|t| self.case.marks.get(&t));
        mark.and_then(|m| m.changes).is_none_or(|then| self.case.changes > then)
    }

    fn sent(&self, template: usize) -> super::case::Sent {
        self.case.sent.get(&template).copied().unwrap_or_default()
    }

    /// Attempts of the debtor who had most.
    fn attempts(&self, channel: Option<ChannelId>, within: Duration) -> Value {
        let mut most = 0;
        for person in &self.case.persons {
            let mut count = 0;
            for (at, channels) in &person.attempts {
                let counts = channel.is_none_or(|c| channels.has(c));
                count += i64::from(counts && self.within(*at, within, self.case.now)?);
            }
            most = most.max(count);
        }
        Ok(Some(most))
    }

    fn reached(&self, within: Duration) -> Result<bool, Fault> {
        for (at, _) in self.case.persons.iter().flat_map(|p| &p.conversations) {
            if self.within(*at, within, self.case.now)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Birthdays since birth.
    fn age(&self, person: &super::case::Person) -> Option<i64> {
        let born = person.born?;
        let birthday = |years: &i32| born.add_years(*years).is_ok_and(|day| day <= self.today());
        (1..400).take_while(birthday).last().map_or(Some(0), |years| Some(i64::from(years)))
    }

    /// The text that a value stands for.
    pub(super) fn text(&self, value: i64) -> String {
        let own = |v: i64| usize::try_from(-1 - v).ok().and_then(|n| self.case.texts.get(n));
        let known = usize::try_from(value).ok().and_then(|n| self.model.texts.get(n));
        known.or_else(|| own(value)).cloned().unwrap_or_default()
    }

    /// The value that stands for a text.
    pub(super) fn intern(&mut self, text: &str) -> i64 {
        if let Some(n) = self.model.texts.iter().position(|t| t == text) {
            return i64::try_from(n).unwrap_or(i64::MAX);
        }
        let own = self.case.texts.iter().position(|t| t == text).unwrap_or_else(|| {
            self.case.texts.push(text.to_owned());
            self.case.texts.len() - 1
        });
        -1 - i64::try_from(own).unwrap_or(i64::MAX)
    }
}

pub(super) fn to_date(value: i64) -> Result<Date, Fault> {
    i32::try_from(value).ok().and_then(Date::from_days).ok_or(Fault::Broken)
}

fn to_duration(value: i64) -> Result<Duration, Fault> {
    Duration::unpack(value).ok_or(Fault::Broken)
}

fn some(value: Option<i64>) -> Value {
    value.map(Some).ok_or(Fault::Overflow)
}

fn durations(a: i64, b: i64) -> Result<Ordering, Fault> {
    to_duration(a)?.compare(to_duration(b)?).ok_or(Fault::Broken)
}

/// An amount times a rate, whichever side the amount stands on.
fn times_rate(first: &Expr, a: i64, b: i64) -> Result<i64, Fault> {
    let (money, rate) = if first.ty == Type::Rate { (b, a) } else { (a, b) };
    Ok(Money(money).times_rate(Rate(rate))?.0)
}

fn is(how: Comparison, order: Ordering) -> bool {
    match how {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

fn matches(pattern: &Pattern, value: i64, currency: usize) -> bool {
    let between =
        |from: &Option<i64>, to: &Option<i64>| from.is_none_or(|f| f <= value) && to.is_none_or(|t| value <= t);
    match pattern {
        Pattern::Any => true,
        Pattern::Between(from, to) => between(from, to),
        Pattern::OneOf(values) => values.contains(&value),
        Pattern::Amounts(ranges) => ranges.get(currency).is_some_and(|(from, to)| between(from, to)),
    }
}
