//! The verifier lets the sample pass, and refuses it with any one of its numbers wrong, in words that name the fault.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use dunlin_machine::events::DEBTOR_KIND;
use dunlin_machine::ir::*;
use dunlin_machine::value::{Calendar, Duration, Unit, Weekdays};
use dunlin_machine::verify::{MAX_DEPTH, types, verify};
use proptest::prelude::*;
use sample::at;

/// Changes the sample and tells what the verifier says.
fn after(change: impl FnOnce(&mut Machine)) -> String {
    let mut machine = sample::machine();
    change(&mut machine);
    verify(&machine).expect_err("a machine that contradicts itself").to_string()
}

/// Each line: the words that must be in the answer, and the change that leads to it.
macro_rules! refused {
    ($($test:ident { $($words:literal <= |$m:ident| $change:expr;)* })*) => {$(
        #[test]
        fn $test() {
            $(
                let said = after(|$m| { $change; });
                assert!(said.contains($words), "wanted `{}`, got `{said}` after {}", $words, stringify!($change));
            )*
        }
    )*};
}

const NONE16: u16 = 60_000;
const NO_TEXT: TextId = TextId(60_000);
const NO_RULE: RuleId = RuleId(NONE16);
const NO_EXPR: ExprId = ExprId(NONE16);

fn does(m: &mut Machine, n: usize) -> &mut Does {
    &mut m.actions[n].does
}

fn send(m: &mut Machine) -> &mut Send {
    match does(m, 0) {
        Does::Send(send) => send,
        other => panic!("{other:?}"),
    }
}

fn call(m: &mut Machine) -> &mut Call {
    match does(m, 2) {
        Does::Call(call) => call,
        other => panic!("{other:?}"),
    }
}

fn task(m: &mut Machine) -> &mut Task {
    match does(m, 7) {
        Does::Task(task) => task,
        other => panic!("{other:?}"),
    }
}

/// The exit of the sample, out of `court`.
fn exit(m: &mut Machine) -> (&mut ScopeId, &mut TextId, &mut Block) {
    match does(m, 14) {
        Does::Exit { from, exit, body } => (from, exit, body),
        other => panic!("{other:?}"),
    }
}

fn approval(m: &mut Machine) -> &mut Approval {
    match does(m, 30) {
        Does::Approval(approval) => approval,
        other => panic!("{other:?}"),
    }
}

fn promised(m: &mut Machine, n: usize) -> &mut Promised {
    &mut m.guarantees[n].promised
}

fn limitation(m: &mut Machine) -> &mut Limitation {
    m.ledger.limitation.as_mut().unwrap()
}

fn scale(m: &mut Machine) -> &mut ScaleRows {
    &mut m.scales[0].versions[0]
}

/// Puts as many procedures around each other as said.
fn nested_procedures(m: &mut Machine, deep: u16) {
    for n in 0..deep {
        let name = TextId(m.texts.len() as u32);
        m.texts.push(format!("inner {n}"));
        let parent = ScopeId(m.scopes.len() as u16 - 1);
        let outer = m.scopes[0].clone();
        m.scopes.push(Scope { name, parent: Some(parent), ..outer });
    }
}

/// Puts an expression where the sample holds a quantity that nothing else depends on.
fn busy(m: &mut Machine, quantity: Quantity) {
    let n = m.exprs.iter().position(|e| matches!(e, Expr::Read(Quantity::Attempts(..)))).unwrap();
    m.exprs[n] = Expr::Read(quantity);
}

fn push(m: &mut Machine, expr: Expr) -> ExprId {
    m.exprs.push(expr);
    ExprId(m.exprs.len() as u16 - 1)
}

#[test]
fn the_sample_is_sound() {
    assert_eq!(verify(&sample::machine()), Ok(()));
}

#[test]
fn every_expression_has_its_type() {
    let types = types(&sample::machine()).unwrap();
    assert_eq!(types[at::SEGMENT], sample::SEGMENT);
    assert_eq!(types[at::BALANCE..=at::LOW], [Type::Money, Type::Money, Type::Bool]);
    assert_eq!(types[at::TONE], Type::Tone);
    assert_eq!(types[at::RATE - 1..=at::RATE], [Type::Rate, Type::Rate]);
}

