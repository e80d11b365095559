//! What a host does: compile or load, open, step, save, restore, and what it is told when something is wrong.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dunlin::machine::value::Instant;
use dunlin::{Case, CaseInput, EventInput, Interpreter, Lines, Run, Sources, Step, Story, Strategy};
use serde_json::Value;

const STRATEGY: &str = r#"
strategy small "Small claims"
version 2
currency EUR
time zone Europe/Berlin
day begins 08:00

facts {
    segment : gold | standard = standard
    score   : number 0..100
}

event complaint(text : text, weight : number)

contact {
    allow email, letter always
    limit 2 per 7 days
}

ledger {
    interest 5 % on principal
    settled when balance <= 1.00 EUR
}

stage reminder "Reminder" {
    send reminder by email else letter tone friendly
    after 7 days when score < 50 -> demand
    after 14 days -> demand
    on complaint when complaint.weight > 5: task answer_complaint for clerk within 3 working days
}

stage demand "Demand" {
    charge 2.50 EUR as dunning
    send demand by letter tone firm payable within 14 days with open = balance
    3 days after deadline -> closed
}

outcome paid   "Paid"
outcome closed "Closed" { report creditor "no payment" }

whenever settled -> paid
whenever dispute {
    pause
    on dispute_resolved: resume
}

test "a silent case is closed" {
    case principal 100.00 EUR due 2025-12-20, score = 70
    open 2026-01-05
    expect send reminder by email on 2026-01-05
    until 2026-02-05
    expect outcome closed
    expect balance 103.10 EUR ± 0.10 EUR
}
"#;

const CASE: &str = r#"{"id": "4711", "opened": "2026-01-05",
 "debtor": {"kind": "consumer", "region": "DE-NW", "channels": {"email": {}, "letter": {}}},
 "claims": [{"id": "R-1", "principal": "100.00", "due": "2025-12-20"}],
 "facts": {"score": 70}}"#;

const EVENTS: &str = r#"{"at": "2026-01-12", "id": "a", "event": "dispute", "reason": "wrong"}
{"at": "2026-01-15T12:00:00+01:00", "id": "b", "event": "dispute_resolved", "result": "rejected"}
{"at": "2026-01-20", "id": "c", "event": "payment", "amount": "30.00"}

{"at": "2026-01-25", "id": "d", "event": "complaint", "text": "loud", "weight": 7}
{"at": "2026-02-01", "id": "e", "event": "payment", "amount": "80.00"}
"#;

fn strategy() -> Strategy {
    dunlin::compile(&Sources::new("small.dun", STRATEGY)).unwrap_or_else(|found| panic!("{found}"))
}

fn events(strategy: &Strategy) -> Vec<EventInput> {
    let currency = strategy.machine().currencies[0];
    EventInput::from_json_lines(strategy, currency, EVENTS).unwrap()
}

#[test]
fn five_verbs_are_enough() {
    let strategy = dunlin::load(&strategy().to_bytes()).unwrap();
    let mut engine = Interpreter::new(&strategy);
    let input = CaseInput::from_json(&strategy, CASE).unwrap();
    let (mut case, outcome) = engine.open(&input, input.at).unwrap();
    assert_eq!(outcome.effects().count(), 1);
    let event = &events(&strategy)[2];
    let at = Instant::parse("2026-01-08T10:00:00+01:00").unwrap();
    engine.step(&mut case, &event.event, at).unwrap();
    assert!(engine.step(&mut case, &event.event, at).unwrap().already_taken);
    let restored = Case::restore(&strategy, &case.save()).unwrap();
    assert_eq!(restored, case);
    assert!(case.save().len() < 600, "{} bytes", case.save().len());
}

#[test]
fn a_refused_step_leaves_the_case_as_it_was() {
    let strategy = strategy();
    let mut engine = Interpreter::new(&strategy);
    let input = CaseInput::from_json(&strategy, CASE).unwrap();
    let (mut case, _) = engine.open(&input, input.at).unwrap();
    let before = case.clone();
    let early = Instant::parse("2026-01-01T10:00:00Z").unwrap();
    let error = engine.advance(&mut case, early).unwrap_err();
    assert!(error.is_refused() && error.is_earlier(), "{error}");
    assert_eq!(case, before);
}

