//! Lowering, on models made by hand: what is shared, what stands together, what does not fit.

use dunlin_machine::events::{BUILTIN_CHANNELS, BUILTIN_ENUMS, BUILTIN_EVENTS, BUILTIN_TONES, EventParam, EventType};
use dunlin_machine::ir::{
    Approval, CalendarChoice, CalendarId, ClaimOrder, Comparison, Designation, Does, Enumeration, Expr as Form,
    Leaving, LedgerRules, Limits, On, Pattern, Pool, Quantity, Row, Rule, RuleId, ScopeId, StageId, Table, TableId,
    Target, TextId, Type, Ways,
};
use dunlin_machine::value::{Calendar, Currency, Duration, Unit, Zone};

use super::{LowerError, Problem, lower};
use crate::model::{Action, Block, Expr, Model, Scope, Stage, Trigger, Var};

const RULE: RuleId = RuleId(0);

fn expr(node: Form<Expr>, ty: Type) -> Expr {
    Expr { node: Box::new(node), ty }
}

fn number(value: i64) -> Expr {
    expr(Form::Const(value), Type::Number)
}

fn sum(a: Expr, b: Expr) -> Expr {
    expr(Form::Add(a, b), Type::Number)
}

fn reads(table: u16) -> Expr {
    expr(Form::Table(TableId(table), vec![number(1)]), Type::Number)
}

fn balance_below(cents: i64) -> Expr {
    let balance = expr(Form::Read(Quantity::Balance), Type::Money);
    let bound = expr(Form::Const(cents), Type::Money);
    expr(Form::Compare(Comparison::Less, balance, bound), Type::Bool)
}

/// The number of a text, which is added where it is not there yet.
fn text(texts: &mut Vec<String>, name: &str) -> TextId {
    let found = texts.iter().position(|known| known == name);
    let at = found.unwrap_or(texts.len());
    if found.is_none() {
        texts.push(name.to_owned());
    }
    TextId(at as u32)
}

fn events(texts: &mut Vec<String>) -> Vec<EventType> {
    let event = |builtin: &dunlin_machine::events::Builtin| {
        let name = text(texts, builtin.name);
        let params = builtin.params.iter();
        let params =
            params.map(|(name, ty, required)| EventParam { name: text(texts, name), ty: *ty, required: *required });
        EventType { name, params: params.collect() }
    };
    BUILTIN_EVENTS.iter().map(event).collect()
}

fn enums(texts: &mut Vec<String>) -> Vec<Enumeration> {
    let enumeration = |(name, values): &(&str, &[&str])| {
        let name = text(texts, name);
        Enumeration { name, values: values.iter().map(|value| text(texts, value)).collect() }
    };
    BUILTIN_ENUMS.iter().map(enumeration).collect()
}

/// One stage that does nothing.
fn model() -> Model {
    let texts = &mut Vec::new();
    let start = text(texts, "start");
    Model {
        name: "small".to_owned(),
        title: "Small".to_owned(),
        version: 1,
        currencies: vec![Currency::EUR],
        zones: vec![Zone::utc()],
        calendars: vec![Calendar::weekends_only()],
        calendar: CalendarChoice::One(CalendarId(0)),
        day_begins: 0,
        enums: enums(texts),
        channels: BUILTIN_CHANNELS.iter().map(|name| text(texts, name)).collect(),
        tones: BUILTIN_TONES.iter().map(|name| text(texts, name)).collect(),
        facts: vec![],
        params: vec![],
        vars: vec![],
        templates: vec![],
        template_files: None,
        events: events(texts),
        kept: vec![],
        noted: vec![],
        starts: vec![],
        stages: vec![stage(start, vec![], vec![])],
        scopes: vec![],
        plans: vec![],
        whenevers: vec![],
        watches: vec![],
        tables: vec![],
        dated: vec![],
        scales: vec![],
        contact: dunlin_machine::ir::Contact::default(),
        ledger: LedgerRules {
            interest: None,
            pools: vec![Pool::Costs, Pool::Interest, Pool::Principal],
            order: vec![ClaimOrder::OlderFirst],
            each_claim_in_turn: false,
            designation: Designation::Unheard,
            costs_up_to: None,
            costs_of_up_to: vec![],
            limitation: None,
            settled: balance_below(1),
            settled_rule: RULE,
        },
        guarantees: vec![],
        limits: Limits::default(),
        files: vec!["small.dun".to_owned()],
        rules: vec![Rule { file: 0, line: 1, name: start, law: None }],
        tests: vec![],
        own: crate::model::Own::ALL,
        texts: std::mem::take(texts),
    }
}

