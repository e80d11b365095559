//! Calendars: holidays as rules, with all that a calendar `extends` already in it, and which calendar a case goes by.

use dunlin_machine::ir::{CalendarChoice, Type};
use dunlin_machine::value::{Calendar, DayRule, HolidayRule, Recess, Shift, Unit, Weekday, Weekdays};

use super::context::{Checker, Place};
use super::modules::{Declared, Family, declared_name};
use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::tree::{
    self, CalendarDeclaration, CalendarEntry, CalendarEntryKind, CalendarLine, DayRuleKind, DottedName, Holiday,
    Number, Span, Years,
};

/// The calendar that a declaration writes; none where it has errors, which are reported.
pub(super) fn calendar(checker: &mut Checker, declared: &CalendarDeclaration) -> Option<Calendar> {
    let before = checker.diagnostics.len();
    let mut calendar = base(checker, declared);
    calendar.name = declared.name.text();
    calendar.title = declared.title.as_ref().map_or_else(String::new, |title| title.value.clone());
    let mut said = Said::default();
    for entry in &declared.entries {
        take_up(checker, &mut calendar, &mut said, entry);
    }
    let broken = |entry: &CalendarEntry| entry.kind == CalendarEntryKind::Broken;
    (checker.diagnostics.len() == before && !declared.entries.iter().any(broken)).then_some(calendar)
}

/// Where each line of a calendar was first said.
#[derive(Default)]
struct Said {
    weekend: Option<Span>,
    post: Option<Span>,
    holidays: Vec<(HolidayRule, Span)>,
}

/// What a calendar has from those that it extends; of weekends and post days those of the first.
fn base(checker: &mut Checker, declared: &CalendarDeclaration) -> Calendar {
    let mut calendar = Calendar::weekends_only();
    let mut first = true;
    for name in &declared.extends {
        let Some(id) = checker.calendar_named(name) else { continue };
        let Some(other) = checker.model.calendars.get(id.index()).cloned() else { continue };
        if first {
            (calendar.weekend, calendar.post, first) = (other.weekend, other.post, false);
        }
        let new = |rule: &HolidayRule| !calendar.holidays.contains(rule);
        let holidays: Vec<HolidayRule> = other.holidays.into_iter().filter(new).collect();
        calendar.holidays.extend(holidays);
        calendar.recesses.extend(other.recesses);
    }
    calendar
}

fn take_up(checker: &mut Checker, calendar: &mut Calendar, said: &mut Said, entry: &CalendarEntry) {
    match &entry.kind {
        CalendarEntryKind::Weekend(days) => {
            if once(checker, &mut said.weekend, entry.span, "The weekend") {
                calendar.weekend = weekend(checker, days, entry.span);
            }
        }
        CalendarEntryKind::Post(length) => {
            if once(checker, &mut said.post, entry.span, "`post`") {
                calendar.post = post(checker, length);
            }
        }
        CalendarEntryKind::Holiday(holiday) => {
            for rule in holiday_rules(checker, holiday) {
                if new_holiday(checker, said, &rule, holiday.day.span) {
                    calendar.holidays.push(rule);
                }
            }
        }
        CalendarEntryKind::Recess { title, from, to, years } => {
            let name = title.as_ref().map_or_else(|| "recess".to_owned(), |title| title.value.clone());
            let days = day_rule(checker, from).zip(day_rule(checker, to));
            if let Some((from, until)) = days {
                let recess = Recess { from, until, from_year: None, until_year: None, name };
                calendar.recesses.extend(recesses(checker, recess, years.as_ref()));
            }
        }
        CalendarEntryKind::Broken => {}
    }
}

/// Whether it is said for the first time; a second time is reported with both places.
fn once(checker: &mut Checker, before: &mut Option<Span>, span: Span, what: &str) -> bool {
    let Some(before) = before else {
        *before = Some(span);
        return true;
    };
    let message = format!("{what} of this calendar is said twice");
    let error = twice(checker, span, checker.here(*before), message);
    checker.report(error.help("keep one of the two lines"));
    false
}

fn twice(checker: &Checker, span: Span, before: Place, message: String) -> Diagnostic {
    checker.error_saying(codes::CALENDAR_LINE_TWICE, span, message, "said again here").also(
        before.file,
        before.span,
        "first said here",
    )
}

fn new_holiday(checker: &mut Checker, said: &mut Said, rule: &HolidayRule, span: Span) -> bool {
    let same = |(other, _): &&(HolidayRule, Span)| {
        other.day == rule.day && years_of(other).0 <= years_of(rule).1 && years_of(rule).0 <= years_of(other).1
    };
    if let Some((_, before)) = said.holidays.iter().find(same) {
        let message = format!("The holiday `{}` stands twice in this calendar", checker.words(span));
        let error = twice(checker, span, checker.here(*before), message);
        checker.report(error.help("keep one of the two lines, or give them years that do not overlap"));
        return false;
    }
    said.holidays.push((rule.clone(), span));
    true
}

