//! Taking up an event: what it must say, and what it does to the case before any rule sees it (semantics, section 3).

use crate::case::{Claim, Hold, Mark, Promise, Terms};
use crate::contact::BY_PHONE;
use crate::fault::{Fault, Refusal};
use crate::input::{Event, Given};
use crate::ledger::{add, sub};
use crate::params::Param;
use crate::run::{Names, Run};
use alloc::format;
use alloc::string::{String, ToString};
use dunlin_machine::events::{EventParam, Happening, Origin};
use dunlin_machine::ir::{ChannelId, Channels, Designation, EventId, Fact, Machine, PlanId, StageId, TextId, Type};
use dunlin_machine::value::{Currency, Date, Duration, Money, Rate};

/// More parameters than an event may have.
pub(crate) const MOST_PARAMS: usize = 16;

/// An event that was found right: its values, and what of the case it speaks of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub event: EventId,
    /// Values by position; a text that the machine does not know, and that nothing keeps, is [`UNKNOWN_TEXT`].
    pub args: [Option<i64>; MOST_PARAMS],
    /// The person that it names, by position.
    pub person: u8,
    /// The claim that it names, by position.
    pub claim: Option<u16>,
    /// The mark of the payment, and so on, that it names.
    pub of: Option<Mark>,
    /// The fact that it sets, and its value; or the stage that an operator names.
    pub names: Option<(u16, i64)>,
    /// The mark of its own id.
    pub mark: Option<Mark>,
    /// The plan that it speaks of, and the terms that it brings.
    pub terms: Option<(PlanId, Terms)>,
}

/// A text that equals no other.
pub(crate) const UNKNOWN_TEXT: i64 = i64::MIN;

impl Taken {
    pub(crate) const fn of(event: EventId) -> Self {
        Self {
            event,
            args: [None; MOST_PARAMS],
            person: 0,
            claim: None,
            of: None,
            names: None,
            mark: None,
            terms: None,
        }
    }

    pub(crate) fn arg(&self, at: usize) -> Option<i64> {
        self.args.get(at).copied().flatten()
    }
}

/// A mark of an id: 48 bits of FNV-1a.
pub(crate) fn mark_of(id: &str) -> Mark {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in id.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let [a, b, c, d, e, f, g, h] = hash.to_be_bytes();
    [a ^ g, b ^ h, c, d, e, f]
}

