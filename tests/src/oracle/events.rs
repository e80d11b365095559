//! What an event does by itself, before any rule sees it.

use super::Run;
use super::case::{Claim, Deadline, Happened, Hold, Limit, Promise};
use super::eval::to_date;
use super::fault::{Fault, Refusal};
use crate::normal;
use dunlin_machine::events::{Happening, Origin, PHONE};
use dunlin_machine::ir::{ChannelId, Channels, Designation, Fact, Type};
use dunlin_machine::value::{Date, Money, Rate};
use dunlin_runtime::input::{Event, Given, PersonGiven};

/// How many event ids are remembered.
pub(super) const IDS: usize = 16;

fn not_there(what: &str) -> Refusal {
    Refusal::NotThere(what.to_owned())
}

fn wrong(what: &str) -> Refusal {
    Refusal::Wrong(what.to_owned())
}

/// The arguments of a built-in event, by name.
struct Args<'a> {
    happening: Happening,
    values: &'a [Option<i64>],
}

impl Args<'_> {
    fn get(&self, name: &str) -> Option<i64> {
        self.happening.param(name).and_then(|n| self.values.get(n).copied().flatten())
    }
    fn need(&self, name: &str) -> Result<i64, Refusal> {
        self.get(name).ok_or(Refusal::Missing)
    }
    fn date(&self, name: &str) -> Result<Option<Date>, Refusal> {
        Ok(self.get(name).map(to_date).transpose()?)
    }
    fn channel(&self) -> Result<ChannelId, Refusal> {
        u8::try_from(self.need("channel")?).map(ChannelId).map_err(|_| wrong("channel"))
    }
    /// An amount, which must be more than nothing.
    fn amount(&self) -> Result<i64, Refusal> {
        Some(self.need("amount")?).filter(|a| *a > 0).ok_or_else(|| wrong("amount"))
    }
}

/// Events that only somebody who is pursued can cause.
fn asks_to_be_pursued(happening: Happening) -> bool {
    use Happening as H;
    let of_the_pursued = [H::Promise, H::PlanRequested, H::PlanAccepted, H::PlanDeclined, H::Signed, H::Callback];
    of_the_pursued.contains(&happening) || matches!(happening, H::Hardship | H::HardshipEnded)
}