fn years_of(rule: &HolidayRule) -> (i32, i32) {
    (rule.from_year.unwrap_or(i32::MIN), rule.until_year.unwrap_or(i32::MAX))
}

fn weekend(checker: &mut Checker, days: &[tree::Weekday], span: Span) -> Weekdays {
    let weekend = days.iter().fold(Weekdays::NONE, |all, day| all.with(weekday(*day)));
    if weekend == Weekdays::ALL {
        let error = checker.error(codes::NO_WORKING_DAY, span, "This weekend takes up the whole week");
        checker.report(error.help("leave at least one day of the week out of it"));
    }
    weekend
}

/// The machine's word for a day of the week.
pub(super) fn weekday(day: tree::Weekday) -> Weekday {
    match day {
        tree::Weekday::Monday => Weekday::Monday,
        tree::Weekday::Tuesday => Weekday::Tuesday,
        tree::Weekday::Wednesday => Weekday::Wednesday,
        tree::Weekday::Thursday => Weekday::Thursday,
        tree::Weekday::Friday => Weekday::Friday,
        tree::Weekday::Saturday => Weekday::Saturday,
        tree::Weekday::Sunday => Weekday::Sunday,
    }
}

fn post(checker: &mut Checker, length: &tree::Expr) -> Option<dunlin_machine::value::Duration> {
    let post = checker.duration_constant(length)?;
    if matches!(post.unit(), Unit::Days | Unit::WorkingDays | Unit::Weeks) {
        return Some(post);
    }
    let message = format!("A letter does not travel `{}`", checker.words(length.span));
    let error = checker.error(codes::POST_DAYS, length.span, message);
    checker.report(error.help("post days are counted in days, working days or weeks: `post 2 days`"));
    None
}

/// A holiday as rules of the machine: one, or one for each year of `in YEAR, YEAR`.
fn holiday_rules(checker: &mut Checker, holiday: &Holiday) -> Vec<HolidayRule> {
    let words = checker.words(holiday.day.span).to_owned();
    let name = holiday.title.as_ref().map_or(words, |title| title.value.clone());
    let shifts = shifts(checker, holiday);
    let Some(day) = day_rule(checker, &holiday.day) else { return Vec::new() };
    let Some(spans) = year_spans(checker, holiday.years.as_ref()) else { return Vec::new() };
    let rule = |(from_year, until_year)| HolidayRule {
        day,
        from_year,
        until_year,
        on_saturday: shifts.0,
        on_sunday: shifts.1,
        name: name.clone(),
    };
    spans.into_iter().map(rule).collect()
}

/// What stands in on a Saturday and on a Sunday.
fn shifts(checker: &mut Checker, holiday: &Holiday) -> (Option<Shift>, Option<Shift>) {
    let (mut saturday, mut sunday) = (None, None);
    for shift in &holiday.shifts {
        let place = match shift.on {
            tree::Weekday::Saturday => &mut saturday,
            tree::Weekday::Sunday => &mut sunday,
            _ => {
                let message = "Only a holiday on a Saturday or a Sunday has another day standing in for it";
                let error = checker.error(codes::HOLIDAY_SHIFT, shift.span, message);
                checker.report(error.help("write `on saturday the day before` or `on sunday the day after`"));
                continue;
            }
        };
        if place.replace(Shift(shift.days)).is_some() {
            let message = "The day that stands in is said twice for the same day of the week";
            let error = checker.error(codes::HOLIDAY_SHIFT, shift.span, message);
            checker.report(error.help("keep one of the two"));
        }
    }
    (saturday, sunday)
}

type YearSpan = (Option<i32>, Option<i32>);

/// First and last year, for each stretch in which something holds; none where one is wrong.
fn year_spans(checker: &mut Checker, years: Option<&Years>) -> Option<Vec<YearSpan>> {
    match years {
        None => Some(vec![(None, None)]),
        Some(Years::In(years)) => years
            .iter()
            .map(|number| {
                let year = year(checker, number)?;
                Some((Some(year), Some(year)))
            })
            .collect(),
        Some(Years::Between { from, until }) => {
            let first = from.as_ref().map(|number| year(checker, number));
            let last = until.as_ref().map(|number| year(checker, number));
            if let (Some(Some(first)), Some(Some(last)), Some(until)) = (first, last, until)
                && first > last
            {
                let message = format!("The years `from {first} until {last}` run backwards");
                let error = checker.error(codes::HOLIDAY_YEARS, until.span, message);
                checker.report(error.help("write the earlier year first"));
                return None;
            }
            let first = first.map_or(Some(None), |year| year.map(Some))?;
            let last = last.map_or(Some(None), |year| year.map(Some))?;
            Some(vec![(first, last)])
        }
    }
}

fn year(checker: &mut Checker, number: &Number) -> Option<i32> {
    let year = i32::try_from(number.value).ok().filter(|year| (1900..=2299).contains(year));
    if year.is_none() {
        let message = format!("`{}` is not a year that Dunlin can count", number.digits);
        let error = checker.error(codes::HOLIDAY_YEARS, number.span, message);
        checker.report(error.help("years go from 1900 to 2299"));
    }
    year
}

