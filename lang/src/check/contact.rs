//! Contact rules: when, how often and with whose consent a debtor may be contacted.

use dunlin_machine::ir::{Allow, Channels, Limit, Rest, RuleId, Type, Window};

use super::calendars::weekday;
use super::context::Checker;
use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::tree::{
    self, ContactRule, ContactRuleKind, ContactTimes, DayOfYear, Days, EventPattern, ExceptDay, Expr, ItemKind, Name,
    Span,
};

/// Takes up a `contact` block.
pub(super) fn contact(checker: &mut Checker, block: &tree::Contact, span: Span) {
    if let Some(name) = &block.name {
        checker.named_contact(name);
    } else if !is_second(checker, span) {
        checker.model.contact = checker.contact_with_extended(block);
    }
}

/// Takes up the rules of one block.
pub(super) fn rules(checker: &mut Checker, rules: &[ContactRule]) {
    let mut otherwise = None;
    for rule in rules {
        take_up(checker, rule, &mut otherwise);
    }
    report_limits_twice(checker);
    report_always_and_sometimes(checker);
}

/// Whether there is a `contact` block before this one, which is reported.
fn is_second(checker: &mut Checker, span: Span) -> bool {
    let items = checker.files.get(checker.file).map(|file| file.tree.clone());
    let is_contact = |item: &&tree::Item| matches!(&item.kind, ItemKind::Contact(block) if block.name.is_none());
    let first = items.and_then(|tree| tree.items.iter().find(is_contact).map(|item| item.span));
    let Some(first) = first.filter(|first| *first != span) else { return false };
    let place = checker.here(first);
    let error = checker
        .error_saying(codes::CONTACT_TWICE, head(span), "There are two `contact` blocks", "a second one")
        .also(place.file, head(first), "the first one")
        .help("write all contact rules in one block");
    checker.report(error);
    true
}

/// The word that begins a block.
fn head(span: Span) -> Span {
    Span::new(span.start, span.end.min(span.start.saturating_add(7)))
}

fn take_up(checker: &mut Checker, rule: &ContactRule, otherwise: &mut Option<Span>) {
    match &rule.kind {
        ContactRuleKind::Allow { channels, on } => allow(checker, rule, channels, on.as_ref()),
        ContactRuleKind::RequireConsent { channels } => {
            if let Some(channels) = checker.channels(channels) {
                let id = checker.rule_at(rule.span, &rule.law);
                checker.model.contact.consents.push((channels, id));
            }
        }
        ContactRuleKind::Limit { count, channels, per, per_claim } => {
            if let Some(limit) = limit(checker, rule, count, channels, per) {
                checker.model.contact.limits.push(Limit { per_claim: *per_claim, ..limit });
            }
        }
        ContactRuleKind::Rest { duration, after, by } => rest(checker, rule, duration, after, by),
        ContactRuleKind::Never { channels, condition } => {
            let channels = checker.channels(channels);
            let condition = checker.condition(condition);
            if let Some((channels, condition)) = channels.zip(condition) {
                let id = checker.rule_at(rule.span, &rule.law);
                checker.model.contact.nevers.push((channels, condition, id));
            }
        }
        ContactRuleKind::OtherwiseWait => set_otherwise(checker, rule.span, false, otherwise),
        ContactRuleKind::OtherwiseSkip => set_otherwise(checker, rule.span, true, otherwise),
        ContactRuleKind::Broken => {}
    }
}

fn set_otherwise(checker: &mut Checker, span: Span, skip: bool, before: &mut Option<Span>) {
    if let Some(first) = *before {
        let place = checker.here(first);
        let error = checker
            .error_saying(codes::CONTACT_SAID_TWICE, span, "What happens otherwise is said twice", "and again here")
            .also(place.file, place.span, "said here")
            .help("keep `otherwise wait` or `otherwise skip`");
        checker.report(error);
        return;
    }
    *before = Some(span);
    checker.model.contact.otherwise_skip = skip;
}

fn allow(checker: &mut Checker, rule: &ContactRule, channels: &[Name], on: Option<&ContactTimes>) {
    let channels = checker.channels(channels);
    let window = match on {
        None => Some(None),
        Some(times) => window(checker, times).map(Some),
    };
    if let Some((channels, window)) = channels.zip(window) {
        let rule = checker.rule_at(rule.span, &rule.law);
        checker.model.contact.allows.push(Allow { rule, channels, window });
    }
}

fn window(checker: &mut Checker, times: &ContactTimes) -> Option<Window> {
    let weekdays = match &times.days {
        Days::Working => WORKING_DAYS,
        Days::Every => EVERY_DAY,
        Days::Weekdays(ranges) => ranges.iter().fold(0, |days, (from, to)| days | week_range(*from, *to)),
    };
    let holidays = times.except.iter().any(|day| matches!(day, ExceptDay::Holidays));
    let except = times.except.iter().filter_map(|day| match day {
        ExceptDay::Day(DayOfYear { day, month, .. }) => Some((*month, *day)),
        ExceptDay::Holidays => None,
    });
    let except = except.collect();
    let hours = hours(checker, &times.hours)?;
    let except_holidays = holidays || times.days == Days::Working;
    Some(Window { weekdays, except_holidays, except, hours })
}

/// Monday to Friday.
const WORKING_DAYS: u8 = 0b001_1111;
const EVERY_DAY: u8 = 0b111_1111;

