//! What stands in a body: actions, `if`, moves.

use dunlin_machine::ir::{self, Channels, Does, HoldEnd, Nature, Target, TextId, To, Type, VarId};

use super::approvals::ends_body;
use super::context::{Body, Checker, Value, or_list};
use crate::diagnostic::codes;
use crate::model::{self, Block, Expr};
use crate::syntax::tree::{self, Argument, Name, Span, Statement, StatementKind, TargetKind};

impl Checker<'_> {
    /// The actions of a body, in order. Triggers and whatever else does not belong there are reported.
    pub fn actions(&mut self, statements: &[Statement]) -> Block {
        self.scoped(|checker| checker.actions_in_order(statements))
    }

    fn actions_in_order(&mut self, statements: &[Statement]) -> Block {
        let mut block: Vec<model::Action> = Vec::new();
        for statement in statements {
            if let Some(last) = block.last()
                && ends_body(last)
            {
                self.report_after_move(statement, last.rule);
                break;
            }
            if let Some(action) = self.statement(statement) {
                self.learn(&action);
                block.push(action);
            }
        }
        Block(block)
    }

    /// What is certain after an action: behind `if C { -> stage }`, that C does not hold.
    fn learn(&mut self, action: &model::Action) {
        match &action.does {
            Does::If { condition, then, otherwise } => {
                if sets_deadline(then) || sets_deadline(otherwise) {
                    self.forget_deadline();
                }
                let moves = |block: &Block| block.last().is_some_and(always_moves);
                if moves(then) {
                    self.establish(condition, false);
                } else if moves(otherwise) {
                    self.establish(condition, true);
                }
            }
            Does::Send(send) if send.payable_within.is_some() => self.forget_deadline(),
            _ => {}
        }
    }

    fn report_after_move(&mut self, statement: &Statement, moved: ir::RuleId) {
        let place = self.rule_place(moved);
        let error = self
            .error_saying(
                codes::AFTER_MOVE,
                statement.span,
                "A move ends its body, so this is never done",
                "never done",
            )
            .also(place.file, place.span, "the move")
            .help("do it before the move, or in the stage that the case goes to");
        self.report(error);
    }

    fn statement(&mut self, statement: &Statement) -> Option<model::Action> {
        let does = match &statement.approval {
            None => self.does(statement)?,
            Some(_) => self.when_approved(|checker| checker.does(statement))?,
        };
        let law = if statement.law.is_empty() { self.scope.law.clone() } else { statement.law.clone() };
        let rule = self.rule_at(self.scope.rule_span.unwrap_or(statement.span), &law);
        let does = match &statement.approval {
            None => does,
            Some(approval) => self.approval(statement, approval, does, rule)?,
        };
        Some(model::Action { rule, does })
    }

    fn does(&mut self, statement: &Statement) -> Option<model::Does> {
        match &statement.kind {
            StatementKind::Action(action) => self.action(action, statement.span),
            StatementKind::Move(target) => self.move_to(target),
            StatementKind::If(choice) => self.choice_of_actions(choice),
            StatementKind::Trigger(trigger) => {
                self.report_trigger_here(trigger);
                None
            }
            StatementKind::Leaving(_) => {
                self.report_leaving_here(statement.span);
                None
            }
            StatementKind::Exit(_) => {
                self.report_exit_here(statement.span);
                None
            }
            StatementKind::Broken => None,
        }
    }

    fn report_trigger_here(&mut self, trigger: &tree::Trigger) {
        let words = self.words(trigger.head).to_owned();
        let message = format!("`{words}` waits for something, and here nothing waits");
        let error = self.error(codes::TRIGGER_NOT_HERE, trigger.head, message);
        self.report(error.help("triggers stand in stages, groups, outcomes, watches and `whenever` blocks, after the actions; behind another trigger stand actions only"));
    }

    fn choice_of_actions(&mut self, choice: &tree::If) -> Option<model::Does> {
        let condition = self.condition(&choice.condition);
        let branch = |checker: &mut Self, block: &tree::Block, holds: bool| {
            checker.scoped(|checker| {
                checker.scope.rule_span = None;
                if let Some(condition) = &condition {
                    checker.establish(condition, holds);
                }
                checker.actions(&block.statements)
            })
        };
        let then = branch(self, &choice.then, true);
        let otherwise = choice.otherwise.as_ref().map_or_else(Block::default, |block| branch(self, block, false));
        Some(Does::If { condition: condition?, then, otherwise })
    }

    /// `-> STAGE`, or in a procedure `-> EXIT`.
    fn move_to(&mut self, target: &tree::Target) -> Option<model::Does> {
        if let TargetKind::Stage(name) = &target.kind
            && let Some(exit) = self.exit_named(name)
        {
            return exit;
        }
        self.target(target).map(Does::Move)
    }

    /// Where a move goes.
    pub fn target(&mut self, target: &tree::Target) -> Option<Target> {
        match &target.kind {
            TargetKind::Stage(name) => self.stage_named(name).map(Target::Stage),
            TargetKind::LastStage => Some(Target::LastStage),
            TargetKind::SelfStage => Some(Target::Itself),
            TargetKind::Next => {
                self.not_yet(codes::EXTENDS_NOT_BUILT, target.span, "inserted stages, so `next` leads nowhere");
                None
            }
        }
    }

    fn action(&mut self, action: &tree::Action, span: Span) -> Option<model::Does> {
        match action {
            tree::Action::Send(send) => self.send(send, span).map(Does::Send),
            tree::Action::Call(call) => self.phone_call(call, span).map(Does::Call),
            tree::Action::Task(task) => self.task(task, span).map(Does::Task),
            tree::Action::File { form, with } => {
                let with = self.with(with)?;
                Some(Does::File { form: self.text(&form.text), with })
            }
            tree::Action::Charge { amount, kind, replacing } => self.charge(amount, kind, replacing.as_ref()),
            tree::Action::Waive(waive) => self.waive(waive).map(Does::Waive),
            tree::Action::Report { party, what } => self.report_to(party, what),
            tree::Action::Alarm(name) => Some(Does::Alarm(self.text(&name.text))),
            tree::Action::Emit { name, arguments } => {
                let with = self.with(arguments)?;
                Some(Does::Emit { name: self.text(&name.text), with })
            }
            tree::Action::Assign(queue) => Some(Does::Assign(self.text(&queue.text))),
            tree::Action::BlockCustomer(thing) => Some(self.customer(true, thing.as_ref())),
            tree::Action::UnblockCustomer(thing) => Some(self.customer(false, thing.as_ref())),
            tree::Action::Pause(pause) => self.pause(pause, span),
            tree::Action::Resume(reason) => self.resume(reason.as_ref(), span),
            tree::Action::Set { name, value } => self.set(name, value),
            tree::Action::Collect { amount, by } => self.collect(amount, by),
            tree::Action::OfferPlan(plan) => self.plan_named(plan).map(Does::OfferPlan),
            tree::Action::ActivatePlan(plan) => self.plan_named(plan).map(Does::ActivatePlan),
            tree::Action::CancelPlan => Some(Does::CancelPlan),
            tree::Action::ReleaseDebtor => Some(Does::ReleaseDebtor),
            tree::Action::Split { part, target } => self.split(part, target),
        }
    }

    /// `collect MONEY by debit | card`.
    fn collect(&mut self, amount: &tree::Expr, by: &Name) -> Option<model::Does> {
        let amount = self.expr(amount, Some(Type::Money));
        let ways = ["debit", "card"].map(str::to_owned);
        if !ways.contains(&by.text) {
            let message = format!("Nothing is collected by `{}`", by.text);
            self.report_unknown(codes::COLLECT_BY, by, message, &ways, "write `by debit` or `by card`");
            return None;
        }
        Some(Does::Collect { amount: amount?, by: self.text(&by.text) })
    }

    /// `split disputed | MONEY | debtor -> STAGE`.
    fn split(&mut self, part: &tree::SplitPart, target: &tree::Target) -> Option<model::Does> {
        let part = match part {
            tree::SplitPart::Disputed => Some(ir::SplitPart::Disputed),
            tree::SplitPart::Debtor => Some(ir::SplitPart::Debtor),
            tree::SplitPart::Amount(amount) => self.expr(amount, Some(Type::Money)).map(ir::SplitPart::Money),
        };
        let to = self.split_target(target);
        Some(Does::Split { part: part?, to: to? })
    }

    /// The stage that a sister case opens in.
    pub fn split_target(&mut self, target: &tree::Target) -> Option<ir::StageId> {
        match &target.kind {
            TargetKind::Stage(name) => self.split_exit(name).unwrap_or_else(|| self.stage_named(name)),
            TargetKind::LastStage | TargetKind::SelfStage | TargetKind::Next => {
                let words = self.words(target.span).to_owned();
                let message = format!("The sister case has been nowhere yet, so it cannot open in `{words}`");
                let error = self.error(codes::SPLIT_TARGET, target.span, message);
                self.report(error.help("name the stage that it opens in"));
                None
            }
        }
    }

    fn send(&mut self, send: &tree::Send, span: Span) -> Option<ir::Send<Expr>> {
        let template = self.template(&send.template.text);
        let ways: Vec<Option<Channels>> = send.cascade.iter().map(|way| self.channels(way)).collect();
        let ways: Option<Vec<Channels>> = ways.into_iter().collect();
        let tone = self.optional(send.tone.as_ref(), Type::Tone);
        let payable_within = self.optional(send.payable.as_ref().map(|p| &p.within), Type::Duration);
        let with = self.with(&send.with);
        Some(ir::Send {
            template,
            ways: ways?,
            tone: tone?,
            payable_within: payable_within?,
            after_post: send.payable.as_ref().is_some_and(|p| p.after_post),
            nature: match send.manner {
                None => Nature::Ordinary,
                Some(tree::Manner::Reply) => Nature::Reply,
                Some(tree::Manner::Notice) => Nature::Notice,
            },
            to: self.recipient(send.to, span)?,
            with: with?,
        })
    }

    fn recipient(&mut self, to: Option<tree::Recipient>, span: Span) -> Option<To> {
        match to {
            None | Some(tree::Recipient::AllDebtors) => Some(To::All),
            Some(tree::Recipient::FirstDebtor) => Some(To::First),
            Some(tree::Recipient::Debtor) if self.scope.event.is_some() || self.scope.unheard => Some(To::Named),
            Some(tree::Recipient::Debtor) => {
                let error = self.error(
                    codes::NO_EVENT_HERE,
                    span,
                    "`to debtor` means the person that the event names, but no event is at hand here",
                );
                self.report(error.help("leave it out to write to everyone, or write `to first debtor`"));
                None
            }
        }
    }

    /// An expression that may be left out; none where it has errors.
    fn optional(&mut self, expr: Option<&tree::Expr>, ty: Type) -> Option<Option<Expr>> {
        match expr {
            None => Some(None),
            Some(expr) => self.expr(expr, Some(ty)).map(Some),
        }
    }

    fn phone_call(&mut self, call: &tree::Call, span: Span) -> Option<ir::Call<Expr>> {
        let to = self.called(call.to, span)?;
        let tone = self.optional(call.tone.as_ref(), Type::Tone);
        let hours = self.optional(call.hours.as_ref(), Type::Hours);
        let every = self.optional(call.every.as_ref(), Type::Duration);
        let with = self.with(&call.with);
        let attempts = match &call.attempts {
            Some(attempts) => self.count(attempts)?,
            None => 1,
        };
        if attempts > 1 && call.every.is_none() {
            let error = self.error(
                codes::CALL_WITHOUT_RHYTHM,
                span,
                "A call of several attempts must say how long it waits between them",
            );
            self.report(error.help(format!("write `up to {attempts} attempts, every 1 working day`")));
            return None;
        }
        let script = self.text(&call.script.text);
        Some(ir::Call { script, to, tone: tone?, hours: hours?, attempts, every: every?, with: with? })
    }

    /// Who is called: one person.
    fn called(&mut self, to: Option<tree::Recipient>, span: Span) -> Option<To> {
        match to {
            None => Some(To::First),
            Some(tree::Recipient::AllDebtors) => {
                let error = self.error(codes::CALL_TO_ALL, span, "A call is made to one person, not to all debtors");
                self.report(error.help("write `to first debtor`, or in a rule on an event `to debtor`"));
                None
            }
            Some(to) => self.recipient(Some(to), span),
        }
    }

    /// A number from 1 that is the same for every case.
    pub fn count(&mut self, expr: &tree::Expr) -> Option<u32> {
        let value = self.constant(expr, Type::Number)?;
        let count = u32::try_from(value).ok().filter(|count| *count >= 1);
        if count.is_none() {
            let words = self.words(expr.span).to_owned();
            let error = self.error(codes::COUNT_TOO_SMALL, expr.span, format!("`{words}` times is never"));
            self.report(error.help("a number of times is at least 1"));
        }
        count
    }

    fn task(&mut self, task: &tree::Task, span: Span) -> Option<ir::Task<Expr>> {
        let substitutes: Vec<Option<(TextId, Expr)>> =
            task.substitutes.iter().map(|substitute| self.substitute(substitute)).collect();
        let Some(within) = &task.within else {
            let message = format!("The task `{}` does not say until when it must be done", task.name.text);
            let error = self.error(codes::TASK_WITHOUT_LIMIT, span, message);
            self.report(error.help("add `within 10 working days`"));
            return None;
        };
        let within = self.expr(within, Some(Type::Duration))?;
        Some(ir::Task {
            name: self.text(&task.name.text),
            role: self.text(&task.role.text),
            substitutes: substitutes.into_iter().collect::<Option<_>>()?,
            within,
            results: task.results.iter().map(|result| self.text(&result.text)).collect(),
            priority: task.priority.as_ref().map(|priority| priority.value),
            keep: task.keep,
        })
    }

    /// `else ROLE within D`.
    fn substitute(&mut self, substitute: &tree::Substitute) -> Option<(TextId, Expr)> {
        let within = self.expr(&substitute.within, Some(Type::Duration))?;
        Some((self.text(&substitute.role.text), within))
    }

    /// `with name = value, …`.
    fn with(&mut self, arguments: &[Argument]) -> Option<ir::With<Expr>> {
        let values: Vec<Option<(TextId, Type, Expr)>> = arguments.iter().map(|a| self.with_one(a)).collect();
        values.into_iter().collect()
    }

    fn with_one(&mut self, argument: &Argument) -> Option<(TextId, Type, Expr)> {
        let value = self.expr(&argument.value, None);
        let Some(name) = &argument.name else {
            let words = self.words(argument.span).to_owned();
            let error = self.error(
                codes::ARGUMENT_WITHOUT_NAME,
                argument.span,
                format!("The value `{words}` goes out without a name"),
            );
            self.report(error.help(format!("give it one: `amount = {words}`")));
            return None;
        };
        let value = value?;
        Some((self.text(&name.text), value.ty, value))
    }

    fn charge(&mut self, amount: &tree::Expr, kind: &Name, replacing: Option<&Name>) -> Option<model::Does> {
        let amount = self.expr(amount, Some(Type::Money))?;
        let replacing = replacing.map(|name| self.text(&name.text));
        Some(Does::Charge { amount, kind: self.text(&kind.text), replacing })
    }

    fn waive(&mut self, waive: &tree::Waive) -> Option<ir::Waive<Expr>> {
        match waive {
            tree::Waive::Costs(None) => Some(ir::Waive::Costs),
            tree::Waive::Costs(Some(kind)) => Some(ir::Waive::CostsOf(self.text(&kind.text))),
            tree::Waive::Interest => Some(ir::Waive::Interest),
            tree::Waive::Amount(amount) => self.expr(amount, Some(Type::Money)).map(ir::Waive::Money),
        }
    }

    fn report_to(&mut self, party: &Name, what: &tree::ReportWhat) -> Option<model::Does> {
        if !self.names.parties.contains(&party.text) {
            let known: Vec<String> = self.names.parties.iter().cloned().collect();
            let message = format!("There is no party `{}` to report to", party.text);
            let help = format!("parties are {}; `parties {{ {} }}` adds one", or_list(&known), party.text);
            self.report_unknown(codes::UNKNOWN_PARTY, party, message, &known, &help);
            return None;
        }
        let (words, message) = match what {
            tree::ReportWhat::Text(text) => (text.value.as_str(), true),
            tree::ReportWhat::Status => ("status", false),
            tree::ReportWhat::Open => ("open", false),
            tree::ReportWhat::Settled => ("settled", false),
            tree::ReportWhat::Withdrawn => ("withdrawn", false),
        };
        Some(Does::Report { party: self.text(&party.text), what: self.text(words), message })
    }

    fn customer(&mut self, block: bool, thing: Option<&Name>) -> model::Does {
        let thing = thing.map(|name| self.text(&name.text));
        Does::Customer { block, thing }
    }

    fn pause(&mut self, pause: &tree::Pause, span: Span) -> Option<model::Does> {
        let reason = match (&pause.reason, self.scope.event) {
            (Some(reason), _) => reason.text.clone(),
            (None, Some(event)) => self.event_name(event),
            (None, None) if self.scope.unheard || self.scope.without_reason.contains(&span) => return None,
            (None, None) => {
                let error = self.error(
                    codes::PAUSE_WITHOUT_REASON,
                    span,
                    "A bare `pause` takes the name of its event, but no event is at hand here",
                );
                self.report(error.help("give the hold a reason: `pause check`"));
                return None;
            }
        };
        let ends = match &pause.end {
            None => HoldEnd::Open,
            Some(tree::PauseEnd::For(duration)) => HoldEnd::For(self.expr(duration, Some(Type::Duration))?),
            Some(tree::PauseEnd::Until(date)) => HoldEnd::Until(self.expr(date, Some(Type::Date))?),
        };
        Some(Does::Pause { reason: self.text(&reason), ends, without_interest: pause.without_interest })
    }

    fn resume(&mut self, reason: Option<&Name>, span: Span) -> Option<model::Does> {
        let reasons: Vec<String> = self.names.reasons.iter().cloned().collect();
        match reason {
            Some(reason) => {
                let near = crate::diagnostic::did_you_mean(&reason.text, reasons.iter().map(String::as_str)).is_some();
                if near && !reasons.contains(&reason.text) {
                    let message = format!("Nothing is held for the reason `{}`", reason.text);
                    self.report_unknown(codes::UNKNOWN_REASON, reason, message, &reasons, "");
                    return None;
                }
                Some(Does::Resume(self.text(&reason.text)))
            }
            None => match self.scope.reason.clone() {
                Some(reason) => Some(Does::Resume(self.text(&reason))),
                None if self.scope.unheard || self.scope.without_reason.contains(&span) => None,
                None => {
                    let error = self.error(
                        codes::RESUME_WHAT,
                        span,
                        "This `resume` does not say which hold ends, and no rule around it has paused",
                    );
                    let help = match reasons.as_slice() {
                        [] => "no rule pauses: remove it, or `pause REASON` where the hold begins".to_owned(),
                        _ => format!("name the reason: {}", or_list(&reasons)),
                    };
                    self.report(error.help(help));
                    None
                }
            },
        }
    }

    fn set(&mut self, name: &Name, value: &tree::Expr) -> Option<model::Does> {
        let var = self.var_named(name);
        let ty = var.and_then(|var| self.model.vars.get(var.index()).map(|v| v.ty));
        let value = self.expr(value, ty);
        Some(Does::Set { var: var?, value: value? })
    }

    fn var_named(&mut self, name: &Name) -> Option<VarId> {
        if self.report_parameter_set(name) {
            return None;
        }
        let named = self.author_value(&name.text);
        match named.map(|n| n.means) {
            Some(Value::Var(id)) => return Some(id),
            Some(Value::Broken) => return None,
            _ => {}
        }
        let message = match named {
            Some(_) => format!("`{}` is no `var`, so it cannot be set", name.text),
            None => format!("There is no `var {}`", name.text),
        };
        let known = |(name, named): (&String, &super::context::Named<Value>)| {
            matches!(named.means, Value::Var(_)).then(|| name.clone())
        };
        let known: Vec<String> = self.names.values.iter().filter_map(known).collect();
        let help = format!("only a `var` changes: `var {} : TYPE = VALUE`", name.text);
        match named {
            Some(named) => {
                let error = self.error(codes::NOT_A_VAR, name.span, message);
                self.report(error.also(named.place.file, named.place.span, "declared here").help(help));
            }
            None => self.report_unknown(codes::UNKNOWN_VALUE, name, message, &known, &help),
        }
        None
    }

    /// Whether the body around here is a watch.
    pub fn in_watch(&self) -> bool {
        self.scope.body == Body::Watch
    }
}

/// Whether a send in it tells the debtor a new deadline.
fn sets_deadline(block: &[model::Action]) -> bool {
    block.iter().any(|action| match &action.does {
        Does::Send(send) => send.payable_within.is_some(),
        Does::If { then, otherwise, .. } => sets_deadline(then) || sets_deadline(otherwise),
        _ => false,
    })
}

/// Whether nothing behind it is done any more.
pub fn always_moves(action: &model::Action) -> bool {
    match &action.does {
        Does::Move(_) | Does::Exit { .. } => true,
        Does::If { then, otherwise, .. } => {
            then.last().is_some_and(always_moves) && otherwise.last().is_some_and(always_moves)
        }
        _ => false,
    }
}

/// Whether a move stands anywhere in it.
pub fn moves(block: &[model::Action]) -> bool {
    block.iter().any(|action| match &action.does {
        Does::Move(_) | Does::Exit { .. } => true,
        other => other.blocks().into_iter().any(|block| moves(block)),
    })
}