fn day_rule(checker: &mut Checker, rule: &tree::DayRule) -> Option<DayRule> {
    let day = match &rule.kind {
        DayRuleKind::Fixed(day) => DayRule::Fixed { month: day.month, day: day.day },
        DayRuleKind::Easter(offset) => DayRule::Easter { offset: easter_offset(checker, *offset, rule.span)? },
        DayRuleKind::NthWeekday { nth: tree::Nth::Last, weekday: day, month } => {
            DayRule::Last { weekday: weekday(*day), month: *month }
        }
        DayRuleKind::NthWeekday { nth: tree::Nth::Nth(n), weekday: day, month } => {
            DayRule::Nth { n: *n, weekday: weekday(*day), month: *month }
        }
        DayRuleKind::WeekdayBefore { weekday: name, day } => {
            DayRule::WeekdayBefore { weekday: weekday(*name), month: day.month, day: day.day }
        }
        DayRuleKind::WeekdayAfter { weekday: name, day } => {
            DayRule::WeekdayAfter { weekday: weekday(*name), month: day.month, day: day.day }
        }
        DayRuleKind::Once(literal) => DayRule::Single(checker.date(*literal)?),
    };
    Some(day)
}

fn easter_offset(checker: &mut Checker, offset: i32, span: Span) -> Option<i16> {
    let near = i16::try_from(offset).ok().filter(|days| (-366..=366).contains(days));
    if near.is_none() {
        let message = format!("`{}` lies more than a year from Easter", checker.words(span));
        let error = checker.error(codes::DATE_OUT_OF_RANGE, span, message);
        checker.report(error.help("feasts that follow Easter lie within 366 days of it"));
    }
    near
}

/// A recess as those of the machine: one, or one for each year of `in YEAR, YEAR`.
fn recesses(checker: &mut Checker, recess: Recess, years: Option<&Years>) -> Vec<Recess> {
    let spans = year_spans(checker, years).unwrap_or_default();
    spans.into_iter().map(|(from_year, until_year)| Recess { from_year, until_year, ..recess.clone() }).collect()
}

/// `calendar NAME` or `calendar M by VALUE`: which calendar a case goes by.
pub(super) fn choice(checker: &mut Checker, line: &CalendarLine) {
    let choice = match &line.by {
        None => checker.calendar_named(&line.name).map(CalendarChoice::One),
        Some(by) => choice_by(checker, &line.name, by),
    };
    if let Some(choice) = choice {
        checker.model.calendar = choice;
    }
}

fn choice_by(
    checker: &mut Checker,
    module: &DottedName,
    by: &tree::Expr,
) -> Option<CalendarChoice<crate::model::Expr>> {
    let found = calendars_of(checker, &module.text());
    // OK to read what a case may lack: without it the case goes by `M.federal`.
    let key = checker.scoped(|checker| {
        checker.scope.unknown_allowed = true;
        checker.expr(by, Some(Type::Text))
    });
    if found.is_empty() {
        let message = format!("There are no calendars `{}.…` to choose from", module.text());
        let help = "name a module that declares calendars `M.x`, and `use` it";
        let error = checker.error(codes::CALENDAR_BY, module.span, message).help(help);
        checker.report(error);
        return None;
    }
    let mut choices = Vec::new();
    for (suffix, declared) in found {
        if let Some(id) = checker.calendar_of(declared, module.span) {
            choices.push((suffix.to_ascii_lowercase(), id));
        }
    }
    choices.sort();
    let federal = choices.iter().find(|(suffix, _)| suffix == "federal").map(|(_, id)| *id);
    if federal.is_none() {
        let message = format!("`{}` has no calendar `{0}.federal`", module.text());
        let help = "every case that the value sorts under no other calendar goes by that one; declare it";
        let error = checker.error(codes::CALENDAR_BY, module.span, message).help(help);
        checker.report(error);
    }
    Some(CalendarChoice::By { key: key?, choices, otherwise: federal? })
}

/// The calendars of a module by the rest of their name: those named `M.x` in any file, and those of its own file.
fn calendars_of(checker: &mut Checker, module: &str) -> Vec<(String, Declared)> {
    let own = checker.module(module);
    let prefix = format!("{module}.");
    let mut found: Vec<(String, Declared)> = Vec::new();
    for (file, source) in checker.files.iter().enumerate() {
        for (item, declaration) in source.tree.items.iter().enumerate() {
            let Some((Family::Calendar, name)) = declared_name(&declaration.kind) else { continue };
            let name = name.text();
            let suffix = match name.strip_prefix(&prefix) {
                Some(rest) => rest.to_owned(),
                None if own == Some(file) => name,
                None => continue,
            };
            if !suffix.contains('.') && !found.iter().any(|(known, _)| *known == suffix) {
                found.push((suffix, Declared { file, item }));
            }
        }
    }
    found
}