/// A run that is saved and restored before every event, in both forms, and one that never is.
#[test]
fn a_restored_case_goes_on_where_it_was() {
    let strategy = strategy();
    let input = CaseInput::from_json(&strategy, CASE).unwrap();
    let end = Instant::parse("2026-03-31T20:00:00Z").unwrap();
    let mut lines = Vec::new();
    let mut whole = Run::open(&strategy, &input, &mut |step| note(&strategy, &step, &mut lines)).unwrap();
    for event in events(&strategy) {
        whole.event(&event, &mut |step| note(&strategy, &step, &mut lines)).unwrap();
    }
    whole.until(end, &mut |step| note(&strategy, &step, &mut lines)).unwrap();

    let mut again = Vec::new();
    let mut run = Run::open(&strategy, &input, &mut |step| note(&strategy, &step, &mut again)).unwrap();
    for event in events(&strategy) {
        let json = run.case().to_json(&strategy).to_string();
        let from_json = Case::from_json(&strategy, &json).unwrap();
        let from_bytes = Case::restore(&strategy, &run.case().save()).unwrap();
        assert_eq!(from_json, from_bytes);
        assert_eq!(&from_json, run.case());
        run = Run::resume(&strategy, from_json).unwrap();
        run.event(&event, &mut |step| note(&strategy, &step, &mut again)).unwrap();
    }
    run.until(end, &mut |step| note(&strategy, &step, &mut again)).unwrap();
    assert_eq!(run.case(), whole.case());
    assert_eq!(lines, again);
    assert_eq!(whole.case().stage(&strategy), "paid");
}

fn note(strategy: &Strategy, step: &Step<'_>, lines: &mut Vec<Value>) {
    let mut writer = Lines::new(strategy, strategy.machine().currencies[0]);
    if let Ok(outcome) = step.result {
        lines.extend(writer.outcome(step.at, step.case.state(), outcome));
    }
}

#[test]
fn lines_have_the_fields_that_programs_read() {
    let strategy = strategy();
    let input = CaseInput::from_json(&strategy, CASE).unwrap();
    let mut lines = Vec::new();
    let mut run = Run::open(&strategy, &input, &mut |step| note(&strategy, &step, &mut lines)).unwrap();
    let end = Instant::parse("2026-03-31T20:00:00Z").unwrap();
    run.until(end, &mut |step| note(&strategy, &step, &mut lines)).unwrap();
    for line in &lines {
        for field in ["seq", "at", "kind", "stage", "rule", "because"] {
            assert!(line.get(field).is_some(), "{field} is missing in {line}");
        }
    }
    let demand = lines.iter().find(|line| line["template"] == "demand").unwrap();
    assert_eq!(demand["at"], "2026-01-19T08:00:00+01:00");
    assert_eq!((&demand["channel"], &demand["tone"]), (&"letter".into(), &"firm".into()));
    assert_eq!((&demand["deadline"], &demand["params"]["open"]), (&"2026-02-02".into(), &"102.88".into()));
    assert_eq!((&demand["rule"]["file"], &demand["because"]["balance"]), (&"small.dun".into(), &"102.88 EUR".into()));
    let last = Lines::new(&strategy, strategy.machine().currencies[0]).last(run.case().state()).unwrap();
    assert_eq!((&last["kind"], &last["outcome"]), (&"final".into(), &"closed".into()));
    let sum = |name: &str| last[name].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    assert_eq!(sum("balance"), sum("principal") + sum("interest") + sum("costs"));
}

#[test]
fn a_date_alone_is_its_first_instant_or_now() {
    let strategy = strategy();
    let input = CaseInput::from_json(&strategy, CASE).unwrap();
    let currency = strategy.machine().currencies[0];
    let text = "{\"at\": \"2026-01-05\", \"event\": \"payment\", \"amount\": \"1.00\"}\n{\"at\": \"2026-01-06\", \"event\": \"payment\", \"amount\": \"1.00\"}";
    let mut times = Vec::new();
    let mut run = Run::open(&strategy, &input, &mut |_| {}).unwrap();
    for event in EventInput::from_json_lines(&strategy, currency, text).unwrap() {
        run.event(&event, &mut |step| times.push(strategy.instant_words(step.at))).unwrap();
    }
    assert_eq!(times, ["2026-01-05T08:00:00+01:00", "2026-01-06T00:00:00+01:00"]);
}