/// The days from one to another, over the weekend where the second comes earlier in the week.
fn week_range(from: tree::Weekday, to: tree::Weekday) -> u8 {
    let (from, to) = (weekday(from).number() - 1, weekday(to).number() - 1);
    let within = |day: &u8| if from <= to { (from..=to).contains(day) } else { *day >= from || *day <= to };
    (0..7u8).filter(within).fold(0, |days, day| days | 1 << day)
}

/// Hours as from and to in seconds of the day; those that overlap are reported.
fn hours(checker: &mut Checker, hours: &[Expr]) -> Option<Vec<(u32, u32)>> {
    let mut read: Vec<((u32, u32), Span)> = Vec::new();
    for expr in hours {
        let packed = checker.constant(expr, Type::Hours)?;
        let from = u32::try_from(packed / 100_000).ok()?;
        let to = u32::try_from(packed % 100_000).ok()?;
        let overlaps = |((f, t), _): &&((u32, u32), Span)| from < *t && *f < to;
        if let Some((_, other)) = read.iter().find(overlaps) {
            let place = checker.here(*other);
            let error = checker
                .error_saying(codes::CONTACT_HOURS, expr.span, "These hours overlap", "and these")
                .also(place.file, place.span, "these")
                .help("join them, or let the second begin when the first ends");
            checker.report(error);
            return None;
        }
        read.push(((from, to), expr.span));
    }
    Some(read.into_iter().map(|(hours, _)| hours).collect())
}

fn limit(checker: &mut Checker, rule: &ContactRule, count: &Expr, channels: &[Name], per: &Expr) -> Option<Limit> {
    let counted = checker.constant(count, Type::Number);
    let per = checker.duration_constant(per);
    let channels = if channels.is_empty() { Some(Channels::ALL) } else { checker.channels(channels) };
    let (counted, per, channels) = (counted?, per?, channels?);
    let Some(count) = u32::try_from(counted).ok().filter(|count| *count >= 1) else {
        let words = checker.words(count.span).to_owned();
        let error = checker.error(codes::CONTACT_LIMIT, count.span, format!("`{words}` is not a number of attempts"));
        checker.report(error.help("a limit is at least 1; `never CHANNELS when CONDITION` forbids a channel"));
        return None;
    };
    let rule = checker.rule_at(rule.span, &rule.law);
    Some(Limit { rule, count, channels, per, per_claim: false })
}

fn rest(checker: &mut Checker, rule: &ContactRule, duration: &Expr, after: &EventPattern, by: &[Name]) {
    if after.name.text() != "conversation" || !after.arguments.is_empty() {
        let words = checker.words(after.span).to_owned();
        let message = format!("Channels rest after a conversation, not after `{words}`");
        let error = checker.error(codes::CONTACT_REST, after.span, message);
        checker.report(error.help("write `rest 7 days after conversation`, or `… by phone` for one channel"));
        return;
    }
    let length = checker.duration_constant(duration);
    let by = if by.is_empty() { Some(None) } else { checker.channels(by).map(Some) };
    if let Some((rest, by)) = length.zip(by) {
        let rule = checker.rule_at(rule.span, &rule.law);
        checker.model.contact.rests.push(Rest { rule, rest, by });
    }
}

/// Two limits on the same channels within the same time: one of them says nothing.
fn report_limits_twice(checker: &mut Checker) {
    let limits = checker.model.contact.limits.clone();
    for (index, limit) in limits.iter().enumerate() {
        let same = |other: &&Limit| {
            other.channels == limit.channels && other.per == limit.per && other.per_claim == limit.per_claim
        };
        if let Some(first) = limits.iter().take(index).find(same) {
            let message = format!("Two limits speak of the same channels within {}", limit.per);
            let error = both(checker, Diagnostic::error(codes::CONTACT_SAID_TWICE, message), limit.rule, first.rule);
            checker.report(error.help("keep the one that is meant; the smaller would hold"));
        }
    }
}

/// A channel that is allowed always needs no hours.
fn report_always_and_sometimes(checker: &mut Checker) {
    let allows = checker.model.contact.allows.clone();
    for sometimes in allows.iter().filter(|allow| allow.window.is_some()) {
        let always = allows.iter().find(|a| a.window.is_none() && !a.channels.and(sometimes.channels).is_empty());
        let Some(always) = always else { continue };
        let shared: Vec<String> = always.channels.and(sometimes.channels).iter().map(|c| name(checker, c)).collect();
        let message = format!("{} is allowed always, so the hours here change nothing", shared.join(", "));
        let warning = Diagnostic::warning(codes::CONTACT_SAID_TWICE, message);
        let warning = both(checker, warning, sometimes.rule, always.rule);
        checker.report(warning.help("remove the channel from one of the two rules"));
    }
}

fn name(checker: &Checker, channel: dunlin_machine::ir::ChannelId) -> String {
    let text = checker.model.channels.get(usize::from(channel.0));
    text.map_or_else(String::new, |text| format!("`{}`", checker.model.text(*text)))
}

fn both(checker: &Checker, diagnostic: Diagnostic, here: RuleId, before: RuleId) -> Diagnostic {
    let (here, before) = (checker.rule_place(here), checker.rule_place(before));
    diagnostic.at(here.file, here.span, "").also(before.file, before.span, "the other one")
}
