//! `start { court when titled  demand }`: where a case opens that comes with a history.

use dunlin_machine::ir::{self, StageId};

use super::context::{Checker, Place};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::Expr;
use crate::syntax::tree::{self, ItemKind, Span, StartRule};

impl Checker<'_> {
    /// Takes up the `start` block of the file.
    pub fn starts(&mut self, file: &tree::File) {
        let mut first: Option<Place> = None;
        for item in &file.items {
            let ItemKind::Start(rules) = &item.kind else { continue };
            let place = self.here(self.first_line(item.span));
            match first {
                None => {
                    first = Some(place);
                    self.start(rules);
                }
                Some(first) => self.report_second_start(place.span, first),
            }
        }
    }

    fn report_second_start(&mut self, span: Span, first: Place) {
        let error = self
            .error_saying(codes::START_TWICE, span, "There are two `start` blocks", "a second one")
            .also(first.file, first.span, "the first one")
            .help("write all of them in one block; the first whose condition holds counts");
        self.report(error);
    }

    fn start(&mut self, rules: &[StartRule]) {
        let mut always: Option<Span> = None;
        for rule in rules {
            let stage = self.stage_named(&rule.stage);
            let when = match &rule.condition {
                Some(condition) => self.condition(condition).map(Some),
                None => Some(None),
            };
            if let Some(before) = always {
                self.warn_never_started(rule, before);
            }
            always = always.or_else(|| rule.condition.is_none().then_some(rule.span));
            if let Some((stage, when)) = stage.zip(when) {
                self.enter_start(rule, stage, when);
            }
        }
    }

    fn enter_start(&mut self, written: &StartRule, stage: StageId, when: Option<Expr>) {
        if self.model.stages.get(stage.index()).is_some_and(|stage| stage.outcome) {
            let message = format!("`{}` is an outcome, and no case opens with its end", written.stage.text());
            let error = self.error(codes::START_OUTCOME, written.stage.span, message);
            self.report(error.help("name a stage, which may move the case on at once: `if titled { -> … }`"));
        }
        let rule = self.rule_at(written.span, &[]);
        self.model.starts.push(ir::Start { rule, stage, when });
    }

    fn warn_never_started(&mut self, rule: &StartRule, before: Span) {
        let words = self.words(rule.span).to_owned();
        let message = format!("No case opens by `{words}`: what stands above has no condition, so it always counts");
        let place = self.here(before);
        let warning = Diagnostic::warning(codes::NEVER_FIRES, message).at(self.file_id(), rule.span, "").also(
            place.file,
            place.span,
            "counts in every case",
        );
        self.report(warning.help("write it above, or give the other one a condition"));
    }
}
