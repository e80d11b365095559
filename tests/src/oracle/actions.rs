//! What an action does.

use super::Run;
use super::case::{By, Call, Doer, Hold, Limit, Owner, Stopped, Task, TriggerId, Waiting};
use super::fault::Fault;
use super::time::elapsed;
use crate::normal;
use dunlin_lang::model::{Action, Block, Does, Expr};
use dunlin_machine::ir::{self, EffectKind, HoldEnd, TextId, To, Waive, With};
use dunlin_machine::value::{Date, Duration, Instant};

/// The most open tasks of a case.
const OPEN_TASKS: usize = 256;

/// A body that runs.
#[derive(Clone, Debug)]
pub struct Frame {
    pub(super) owner: Owner,
    /// Bodies are numbered; see [`By`].
    pub(super) run: u64,
    pub(super) trigger: Option<TriggerId>,
    pub(super) moved: bool,
    pub(super) paused: bool,
    /// Procedures that count as left by an exit.
    pub(super) exits: Vec<usize>,
    /// How many actions ran, `if` not counted.
    pub(super) done: u32,
    /// Whether a `leaving` block runs.
    pub(super) leaving: bool,
}

impl Frame {
    fn doer(&self) -> Doer {
        match self.owner {
            Owner::Whenever(_) => (self.owner, None),
            _ => (self.owner, self.trigger.map(|(_, n)| n)),
        }
    }
}

impl<'m> Run<'m> {
    pub(super) fn new_run(&mut self) -> u64 {
        self.case.next_run += 1;
        self.case.next_run
    }

    pub(super) fn frame(&mut self, owner: Owner, trigger: Option<TriggerId>) -> Frame {
        let run = self.new_run();
        Frame { owner, run, trigger, moved: false, paused: false, exits: Vec::new(), done: 0, leaving: false }
    }

    /// On whose account a running body acts.
    pub(super) fn by(&self, frame: &Frame) -> By {
        let of_stage = matches!(frame.owner, Owner::Stage(_) | Owner::Scope(_) | Owner::Host);
        By { doer: frame.doer(), run: frame.run, of_stage, named: self.named, leaving: frame.leaving }
    }

    /// Runs a body, then what watches do about its move.
    pub(super) fn run_body(
        &mut self,
        body: &'m Block,
        owner: Owner,
        trigger: Option<TriggerId>,
    ) -> Result<Frame, Fault> {
        let mut frame = self.frame(owner, trigger);
        self.run(body, &mut frame)?;
        if frame.moved {
            self.tell_watches_of_move()?;
        }
        Ok(frame)
    }

    /// Runs actions in order; a move leaves out the rest.
    pub(super) fn run(&mut self, body: &'m Block, frame: &mut Frame) -> Result<(), Fault> {
        for action in body.iter() {
            self.act(action, frame)?;
            if frame.moved {
                break;
            }
        }
        Ok(())
    }

