//! `test` blocks: the case, what happens to it, and what is expected.

mod case;
mod event;
mod expect;

use dunlin_machine::value::{Date, TimeOfDay};

use super::context::Checker;
use super::expr::second_of_day;
use crate::diagnostic::{Diagnostic, codes};
use crate::model::{Test, TestCase, TestDoes, TestStep};
use crate::syntax::tree::{self, CaseEntry, Moment, Span, TestStepKind};

/// Takes up a `test` block.
pub(super) fn test(checker: &mut Checker, test: &tree::Test, span: Span) {
    let entries = test.steps.iter().find_map(|step| match &step.kind {
        TestStepKind::Case(entries) => Some(entries.as_slice()),
        _ => None,
    });
    checker.scoped(|checker| {
        checker.scope.currency = case::currency(checker, entries.unwrap_or_default());
        in_its_currency(checker, test, span);
    });
}

fn in_its_currency(checker: &mut Checker, test: &tree::Test, span: Span) {
    let before = checker.diagnostics.len();
    report_title_twice(checker, test);
    let rule = checker.rule_at(span, &[]);
    let mut reader = Reader::default();
    for step in &test.steps {
        reader.take_up(checker, step);
    }
    let case = reader.finish(checker, test);
    if !test.steps.iter().any(|step| matches!(step.kind, TestStepKind::Expect(_) | TestStepKind::Broken)) {
        let place = checker.here(test.title.span);
        let warning = Diagnostic::warning(codes::EXPECTS_NOTHING, "This test expects nothing");
        let help = "say what the case should have come to: `expect stage …`, `expect send …`";
        checker.report(warning.at(place.file, place.span, "").help(help));
    }
    if let Some(case) = case
        && !checker.diagnostics.iter().skip(before).any(|d| d.severity == crate::diagnostic::Severity::Error)
    {
        let test = Test { title: test.title.value.clone(), rule, case, steps: reader.steps };
        checker.model.tests.push(test);
    }
}

fn report_title_twice(checker: &mut Checker, test: &tree::Test) {
    let tree = checker.files.get(checker.file).map(|file| file.tree.clone()).unwrap_or_default();
    let first = tree.items.iter().find_map(|item| match &item.kind {
        tree::ItemKind::Test(other) if other.title.value == test.title.value => Some(other.title.span),
        _ => None,
    });
    let Some(first) = first.filter(|first| *first != test.title.span) else { return };
    let place = checker.here(first);
    let message = format!("Two tests are called \"{}\"", test.title.value);
    let error = checker
        .error_saying(codes::TEST_TITLE_TWICE, test.title.span, message, "again here")
        .also(place.file, place.span, "first here")
        .help("say in the title what this one shows");
    checker.report(error);
}

/// What a test has said so far.
#[derive(Default)]
struct Reader<'t> {
    case: Option<(&'t [CaseEntry], Span)>,
    open: Option<(Option<Date>, Span)>,
    open_time: Option<TimeOfDay>,
    steps: Vec<TestStep>,
    /// How far time has come, and where that was said.
    now: Option<(At, Span)>,
    /// Whether an event has come.
    event: bool,
}

/// A day, and the second of it; the end of the day is 86,400.
type At = (Date, i64);

/// When a day is over.
const END_OF_DAY: i64 = 86_400;

impl<'t> Reader<'t> {
    fn take_up(&mut self, checker: &mut Checker, step: &'t tree::TestStep) {
        let does = match &step.kind {
            TestStepKind::Case(entries) => {
                self.take_case(checker, entries, step.span);
                return;
            }
            TestStepKind::Open(moment) => {
                self.take_open(checker, moment, step.span);
                return;
            }
            TestStepKind::Broken => return,
            _ if self.open.is_none() => {
                report_before_open(checker, step.span);
                self.open = Some((None, step.span));
                return;
            }
            TestStepKind::At { at, event } => self.at(checker, at, event, step.span),
            TestStepKind::Until(day) => checker.date(*day).map(|date| {
                self.go_to(checker, (date, END_OF_DAY), day.span);
                TestDoes::Until(date)
            }),
            TestStepKind::Expect(expect) => self.expect(checker, expect, step.span),
        };
        if let Some(does) = does {
            let rule = checker.rule_at(step.span, &[]);
            self.steps.push(TestStep { rule, does });
        }
    }

