//! What calendars, contact rules, the ledger, tables and tests of a strategy come to in the model, and that a sound
//! strategy is not warned about.
#![allow(clippy::expect_used, reason = "a test may fail in the shortest way")]

use dunlin_lang::check::{Sources, check};
use dunlin_lang::diagnostic::render;
use dunlin_lang::model::{Model, TestDoes, TestValue};
use dunlin_machine::ir::{CalendarChoice, Channels, ClaimOrder, CostCap, InterestFrom, Pattern, Pool, Year};
use dunlin_machine::value::{Calendar, Date};

const HEAD: &str = "strategy acme \"ACME\"\ncurrency EUR\ntime zone Europe/Berlin\n";
const STAGES: &str = "\nstage reminder { send reminder by email else letter  task look for clerk within 5 days\n\
                      on task_done(look) -> done  after 30 days -> done }\noutcome done\n";

/// The model of a strategy that nothing is wrong with.
fn model(text: &str) -> Model {
    let text = format!("{HEAD}{text}{STAGES}");
    let checked = check(&Sources { main: ("acme.dun", &text), find: &|_| None, rows: &|_| None });
    assert!(checked.diagnostics.is_empty(), "{}", render(&checked.diagnostics, &checked.texts, false));
    checked.model.expect("a model")
}

fn day(text: &str) -> Date {
    Date::parse(text).expect("a date")
}

fn calendar<'m>(model: &'m Model, name: &str) -> &'m Calendar {
    model.calendars.iter().find(|calendar| calendar.name == name).expect("a calendar")
}

#[test]
fn calendars_have_the_holidays_of_those_that_they_extend() {
    let model = model(
        "calendar de.nw
         calendar de.federal \"Deutschland\" {
             post 2 days
             holiday 3 october \"Tag der Deutschen Einheit\" from 1990
             holiday easter - 2 days \"Karfreitag\"
         }
         calendar de.nw extends de.federal {
             holiday easter + 60 days \"Fronleichnam\"
             holiday 31 october \"Reformationstag\" in 2017
         }
         calendar de.sn extends de.federal { holiday wednesday before 23 november }",
    );
    let nw = calendar(&model, "de.nw");
    assert_eq!(nw.is_holiday(day("2026-04-03")), Some("Karfreitag"));
    assert_eq!(nw.is_holiday(day("2026-06-04")), Some("Fronleichnam"));
    assert_eq!(nw.is_holiday(day("2017-10-31")), Some("Reformationstag"));
    assert_eq!(nw.is_holiday(day("2018-10-31")), None);
    assert_eq!(nw.is_holiday(day("1989-10-03")), None);
    assert!(nw.post.is_some());
    assert_eq!(calendar(&model, "de.federal").title, "Deutschland");
    let sn = calendar(&model, "de.sn");
    assert_eq!(sn.is_holiday(day("2026-11-18")), Some("wednesday before 23 november"));
    assert_eq!(sn.is_holiday(day("2026-06-04")), None);
    let chosen = model.calendars.iter().position(|c| c.name == "de.nw");
    let CalendarChoice::One(id) = &model.calendar else { panic!("one calendar") };
    assert_eq!(Some(id.index()), chosen);
}

#[test]
fn holidays_on_weekends_have_days_that_stand_in() {
    let model = model(
        "calendar us.federal
         calendar us.federal {
             weekend saturday, sunday
             holiday third monday of january from 1986
             holiday 4 july, on saturday the day before, on sunday the day after
             holiday last monday of may
             recess \"summer\" 1 august .. 5 august in 2026
             recess \"winter\" 18 december .. 6 january from 2027 until 2028
         }",
    );
    let us = calendar(&model, "us.federal");
    for free in ["2026-01-19", "2026-07-03", "2027-07-05", "2026-05-25"] {
        assert!(us.is_holiday(day(free)).is_some(), "{free}");
    }
    for open in ["1985-01-21", "2026-07-06", "2028-07-03"] {
        assert!(us.is_holiday(day(open)).is_none(), "{open}");
    }
    assert_eq!(us.in_recess(day("2026-08-05")), Some("summer"));
    assert_eq!(us.in_recess(day("2027-08-05")), None);
    let winters = ["2027-01-02", "2027-12-20", "2029-01-02", "2029-12-20"].map(|date| us.in_recess(day(date)));
    assert_eq!(winters, [None, Some("winter"), Some("winter"), None]);
}

