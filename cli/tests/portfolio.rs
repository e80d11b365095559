//! Two hosts in virtual time, that of a portfolio and that of a single run, and any number of threads: one result.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails in the shortest way")]
use dunlin::machine::value::Date;
use dunlin::runtime::Interpreter;
use dunlin::{CaseInput, EventInput, Moment, Run, Sources, Strategy};
use dunlin_simulate::{Job, Portfolio, Summary, TimedEvent, When, simulate};

const CASES: usize = 100;

fn strategy() -> Strategy {
    let text = include_str!("sessions/strategy.dun");
    dunlin::compile(&Sources::new("strategy.dun", text)).unwrap_or_else(|found| panic!("{found}"))
}

fn until() -> Date {
    Date::parse("2026-04-30").unwrap()
}

/// Case number n: amounts, scores, payments and disputes that differ from case to case.
fn case(strategy: &Strategy, n: usize) -> (CaseInput, Vec<EventInput>) {
    let (day, score, cents) = (1 + n % 28, (n * 37) % 101, 1_000 + n * 997);
    let text = format!(
        r#"{{"id": "{n}", "opened": "2026-01-{day:02}", "debtor": {{}}, "facts": {{"score": {score}}},
            "claims": [{{"principal": "{}.{:02}", "due": "2025-12-20"}}]}}"#,
        cents / 100,
        cents % 100
    );
    let paid = cents / (1 + n % 4);
    let mut events = String::new();
    if n.is_multiple_of(3) {
        events.push_str(&format!("{{\"at\": \"2026-02-{:02}\", \"event\": \"dispute\"}}\n", 1 + n % 20));
        events.push_str(
            "{\"at\": \"2026-02-25T11:00:00+01:00\", \"event\": \"dispute_resolved\", \"result\": \"rejected\"}\n",
        );
    }
    if n % 5 > 1 {
        events.push_str(&format!(
            "{{\"at\": \"2026-03-0{}T10:00:00Z\", \"event\": \"payment\", \"amount\": \"{}.{:02}\"}}\n",
            1 + n % 9,
            paid / 100,
            paid % 100
        ));
    }
    let events = EventInput::from_json_lines(strategy, strategy.machine().currencies[0], &events).unwrap();
    (CaseInput::from_json(strategy, &text).unwrap(), events)
}

fn job((input, events): &(CaseInput, Vec<EventInput>)) -> Job {
    let timed = events.iter().map(|event| TimedEvent {
        at: match event.at {
            Moment::Day(day) => When::Day(day),
            Moment::At(at) => When::At(at),
        },
        event: event.event.clone(),
        line: event.line,
    });
    Job { opening: input.opening.clone(), at: input.at, events: timed.collect() }
}

fn run(strategy: &Strategy, jobs: &[Job], threads: usize) -> Portfolio {
    simulate(strategy.machine(), || Interpreter::new(strategy.machine()), jobs, until(), threads, |_| {})
}

#[test]
fn threads_make_no_difference() {
    let strategy = strategy();
    let jobs: Vec<Job> = (0..CASES).map(|n| job(&case(&strategy, n))).collect();
    let serial = run(&strategy, &jobs, 1);
    let ids: Vec<String> = serial.cases.iter().flatten().map(|case| case.row.id.clone()).collect();
    assert_eq!(ids, (0..CASES).map(|n| n.to_string()).collect::<Vec<_>>());
    for threads in [2, 3, 16] {
        assert_eq!(run(&strategy, &jobs, threads), serial, "{threads} threads");
    }
}

#[test]
fn a_case_of_a_portfolio_is_the_case_alone() {
    let strategy = strategy();
    let cases: Vec<_> = (0..CASES).map(|n| case(&strategy, n)).collect();
    let jobs: Vec<Job> = cases.iter().map(job).collect();
    let portfolio = run(&strategy, &jobs, 2);
    for ((input, events), found) in cases.iter().zip(&portfolio.cases) {
        let found = found.as_ref().unwrap();
        let mut effects = 0;
        let mut watch = |step: dunlin::Step<'_>| effects += step.result.map_or(0, |outcome| outcome.effects().count());
        let mut alone = Run::open(&strategy, input, &mut watch).unwrap();
        for event in events {
            alone.event(event, &mut watch).unwrap();
        }
        alone.until(strategy.end_of(until()).unwrap(), &mut watch).unwrap();
        let state = alone.case().state();
        let account = dunlin::runtime::read::statement(strategy.machine(), state).unwrap();
        assert_eq!(found.row.stage, state.place.stage, "case {}", found.row.id);
        assert_eq!(found.row.balance, account.balance, "case {}", found.row.id);
        assert_eq!(found.row.paid.0, state.ledger.paid, "case {}", found.row.id);
        assert_eq!(found.effects.len(), effects, "case {}", found.row.id);
    }
}

#[test]
fn a_summary_counts_who_paid_within_seven_days() {
    let strategy = strategy();
    let text = r#"{"id": "a", "opened": "2026-01-05", "debtor": {}, "facts": {"score": 70},
        "claims": [{"principal": "100.00", "due": "2025-12-20"}]}"#;
    let input = CaseInput::from_json(&strategy, text).unwrap();
    let paid_on = |day: &str| {
        let text = format!("{{\"at\": \"{day}\", \"event\": \"payment\", \"amount\": \"10.00\"}}");
        let events = EventInput::from_json_lines(&strategy, strategy.machine().currencies[0], &text).unwrap();
        let summary = Summary::of(strategy.machine(), &run(&strategy, &[job(&(input.clone(), events))], 1)).unwrap();
        let sends = summary.sends.values().next().unwrap().clone();
        (sends.sent, sends.cases, sends.paid)
    };
    // The reminder goes out on the 5th at 08:00.
    assert_eq!(paid_on("2026-01-05T07:59:00+01:00"), (1, 1, 0));
    assert_eq!(paid_on("2026-01-05T09:00:00+01:00"), (1, 1, 1));
    assert_eq!(paid_on("2026-01-12T23:59:00+01:00"), (1, 1, 1));
    assert_eq!(paid_on("2026-01-13"), (1, 1, 0));
}
