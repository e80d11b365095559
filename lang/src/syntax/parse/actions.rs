//! Statements: actions, moves, triggers and the blocks that they stand in.

use super::super::tree::*;
use super::Pair;
use super::build::{Builder, child, children, has};
use super::grammar::Rule;
use crate::diagnostic::{Diagnostic, FileId, codes};

/// How deep blocks and `else if` chains may stand in one another.
const DEEPEST: usize = 128;

impl Builder<'_> {
    pub fn block_in(&mut self, pair: &Pair) -> Option<Block> {
        let block = child(pair, Rule::block)?;
        self.block(&block)
    }

    pub fn block(&mut self, pair: &Pair) -> Option<Block> {
        let span = self.span(pair);
        self.depth += 1;
        let statements = pair.clone().into_inner().filter_map(|part| match part.as_rule() {
            Rule::statement => Some(self.statement_or_broken(&part)),
            Rule::broken => Some(self.broken_statement(&part)),
            _ => None,
        });
        let statements = statements.collect();
        self.depth -= 1;
        Some(Block { statements, span })
    }

    pub fn broken_statement(&mut self, pair: &Pair) -> Statement {
        plain_statement(StatementKind::Broken, self.broken_span(pair))
    }

    /// A statement that was refused while it was built is broken; why, was reported.
    pub fn statement_or_broken(&mut self, pair: &Pair) -> Statement {
        let statement = self.statement(pair);
        statement.unwrap_or_else(|| self.broken_statement(pair))
    }

    fn statement(&mut self, pair: &Pair) -> Option<Statement> {
        let inner = pair.clone().into_inner().next()?;
        let mut statement = self.statement_of(&inner)?;
        statement.doc = self.doc(statement.span);
        Some(statement)
    }

    fn statement_of(&mut self, pair: &Pair) -> Option<Statement> {
        let kind = match pair.as_rule() {
            Rule::act | Rule::move_act | Rule::plain_move => return self.act(pair),
            Rule::if_statement => StatementKind::If(self.if_statement(pair)?),
            Rule::leaving => StatementKind::Leaving(self.leaving(pair)?),
            Rule::exit => StatementKind::Exit(self.exit(pair)?),
            Rule::trigger => StatementKind::Trigger(self.trigger(pair)?),
            _ => return None,
        };
        let law = self.laws(pair);
        Some(Statement { law, ..plain_statement(kind, self.span(pair)) })
    }

    /// An action or a move with its approval and law.
    fn act(&mut self, pair: &Pair) -> Option<Statement> {
        let first = pair.clone().into_inner().next()?;
        let kind = match first.as_rule() {
            Rule::move_to => StatementKind::Move(self.move_to(&first)?),
            _ => StatementKind::Action(self.action(&first)?),
        };
        let approvals = children(pair, Rule::approval);
        self.once(&approvals, "with approval");
        let approval = approvals.first().and_then(|approval| self.approval(approval));
        Some(Statement {
            approval: approval.map(Box::new),
            law: self.laws(pair),
            ..plain_statement(kind, self.span(pair))
        })
    }

    fn move_to(&mut self, pair: &Pair) -> Option<Target> {
        self.check_arrow(pair);
        self.target_in(pair)
    }

    pub fn target_in(&mut self, pair: &Pair) -> Option<Target> {
        let target = child(pair, Rule::target)?;
        let kind = match target.as_str().trim() {
            "last_stage" => TargetKind::LastStage,
            "self" => TargetKind::SelfStage,
            "next" => TargetKind::Next,
            _ => TargetKind::Stage(self.dotted_in(&target)?),
        };
        Some(Target { kind, span: self.span(&target) })
    }

    fn approval(&mut self, pair: &Pair) -> Option<Approval> {
        let within = child(pair, Rule::approval_within);
        let otherwise = child(pair, Rule::approval_else);
        Some(Approval {
            role: self.name_in(pair)?,
            within: within.and_then(|within| self.sum_in(&within)),
            otherwise: otherwise.and_then(|otherwise| self.approval_else(&otherwise)),
            span: self.span(pair),
        })
    }

    fn approval_else(&mut self, pair: &Pair) -> Option<Block> {
        match child(pair, Rule::plain_move) {
            Some(plain) => Some(single(self.statement_of(&plain)?)),
            None => self.block_in(pair),
        }
    }

    /// `-> stage`, `: action` or a block.
    pub fn body_in(&mut self, pair: &Pair) -> Option<Block> {
        for part in pair.clone().into_inner() {
            let inner = match part.as_rule() {
                Rule::block => return self.block(&part),
                Rule::arrow_body => child(&part, Rule::move_act)?,
                Rule::colon_body => child(&part, Rule::colon_act)?.into_inner().next()?,
                _ => continue,
            };
            let statement = self.statement_of(&inner)?;
            return Some(Block { span: self.span(&part), statements: vec![statement] });
        }
        None
    }

    /// An `else if` chain becomes `if`s in `else`s.
    fn if_statement(&mut self, pair: &Pair) -> Option<If> {
        let conditions = children(pair, Rule::value);
        let mut blocks = children(pair, Rule::block).into_iter();
        if self.depth + conditions.len() > DEEPEST {
            let message = format!("`if`s and blocks stand more than {DEEPEST} deep here");
            let help = "let a table decide instead";
            self.report(codes::NESTED_TOO_DEEPLY, self.span(pair), message, help);
            return None;
        }
        let mut branches = Vec::new();
        for condition in &conditions {
            let start = self.span(condition);
            branches.push((start, self.value(condition)?, self.block(&blocks.next()?)?));
        }
        let mut otherwise = blocks.next().and_then(|block| self.block(&block));
        while let Some((start, condition, then)) = branches.pop() {
            let span = start.to(otherwise.as_ref().map_or(then.span, |block| block.span));
            let branch = If { condition, then, otherwise: otherwise.take() };
            if branches.is_empty() {
                return Some(branch);
            }
            otherwise = Some(single(plain_statement(StatementKind::If(branch), span)));
        }
        None
    }

    fn leaving(&mut self, pair: &Pair) -> Option<Leaving> {
        let ways = if has(pair, Rule::kw_otherwise) {
            LeavingWays::Otherwise
        } else if has(pair, Rule::kw_to) {
            LeavingWays::To(self.all_dotted_in(pair))
        } else {
            LeavingWays::Every
        };
        Some(Leaving { ways, body: self.block_in(pair)? })
    }

    fn exit(&mut self, pair: &Pair) -> Option<Exit> {
        let condition = self.when_in(pair);
        Some(Exit { name: self.name_in(pair)?, condition, body: self.body_in(pair)? })
    }

    pub fn trigger(&mut self, pair: &Pair) -> Option<Trigger> {
        let head = child(pair, Rule::trigger_head)?;
        let kind = self.trigger_kind(&head.clone().into_inner().next()?)?;
        let condition = self.when_in(pair);
        Some(Trigger { kind, head: self.span(&head), condition, body: self.body_in(pair)? })
    }

    fn trigger_kind(&mut self, pair: &Pair) -> Option<TriggerKind> {
        let kind = match pair.as_rule() {
            Rule::on_move => TriggerKind::OnMove,
            Rule::on_effect => TriggerKind::OnEffect(self.name_in(pair)?),
            Rule::on_target => TriggerKind::On(self.on(pair)?),
            Rule::after_entry => TriggerKind::After(self.sum_in(pair)?),
            Rule::every_month => TriggerKind::EveryMonth { day: self.sum_in(pair)? },
            Rule::every_working_day => TriggerKind::EveryWorkingDay,
            Rule::every => self.every(pair)?,
            Rule::as_soon_as => TriggerKind::AsSoonAs(self.value_in(pair)?),
            Rule::relative => self.relative(pair)?,
            _ => return None,
        };
        Some(kind)
    }

    fn on(&mut self, pair: &Pair) -> Option<On> {
        let target = match child(pair, Rule::on_names) {
            Some(names) => OnTarget::Names(self.event_patterns_in(&names)),
            None => OnTarget::Date(self.sum_in(&child(pair, Rule::on_date)?)?),
        };
        let usually = child(pair, Rule::usually);
        Some(On { target, usually_within: usually.and_then(|usually| self.sum_in(&usually)) })
    }

    fn every(&mut self, pair: &Pair) -> Option<TriggerKind> {
        let duration = self.duration_or_unit(pair)?;
        let at_most = child(pair, Rule::at_most);
        Some(TriggerKind::Every { duration, at_most: at_most.and_then(|most| self.sum_in(&most)) })
    }

    /// The `bare_duration` or `sum` child.
    pub fn duration_or_unit(&mut self, pair: &Pair) -> Option<Expr> {
        match child(pair, Rule::bare_duration) {
            Some(bare) => self.bare_duration(&bare),
            None => self.sum_in(pair),
        }
    }

    fn relative(&mut self, pair: &Pair) -> Option<TriggerKind> {
        let mut sums = self.sums_in(pair).into_iter();
        let (duration, date) = (sums.next()?, sums.next()?);
        if has(pair, Rule::kw_before) {
            return Some(TriggerKind::BeforeDate { duration, date });
        }
        Some(TriggerKind::AfterDate { duration, date })
    }

    fn action(&mut self, pair: &Pair) -> Option<Action> {
        let action = match pair.as_rule() {
            Rule::send => Action::Send(self.send(pair)?),
            Rule::call => Action::Call(self.call(pair)?),
            Rule::task => Action::Task(self.task(pair)?),
            Rule::file_form => Action::File { form: self.name_in(pair)?, with: self.with_in(pair) },
            Rule::charge => self.charge(pair)?,
            Rule::waive => Action::Waive(self.waive(pair)?),
            Rule::collect => Action::Collect { amount: self.sum_in(pair)?, by: self.name_in(pair)? },
            Rule::offer_plan => Action::OfferPlan(self.dotted_in(pair)?),
            Rule::activate_plan => Action::ActivatePlan(self.dotted_in(pair)?),
            Rule::cancel_plan => Action::CancelPlan,
            Rule::report => self.report_to(pair)?,
            Rule::alarm => Action::Alarm(self.name_in(pair)?),
            Rule::emit => Action::Emit { name: self.name_in(pair)?, arguments: self.arguments_in(pair) },
            Rule::assign => Action::Assign(self.name_in(pair)?),
            Rule::block_customer => Action::BlockCustomer(self.name_in(pair)),
            Rule::unblock_customer => Action::UnblockCustomer(self.name_in(pair)),
            Rule::release_debtor => Action::ReleaseDebtor,
            Rule::split => self.split(pair)?,
            Rule::pause => Action::Pause(self.pause(pair)),
            Rule::resume => Action::Resume(self.reason_in(pair)),
            Rule::set_var => Action::Set { name: self.name_in(pair)?, value: self.value_in(pair)? },
            _ => return None,
        };
        Some(action)
    }

    fn send(&mut self, pair: &Pair) -> Option<Send> {
        let steps = self.clause(pair, Rule::cascade, "by");
        let template = self.name_in(pair)?;
        if steps.is_none() {
            let message = format!("`send {}` does not say by which channel", template.text);
            let help = "say `by email`, or with a second choice `by email else letter`";
            self.report(codes::LEFT_OUT, template.span, message, help);
        }
        let steps = steps.map(|steps| children(&steps, Rule::together)).unwrap_or_default();
        let payable = self.clause(pair, Rule::payable, "payable within");
        let manner = self.clause(pair, Rule::manner, "as");
        Some(Send {
            template,
            cascade: steps.iter().map(|step| self.names(step)).collect(),
            to: self.recipient(pair),
            tone: self.tone(pair),
            payable: payable.and_then(|payable| self.payable(&payable)),
            manner: manner.map(|manner| match has(&manner, Rule::kw_reply) {
                true => Manner::Reply,
                false => Manner::Notice,
            }),
            with: self.with_in(pair),
        })
    }

    fn payable(&mut self, pair: &Pair) -> Option<Payable> {
        Some(Payable { within: self.sum_in(pair)?, after_post: has(pair, Rule::after_post) })
    }

    fn recipient(&mut self, pair: &Pair) -> Option<Recipient> {
        let to = self.clause(pair, Rule::recipient, "to")?;
        let recipient = if has(&to, Rule::kw_all) {
            Recipient::AllDebtors
        } else if has(&to, Rule::kw_first) {
            Recipient::FirstDebtor
        } else {
            Recipient::Debtor
        };
        Some(recipient)
    }

    fn tone(&mut self, pair: &Pair) -> Option<Expr> {
        let tone = self.clause(pair, Rule::tone, "tone")?;
        self.simple_in(&tone)
    }

    fn with_in(&mut self, pair: &Pair) -> Vec<Argument> {
        let Some(with) = self.clause(pair, Rule::with_arguments, "with") else { return Vec::new() };
        let arguments = children(&with, Rule::with_argument);
        arguments.iter().filter_map(|argument| self.argument(argument)).collect()
    }

    fn call(&mut self, pair: &Pair) -> Option<Call> {
        let hours = self.clause(pair, Rule::call_hours, "in");
        let hours = hours.and_then(|hours| child(&hours, Rule::hours));
        Some(Call {
            script: self.name_in(pair)?,
            to: self.recipient(pair),
            tone: self.tone(pair),
            hours: hours.and_then(|hours| self.range(&hours)),
            attempts: self.sum_clause(pair, Rule::attempts, "up to … attempts"),
            every: self.sum_clause(pair, Rule::call_every, "every"),
            with: self.with_in(pair),
        })
    }

    fn task(&mut self, pair: &Pair) -> Option<Task> {
        let name = self.name_in(pair)?;
        let Some(role) = self.clause(pair, Rule::for_role, "for") else {
            let message = format!("`task {}` does not say whose work it is", name.text);
            self.report(codes::LEFT_OUT, name.span, message, "say `for clerk`, or another role");
            return None;
        };
        let results = self.clause(pair, Rule::results, "results");
        let priority = self.clause(pair, Rule::priority, "priority");
        let substitutes = children(pair, Rule::substitute);
        Some(Task {
            name,
            role: self.name_in(&role)?,
            substitutes: substitutes.iter().filter_map(|role| self.substitute(role)).collect(),
            within: self.sum_clause(pair, Rule::within, "within"),
            results: results.map(|results| self.names_in(&results)).unwrap_or_default(),
            priority: priority.and_then(|priority| self.number_in(&priority)),
            keep: self.clause(pair, Rule::keep, "keep").is_some(),
        })
    }

    fn substitute(&mut self, pair: &Pair) -> Option<Substitute> {
        Some(Substitute { role: self.name_in(pair)?, within: self.sum_in(pair)? })
    }

    fn charge(&mut self, pair: &Pair) -> Option<Action> {
        let replacing = child(pair, Rule::replacing);
        Some(Action::Charge {
            amount: self.sum_in(pair)?,
            kind: self.name_in(pair)?,
            replacing: replacing.and_then(|kind| self.name_in(&kind)),
        })
    }

    fn waive(&mut self, pair: &Pair) -> Option<Waive> {
        if let Some(costs) = child(pair, Rule::waive_costs) {
            return Some(Waive::Costs(self.name_in(&costs)));
        }
        if has(pair, Rule::waive_interest) {
            return Some(Waive::Interest);
        }
        Some(Waive::Amount(self.sum_in(pair)?))
    }

    fn report_to(&mut self, pair: &Pair) -> Option<Action> {
        let what = match child(pair, Rule::report_word) {
            None => ReportWhat::Text(self.text_in(pair)?),
            Some(word) if has(&word, Rule::kw_status) => ReportWhat::Status,
            Some(word) if has(&word, Rule::kw_open) => ReportWhat::Open,
            Some(word) if has(&word, Rule::kw_settled) => ReportWhat::Settled,
            Some(_) => ReportWhat::Withdrawn,
        };
        Some(Action::Report { party: self.name_in(pair)?, what })
    }

    fn split(&mut self, pair: &Pair) -> Option<Action> {
        let part = if has(pair, Rule::split_disputed) {
            SplitPart::Disputed
        } else if has(pair, Rule::split_debtor) {
            SplitPart::Debtor
        } else {
            SplitPart::Amount(self.sum_in(pair)?)
        };
        self.check_arrow(pair);
        Some(Action::Split { part, target: self.target_in(pair)? })
    }

    fn pause(&mut self, pair: &Pair) -> Pause {
        let lasts = self.sum_clause(pair, Rule::pause_for, "for").map(PauseEnd::For);
        let until = self.sum_clause(pair, Rule::pause_until, "until").map(PauseEnd::Until);
        if lasts.is_some() && until.is_some() {
            let help = "a hold ends after a duration or on a date, whichever you keep";
            let message = "`pause` says both `for` and `until`";
            self.report(codes::SAID_TWICE, self.span(pair), message, help);
        }
        Pause {
            reason: self.reason_in(pair),
            end: lasts.or(until),
            without_interest: self.clause(pair, Rule::without_interest, "without interest").is_some(),
        }
    }

    fn reason_in(&mut self, pair: &Pair) -> Option<Name> {
        let reason = child(pair, Rule::reason)?;
        self.name_in(&reason)
    }

    fn sum_clause(&mut self, pair: &Pair, rule: Rule, word: &str) -> Option<Expr> {
        let clause = self.clause(pair, rule, word)?;
        self.sum_in(&clause)
    }

    /// A part of an action that is said once at most, in any order.
    fn clause<'i>(&mut self, pair: &Pair<'i>, rule: Rule, word: &str) -> Option<Pair<'i>> {
        let clauses = children(pair, rule);
        self.once(&clauses, word);
        clauses.into_iter().next()
    }

    fn once(&mut self, clauses: &[Pair], word: &str) {
        if let [first, second, ..] = clauses {
            let found = Diagnostic::error(codes::SAID_TWICE, format!("`{word}` is said twice"))
                .at(FileId::default(), self.span(second), "again here")
                .also(FileId::default(), self.span(first), "first here")
                .help("leave one of them out");
            self.diagnostics.push(found);
        }
    }
}

fn single(statement: Statement) -> Block {
    Block { span: statement.span, statements: vec![statement] }
}

fn plain_statement(kind: StatementKind, span: Span) -> Statement {
    Statement { kind, approval: None, law: Vec::new(), doc: None, span }
}
