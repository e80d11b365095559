//! Plans of instalments: what may be agreed, and what follows when it is not kept.

use dunlin_machine::ir::{self, ChannelId, Channels, Does, Nature, PlanId, RuleId, To, Type};
use dunlin_machine::value::{Duration, Unit};

use super::context::{Body, Checker, Place};
use super::modules::{Declared, Family, Reported};
use super::warnings::walk;
use crate::diagnostic::codes;
use crate::model::{Block, Expr};
use crate::syntax::tree::{self, Breach, BreachKind, DottedName, ItemKind, OnTarget, PlanEntry, PlanEntryKind, Rhythm};
use crate::syntax::tree::{Span, Trigger, TriggerKind};

/// A plan of the model.
type Plan = ir::Plan<Expr, Block>;

impl Checker<'_> {
    /// Checks every plan of the file, offered or not.
    pub fn plans(&mut self, file: &tree::File) {
        for (item, declaration) in file.items.iter().enumerate() {
            if let ItemKind::Plan(_) = &declaration.kind {
                self.plan_of(Declared { file: self.file, item });
            }
        }
    }

    /// The plan of that name, checked if it was not yet; unknown ones are reported.
    pub fn plan_named(&mut self, name: &DottedName) -> Option<PlanId> {
        match self.declared(Family::Plan, name) {
            Ok(Some(declared)) => self.plan_of(declared),
            Ok(None) => {
                self.report_unknown_of(Family::Plan, name);
                None
            }
            Err(Reported) => None,
        }
    }

    fn plan_of(&mut self, declared: Declared) -> Option<PlanId> {
        if let Some(known) = self.plans.get(&declared) {
            return Some(*known);
        }
        let item = self.item(declared)?;
        let ItemKind::Plan(written) = item.kind() else { return None };
        let monthly = Duration::new(1, Unit::Months)?;
        let (name, rule) = self.in_file(declared.file, |checker| {
            (checker.name_of_plan(written, declared.file), checker.rule_at(item.span(), item.law()))
        });
        // It has its number before its blocks are read: they may speak of the plan itself.
        self.model.plans.push(empty(name, rule, monthly));
        let id = PlanId(self.number(self.model.plans.len() - 1, "plans"));
        self.plans.insert(declared, id);
        let checked = self.in_file(declared.file, |checker| checker.plan(written, empty(name, rule, monthly)));
        if let (Some(checked), Some(plan)) = (checked, self.model.plans.get_mut(id.index())) {
            *plan = checked;
        }
        Some(id)
    }

    /// Its name for the host: with that of its module, so that no two plans share one.
    fn name_of_plan(&mut self, written: &tree::Plan, file: usize) -> ir::TextId {
        let module = self.files.get(file).and_then(|file| file.module.as_ref());
        let name = written.name.text();
        let full = module.map_or_else(|| name.clone(), |module| format!("{module}.{name}"));
        self.text(&full)
    }

    fn plan(&mut self, written: &tree::Plan, mut plan: Plan) -> Option<Plan> {
        self.words_of_plan(written);
        self.scope.body = Body::Plan;
        let mut said = Said::default();
        let mut sound = true;
        for entry in &written.entries {
            sound &= self.plan_entry(&mut plan, entry, &mut said).is_some();
        }
        if said.first(Line::Instalments).is_none() && sound {
            self.report_no_instalments(written);
            return None;
        }
        self.check_due_days(&plan, &said)?;
        sound.then_some(plan)
    }

    /// One line of a plan; none where it has errors.
    fn plan_entry(&mut self, plan: &mut Plan, entry: &PlanEntry, said: &mut Said) -> Option<()> {
        if let Some(line) = line_of(&entry.kind) {
            self.plan_line_once(said, line, entry.span)?;
        }
        match &entry.kind {
            PlanEntryKind::OfferWhen(condition) => plan.offer_when = Some(self.condition(condition)?),
            PlanEntryKind::Over { share, of } => plan.over = Some(self.share(share, of)?),
            PlanEntryKind::Instalments { from, to, rhythm, at_least } => {
                let instalments = self.instalments(from, to.as_ref());
                let rhythm = self.rhythm(rhythm, entry.span);
                let at_least = match at_least {
                    Some(least) => Some(self.expr(least, Some(Type::Money))?),
                    None => None,
                };
                (plan.instalments, plan.rhythm, plan.at_least) = (instalments?, rhythm?, at_least);
            }
            PlanEntryKind::FirstWithin(within) => plan.first_within = Some(self.days(within)?),
            PlanEntryKind::DueOnDay(days) => plan.due_on = self.due_days(days)?,
            PlanEntryKind::Grace(grace) => plan.grace = Some(self.days(grace)?),
            PlanEntryKind::On(trigger) => self.plan_block(plan, trigger, entry, said)?,
            PlanEntryKind::BreachWhen(reasons) => {
                for reason in reasons {
                    self.breach(plan, reason, said)?;
                }
            }
            PlanEntryKind::Renegotiate(times) => plan.renegotiate = Some(self.times(times)?),
            PlanEntryKind::WithoutInterest => plan.without_interest = true,
            PlanEntryKind::NoticeFirst(template) => plan.notice = self.notice(template, entry)?,
            PlanEntryKind::SignBy(channels) => plan.sign_by = Some(self.channels(channels)?),
            PlanEntryKind::Broken => return None,
        }
        Some(())
    }

    /// `notice TEMPLATE first`: owed by law before the plan begins, and told by letter where it can be.
    fn notice(&mut self, template: &tree::Name, entry: &PlanEntry) -> Option<Block> {
        let channel = |name: &str| self.named_constant(Type::Channel, name).and_then(|n| u8::try_from(n).ok());
        let (letter, email) = channel("letter").zip(channel("email"))?;
        let rule = self.rule_at(entry.span, &entry.law);
        let send = ir::Send {
            template: self.template(&template.text),
            ways: [letter, email].map(|n| Channels::of(ChannelId(n))).to_vec(),
            tone: None,
            payable_within: None,
            after_post: false,
            nature: Nature::Notice,
            to: To::All,
            with: Vec::new(),
        };
        Some(Block(vec![ir::Action { rule, does: Does::Send(send) }]))
    }

    /// A line that a plan has once; a second one is reported with the first.
    fn plan_line_once(&mut self, said: &mut Said, line: Line, span: Span) -> Option<()> {
        let place = self.here(span);
        let Some(first) = said.first(line) else {
            said.0.push((line, place));
            return Some(());
        };
        let words = self.words(self.first_line(span)).to_owned();
        let error = self
            .error_saying(codes::PLAN_LINE_TWICE, span, format!("`{words}` says again what stands above"), "again here")
            .also(first.file, first.span, "first here")
            .help("keep the line that is meant");
        self.report(error);
        None
    }

    fn report_no_instalments(&mut self, written: &tree::Plan) {
        let message = format!("The plan `{}` does not say how many instalments it has", written.name.text());
        let error = self.error(codes::PLAN_INSTALMENTS, written.name.span, message);
        self.report(error.help(
            "add `instalments 2 to 24 monthly, at least 20 EUR each`; one that is paid at once has `instalments 1 monthly`",
        ));
    }

    /// `instalments A to B`.
    fn instalments(&mut self, from: &tree::Expr, to: Option<&tree::Expr>) -> Option<(u32, u32)> {
        let fewest = self.count(from);
        let most = match to {
            Some(to) => self.count(to),
            None => fewest,
        };
        let (fewest, most) = fewest.zip(most)?;
        if fewest > most {
            let span = to.map_or(from.span, |to| from.span.to(to.span));
            self.report_empty_range(span);
            return None;
        }
        Some((fewest, most))
    }

    fn rhythm(&mut self, rhythm: &Rhythm, span: Span) -> Option<Duration> {
        let found = match rhythm {
            Rhythm::Monthly => Duration::new(1, Unit::Months),
            Rhythm::Weekly => Duration::new(1, Unit::Weeks),
            Rhythm::Every(length) => {
                let length = self.days(length)?;
                self.fold(&length).and_then(Duration::unpack)
            }
        };
        if found.is_none() {
            let error = self.error(codes::NOT_CONSTANT, span, "The rhythm of a plan is the same for every case");
            self.report(error.help("write `monthly`, `weekly` or `every 2 weeks`"));
        }
        found
    }

    /// A duration that counts days, because instalments fall due on days.
    fn days(&mut self, length: &tree::Expr) -> Option<Expr> {
        let found = self.expr(length, Some(Type::Duration))?;
        if self.unit_of(&found) != Some(Unit::Hours) {
            return Some(found);
        }
        let words = self.words(length.span).to_owned();
        let message = format!("A plan counts days, and `{words}` counts hours");
        let error = self.error(codes::PLAN_HOURS, length.span, message);
        self.report(error.help("write it in days: `3 days`, `2 weeks`, `5 working days`"));
        None
    }

    /// `over 70 % of balance`.
    fn share(&mut self, share: &tree::Expr, of: &tree::Name) -> Option<Expr> {
        if of.text != "balance" {
            let message = format!("A settlement is a share of the balance, not of `{}`", of.text);
            let error = self.error(codes::PLAN_SHARE, of.span, message);
            self.report(error.help("write `of balance`").fix(of.span, "balance"));
            return None;
        }
        let found = self.expr(share, Some(Type::Rate))?;
        let whole = 1_000_000_000;
        if self.fold(&found).is_none_or(|rate| (1..=whole).contains(&rate)) {
            return Some(found);
        }
        let words = self.words(share.span).to_owned();
        let message = format!("`{words}` of the balance is no part of it");
        let error = self.error(codes::PLAN_SHARE, share.span, message);
        self.report(error.help("a share is more than 0 % and at most 100 %"));
        None
    }

    /// `due on day 1 or 15`.
    fn due_days(&mut self, days: &[tree::Number]) -> Option<Vec<u8>> {
        let mut found = Vec::new();
        for day in days {
            let number = u8::try_from(day.value).ok().filter(|number| (1..=31).contains(number));
            let Some(number) = number else {
                let message = format!("No month has a day {}", day.value);
                let error = self.error(codes::NO_SUCH_DAY_OF_MONTH, day.span, message);
                self.report(error.help("days go from 1 to 31; in a shorter month the last day is meant"));
                return None;
            };
            found.push(number);
        }
        Some(found)
    }

    /// Days of the month say nothing where instalments come every two weeks.
    fn check_due_days(&mut self, plan: &Plan, said: &Said) -> Option<()> {
        let Some(place) = said.first(Line::DueOnDay).filter(|_| plan.rhythm.unit() != Unit::Months) else {
            return Some(());
        };
        let message = format!("Instalments every {} fall on no day of the month", plan.rhythm);
        let mut error = self.error(codes::PLAN_DUE_DAY, place.span, message);
        if let Some(line) = said.first(Line::Instalments) {
            error = error.also(line.file, line.span, "the rhythm");
        }
        self.report(error.help("remove the line, or let the instalments be `monthly`"));
        None
    }

    /// A number of times that is the same for every case, and may be 0.
    fn times(&mut self, times: &tree::Expr) -> Option<u32> {
        let value = self.constant(times, Type::Number)?;
        let found = u32::try_from(value).ok();
        if found.is_none() {
            let words = self.words(times.span).to_owned();
            let error = self.error(codes::COUNT_TOO_SMALL, times.span, format!("`{words}` is not a number of times"));
            self.report(error.help("`at most 0 times` is never"));
        }
        found
    }

    fn breach(&mut self, plan: &mut Plan, reason: &Breach, said: &mut Said) -> Option<()> {
        match &reason.kind {
            BreachKind::ConsecutiveMissed(count) => {
                self.plan_line_once(said, Line::Consecutive, reason.span)?;
                plan.breach_consecutive = Some(self.count(count)?);
            }
            BreachKind::Missed(count) => {
                self.plan_line_once(said, Line::Missed, reason.span)?;
                plan.breach_missed = Some(self.count(count)?);
            }
            BreachKind::Overdue(length) => {
                self.plan_line_once(said, Line::Overdue, reason.span)?;
                plan.breach_overdue = Some(self.days(length)?);
            }
        }
        Some(())
    }

    /// `on missed …`, `on completed …`, `on breached …`.
    fn plan_block(&mut self, plan: &mut Plan, trigger: &Trigger, entry: &PlanEntry, said: &mut Said) -> Option<()> {
        let word = word_of(trigger);
        let line = match word {
            Some("missed") => Line::OnMissed,
            Some("completed") => Line::OnCompleted,
            Some("breached") => Line::OnBreached,
            _ => {
                self.report_trigger_in_plan(trigger);
                return None;
            }
        };
        self.plan_line_once(said, line, trigger.head)?;
        let body = self.plan_body(trigger, entry)?;
        match line {
            Line::OnMissed => plan.on_missed = body,
            Line::OnCompleted => plan.on_completed = body,
            _ => plan.on_breached = body,
        }
        Some(())
    }

    /// What such a block does; with `when C`, an `if` around it.
    fn plan_body(&mut self, trigger: &Trigger, entry: &PlanEntry) -> Option<Block> {
        self.scoped(|checker| {
            checker.cite(&trigger.body, entry.span, &entry.law);
            let condition = match &trigger.condition {
                Some(condition) => Some(checker.condition(condition)?),
                None => None,
            };
            if let Some(condition) = &condition {
                checker.establish(condition, true);
            }
            let body = checker.actions(&trigger.body.statements);
            checker.report_moves_in_plan(&body);
            let Some(condition) = condition else { return Some(body) };
            let rule = checker.rule_at(entry.span, &entry.law);
            let does = Does::If { condition, then: body, otherwise: Block::default() };
            Some(Block(vec![ir::Action { rule, does }]))
        })
    }

    fn report_trigger_in_plan(&mut self, trigger: &Trigger) {
        let words = self.words(trigger.head).to_owned();
        let message = format!("A plan does not wait for `{words}`");
        let error = self.error(codes::PLAN_TRIGGER, trigger.head, message);
        self.report(error.help(
            "in a plan stand `on missed`, `on completed` and `on breached`; other triggers stand in stages and watches",
        ));
    }

    fn report_moves_in_plan(&mut self, body: &Block) {
        let mut found: Option<RuleId> = None;
        walk::actions_of(body, &mut |action| {
            if matches!(action.does, Does::Move(_) | Does::Exit { .. }) {
                found.get_or_insert(action.rule);
            }
        });
        let Some(rule) = found else { return };
        let place = self.rule_place(rule);
        let error =
            self.error(codes::PLAN_MOVE, place.span, "A plan goes on in every stage, so it moves the case nowhere");
        self.report(
            error.help("move the case where its stage waits for it: `on plan_breached -> …`, `on plan_completed -> …`"),
        );
    }
}