    fn act(&mut self, action: &'m Action, frame: &mut Frame) -> Result<(), Fault> {
        let view = super::eval::View { trigger: frame.trigger, ..self.plain() };
        frame.done += u32::from(!matches!(action.does, Does::If { .. }));
        match &action.does {
            Does::Send(_) | Does::Call(_) | Does::File { .. } | Does::Charge { .. } | Does::Collect { .. } => {
                self.act_or_wait(action, frame)
            }
            Does::Task(task) => self.task(action, task, frame),
            Does::Waive(what) => self.waive(action, what),
            Does::Report { party, what, message } => {
                let party = self.model.text(*party);
                let without = if party == "bureau" { self.left_out(true) } else { Vec::new() };
                if self.names_no_claim(action, &without) {
                    return Ok(());
                }
                let what = normal::report(party, self.model.text(*what), *message, &self.sued());
                self.effect(Some(action.rule), &(what + &normal::without(&without)))
            }
            Does::Alarm(name) => self.effect(Some(action.rule), &normal::alarm("named", self.model.text(*name))),
            Does::Emit { name, with } => {
                let what = normal::emit(self.model.text(*name), &self.with(with)?);
                self.effect(Some(action.rule), &what)
            }
            Does::Assign(queue) => self.effect(Some(action.rule), &normal::assign(self.model.text(*queue))),
            Does::Customer { block, thing } => {
                let what = normal::customer(*block, thing.map(|t| self.model.text(t)));
                self.effect(Some(action.rule), &what)
            }
            Does::Pause { reason, ends, without_interest } => {
                let until = self.hold_end(ends)?;
                let by = Some(frame.doer());
                frame.paused = true;
                let hold = Hold { reason: i64::from(reason.0), until, without_interest: *without_interest, by };
                self.pause(hold, Some(action.rule))
            }
            Does::Resume(reason) => self.resume(i64::from(reason.0)).map(|_| ()),
            Does::Set { var, value } => {
                self.case.vars[var.index()] = self.eval(value, &view)?;
                Ok(())
            }
            Does::If { condition, then, otherwise } => {
                let branch = if self.holds(condition, &view)? { then } else { otherwise };
                self.run(branch, frame)
            }
            Does::Move(target) => self.go(*target, Some(action.rule), frame),
            Does::Exit { from, body, .. } => {
                frame.exits.push(from.index());
                self.run(body, frame)?;
                frame.exits.pop();
                Ok(())
            }
            Does::OfferPlan(plan) => self.offer_plan(plan.index(), action),
            Does::ActivatePlan(plan) => self.activate_plan(plan.index(), action, frame),
            Does::CancelPlan => self.end_plan(),
            Does::ReleaseDebtor => self.release(Some(action.rule), true).map(|_| ()),
            Does::Split { part, to } => self.split(action, part, *to),
            Does::Approval(asks) => self.ask_for_approval(action, asks, frame),
        }
    }

    fn hold_end(&self, ends: &HoldEnd<Expr>) -> Result<Option<Instant>, Fault> {
        match ends {
            HoldEnd::Open => Ok(None),
            HoldEnd::For(duration) => {
                let duration = self.eval_duration(duration, &self.plain())?;
                Ok(Some(match elapsed(duration) {
                    Some(seconds) => self.case.now.add_seconds(seconds)?,
                    None => self.begin(self.plus(self.today(), duration)?)?,
                }))
            }
            HoldEnd::Until(date) => Ok(Some(self.until(self.eval_date(date, &self.plain())?)?)),
        }
    }

    /// When a hold until a date ends: a date that is not to come means tomorrow.
    pub(super) fn until(&self, date: Date) -> Result<Instant, Fault> {
        let today = self.today();
        self.begin(if date > today { date } else { today.add_days(1)? })
    }

    /// `send`, `call`, `file` and `charge`: not in a hold.
    fn act_or_wait(&mut self, action: &'m Action, frame: &Frame) -> Result<(), Fault> {
        if payable(action) {
            self.case.deadline = None;
        }
        let by = self.by(frame);
        if !self.is_held() || self.exempt(by.doer) {
            return self.act_now(action, by);
        }
        let all_wait = |to: To| self.meant(to).into_iter().all(|p| self.waits_already(action, p));
        let here = self.case.stopped.iter().any(|s| std::ptr::eq(s.action, action));
        if matches!(&action.does, Does::Send(send) if here || all_wait(send.to)) {
            self.held(action, "waits already", None, true);
            return Ok(());
        }
        self.held(action, "hold", None, false);
        self.case.stopped.push(Stopped { action, by });
        self.payable_waited |= self.payable_waits();
        Ok(())
    }

    pub(super) fn act_now(&mut self, action: &'m Action, by: By) -> Result<(), Fault> {
        match &action.does {
            Does::Send(send) => {
                if payable(action) {
                    self.case.deadline = None;
                }
                for person in self.meant(send.to) {
                    let due = self.case.now;
                    self.try_send(Waiting { action, person, way: 0, due, by }, usize::MAX)?;
                }
                Ok(())
            }
            Does::Call(call) => {
                let (due, person) = (self.case.now, self.meant(call.to)[0]);
                self.case.calls.push(Call { action, person, made: 0, effect: 0, due, by });
                self.attempt(self.case.calls.len() - 1)
            }
            Does::File { .. } => {
                let (due, person) = (self.case.now, by.named);
                self.try_file(Waiting { action, person, way: 0, due, by }, usize::MAX)
            }
            Does::Collect { amount, by } => {
                let amount = self.eval(amount, &self.plain())?;
                if amount <= 0 {
                    self.held(action, "nothing", None, true);
                    return Ok(());
                }
                self.effect(Some(action.rule), &normal::collect(amount, self.model.text(*by)))
            }
            Does::Charge { amount, kind, replacing } => self.charge(action, amount, *kind, *replacing),
            _ => Err(Fault::Broken),
        }
    }

