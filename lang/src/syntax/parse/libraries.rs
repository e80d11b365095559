//! Tables, scales, dated values, calendars and procedures.

use super::super::tree::*;
use super::Pair;
use super::build::{Builder, child, children, has};
use super::grammar::Rule;
use super::literals::{month, weekday};

impl Builder<'_> {
    pub fn library_item(&mut self, pair: &Pair) -> Option<ItemKind> {
        let kind = match pair.as_rule() {
            Rule::table => ItemKind::Table(self.table(pair)?),
            Rule::steps => ItemKind::Steps(self.steps(pair)?),
            Rule::dated_value => ItemKind::Value(self.dated_value(pair)?),
            Rule::calendar => ItemKind::Calendar(self.calendar(pair)?),
            Rule::procedure => ItemKind::Procedure(self.procedure(pair)?),
            _ => return None,
        };
        Some(kind)
    }

    fn table(&mut self, pair: &Pair) -> Option<Table> {
        let body = match child(pair, Rule::table_rows) {
            Some(rows) => self.table_rows(&rows),
            None => TableBody::File(self.text_in(&child(pair, Rule::from_file)?)?),
        };
        Some(Table {
            name: self.dotted_in(pair)?,
            parameters: self.parameters_in(pair),
            ty: self.ty_in(pair),
            verified_until: self.verified(pair),
            body,
        })
    }

    fn table_rows(&mut self, pair: &Pair) -> TableBody {
        let dated = self.each(pair, Rule::dated_rows, Self::dated_rows);
        let rows = self.each(pair, Rule::row, Self::row);
        if let (false, Some(row)) = (dated.is_empty(), rows.first()) {
            self.undated(row.span);
        }
        if dated.is_empty() { TableBody::Rows(rows) } else { TableBody::Dated(dated) }
    }

    fn undated(&mut self, span: Span) {
        let message = "this row has no date, but others of the table do";
        let help = "put it into a `from DATE { … }` as well";
        self.report(crate::diagnostic::codes::UNEXPECTED, span, message, help);
    }

    fn dated_rows(&mut self, pair: &Pair) -> Option<DatedRows> {
        Some(DatedRows {
            from: self.date_in(pair)?,
            rows: self.each(pair, Rule::row, Self::row),
            law: self.laws(pair),
            span: self.span(pair),
        })
    }

    fn row(&mut self, pair: &Pair) -> Option<Row> {
        self.check_gives(pair);
        Some(Row {
            patterns: self.each(pair, Rule::range, Self::range),
            result: self.simple_in(pair)?,
            law: self.laws(pair),
            span: self.span(pair),
        })
    }

    fn verified(&mut self, pair: &Pair) -> Option<DateLiteral> {
        let verified = child(pair, Rule::verified)?;
        self.date_in(&verified)
    }

    fn steps(&mut self, pair: &Pair) -> Option<Steps> {
        let rows = child(pair, Rule::steps_rows)?;
        Some(Steps {
            name: self.dotted_in(pair)?,
            parameters: self.parameters_in(pair),
            ty: self.ty_in(pair),
            verified_until: self.verified(pair),
            body: self.steps_rows(&rows),
        })
    }

    fn steps_rows(&mut self, pair: &Pair) -> StepsBody {
        let dated = self.each(pair, Rule::dated_steps, Self::dated_steps);
        let rows = self.each(pair, Rule::step_row, Self::step_row);
        if let (false, Some(row)) = (dated.is_empty(), rows.first()) {
            self.undated(row.span);
        }
        if dated.is_empty() { StepsBody::Rows(rows) } else { StepsBody::Dated(dated) }
    }

    fn dated_steps(&mut self, pair: &Pair) -> Option<DatedSteps> {
        Some(DatedSteps {
            from: self.date_in(pair)?,
            rows: self.each(pair, Rule::step_row, Self::step_row),
            law: self.laws(pair),
            span: self.span(pair),
        })
    }

    fn step_row(&mut self, pair: &Pair) -> Option<StepRow> {
        let inner = pair.clone().into_inner().next()?;
        self.check_gives(&inner);
        let mut simples = self.each(&inner, Rule::simple, Self::simple);
        let amount = simples.pop()?;
        let kind = match child(&inner, Rule::range) {
            Some(range) => StepRowKind::UpTo(self.range(&range)?),
            None => {
                let mut simples = simples.into_iter();
                StepRowKind::Each { part: simples.next()?, to: simples.next() }
            }
        };
        Some(StepRow { kind, amount, law: self.laws(pair), span: self.span(pair) })
    }

    fn dated_value(&mut self, pair: &Pair) -> Option<Value> {
        Some(Value {
            name: self.dotted_in(pair)?,
            ty: self.ty_in(pair)?,
            verified_until: self.verified(pair),
            rows: self.each(pair, Rule::value_row, Self::value_row),
        })
    }

    fn value_row(&mut self, pair: &Pair) -> Option<ValueRow> {
        self.check_gives(pair);
        Some(ValueRow {
            from: self.date_in(pair)?,
            value: self.simple_in(pair)?,
            law: self.laws(pair),
            span: self.span(pair),
        })
    }

    fn calendar(&mut self, pair: &Pair) -> Option<CalendarDeclaration> {
        let extends = child(pair, Rule::calendar_extends);
        Some(CalendarDeclaration {
            name: self.dotted_in(pair)?,
            title: self.text_in(pair),
            extends: extends.map(|extends| self.all_dotted_in(&extends)).unwrap_or_default(),
            entries: self.entries(pair, Rule::calendar_entry, Self::calendar_entry),
        })
    }

    fn calendar_entry(&mut self, pair: &Pair) -> Option<CalendarEntry> {
        if pair.as_rule() == Rule::broken {
            let span = self.broken_span(pair);
            return Some(CalendarEntry { kind: CalendarEntryKind::Broken, law: Vec::new(), span });
        }
        let kind = self.calendar_entry_kind(&pair.clone().into_inner().next()?);
        let kind = kind.unwrap_or(CalendarEntryKind::Broken);
        Some(CalendarEntry { kind, law: self.laws(pair), span: self.span(pair) })
    }

    fn calendar_entry_kind(&mut self, pair: &Pair) -> Option<CalendarEntryKind> {
        let kind = match pair.as_rule() {
            Rule::weekend => CalendarEntryKind::Weekend(children(pair, Rule::weekday).iter().map(weekday).collect()),
            Rule::holiday => CalendarEntryKind::Holiday(self.holiday(pair)?),
            Rule::recess => {
                let mut days = self.each(pair, Rule::day_rule, Self::day_rule).into_iter();
                CalendarEntryKind::Recess {
                    title: self.text_in(pair),
                    from: days.next()?,
                    to: days.next()?,
                    years: child(pair, Rule::years).map(|years| self.years(&years)),
                }
            }
            _ => CalendarEntryKind::Post(self.sum_in(pair)?),
        };
        Some(kind)
    }

    fn holiday(&mut self, pair: &Pair) -> Option<Holiday> {
        Some(Holiday {
            day: self.day_rule(&child(pair, Rule::day_rule)?)?,
            title: self.text_in(pair),
            shifts: self.each(pair, Rule::shift, Self::shift),
            years: child(pair, Rule::years).map(|years| self.years(&years)),
        })
    }

    fn shift(&mut self, pair: &Pair) -> Option<Shift> {
        let on = weekday(&child(pair, Rule::weekday)?);
        let days = if has(pair, Rule::kw_before) { -1 } else { 1 };
        Some(Shift { on, days, span: self.span(pair) })
    }

    fn years(&mut self, pair: &Pair) -> Years {
        if let Some(list) = child(pair, Rule::years_in) {
            return Years::In(self.each(&list, Rule::year_number, Self::number_in));
        }
        let mut numbers = self.each(pair, Rule::year_number, Self::number_in).into_iter();
        let from = if has(pair, Rule::kw_from) { numbers.next() } else { None };
        Years::Between { from, until: numbers.next() }
    }

    fn day_rule(&mut self, pair: &Pair) -> Option<DayRule> {
        let inner = pair.clone().into_inner().next()?;
        let kind = match inner.as_rule() {
            Rule::date => DayRuleKind::Once(self.date(&inner)),
            Rule::easter => DayRuleKind::Easter(self.easter(&inner)),
            Rule::nth_weekday => DayRuleKind::NthWeekday {
                nth: nth(&child(&inner, Rule::nth)?),
                weekday: weekday(&child(&inner, Rule::weekday)?),
                month: month(&child(&inner, Rule::month)?),
            },
            Rule::near_weekday => {
                let weekday = weekday(&child(&inner, Rule::weekday)?);
                let day = self.day_of_year(&child(&inner, Rule::day_of_year)?)?;
                match has(&inner, Rule::kw_before) {
                    true => DayRuleKind::WeekdayBefore { weekday, day },
                    false => DayRuleKind::WeekdayAfter { weekday, day },
                }
            }
            _ => DayRuleKind::Fixed(self.day_of_year(&inner)?),
        };
        Some(DayRule { kind, span: self.span(pair) })
    }

    /// Days from Easter Sunday.
    fn easter(&mut self, pair: &Pair) -> i32 {
        let Some(days) = child(pair, Rule::decimal) else { return 0 };
        let span = self.span(&days);
        let count = self.whole(days.as_str(), span).min(10_000) as i32;
        if has(pair, Rule::minus) { -count } else { count }
    }

    fn procedure(&mut self, pair: &Pair) -> Option<Procedure> {
        let exits = child(pair, Rule::exits);
        Some(Procedure {
            name: self.dotted_in(pair)?,
            title: self.text_in(pair),
            parameters: self.parameters_in(pair),
            exits: exits.map(|exits| self.names_in(&exits)).unwrap_or_default(),
            entries: self.group_entries(pair),
        })
    }
}

fn nth(pair: &Pair) -> Nth {
    match pair.clone().into_inner().next().map(|word| word.as_rule()) {
        Some(Rule::kw_second) => Nth::Nth(2),
        Some(Rule::kw_third) => Nth::Nth(3),
        Some(Rule::kw_fourth) => Nth::Nth(4),
        Some(Rule::kw_fifth) => Nth::Nth(5),
        Some(Rule::kw_last) => Nth::Last,
        _ => Nth::Nth(1),
    }
}
