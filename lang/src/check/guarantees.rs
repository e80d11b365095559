//! Guarantees: what an author promises of every case. Here their names and types are settled; nothing is proven.

use dunlin_machine::ir::{self, Channels, EffectKind, Guarantee, Meant, Milestone, Promised, Type};

use super::context::{Checker, or_list};
use super::effects;
use crate::diagnostic::{Diagnostic, codes, did_you_mean};
use crate::model::Expr;
use crate::syntax::tree::{self, ActionReference, DottedName, ItemKind, Name};

impl Checker<'_> {
    /// Takes up the guarantees of the file.
    pub fn guarantees(&mut self, file: &tree::File) {
        for item in &file.items {
            let ItemKind::Guarantee(written) = &item.kind else { continue };
            let Some(promised) = self.promised(written) else { continue };
            let rule = self.rule_at(item.span, &item.law);
            let words = self.words(item.span);
            let words = words.split_once(" law \"").map_or(words, |(before, _)| before);
            let words = words.split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
            let text = self.text(&words);
            self.model.guarantees.push(Guarantee { rule, text, promised });
        }
    }

    fn promised(&mut self, written: &tree::Guarantee) -> Option<Promised<Expr>> {
        use tree::Guarantee as G;
        Some(match written {
            G::NeverAction { action, while_ } => {
                let action = self.meant(action);
                Promised::NeverAction { during: self.condition(while_)?, action: action? }
            }
            G::NeverCondition { condition, while_ } => {
                let during = self.condition(while_)?;
                let condition = self.scoped(|checker| {
                    checker.establish(&during, true);
                    checker.condition(condition)
                })?;
                Promised::Never { condition, during }
            }
            G::AtMostContacts { count, by, within } => {
                let by = self.any_of_channels(by);
                let count = self.promised_count(count, 0);
                let within = self.promised_value(within, Type::Duration);
                Promised::AtMostContacts { count: count?, by: by?, within: within? }
            }
            G::AtLeastBefore { count, first, then } => {
                let count = self.promised_count(count, 1);
                let (first, then) = self.milestones(first, then)?;
                Promised::AtLeastBefore { count: count?, first, then }
            }
            G::Before { first, then } => {
                let (first, then) = self.milestones(first, then)?;
                Promised::Before { first, then }
            }
            G::AtLeastTime { duration, from, to } => {
                let duration = self.promised_value(duration, Type::Duration);
                let (from, to) = self.milestones(from, to)?;
                Promised::AtLeastTime { duration: duration?, from, to }
            }
            G::SilentReaches { stage, within } => {
                let stages = self.stages_named(stage);
                let within = self.promised_value(within, Type::Duration);
                Promised::SilentReaches { stages: stages?, within: within? }
            }
            G::SilentEnds { within } => Promised::SilentEnds { within: self.promised_value(within, Type::Duration)? },
            G::EveryEnds { within } => Promised::EveryEnds { within: self.promised_value(within, Type::Duration)? },
            G::EveryNoticeGrants { duration } => {
                Promised::EveryNoticeGrants(self.promised_value(duration, Type::Duration)?)
            }
            G::CostsAtMost { limit } => Promised::CostsAtMost(self.promised_value(limit, Type::Money)?),
        })
    }

    /// A value that every case has in common: what is promised is promised of all of them.
    fn promised_value(&mut self, written: &tree::Expr, ty: Type) -> Option<Expr> {
        let value = self.expr(written, Some(ty))?;
        if !matches!(value.node.as_ref(), ir::Expr::Amounts(_)) {
            self.constant(written, ty)?;
        }
        Some(value)
    }

    fn promised_count(&mut self, written: &tree::Expr, least: i64) -> Option<Expr> {
        let value = self.constant(written, Type::Number)?;
        if value < least {
            let words = self.words(written.span).to_owned();
            let message = format!("`{words}` is not a number of times");
            let error = self.error(codes::COUNT_TOO_SMALL, written.span, message);
            self.report(error.help(format!("here stands a whole number from {least}")));
            return None;
        }
        self.expr(written, Some(Type::Number))
    }

    fn any_of_channels(&mut self, names: &[Name]) -> Option<Channels> {
        if names.is_empty() { Some(Channels::ALL) } else { self.channels(names) }
    }

    fn milestones(&mut self, first: &tree::Milestone, then: &tree::Milestone) -> Option<(Milestone, Milestone)> {
        let first = self.milestone(first);
        let then = self.milestone(then);
        first.zip(then)
    }

    fn milestone(&mut self, written: &tree::Milestone) -> Option<Milestone> {
        match written {
            tree::Milestone::Stage(name) => self.stages_named(name).map(Milestone::Stage),
            tree::Milestone::Action(action) => self.meant(action).map(Milestone::Action),
        }
    }

    /// An action that is meant, not done.
    fn meant(&mut self, action: &ActionReference) -> Option<Meant> {
        let Some(kind) = effects::kind_of(&action.verb.text) else {
            self.report_unknown_kind(&action.verb);
            return None;
        };
        let by = self.any_of_channels(&action.by)?;
        if let Some(channel) = action.by.first()
            && kind != EffectKind::Send
        {
            let message = format!("`{}` goes by no channel", action.verb.text);
            let error = self.error(codes::CHANNEL_OF_ACTION, channel.span, message);
            self.report(error.help("only `send` says by which channels"));
            return None;
        }
        self.warn_never_done(action, kind);
        let object = action.object.as_ref().map(|object| self.text(&object.text()));
        Some(Meant { kind, object, by })
    }

    /// Warns where no rule does what is meant. With errors about, a rule that would do it may be missing.
    fn warn_never_done(&mut self, action: &ActionReference, kind: EffectKind) {
        let Some(done) = effects::objects(&self.model, kind).filter(|_| !self.has_errors()) else { return };
        let found = match &action.object {
            Some(object) => done.contains(&object.text()),
            None => !done.is_empty(),
        };
        if found {
            return;
        }
        let words = self.words(action.span).to_owned();
        let message = format!("No rule of this strategy does `{words}`, so nothing is promised here");
        let warning = Diagnostic::warning(codes::EMPTY_GUARANTEE, message).at(self.file_id(), action.span, "");
        let name = action.object.as_ref().map(DottedName::text).unwrap_or_default();
        let warning = match (did_you_mean(&name, done.iter().map(String::as_str)), &action.object) {
            (Some(near), Some(object)) => warning.help(format!("did you mean `{near}`?")).fix(object.span, near),
            _ if done.is_empty() => warning.help(format!("the strategy has no `{}` at all", action.verb.text)),
            _ => warning.help(format!("after `{}` it has {}", action.verb.text, or_list(&done))),
        };
        self.report(warning);
    }
}