impl Run<'_> {
    /// Checks an event from the host against the machine and the case, and reads its values. Changes nothing but texts
    /// that the case learns.
    pub(crate) fn check(&mut self, event: &Event, taken: &mut Taken) -> Result<(), Refusal> {
        let machine = self.m;
        let ty = machine.events.get(event.event.index()).ok_or(Refusal::NoSuchEvent)?;
        if let Some(h) = Happening::of(event.event)
            && h.builtin().origin == Origin::Machine
        {
            return Err(Refusal::OnlyTheMachine(h.builtin().name));
        }
        for (at, given) in &event.args {
            let param = ty
                .params
                .get(usize::from(*at))
                .ok_or_else(|| wrong(&format!("parameter {at}"), "one that the event has"))?;
            let value = self.check_arg(event.event, *at, param, given)?;
            if let Some(place) = taken.args.get_mut(usize::from(*at)) {
                *place = Some(value);
            }
        }
        for (at, param) in ty.params.iter().enumerate() {
            if param.required && taken.arg(at).is_none() {
                return Err(Refusal::Missing { param: self.text_of(param.name).into() });
            }
        }
        let Some(happening) = Happening::of(event.event) else {
            if let Some(on) = ty.day(&machine.texts).and_then(|at| taken.args.get_mut(at)) {
                on.get_or_insert(i64::from(self.today.days()));
            }
            return Ok(());
        };
        self.check_names(happening, event, taken)?;
        self.check_amount(happening, taken)
    }

    fn check_arg(&mut self, event: EventId, at: u8, param: &EventParam, given: &Given) -> Result<i64, Refusal> {
        let name = self.text_of(param.name);
        match (given, param.ty) {
            (Given::Text(text), Type::Text) => {
                let kept = self.m.kept.iter().any(|k| k.event == event && k.param == at);
                if kept { Ok(self.learn(text)?) } else { Ok(self.names.find(self.m, text).unwrap_or(UNKNOWN_TEXT)) }
            }
            (Given::Value(v), ty) if ty != Type::Text && in_type(self.m, ty, *v) => Ok(*v),
            (_, ty) => Err(wrong(name, self.expected(ty))),
        }
    }

    fn expected(&self, ty: Type) -> &'static str {
        match ty {
            Type::Bool => "true or false",
            Type::Number => "a whole number",
            Type::Money => "an amount",
            Type::Rate => "a rate",
            Type::Date => "a date",
            Type::Instant => "an instant",
            Type::Hours => "hours, as 08:00..20:00",
            Type::Duration => "a duration",
            Type::Text => "a text",
            Type::Channel => "a channel of the strategy",
            Type::Tone => "a tone of the strategy",
            Type::Enum(_) => "one of the values that the strategy lists",
        }
    }

    /// Finds what the event speaks of in the case.
    fn check_names(&mut self, happening: Happening, event: &Event, taken: &mut Taken) -> Result<(), Refusal> {
        let text = |param: &str| text_given(happening, event, param);
        let given = |param: Param| text_at(event, param.of(happening)?);
        if let Some(id) = given(Param::Debtor)
            && happening != Happening::DebtorAdded
        {
            let found = self.case.persons.iter().position(|p| p.id == id);
            taken.person = found.and_then(|at| u8::try_from(at).ok()).ok_or_else(|| not_there("debtor", id))?;
        }
        if let Some(id) = given(Param::Claim)
            && happening != Happening::ClaimAdded
        {
            let found = self.case.ledger.claims.iter().position(|c| c.id == id);
            taken.claim = Some(found.and_then(|at| u16::try_from(at).ok()).ok_or_else(|| not_there("claim", id))?);
        }
        self.check_pursued(happening, taken.person)?;
        match happening {
            Happening::Approved | Happening::Declined => {
                let name = text("name").unwrap_or_default();
                let at = self.open_approval_named(name).ok_or_else(|| not_there("open approval", name))?;
                taken.names = Some((0, i64::try_from(at).map_err(|_| Fault::Overflow)?));
            }
            Happening::PlanAccepted => {
                // The bounds of a plan are read of whoever accepts it.
                let person = core::mem::replace(&mut self.ctx.person, taken.person);
                let terms = self.terms_of(taken.arg(0).unwrap_or(0), taken.arg(1));
                self.ctx.person = person;
                taken.terms = Some(terms?);
            }
            Happening::Payment if self.m.ledger.designation != Designation::Unheard => {
                if let Some(named) = text("for") {
                    let found = self.case.ledger.claims.iter().position(|c| c.id == named);
                    let at = found.and_then(|at| u16::try_from(at).ok()).ok_or_else(|| not_there("claim", named))?;
                    taken.claim = Some(at);
                }
            }
            Happening::Void => {
                let id = text("of").unwrap_or_default();
                let mark = mark_of(id);
                let payment = self.case.ledger.payments.iter().find(|p| p.mark == Some(mark) && !p.returned);
                payment.ok_or_else(|| not_there("payment that can still be voided, with the id", id))?;
                taken.of = Some(mark);
            }
            Happening::PaymentReturned => {
                let of = text("of").unwrap_or_default();
                let mark = mark_of(of);
                let payment = self.case.ledger.payments.iter().find(|p| p.mark == Some(mark) && !p.returned);
                payment.ok_or_else(|| not_there("payment that can still be returned, with the id", of))?;
                taken.of = Some(mark);
            }
            Happening::TaskDone | Happening::Postponed => {
                let name = text("name").unwrap_or_default();
                taken.names = Some((0, self.open_task_named(name)?));
            }
            Happening::Released => {
                let reason = text("reason").unwrap_or_default();
                let held = self.case.holds.iter().find(|h| self.text_value(h.reason) == reason);
                taken.names = Some((0, held.ok_or_else(|| not_there("hold with the reason", reason))?.reason));
            }
            Happening::Hold => taken.names = Some((0, self.learn(text("reason").unwrap_or_default())?)),
            Happening::Fact => {
                taken.names =
                    Some(self.fact_named(text("name").unwrap_or_default(), text("value").unwrap_or_default())?)
            }
            Happening::Operator => {
                let name = text("stage").unwrap_or_default();
                let stage = self.stage_named(name).ok_or_else(|| not_there("stage", name))?;
                taken.names = Some((stage.0, 0));
            }
            Happening::ClaimAdded => {
                let id = text("claim").unwrap_or_default();
                if self.case.ledger.claims.iter().any(|c| c.id == id) {
                    return Err(wrong("claim", "the name of a new claim; this one is there already"));
                }
                *self.case.new_name_mut() = id.into();
            }
            Happening::DebtorAdded | Happening::DebtorReplaced => self.check_newcomer(happening, event, taken)?,
            Happening::Waived => {
                let what = text("what").unwrap_or_default();
                taken.names = Some((
                    ["costs", "interest"]
                        .iter()
                        .position(|w| *w == what)
                        .map_or(2, |at| u16::try_from(at).unwrap_or(2)),
                    0,
                ));
            }
            _ => {}
        }
        Ok(())
    }

    /// Who was released acts for the case no more.
    fn check_pursued(&self, happening: Happening, person: u8) -> Result<(), Refusal> {
        let acts = matches!(
            happening,
            Happening::Promise
                | Happening::PlanRequested
                | Happening::PlanAccepted
                | Happening::PlanDeclined
                | Happening::Signed
                | Happening::Callback
                | Happening::Hardship
                | Happening::HardshipEnded
        );
        match self.case.persons.get(usize::from(person)) {
            Some(p) if acts && p.released => Err(not_there("debtor who is still pursued, with the id", &p.id)),
            _ => Ok(()),
        }
    }

    /// The stage of that name; of a procedure, its first.
    fn stage_named(&self, name: &str) -> Option<StageId> {
        let stage = self.m.stages.iter().position(|s| self.text_of(s.name) == name);
        let stage = stage.and_then(|at| u16::try_from(at).ok()).map(StageId);
        let procedure = || self.m.scopes.iter().find(|s| s.first.is_some() && self.text_of(s.name) == name);
        stage.or_else(|| procedure().and_then(|s| s.first))
    }

    fn open_task_named(&self, name: &str) -> Result<i64, Refusal> {
        let is = |t: &crate::case::Task| self.task_of(t.action).is_ok_and(|(task, _)| self.text_of(task.name) == name);
        let found = self.case.tasks.iter().position(is).ok_or_else(|| not_there("open task", name))?;
        Ok(i64::try_from(found).map_err(|_| Fault::Overflow)?)
    }

    fn fact_named(&mut self, name: &str, value: &str) -> Result<(u16, i64), Refusal> {
        let machine = self.m;
        let found = machine.facts.iter().position(|f| self.text_of(f.name) == name);
        let at = found.and_then(|at| u16::try_from(at).ok()).ok_or_else(|| not_there("fact", name))?;
        let fact = machine.facts.get(usize::from(at)).ok_or(Fault::Broken("a fact is missing"))?;
        let value = self.fact_value(fact, value)?;
        Ok((at, value))
    }

    /// The value of a fact from its text, as the language writes it.
    fn fact_value(&mut self, fact: &Fact, text: &str) -> Result<i64, Refusal> {
        let name = self.text_of(fact.name);
        let refuse = |run: &Self| wrong(name, run.expected(fact.ty));
        let currency = self.m.currencies.get(usize::from(self.case.currency)).copied();
        let value = match fact.ty {
            Type::Text => return Ok(self.learn(text)?),
            Type::Bool => ["false", "true"].iter().position(|t| *t == text).and_then(|at| i64::try_from(at).ok()),
            Type::Number => text.parse().ok(),
            Type::Money => {
                let amount = |c: Currency| Money::parse(text.strip_suffix(c.code()).unwrap_or(text).trim_end(), c).ok();
                currency.and_then(amount).map(|m| m.0)
            }
            Type::Rate => Rate::parse(text.trim_end_matches('%').trim_end()).ok().map(|r| r.0),
            Type::Date => Date::parse(text).ok().map(|d| d.days().into()),
            Type::Instant => dunlin_machine::value::Instant::parse(text).ok().map(|i| i.seconds()),
            Type::Duration => Duration::parse(text).ok().map(Duration::pack),
            Type::Hours => None,
            Type::Channel => self.position_of(&self.m.channels, text),
            Type::Tone => self.position_of(&self.m.tones, text),
            Type::Enum(e) => self.m.enums.get(e.index()).and_then(|e| self.position_of(&e.values, text)),
        };
        let value = value.ok_or_else(|| refuse(self))?;
        check_bounds(self.m, name, fact, usize::from(self.case.currency), value)?;
        Ok(value)
    }

    fn position_of(&self, names: &[TextId], text: &str) -> Option<i64> {
        names.iter().position(|n| self.text_of(*n) == text).and_then(|at| i64::try_from(at).ok())
    }

    /// Amounts of events are more than nothing; `on` is today where it is left out, and never later.
    fn check_amount(&mut self, happening: Happening, taken: &mut Taken) -> Result<(), Refusal> {
        let counts = matches!(
            happening,
            Happening::Payment
                | Happening::Enforced
                | Happening::Promise
                | Happening::ClaimReduced
                | Happening::CostsSet
                | Happening::Waived
        );
        if let Some(on) = Param::On.of(happening)
            && let Some(place) = taken.args.get_mut(on)
        {
            let today = i64::from(self.today.days());
            *place = Some(place.map_or(today, |d| if counts { d.min(today) } else { d }));
        }
        self.whole_claim(happening, taken)?;
        let at = match happening {
            Happening::ClaimAdded => Param::Principal.of(happening),
            _ => Param::Amount.of(happening),
        };
        let (Some(at), true) = (at, counts || happening == Happening::ClaimAdded) else { return Ok(()) };
        if happening == Happening::Promise && taken.arg(at).is_none() {
            let balance = self.statement()?.balance.0;
            if let Some(place) = taken.args.get_mut(at) {
                *place = Some(balance);
            }
        }
        let needed = happening != Happening::Waived || taken.names == Some((2, 0));
        if taken.arg(at).map_or(needed, |amount| amount <= 0) {
            let name = happening.builtin().params.get(at).map_or("amount", |(n, _, _)| n);
            return Err(wrong(name, "an amount of more than nothing"));
        }
        Ok(())
    }

    /// An objection that names no amount is against the whole claim (§ 694 ZPO, Art. 74 SchKG).
    fn whole_claim(&mut self, happening: Happening, taken: &mut Taken) -> Result<(), Refusal> {
        if matches!(happening, Happening::Objection | Happening::Opposition)
            && let Some(at) = Param::Amount.of(happening)
            && taken.arg(at).is_none()
        {
            let principal = self.statement()?.principal.0;
            if let Some(place) = taken.args.get_mut(at) {
                *place = Some(principal);
            }
        }
        Ok(())
    }

    /// What an event does by itself.
    pub(crate) fn take_up(&mut self, taken: &Taken) -> Result<(), Fault> {
        let Some(happening) = Happening::of(taken.event) else { return Ok(()) };
        let amount = Param::Amount.of(happening).and_then(|at| taken.arg(at));
        let on = Param::On.of(happening).and_then(|at| taken.arg(at)).map(crate::eval::as_date).transpose()?;
        let channel =
            Param::Channel.of(happening).and_then(|at| taken.arg(at)).and_then(|c| u8::try_from(c).ok()).map(ChannelId);
        let person = usize::from(taken.person);
        match happening {
            Happening::Payment | Happening::Enforced => {
                self.pay(amount.unwrap_or(0), on.unwrap_or(self.today), taken.mark, taken.claim)
            }
            Happening::PaymentReturned => self.return_payment(taken.of.unwrap_or_default(), taken.arg(2)),
            Happening::Void => self.void_payment(taken.of.unwrap_or_default()),
            Happening::Promise => self.take_promise(taken),
            Happening::Dispute => self.dispute(taken.claim, true),
            Happening::DisputeResolved => self.dispute(taken.claim, false),
            Happening::ClaimAdded => self.add_claim(taken),
            Happening::DebtorAdded | Happening::DebtorReplaced => self.take_newcomer(happening, taken),
            Happening::ClaimReduced => {
                self.reduce(taken.claim.map(usize::from), amount.unwrap_or(0), on.unwrap_or(self.today)).map(|_| ())
            }
            Happening::Contacted => self.log_attempt(person, channel.map_or(Channels::default(), Channels::of)),
            Happening::Conversation => self.take_conversation(person, channel),
            Happening::Hold => self.take_hold(taken),
            Happening::Released => self.resume(taken.names.map_or(0, |(_, reason)| reason)),
            Happening::TaskDone => {
                self.case.tasks_mut().remove(usize::try_from(taken.names.map_or(0, |(_, at)| at)).unwrap_or(0));
                Ok(())
            }
            Happening::Postponed => self.postpone(taken),
            Happening::Approved => self.approve(usize::try_from(taken.names.map_or(0, |(_, at)| at)).unwrap_or(0)),
            Happening::Declined => self.decline(usize::try_from(taken.names.map_or(0, |(_, at)| at)).unwrap_or(0)),
            Happening::PlanAccepted => taken.terms.map_or(Ok(()), |(plan, terms)| self.agree(plan, terms)),
            Happening::PlanDeclined | Happening::Signed => {
                self.answer_plan(happening);
                Ok(())
            }
            Happening::TitleIssued | Happening::Judgment => {
                *self.case.titled_mut() = true;
                *self.case.titled_on_mut() = self.case.titled_on.or(on).or(Some(self.today));
                Ok(())
            }
            Happening::CostsSet => {
                let kind = self.learn("court")?;
                self.book_cost(kind, amount.unwrap_or(0))
            }
            Happening::DeadlineExtended => self.extend_deadline(taken),
            Happening::Waived => self.take_waiver(taken, amount.unwrap_or(0)),
            Happening::Fact => self.set_fact(taken),
            Happening::Operator => self.override_stage(taken),
            _ => self.take_contact(happening, person, channel, taken),
        }
    }

    /// What events say of persons and their channels.
    fn take_contact(
        &mut self,
        happening: Happening,
        person: usize,
        channel: Option<ChannelId>,
        taken: &Taken,
    ) -> Result<(), Fault> {
        if !speaks_of_contact(happening) {
            return Ok(());
        }
        let one = channel.map_or(Channels::default(), Channels::of);
        let Some(p) = self.case.persons_mut().get_mut(person) else { return Ok(()) };
        let without = |set: Channels| Channels(set.0 & !one.0);
        match happening {
            Happening::ConsentGiven => (p.consent, p.barred) = (p.consent.or(one), without(p.barred)),
            Happening::ConsentWithdrawn => (p.consent, p.barred) = (without(p.consent), p.barred.or(one)),
            Happening::WrongParty => p.barred = p.barred.or(one),
            Happening::AddressLost => p.reachable = without(p.reachable),
            Happening::AddressFound => (p.reachable, p.barred) = (p.reachable.or(one), without(p.barred)),
            Happening::CeaseContact => p.barred = Channels::ALL,
            Happening::Deceased => p.pursued = false,
            Happening::Minor => p.minor = true,
            Happening::Representative => {
                let until = taken.arg(1).map(crate::eval::as_date).transpose()?;
                (p.represented, p.represented_until) = (true, until);
            }
            Happening::Bounced => {
                let effect = taken.arg(1).and_then(|n| u32::try_from(n).ok());
                let person = if taken.arg(2).is_some() { person } else { self.person_of(effect).unwrap_or(person) };
                if let Some(p) = self.case.persons_mut().get_mut(person) {
                    p.barred = p.barred.or(one);
                }
                if let Some(channel) = channel {
                    self.bounce(effect, person, channel)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The person to whom the message of an effect went, while it is remembered.
    fn person_of(&self, effect: Option<u32>) -> Option<usize> {
        self.case.messages.iter().find(|m| Some(m.effect) == effect).map(|m| usize::from(m.person))
    }

    fn take_promise(&mut self, taken: &Taken) -> Result<(), Fault> {
        let by = crate::eval::as_date(taken.arg(1).unwrap_or(0))?;
        let amount = taken.arg(0).unwrap_or(0);
        *self.case.promise_mut() = Some(Promise { amount, on: self.today, by, paid: 0 });
        Ok(())
    }

    /// Counts a payment for the open promise.
    pub(crate) fn count_for_promise(&mut self, amount: i64, on: Date) -> Result<(), Fault> {
        if self.case.promise.is_none() {
            return Ok(());
        }
        let Some(promise) = self.case.promise_mut().as_mut() else { return Ok(()) };
        if (promise.on..=promise.by).contains(&on) {
            promise.paid = add(promise.paid, amount)?;
            if promise.paid >= promise.amount {
                *self.case.promise_mut() = None;
                self.raise(Happening::PromiseKept.id(), None, 0);
            }
        }
        Ok(())
    }

    /// A returned payment counts no more for the open promise.
    pub(crate) fn uncount_for_promise(&mut self, amount: i64, on: Date) -> Result<(), Fault> {
        if let Some(promise) = self.case.promise_mut().as_mut()
            && (promise.on..=promise.by).contains(&on)
        {
            promise.paid = sub(promise.paid, amount)?.max(0);
        }
        Ok(())
    }

    fn dispute(&mut self, claim: Option<u16>, disputed: bool) -> Result<(), Fault> {
        for (at, c) in self.case.claims_mut().iter_mut().enumerate() {
            let named = claim.map(usize::from);
            let all = named.is_none() && (!disputed || c.principal > 0);
            if all || named == Some(at) {
                c.disputed = disputed;
            }
        }
        Ok(())
    }

    fn add_claim(&mut self, taken: &Taken) -> Result<(), Fault> {
        let most = self.m.limits.claims;
        if self.case.ledger.claims.len() >= most as usize {
            return Err(Fault::Bound("claims", most));
        }
        let date = |at: usize| taken.arg(at).map(crate::eval::as_date).transpose();
        let (due, arose, default_on) = (date(2)?.unwrap_or(self.today), date(4)?, date(5)?);
        let principal = taken.arg(1).unwrap_or(0);
        let id = core::mem::take(self.case.new_name_mut());
        let kind = taken.arg(3).filter(|k| *k != UNKNOWN_TEXT);
        let claim = Claim {
            id,
            principal,
            interest: 0,
            next: due,
            due,
            arose,
            default_on,
            kind,
            disputed: false,
            fresh: self.names.demands(),
            secured: false,
            restarted: None,
        };
        self.case.claims_mut().push(claim);
        self.work.interest_today = None;
        self.start_interest(self.case.ledger.claims.len().saturating_sub(1))
    }

    /// Sets the first day on which a claim bears interest.
    pub(crate) fn start_interest(&mut self, at: usize) -> Result<(), Fault> {
        let first = self.first_interest_day(at)?;
        if let Some(claim) = self.case.claims_mut().get_mut(at) {
            claim.next = first;
        }
        Ok(())
    }

    fn take_conversation(&mut self, person: usize, channel: Option<ChannelId>) -> Result<(), Fault> {
        let Some(channel) = channel else { return Ok(()) };
        self.log_conversation(person, channel);
        if BY_PHONE.has(channel) {
            self.case.calls_mut().retain(|call| usize::from(call.person) != person);
        }
        Ok(())
    }

    fn take_hold(&mut self, taken: &Taken) -> Result<(), Fault> {
        let until = taken.arg(1).map(crate::eval::as_date).transpose()?;
        let until = until.map(|d| Ok::<_, Fault>(d.max(self.today.add_days(1)?))).transpose()?;
        let until = until.map(|d| self.begin(d)).transpose()?;
        let reason = taken.names.map_or(0, |(_, reason)| reason);
        self.set_hold(Hold { reason, since: self.case.now, until, without_interest: false, by: None })
    }

    fn postpone(&mut self, taken: &Taken) -> Result<(), Fault> {
        let until = crate::eval::as_date(taken.arg(1).unwrap_or(0))?;
        let over = self.begin(until.add_days(1)?)?;
        let at = usize::try_from(taken.names.map_or(0, |(_, at)| at)).unwrap_or(0);
        if let Some(task) = self.case.tasks_mut().get_mut(at) {
            task.due = Some(over);
        }
        Ok(())
    }

    fn extend_deadline(&mut self, taken: &Taken) -> Result<(), Fault> {
        let day = Some(crate::eval::as_date(taken.arg(0).unwrap_or(0))?);
        // It is nobody's message any more: a bounce does not take it away, and the next message sets its own.
        let action = dunlin_machine::ir::ActionRef(u16::MAX);
        *self.case.deadline_mut() = Some(crate::case::Deadline { day, set: self.case.now, effect: 0, action });
        Ok(())
    }

    fn take_waiver(&mut self, taken: &Taken, amount: i64) -> Result<(), Fault> {
        match taken.names {
            Some((0, _)) => self.waive_costs(None, if amount > 0 { amount } else { i64::MAX }).map(|_| ()),
            Some((1, _)) => self.waive_interest(if amount > 0 { amount } else { i64::MAX }).map(|_| ()),
            _ => self.waive_money(amount).map(|_| ()),
        }
    }

    fn set_fact(&mut self, taken: &Taken) -> Result<(), Fault> {
        let Some((at, value)) = taken.names else { return Ok(()) };
        let fact = dunlin_machine::ir::FactId(at);
        let old = self.case.facts.get(usize::from(at)).copied().flatten();
        if !self.case.first_facts.iter().any(|(f, _)| *f == fact) {
            self.case.first_facts_mut().push((fact, old));
        }
        if let Some(place) = self.case.facts_mut().get_mut(usize::from(at)) {
            *place = Some(value);
        }
        Ok(())
    }

    fn override_stage(&mut self, taken: &Taken) -> Result<(), Fault> {
        let stage = StageId(taken.names.map_or(0, |(at, _)| at));
        self.ctx.run = self.next_run();
        // Of no rule: no hold of a rule lets through what the way out does.
        self.ctx.body = u16::MAX;
        self.go(dunlin_machine::ir::Target::Stage(stage), None)?;
        self.see_move()
    }
}

/// Whether an event says something of a person or of that person's channels.
const fn speaks_of_contact(happening: Happening) -> bool {
    matches!(
        happening,
        Happening::ConsentGiven
            | Happening::ConsentWithdrawn
            | Happening::WrongParty
            | Happening::AddressLost
            | Happening::AddressFound
            | Happening::CeaseContact
            | Happening::Deceased
            | Happening::Minor
            | Happening::Representative
            | Happening::Bounced
    )
}

/// A text that an event brings for one of its parameters.
pub(crate) fn text_given<'e>(happening: Happening, event: &'e Event, param: &str) -> Option<&'e str> {
    text_at(event, happening.param(param)?)
}

fn text_at(event: &Event, at: usize) -> Option<&str> {
    event.args.iter().find(|(a, _)| usize::from(*a) == at).and_then(|(_, given)| match given {
        Given::Text(text) => Some(text.as_str()),
        Given::Value(_) => None,
    })
}

/// Whether a number is a value of a type.
pub(crate) fn in_type(machine: &Machine, ty: Type, value: i64) -> bool {
    let within = |n: usize| usize::try_from(value).is_ok_and(|v| v < n);
    match ty {
        Type::Bool => within(2),
        Type::Date => i32::try_from(value).ok().and_then(Date::from_days).is_some(),
        Type::Instant => dunlin_machine::value::Instant::from_seconds(value).is_some(),
        Type::Duration => Duration::unpack(value).is_some(),
        Type::Hours => crate::contact::hours_value(value).is_some(),
        Type::Channel => within(machine.channels.len()),
        Type::Tone => within(machine.tones.len()),
        Type::Enum(e) => within(machine.enums.get(e.index()).map_or(0, |e| e.values.len())),
        Type::Text => false,
        Type::Number | Type::Money | Type::Rate => true,
    }
}

/// Refuses a fact outside its bounds.
pub(crate) fn check_bounds(
    machine: &Machine,
    name: &str,
    fact: &Fact,
    currency: usize,
    value: i64,
) -> Result<(), Refusal> {
    let Some((from, to)) = fact.bounds_in(currency) else { return Ok(()) };
    if from.is_some_and(|f| value < f) || to.is_some_and(|t| value > t) {
        let shown = |bound: i64| shown(machine, fact.ty, currency, bound);
        let words = match (from, to) {
            (Some(from), Some(to)) => format!("a value from {} to {}", shown(from), shown(to)),
            (Some(from), None) => format!("at least {}", shown(from)),
            (None, to) => format!("at most {}", to.map_or_else(String::new, shown)),
        };
        return Err(wrong(name, &words));
    }
    Ok(())
}

/// A bound as the strategy writes it.
fn shown(machine: &Machine, ty: Type, currency: usize, value: i64) -> String {
    let currency = machine.currencies.get(currency);
    let date = || i32::try_from(value).ok().and_then(Date::from_days);
    match (ty, currency) {
        (Type::Money, Some(currency)) => format!("{} {currency}", Money(value).display(*currency)),
        (Type::Rate, _) => format!("{} %", Rate(value)),
        (Type::Date, _) => date().map_or_else(String::new, |date| date.to_string()),
        (Type::Duration, _) => Duration::unpack(value).map_or_else(String::new, |length| length.to_string()),
        _ => value.to_string(),
    }
}

pub(crate) fn wrong(field: &str, expected: &str) -> Refusal {
    Refusal::Wrong { field: field.into(), expected: expected.into() }
}

pub(crate) fn not_there(kind: &'static str, name: &str) -> Refusal {
    Refusal::NotThere { kind, name: name.into() }
}

/// A text as a value of the case, where the machine or the case knows it or learns it.
pub(crate) fn learned(
    names: &Names,
    machine: &Machine,
    texts: &mut alloc::vec::Vec<String>,
    text: &Option<String>,
) -> Result<Option<i64>, Fault> {
    text.as_ref().map(|t| names.learn(machine, texts, t)).transpose()
}