    fn charge(
        &mut self,
        action: &'m Action,
        amount: &Expr,
        kind: TextId,
        replacing: Option<TextId>,
    ) -> Result<(), Fault> {
        let without = self.left_out(false);
        if self.names_no_claim(action, &without) {
            return Ok(());
        }
        let mut counted = self.eval(amount, &self.plain())?;
        if let Some(old) = replacing {
            let old = self.case.costs.iter_mut().find(|c| c.kind == i64::from(old.0));
            if let Some(old) = old {
                old.charged = old.paid;
                counted -= old.paid;
            }
        }
        if counted <= 0 {
            return Ok(());
        }
        if let Some(room) = self.room_for_costs(kind)? {
            counted = counted.min(room);
        }
        if counted <= 0 {
            self.held(action, "cost cap", None, true);
            return Ok(());
        }
        self.add_costs(i64::from(kind.0), counted)?;
        let what = normal::charge(counted, self.model.text(kind), replacing.map(|k| self.model.text(k)));
        self.effect(Some(action.rule), &(what + &normal::without(&without)))
    }

    fn task(&mut self, action: &'m Action, task: &'m ir::Task<Expr>, frame: &Frame) -> Result<(), Fault> {
        let until = self.limit(&task.within)?;
        let wait = |after: &Expr| self.eval_duration(after, &self.plain());
        let substitutes = task.substitutes.iter().map(|(_, after)| wait(after)).collect::<Result<_, _>>()?;
        let (effect, by) = (self.case.next_effect, self.by(frame));
        let task = Task { action, effect, until, overdue: false, asked: 0, opened: self.case.now, substitutes, by };
        self.tell_task(&task, false)?;
        self.add_task(task)
    }

    pub(super) fn add_task(&mut self, task: Task<'m>) -> Result<(), Fault> {
        if self.case.tasks.len() >= OPEN_TASKS {
            return Err(Fault::Bound);
        }
        self.case.tasks.push(task);
        Ok(())
    }

    /// The end of a time limit that begins now.
    pub(super) fn limit(&self, within: &Expr) -> Result<Limit, Fault> {
        self.limit_since(self.case.now, self.eval_duration(within, &self.plain())?)
    }

    pub(super) fn limit_since(&self, since: Instant, within: Duration) -> Result<Limit, Fault> {
        match elapsed(within) {
            Some(seconds) => self.limit_at(since.add_seconds(seconds)?),
            None => Ok(Limit::Day(self.plus(self.day(since), within)?)),
        }
    }

    /// A limit that ends where a day begins ends with the day before.
    pub(super) fn limit_at(&self, at: Instant) -> Result<Limit, Fault> {
        let day = self.day(at);
        Ok(if at == self.begin(day)? { Limit::Day(day.add_days(-1)?) } else { Limit::At(at) })
    }

    /// What follows from missing a limit is due when the day after its last day begins, or at its instant.
    pub(super) fn end_of(&self, limit: Limit) -> Result<Instant, Fault> {
        match limit {
            Limit::Day(day) => self.begin(day.add_days(1)?),
            Limit::At(at) => Ok(at),
        }
    }

    pub(super) fn tell_task(&mut self, open: &Task<'m>, again: bool) -> Result<(), Fault> {
        let Does::Task(task) = &open.action.does else { return Err(Fault::Broken) };
        let asked = open.asked.checked_sub(1).and_then(|n| task.substitutes.get(n));
        let role = self.model.text(asked.map_or(task.role, |(role, _)| *role));
        let what = normal::task(self.model.text(task.name), role, limit_words(open.until), task.priority, again);
        self.effect(Some(open.action.rule), &what)
    }

    fn waive(&mut self, action: &Action, what: &Waive<Expr>) -> Result<(), Fault> {
        let [principal, interest, costs] = match what {
            Waive::Costs => [0, 0, self.waive_costs(None, i64::MAX)],
            Waive::CostsOf(kind) => [0, 0, self.waive_costs(Some(i64::from(kind.0)), i64::MAX)],
            Waive::Interest => [0, self.waive_interest(i64::MAX)?, 0],
            Waive::Money(sum) => self.waive_sum(self.eval(sum, &self.plain())?)?,
        };
        if [principal, interest, costs] == [0, 0, 0] {
            return Ok(());
        }
        self.effect(Some(action.rule), &normal::waive(principal, interest, costs))
    }