#[test]
fn what_cannot_be_restored_says_why() {
    let strategy = strategy();
    let input = CaseInput::from_json(&strategy, CASE).unwrap();
    let (case, _) = Interpreter::new(&strategy).open(&input, input.at).unwrap();
    let bytes = case.save();
    for end in 0..bytes.len() {
        let error = Case::restore(&strategy, &bytes[..end]).unwrap_err();
        assert!(error.is_state() && !error.is_other_machine(), "{end}: {error}");
    }
    let json = case.to_json(&strategy).to_string();
    for end in (0..json.len()).filter(|end| json.is_char_boundary(*end)) {
        assert!(Case::from_json(&strategy, &json[..end]).unwrap_err().is_state(), "{end}");
    }
    let text = STRATEGY.replace("version 2", "version 3");
    let other = dunlin::compile(&Sources::new("small.dun", text)).unwrap();
    assert!(Case::restore(&other, &bytes).unwrap_err().is_other_machine());
    assert!(Case::from_json(&other, &json).unwrap_err().is_other_machine());
    assert!(dunlin::load(b"nothing").unwrap_err().is_machine());
}

#[test]
fn every_wrong_number_in_a_case_is_refused_or_harmless() {
    let strategy = strategy();
    let input = CaseInput::from_json(&strategy, CASE).unwrap();
    let (case, _) = Interpreter::new(&strategy).open(&input, input.at).unwrap();
    let end = Instant::parse("2026-03-31T20:00:00Z").unwrap();
    let json = case.to_json(&strategy);
    let mut places = Vec::new();
    numbers(&json, String::new(), &mut places);
    assert!(places.len() > 30);
    for place in places {
        for wrong in [-1i64, 255, 65_535, i64::MAX] {
            let mut changed = json.clone();
            *changed.pointer_mut(&place).unwrap() = wrong.into();
            // Whatever comes of it, nothing panics.
            if let Ok(case) = Case::from_json(&strategy, &changed.to_string())
                && let Ok(mut run) = Run::resume(&strategy, case)
            {
                let _ = run.until(end, &mut |step| {
                    let _ = Story::new(&strategy, strategy.machine().currencies[0]).tell(&step);
                });
            }
        }
    }
}

fn numbers(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(path),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| numbers(item, format!("{path}/{at}"), found))
        }
        Value::Object(fields) => fields.iter().for_each(|(name, item)| numbers(item, format!("{path}/{name}"), found)),
        _ => {}
    }
}

#[test]
fn tests_of_a_strategy_pass_and_fail() {
    let checked = dunlin::check(&Sources::new("small.dun", STRATEGY));
    let (strategy, model) = (checked.strategy.unwrap(), checked.model.unwrap());
    let tested = dunlin::run_test(&strategy, &model, &model.tests[0]);
    assert_eq!(tested.failure, None);
    let wrong = STRATEGY.replace("on 2026-01-05", "on 2026-01-06");
    let checked = dunlin::check(&Sources::new("small.dun", wrong));
    let (strategy, model) = (checked.strategy.unwrap(), checked.model.unwrap());
    let failure = dunlin::run_test(&strategy, &model, &model.tests[0]).failure.unwrap();
    assert_eq!(failure.found, "send reminder by email, tone friendly on 2026-01-05");
}

/// The lines of a case after some events.
fn lines_after(strategy: &Strategy, case: &str, events: &str) -> Vec<Value> {
    let currency = strategy.machine().currencies[0];
    let (mut lines, mut told) = (Lines::new(strategy, currency), Vec::new());
    let mut note = |step: &Step<'_>| {
        told.extend(step.result.map(|outcome| lines.outcome(step.at, step.case.state(), outcome)).unwrap_or_default());
    };
    let input = CaseInput::from_json(strategy, case).unwrap();
    let mut run = Run::open(strategy, &input, &mut |step| note(&step)).unwrap();
    for event in EventInput::from_json_lines(strategy, currency, events).unwrap() {
        run.event(&event, &mut |step| note(&step)).unwrap();
    }
    told
}

#[test]
fn effects_name_the_claims_that_they_leave_out() {
    let text = "strategy s \"S\" currency EUR time zone Europe/Berlin \
                stage first { send demand by letter  on hardship { charge 5 EUR as dunning  file order } } \
                outcome done whenever settled -> done";
    let strategy = dunlin::compile(&Sources::new("s.dun", text)).unwrap_or_else(|found| panic!("{found}"));
    let case = r#"{"id": "1", "opened": "2026-01-05", "debtor": {},
        "claims": [{"id": "A", "principal": "10.00", "due": "2025-12-20"}, {"id": "B", "principal": "20.00", "due": "2025-12-20"}]}"#;
    let events = r#"{"at": "2026-01-06", "event": "dispute", "claim": "B"}
        {"at": "2026-01-06", "event": "claim_added", "claim": "C", "principal": "1.00", "due": "2026-01-02"}
        {"at": "2026-01-07", "event": "hardship"}"#;
    let lines = lines_after(&strategy, case, events);
    let of = |kind: &str| lines.iter().find(|line| line["effect"] == kind).unwrap();
    assert_eq!(of("send").get("without"), None);
    assert_eq!(of("charge")["without"], serde_json::json!(["B"]));
    assert_eq!(of("file")["without"], serde_json::json!(["B", "C"]));
}

