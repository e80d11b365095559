//! The ledger of a case: what claims bear, what costs come to, how a payment is allocated.
//!
//! `balance = principal + interest + costs` at every instant (language, section 7; semantics, section 6).

use crate::case::{Claim, Cost, Mark, Met, Part, Payment};
use crate::eval::as_date;
use crate::fault::Fault;
use crate::outcome::{Effect, Statement};
use crate::run::{Ctx, Figures, Run};
use dunlin_machine::ir::{ClaimOrder, CostCap, Designation, InterestFrom, Pool, Quantity, TextId, Waive};
use dunlin_machine::value::{Date, Money, Rate, Unit};

/// How many runs of days without interest a case remembers.
const MOST_FREE_RUNS: usize = 64;

impl Run<'_> {
    /// The account to today.
    #[inline]
    pub(crate) fn statement(&mut self) -> Result<Statement, Fault> {
        self.count_up()?;
        let Figures { provisional, added } = self.work.figures;
        Ok(self.work.statement.map_or_else(Statement::default, |(_, known)| Statement { provisional, added, ..known }))
    }

    /// What is owed today.
    #[inline]
    pub(crate) fn balance(&mut self) -> Result<i64, Fault> {
        self.count_up()?;
        Ok(self.work.statement.map_or(0, |(_, known)| known.balance.0))
    }

    /// Counts the account up where something in it changed since.
    #[inline]
    fn count_up(&mut self) -> Result<(), Fault> {
        match self.work.statement {
            Some((at, _)) if at == self.case.ledger_changes() && self.work.interest_today.is_some() => Ok(()),
            _ => self.count_anew(),
        }
    }

    #[inline(never)]
    fn count_anew(&mut self) -> Result<(), Fault> {
        let changes = self.case.ledger_changes();
        let principal = self.open_principal(|_| true)?;
        let interest = self.interest()?;
        let costs = self.open_costs()?;
        let balance = add(add(principal, interest)?, costs)?;
        let statement = Statement {
            principal: Money(principal),
            interest: Money(interest),
            costs: Money(costs),
            balance: Money(balance),
            provisional: self.work.figures.provisional,
            added: self.work.figures.added,
        };
        self.work.statement = Some((changes, statement));
        Ok(())
    }

    fn open_principal(&self, counts: impl Fn(&Claim) -> bool) -> Result<i64, Fault> {
        self.case.ledger.claims.iter().filter(|c| counts(c)).try_fold(0, |sum, c| add(sum, c.principal))
    }

    fn open_costs(&self) -> Result<i64, Fault> {
        self.case.ledger.costs.iter().try_fold(0, |sum, c| add(sum, c.open()?))
    }

    /// Reads something of a claim as of a day, silently: the trace names what rules read, not what the ledger counts.
    pub(crate) fn as_of<T>(
        &mut self,
        claim: usize,
        day: Option<Date>,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let before = self.ctx;
        self.ctx = Ctx { claim: u16::try_from(claim).ok(), day, person: 0, record: false, ..before };
        let result = read(self);
        self.ctx = before;
        result
    }

    /// The first day on which a claim bears interest.
    pub(crate) fn first_interest_day(&mut self, at: usize) -> Result<Date, Fault> {
        let (due, default_on) = match self.case.ledger.claims.get(at) {
            Some(c) => (c.due, c.default_on),
            None => return Err(Fault::Broken("a claim is missing")),
        };
        let after_due = self.calendar().next_working_day(due)?.add_days(1)?;
        match self.m.ledger.interest.as_ref().map(|r| r.from) {
            Some(InterestFrom::Default) => Ok(default_on.unwrap_or(after_due)),
            Some(InterestFrom::Date(date)) => {
                let days = self.as_of(at, None, |run| run.eval(date))?;
                as_date(days)
            }
            _ => Ok(after_due),
        }
    }

    /// Rounds what a claim has accrued to a day and starts it again on the day after. Later days stay as they are.
    pub(crate) fn fix(&mut self, at: usize, to: Date) -> Result<(), Fault> {
        let interest = self.interest_of(at, to)?;
        let after = to.add_days(1)?;
        self.work.interest_today = None;
        if let Some(claim) = self.case.claims_mut().get_mut(at)
            && claim.next <= to
        {
            claim.interest = interest;
            claim.next = after;
        }
        Ok(())
    }

    /// Books a payment by its value date; what it leaves over is refunded.
    pub(crate) fn pay(&mut self, amount: i64, on: Date, mark: Option<Mark>, named: Option<u16>) -> Result<(), Fault> {
        let on = on.min(self.today);
        for at in 0..self.case.ledger.claims.len() {
            self.fix(at, on)?;
        }
        *self.case.paid_mut() = add(self.case.ledger.paid, amount)?;
        let first_part = self.case.ledger.parts.len();
        let left = self.allocate_as_named(amount, on, named)?;
        let left = self.allocate(left, on)?;
        let parts = self.case.ledger.parts.len().saturating_sub(first_part);
        let parts = u16::try_from(parts).map_err(|_| Fault::Overflow)?;
        self.case.payments_mut().push(Payment { mark, amount, on, returned: false, parts });
        self.forget_oldest_payment();
        if left > 0 {
            let mark = self.mark();
            self.effect(None, mark, Effect::Refund(Money(left)))?;
        }
        self.count_for_promise(amount, on)
    }

    /// A case remembers a bounded number of payments for their return; the oldest gives way.
    fn forget_oldest_payment(&mut self) {
        if self.case.ledger.payments.len() > self.m.limits.payments as usize {
            let oldest = self.case.payments_mut().remove(0);
            let parts = self.case.parts_mut();
            parts.drain(..usize::from(oldest.parts).min(parts.len()));
        }
    }

    /// What the payer named comes first, as far as the strategy heeds it (§§ 366 (1), 367 (2) BGB); gives what is left.
    fn allocate_as_named(&mut self, amount: i64, on: Date, named: Option<u16>) -> Result<i64, Fault> {
        let machine = self.m;
        let Some(claim) = named else { return Ok(amount) };
        let mut left = amount;
        if let Designation::RefusedOn(first) = &machine.ledger.designation {
            for pool in machine.ledger.pools.iter().filter(|pool| first.contains(pool)) {
                left = self.pay_pool(*pool, left, on)?;
            }
        }
        for pool in &machine.ledger.pools {
            left = self.pay_claim(*pool, claim, left, on)?;
        }
        Ok(left)
    }

    /// Pays what is open in a pool, across all claims.
    fn pay_pool(&mut self, pool: Pool, amount: i64, on: Date) -> Result<i64, Fault> {
        let mut order = [0u16; MOST_CLAIMS];
        let mut left = if pool == Pool::Costs { self.pay_costs(amount)? } else { amount };
        for claim in self.claim_order(&mut order)?.iter() {
            left = self.pay_claim(pool, *claim, left, on)?;
        }
        Ok(left)
    }

    fn allocate(&mut self, amount: i64, on: Date) -> Result<i64, Fault> {
        let mut order = [0u16; MOST_CLAIMS];
        let order = self.claim_order(&mut order)?;
        let mut left = amount;
        if self.m.ledger.each_claim_in_turn {
            let costs_first = self.m.ledger.pools.first() == Some(&Pool::Costs);
            if costs_first {
                left = self.pay_costs(left)?;
            }
            for claim in order.iter() {
                for pool in &self.m.ledger.pools {
                    left = self.pay_claim(*pool, *claim, left, on)?;
                }
            }
            return if costs_first { Ok(left) } else { self.pay_costs(left) };
        }
        for pool in &self.m.ledger.pools {
            if *pool == Pool::Costs {
                left = self.pay_costs(left)?;
            }
            for claim in order.iter() {
                left = self.pay_claim(*pool, *claim, left, on)?;
            }
        }
        Ok(left)
    }

    /// Claims in the order in which a payment meets them.
    fn claim_order<'o>(&mut self, order: &'o mut [u16; MOST_CLAIMS]) -> Result<&'o [u16], Fault> {
        let n = self.case.ledger.claims.len();
        let order = order.get_mut(..n).ok_or(Fault::Bound("claims", self.m.limits.claims))?;
        for (place, at) in order.iter_mut().zip(0u16..) {
            *place = at;
        }
        // An insertion sort is stable and needs no memory; a case has few claims.
        for i in 1..n {
            let mut j = i;
            while j > 0 && self.comes_before(order[j], order[j - 1])? {
                order.swap(j, j - 1);
                j -= 1;
            }
        }
        Ok(order)
    }

    fn comes_before(&mut self, a: u16, b: u16) -> Result<bool, Fault> {
        for by in &self.m.ledger.order {
            let (ka, kb) = (self.rank(*by, a)?, self.rank(*by, b)?);
            if ka != kb {
                return Ok(ka < kb);
            }
        }
        Ok(false)
    }

    fn rank(&mut self, by: ClaimOrder, at: u16) -> Result<i64, Fault> {
        let claim = usize::from(at);
        let (due, secured) = self.case.ledger.claims.get(claim).map_or((self.today, false), |c| (c.due, c.secured));
        Ok(match by {
            ClaimOrder::DueFirst => i64::from(due > self.today),
            ClaimOrder::LeastSecured => i64::from(secured),
            ClaimOrder::OlderFirst => due.days().into(),
            ClaimOrder::MostBurdensome => self.rate_on(claim, self.today)?.0.checked_neg().ok_or(Fault::Overflow)?,
        })
    }

    fn pay_costs(&mut self, mut left: i64) -> Result<i64, Fault> {
        for at in (0u8..).take(self.case.ledger.costs.len()) {
            let Some(cost) = self.case.ledger.costs.get(usize::from(at)).copied() else { continue };
            let amount = cost.open()?.min(left);
            if amount > 0
                && let Some(place) = self.case.costs_mut().get_mut(usize::from(at))
            {
                place.paid = add(cost.paid, amount)?;
                left = sub(left, amount)?;
                self.case.parts_mut().push(Part { met: Met::Costs(at), amount });
            }
        }
        Ok(left)
    }

    fn pay_claim(&mut self, pool: Pool, claim: u16, left: i64, on: Date) -> Result<i64, Fault> {
        let at = usize::from(claim);
        let Some(c) = self.case.claims_mut().get_mut(at) else { return Ok(left) };
        let (met, amount) = match pool {
            Pool::Costs => return Ok(left),
            Pool::Interest => (Met::Interest(claim), c.interest.min(left)),
            Pool::Principal => (Met::Principal(claim), c.principal.min(left)),
        };
        if amount <= 0 {
            return Ok(left);
        }
        match pool {
            Pool::Principal => {
                c.principal = sub(c.principal, amount)?;
                self.take_back(at, amount, on)?;
            }
            _ => c.interest = sub(c.interest, amount)?,
        }
        self.work.interest_today = None;
        self.case.parts_mut().push(Part { met, amount });
        sub(left, amount)
    }

    /// Principal that went bears nothing after the value date: where interest of later days is fixed already, that part of
    /// it falls away, at most to 0.
    fn take_back(&mut self, at: usize, principal: i64, on: Date) -> Result<(), Fault> {
        let Some(next) = self.case.ledger.claims.get(at).map(|c| c.next) else { return Ok(()) };
        let from = on.add_days(1)?.max(self.first_interest_day(at)?);
        let bore = self.accrued(at, principal, from, next.add_days(-1)?)?;
        if let Some(claim) = self.case.claims_mut().get_mut(at) {
            claim.interest = sub(claim.interest, bore)?.max(claim.interest.min(0));
        }
        Ok(())
    }

    /// Undoes a payment from today. The event was checked before: the payment is there.
    pub(crate) fn return_payment(&mut self, mark: Mark, fee: Option<i64>) -> Result<(), Fault> {
        self.undo_payment(mark, false)?;
        if let Some(fee) = fee.filter(|f| *f > 0) {
            let kind = self.learn("return_fee")?;
            self.book_cost(kind, fee)?;
        }
        Ok(())
    }

    /// Undoes a payment as if it had never been: its principal part bears interest for the days since its value date too.
    pub(crate) fn void_payment(&mut self, mark: Mark) -> Result<(), Fault> {
        self.undo_payment(mark, true)
    }

    fn undo_payment(&mut self, mark: Mark, as_if_never: bool) -> Result<(), Fault> {
        let found = self.case.ledger.payments.iter().position(|p| p.mark == Some(mark) && !p.returned);
        let Some(at) = found else { return Ok(()) };
        let Some(payment) = self.case.ledger.payments.get(at).copied() else { return Ok(()) };
        let mut allocated = 0;
        let skip: usize = self.case.ledger.payments.iter().take(at).map(|p| usize::from(p.parts)).sum();
        for i in skip..skip.saturating_add(usize::from(payment.parts)) {
            let Some(part) = self.case.ledger.parts.get(i).copied() else { continue };
            self.put_back(part)?;
            allocated = add(allocated, part.amount)?;
            if let (true, Met::Principal(claim)) = (as_if_never, part.met) {
                self.bear_since(usize::from(claim), part.amount, payment.on)?;
            }
        }
        if let Some(payment) = self.case.payments_mut().get_mut(at) {
            payment.returned = true;
        }
        self.work.refunded = sub(payment.amount, allocated)?;
        *self.case.paid_mut() = sub(self.case.ledger.paid, payment.amount)?;
        self.uncount_for_promise(payment.amount, payment.on)
    }

    /// Adds what a principal part would have borne from the day after a value date to the last day that is fixed.
    fn bear_since(&mut self, at: usize, principal: i64, on: Date) -> Result<(), Fault> {
        let Some(next) = self.case.ledger.claims.get(at).map(|c| c.next) else { return Ok(()) };
        let from = on.add_days(1)?.max(self.first_interest_day(at)?);
        let bore = self.accrued(at, principal, from, next.add_days(-1)?)?;
        if let Some(claim) = self.case.claims_mut().get_mut(at) {
            claim.interest = add(claim.interest, bore)?;
        }
        Ok(())
    }

    fn put_back(&mut self, part: Part) -> Result<(), Fault> {
        self.work.interest_today = None;
        match part.met {
            Met::Costs(at) => {
                if let Some(cost) = self.case.costs_mut().get_mut(usize::from(at)) {
                    cost.paid = sub(cost.paid, part.amount)?;
                }
            }
            Met::Interest(at) | Met::Principal(at) => {
                self.fix(usize::from(at), self.today)?;
                if let Some(claim) = self.case.claims_mut().get_mut(usize::from(at)) {
                    let pot =
                        if matches!(part.met, Met::Principal(_)) { &mut claim.principal } else { &mut claim.interest };
                    *pot = add(*pot, part.amount)?;
                }
            }
        }
        Ok(())
    }

    /// Adds costs of a kind.
    pub(crate) fn book_cost(&mut self, kind: i64, amount: i64) -> Result<(), Fault> {
        if let Some(cost) = self.case.costs_mut().iter_mut().find(|c| c.kind == kind) {
            cost.charged = add(cost.charged, amount)?;
            return Ok(());
        }
        let most = self.m.limits.cost_kinds;
        if self.case.ledger.costs.len() >= most as usize {
            return Err(Fault::Bound("kinds of costs", most));
        }
        self.case.costs_mut().push(Cost { kind, charged: amount, paid: 0 });
        Ok(())
    }

    /// Books a charge, cut so that all costs stay within their cap; gives what was booked, and whether the cap cut it.
    pub(crate) fn charge(
        &mut self,
        amount: i64,
        kind: TextId,
        replacing: Option<TextId>,
    ) -> Result<(i64, bool), Fault> {
        let replaced = replacing.map(|k| i64::from(k.0));
        let mut paid = 0;
        if let Some(cost) = self.case.costs_mut().iter_mut().find(|c| Some(c.kind) == replaced) {
            // What was paid on the costs that give way stays paid: only what exceeds it is new.
            paid = cost.paid;
            cost.charged = paid;
        }
        let new = sub(amount, paid)?.max(0);
        let more = if new > 0 { self.within_caps(kind, new)? } else { 0 };
        if more > 0 {
            self.book_cost(kind.0.into(), more)?;
        }
        Ok((more, more < new))
    }

    /// What of an amount may still be charged.
    fn within_caps(&mut self, kind: TextId, amount: i64) -> Result<i64, Fault> {
        let mut amount = amount;
        if let Some(cap) = self.cost_cap()? {
            let all = self.case.ledger.costs.iter().try_fold(0, |sum, c| add(sum, c.charged))?;
            amount = amount.min(sub(cap, all)?.max(0));
        }
        if let Some(cap) = self.cap_of_kind(kind)? {
            let of_kind = self.case.ledger.costs.iter().find(|c| c.kind == i64::from(kind.0)).map_or(0, |c| c.charged);
            amount = amount.min(sub(cap, of_kind)?.max(0));
        }
        Ok(amount)
    }

    fn cost_cap(&mut self) -> Result<Option<i64>, Fault> {
        self.cap(self.m.ledger.costs_up_to)
    }

    /// `costs(KIND) up to …`.
    fn cap_of_kind(&mut self, kind: TextId) -> Result<Option<i64>, Fault> {
        let caps = &self.m.ledger.costs_of_up_to;
        self.cap(caps.iter().find(|(of, _)| *of == kind).map(|(_, cap)| *cap))
    }

    fn cap(&mut self, cap: Option<CostCap>) -> Result<Option<i64>, Fault> {
        let person = core::mem::replace(&mut self.ctx.person, 0);
        let cap = self.cap_of_first(cap);
        self.ctx.person = person;
        cap
    }

    /// A case has one account: what a bound reads of a debtor is the first one's.
    fn cap_of_first(&mut self, cap: Option<CostCap>) -> Result<Option<i64>, Fault> {
        match cap {
            None => Ok(None),
            Some(CostCap::Money(e)) => self.eval(e).map(Some),
            Some(CostCap::OfPrincipal(e)) => {
                let rate = Rate(self.eval(e)?);
                Ok(Some(Money(self.case.ledger.claimed).times_rate(rate)?.0))
            }
        }
    }

    /// Writes off a part; gives what was written off of principal, interest and costs.
    pub(crate) fn waive(&mut self, what: &Waive) -> Result<(i64, i64, i64), Fault> {
        match *what {
            Waive::Costs => Ok((0, 0, self.waive_costs(None, i64::MAX)?)),
            Waive::CostsOf(kind) => Ok((0, 0, self.waive_costs(Some(kind.0.into()), i64::MAX)?)),
            Waive::Interest => Ok((0, self.waive_interest(i64::MAX)?, 0)),
            Waive::Money(e) => {
                let amount = self.eval(e)?;
                self.waive_money(amount)
            }
        }
    }

    /// Writes off a sum: costs, then interest, then principal.
    pub(crate) fn waive_money(&mut self, amount: i64) -> Result<(i64, i64, i64), Fault> {
        let costs = self.waive_costs(None, amount)?;
        let left = sub(amount, costs)?;
        let interest = self.waive_interest(left)?;
        let left = sub(left, interest)?;
        let mut order = [0u16; MOST_CLAIMS];
        let mut principal = 0;
        for at in self.claim_order(&mut order)?.iter() {
            let rest = sub(left, principal)?;
            principal = add(principal, self.reduce(Some(usize::from(*at)), rest, self.today)?)?;
        }
        Ok((principal, interest, costs))
    }

    /// Takes principal out of the claims, in the order of allocation; gives how much there was.
    pub(crate) fn take_out(&mut self, amount: i64) -> Result<i64, Fault> {
        let mut order = [0u16; MOST_CLAIMS];
        let mut taken = 0;
        for at in self.claim_order(&mut order)?.iter() {
            let rest = sub(amount.max(0), taken)?;
            taken = add(taken, self.reduce(Some(usize::from(*at)), rest, self.today)?)?;
        }
        Ok(taken)
    }

    /// Takes the disputed claims out with their interest; gives principal and interest.
    pub(crate) fn take_out_disputed(&mut self) -> Result<(i64, i64), Fault> {
        let (mut principal, mut interest) = (0, 0);
        for at in 0..self.case.ledger.claims.len() {
            if !self.case.ledger.claims.get(at).is_some_and(|c| c.disputed) {
                continue;
            }
            self.fix(at, self.today)?;
            if let Some(claim) = self.case.claims_mut().get_mut(at) {
                principal = add(principal, core::mem::take(&mut claim.principal))?;
                interest = add(interest, core::mem::take(&mut claim.interest))?;
                claim.disputed = false;
            }
        }
        self.work.interest_today = None;
        Ok((principal, interest))
    }

    pub(crate) fn waive_costs(&mut self, kind: Option<i64>, most: i64) -> Result<i64, Fault> {
        let mut waived = 0;
        for cost in self.case.costs_mut().iter_mut().filter(|c| kind.is_none_or(|k| c.kind == k)) {
            let amount = cost.open()?.min(sub(most, waived)?);
            if amount > 0 {
                cost.charged = sub(cost.charged, amount)?;
                waived = add(waived, amount)?;
            }
        }
        Ok(waived)
    }

    pub(crate) fn waive_interest(&mut self, most: i64) -> Result<i64, Fault> {
        let mut order = [0u16; MOST_CLAIMS];
        let mut waived = 0;
        for at in self.claim_order(&mut order)?.iter().map(|at| usize::from(*at)) {
            self.fix(at, self.today)?;
            let left = sub(most, waived)?;
            if let Some(claim) = self.case.claims_mut().get_mut(at) {
                let amount = claim.interest.min(left).max(0);
                claim.interest = sub(claim.interest, amount)?;
                waived = add(waived, amount)?;
            }
        }
        Ok(waived)
    }

    /// Lowers principal from a day on: of one claim, or of the oldest open ones. Gives by how much.
    pub(crate) fn reduce(&mut self, claim: Option<usize>, amount: i64, on: Date) -> Result<i64, Fault> {
        let on = on.min(self.today);
        let mut left = amount;
        for n in 0..self.case.ledger.claims.len() {
            let at = claim.unwrap_or_else(|| self.nth_oldest(n));
            let part = self.case.ledger.claims.get(at).map_or(0, |c| c.principal.min(left));
            if part > 0 {
                self.fix(at, on)?;
                if let Some(c) = self.case.claims_mut().get_mut(at) {
                    c.principal = sub(c.principal, part)?;
                }
                self.take_back(at, part, on)?;
                left = sub(left, part)?;
            }
            if claim.is_some() {
                break;
            }
        }
        self.work.interest_today = None;
        sub(amount, left)
    }

    /// The position of the n-th claim by due date, ties by position.
    fn nth_oldest(&self, n: usize) -> usize {
        let claims = &self.case.ledger.claims;
        let rank = |at: usize| {
            claims.iter().enumerate().filter(|(i, c)| claims.get(at).is_some_and(|a| (c.due, *i) < (a.due, at))).count()
        };
        (0..claims.len()).find(|at| rank(*at) == n).unwrap_or(0)
    }

    /// Interest rests from a day on, or runs again from the day after one.
    pub(crate) fn rest_interest(&mut self, begins: bool) -> Result<(), Fault> {
        let today = self.today;
        self.work.interest_today = None;
        let open = self.case.free_days_mut().iter_mut().find(|(_, until)| until.is_none());
        match (begins, open) {
            (true, None) => self.begin_rest(today)?,
            (false, Some((from, _))) if *from > today => _ = self.case.free_days_mut().pop(),
            (false, Some((_, until))) => *until = Some(today),
            _ => {}
        }
        Ok(())
    }

    /// Days whose interest is fixed still count: a payment with an earlier value date takes interest back. So none is
    /// forgotten; runs that touch are one.
    fn begin_rest(&mut self, today: Date) -> Result<(), Fault> {
        let runs = self.case.free_days_mut();
        if let Some((_, until)) = runs.last_mut().filter(|(_, until)| *until == Some(today)) {
            *until = None;
            return Ok(());
        }
        if runs.len() >= MOST_FREE_RUNS {
            return Err(Fault::Bound("times in which interest rests", 64));
        }
        runs.push((today.add_days(1)?, None));
        Ok(())
    }

    /// What a guard reads of the ledger.
    pub(crate) fn of_ledger(&mut self, quantity: &Quantity) -> Result<Option<i64>, Fault> {
        let today = self.today;
        Ok(match quantity {
            Quantity::Balance => Some(self.statement()?.balance.0),
            Quantity::Principal => Some(self.open_principal(|_| true)?),
            Quantity::Interest => Some(self.interest()?),
            Quantity::Costs => Some(self.open_costs()?),
            Quantity::CostsOf(kind) => {
                let cost = self.case.ledger.costs.iter().find(|c| c.kind == i64::from(kind.0));
                Some(cost.map_or(Ok(0), Cost::open)?)
            }
            Quantity::Paid => Some(self.case.ledger.paid),
            Quantity::PaidWithin(length) => Some(self.paid_within(*length)?),
            Quantity::Overdue => Some(self.open_principal(|c| c.due < today)?),
            Quantity::Disputed => Some(self.open_principal(|c| c.disputed)?),
            Quantity::Undisputed => Some(self.undisputed()?),
            Quantity::Fresh => Some(self.open_principal(|c| c.fresh)?),
            Quantity::Claimed => Some(self.case.ledger.claimed),
            Quantity::OldestDue => self.oldest_due().map(|d| d.days().into()),
            Quantity::OverdueDays => Some(self.oldest_due().map_or(0, |d| i64::from(today.days() - d.days()).max(0))),
            Quantity::Claims => i64::try_from(self.case.ledger.claims.iter().filter(|c| c.principal > 0).count()).ok(),
            _ => return Err(Fault::Broken("a quantity cannot be read")),
        })
    }

    fn undisputed(&mut self) -> Result<i64, Fault> {
        let mut balance = self.statement()?.balance.0;
        for at in 0..self.case.ledger.claims.len() {
            if let Some(principal) = self.case.ledger.claims.get(at).filter(|c| c.disputed).map(|c| c.principal) {
                balance = sub(balance, add(principal, self.interest_of(at, self.today)?)?)?;
            }
        }
        Ok(balance)
    }

    fn oldest_due(&self) -> Option<Date> {
        self.case.ledger.claims.iter().filter(|c| c.principal > 0).map(|c| c.due).min()
    }

    fn paid_within(&mut self, length: dunlin_machine::ir::ExprId) -> Result<i64, Fault> {
        let length = self.duration(length)?;
        let from = match length.unit() {
            Unit::Hours => self.local_day(self.case.now.add_hours(length.amount().saturating_neg())?),
            _ => self.window_start(self.today, length)?,
        };
        let payments = self.case.ledger.payments.iter().filter(|p| !p.returned && p.on >= from);
        payments.map(|p| p.amount).try_fold(0, add)
    }

    /// Whether the ledger counts the case as settled.
    pub(crate) fn is_settled(&mut self) -> Result<bool, Fault> {
        if let Some((how, bound)) = self.names.settled() {
            return Ok(crate::eval::compare(how, self.balance()?.cmp(&bound)));
        }
        self.ctx.record = false;
        let settled = self.eval(self.m.ledger.settled);
        self.ctx.record = true;
        Ok(settled? != 0)
    }
}

/// More claims than `limits { claims … }` may ask for.
pub(crate) const MOST_CLAIMS: usize = 512;

impl Cost {
    /// What is still open.
    pub(crate) fn open(&self) -> Result<i64, Fault> {
        Ok(sub(self.charged, self.paid)?.max(0))
    }
}

pub(crate) fn add(a: i64, b: i64) -> Result<i64, Fault> {
    a.checked_add(b).ok_or(Fault::Overflow)
}

pub(crate) fn sub(a: i64, b: i64) -> Result<i64, Fault> {
    a.checked_sub(b).ok_or(Fault::Overflow)
}