#[test]
fn a_calendar_is_chosen_by_what_stands_behind_the_last_hyphen() {
    let model = model(
        "calendar de by debtor.region
         calendar de.federal { holiday 3 october }
         calendar de.NW extends de.federal { holiday 1 november }
         calendar de.by extends de.federal { holiday 6 january }",
    );
    let CalendarChoice::By { choices, otherwise, .. } = &model.calendar else { panic!("a choice") };
    let names: Vec<(&str, &str)> =
        choices.iter().map(|(suffix, id)| (suffix.as_str(), model.calendars[id.index()].name.as_str())).collect();
    assert_eq!(names, [("by", "de.by"), ("federal", "de.federal"), ("nw", "de.NW")]);
    assert_eq!(model.calendars[otherwise.index()].name, "de.federal");
}

#[test]
fn contact_rules_keep_their_days_and_hours() {
    let model = model(
        "contact {
             allow email, sms on saturday..monday except holidays, 24 december 08:00..12:00, 14:00..20:00
             allow phone on working days 08:00..20:00
             allow letter always
             limit 1 per day
             limit 3 phone per 7 days
             rest 7 days after conversation
             rest 1 day after conversation by phone
             require consent for sms
             never phone when balance < 10 EUR
             otherwise skip
         }",
    );
    let contact = &model.contact;
    let window = contact.allows[0].window.as_ref().expect("a window");
    assert_eq!(window.weekdays, 0b110_0001);
    assert!(window.except_holidays);
    assert_eq!(window.except, [(12, 24)]);
    assert_eq!(window.hours, [(28_800, 43_200), (50_400, 72_000)]);
    let working = contact.allows[1].window.as_ref().expect("a window");
    assert_eq!((working.weekdays, working.except_holidays), (0b001_1111, true));
    assert!(contact.allows[2].window.is_none());
    let limits: Vec<(u32, Channels)> = contact.limits.iter().map(|limit| (limit.count, limit.channels)).collect();
    assert_eq!(limits, [(1, Channels::ALL), (3, Channels(0b1000))]);
    let rests: Vec<Option<Channels>> = contact.rests.iter().map(|rest| rest.by).collect();
    assert_eq!(rests, [None, Some(Channels(0b1000))]);
    assert_eq!((contact.consents.len(), contact.nevers.len(), contact.otherwise_skip), (1, 1, true));
}

#[test]
fn interest_knows_the_days_on_which_its_rate_changes() {
    let model = model(
        "base_rate = value : rate verified until 2026-06-30 { from 2024-01-01 => 3.62 %  from 2024-07-01 => 3.37 % }
         points = value : rate { from 2024-03-01 => 5 points  from 2024-07-01 => 9 points }
         over = table(debtor.kind) : rate { consumer => base_rate  business => points }
         ledger {
             interest base_rate + over(debtor.kind) on principal from due + 3 days year of 360 days
             allocate principal, interest, costs, claims due first, most burdensome each claim in turn
             costs up to 20 % of principal
             settled when balance <= 1.00 EUR
         }",
    );
    let ledger = &model.ledger;
    let interest = ledger.interest.as_ref().expect("interest");
    let changes: Vec<String> = interest.changes.iter().map(Date::to_string).collect();
    assert_eq!(changes, ["2024-01-01", "2024-03-01", "2024-07-01"]);
    assert!(matches!(interest.from, InterestFrom::Date(_)));
    assert_eq!(interest.year, Year::Days360);
    assert_eq!(ledger.pools, [Pool::Principal, Pool::Interest, Pool::Costs]);
    assert_eq!(ledger.order, [ClaimOrder::DueFirst, ClaimOrder::MostBurdensome]);
    assert!(ledger.each_claim_in_turn);
    assert!(matches!(ledger.costs_up_to, Some(CostCap::OfPrincipal(_))));
    let rule = &model.rules[ledger.settled_rule.index()];
    assert_eq!(model.text(rule.name), "settled when balance <= 1.00 EUR");
}