fn stage(name: TextId, entry: Vec<Action>, triggers: Vec<Trigger>) -> Stage {
    let entry = Block(entry);
    Stage { name, title: name, rule: RULE, outcome: false, scope: None, entry, triggers, leaving: vec![] }
}

fn action(does: Does<Expr, Block>) -> Action {
    Action { rule: RULE, does }
}

fn alarm(n: u32) -> Action {
    action(Does::Alarm(TextId(n)))
}

fn choice(then: Vec<Action>, otherwise: Vec<Action>) -> Action {
    action(Does::If { condition: balance_below(100), then: Block(then), otherwise: Block(otherwise) })
}

fn after_a_week(body: Vec<Action>, moves: bool) -> Trigger {
    let week = Duration::new(1, Unit::Weeks).map_or(0, Duration::pack);
    Trigger { rule: RULE, on: On::After(expr(Form::Const(week), Type::Duration)), when: None, body: Block(body), moves }
}

fn with_vars(starts: Vec<Expr>) -> Model {
    let mut model = model();
    let var = |(n, start): (usize, Expr)| Var { name: TextId(n as u32), ty: start.ty, start };
    model.vars = starts.into_iter().enumerate().map(var).collect();
    model
}

/// Tables of one column, each with a row that gives the expression.
fn with_tables(results: Vec<Expr>) -> Model {
    let mut model = model();
    let table = |(n, result): (usize, Expr)| Table {
        name: TextId(n as u32),
        columns: vec![(TextId(0), Type::Number)],
        result: Type::Number,
        by_day: false,
        verified_until: None,
        rows: vec![Row { rule: RULE, patterns: vec![Pattern::Any], result }],
    };
    model.tables = results.into_iter().enumerate().map(table).collect();
    model
}

fn problem(model: &Model) -> Option<Problem> {
    lower(model).err().map(|error: LowerError| error.problem)
}

#[test]
fn what_is_equal_is_there_once() {
    let machine = lower(&with_vars(vec![sum(number(5), number(5)), sum(number(5), number(5)), number(5)]));
    let vars = machine.map(|m| m.vars.iter().map(|var| var.start.0).collect::<Vec<_>>());
    assert_eq!(vars, Ok(vec![1, 1, 0]));
}

#[test]
fn a_constant_is_one_for_each_type() {
    let machine = lower(&with_vars(vec![
        number(1),
        expr(Form::Const(1), Type::Money),
        expr(Form::Const(1), Type::Bool),
        number(1),
    ]));
    let vars = machine.map(|m| m.vars.iter().map(|var| var.start.0).collect::<Vec<_>>());
    assert_eq!(vars, Ok(vec![0, 1, 2, 0]));
}

#[test]
fn blocks_stand_together_and_behind_their_condition() {
    let mut model = model();
    let inner = choice(vec![alarm(5)], vec![alarm(6), alarm(7)]);
    model.stages[0].entry.0 = vec![alarm(1), choice(vec![alarm(3), inner], vec![alarm(4)]), alarm(2)];
    let machine = lower(&model);
    let named = |action: &dunlin_machine::ir::Action| match &action.does {
        Does::Alarm(name) => format!("{}", name.0),
        Does::If { then, otherwise, .. } => format!("if {:?} else {:?}", then.range(), otherwise.range()),
        other => format!("{other:?}"),
    };
    let actions = machine.as_ref().map(|m| m.actions.iter().map(named).collect::<Vec<_>>());
    let expected = ["1", "if 3..5 else 5..6", "2", "3", "if 6..7 else 7..9", "4", "5", "6", "7"];
    assert_eq!(actions, Ok(expected.map(str::to_owned).to_vec()));
    assert_eq!(machine.map(|m| m.stages[0].entry.range()), Ok(0..3));
}

