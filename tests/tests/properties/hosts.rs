//! A host that was down makes a case later, and never other or faster.
//!
//! What is comparable: strategies of `after` and `every` alone, whose guards read what time and account do not change,
//! with nothing that waits (`contact`, holds, calls, tasks), and no events. An `every` has no guard: one that is refused
//! late shifts itself alone. In each stage the durations are of one kind, because a working day and a calendar day do not
//! shift alike, and working days stand in their order, because two of them may fall together. Of these a late host sees
//! the same effects and moves in the same order, each not earlier.

use dunlin_machine::ir::Machine;
use dunlin_machine::value::{Date, Instant};
use dunlin_runtime::input::{ClaimGiven, PersonGiven};
use dunlin_runtime::outcome::{Effect, What};
use dunlin_runtime::{Engine, Input, Interpreter, Opening, Outcome};
use dunlin_tests::generate::Dice;
use dunlin_tests::pair::compile;
use std::fmt::Write;

/// How many strategies are tried, each with several late hosts.
const LADDERS: u64 = 300;
/// How many late hosts.
const HOSTS: u64 = 4;

#[test]
fn a_late_host_sees_the_same_later() {
    let (mut done, mut later) = (0, 0);
    for seed in 0..LADDERS {
        let text = Ladder { dice: Dice::new(seed), groups: 0 }.text();
        let machine = compile(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}")).machine;
        let punctual = story(&machine, seed, &mut || 0);
        for host in 0..HOSTS {
            let mut dice = Dice::new(seed * HOSTS + host);
            let late = story(&machine, seed, &mut || lateness(&mut dice));
            let (what, when): (Vec<_>, Vec<_>) = punctual.iter().cloned().unzip();
            let (late_what, late_when): (Vec<_>, Vec<_>) = late.into_iter().unzip();
            assert_eq!(late_what, what, "seed {seed}, host {host}\n{text}");
            for (n, (late, punctual)) in late_when.iter().zip(&when).enumerate() {
                assert!(late >= punctual, "seed {seed}, host {host}: {} at {late}, not {punctual}\n{text}", what[n]);
                later += usize::from(late > punctual);
            }
            done += what.len();
        }
    }
    assert!(done > 2000 && later > 1000, "only {done} things were done, {later} of them later");
}

fn lateness(dice: &mut Dice) -> i64 {
    match dice.below(4) {
        0 => 0,
        1 => dice.range(1, 86_399),
        2 => dice.range(1, 4) * 86_400 + dice.range(0, 40_000),
        _ => dice.range(5, 45) * 86_400,
    }
}

/// What was done, in order, and when.
fn story(machine: &Machine, seed: u64, late: &mut impl FnMut() -> i64) -> Vec<(String, Instant)> {
    let mut interpreter = Interpreter::new(machine);
    let mut out = Outcome::default();
    let (opening, at) = opening(machine, seed);
    let mut case = interpreter.open(&opening, at, &mut out).expect("a ladder opens");
    let mut story = Vec::new();
    loop {
        let told = out.entries.iter().filter_map(|entry| told(&out, &entry.what));
        story.extend(told.map(|what| (what, case.now)));
        let Some(due) = out.next_due else { return story };
        let at = due.add_seconds(late()).expect("an instant");
        interpreter.step(&mut case, Input::Advance, at, &mut out).expect("time goes by");
        assert!(story.len() < 2000, "a ladder ends");
    }
}

fn opening(machine: &Machine, seed: u64) -> (Opening, Instant) {
    let days = ["2026-01-05", "2026-01-31", "2026-03-27", "2026-12-23", "2024-02-28", "2026-10-23"];
    let day = Date::parse(days[usize::try_from(seed).unwrap_or(0) % days.len()]).expect("a day");
    let claim = ClaimGiven {
        id: "R-1".to_owned(),
        principal: 10_000,
        due: day.add_days(-20).expect("a day"),
        kind: None,
        arose: None,
        default_on: None,
        secured: false,
    };
    let person = PersonGiven { id: "d-1".to_owned(), ..PersonGiven::default() };
    let opening = Opening { id: "4711".to_owned(), persons: vec![person], claims: vec![claim], ..Opening::default() };
    (opening, machine.zones[0].instant_at(day, 36_000).expect("an instant"))
}

/// What was done, without what time changes: numbers of effects, accounts.
fn told(out: &Outcome, what: &What) -> Option<String> {
    let effect = match what {
        What::Effect { effect, .. } => effect,
        What::Move { to, .. } => return Some(format!("-> {}", to.0)),
        _ => return None,
    };
    let with = |run: &std::ops::Range<u32>| format!("{:?}", &out.with[run.start as usize..run.end as usize]);
    Some(match effect {
        Effect::Send { template, channels, with: run, .. } => format!("send {template:?} {channels:?} {}", with(run)),
        Effect::File { form, with: run, .. } => format!("file {form:?} {}", with(run)),
        Effect::Emit { name, with: run } => format!("emit {name:?} {}", with(run)),
        Effect::Charge { amount, kind, .. } => format!("charge {amount:?} {kind:?}"),
        Effect::Alarm(alarm) => format!("alarm {alarm:?}"),
        Effect::Assign(queue) => format!("assign {queue:?}"),
        Effect::Report { party, message, .. } => format!("report {party:?} {message:?}"),
        other => panic!("a ladder does no such thing: {other:?}"),
    })
}

