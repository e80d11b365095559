//! The normal form of what a step did: one line of text for each thing, so that two engines' accounts of it can be laid
//! side by side.

use dunlin_machine::ir::{Channels, Nature, Type};
use dunlin_machine::value::{Date, Duration, Instant};

/// A named value that goes out with an effect.
pub type Named = (String, String);

/// A value in words; `text` says what a text value stands for.
pub fn value(ty: Type, value: i64, text: impl Fn(i64) -> String) -> String {
    match ty {
        Type::Text => format!("{:?}", text(value)),
        Type::Duration => Duration::unpack(value).map_or_else(|| format!("duration {value}"), |d| d.to_string()),
        Type::Date => i32::try_from(value)
            .ok()
            .and_then(Date::from_days)
            .map_or_else(|| format!("day {value}"), |d| d.to_string()),
        _ => value.to_string(),
    }
}

/// An effect: its number, what it is, and the account at its instant.
pub fn effect(number: u32, what: &str, statement: [i64; 4]) -> String {
    let [principal, interest, costs, balance] = statement;
    format!("effect {number}: {what} | principal {principal} interest {interest} costs {costs} balance {balance}")
}

/// `send`.
#[allow(clippy::too_many_arguments, reason = "all that a message is told by")]
pub fn send(
    template: &str,
    channels: Channels,
    tone: Option<i64>,
    deadline: Option<Date>,
    person: usize,
    nature: Nature,
    through: &str,
    with: &[Named],
) -> String {
    let by: Vec<String> = channels.iter().map(|c| c.0.to_string()).collect();
    let tone = tone.map_or(String::new(), |t| format!(" tone {t}"));
    let deadline = deadline.map_or(String::new(), |d| format!(" deadline {d}"));
    format!("send {template} by {} to {person}{tone}{deadline} {nature:?}{through}{}", by.join("+"), with_words(with))
}

fn with_words(with: &[Named]) -> String {
    with.iter().map(|(name, value)| format!(" {name}={value}")).collect()
}

/// An attempt of `call`.
pub fn call(script: &str, tone: Option<i64>, attempt: u32, of: u32, person: usize, with: &[Named]) -> String {
    let tone = tone.map_or(String::new(), |t| format!(" tone {t}"));
    format!("call {script} attempt {attempt} of {of} to {person}{tone}{}", with_words(with))
}

/// `task`.
pub fn task(name: &str, role: &str, until: String, priority: Option<i64>, again: bool) -> String {
    let priority = priority.map_or(String::new(), |p| format!(" priority {p}"));
    format!("task {name} for {role} until {until}{priority}{}", if again { " again" } else { "" })
}

/// `file`.
pub fn file(form: &str, persons: &[usize], with: &[Named]) -> String {
    format!("file {form} against {}{}", people(persons), with_words(with))
}

/// The claims that an effect leaves out, by number, at its end.
pub fn without(claims: &[u16]) -> String {
    let claims: Vec<String> = claims.iter().map(ToString::to_string).collect();
    if claims.is_empty() { String::new() } else { format!(" without {}", claims.join("+")) }
}

fn people(persons: &[usize]) -> String {
    persons.iter().map(ToString::to_string).collect::<Vec<_>>().join("+")
}

/// `collect`.
pub fn collect(amount: i64, by: &str) -> String {
    format!("collect {amount} by {by}")
}

/// `offer plan`.
pub fn offer(plan: &str, instalments: (u32, u32), least: Option<i64>, latest: Option<Date>, total: i64) -> String {
    let least = least.map_or(String::new(), |amount| format!(" at least {amount}"));
    let latest = latest.map_or(String::new(), |day| format!(" first by {day}"));
    format!("offer {plan} {total} in {} to {}{least}{latest}", instalments.0, instalments.1)
}

/// `activate plan`.
pub fn activate(plan: &str, total: i64, count: i64, amount: i64, (first, last): (Date, Date)) -> String {
    format!("activate {plan} {total} in {count} times {amount} from {first} to {last}")
}

/// `release debtor`.
pub fn release(person: usize) -> String {
    format!("release {person}")
}

/// `split`, with what leaves the case.
pub fn split(person: Option<usize>, principal: i64, interest: i64, to: &str) -> String {
    let who = person.map_or("claims".to_owned(), |person| format!("person {person}"));
    format!("split {who} principal {principal} interest {interest} to {to}")
}

/// A person is asked.
pub fn approval(name: &str, role: &str, until: Option<String>, again: bool) -> String {
    let until = until.map_or(String::new(), |until| format!(" until {until}"));
    format!("approval {name} by {role}{until}{}", if again { " again" } else { "" })
}

/// `charge`.
pub fn charge(amount: i64, kind: &str, replacing: Option<&str>) -> String {
    format!("charge {amount} as {kind}{}", replacing.map_or(String::new(), |k| format!(" replacing {k}")))
}

/// `waive`, with what was waived of each part.
pub fn waive(principal: i64, interest: i64, costs: i64) -> String {
    format!("waive principal {principal} interest {interest} costs {costs}")
}

/// `report`.
pub fn report(party: &str, what: &str, message: bool, persons: &[usize]) -> String {
    let what = if message { format!("{what:?}") } else { what.to_owned() };
    format!("report {party} {what} about {}", people(persons))
}

/// `alarm`, of any origin.
pub fn alarm(kind: &str, name: &str) -> String {
    format!("alarm {kind} {name}")
}

/// `emit`.
pub fn emit(name: &str, with: &[Named]) -> String {
    format!("emit {name}{}", with_words(with))
}

/// `assign`.
pub fn assign(queue: &str) -> String {
    format!("assign {queue}")
}

/// `block customer`, `unblock customer`.
pub fn customer(block: bool, thing: Option<&str>) -> String {
    format!("{} customer {}", if block { "block" } else { "unblock" }, thing.unwrap_or("-"))
}

/// What exceeds the balance.
pub fn refund(amount: i64) -> String {
    format!("refund {amount}")
}

/// What an earlier effect opened is withdrawn.
pub fn cancel(of: u32) -> String {
    format!("cancel {of}")
}

/// A move.
pub fn moved(from: Option<&str>, to: &str, back: bool) -> String {
    format!("move {} -> {to}{}", from.unwrap_or("-"), if back { " back" } else { "" })
}

/// Something that was not done now.
pub fn held(what: &str, by: &str, until: Option<Instant>, dropped: bool) -> String {
    let until = until.map_or(String::new(), |at| format!(" until {at}"));
    format!("held {what} by {by}{until}{}", if dropped { " dropped" } else { "" })
}

/// A hold began.
pub fn paused(reason: &str, until: Option<Instant>) -> String {
    format!("pause {reason}{}", until.map_or(String::new(), |at| format!(" until {at}")))
}

/// A hold ended.
pub fn resumed(reason: &str) -> String {
    format!("resume {reason}")
}

/// A rule by its place and its first words.
pub fn rule(line: u32, name: &str) -> String {
    format!("line {line} `{name}`")
}

/// The frame of every line: the stage, the rule and how late the step ran.
pub fn line(stage: &str, rule: Option<&str>, late: i64, what: &str) -> String {
    let rule = rule.unwrap_or("-");
    let late = if late == 0 { String::new() } else { format!(" late {late}") };
    format!("[{stage}, {rule}{late}] {what}")
}