refused! {
    names {
        "text 60000" <= |m| m.facts[0].name = NO_TEXT;
        "text 60000" <= |m| m.params[0].name = NO_TEXT;
        "text 60000" <= |m| m.vars[0].name = NO_TEXT;
        "text 60000" <= |m| m.templates[0].name = NO_TEXT;
        "text 60000" <= |m| m.stages[0].name = NO_TEXT;
        "text 60000" <= |m| m.stages[0].title = NO_TEXT;
        "text 60000" <= |m| m.scopes[0].name = NO_TEXT;
        "text 60000" <= |m| m.scopes[0].title = NO_TEXT;
        "text 60000" <= |m| m.watches[0].name = NO_TEXT;
        "text 60000" <= |m| m.tables[0].name = NO_TEXT;
        "text 60000" <= |m| m.tables[0].columns[0].0 = NO_TEXT;
        "text 60000" <= |m| m.dated[0].name = NO_TEXT;
        "text 60000" <= |m| m.rules[0].name = NO_TEXT;
        "text 60000" <= |m| m.rules[1].law = Some(NO_TEXT);
        "text 60000" <= |m| m.enums[6].name = NO_TEXT;
        "text 60000" <= |m| m.enums[6].values[0] = NO_TEXT;
        "text 60000" <= |m| m.events[0].params[0].name = NO_TEXT;
        "is there twice" <= |m| m.texts[1] = m.texts[0].clone();
        "is there twice" <= |m| m.facts[1].name = m.facts[0].name;
        "is there twice" <= |m| m.stages[1].name = m.stages[0].name;
        "is there twice" <= |m| m.enums[6].values[1] = m.enums[6].values[0];
        "has no values" <= |m| m.enums[6].values.clear();
        "line 0" <= |m| m.rules[0].line = 0;
        "file 7" <= |m| m.rules[0].file = 7;
    }
    built_ins {
        "the channels: they do not begin with letter" <= |m| m.channels.swap(0, 1);
        "the channels" <= |m| m.channels.truncate(3);
        "at most 32" <= |m| m.channels.extend((0..40).map(TextId));
        "the tones" <= |m| m.tones.swap(0, 1);
        "`payment` is not that of the language" <= |m| m.events.swap(0, 1);
        "`payment` is not that of the language" <= |m| m.events[0].params[0].ty = Type::Number;
        "`payment` is not that of the language" <= |m| m.events[0].params[0].required = false;
        "missing" <= |m| m.events.truncate(5);
        "`debtor_kind` is not that of the language" <= |m| m.enums.swap(0, 1);
        "missing" <= |m| m.enums.truncate(2);
    }
    the_head {
        "no currency" <= |m| m.currencies.clear();
        "no time zone" <= |m| m.zones.clear();
        "the day begins" <= |m| m.day_begins = 86_400;
        "weekends" <= |m| m.calendars.clear();
        "weekends" <= |m| m.calendars.swap(0, 1);
        "weekends" <= |m| m.calendars[0].weekend = Weekdays::NONE;
        "no year has" <= |m| m.calendars[1].holidays[0].day = dunlin_machine::value::DayRule::Fixed { month: 13, day: 1 };
        "calendar 9" <= |m| m.calendar = CalendarChoice::One(CalendarId(9));
        "order of their suffixes" <= |m| if let CalendarChoice::By { choices, .. } = &mut m.calendar { choices.push(choices[0].clone()) };
        "calendar 9" <= |m| if let CalendarChoice::By { otherwise, .. } = &mut m.calendar { *otherwise = CalendarId(9) };
        "expression 60000" <= |m| if let CalendarChoice::By { key, .. } = &mut m.calendar { *key = NO_EXPR };
        "where a text is needed" <= |m| if let CalendarChoice::By { key, .. } = &mut m.calendar { *key = ExprId(at::SEGMENT as u16) };
        "the limits" <= |m| m.limits.holds = 0;
    }
    values {
        "enumeration 99" <= |m| m.facts[0].ty = Type::Enum(EnumId(99));
        "3 is not a `segment`" <= |m| m.facts[0].default = Some(3);
        "above its bound" <= |m| m.facts[1].default = Some(101);
        "below its bound" <= |m| m.facts[1].default = Some(-1);
        "wrong way round" <= |m| m.facts[1].bounds = Some((Some(1), Some(0)));
        "has no bounds" <= |m| m.facts[0].bounds = Some((None, Some(1)));
        "above its bound" <= |m| m.params[0].value = sample::duration(29).pack();
        "is no amount, but has values by currency" <= |m| m.params[0].further = m.params[1].further.clone();
        "3 amounts for 2 currencies" <= |m| m.params[1].further.push(FurtherParam { value: 9, bounds: None });
        "above its bound" <= |m| m.params[1].further[0].bounds = Some((0, 119));
        "is not a duration" <= |m| m.params[0].value = 7;
        "is not a duration" <= |m| m.params[0].value = sample::duration(1).pack() - 8;
        "enumeration 99" <= |m| m.vars[0].ty = Type::Enum(EnumId(99));
        "event 60000" <= |m| m.kept[0].event = EventId(NONE16);
        "parameter 9" <= |m| m.kept[0].param = 9;
        "kept twice" <= |m| m.kept.push(m.kept[0]);
        "event 60000" <= |m| m.noted[0].event = EventId(NONE16);
        "noted twice" <= |m| m.noted.push(m.noted[0].clone());
        "parameter 9" <= |m| m.noted[1].is[0].0 = 9;
        "9 is not a `resolution`" <= |m| m.noted[1].is[0].1 = 9;
    }
    tables {
        "rule 60000" <= |m| m.tables[0].rows[0].rule = NO_RULE;
        "1 patterns for 2 columns" <= |m| m.tables[0].rows[0].patterns.truncate(1);
        "9 is not a `segment`" <= |m| m.tables[0].rows[0].patterns[0] = Pattern::OneOf(vec![9]);
        "wrong way round" <= |m| m.tables[0].rows[0].patterns[1] = Pattern::Between(Some(2), Some(1));
        "has no bounds" <= |m| m.tables[0].rows[0].patterns[0] = Pattern::Between(Some(0), None);
        "has no currency" <= |m| m.tables[0].rows[0].patterns[0] = Pattern::Amounts(vec![(None, None); 2]);
        "no rows" <= |m| m.tables[0].rows.clear();
        "does not stand before it" <= |m| m.tables[0].rows[0].result = NO_EXPR;
        "does not stand before it" <= |m| m.tables[0].rows[0].result = ExprId(at::TONE as u16);
        "where a tone is needed" <= |m| m.tables[0].rows[0].result = ExprId(at::SEGMENT as u16);
        "enumeration 99" <= |m| m.tables[0].result = Type::Enum(EnumId(99));
        "no rows" <= |m| m.dated[0].rows.clear();
        "order of their days" <= |m| m.dated[0].rows.swap(0, 1);
        "2 is not a yes or no" <= |m| { m.dated[0].ty = Type::Bool; m.dated[0].rows[0].1 = 2 };
    }
    scales {
        "text 60000" <= |m| m.scales[0].name = NO_TEXT;
        "no rows" <= |m| m.scales[0].versions.clear();
        "order of their days" <= |m| m.scales[0].versions.swap(0, 1);
        "order of their days" <= |m| m.scales[0].versions[1].from = None;
        "rule 60000" <= |m| scale(m).rule = NO_RULE;
        "rule 60000" <= |m| scale(m).parts[0].rule = NO_RULE;
        "no size" <= |m| scale(m).parts[0].part = 0;
        "do not rise" <= |m| scale(m).parts[0].to = Some(50_000);
        "do not rise" <= |m| scale(m).parts[0].to = None;
        "fee scale 60000" <= |m| m.exprs[at::FEE] = Expr::Scale(ScaleId(NONE16), ExprId(at::BALANCE as u16), None);
        "where an amount is needed" <= |m| m.exprs[at::FEE] = Expr::Scale(ScaleId(0), ExprId(0), None);
        "where a date is needed" <= |m| m.exprs[at::FEE] = Expr::Scale(ScaleId(0), ExprId(at::BALANCE as u16), Some(ExprId(0)));
        "1 amounts for 2 currencies" <= |m| m.exprs[at::AMOUNTS] = Expr::Amounts(vec![5_000]);
        "1 amounts for 2 currencies" <= |m| m.exprs[at::AMOUNTS] = Expr::InCurrency(vec![ExprId(0)]);
        "where an amount is needed" <= |m| m.exprs[at::AMOUNTS] = Expr::InCurrency(vec![ExprId(at::TONE as u16); 2]);
    }
    expressions {
        "fact 60000" <= |m| m.exprs[at::SEGMENT] = Expr::Fact(FactId(NONE16));
        "parameter 60000" <= |m| m.exprs[at::BALANCE] = Expr::Param(ParamId(NONE16));
        "variable 60000" <= |m| m.exprs[at::BALANCE] = Expr::Var(VarId(NONE16));
        "kept value 60000" <= |m| m.exprs[at::BALANCE] = Expr::Kept(NONE16);
        "dated value 60000" <= |m| m.exprs[at::BALANCE] = Expr::Dated(DatedId(NONE16), None);
        "table 60000" <= |m| m.exprs[at::TONE] = Expr::Table(TableId(NONE16), vec![]);
        "1 values to a table of 2 columns" <= |m| m.exprs[at::TONE] = Expr::Table(TableId(0), vec![ExprId(0)]);
        "does not stand before it" <= |m| m.exprs[at::LOW] = Expr::Not(ExprId(at::LOW as u16));
        "does not stand before it" <= |m| m.exprs[at::LOW] = Expr::Not(NO_EXPR);
        "always known" <= |m| { push(m, Expr::Known(ExprId(1))); };
        "calendar 60000" <= |m| { push(m, Expr::NextWorkingDay(ExprId(0), Some(CalendarId(NONE16)))); };
        "channel 9" <= |m| busy(m, Quantity::Reachable(ChannelId(9)));
        "channel 9" <= |m| busy(m, Quantity::Consent(ChannelId(9)));
        "channel 9" <= |m| busy(m, Quantity::Barred(ChannelId(9)));
        "channel 9" <= |m| busy(m, Quantity::Attempts(ChannelId(9), ExprId(0)));
        "template 9" <= |m| busy(m, Quantity::Sent(TemplateId(9)));
        "template 9" <= |m| busy(m, Quantity::FirstSent(TemplateId(9)));
        "template 9" <= |m| busy(m, Quantity::LastSent(TemplateId(9)));
        "noted event 9" <= |m| busy(m, Quantity::Had(9));
        "stage 9" <= |m| busy(m, Quantity::In(vec![StageId(0), StageId(9)]));
        "stage 9" <= |m| busy(m, Quantity::BeenIn(vec![StageId(9)]));
        "text 60000" <= |m| busy(m, Quantity::CostsOf(NO_TEXT));
    }
    types_of_operands {
        "is a `segment` where a yes or no is needed" <= |m| { push(m, Expr::Not(ExprId(0))); };
        "is a `segment` where an amount is needed" <= |m| { push(m, Expr::Compare(Comparison::Equal, ExprId(at::BALANCE as u16), ExprId(0))); };
        "a `segment` is not larger or smaller" <= |m| { push(m, Expr::Compare(Comparison::Less, ExprId(0), ExprId(0))); };
        "a `segment` is not larger or smaller" <= |m| { push(m, Expr::Min(ExprId(0), ExprId(0))); };
        "a `segment` cannot be added" <= |m| { push(m, Expr::Add(ExprId(0), ExprId(0))); };
        "a `segment` cannot be multiplied" <= |m| { push(m, Expr::Multiply(ExprId(0), ExprId(0))); };
        "is an amount where a number is needed" <= |m| { push(m, Expr::Multiply(ExprId(at::BALANCE as u16), ExprId(at::BALANCE as u16))); };
        "by their units" <= |m| { push(m, Expr::Compare(Comparison::Equal, ExprId(15), ExprId(15))); };
        "is an amount where a duration is needed" <= |m| { push(m, Expr::CompareDurations(Comparison::Less, ExprId(15), ExprId(at::BALANCE as u16))); };
        "where a rate is needed" <= |m| { push(m, Expr::TimesRate(ExprId(at::BALANCE as u16), ExprId(at::BALANCE as u16))); };
        "where a date is needed" <= |m| { push(m, Expr::DatePlus(ExprId(at::BALANCE as u16), ExprId(15))); };
        "where a duration is needed" <= |m| { push(m, Expr::DateMinus(ExprId(18), ExprId(18))); };
        "where a date is needed" <= |m| { push(m, Expr::DaysBetween(ExprId(18), ExprId(15))); };
        "where a date is needed" <= |m| { push(m, Expr::EndOfMonth(ExprId(15))); };
        "where a date is needed" <= |m| { push(m, Expr::Weekday(ExprId(15))); };
        "where a date is needed" <= |m| { push(m, Expr::Dated(DatedId(0), Some(ExprId(15)))); };
        "where a number is needed" <= |m| { push(m, Expr::Table(TableId(0), vec![ExprId(0), ExprId(0)])); };
        "where a duration is needed" <= |m| { push(m, Expr::Read(Quantity::PaidWithin(ExprId(0)))); };
        "is a yes or no where an amount is needed" <= |m| { push(m, Expr::If(ExprId(at::LOW as u16), ExprId(at::BALANCE as u16), ExprId(at::LOW as u16))); };
        "is not a tone" <= |m| m.exprs[8] = Expr::Const(5);
        "is not a span of hours" <= |m| m.exprs[at::HOURS] = Expr::Const(86_401);
        "is not a duration" <= |m| m.exprs[16] = Expr::Const(6);
    }
    places_of_expressions {
        "variable 0" <= |m| m.vars[0].start = NO_EXPR;
        "comes later" <= |m| m.vars[0].start = ExprId(2);
        "where a number is needed" <= |m| m.vars[0].start = ExprId(0);
        "outside a trigger" <= |m| { let c = m.triggers[2].when; m.contact.nevers[0].1 = c.unwrap() };
        "outside the rules for interest" <= |m| { let due = push(m, Expr::Read(Quantity::ClaimDue)); m.triggers[0].on = On::Date { date: due, offset: None, before: false } };
        "depends on the calendar" <= |m| { let text = push(m, Expr::If(ExprId(at::LOW as u16), ExprId(20), ExprId(20))); m.calendar = CalendarChoice::By { key: text, choices: vec![], otherwise: CalendarId(0) } };
        "changes while the case runs" <= |m| m.ledger.interest.as_mut().unwrap().rate = { m.exprs.push(Expr::If(ExprId(at::LOW as u16), ExprId(13), ExprId(13))); ExprId(m.exprs.len() as u16 - 1) };
        "interest rule 0 (acme.dun:10)" <= |m| m.ledger.interest.as_mut().unwrap().rate = ExprId(at::BALANCE as u16);
        "where a date is needed" <= |m| m.ledger.interest.as_mut().unwrap().from = InterestFrom::Date(ExprId(0));
        "where a rate is needed" <= |m| m.ledger.costs_up_to = Some(CostCap::OfPrincipal(ExprId(0)));
        "where an amount is needed" <= |m| m.ledger.costs_up_to = Some(CostCap::Money(ExprId(0)));
        "where a yes or no is needed" <= |m| m.ledger.settled = ExprId(0);
        "`settled when` 0" <= |m| m.ledger.settled = NO_EXPR;
        "where a yes or no is needed" <= |m| m.contact.nevers[0].1 = ExprId(0);
        "where a yes or no is needed" <= |m| m.triggers[0].when = Some(ExprId(0));
        "where a yes or no is needed" <= |m| m.whenevers[0].when = Some(ExprId(0));
        "where a yes or no is needed" <= |m| m.watches[0].when = Some(ExprId(0));
        "where a duration is needed" <= |m| m.triggers[0].on = On::After(ExprId(0));
        "where a duration is needed" <= |m| m.triggers[0].on = On::Every { every: ExprId(0), at_most: None };
        "where a yes or no is needed" <= |m| m.triggers[0].on = On::AsSoonAs(ExprId(0));
        "where a date is needed" <= |m| m.triggers[0].on = On::Date { date: ExprId(0), offset: None, before: true };
        "where a duration is needed" <= |m| m.triggers[0].on = On::Date { date: ExprId(18), offset: Some(ExprId(0)), before: true };
    }
    rules {
        "that a case opens in" <= |m| { m.stages.clear(); };
        "that a case opens in" <= |m| m.stages.swap(0, 1);
        "rule 60000" <= |m| m.stages[0].rule = NO_RULE;
        "group 9" <= |m| m.stages[0].scope = Some(ScopeId(9));
        "rule 60000" <= |m| m.whenevers[0].rule = NO_RULE;
        "event 60000" <= |m| m.whenevers[0].event.event = EventId(NONE16);
        "parameter 9" <= |m| m.whenevers[0].event.is.push((9, 0));
        "is not a text" <= |m| m.whenevers[0].event.is.push((0, -1));
        "rule 60000" <= |m| m.watches[0].rule = NO_RULE;
        "rule 60000" <= |m| m.triggers[0].rule = NO_RULE;
        "waits for a move" <= |m| m.triggers[3].on = On::Move;
        "or an effect" <= |m| m.triggers[3].on = On::Effect(EffectKind::Send);
        "no month has" <= |m| m.triggers[0].on = On::EveryMonth { day: 32, at_most: None };
        "never acts" <= |m| m.triggers[0].on = On::EveryMonth { day: 1, at_most: Some(0) };
        "never acts" <= |m| m.triggers[2].on = On::EveryWorkingDay { at_most: Some(0) };
        "whether its body moves" <= |m| m.triggers[0].moves = false;
        "whether its body moves" <= |m| m.triggers[1].moves = true;
        "whether its body moves" <= |m| m.triggers[5].moves = false;
        "whether its body moves" <= |m| { let body = m.whenevers[2].body; m.whenevers[2].body = Span::default(); m.triggers[4].body = body };
    }
    openings {
        "rule 60000" <= |m| m.starts[0].rule = NO_RULE;
        "stage 9" <= |m| m.starts[0].stage = StageId(9);
        "in an outcome" <= |m| m.starts[0].stage = StageId(1);
        "start 0 (acme.dun:10): expression 0 is a `segment`" <= |m| m.starts[0].when = Some(ExprId(0));
        "outside a trigger" <= |m| { let changed = m.triggers[2].when; m.starts[0].when = changed };
    }
    scopes {
        "group 0: what is around it" <= |m| m.scopes[0].parent = Some(ScopeId(0));
        "group 0: what is around it" <= |m| m.scopes[0].parent = Some(ScopeId(1));
        "group 1: what is around it" <= |m| m.scopes[1].parent = Some(ScopeId(9));
        "deeper than 64" <= |m| nested_procedures(m, 63);
        "stage 9" <= |m| m.scopes[1].first = Some(StageId(9));
        "its first stage, 0, does not stand in it" <= |m| m.scopes[1].first = Some(StageId(0));
        "more than set variables" <= |m| { let entry = m.stages[2].entry; m.stages[2].entry = m.scopes[1].entry; m.scopes[1].entry = entry };
        "rule 60000" <= |m| m.scopes[1].leaving[0].rule = NO_RULE;
        "rule 60000" <= |m| m.stages[2].leaving[0].rule = NO_RULE;
        "no way out" <= |m| m.stages[2].leaving[0].ways = Ways::To(vec![]);
        "stage 9" <= |m| m.stages[2].leaving[0].ways = Ways::To(vec![StageId(9)]);
        "no exits" <= |m| m.stages[2].leaving[0].ways = Ways::Otherwise;
        "no exits" <= |m| m.scopes[0].leaving.push(Leaving { rule: RuleId(0), ways: Ways::Otherwise, body: Span::default() });
        "`leaving` block moves" <= |m| *does(m, 16) = Does::Move(Target::Itself);
        "`leaving` block moves" <= |m| *does(m, 17) = Does::Move(Target::LastStage);
        "`leaving` block asks" <= |m| { std::mem::swap(&mut m.scopes[1].leaving[1].body, &mut m.whenevers[2].body); *does(m, 31) = Does::CancelPlan };
        "group 9" <= |m| *exit(m).0 = ScopeId(9);
        "leaves group 0" <= |m| *exit(m).0 = ScopeId(0);
        "leaves group 1" <= |m| m.scopes[1].first = None;
        "leaves group 1" <= |m| { let body = m.triggers[5].body; m.triggers[5].body = m.whenevers[1].body; m.whenevers[1].body = body };
        "an exit leads nowhere" <= |m| *does(m, 15) = Does::CancelPlan;
        "text 60000" <= |m| *exit(m).1 = NO_TEXT;
        "does not stand after it" <= |m| exit(m).2.first = 14;
    }
    plans {
        "text 60000" <= |m| m.plans[0].name = NO_TEXT;
        "is there twice" <= |m| { let mut more = m.plans[0].clone(); for block in [&mut more.notice, &mut more.on_missed, &mut more.on_completed, &mut more.on_breached] { *block = Span::default() } m.plans.push(more) };
        "rule 60000" <= |m| m.plans[0].rule = NO_RULE;
        "0 to 24 instalments" <= |m| m.plans[0].instalments.0 = 0;
        "2 to 1 instalments" <= |m| m.plans[0].instalments.1 = 1;
        "no days" <= |m| m.plans[0].rhythm = Duration::new(48, Unit::Hours).unwrap();
        "no month has" <= |m| m.plans[0].due_on.push(32);
        "no month has" <= |m| m.plans[0].due_on.push(0);
        "before an instalment is missed" <= |m| m.plans[0].breach_missed = Some(0);
        "before an instalment is missed" <= |m| m.plans[0].breach_consecutive = Some(0);
        "has no channel" <= |m| m.plans[0].sign_by = Some(Channels(0));
        "channel 31" <= |m| m.plans[0].sign_by = Some(Channels(1 << 31));
        "its notice is not a message" <= |m| { let notice = m.plans[0].notice; m.plans[0].notice = m.plans[0].on_missed; m.plans[0].on_missed = notice };
        "one of its blocks moves" <= |m| *does(m, 19) = Does::Move(Target::Itself);
        "one of its blocks moves" <= |m| { let body = m.plans[0].on_missed; m.plans[0].on_missed = m.whenevers[2].body; m.whenevers[2].body = body };
        "where a yes or no is needed" <= |m| m.plans[0].offer_when = Some(ExprId(0));
        "where a rate is needed" <= |m| m.plans[0].over = Some(ExprId(0));
        "where an amount is needed" <= |m| m.plans[0].at_least = Some(ExprId(0));
        "where a duration is needed" <= |m| m.plans[0].first_within = Some(ExprId(0));
        "where a duration is needed" <= |m| m.plans[0].grace = Some(ExprId(0));
        "where a duration is needed" <= |m| m.plans[0].breach_overdue = Some(ExprId(0));
        "outside a trigger" <= |m| { let changed = m.triggers[2].when; m.plans[0].offer_when = changed };
    }
    guarantees {
        "rule 60000" <= |m| m.guarantees[0].rule = NO_RULE;
        "text 60000" <= |m| m.guarantees[0].text = NO_TEXT;
        "text 60000" <= |m| if let Promised::NeverAction { action, .. } = promised(m, 0) { action.object = Some(NO_TEXT) };
        "by no channel" <= |m| if let Promised::NeverAction { action, .. } = promised(m, 0) { action.by = Channels(0) };
        "where a yes or no is needed" <= |m| if let Promised::NeverAction { during, .. } = promised(m, 0) { *during = ExprId(0) };
        "where a yes or no is needed" <= |m| if let Promised::Never { condition, .. } = promised(m, 1) { *condition = ExprId(0) };
        "where a yes or no is needed" <= |m| if let Promised::Never { during, .. } = promised(m, 1) { *during = ExprId(0) };
        "by no channel" <= |m| if let Promised::AtMostContacts { by, .. } = promised(m, 2) { *by = Channels(0) };
        "where a number is needed" <= |m| if let Promised::AtMostContacts { count, .. } = promised(m, 2) { *count = ExprId(0) };
        "where a duration is needed" <= |m| if let Promised::AtMostContacts { within, .. } = promised(m, 2) { *within = ExprId(0) };
        "where a number is needed" <= |m| if let Promised::AtLeastBefore { count, .. } = promised(m, 3) { *count = ExprId(0) };
        "stage 9" <= |m| if let Promised::AtLeastBefore { first, .. } = promised(m, 3) { *first = Milestone::Stage(vec![StageId(9)]) };
        "no stage" <= |m| if let Promised::AtLeastBefore { then, .. } = promised(m, 3) { *then = Milestone::Stage(vec![]) };
        "stage 9" <= |m| if let Promised::Before { then, .. } = promised(m, 4) { *then = Milestone::Stage(vec![StageId(9)]) };
        "text 60000" <= |m| if let Promised::Before { first: Milestone::Action(action), .. } = promised(m, 4) { action.object = Some(NO_TEXT) };
        "where a duration is needed" <= |m| if let Promised::AtLeastTime { duration, .. } = promised(m, 5) { *duration = ExprId(0) };
        "stage 9" <= |m| if let Promised::AtLeastTime { from, .. } = promised(m, 5) { *from = Milestone::Stage(vec![StageId(9)]) };
        "stage 9" <= |m| if let Promised::AtLeastTime { to, .. } = promised(m, 5) { *to = Milestone::Stage(vec![StageId(9)]) };
        "no stage" <= |m| if let Promised::SilentReaches { stages, .. } = promised(m, 6) { stages.clear() };
        "stage 9" <= |m| if let Promised::SilentReaches { stages, .. } = promised(m, 6) { stages.push(StageId(9)) };
        "where a duration is needed" <= |m| if let Promised::SilentReaches { within, .. } = promised(m, 6) { *within = ExprId(0) };
        "where a duration is needed" <= |m| *promised(m, 7) = Promised::SilentEnds { within: ExprId(0) };
        "where a duration is needed" <= |m| *promised(m, 8) = Promised::EveryEnds { within: ExprId(0) };
        "where a duration is needed" <= |m| *promised(m, 9) = Promised::EveryNoticeGrants(ExprId(0));
        "guarantee 10 (acme.dun:10)" <= |m| *promised(m, 10) = Promised::CostsAtMost(ExprId(0));
    }
    runs {
        "there are only" <= |m| m.stages[0].triggers = Span { first: 6, len: 2 };
        "there are only" <= |m| m.stages[0].entry = Span { first: u16::MAX, len: u16::MAX };
        "belongs to another too" <= |m| m.stages[0].triggers.len = 2;
        "belongs to another too" <= |m| m.whenevers[0].body.len = 3;
        "belongs to nobody" <= |m| m.watches.truncate(1);
        "belongs to nobody" <= |m| m.whenevers[1].body.len = 0;
        "does not stand after it" <= |m| if let Does::If { then, .. } = does(m, 3) { *then = Span { first: 3, len: 1 } };
        "does not stand after it" <= |m| if let Does::If { otherwise, .. } = does(m, 3) { otherwise.first = 0 };
        "belongs to another too" <= |m| if let Does::If { otherwise, .. } = does(m, 3) { otherwise.first = 4 };
    }
    actions {
        "rule 60000" <= |m| m.actions[0].rule = NO_RULE;
        "template 9" <= |m| send(m).template = TemplateId(9);
        "by no channel" <= |m| send(m).ways.clear();
        "has no channel" <= |m| send(m).ways[0] = Channels(0);
        "channel 31" <= |m| send(m).ways[0] = Channels(1 << 31);
        "where a tone is needed" <= |m| send(m).tone = Some(ExprId(0));
        "where a duration is needed" <= |m| send(m).payable_within = Some(ExprId(0));
        "text 60000" <= |m| send(m).with[0].0 = NO_TEXT;
        "enumeration 99" <= |m| send(m).with[0].1 = Type::Enum(EnumId(99));
        "is an amount where a rate is needed" <= |m| send(m).with[0].1 = Type::Rate;
        "text 60000" <= |m| call(m).script = NO_TEXT;
        "no attempt" <= |m| call(m).attempts = 0;
        "how far apart" <= |m| call(m).every = None;
        "where a tone is needed" <= |m| call(m).tone = Some(ExprId(0));
        "where a span of hours is needed" <= |m| call(m).hours = Some(ExprId(0));
        "where a duration is needed" <= |m| call(m).every = Some(ExprId(0));
        "text 60000" <= |m| task(m).name = NO_TEXT;
        "text 60000" <= |m| task(m).role = NO_TEXT;
        "text 60000" <= |m| task(m).results.push(NO_TEXT);
        "where a duration is needed" <= |m| task(m).within = ExprId(0);
        "where an amount is needed" <= |m| *does(m, 1) = Does::Charge { amount: ExprId(0), kind: TextId(0), replacing: None };
        "text 60000" <= |m| *does(m, 1) = Does::Charge { amount: ExprId(4), kind: NO_TEXT, replacing: None };
        "text 60000" <= |m| *does(m, 1) = Does::Charge { amount: ExprId(4), kind: TextId(0), replacing: Some(NO_TEXT) };
        "text 60000" <= |m| *does(m, 1) = Does::File { form: NO_TEXT, with: vec![] };
        "text 60000" <= |m| *does(m, 1) = Does::Emit { name: NO_TEXT, with: vec![] };
        "text 60000" <= |m| *does(m, 1) = Does::Waive(Waive::CostsOf(NO_TEXT));
        "where an amount is needed" <= |m| *does(m, 1) = Does::Waive(Waive::Money(ExprId(0)));
        "text 60000" <= |m| *does(m, 1) = Does::Report { party: NO_TEXT, what: TextId(0), message: true };
        "text 60000" <= |m| *does(m, 1) = Does::Report { party: TextId(0), what: NO_TEXT, message: true };
        "what no report is called" <= |m| *does(m, 1) = Does::Report { party: TextId(0), what: TextId(0), message: false };
        "text 60000" <= |m| *does(m, 1) = Does::Alarm(NO_TEXT);
        "text 60000" <= |m| *does(m, 1) = Does::Assign(NO_TEXT);
        "text 60000" <= |m| *does(m, 1) = Does::Resume(NO_TEXT);
        "text 60000" <= |m| *does(m, 1) = Does::Customer { block: true, thing: Some(NO_TEXT) };
        "text 60000" <= |m| *does(m, 1) = Does::Pause { reason: NO_TEXT, ends: HoldEnd::Open, without_interest: false };
        "where a duration is needed" <= |m| *does(m, 1) = Does::Pause { reason: TextId(0), ends: HoldEnd::For(ExprId(0)), without_interest: false };
        "where a date is needed" <= |m| *does(m, 1) = Does::Pause { reason: TextId(0), ends: HoldEnd::Until(ExprId(0)), without_interest: false };
        "variable 9" <= |m| *does(m, 1) = Does::Set { var: VarId(9), value: ExprId(0) };
        "where a number is needed" <= |m| *does(m, 1) = Does::Set { var: VarId(0), value: ExprId(0) };
        "stage 9" <= |m| *does(m, 9) = Does::Move(Target::Stage(StageId(9)));
        "where a yes or no is needed" <= |m| if let Does::If { condition, .. } = does(m, 3) { *condition = ExprId(0) };
        "everybody at once" <= |m| call(m).to = To::All;
        "text 60000" <= |m| call(m).with[0].0 = NO_TEXT;
        "is an amount where a rate is needed" <= |m| call(m).with[0].1 = Type::Rate;
        "text 60000" <= |m| task(m).substitutes[0].0 = NO_TEXT;
        "where a duration is needed" <= |m| task(m).substitutes[0].1 = ExprId(0);
        "where an amount is needed" <= |m| if let Does::Collect { amount, .. } = does(m, 22) { *amount = ExprId(0) };
        "text 60000" <= |m| if let Does::Collect { by, .. } = does(m, 22) { *by = NO_TEXT };
        "brings no money" <= |m| if let Does::Collect { by, .. } = does(m, 22) { *by = TextId(0) };
        "plan 9" <= |m| *does(m, 23) = Does::OfferPlan(PlanId(9));
        "plan 9" <= |m| *does(m, 24) = Does::ActivatePlan(PlanId(9));
        "stage 9" <= |m| *does(m, 27) = Does::Split { part: SplitPart::Disputed, to: StageId(9) };
        "where an amount is needed" <= |m| *does(m, 28) = Does::Split { part: SplitPart::Money(ExprId(0)), to: StageId(0) };
        "text 60000" <= |m| approval(m).name = NO_TEXT;
        "text 60000" <= |m| approval(m).role = NO_TEXT;
        "where a duration is needed" <= |m| approval(m).within = Some(ExprId(0));
        "where a yes or no is needed" <= |m| approval(m).when = Some(ExprId(0));
        "nothing follows" <= |m| { let body = approval(m).body; approval(m).body = Span::default(); approval(m).otherwise = Some(Span { len: 2, ..body }) };
        "does not stand after it" <= |m| approval(m).body.first = 29;
        "belongs to another too" <= |m| approval(m).otherwise = Some(Span { first: 31, len: 1 });
    }
    contact_and_ledger {
        "rule 60000" <= |m| m.contact.allows[0].rule = NO_RULE;
        "rule 60000" <= |m| m.contact.limits[0].rule = NO_RULE;
        "rule 60000" <= |m| m.contact.rests[0].rule = NO_RULE;
        "rule 60000" <= |m| m.contact.consents[0].1 = NO_RULE;
        "rule 60000" <= |m| m.contact.nevers[0].2 = NO_RULE;
        "no channel" <= |m| m.contact.allows[0].channels = Channels(0);
        "no channel" <= |m| m.contact.rests[0].by = Some(Channels(0));
        "weekdays" <= |m| m.contact.allows[1].window.as_mut().unwrap().weekdays = 128;
        "weekdays" <= |m| m.contact.allows[1].window.as_mut().unwrap().weekdays = 0;
        "no year has" <= |m| m.contact.allows[1].window.as_mut().unwrap().except[0] = (2, 30);
        "its hours" <= |m| m.contact.allows[1].window.as_mut().unwrap().hours[0] = (5, 5);
        "its hours" <= |m| m.contact.allows[1].window.as_mut().unwrap().hours[0] = (5, 86_401);
        "its hours" <= |m| m.contact.allows[1].window.as_mut().unwrap().hours.clear();
        "lasts no time" <= |m| m.contact.limits[0].per = Duration::unpack(1).unwrap();
        "lasts no time" <= |m| m.contact.rests[0].rest = Duration::unpack(-7).unwrap();
        "rule 60000" <= |m| m.ledger.settled_rule = NO_RULE;
        "rule 60000" <= |m| m.ledger.interest.as_mut().unwrap().rule = NO_RULE;
        "not in order" <= |m| m.ledger.interest.as_mut().unwrap().changes.swap(0, 1);
        "each of costs, interest and principal once" <= |m| m.ledger.pools.swap_remove(0);
        "each of costs, interest and principal once" <= |m| m.ledger.pools[0] = Pool::Principal;
        "a designation is refused" <= |m| m.ledger.designation = Designation::RefusedOn(vec![]);
        "a designation is refused" <= |m| m.ledger.designation = Designation::RefusedOn(vec![Pool::Costs, Pool::Costs]);
        "text 60000" <= |m| m.ledger.costs_of_up_to[0].0 = NO_TEXT;
        "two bounds" <= |m| m.ledger.costs_of_up_to.push(m.ledger.costs_of_up_to[0]);
        "where an amount is needed" <= |m| m.ledger.costs_of_up_to[0].1 = CostCap::Money(ExprId(0));
        "where a rate is needed" <= |m| m.ledger.costs_of_up_to[0].1 = CostCap::OfPrincipal(ExprId(0));
    }
    limitations {
        "rule 60000" <= |m| limitation(m).rule = NO_RULE;
        "no claim is ever barred" <= |m| limitation(m).periods.clear();
        "rule 60000" <= |m| limitation(m).periods[0].rule = NO_RULE;
        "where a duration is needed" <= |m| limitation(m).periods[0].length = ExprId(0);
        "where a date is needed" <= |m| limitation(m).periods[0].from = PeriodFrom::Date(ExprId(0));
        "where a yes or no is needed" <= |m| limitation(m).periods[0].when = Some(ExprId(0));
        "rule 60000" <= |m| limitation(m).restarts[0].rule = NO_RULE;
        "event 60000" <= |m| limitation(m).restarts[0].on.event = EventId(NONE16);
        "where a yes or no is needed" <= |m| limitation(m).restarts[0].when = Some(ExprId(0));
        "rule 60000" <= |m| limitation(m).suspensions[1].rule = NO_RULE;
        "where a yes or no is needed" <= |m| limitation(m).suspensions[0].days = SuspendedDays::While(ExprId(0));
        "where a yes or no is needed" <= |m| limitation(m).suspensions[1].when = Some(ExprId(0));
        "event 60000" <= |m| if let SuspendedDays::Between { start, .. } = &mut limitation(m).suspensions[1].days { start.event = EventId(NONE16) };
        "event 60000" <= |m| if let SuspendedDays::Between { until, .. } = &mut limitation(m).suspensions[1].days { until.event = EventId(NONE16) };
        "where a duration is needed" <= |m| if let SuspendedDays::Between { delay, .. } = &mut limitation(m).suspensions[1].days { *delay = Some(ExprId(0)) };
        "depends on when it is barred" <= |m| { let date = push(m, Expr::Read(Quantity::LimitationDate)); limitation(m).periods[0].from = PeriodFrom::Date(date) };
        "outside a trigger" <= |m| { let changed = m.triggers[2].when; limitation(m).periods[0].when = changed };
    }
}