    /// Costs first, then interest, then principal.
    pub(super) fn waive_sum(&mut self, sum: i64) -> Result<[i64; 3], Fault> {
        let sum = sum.max(0);
        let costs = self.waive_costs(None, sum);
        let interest = self.waive_interest(sum - costs)?;
        let principal = self.waive_principal(sum - costs - interest)?;
        Ok([principal, interest, costs])
    }

    pub(super) fn with(&self, with: &With<Expr>) -> Result<Vec<normal::Named>, Fault> {
        let mut named = Vec::new();
        for (name, ty, value) in with {
            let value = self.eval(value, &self.plain())?;
            named.push((self.model.text(*name).to_owned(), normal::value(*ty, value, |v| self.text(v))));
        }
        Ok(named)
    }

    /// An effect with the next number.
    pub(super) fn effect(&mut self, rule: Option<dunlin_machine::ir::RuleId>, what: &str) -> Result<(), Fault> {
        let number = self.case.next_effect;
        self.case.next_effect += 1;
        let (principal, interest, costs) = (self.principal()?, self.interest()?, self.open_costs()?);
        let statement = [principal, interest, costs, self.balance()?];
        let kind = kind_of(what).ok_or(Fault::Broken)?;
        self.unseen.push(kind);
        self.say(rule, &normal::effect(number, what, statement));
        Ok(())
    }

    pub(super) fn held(&mut self, action: &Action, by: &str, until: Option<Instant>, dropped: bool) {
        let what = match &action.does {
            Does::Send(send) => format!("send {}", self.model.text(self.model.templates[send.template.index()].name)),
            Does::Call(call) => format!("call {}", self.model.text(call.script)),
            Does::File { form, .. } => format!("file {}", self.model.text(*form)),
            Does::Charge { kind, .. } => format!("charge {}", self.model.text(*kind)),
            Does::Report { party, .. } => format!("report {}", self.model.text(*party)),
            Does::Collect { by, .. } => format!("collect {}", self.model.text(*by)),
            Does::Split { .. } => "split".to_owned(),
            Does::OfferPlan(plan) => format!("offer {}", self.model.text(self.model.plans[plan.index()].name)),
            Does::ActivatePlan(plan) => format!("activate {}", self.model.text(self.model.plans[plan.index()].name)),
            Does::Approval(asks) => format!("approved {}", self.model.text(asks.name)),
            _ => String::new(),
        };
        self.say(Some(action.rule), &normal::held(&what, by, until, dropped));
    }
}

/// Whether the action is a `send … payable within`.
pub(super) fn payable(action: &Action) -> bool {
    matches!(&action.does, Does::Send(send) if send.payable_within.is_some())
}

/// The last day of a limit or its instant, in words.
pub(super) fn limit_words(limit: Limit) -> String {
    match limit {
        Limit::Day(day) => day.to_string(),
        Limit::At(at) => at.to_string(),
    }
}

/// The kind of an effect, by the verb that its line begins with.
fn kind_of(what: &str) -> Option<EffectKind> {
    Some(match what.split(' ').next()? {
        "send" => EffectKind::Send,
        "call" => EffectKind::Call,
        "task" => EffectKind::Task,
        "file" => EffectKind::File,
        "charge" => EffectKind::Charge,
        "waive" => EffectKind::Waive,
        "collect" => EffectKind::Collect,
        "offer" => EffectKind::Offer,
        "activate" => EffectKind::Activate,
        "report" => EffectKind::Report,
        "alarm" => EffectKind::Alarm,
        "emit" => EffectKind::Emit,
        "assign" => EffectKind::Assign,
        "block" => EffectKind::Block,
        "unblock" => EffectKind::Unblock,
        "release" => EffectKind::Release,
        "split" => EffectKind::Split,
        "approval" => EffectKind::Approval,
        "cancel" => EffectKind::Cancel,
        "refund" => EffectKind::Refund,
        _ => return None,
    })
}