impl Run<'_> {
    /// Reads an event of the host.
    pub(super) fn read_event(&mut self, event: &Event) -> Result<Happened, Refusal> {
        let model = self.model;
        let ty = model.events.get(event.event.index()).ok_or_else(|| not_there("event"))?;
        if Happening::of(event.event).is_some_and(|h| h.builtin().origin == Origin::Machine) {
            return Err(Refusal::OnlyTheMachine);
        }
        let mut args = vec![None; ty.params.len()];
        for (position, given) in &event.args {
            let param = ty.params.get(usize::from(*position)).ok_or_else(|| wrong("parameter"))?;
            args[usize::from(*position)] = Some(self.given(param.ty, given)?);
        }
        for (param, arg) in ty.params.iter().zip(&mut args) {
            if param.required && arg.is_none() {
                return Err(Refusal::Missing);
            }
            let name = model.text(param.name);
            if name == "on" && param.ty == Type::Date {
                let today = i64::from(self.today().days());
                let booked = matches!(
                    Happening::of(event.event),
                    Some(Happening::Payment | Happening::Enforced | Happening::ClaimReduced)
                );
                *arg = arg.filter(|on| !booked || *on <= today).or(Some(today));
            }
        }
        Ok(Happened { event: event.event, args, person: None })
    }

    /// A value from outside, of that type.
    pub(super) fn given(&mut self, ty: Type, given: &Given) -> Result<i64, Refusal> {
        let value = match (ty, given) {
            (Type::Text, Given::Text(text)) => return Ok(self.intern(text)),
            (Type::Text, Given::Value(_)) | (_, Given::Text(_)) => return Err(wrong("type")),
            (_, Given::Value(value)) => *value,
        };
        let below = |count: usize| usize::try_from(value).is_ok_and(|v| v < count);
        let sound = match ty {
            Type::Bool => below(2),
            Type::Channel => below(self.model.channels.len()),
            Type::Tone => below(self.model.tones.len()),
            Type::Enum(id) => below(self.model.enum_values(id).len()),
            Type::Date => to_date(value).is_ok(),
            _ => true,
        };
        sound.then_some(value).ok_or_else(|| wrong("value"))
    }

    pub(super) fn take_up(&mut self, happened: &mut Happened, id: Option<&str>) -> Result<(), Refusal> {
        let Some(happening) = Happening::of(happened.event) else { return Ok(()) };
        let args = Args { happening, values: &happened.args };
        if matches!(happening, Happening::DebtorAdded | Happening::DebtorReplaced) {
            return self.new_debtor(&args);
        }
        let person = self.person(&args)?;
        if self.case.persons[person].released && asks_to_be_pursued(happening) {
            return Err(not_there("debtor"));
        }
        if let Some(amount) = happened.args.first_mut().filter(|amount| amount.is_none()) {
            match happening {
                Happening::Promise => *amount = Some(self.balance()?),
                Happening::Objection | Happening::Opposition => *amount = Some(self.principal()?),
                _ => {}
            }
        }
        let args = Args { happening, values: &happened.args };
        match happening {
            Happening::Payment | Happening::Enforced => self.payment(&args, id),
            Happening::PaymentReturned => self.payment_returned(&args),
            Happening::Void => {
                let payment = self.remembered(&args)?;
                Ok(self.void_payment(payment)?)
            }
            Happening::Promise => self.promise(&args),
            Happening::Dispute | Happening::DisputeResolved => self.dispute(&args, happening == Happening::Dispute),
            Happening::ClaimAdded => self.claim_added(&args),
            Happening::ClaimReduced => self.claim_reduced(&args),
            Happening::Fact => self.fact(&args),
            Happening::Hold => self.hold(&args),
            Happening::Released => {
                let known = self.resume(args.need("reason")?)?;
                known.then_some(()).ok_or_else(|| not_there("hold"))
            }
            Happening::TaskDone | Happening::Postponed => self.task_event(&args),
            Happening::TitleIssued | Happening::Judgment => {
                let on = args.date("on")?.unwrap_or_else(|| self.today());
                self.case.titled = true;
                self.case.titled_on = self.case.titled_on.or(Some(on));
                Ok(())
            }
            Happening::CostsSet => {
                let kind = self.intern("court");
                Ok(self.add_costs(kind, args.amount()?)?)
            }
            Happening::DeadlineExtended => {
                let day = args.date("until")?.ok_or(Refusal::Missing)?;
                self.case.deadline = Some(Deadline { day, set: self.today(), effect: None });
                Ok(())
            }
            Happening::Waived => self.waived(&args),
            Happening::Approved | Happening::Declined => {
                let name = self.text(args.need("name")?);
                self.answer(&name, happening == Happening::Approved)
            }
            Happening::PlanAccepted => self.accept_terms(args.need("amount")?, args.get("day")),
            Happening::PlanDeclined => {
                self.decline_plan();
                Ok(())
            }
            Happening::Signed => {
                self.sign_plan();
                Ok(())
            }
            Happening::Operator => self.operator(&args),
            _ => self.about_person(&args, person),
        }
    }

    fn person(&self, args: &Args) -> Result<usize, Refusal> {
        let Some(id) = args.get("debtor").map(|d| self.text(d)) else { return Ok(0) };
        self.case.persons.iter().position(|p| p.id == id).ok_or_else(|| not_there("debtor"))
    }

    /// `debtor_added`, `debtor_replaced`.
    fn new_debtor(&mut self, args: &Args) -> Result<(), Refusal> {
        let replaced = args.happening == Happening::DebtorReplaced;
        let id = self.text(args.need(if replaced { "by" } else { "debtor" })?);
        let old = if replaced { Some(self.person(args)?) } else { None };
        if self.case.persons.iter().any(|p| p.id == id) {
            return Err(wrong("debtor"));
        }
        let text = |name: &str| args.get(name).map(|t| self.text(t));
        let given = PersonGiven {
            business: args.get("kind") == Some(1),
            language: text("language"),
            region: text("region"),
            zones: text("time_zone").into_iter().collect(),
            born: args.date("born")?,
            channels: None,
            id,
        };
        if old.is_none() && self.case.persons.len() >= self.model.limits.debtors as usize {
            return Err(Fault::Bound.into());
        }
        let person = self.read_person(&given)?;
        match old {
            Some(old) => Ok(self.replace(old, person)?),
            None => {
                self.case.persons.push(person);
                Ok(())
            }
        }
    }

    fn payment(&mut self, args: &Args, id: Option<&str>) -> Result<(), Refusal> {
        let amount = args.amount()?;
        let on = args.date("on")?.unwrap_or_else(|| self.today());
        let designated = self.designated(args)?;
        let rest = self.book(amount, on, id.map(str::to_owned), designated)?;
        if rest > 0 {
            self.effect(None, &normal::refund(rest))?;
        }
        self.count_for_promise(on)?;
        Ok(())
    }

    /// The claim that the payer names, where the strategy hears it.
    fn designated(&self, args: &Args) -> Result<Option<usize>, Refusal> {
        let named = args.get("for").map(|id| self.text(id));
        let Some(id) = named.filter(|_| self.model.ledger.designation != Designation::Unheard) else { return Ok(None) };
        let claim = self.case.claims.iter().position(|c| c.id == id);
        claim.map(Some).ok_or_else(|| not_there("claim"))
    }

    fn count_for_promise(&mut self, on: Date) -> Result<(), Fault> {
        let Some(promise) = self.case.promise.clone() else { return Ok(()) };
        if promise.on <= on
            && on <= promise.by
            && let Some(payment) = self.case.payments.last_mut()
        {
            payment.promised = promise.number;
        }
        let mine = |p: &&super::case::Payment| p.promised == promise.number && !p.returned;
        let paid: i64 = self.case.payments.iter().filter(mine).map(|p| p.amount).sum();
        if paid >= promise.amount {
            self.case.promise = None;
            self.raise(Happening::PromiseKept);
        }
        Ok(())
    }

    /// The payment that an event undoes.
    fn remembered(&self, args: &Args) -> Result<usize, Refusal> {
        let of = self.text(args.need("of")?);
        let forgotten = self.forgotten_payments();
        let found = self.case.payments.iter().skip(forgotten).position(|p| p.id.as_ref() == Some(&of) && !p.returned);
        Ok(found.ok_or_else(|| not_there("payment"))? + forgotten)
    }

    fn payment_returned(&mut self, args: &Args) -> Result<(), Refusal> {
        let payment = self.remembered(args)?;
        self.return_payment(payment)?;
        if let Some(fee) = args.get("fee").filter(|fee| *fee > 0) {
            let kind = self.intern("return_fee");
            self.add_costs(kind, fee)?;
        }
        Ok(())
    }

    fn promise(&mut self, args: &Args) -> Result<(), Refusal> {
        let by = args.date("by")?.ok_or(Refusal::Missing)?;
        self.case.promises += 1;
        let (number, amount, on) = (self.case.promises, args.amount()?, self.today());
        self.case.promise = Some(Promise { number, amount, on, by });
        Ok(())
    }

    fn claim(&self, args: &Args) -> Result<Option<usize>, Refusal> {
        let Some(id) = args.get("claim").map(|c| self.text(c)) else { return Ok(None) };
        let known = self.case.claims.iter().position(|c| c.id == id);
        known.map(Some).ok_or_else(|| not_there("claim"))
    }

    fn dispute(&mut self, args: &Args, begins: bool) -> Result<(), Refusal> {
        let only = self.claim(args)?;
        for (n, claim) in self.case.claims.iter_mut().enumerate() {
            let meant = only.map_or(!begins || claim.principal > 0, |c| c == n);
            if meant {
                claim.disputed = begins;
            }
        }
        Ok(())
    }

    fn claim_added(&mut self, args: &Args) -> Result<(), Refusal> {
        let (id, due) = (self.text(args.need("claim")?), args.date("due")?.ok_or(Refusal::Missing)?);
        let principal = Some(args.need("principal")?).filter(|p| *p > 0).ok_or_else(|| wrong("principal"))?;
        if self.case.claims.iter().any(|c| c.id == id) {
            return Err(wrong("claim"));
        }
        let (kind, arose, default_on) = (args.get("kind"), args.date("arose")?, args.date("default_on")?);
        let fixed = 0;
        let claim = Claim {
            id,
            principal,
            fixed,
            next: due,
            first: due,
            due,
            arose,
            default_on,
            kind,
            disputed: false,
            fresh: self.demands(),
            secured: false,
            restarted: None,
        };
        Ok(self.add_claim(claim)?)
    }

    pub(super) fn add_claim(&mut self, claim: Claim) -> Result<(), Fault> {
        if self.case.claims.len() >= self.model.limits.claims as usize {
            return Err(Fault::Bound);
        }
        self.case.claims.push(claim);
        let number = self.case.claims.len() - 1;
        let first = self.first_interest_day(number)?;
        let claim = &mut self.case.claims[number];
        (claim.first, claim.next) = (first, first);
        Ok(())
    }

    fn claim_reduced(&mut self, args: &Args) -> Result<(), Refusal> {
        let (claim, on) = (self.claim(args)?, args.date("on")?.unwrap_or_else(|| self.today()));
        Ok(self.reduce(claim, args.amount()?, on)?)
    }

    fn fact(&mut self, args: &Args) -> Result<(), Refusal> {
        let (name, text) = (self.text(args.need("name")?), self.text(args.need("value")?));
        let named = |f: &Fact| self.model.text(f.name) == name;
        let number = self.model.facts.iter().position(named).ok_or_else(|| not_there("fact"))?;
        let fact = &self.model.facts[number];
        let value = self.parse(fact.ty, &text).ok_or_else(|| wrong("value"))?;
        let (low, high) = fact.bounds_in(self.case.currency).unwrap_or((None, None));
        if low.is_some_and(|l| value < l) || high.is_some_and(|h| value > h) {
            return Err(wrong("value"));
        }
        self.case.facts[number] = Some(value);
        Ok(())
    }

    /// A value in the words of the language.
    fn parse(&mut self, ty: Type, text: &str) -> Option<i64> {
        let named = |names: Vec<&str>| names.iter().position(|n| *n == text).and_then(|n| i64::try_from(n).ok());
        let texts = |ids: &[dunlin_machine::ir::TextId]| named(ids.iter().map(|t| self.model.text(*t)).collect());
        match ty {
            Type::Bool => named(vec!["false", "true"]),
            Type::Number => text.parse().ok(),
            Type::Money => {
                let currency = self.model.currencies[self.case.currency];
                let amount = text.strip_suffix(currency.code()).unwrap_or(text).trim_end();
                Money::parse(amount, currency).ok().map(|m| m.0)
            }
            Type::Rate => Rate::parse(text.trim_end_matches('%').trim_end()).ok().map(|r| r.0),
            Type::Date => Date::parse(text).ok().map(|d| i64::from(d.days())),
            Type::Text => Some(self.intern(text)),
            Type::Channel => texts(&self.model.channels),
            Type::Tone => texts(&self.model.tones),
            Type::Enum(id) => named(self.model.enum_values(id)),
            Type::Instant | Type::Hours | Type::Duration => None,
        }
    }

    fn hold(&mut self, args: &Args) -> Result<(), Refusal> {
        let until = args.date("until")?.map(|d| self.until(d)).transpose()?;
        let hold = Hold { reason: args.need("reason")?, until, without_interest: false, by: None };
        Ok(self.set_hold(hold)?)
    }

    fn task_event(&mut self, args: &Args) -> Result<(), Refusal> {
        let name = self.text(args.need("name")?);
        let task_name = |t: &super::case::Task| match &t.action.does {
            dunlin_machine::ir::Does::Task(task) => self.model.text(task.name) == name,
            _ => false,
        };
        let task = self.case.tasks.iter().position(task_name).ok_or_else(|| not_there("task"))?;
        if args.happening == Happening::TaskDone {
            self.case.tasks.remove(task);
        } else {
            let until = args.date("until")?;
            let task = &mut self.case.tasks[task];
            (task.until, task.overdue) = (Limit::Day(until.ok_or(Refusal::Missing)?), false);
        }
        Ok(())
    }

    fn waived(&mut self, args: &Args) -> Result<(), Refusal> {
        let most = if args.get("amount").is_some() { args.amount()? } else { i64::MAX };
        match self.text(args.need("what")?).as_str() {
            "costs" => _ = self.waive_costs(None, most),
            "interest" => _ = self.waive_interest(most)?,
            _ => _ = self.waive_sum(args.amount()?)?,
        }
        Ok(())
    }

    fn operator(&mut self, args: &Args) -> Result<(), Refusal> {
        let name = self.text(args.need("stage")?);
        let named = |s: &dunlin_lang::model::Stage| self.model.text(s.name) == name;
        let procedure = || self.model.scopes.iter().find(|s| self.model.text(s.name) == name)?.first;
        let stage = self.model.stages.iter().position(named).or_else(|| procedure().map(|first| first.index()));
        let stage = stage.ok_or_else(|| not_there("stage"))?;
        let stage = dunlin_machine::ir::StageId(u16::try_from(stage).map_err(|_| Fault::Broken)?);
        let mut frame = self.frame(super::case::Owner::Host, None);
        self.go(dunlin_machine::ir::Target::Stage(stage), None, &mut frame)?;
        Ok(self.tell_watches_of_move()?)
    }

    /// What is known of a person and the person's channels.
    fn about_person(&mut self, args: &Args, person: usize) -> Result<(), Refusal> {
        let now = self.case.now;
        if args.happening == Happening::Contacted {
            return Ok(self.log_attempt(person, now, Channels::of(args.channel()?))?);
        }
        let all: Vec<ChannelId> =
            (0..self.model.channels.len()).filter_map(|c| u8::try_from(c).ok()).map(ChannelId).collect();
        let who = &mut self.case.persons[person];
        match args.happening {
            Happening::Conversation => {
                let channel = args.channel()?;
                who.conversations.push((now, channel));
                if channel == PHONE {
                    self.case.calls.retain(|c| c.person != person);
                }
            }
            Happening::Bounced => {
                let person = args.get("debtor").map(|_| person);
                self.bounce(person, args.channel()?, args.get("effect"))?;
            }
            Happening::ConsentGiven => {
                let channel = args.channel()?;
                who.consent.insert(channel);
                who.barred.remove(&channel);
            }
            Happening::ConsentWithdrawn => {
                let channel = args.channel()?;
                who.consent.remove(&channel);
                who.barred.insert(channel);
            }
            Happening::WrongParty => _ = who.barred.insert(args.channel()?),
            Happening::AddressLost => _ = who.reachable.remove(&args.channel()?),
            Happening::AddressFound => {
                let channel = args.channel()?;
                who.reachable.insert(channel);
                who.barred.remove(&channel);
            }
            Happening::CeaseContact => who.barred.extend(all),
            Happening::Deceased => who.deceased = true,
            Happening::Minor => who.minor = true,
            Happening::Representative => who.represented = Some(args.date("until")?),
            _ => {}
        }
        Ok(())
    }
}