#[test]
fn blocks_of_every_owner_have_a_place() {
    let mut model = model();
    let body = Block(vec![alarm(1), action(Does::Move(Target::Itself))]);
    let exit = action(Does::Exit { from: ScopeId(0), exit: TextId(2), body });
    let approval = action(Does::Approval(Approval {
        name: TextId(1),
        role: TextId(2),
        within: None,
        when: Some(balance_below(100)),
        body: Block(vec![exit]),
        otherwise: Some(Block(vec![alarm(2)])),
    }));
    let leaving = |ways, body| vec![Leaving { rule: RULE, ways, body: Block(body) }];
    model.scopes = vec![Scope {
        name: TextId(3),
        title: TextId(3),
        parent: None,
        first: Some(StageId(0)),
        entry: Block(vec![]),
        triggers: vec![after_a_week(vec![approval], true)],
        leaving: leaving(Ways::Otherwise, vec![alarm(3)]),
    }];
    model.stages[0].scope = Some(ScopeId(0));
    model.stages[0].leaving = leaving(Ways::Every, vec![alarm(4)]);
    let machine = lower(&model).expect("a machine");
    let inside: Vec<Vec<_>> = machine
        .actions
        .iter()
        .map(|action| action.does.blocks().into_iter().map(|block| block.range()).collect())
        .collect();
    let none = Vec::new;
    let one = |range| std::iter::once(range).collect::<Vec<_>>();
    // The approval with what follows it, the exit inside, its two actions; then the blocks on the way out.
    assert_eq!(inside, [vec![1..2, 2..3], one(3..5), none(), none(), none(), none(), none()]);
    let ways_out = [&machine.scopes[0].leaving, &machine.stages[0].leaving];
    assert_eq!(ways_out.map(|leaving| leaving[0].body.range()), [5..6, 6..7]);
}

#[test]
fn triggers_stand_together_by_their_owner() {
    let mut model = model();
    let move_on = || after_a_week(vec![action(Does::Move(Target::Itself))], true);
    model.stages[0].triggers = vec![move_on(), after_a_week(vec![alarm(1), alarm(2)], false)];
    model.stages.push(stage(TextId(1), vec![alarm(3)], vec![move_on()]));
    let machine = lower(&model);
    let spans = machine.as_ref().map(|m| m.stages.iter().map(|stage| stage.triggers.range()).collect::<Vec<_>>());
    assert_eq!(spans, Ok(vec![0..2, 2..3]));
    let bodies = machine.map(|m| m.triggers.iter().map(|trigger| trigger.body.range()).collect::<Vec<_>>());
    assert_eq!(bodies, Ok(vec![0..1, 1..3, 4..5]));
}

#[test]
fn equal_models_give_equal_bytes() {
    let mut model = with_tables(vec![reads(1), number(3)]);
    model.stages[0].entry.0 = vec![choice(vec![alarm(1)], vec![])];
    let bytes = || lower(&model).map(|machine| machine.to_bytes());
    assert!(bytes().is_ok());
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_table_may_read_one_that_comes_later() {
    assert_eq!(problem(&with_tables(vec![reads(1), number(3)])), None);
}

#[test]
fn a_table_that_reads_itself_is_refused() {
    let name = |name: &str| Some(Problem::TableReadsItself(name.to_owned()));
    assert_eq!(problem(&with_tables(vec![reads(0)])), name("start"));
    assert_eq!(problem(&with_tables(vec![reads(1), reads(0)])), name("start"));
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    let nested = |times| (0..times).fold(number(0), |inner, n| sum(inner, number(n)));
    assert_eq!(problem(&with_vars(vec![nested(255)])), None);
    assert_eq!(problem(&with_vars(vec![nested(256)])), Some(Problem::TooDeep));
}

#[test]
fn what_cannot_be_numbered_is_refused() {
    let mut actions = model();
    actions.stages[0].entry.0 = vec![alarm(1); 65_536];
    assert_eq!(problem(&actions), Some(Problem::TooMany("actions")));
    let mut triggers = model();
    triggers.stages[0].triggers = vec![after_a_week(vec![], false); 65_536];
    assert_eq!(problem(&triggers), Some(Problem::TooMany("triggers")));
    let mut expressions = model();
    let sets =
        (0..65_536).map(|n| action(Does::Waive(dunlin_machine::ir::Waive::Money(expr(Form::Const(n), Type::Money)))));
    expressions.stages[0].entry.0 = sets.take(65_535).collect();
    assert_eq!(problem(&expressions), Some(Problem::TooMany("different expressions")));
}

#[test]
fn a_model_that_contradicts_itself_is_the_fault_of_the_compiler() {
    let mut model = model();
    model.stages[0].entry.0 = vec![action(Does::Move(Target::Stage(dunlin_machine::ir::StageId(7))))];
    let said = lower(&model).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(said.contains("please report it: action 0 (small.dun:1): it names stage 7"), "{said}");
}

#[test]
fn a_case_does_not_open_in_an_outcome() {
    let mut model = model();
    model.stages[0].outcome = true;
    assert_eq!(problem(&model), Some(Problem::OpensInOutcome("start".to_owned())));
}