#[test]
fn what_an_event_corrects_is_noted() {
    let text = "strategy s \"S\" currency EUR time zone Europe/Berlin \
                stage first { file order  on served -> second } stage second { 3 days after served.on -> third } \
                stage third { on claim_withdrawn -> done } outcome done whenever settled -> done";
    let strategy = dunlin::compile(&Sources::new("s.dun", text)).unwrap_or_else(|found| panic!("{found}"));
    let case = r#"{"id": "1", "opened": "2026-01-05", "debtor": {}, "title": true,
        "claims": [{"id": "A", "principal": "10.00", "due": "2025-12-20"}]}"#;
    let events = r#"{"at": "2026-01-06", "event": "served", "on": "2026-01-06"}
        {"at": "2026-01-12", "event": "served", "on": "2026-01-08"}
        {"at": "2026-01-13", "id": "p", "event": "payment", "amount": "12.00"}
        {"at": "2026-01-14", "event": "payment_returned", "of": "p"}"#;
    let lines = lines_after(&strategy, case, events);
    let notes: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "note").collect();
    assert_eq!(notes.len(), 2, "{notes:#?}");
    assert_eq!((&notes[0]["fired_for"], &notes[0]["now"]), (&"2026-01-09".into(), &"2026-01-11".into()));
    assert_eq!(notes[0]["rule"]["name"], "3 days after served.on -> third");
    assert_eq!((&notes[1]["note"], &notes[1]["amount"]), (&"refunded".into(), &"2.00".into()));
}

const POSTAGE: &str = r#"
strategy parcels
currency EUR
time zone Europe/Berlin
postage = value : money verified until 2026-12-31 { from 2025-01-01 => 0.95 EUR }
stage reminder {
    charge postage as dunning
    after 1 month -> self
    on recalled -> closed
}
outcome closed
"#;

/// What the case owes for letters at the end of the day.
fn costs(strategy: &Strategy, case: &mut Case, day: &str) -> String {
    let at = Instant::parse(&format!("{day}T23:00:00+01:00")).unwrap();
    let outcome = Interpreter::new(strategy).advance(case, at).unwrap();
    let lines = Lines::new(strategy, dunlin::machine::value::Currency::EUR).outcome(at, case.state(), &outcome);
    lines.last().map(|line| line["statement"].to_string()).unwrap()
}

#[test]
fn later_figures_go_on_with_the_same_strategy_and_its_cases() {
    let strategy = dunlin::compile(&Sources::new("parcels.dun", POSTAGE)).unwrap();
    let case = r#"{"id": "1", "opened": "2026-12-10", "debtor": {}, "claims": [{"id": "R", "principal": "10.00", "due": "2026-12-01"}]}"#;
    let input = CaseInput::from_json(&strategy, case).unwrap();
    let (case, _) = Interpreter::new(&strategy).open(&input, input.at).unwrap();
    let bytes = case.save();

    let text = "postage = value : money verified until 2027-12-31 { from 2027-01-01 => 1.05 EUR }";
    let (later, warnings) = strategy.clone().with_figures("folder/figures.dun", text).unwrap();
    assert_eq!(warnings.warnings(), 0);
    assert_eq!((later.hash(), later.to_bytes()), (strategy.hash(), strategy.to_bytes()));
    let mut case = Case::restore(&later, &bytes).unwrap();
    assert!(costs(&later, &mut case, "2027-01-10").contains(r#""costs":"2.00""#), "0.95 and 1.05 EUR");
    assert!(Case::restore(&strategy, &case.save()).is_ok(), "the case goes on without them, too");

    let wrong = "postage = value : money { from 2024-01-01 => 0.85 EUR }";
    let errors = strategy.with_figures("figures.dun", wrong).unwrap_err();
    assert!(errors.to_string().contains("not later than the last one"), "{errors}");
}
