//! The words by which authors and messages find their way: what begins a declaration, what begins an action.

use super::scan::{Scan, TokenKind};

/// Words that begin a declaration or a header line.
pub(super) const ITEMS: &[&str] = &[
    "strategy",
    "extends",
    "version",
    "use",
    "currency",
    "time",
    "calendar",
    "day",
    "facts",
    "param",
    "var",
    "procedure",
    "contact",
    "ledger",
    "limitation",
    "plan",
    "group",
    "stage",
    "outcome",
    "start",
    "whenever",
    "watch",
    "event",
    "channels",
    "tones",
    "parties",
    "limits",
    "templates",
    "guarantee",
    "test",
    "replace",
    "insert",
    "remove",
    "experiment",
    "migrate",
];

/// Words that begin an action.
pub(super) const ACTIONS: &[&str] = &[
    "send", "call", "task", "file", "charge", "waive", "collect", "offer", "activate", "cancel", "report", "alarm",
    "emit", "assign", "block", "unblock", "release", "split", "pause", "resume", "set",
];

/// Words that begin a trigger or another statement that is no action.
pub(super) const TRIGGERS: &[&str] = &["after", "every", "on", "as", "if", "leaving", "exit"];

/// Units of durations.
pub(super) const UNITS: &[&str] =
    &["hour", "hours", "day", "days", "working", "week", "weeks", "month", "months", "year", "years"];

/// Whether the tokens from here look like the beginning of a declaration: its word, and after it what such a
/// declaration goes on with. `time` must be followed by `zone`, `stage` by a name, `facts` by `{`.
pub(super) fn begins_item(scan: &Scan, index: usize) -> bool {
    let text = |at: usize| scan.tokens.get(at).map_or("", |token| scan.text(token));
    let is_name = |at: usize| scan.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word);
    let next = text(index + 1);
    match text(index) {
        "time" => next == "zone",
        "day" => next == "begins",
        "replace" | "insert" | "remove" => next == "stage",
        "migrate" => next == "from",
        "version" => scan.tokens.get(index + 1).is_some_and(|token| token.kind == TokenKind::Number),
        "test" | "templates" => next.starts_with('"'),
        "facts" | "ledger" | "start" | "channels" | "tones" | "parties" | "limits" => next == "{",
        "contact" => next == "{" || is_name(index + 1),
        "guarantee" => is_name(index + 1),
        word if ITEMS.contains(&word) => is_name(index + 1),
        _ => is_name(index) && begins_definition(scan, index),
    }
}

/// `a.b = table`, `steps` or `value`.
fn begins_definition(scan: &Scan, index: usize) -> bool {
    let text = |at: usize| scan.tokens.get(at).map_or("", |token| scan.text(token));
    let mut at = index + 1;
    while text(at) == "." {
        at += 2;
    }
    text(at) == "=" && matches!(text(at + 1), "table" | "steps" | "value")
}
