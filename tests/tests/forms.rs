//! Every line of `docs/forms.md` says the truth: what works is accepted, what is not built yet is refused by its number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use dunlin_lang::check::{Checked, Sources, check};
use dunlin_lang::diagnostic::codes::TABLE;
use dunlin_lang::diagnostic::{Severity, render};

const PAGE: &str = include_str!("../../docs/forms.md");

/// What stands around a form, `FORM` in its place: heading of the table, text.
const FRAMES: [(&str, &str); 13] = [
    ("## Declarations", "FORM BASE stage first { send reminder by letter  after 1 day -> done } outcome done"),
    ("## Triggers", "BASE stage first { send reminder by letter FORM after 90 days -> done } outcome done"),
    (
        "form in a watch",
        "BASE stage first { send reminder by letter  after 1 day -> done } outcome done watch w { FORM }",
    ),
    (
        "## Actions",
        "BASE plan standard { instalments 2 to 24 monthly } stage zero { pause illness for 1 day  charge 1 EUR as dunning  after 1 day -> first } stage first { if true { FORM } after 1 day -> done } outcome done",
    ),
    (
        "## Conditions",
        "BASE stage first { send reminder by letter  after 1 day when FORM -> done  after 2 days -> done } outcome done",
    ),
    (
        "## Values",
        "BASE stage first { charge 1 EUR as dunning  emit told(what = FORM)  after 2 days -> done } outcome done",
    ),
    ("## Contact", "BASE stage first { after 1 day -> done } outcome done contact { FORM }"),
    ("## Ledger", "BASE stage first { charge 1 EUR as dunning  after 1 day -> done } outcome done ledger { FORM }"),
    ("## Calendars", "BASE stage first { after 1 day -> done } outcome done calendar own { FORM }"),
    (
        "## Tests",
        "BASE stage first { send reminder by letter  after 90 days -> done } outcome done \
                  test \"t\" { case principal 50 EUR due 2026-01-02 open 2026-01-05 FORM }",
    ),
    (
        "form of a case",
        "BASE stage first { after 1 day -> done } outcome done test \"t\" { FORM open 2026-01-05 expect stage first }",
    ),
    ("form of an event", "BASE stage first { on FORM -> done  after 1 day -> done } outcome done"),
    ("## Header", "strategy s FORM stage first { after 1 day -> done } outcome done"),
];

/// What a frame's `BASE` stands for.
const BASE: &str = "strategy s use de currency EUR time zone Europe/Berlin \
                    facts { segment : gold | standard = standard  score : number 0..100 = 50 } var counter : number = 0";

struct Line<'p> {
    table: &'p str,
    form: String,
    now: &'p str,
}

/// The lines of all tables, each with the heading that its frame goes by.
fn lines() -> Vec<Line<'static>> {
    let mut table = "";
    let mut lines = Vec::new();
    for line in PAGE.lines() {
        if line.starts_with("## ") {
            table = line;
        } else if let Some(head) = line.strip_prefix("| form ").and_then(|_| line.split(" | ").next()) {
            let own = head.trim_start_matches("| ");
            table = if own == "form" { table } else { own };
        } else if let Some((form, now)) = line.strip_prefix("| `").and_then(|rest| rest.rsplit_once("` | ")) {
            let now = now.trim_end_matches(" |");
            lines.extend(form.split("`, `").map(|form| Line { table, form: form.replace("\\|", "|"), now }));
        }
    }
    lines
}

fn checked(line: &Line) -> Checked {
    let (_, frame) = FRAMES.iter().find(|(table, _)| *table == line.table).expect("a frame for each table");
    let of_whole_files = line.form.starts_with("strategy ") || line.form.starts_with('#');
    let frame = if of_whole_files { frame.replace("strategy s FORM", "FORM\n") } else { (*frame).to_owned() };
    let text = frame.replace("FORM", &format!("{}\n", line.form)).replace("BASE", BASE);
    let find = |module: &str| dunlin_stdlib::source(module).map(|(file, text)| (file.to_owned(), text.to_owned()));
    let rows = |file: &str| (file == "scale.csv").then(|| "pages,result\n..3,0.95 EUR\n_,1.10 EUR\n".to_owned());
    check(&Sources { main: ("forms.md", &text), find: &find, rows: &rows })
}

/// What is wrong with a line, if anything.
fn fault(line: &Line) -> Option<String> {
    let checked = checked(line);
    let mut errors = checked.diagnostics.clone();
    errors.retain(|found| found.severity == Severity::Error);
    let right = match line.now.strip_prefix("not yet (").and_then(|rest| rest.strip_suffix(')')) {
        Some(code) => errors.iter().any(|found| found.code.to_string() == code),
        None => line.now == "works" && errors.is_empty(),
    };
    (!right).then(|| format!("`{}` is said to be: {}\n{}", line.form, line.now, render(&errors, &checked.texts, false)))
}

#[test]
fn every_line_says_the_truth() {
    let lines = lines();
    assert!(lines.len() > 100, "the page holds {} lines", lines.len());
    let faults: Vec<String> = lines.iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_form_that_is_not_built_is_named() {
    let later = TABLE.iter().filter(|entry| (700..800).contains(&entry.code.number()));
    let unnamed: Vec<String> =
        later.map(|entry| entry.code.to_string()).filter(|code| !PAGE.contains(code.as_str())).collect();
    assert!(unnamed.is_empty(), "docs/forms.md does not name {unnamed:?}");
}
