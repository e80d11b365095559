//! The account by hand: interest by the day, allocation, returns, costs under a cap.

use super::Step;
use super::case::{COSTS, Claim, Cost, Kind, Payment};
use super::days::{Fault, next_working_day};
use super::outcome::{Claims, Effect, Statement};
use dunlin_machine::value::Date;

/// Interest by the year, in billionths: the base rate and 5 points.
const RATES: [(Option<Date>, i64); 7] = [
    (Date::new(2020, 1, 1), 41_200_000),
    (Date::new(2023, 1, 1), 66_200_000),
    (Date::new(2023, 7, 1), 81_200_000),
    (Date::new(2024, 1, 1), 86_200_000),
    (Date::new(2024, 7, 1), 83_700_000),
    (Date::new(2025, 1, 1), 72_700_000),
    (Date::new(2025, 7, 1), 62_700_000),
];
/// Billionths, and days of a year.
const YEAR: i128 = 1_000_000_000 * 365;
/// All costs stay within this.
const COSTS_UP_TO: i64 = 40_00;

/// What a principal bears from one day to another, both included, rounded once, half up.
fn accrued(principal: i64, from: Date, to: Date) -> i64 {
    if principal == 0 || from > to {
        return 0;
    }
    let mut weight = 0;
    let mut end = to.days();
    for (since, rate) in RATES.iter().rev() {
        let since = since.map_or(0, Date::days);
        let first = since.max(from.days());
        if first <= end {
            weight += i64::from(end - first + 1) * rate;
            end = first - 1;
        }
        if since <= from.days() {
            break;
        }
    }
    let exact = i128::from(weight) * i128::from(principal);
    // OK because the rates are positive, and a claim of 90,000 million over 400 years fits.
    ((exact + YEAR / 2) / YEAR) as i64
}

/// The first day on which a claim bears interest: the day after it was to be paid.
pub(super) fn first_interest_day(due: Date) -> Result<Date, Fault> {
    Ok(next_working_day(due)?.add_days(1)?)
}

/// Rounds what a claim has accrued to a day and starts it again on the day after.
fn fix(claim: &mut Claim, to: Date) -> Result<(), Fault> {
    if claim.next <= to {
        claim.interest += accrued(claim.principal, claim.next, to);
        claim.next = to.add_days(1)?;
    }
    Ok(())
}

/// Principal that went bears nothing after the value date.
fn take_back(claim: &mut Claim, principal: i64, on: Date) -> Result<(), Fault> {
    let from = on.add_days(1)?;
    // Nothing was fixed beyond the value date: the usual case.
    if claim.next <= from {
        return Ok(());
    }
    let from = from.max(first_interest_day(claim.due)?);
    let bore = accrued(principal, from, claim.next.add_days(-1)?);
    claim.interest = (claim.interest - bore).max(claim.interest.min(0));
    Ok(())
}

