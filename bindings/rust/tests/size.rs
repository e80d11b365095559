//! How much a saved case weighs: a running plan is a handful of figures, not a list of instalments.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dunlin::runtime::case::{Phase, Plan};
use dunlin::{CaseInput, EventInput, Run, Sources, Strategy};

const CASE: &str = r#"{"id": "4711", "opened": "2026-01-05", "currency": "EUR",
 "debtor": {"kind": "consumer", "language": "de", "region": "DE-NW", "time_zone": "Europe/Berlin", "born": "1980-02-01",
            "channels": {"email": {"reachable": true, "consent": true}, "letter": {"reachable": true}}},
 "claims": [{"id": "R-1", "principal": "1200.00", "due": "2025-12-20", "kind": "service", "arose": "2025-11-30"}],
 "facts": {"segment": "gold", "score": 70}}"#;

/// 1,200 EUR with interest and costs in instalments of 51 EUR: 24 of them.
const EVENTS: &str = r#"{"at": "2026-01-20T10:15:00+01:00", "id": "e-1", "event": "plan_requested"}
{"at": "2026-01-21T10:16:00+01:00", "id": "e-2", "event": "plan_accepted", "amount": "51.00", "day": 1}
{"at": "2026-02-02T10:15:00+01:00", "id": "e-3", "event": "payment", "amount": "51.00"}
{"at": "2026-03-02T10:15:00+01:00", "id": "e-4", "event": "payment", "amount": "51.00"}
{"at": "2026-04-01T10:15:00+02:00", "id": "e-5", "event": "payment", "amount": "51.00"}
"#;

fn acme_mobile() -> Strategy {
    let text = include_str!("../../../examples/acme_mobile/strategy.dun");
    dunlin::compile(&Sources::new("strategy.dun", text)).unwrap_or_else(|found| panic!("{found}"))
}

#[test]
fn a_case_with_a_running_plan_of_24_instalments_takes_at_most_400_bytes() {
    let strategy = acme_mobile();
    let input = CaseInput::from_json(&strategy, CASE).unwrap_or_else(|e| panic!("{e}"));
    let mut run = Run::open(&strategy, &input, &mut |_| {}).unwrap();
    let currency = strategy.machine().currencies[0];
    for event in EventInput::from_json_lines(&strategy, currency, EVENTS).unwrap() {
        run.event(&event, &mut |_| {}).unwrap();
    }
    let Some(Plan { phase: Phase::Active(running), .. }) = run.case().state().plan else { panic!("no plan runs") };
    assert_eq!(running.count, 24);
    let bytes = run.case().save().len();
    assert!(bytes <= 400, "{bytes} bytes");
}