/// What the durations of a stage are counted in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    Hours,
    Days,
    WorkingDays,
    Months,
}

/// Writes a strategy that goes down from stage to stage.
struct Ladder {
    dice: Dice,
    groups: usize,
}

impl Ladder {
    fn text(&mut self) -> String {
        let zone = self.dice.pick(&["Europe/Berlin", "America/New_York", "UTC", "Australia/Lord_Howe"]);
        let begins = self.dice.pick(&["00:00", "08:00", "02:30", "23:00"]);
        let mut text = format!(
            "strategy ladder \"Ladder\"\ncurrency EUR\ntime zone {zone}\ncalendar home\nday begins {begins}\n\
             facts {{ seg : gold | standard = standard  score : number 0..100 = 50 }}\nvar v_n : number = 0\n\
             calendar home {{ holiday 1 january  holiday easter + 1 day  holiday 25 december  holiday 1 may }}\n"
        );
        let stages = 2 + self.dice.below(4);
        let mut n = 0;
        while n < stages {
            if self.dice.chance(30) {
                let size = (1 + self.dice.below(2)).min(stages - n);
                let inside: String = (n..n + size).map(|n| self.stage(n, stages, Counted::Days)).collect();
                let common = self.triggers(Counted::Days, "g");
                let _ = writeln!(text, "group g_{} {{\n{inside}{common}}}", self.groups);
                self.groups += 1;
                n += size;
            } else {
                let counted = self.dice.one(&[Counted::Hours, Counted::Days, Counted::WorkingDays, Counted::Months]);
                text += &self.stage(n, stages, counted);
                n += 1;
            }
        }
        text + "outcome done { }\n"
    }

    fn stage(&mut self, n: usize, stages: usize, counted: Counted) -> String {
        let entry: String = (0..self.dice.below(3)).map(|_| self.action() + "\n").collect();
        let triggers = self.triggers(counted, "s");
        let (to, last) = (self.target(n, stages), self.target(n, stages));
        let (first, second) = (self.duration(counted, 20), self.duration(counted, 30));
        let guard = self.guard();
        let leaving = if self.dice.chance(25) { "leaving { alarm a_left }\n" } else { "" };
        format!(
            "stage s_{n} {{\n{entry}{triggers}after {first}{guard} -> {to}\nafter {second} -> {last}\n{leaving}}}\n"
        )
    }

    /// A later stage, or the end.
    fn target(&mut self, n: usize, stages: usize) -> String {
        let to = n + 1 + self.dice.below(stages - n);
        if to == stages { "done".to_owned() } else { format!("s_{to}") }
    }

    /// What happens on the way, the sooner first.
    fn triggers(&mut self, counted: Counted, owner: &str) -> String {
        let mut text = String::new();
        for n in 1..=self.dice.below(4) {
            let at = self.duration(counted, 4 * n);
            // Of working days two times may fall together, and then go by the order of the source.
            let head = if counted != Counted::WorkingDays && self.dice.chance(30) { "every" } else { "after" };
            let most =
                if head == "every" { format!(" at most {} times", self.dice.range(1, 3)) } else { String::new() };
            let guard = if head == "every" { String::new() } else { self.guard() };
            let first = self.action();
            let second = if self.dice.chance(30) { self.action() } else { format!("alarm a_{owner}{n}") };
            let _ = writeln!(text, "{head} {at}{most}{guard} {{ {first} {second} }}");
        }
        text
    }

    /// About so much of it, and more than the one before where `about` grows by four.
    fn duration(&mut self, counted: Counted, about: usize) -> String {
        let count = about + self.dice.below(4);
        match counted {
            Counted::Hours => format!("{} hours", count * 5),
            Counted::Days if count.is_multiple_of(7) => format!("{} weeks", count / 7),
            Counted::Days => format!("{count} days"),
            Counted::WorkingDays => format!("{count} working days"),
            Counted::Months => format!("{} months", count.div_ceil(4)),
        }
    }

    fn guard(&mut self) -> String {
        let guards = ["", "", "", " when seg is gold", " when score > 40", " when v_n > 1", " when v_n <= 3"];
        self.dice.pick(&guards).to_owned()
    }

    fn action(&mut self) -> String {
        let sum = self.dice.range(1, 9);
        match self.dice.below(8) {
            0 | 1 => format!("send t_{sum} by letter and email tone firm with n = v_n"),
            2 => format!("charge {sum}.50 EUR as dunning"),
            3 => "file f_form with n = v_n".to_owned(),
            4 => format!("report creditor \"r_{sum}\""),
            5 => "emit e_signal(n = v_n)".to_owned(),
            6 => "assign desk".to_owned(),
            _ => "set v_n = v_n + 1".to_owned(),
        }
    }
}
