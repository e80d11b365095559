//! Stages, groups, outcomes, `whenever` rules and watches: their names first, then their bodies.

use std::collections::BTreeSet;

use dunlin_machine::ir::{self, Does, On, RuleId, ScopeId, StageId, Target, Type};

use super::actions::moves;
use super::context::{Body, Checker, Named};
use super::events::Heard;
use super::known::Fact;
use super::modules::Family;
use crate::diagnostic::codes;
use crate::model::{self, Block, Expr, Trigger};
use crate::syntax::tree::{self, GroupEntry, ItemKind, Name, Span, Statement, StatementKind, TriggerKind};

/// What a body holds.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub entry: Block,
    pub triggers: Vec<Trigger>,
    /// Of a stage, a group or a procedure.
    pub leaving: Vec<ir::Leaving<Block>>,
}

/// A trigger's head, checked: one for each event or value that it waits for.
struct Head {
    on: Vec<On<Expr>>,
    heard: Option<Heard>,
    /// The date that it follows, which is known where it fires.
    date: Option<Expr>,
    /// The condition that it waits for.
    condition: Option<Expr>,
}

impl Checker<'_> {
    /// Gives every stage, outcome and group its number, in the order of the source.
    pub fn declare_stages(&mut self, file: &tree::File) {
        for item in &file.items {
            match &item.kind {
                ItemKind::Stage(stage) => self.declare_stage(stage, None),
                ItemKind::Group(group) => self.declare_group(group),
                ItemKind::Outcome(outcome) => {
                    self.declare(&outcome.name, outcome.title.as_ref(), true, None, item.span, &item.law);
                }
                _ => {}
            }
        }
    }

    /// Gives a stage its number; one that is a procedure, all stages in it.
    pub(super) fn declare_stage(&mut self, stage: &tree::Stage, scope: Option<ScopeId>) {
        match &stage.procedure {
            Some(called) => self.declare_call(stage, called, scope),
            None => self.declare(&stage.name, stage.title.as_ref(), false, scope, stage.span, &stage.law),
        }
    }

    fn declare_group(&mut self, group: &tree::Group) {
        if let Some(before) = self.names.groups.get(&group.name.text).copied() {
            self.report_twice(group.name.span, before, "each group has a name of its own", &group.name.text);
        }
        let place = self.here(group.name.span);
        self.names.groups.entry(group.name.text.clone()).or_insert(place);
        let scope = model::Scope {
            name: self.text(&group.name.text),
            title: self.title(&group.name, group.title.as_ref()),
            parent: None,
            first: None,
            entry: Block::default(),
            triggers: Vec::new(),
            leaving: Vec::new(),
        };
        self.model.scopes.push(scope);
        let scope = ScopeId(self.number(self.model.scopes.len() - 1, "groups"));
        for entry in &group.entries {
            if let GroupEntry::Stage(stage) = entry {
                self.declare_stage(stage, Some(scope));
            }
        }
    }

    fn title(&mut self, name: &Name, title: Option<&tree::Text>) -> ir::TextId {
        self.text(title.map_or(name.text.as_str(), |title| title.value.as_str()))
    }

    pub(super) fn declare(
        &mut self,
        name: &Name,
        title: Option<&tree::Text>,
        outcome: bool,
        scope: Option<ScopeId>,
        span: Span,
        law: &[tree::Text],
    ) {
        let rule = self.rule_at(span, law);
        let full = self.full_name(&name.text);
        let stage = model::Stage {
            name: self.text(&full),
            title: self.title(name, title),
            rule,
            outcome,
            scope,
            entry: Block::default(),
            triggers: Vec::new(),
            leaving: Vec::new(),
        };
        self.model.stages.push(stage);
        let id = StageId(self.number(self.model.stages.len() - 1, "stages"));
        self.check_stage_name(name);
        let place = self.here(name.span);
        self.names.stages.entry(full).or_insert(Named { means: Some(id), place });
    }

    /// Reports a stage or outcome whose name another one has.
    pub(super) fn check_stage_name(&mut self, name: &Name) {
        if let Some(before) = self.names.stages.get(&self.full_name(&name.text)).map(|named| named.place) {
            self.report_twice(name.span, before, "each stage and each outcome has a name of its own", &name.text);
        }
    }

    /// Checks every body, in the order in which [`Checker::declare_stages`] numbered them.
    pub fn check_bodies(&mut self, file: &tree::File) {
        let (mut stage, mut scope) = (0, 0);
        for item in &file.items {
            match &item.kind {
                ItemKind::Stage(tree) => self.any_stage_body(tree, &mut stage, &mut scope),
                ItemKind::Outcome(tree) => self.stage_body(tree.statements(), &mut stage, true),
                ItemKind::Group(group) => {
                    self.group_bodies(group, &mut stage, &mut scope);
                }
                ItemKind::Whenever(rule) => self.whenever(rule, item.span, &item.law),
                ItemKind::Watch(watch) => self.watch(watch, item.span, &item.law),
                _ => {}
            }
        }
        self.check_entry_chains();
    }

    /// The body of a stage, or all bodies of one that is a procedure.
    pub(super) fn any_stage_body(&mut self, stage: &tree::Stage, next: &mut usize, scope: &mut usize) {
        match stage.procedure {
            Some(_) => self.call_bodies(stage, next, scope),
            None => self.stage_body(stage.statements(), next, false),
        }
    }

    fn stage_body(&mut self, statements: &[Statement], next: &mut usize, outcome: bool) {
        let position = *next;
        *next += 1;
        let id = StageId(self.number(position, "stages"));
        let body = if outcome { Body::Outcome(id) } else { Body::Stage(id) };
        let contents = self.contents(body, statements);
        let leaving = if outcome { Vec::new() } else { self.leaving_blocks(statements, false) };
        if let Some(stage) = self.model.stages.get_mut(position) {
            stage.entry = contents.entry;
            stage.triggers = contents.triggers;
            stage.leaving = leaving;
        }
    }

    fn group_bodies(&mut self, group: &tree::Group, stage: &mut usize, scope: &mut usize) {
        let own = *scope;
        *scope += 1;
        let mut statements = Vec::new();
        for entry in &group.entries {
            match entry {
                GroupEntry::Stage(tree) => self.any_stage_body(tree, stage, scope),
                GroupEntry::Statement(statement) => statements.push(statement.clone()),
            }
        }
        let contents = self.contents(Body::Group, &statements);
        self.report_actions_here(
            &contents.entry,
            "A group",
            "it is never entered as a whole; actions stand in its stages",
        );
        let leaving = self.leaving_blocks(&statements, false);
        if let Some(scope) = self.model.scopes.get_mut(own) {
            scope.triggers = contents.triggers;
            scope.leaving = leaving;
        }
    }

    pub(super) fn report_actions_here(&mut self, entry: &Block, what: &str, why: &str) {
        if let Some(action) = entry.first() {
            let place = self.rule_place(action.rule);
            let message = format!("{what} holds triggers, and this action waits for nothing");
            let error = self.error(codes::ACTION_NOT_HERE, place.span, message);
            self.report(error.help(why));
        }
    }

    /// `whenever EVENT …`, once for each of its events.
    fn whenever(&mut self, rule: &tree::Whenever, span: Span, law: &[tree::Text]) {
        for pattern in &rule.events {
            let Some(heard) = self.heard(pattern) else {
                self.scoped(|checker| checker.whenever_body(rule, None));
                continue;
            };
            let checked = self.scoped(|checker| {
                checker.cite(&rule.body, span, law);
                checker.whenever_body(rule, Some(&heard))
            });
            let citation = self.rule_at(span, law);
            let Some((when, contents)) = checked else { continue };
            for event in heard.patterns {
                let whenever = model::Whenever {
                    rule: citation,
                    event,
                    when: when.clone(),
                    body: contents.entry.clone(),
                    triggers: contents.triggers.clone(),
                };
                self.model.whenevers.push(whenever);
            }
        }
    }

    fn whenever_body(
        &mut self,
        rule: &tree::Whenever,
        heard: Option<&Heard>,
    ) -> Option<(Option<Expr>, std::rc::Rc<Contents>)> {
        self.scope.in_trigger = true;
        match heard {
            Some(heard) => self.hear(heard),
            None => self.scope.unheard = true,
        }
        self.scope.reason = self.reason_of(&rule.body.statements);
        let when = self.when(rule.condition.as_ref());
        self.scope.when = when.clone().flatten();
        let contents = self.contents(Body::Whenever, &rule.body.statements);
        Some((when?, std::rc::Rc::new(contents)))
    }

    /// The reason of the hold that a rule sets: its first `pause`.
    fn reason_of(&self, statements: &[Statement]) -> Option<String> {
        statements.iter().find_map(|statement| match &statement.kind {
            StatementKind::Action(tree::Action::Pause(pause)) => {
                let named = pause.reason.as_ref().map(|reason| reason.text.clone());
                named.or(self.scope.event.map(|event| self.event_name(event)))
            }
            StatementKind::If(choice) => self
                .reason_of(&choice.then.statements)
                .or_else(|| choice.otherwise.as_ref().and_then(|block| self.reason_of(&block.statements))),
            _ => None,
        })
    }

    fn watch(&mut self, watch: &tree::Watch, span: Span, law: &[tree::Text]) {
        let rule = self.rule_at(span, law);
        let checked = self.scoped(|checker| {
            checker.scope.body = Body::Watch;
            checker.scope.in_trigger = true;
            checker.scope.law = law.to_vec();
            let when = checker.when(watch.condition.as_ref());
            (when, checker.contents(Body::Watch, &watch.body.statements))
        });
        let (when, contents) = checked;
        self.report_actions_here(
            &contents.entry,
            "A watch",
            "put the action behind a trigger, such as `every working day: …`",
        );
        let name = self.text(&watch.name.text);
        if let Some(when) = when {
            self.model.watches.push(model::Watch { name, rule, when, triggers: contents.triggers });
        }
    }

    /// `when C`, which what follows may rely on; none where it has errors.
    pub(super) fn when(&mut self, condition: Option<&tree::Expr>) -> Option<Option<Expr>> {
        let Some(condition) = condition else { return Some(None) };
        let condition = self.condition(condition)?;
        self.establish(&condition, true);
        Some(Some(condition))
    }

    /// Actions first, then triggers.
    pub(super) fn contents(&mut self, body: Body, statements: &[Statement]) -> Contents {
        self.scoped(|checker| {
            checker.scope.body = body;
            checker.find_lost_reasons(statements);
            let is_last = |s: &Statement| matches!(s.kind, StatementKind::Trigger(_) | StatementKind::Leaving(_));
            let first = statements.iter().position(is_last);
            let (actions, rest) = statements.split_at(first.unwrap_or(statements.len()));
            let entry = checker.actions(actions);
            if body == Body::Whenever {
                checker.forget_what_may_change();
            }
            let triggers = checker.triggers(rest);
            Contents { entry, triggers, leaving: Vec::new() }
        })
    }

    /// The triggers of a body; actions between them are reported, once.
    fn triggers(&mut self, statements: &[Statement]) -> Vec<Trigger> {
        let mut triggers = Vec::new();
        let mut misplaced = false;
        for statement in statements {
            if let StatementKind::Trigger(trigger) = &statement.kind {
                triggers.extend(self.trigger(trigger, statement));
                continue;
            }
            let left = matches!(self.scope.body, Body::Stage(_) | Body::Group);
            if left && matches!(statement.kind, StatementKind::Leaving(_)) {
                continue;
            }
            let action =
                matches!(statement.kind, StatementKind::Action(_) | StatementKind::Move(_) | StatementKind::If(_));
            if action && !std::mem::replace(&mut misplaced, true) {
                self.report_action_after_trigger(statement, statements);
            }
            self.actions(std::slice::from_ref(statement));
        }
        triggers
    }

    /// `resume check  after 7 days …`: the name before `after` is read as a duration, and the hold has lost its reason.
    fn find_lost_reasons(&mut self, statements: &[Statement]) {
        for (before, after) in statements.iter().zip(statements.iter().skip(1)) {
            let StatementKind::Trigger(trigger) = &after.kind else { continue };
            let (TriggerKind::AfterDate { duration, .. } | TriggerKind::BeforeDate { duration, .. }) = &trigger.kind
            else {
                continue;
            };
            let Some(hold) = bare_hold(before) else { continue };
            if self.is_unknown_name(duration) {
                self.report_lost_reason(hold, duration.span);
                self.scope.without_reason.extend([hold.span, after.span]);
            }
        }
    }

    fn report_lost_reason(&mut self, hold: &Statement, span: Span) {
        let here = self.file_id();
        let (name, action) = (self.words(span).to_owned(), self.words(hold.span).to_owned());
        let message = format!("`{name}` is read as a duration, because `after` or `before` follows it");
        let error = self.error_saying(codes::LOST_REASON, span, message, "read as a duration");
        let error = error.also(here, hold.span, "so this names no reason");
        self.report(error.help(format!(
            "where it is the reason, put another action behind it, or the action in braces: `{{ {action} {name} }}`"
        )));
    }

    fn report_action_after_trigger(&mut self, statement: &Statement, rest: &[Statement]) {
        let here = self.file_id();
        let mut error = self.error_saying(
            codes::ACTION_AFTER_TRIGGER,
            statement.span,
            "An action stands behind a trigger, where nobody can tell when it is done",
            "on entry, or when the trigger fires?",
        );
        if let Some(first) = rest.first() {
            error = error.also(here, first.span, "the first trigger");
        }
        self.report(
            error.help(
                "what is done on entry stands before the triggers; several actions of one trigger stand in `{ … }`",
            ),
        );
    }

    /// A trigger; several where it waits for one of several events.
    fn trigger(&mut self, trigger: &tree::Trigger, statement: &Statement) -> Vec<Trigger> {
        let heads = self.heads(trigger, statement.span);
        let rule = self.rule_at(statement.span, &statement.law);
        if heads.is_empty() {
            self.scoped(|checker| checker.trigger_body(trigger, None, rule, statement));
        }
        let heads = heads.into_iter();
        heads
            .flat_map(|head| self.scoped(|checker| checker.trigger_body(trigger, Some(head), rule, statement)))
            .collect()
    }

    fn trigger_body(
        &mut self,
        trigger: &tree::Trigger,
        head: Option<Head>,
        rule: RuleId,
        statement: &Statement,
    ) -> Vec<Trigger> {
        self.scope.in_trigger = true;
        self.cite(&trigger.body, statement.span, &statement.law);
        // Without a head that could be read, nothing is known of what the body may rely on.
        self.scope.unknown_allowed = head.is_none();
        self.scope.unheard |= head.is_none() && matches!(trigger.kind, TriggerKind::On(_));
        if let Some(head) = &head {
            self.enter_head(head);
        }
        let when = self.when(trigger.condition.as_ref());
        self.scope.when = when.clone().flatten();
        let body = self.actions(&trigger.body.statements);
        let (Some(when), Some(head)) = (when, head) else { return Vec::new() };
        let moves = moves(&body);
        let made = |on| Trigger { rule, on, when: when.clone(), body: body.clone(), moves };
        head.on.into_iter().map(made).collect()
    }

    /// What actions of a rule cite: one that stands alone behind its trigger, the trigger with it; each in a block
    /// itself, and the law of its rule if it names none.
    pub fn cite(&mut self, body: &tree::Block, span: Span, law: &[tree::Text]) {
        if !law.is_empty() {
            self.scope.law = law.to_vec();
        }
        let block = self.words(body.span).starts_with('{');
        self.scope.rule_span = (!block).then_some(span);
    }

    fn enter_head(&mut self, head: &Head) {
        if let Some(heard) = &head.heard {
            self.hear(heard);
        }
        if let Some(date) = &head.date {
            let read = self.lackable_parts(date);
            self.scope.established.extend(read.into_iter().map(Fact::Known));
        }
        if let Some(condition) = &head.condition {
            self.establish(condition, true);
        }
    }

    /// What a date reads that a case may lack.
    fn lackable_parts(&self, date: &Expr) -> Vec<ir::Expr<Expr>> {
        match date.node.as_ref() {
            ir::Expr::DatePlus(date, _)
            | ir::Expr::DateMinus(date, _)
            | ir::Expr::EndOfMonth(date)
            | ir::Expr::EndOfYear(date)
            | ir::Expr::NextWorkingDay(date, _) => self.lackable_parts(date),
            node if self.may_lack(node) => vec![node.clone()],
            _ => Vec::new(),
        }
    }

    fn heads(&mut self, trigger: &tree::Trigger, span: Span) -> Vec<Head> {
        if self.scope.without_reason.contains(&span) {
            return Vec::new();
        }
        let plain = |on: Option<On<Expr>>| on.map(Head::plain).into_iter().collect();
        match &trigger.kind {
            TriggerKind::After(duration) => plain(self.expr(duration, Some(Type::Duration)).map(On::After)),
            TriggerKind::BeforeDate { duration, date } => self.by_date(Some(duration), date, true),
            TriggerKind::AfterDate { duration, date } => self.by_date(Some(duration), date, false),
            TriggerKind::On(on) => self.on(on),
            TriggerKind::Every { duration, at_most } => plain(self.every(duration, at_most.as_ref())),
            TriggerKind::EveryMonth { day } => plain(self.every_month(day)),
            TriggerKind::EveryWorkingDay => plain(Some(On::EveryWorkingDay { at_most: None })),
            TriggerKind::AsSoonAs(condition) => self.as_soon_as(condition),
            TriggerKind::OnMove if self.in_watch() => plain(Some(On::Move)),
            TriggerKind::OnMove => {
                let error = self.error(
                    codes::ON_MOVE_OUTSIDE_WATCH,
                    trigger.head,
                    "`on move` sees every move of the case, and only a watch stands beside its stages",
                );
                self.report(error.help("write it in a `watch NAME { on move: … }`; what a stage does when it is entered stands first in it"));
                Vec::new()
            }
            TriggerKind::OnEffect(kind) => plain(self.on_effect(kind, trigger.head)),
        }
    }

    fn by_date(&mut self, offset: Option<&tree::Expr>, date: &tree::Expr, before: bool) -> Vec<Head> {
        let offset = match offset {
            Some(offset) => self.expr(offset, Some(Type::Duration)).map(Some),
            None => Some(None),
        };
        let date = self.scoped(|checker| {
            checker.scope.unknown_allowed = true;
            checker.expr(date, Some(Type::Date))
        });
        let (Some(offset), Some(date)) = (offset, date) else { return Vec::new() };
        let on = On::Date { date: date.clone(), offset, before };
        vec![Head { date: Some(date), ..Head::plain(on) }]
    }

    fn every(&mut self, duration: &tree::Expr, at_most: Option<&tree::Expr>) -> Option<On<Expr>> {
        let every = self.expr(duration, Some(Type::Duration));
        let at_most = match at_most {
            Some(count) => self.count(count).map(Some),
            None => Some(None),
        };
        Some(On::Every { every: every?, at_most: at_most? })
    }

    fn every_month(&mut self, day: &tree::Expr) -> Option<On<Expr>> {
        let value = self.constant(day, Type::Number)?;
        let found = u8::try_from(value).ok().filter(|day| (1..=31).contains(day));
        if found.is_none() {
            let error = self.error(codes::NO_SUCH_DAY_OF_MONTH, day.span, format!("No month has a day {value}"));
            self.report(error.help("days go from 1 to 31; in a shorter month the last day is meant"));
        }
        found.map(|day| On::EveryMonth { day, at_most: None })
    }

    fn as_soon_as(&mut self, condition: &tree::Expr) -> Vec<Head> {
        let condition = self.scoped(|checker| {
            checker.scope.in_trigger = true;
            checker.condition(condition)
        });
        let Some(condition) = condition else { return Vec::new() };
        vec![Head { condition: Some(condition.clone()), ..Head::plain(On::AsSoonAs(condition)) }]
    }

    /// `on X`: an event if there is one of that name, else a date.
    fn on(&mut self, on: &tree::On) -> Vec<Head> {
        let usually = match &on.usually_within {
            Some(duration) => self.expr(duration, Some(Type::Duration)).map(Some),
            None => Some(None),
        };
        let names = match &on.target {
            tree::OnTarget::Date(date) if self.is_event_call(date) => {
                self.report_calculated_pattern(date);
                return Vec::new();
            }
            tree::OnTarget::Date(date) => return self.by_date(None, date, false),
            tree::OnTarget::Names(names) => names,
        };
        if let [only] = names.as_slice()
            && !self.is_event(only)
        {
            return self.on_date_or_unknown(only);
        }
        let heard: Vec<Option<Heard>> = names.iter().map(|name| self.heard(name)).collect();
        let Some(mut usually) = usually else { return Vec::new() };
        let mut heads = Vec::new();
        for heard in heard.into_iter().flatten() {
            let mut triggers = Vec::new();
            for event in &heard.patterns {
                // An answer of any kind is one answer: one alarm tells that none came.
                triggers.push(On::Event { event: event.clone(), usually_within: usually.take() });
            }
            heads.push(Head { on: triggers, heard: Some(heard), date: None, condition: None });
        }
        heads
    }

    fn is_event_call(&self, date: &tree::Expr) -> bool {
        match &date.kind {
            tree::ExprKind::Call { function, .. } => self.event_if(&function.text()).is_some(),
            _ => false,
        }
    }

    fn report_calculated_pattern(&mut self, date: &tree::Expr) {
        let words = self.words(date.span).to_owned();
        let message = format!("In `{words}` stands a calculation, but an event brings a value or a new name");
        let error = self.error(codes::UNKNOWN_PATTERN, date.span, message);
        self.report(error.help(
            "give what the event brings a name, and compare it behind `when`: `on payment(sum) when sum > 5 EUR`",
        ));
    }

    fn is_event(&self, pattern: &tree::EventPattern) -> bool {
        pattern.name.single().is_some_and(|name| self.event_if(&name.text).is_some())
    }

    fn on_date_or_unknown(&mut self, pattern: &tree::EventPattern) -> Vec<Head> {
        let expr = pattern.as_expr();
        let bare = pattern.name.single().is_some();
        if bare
            && (self.is_unknown_name(&expr) || pattern.parentheses)
            && !self.is_declared(Family::Value, &pattern.name)
        {
            self.report_neither_event_nor_date(pattern);
            return Vec::new();
        }
        self.by_date(None, &expr, false)
    }

    fn report_neither_event_nor_date(&mut self, pattern: &tree::EventPattern) {
        let dates = self.value_names();
        let text = pattern.name.text();
        let events: Vec<String> =
            (0..self.model.events.len()).map(|n| self.event_name(ir::EventId(n as u16))).collect();
        let near = |names: &[String]| {
            crate::diagnostic::did_you_mean(&text, names.iter().map(String::as_str)).map(str::to_owned)
        };
        match near(&dates) {
            Some(date) if near(&events).is_none() => {
                let whole = Name { text: text.clone(), span: pattern.name.span };
                let message = format!("There is neither an event nor a date `{text}`");
                self.report_unknown(codes::UNKNOWN_EVENT, &whole, message, &[date], "");
            }
            _ => {
                self.event_of(&pattern.name);
            }
        }
    }

    /// Moves on entry that lead back to where they began: a case would be sent round for ever.
    fn check_entry_chains(&mut self) {
        let mut reported = BTreeSet::new();
        for first in 0..self.model.stages.len() {
            let Some(chain) = self.chain_from(first) else { continue };
            let fresh = chain.iter().all(|(stage, _)| reported.insert(*stage));
            if fresh {
                self.report_chain(&chain);
            }
        }
    }

    /// The stages that a case runs through on entering the first one, if they lead back to it.
    fn chain_from(&self, first: usize) -> Option<Vec<(usize, RuleId)>> {
        let mut chain = Vec::new();
        let mut stage = first;
        while chain.len() <= self.model.stages.len() {
            let (rule, next) = self.move_on_entry(stage)?;
            chain.push((stage, rule));
            if next == first {
                return Some(chain);
            }
            stage = next;
        }
        None
    }

    fn move_on_entry(&self, stage: usize) -> Option<(RuleId, usize)> {
        let last = self.model.stages.get(stage)?.entry.last()?;
        Some((last.rule, destination(last, stage)?))
    }

    fn report_chain(&mut self, chain: &[(usize, RuleId)]) {
        let name =
            |position: usize| self.model.stages.get(position).map(|s| self.model.text(s.name)).unwrap_or_default();
        let mut names: Vec<&str> = chain.iter().map(|(stage, _)| name(*stage)).collect();
        names.extend(chain.first().map(|(stage, _)| name(*stage)));
        let message = format!(
            "A case that enters `{}` would be moved round for ever: {}",
            names.first().unwrap_or(&""),
            names.join(" -> ")
        );
        let mut places = chain.iter().map(|(_, rule)| self.rule_place(*rule));
        let Some(first) = places.next() else { return };
        let mut error = self.error_saying(codes::ENTERS_TWICE, first.span, message, "moves on entry");
        for place in places {
            error = error.also(place.file, place.span, "moves on entry");
        }
        self.report(
            error.help("no stage is entered twice in one chain; put one of the moves behind a trigger or a condition"),
        );
    }
}

/// Where an action moves a case in that stage, by an exit too.
fn destination(action: &model::Action, stage: usize) -> Option<usize> {
    match &action.does {
        Does::Move(Target::Stage(next)) => Some(next.index()),
        Does::Move(Target::Itself) => Some(stage),
        Does::Exit { body, .. } => body.last().and_then(|last| destination(last, stage)),
        _ => None,
    }
}

/// The `pause` or `resume` at the end of a statement, if it names no reason and says nothing else.
fn bare_hold(statement: &Statement) -> Option<&Statement> {
    match &statement.kind {
        StatementKind::Action(tree::Action::Resume(None)) => Some(statement),
        StatementKind::Action(tree::Action::Pause(pause)) => {
            (pause.reason.is_none() && pause.end.is_none() && !pause.without_interest).then_some(statement)
        }
        StatementKind::Trigger(trigger) => trigger.body.statements.last().and_then(bare_hold),
        _ => None,
    }
}

impl Head {
    fn plain(on: On<Expr>) -> Head {
        Head { on: vec![on], heard: None, date: None, condition: None }
    }
}
