//! Claims, interest and payments, day by day.

use super::Run;
use super::case::{Claim, Cost, Met, Payment};
use super::eval::View;
use super::fault::Fault;
use dunlin_machine::ir::{ClaimOrder, CostCap, Designation, InterestFrom, Pool, TextId, Year};
use dunlin_machine::value::{Date, Duration, Money, Rate, days_in_month, div_half_away};

/// Every share of a year that a day can be is a whole number of these: 365 × 366 × 360.
const PARTS: i128 = 365 * 366 * 360;

/// The share of a year that one day is, in [`PARTS`].
fn share(year: Year, day: Date) -> i128 {
    let civil = day.civil();
    match year {
        Year::Days365 => PARTS / 365,
        Year::Days360 => PARTS / 360,
        Year::Actual if days_in_month(civil.year, 2) == 29 => PARTS / 366,
        Year::Actual => PARTS / 365,
        Year::Months30 => i128::from(days_of_thirty(day)) * (PARTS / 360),
    }
}

/// How many days of a month of thirty that day stands for.
fn days_of_thirty(day: Date) -> u8 {
    let civil = day.civil();
    let last = days_in_month(civil.year, civil.month);
    match civil.day {
        31 => 0,
        d if d == last && last < 30 => 31 - d,
        _ => 1,
    }
}