impl Step<'_> {
    /// The account to today.
    pub(super) fn statement(&mut self) -> Statement {
        let claims = self.case.claims.as_slice();
        let principal = claims.iter().map(|c| c.principal).sum();
        let interest = *self.interest.get_or_insert_with(|| {
            claims.iter().map(|c| c.interest + accrued(c.principal, c.next, self.case.today)).sum()
        });
        let costs = self.case.costs.as_slice().iter().map(Cost::open).sum();
        Statement { principal, interest, costs }
    }

    pub(super) fn balance(&mut self) -> i64 {
        self.statement().balance()
    }

    /// Books a payment by its value date; what it leaves over is refunded.
    pub(super) fn pay(&mut self, id: Option<u64>, amount: i64, on: Option<Date>) -> Result<(), Fault> {
        let on = on.unwrap_or(self.case.today).min(self.case.today);
        for claim in self.case.claims.as_mut_slice() {
            fix(claim, on)?;
        }
        self.interest = None;
        self.case.paid += amount;
        let mut payment = Payment { id, amount, on, ..Payment::default() };
        let left = self.allocate(&mut payment)?;
        self.case.payments.push_over(payment);
        if left > 0 {
            self.tell(Effect::Refund(left));
        }
        self.count_for_promise(amount, on);
        Ok(())
    }

    /// Costs, interest, principal, each across all claims, older first; gives what is left.
    fn allocate(&mut self, payment: &mut Payment) -> Result<i64, Fault> {
        let mut left = payment.amount;
        for (cost, met) in self.case.costs.as_mut_slice().iter_mut().zip(&mut payment.costs) {
            let part = cost.open().min(left);
            cost.paid += part;
            *met = part;
            left -= part;
        }
        let order = self.older_first();
        let claims = self.case.claims.as_mut_slice();
        for at in order.iter().copied().take(claims.len()) {
            let part = claims[at].interest.min(left).max(0);
            claims[at].interest -= part;
            payment.interest[at] = part;
            left -= part;
        }
        for at in order.iter().copied().take(claims.len()) {
            let part = claims[at].principal.min(left).max(0);
            if part > 0 {
                claims[at].principal -= part;
                payment.principal[at] = part;
                take_back(&mut claims[at], part, payment.on)?;
                left -= part;
            }
        }
        Ok(left)
    }

    /// The positions of the claims by their due dates; of equal ones by position.
    fn older_first(&self) -> [usize; 4] {
        let claims = self.case.claims.as_slice();
        let mut order = [0, 1, 2, 3];
        if claims.len() > 1 {
            order[..claims.len()].sort_by_key(|at| claims[*at].due);
        }
        order
    }

    /// Undoes a payment from today, and books the bank's fee. The caller has seen that the payment is there.
    pub(super) fn return_payment(&mut self, of: u64, fee: Option<i64>) -> Result<(), Fault> {
        let today = self.case.today;
        let open = |p: &&mut Payment| p.id == Some(of) && !p.returned;
        let Some(payment) = self.case.payments.as_mut_slice().iter_mut().find(open) else { return Ok(()) };
        payment.returned = true;
        let payment = *payment;
        for (cost, part) in self.case.costs.as_mut_slice().iter_mut().zip(payment.costs) {
            cost.paid -= part;
        }
        let parts = payment.interest.iter().zip(&payment.principal);
        for (claim, (interest, principal)) in self.case.claims.as_mut_slice().iter_mut().zip(parts) {
            if *interest > 0 || *principal > 0 {
                fix(claim, today)?;
                claim.interest += interest;
                claim.principal += principal;
            }
        }
        self.interest = None;
        self.case.paid -= payment.amount;
        self.uncount_for_promise(payment.amount, payment.on);
        if let Some(fee) = fee.filter(|f| *f > 0) {
            self.book_cost(Kind::ReturnFee, fee);
        }
        Ok(())
    }

    /// Adds costs of a kind.
    pub(super) fn book_cost(&mut self, kind: Kind, amount: i64) {
        match self.case.costs.as_mut_slice().iter_mut().find(|c| c.kind == kind) {
            Some(cost) => cost.charged += amount,
            None => self.case.costs.push(Cost { kind, charged: amount, paid: 0 }),
        }
    }

    /// Charges the flat sum for a letter, cut so that all costs stay within their cap.
    pub(super) fn charge(&mut self, flat: i64, replacing: bool) {
        if self.nothing_left(false) {
            return;
        }
        let dunning = self.case.costs.as_slice().iter().position(|c| replacing && c.kind == Kind::Dunning);
        let (before, paid) = dunning.map_or((0, 0), |at| {
            let cost = self.case.costs.as_slice()[at];
            (cost.charged, cost.paid)
        });
        let all: i64 = self.case.costs.as_slice().iter().map(|c| c.charged).sum();
        let amount = flat.min((COSTS_UP_TO - (all - before)).max(0));
        if let Some(at) = dunning {
            self.case.costs.as_mut_slice()[at].charged = paid;
        }
        let more = (amount - paid).max(0);
        if more > 0 {
            self.book_cost(Kind::Dunning, more);
            let without = self.without(false);
            self.tell(Effect::Charge { amount: more, kind: Kind::Dunning, replacing, without });
        }
    }

    /// The open claims that an effect leaves out: those in dispute, of filings those that no demand has named too.
    pub(super) fn without(&self, fresh_too: bool) -> Claims {
        let claims = self.case.claims.as_slice().iter().enumerate();
        let out = claims.filter(|(_, c)| c.principal > 0 && (c.disputed || fresh_too && c.fresh));
        out.fold(0, |set, (at, _)| set | 1 << at)
    }

    /// Whether it would leave out all of them.
    pub(super) fn nothing_left(&self, fresh_too: bool) -> bool {
        let claims = self.case.claims.as_slice().iter().enumerate();
        let open = claims.filter(|(_, c)| c.principal > 0).fold(0, |set, (at, _)| set | 1 << at);
        open != 0 && self.without(fresh_too) == open
    }

    /// Writes off all open costs.
    pub(super) fn waive_costs(&mut self) {
        for cost in self.case.costs.as_mut_slice() {
            cost.charged -= cost.open();
        }
    }

    /// Writes off all interest to today.
    pub(super) fn waive_interest(&mut self) -> Result<(), Fault> {
        let today = self.case.today;
        for claim in self.case.claims.as_mut_slice() {
            fix(claim, today)?;
            claim.interest = claim.interest.min(0);
        }
        self.interest = None;
        Ok(())
    }

    /// Lowers principal from today: of one claim, or of the oldest.
    pub(super) fn reduce(&mut self, amount: i64, claim: Option<u8>) -> Result<(), Fault> {
        let (today, mut left) = (self.case.today, amount);
        let order = self.older_first();
        let claims = self.case.claims.as_mut_slice();
        for at in order.into_iter().take(claims.len()) {
            let part = claims[at].principal.min(left);
            if part > 0 && claim.is_none_or(|id| claims[at].id == id) {
                fix(&mut claims[at], today)?;
                claims[at].principal -= part;
                take_back(&mut claims[at], part, today)?;
                left -= part;
            }
        }
        self.interest = None;
        Ok(())
    }

    /// A further claim.
    pub(super) fn add_claim(&mut self, id: u8, principal: i64, due: Date) -> Result<(), Fault> {
        let next = first_interest_day(due)?;
        self.case.claims.push(Claim { id, principal, interest: 0, next, due, disputed: false, fresh: true });
        self.interest = None;
        Ok(())
    }
}

const _: () = assert!(COSTS == 3);