    fn take_case(&mut self, checker: &mut Checker, entries: &'t [CaseEntry], span: Span) {
        if let Some((_, first)) = self.case {
            let place = checker.here(first);
            let error = checker
                .error_saying(codes::TEST_CASE, span, "This test has two cases", "a second one")
                .also(place.file, place.span, "the first one")
                .help("write one test for each case, or join what is said of it by commas");
            checker.report(error);
            return;
        }
        self.case = Some((entries, span));
    }

    fn take_open(&mut self, checker: &mut Checker, moment: &Moment, span: Span) {
        if let Some((_, first)) = self.open {
            let place = checker.here(first);
            let error = checker
                .error_saying(codes::TEST_OPEN, span, "This test opens its case twice", "again here")
                .also(place.file, place.span, "opened here")
                .help("keep one `open`, before everything that happens");
            checker.report(error);
            return;
        }
        let date = checker.date(moment.date);
        let second = moment.time.map(second_of_day);
        self.open = Some((date, span));
        self.open_time = second.and_then(time_of_day);
        self.now = date.map(|date| ((date, second.unwrap_or(0)), moment.date.span));
    }

    fn at(&mut self, checker: &mut Checker, at: &Moment, event: &tree::TestEvent, span: Span) -> Option<TestDoes> {
        self.event = true;
        let date = checker.date(at.date);
        let read = event::event(checker, event, span);
        let date = date?;
        let second = at.time.map(second_of_day);
        let place = at.time.map_or(at.date.span, |time| at.date.span.to(time.span));
        // An event of a day comes at its midnight, or now if that is later on the same day.
        let now = self.now.filter(|((day, second), _)| *day == date && *second < END_OF_DAY);
        let second_at = second.unwrap_or_else(|| now.map_or(0, |((_, second), _)| second));
        self.go_to(checker, (date, second_at), place);
        let time = second.and_then(time_of_day);
        let (event, args) = read?;
        Some(TestDoes::At { date, time, event, args })
    }

    fn expect(&mut self, checker: &mut Checker, expect: &tree::Expect, span: Span) -> Option<TestDoes> {
        if matches!(expect, tree::Expect::Refused) && !self.event {
            let error = checker.error(codes::TEST_REFUSED, span, "Nothing has happened that could be refused");
            checker.report(error.help("write the event before it: `at 2026-01-20: payment 50.00 EUR`"));
            return None;
        }
        let does = expect::expect(checker, expect)?;
        // An action of a day that is over is looked up; one of a day to come runs the case to its end.
        if let TestDoes::Effect { on: Some(date), .. } = &does
            && self.now.is_some_and(|(now, _)| now < (*date, END_OF_DAY))
        {
            self.now = Some(((*date, END_OF_DAY), span));
        }
        Some(does)
    }

    /// Goes on to an instant; an earlier one than that where the test stands is reported.
    fn go_to(&mut self, checker: &mut Checker, at: At, span: Span) {
        let Some((now, before)) = self.now else { return };
        if at >= now {
            self.now = Some((at, span));
            return;
        }
        let place = checker.here(before);
        let over = if now.1 == END_OF_DAY { "this day is over" } else { "the test is already here" };
        let message = format!("Time goes back to {}", checker.words(span));
        let error = checker
            .error_saying(codes::TIME_GOES_BACK, span, message, "earlier")
            .also(place.file, place.span, over)
            .help("write what happens in the order of its dates");
        checker.report(error);
    }

    fn finish(&self, checker: &mut Checker, test: &tree::Test) -> Option<TestCase> {
        let title = test.title.span;
        let Some((entries, span)) = self.case else {
            let error = checker.error(codes::TEST_CASE, title, "This test has no case");
            checker.report(error.help("begin with one: `case principal 120.00 EUR due 2025-12-20`"));
            return None;
        };
        if self.open.is_none() {
            let error = checker.error(codes::TEST_OPEN, title, "This test never opens its case");
            checker.report(error.help("say when it opens: `open 2026-01-05`"));
        }
        let date = self.open.and_then(|(date, _)| date);
        let case = case::case(checker, entries, span, date)?;
        Some(TestCase { open_time: self.open_time, ..case })
    }
}

fn time_of_day(second: i64) -> Option<TimeOfDay> {
    TimeOfDay::from_seconds(u32::try_from(second).ok()?)
}

fn report_before_open(checker: &mut Checker, span: Span) {
    let error = checker.error(codes::TEST_OPEN, span, "This stands before the case is opened");
    checker.report(error.help("say first when it opens: `open 2026-01-05`"));
}