impl Run<'_> {
    /// The first day on which a claim bears interest.
    pub(super) fn first_interest_day(&self, claim: usize) -> Result<Date, Fault> {
        let this = &self.case.claims[claim];
        let after_due = || Ok::<Date, Fault>(self.working_day(this.due)?.add_days(1)?);
        match self.model.ledger.interest.as_ref().map(|rule| &rule.from) {
            None | Some(InterestFrom::AfterDue) => after_due(),
            Some(InterestFrom::Default) => this.default_on.map_or_else(after_due, Ok),
            Some(InterestFrom::Date(date)) => self.eval_date(date, &self.of_claim(claim, None)),
        }
    }

    pub(super) fn of_claim(&self, claim: usize, day: Option<Date>) -> View {
        View { day, claim: Some(claim), ..self.of_first() }
    }

    fn rate(&self, claim: usize, day: Date) -> Result<i64, Fault> {
        let rule = self.model.ledger.interest.as_ref();
        rule.map_or(Ok(0), |rule| self.eval(&rule.rate, &self.of_claim(claim, Some(day))))
    }

    fn bears(&self, claim: usize, day: Date) -> bool {
        let free = |(from, to): &(Date, Option<Date>)| *from <= day && to.is_none_or(|to| day <= to);
        self.case.claims[claim].first <= day && !self.case.free_days.iter().any(free)
    }

    /// What a principal bears from one day through another, rounded once.
    fn accrued(&self, claim: usize, principal: i64, from: Date, to: Date) -> Result<i64, Fault> {
        let Some(rule) = &self.model.ledger.interest else { return Ok(0) };
        if principal == 0 {
            return Ok(0);
        }
        let mut exact: i128 = 0;
        for day in (from.days()..=to.days()).filter_map(Date::from_days) {
            if self.bears(claim, day) {
                let year = i128::from(self.rate(claim, day)?) * share(rule.year, day);
                exact += i128::from(principal).checked_mul(year).ok_or(Fault::Overflow)?;
            }
        }
        let rounded = div_half_away(exact, i128::from(Rate::ONE.0) * PARTS)?;
        i64::try_from(rounded).map_err(|_| Fault::Overflow)
    }

    fn interest_of(&self, claim: usize) -> Result<i64, Fault> {
        let this = &self.case.claims[claim];
        let accrued = self.accrued(claim, this.principal, this.next, self.today())?;
        this.fixed.checked_add(accrued).ok_or(Fault::Overflow)
    }

    pub(super) fn interest(&self) -> Result<i64, Fault> {
        (0..self.case.claims.len())
            .try_fold(0_i64, |sum, c| sum.checked_add(self.interest_of(c)?).ok_or(Fault::Overflow))
    }

    pub(super) fn sum_principal(&self, counts: impl Fn(&Claim) -> bool) -> Result<Option<i64>, Fault> {
        let amounts = self.case.claims.iter().filter(|c| counts(c)).map(|c| Money(c.principal));
        Ok(Some(Money::sum(amounts)?.0))
    }

    pub(super) fn principal(&self) -> Result<i64, Fault> {
        Ok(self.sum_principal(|_| true)?.unwrap_or(0))
    }

    pub(super) fn open_costs(&self) -> Result<i64, Fault> {
        Ok(Money::sum(self.case.costs.iter().map(|c| Money(c.charged - c.paid)))?.0)
    }

    pub(super) fn open_costs_of(&self, kind: i64) -> i64 {
        let mine = self.case.costs.iter().find(|c| c.kind == kind);
        mine.map_or(0, |c| c.charged - c.paid)
    }

    pub(super) fn balance(&self) -> Result<i64, Fault> {
        let parts = [self.principal()?, self.interest()?, self.open_costs()?];
        Ok(Money::sum(parts.map(Money))?.0)
    }

    pub(super) fn undisputed(&self) -> Result<i64, Fault> {
        let mut rest = self.balance()?;
        for (n, claim) in self.case.claims.iter().enumerate().filter(|(_, c)| c.disputed) {
            rest -= claim.principal + self.interest_of(n)?;
        }
        Ok(rest)
    }

    pub(super) fn paid(&self) -> i64 {
        self.case.payments.iter().filter(|p| !p.returned).map(|p| p.amount).sum()
    }

    /// How many of the oldest payments are no longer remembered one by one.
    pub(super) fn forgotten_payments(&self) -> usize {
        self.case.payments.len().saturating_sub(self.model.limits.payments as usize)
    }

    pub(super) fn paid_within(&self, within: Duration) -> Result<i64, Fault> {
        let mut sum = 0;
        for payment in self.case.payments.iter().skip(self.forgotten_payments()).filter(|p| !p.returned) {
            if self.day_within(payment.on, within, self.today())? {
                sum += payment.amount;
            }
        }
        Ok(sum)
    }

    pub(super) fn oldest_due(&self) -> Option<Date> {
        self.case.claims.iter().filter(|c| c.principal > 0).map(|c| c.due).min()
    }

    /// Fixes a claim's interest to a day.
    pub(super) fn fix(&mut self, claim: usize, day: Date) -> Result<(), Fault> {
        let this = &self.case.claims[claim];
        if this.next > day {
            return Ok(());
        }
        let accrued = self.accrued(claim, this.principal, this.next, day)?;
        let this = &mut self.case.claims[claim];
        this.fixed = this.fixed.checked_add(accrued).ok_or(Fault::Overflow)?;
        this.next = day.add_days(1)?;
        Ok(())
    }

    /// Lowers a claim's principal from a day on: what the part bore after that day is taken back.
    pub(super) fn lower(&mut self, claim: usize, part: i64, day: Date) -> Result<(), Fault> {
        let (next, after) = (self.case.claims[claim].next, day.add_days(1)?);
        if next > after {
            let too_much = self.accrued(claim, part, after, next.add_days(-1)?)?;
            let this = &mut self.case.claims[claim];
            this.fixed = this.fixed.min((this.fixed - too_much).max(0));
        }
        self.case.claims[claim].principal -= part;
        Ok(())
    }

    /// Claims in the order in which a payment meets them.
    pub(super) fn claims_in_order(&self) -> Result<Vec<usize>, Fault> {
        let mut keyed = Vec::new();
        for n in 0..self.case.claims.len() {
            keyed.push((self.order_key(n)?, n));
        }
        keyed.sort();
        Ok(keyed.into_iter().map(|(_, n)| n).collect())
    }

    fn order_key(&self, claim: usize) -> Result<Vec<i64>, Fault> {
        let this = &self.case.claims[claim];
        let key = |order: &ClaimOrder| {
            Ok(match order {
                ClaimOrder::DueFirst => i64::from(this.due > self.today()),
                ClaimOrder::LeastSecured => i64::from(this.secured),
                ClaimOrder::MostBurdensome => -self.rate(claim, self.today())?,
                ClaimOrder::OlderFirst => i64::from(this.due.days()),
            })
        };
        self.model.ledger.order.iter().map(key).collect()
    }

    /// Books a payment with its value date; what is left over.
    pub(super) fn book(
        &mut self,
        amount: i64,
        on: Date,
        id: Option<String>,
        designated: Option<usize>,
    ) -> Result<i64, Fault> {
        for claim in 0..self.case.claims.len() {
            self.fix(claim, on)?;
        }
        let mut payment = Payment { id, amount, on, returned: false, parts: Vec::new(), promised: 0 };
        let mut rest = amount;
        for (pool, claim) in self.pool_order(designated)? {
            self.meet(pool, claim, &mut rest, &mut payment)?;
        }
        self.case.payments.push(payment);
        // All that was paid must be an amount too.
        Money::sum(self.case.payments.iter().filter(|p| !p.returned).map(|p| Money(p.amount)))?;
        Ok(rest)
    }

    /// Pools with their claim, in the order in which a payment meets them; costs have no claim.
    fn pool_order(&self, designated: Option<usize>) -> Result<Vec<(Pool, usize)>, Fault> {
        let pools = &self.model.ledger.pools;
        let mut order = Vec::new();
        if let Some(claim) = designated {
            if let Designation::RefusedOn(first) = &self.model.ledger.designation {
                let first: Vec<Pool> = pools.iter().copied().filter(|pool| first.contains(pool)).collect();
                order.extend(self.plain_order(&first)?);
            }
            let of_claims = pools.iter().filter(|pool| **pool != Pool::Costs);
            order.extend(of_claims.map(|pool| (*pool, claim)));
        }
        order.extend(self.plain_order(pools)?);
        Ok(order)
    }

    /// The order of these pools where the payer names no claim.
    fn plain_order(&self, pools: &[Pool]) -> Result<Vec<(Pool, usize)>, Fault> {
        let claims = self.claims_in_order()?;
        let mut order = Vec::new();
        if self.model.ledger.each_claim_in_turn {
            let of_claims: Vec<Pool> = pools.iter().copied().filter(|p| *p != Pool::Costs).collect();
            order.extend(claims.iter().flat_map(|c| of_claims.iter().map(|p| (*p, *c))));
            if pools.contains(&Pool::Costs) {
                let at = if pools.first() == Some(&Pool::Costs) { 0 } else { order.len() };
                order.insert(at, (Pool::Costs, 0));
            }
            return Ok(order);
        }
        for pool in pools {
            match pool {
                Pool::Costs => order.push((Pool::Costs, 0)),
                other => order.extend(claims.iter().map(|c| (*other, *c))),
            }
        }
        Ok(order)
    }

    fn meet(&mut self, pool: Pool, claim: usize, rest: &mut i64, payment: &mut Payment) -> Result<(), Fault> {
        match pool {
            Pool::Costs => {
                for (n, cost) in self.case.costs.iter_mut().enumerate() {
                    let part = (cost.charged - cost.paid).min(*rest).max(0);
                    cost.paid += part;
                    note(payment, Met::Costs(n), part, rest);
                }
            }
            Pool::Interest => {
                let part = self.case.claims[claim].fixed.min(*rest).max(0);
                self.case.claims[claim].fixed -= part;
                note(payment, Met::Interest(claim), part, rest);
            }
            Pool::Principal => {
                let part = self.case.claims[claim].principal.min(*rest).max(0);
                self.lower(claim, part, payment.on)?;
                note(payment, Met::Principal(claim), part, rest);
            }
        }
        Ok(())
    }

    /// Undoes a payment from today.
    pub(super) fn return_payment(&mut self, payment: usize) -> Result<(), Fault> {
        let today = self.today();
        self.case.payments[payment].returned = true;
        for (met, part) in self.case.payments[payment].parts.clone() {
            match met {
                Met::Costs(n) => self.case.costs[n].paid -= part,
                Met::Interest(claim) => {
                    self.fix(claim, today)?;
                    self.case.claims[claim].fixed += part;
                }
                Met::Principal(claim) => {
                    self.fix(claim, today)?;
                    self.case.claims[claim].principal += part;
                }
            }
        }
        Ok(())
    }

    /// Undoes a payment as if it had never been: its principal parts bore interest all the time.
    pub(super) fn void_payment(&mut self, payment: usize) -> Result<(), Fault> {
        let (today, gone) = (self.today(), self.case.payments[payment].clone());
        self.return_payment(payment)?;
        for (met, part) in gone.parts {
            if let Met::Principal(claim) = met {
                let bore = self.accrued(claim, part, gone.on.add_days(1)?, today)?;
                let this = &mut self.case.claims[claim];
                this.fixed = this.fixed.checked_add(bore).ok_or(Fault::Overflow)?;
            }
        }
        Ok(())
    }

    /// Adds costs of a kind.
    pub(super) fn add_costs(&mut self, kind: i64, amount: i64) -> Result<(), Fault> {
        let known = self.case.costs.iter().position(|c| c.kind == kind);
        let at = known.unwrap_or(self.case.costs.len());
        if known.is_none() {
            if self.case.costs.len() >= self.model.limits.cost_kinds as usize {
                return Err(Fault::Bound);
            }
            self.case.costs.push(Cost { kind, charged: 0, paid: 0 });
        }
        let cost = &mut self.case.costs[at];
        cost.charged = cost.charged.checked_add(amount).ok_or(Fault::Overflow)?;
        Ok(())
    }

    /// How much may still be charged.
    pub(super) fn room_for_costs(&self, kind: TextId) -> Result<Option<i64>, Fault> {
        let of_kind = self.model.ledger.costs_of_up_to.iter().filter(|(of, _)| *of == kind);
        let mut room = None;
        for (cap, all) in
            self.model.ledger.costs_up_to.iter().map(|c| (c, true)).chain(of_kind.map(|(_, c)| (c, false)))
        {
            let cap = match cap {
                CostCap::Money(sum) => self.eval(sum, &self.of_first())?,
                CostCap::OfPrincipal(rate) => {
                    let rate = Rate(self.eval(rate, &self.of_first())?);
                    Money(self.case.claimed).times_rate(rate)?.0
                }
            };
            let counted = self.case.costs.iter().filter(|c| all || c.kind == i64::from(kind.0));
            let here = (cap - Money::sum(counted.map(|c| Money(c.charged)))?.0).max(0);
            room = Some(room.map_or(here, |known: i64| known.min(here)));
        }
        Ok(room)
    }

    pub(super) fn waive_costs(&mut self, kind: Option<i64>, most: i64) -> i64 {
        let mut waived = 0;
        for cost in self.case.costs.iter_mut().filter(|c| kind.is_none_or(|k| k == c.kind)) {
            let part = (cost.charged - cost.paid).clamp(0, most - waived);
            cost.charged -= part;
            waived += part;
        }
        waived
    }

    pub(super) fn waive_interest(&mut self, most: i64) -> Result<i64, Fault> {
        let today = self.today();
        let mut waived = 0;
        for claim in self.claims_in_order()? {
            self.fix(claim, today)?;
            let part = self.case.claims[claim].fixed.clamp(0, most - waived);
            self.case.claims[claim].fixed -= part;
            waived += part;
        }
        Ok(waived)
    }

    pub(super) fn waive_principal(&mut self, most: i64) -> Result<i64, Fault> {
        let today = self.today();
        let mut waived = 0;
        for claim in self.claims_in_order()? {
            self.fix(claim, today)?;
            let part = self.case.claims[claim].principal.clamp(0, most - waived);
            self.lower(claim, part, today)?;
            waived += part;
        }
        Ok(waived)
    }

    /// Reduces one claim, or the oldest open ones.
    pub(super) fn reduce(&mut self, claim: Option<usize>, amount: i64, on: Date) -> Result<(), Fault> {
        let mut order: Vec<usize> = (0..self.case.claims.len()).filter(|n| claim.is_none_or(|c| c == *n)).collect();
        order.sort_by_key(|n| (self.case.claims[*n].due, *n));
        let mut rest = amount;
        for n in order {
            let part = self.case.claims[n].principal.clamp(0, rest);
            if part > 0 {
                self.fix(n, on)?;
                self.lower(n, part, on)?;
                rest -= part;
            }
        }
        Ok(())
    }
}

fn note(payment: &mut Payment, met: Met, part: i64, rest: &mut i64) {
    if part > 0 {
        payment.parts.push((met, part));
        *rest -= part;
    }
}