#[test]
fn without_a_ledger_costs_come_first_and_nothing_is_left() {
    let ledger = model("").ledger;
    assert_eq!(ledger.pools, [Pool::Costs, Pool::Interest, Pool::Principal]);
    assert_eq!(ledger.order, [ClaimOrder::OlderFirst]);
    assert!(ledger.interest.is_none() && ledger.costs_up_to.is_none() && !ledger.each_claim_in_turn);
}

#[test]
fn rows_of_a_table_become_patterns_of_its_columns() {
    let model = model(
        "tone_of = table(kind : gold | risk, late : duration, sum : money) : tone {
             gold, 7 days, ..50 EUR    => friendly
             gold | risk, 2 weeks.., _ => firm
             _, _, _                   => neutral
         }
         whenever recalled when tone_of(gold, 3 days, balance) is firm -> done",
    );
    let table = &model.tables[0];
    let seven = 7 * 8 + 1;
    let first =
        [Pattern::OneOf(vec![0]), Pattern::Between(Some(seven), Some(seven)), Pattern::Between(None, Some(5_000))];
    assert_eq!(table.rows[0].patterns, first);
    assert_eq!(table.rows[1].patterns[0], Pattern::OneOf(vec![0, 1]));
    assert_eq!(table.rows[2].patterns, [Pattern::Any, Pattern::Any, Pattern::Any]);
}

#[test]
fn a_test_is_read_into_literals() {
    let model = model(
        "facts { segment : gold | standard = standard }
         whenever recalled when segment is gold -> done
         test \"a silent consumer\" {
             case principal 120.00 EUR due 2025-12-20, claim 5 EUR due 2026-01-01, segment = gold,
                  debtor.kind = business, debtor.region = \"DE-NW\", debtor.age = 40, no sms, no consent phone
             open 2026-01-05
             expect send reminder by email on 2026-01-05
             at 2026-01-20 10:15: payment 50.00 EUR
             at 2026-01-20: task_done(look, result = \"well\")
             expect principal 71.60 EUR ± 1 EUR
             expect no charge
             until 2026-02-10
             expect outcome done
         }",
    );
    let test = &model.tests[0];
    assert_eq!(test.title, "a silent consumer");
    let claims: Vec<_> = test.case.claims.iter().map(|claim| (claim.principal, claim.due)).collect();
    assert_eq!(claims, [(12_000, day("2025-12-20")), (500, day("2026-01-01"))]);
    assert_eq!(test.case.facts.iter().map(|(_, value)| *value).collect::<Vec<_>>(), [0]);
    assert_eq!((test.case.debtor_kind, test.case.age), (Some(1), Some(40)));
    assert_eq!(test.case.region.as_deref(), Some("DE-NW"));
    assert_eq!((test.case.unreachable.len(), test.case.no_consent.len()), (1, 1));
    let TestDoes::At { time: Some(time), args, .. } = &test.steps[1].does else { panic!("a time") };
    assert_eq!((time.to_string().as_str(), args.as_slice()), ("10:15", &[(0, TestValue::Value(5_000))][..]));
    let TestDoes::At { time: None, args, .. } = &test.steps[2].does else { panic!("no time") };
    let texts = [(0, TestValue::Text("look".to_owned())), (1, TestValue::Text("well".to_owned()))];
    assert_eq!(args.as_slice(), texts);
    assert_eq!(test.steps.len(), 7);
}