/// `not not … dispute open`, that many times.
fn nested(times: u32) -> Machine {
    let mut machine = sample::machine();
    let mut last = push(&mut machine, Expr::Read(Quantity::DisputeOpen));
    for _ in 0..times {
        last = push(&mut machine, Expr::Not(last));
    }
    machine.ledger.settled = last;
    machine
}

#[test]
fn expressions_are_nested_so_deep_and_no_deeper() {
    assert_eq!(verify(&nested(MAX_DEPTH - 1)), Ok(()));
    let said = verify(&nested(MAX_DEPTH)).unwrap_err().to_string();
    assert!(said.contains("nested deeper than 256"), "{said}");
}

#[test]
fn what_doubles_at_every_step_is_refused() {
    let mut machine = sample::machine();
    let mut last = ExprId(at::BALANCE as u16);
    for _ in 0..40 {
        last = push(&mut machine, Expr::Add(last, last));
    }
    let said = verify(&machine).unwrap_err().to_string();
    assert!(said.contains("more than 65536 operations"), "{said}");
    assert!(dunlin_machine::text::expression(&machine, last).len() < 100_000);
}

#[test]
fn a_constant_takes_the_type_of_its_place() {
    let mut machine = sample::machine();
    let business = push(&mut machine, Expr::Const(1));
    let kind = push(&mut machine, Expr::Read(Quantity::DebtorKind));
    let is = push(&mut machine, Expr::Compare(Comparison::Equal, business, kind));
    let two = push(&mut machine, Expr::Const(2));
    push(&mut machine, Expr::Multiply(two, ExprId(at::BALANCE as u16)));
    let types = types(&machine).unwrap();
    assert_eq!(
        [types[business.index()], types[is.index()], types[two.index()]],
        [DEBTOR_KIND, Type::Bool, Type::Number]
    );
}

#[test]
fn a_calendar_may_be_the_only_one() {
    let mut machine = sample::machine();
    machine.calendar = CalendarChoice::One(CalendarId(0));
    machine.calendars = vec![Calendar::weekends_only()];
    assert_eq!(verify(&machine), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// Tables that nobody verified are verified and shown without a panic.
    #[test]
    fn any_tables_have_an_answer(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut body = postcard::to_allocvec(&sample::machine()).unwrap();
        for (at, to) in changes {
            let at = at.index(body.len());
            body[at] = to;
        }
        if let Ok(machine) = postcard::from_bytes::<Machine>(&body) {
            let shown = machine.to_string();
            if let Err(broken) = verify(&machine) {
                prop_assert!(!broken.to_string().is_empty());
            }
            prop_assert!(!shown.is_empty());
        }
    }
}