/// What a plan says at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Offer,
    Over,
    Instalments,
    FirstWithin,
    DueOnDay,
    Grace,
    Breach,
    Consecutive,
    Missed,
    Overdue,
    Renegotiate,
    WithoutInterest,
    Notice,
    Sign,
    OnMissed,
    OnCompleted,
    OnBreached,
}

/// Where each line was first said.
#[derive(Default)]
struct Said(Vec<(Line, Place)>);

impl Said {
    fn first(&self, line: Line) -> Option<Place> {
        self.0.iter().find(|(known, _)| *known == line).map(|(_, place)| *place)
    }
}

fn line_of(kind: &PlanEntryKind) -> Option<Line> {
    Some(match kind {
        PlanEntryKind::OfferWhen(_) => Line::Offer,
        PlanEntryKind::Over { .. } => Line::Over,
        PlanEntryKind::Instalments { .. } => Line::Instalments,
        PlanEntryKind::FirstWithin(_) => Line::FirstWithin,
        PlanEntryKind::DueOnDay(_) => Line::DueOnDay,
        PlanEntryKind::Grace(_) => Line::Grace,
        PlanEntryKind::BreachWhen(_) => Line::Breach,
        PlanEntryKind::Renegotiate(_) => Line::Renegotiate,
        PlanEntryKind::WithoutInterest => Line::WithoutInterest,
        PlanEntryKind::NoticeFirst(_) => Line::Notice,
        PlanEntryKind::SignBy(_) => Line::Sign,
        PlanEntryKind::On(_) | PlanEntryKind::Broken => return None,
    })
}

/// The bare word behind `on`, where nothing else stands there.
fn word_of(trigger: &Trigger) -> Option<&str> {
    let TriggerKind::On(tree::On { target: OnTarget::Names(names), usually_within: None }) = &trigger.kind else {
        return None;
    };
    match names.as_slice() {
        [only] if !only.parentheses => only.name.single().map(|name| name.text.as_str()),
        _ => None,
    }
}

fn empty(name: ir::TextId, rule: RuleId, rhythm: Duration) -> Plan {
    Plan {
        name,
        rule,
        offer_when: None,
        over: None,
        instalments: (1, 1),
        rhythm,
        at_least: None,
        first_within: None,
        due_on: Vec::new(),
        grace: None,
        breach_consecutive: None,
        breach_missed: None,
        breach_overdue: None,
        renegotiate: None,
        without_interest: false,
        notice: Block::default(),
        sign_by: None,
        on_missed: Block::default(),
        on_completed: Block::default(),
        on_breached: Block::default(),
    }
}
