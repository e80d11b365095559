//! How what happened to a case is printed for people: by day, with the rule and the values behind each line.

use crate::output::{Ink, ink, left, right, wrap};
use dunlin::{Told, ToldKind};

/// The columns: the day, the time, then what was done; the balance stands at the right end.
const WHAT: usize = 70;
const MARGIN: &str = "                   ";
const WIDE: usize = 104;

/// The lines of a case, under their days.
pub fn lines(told: &[Told], colour: bool) -> String {
    let mut text = String::new();
    let (mut day, mut time) = (String::new(), String::new());
    let mut reasons = Reasons::default();
    for line in told {
        let new_day = line.day != day;
        let new_step = new_day || line.time != time;
        if new_step {
            reasons = Reasons::default();
        }
        let shown_time = if new_step { line.time.as_str() } else { "" };
        let shown_day = if new_day { line.day.as_str() } else { "" };
        let balance = line.balance.as_deref().unwrap_or("");
        let (what, rest) = folded(&marked(line, new_step));
        text.push_str(&format!("{}  {}  ", ink(&left(shown_day, 10), Ink::Bold, colour), left(shown_time, 5)));
        text.push_str(&painted(&what, line.kind, balance, colour));
        for more in rest {
            text.push_str(&format!("{MARGIN}    {}\n", coloured(&more, line.kind, colour)));
        }
        for reason in reasons.of(line) {
            text.push_str(&format!("{MARGIN}    {}\n", ink(&reason, Ink::Dim, colour)));
        }
        day.clone_from(&line.day);
        time.clone_from(&line.time);
    }
    text
}

/// The first line of a long text, and what goes on below.
fn folded(text: &str) -> (String, Vec<String>) {
    let mut lines = wrap(text, WHAT);
    let rest = lines.split_off(1.min(lines.len()));
    (lines.pop().unwrap_or_default(), rest)
}

fn painted(what: &str, kind: ToldKind, balance: &str, colour: bool) -> String {
    let text = if balance.is_empty() { what.to_owned() } else { left(what, WHAT) };
    let balance = if balance.is_empty() { String::new() } else { format!("  {}", right(balance, 14)) };
    format!("{}{balance}\n", coloured(&text, kind, colour))
}

/// A mark for the eye at the head of the line. How late a step ran stands on its first line.
fn marked(line: &Told, new_step: bool) -> String {
    let late = match line.late_days {
        _ if !new_step => String::new(),
        0 => String::new(),
        1 => " (1 day late)".into(),
        days => format!(" ({days} days late)"),
    };
    let mark = match line.kind {
        ToldKind::Event => "* ",
        ToldKind::Refused => "! ",
        ToldKind::Alarm => "! ",
        _ => "  ",
    };
    format!("{mark}{}{late}", line.what)
}

fn coloured(text: &str, kind: ToldKind, colour: bool) -> String {
    match kind {
        ToldKind::Event => ink(text, Ink::Cyan, colour),
        ToldKind::Move => ink(text, Ink::Bold, colour),
        ToldKind::Held | ToldKind::Hold | ToldKind::Note => ink(text, Ink::Yellow, colour),
        ToldKind::Refused | ToldKind::Alarm => ink(text, Ink::Red, colour),
        ToldKind::Effect => text.to_owned(),
    }
}

/// What was said last, so that several actions of one rule do not repeat it.
#[derive(Default)]
struct Reasons {
    rule: Option<String>,
    values: String,
}

impl Reasons {
    /// `by after 14 days -> demand (acme.dun:46)`, and the values that it read.
    fn of(&mut self, line: &Told) -> Vec<String> {
        let mut words = Vec::new();
        if line.rule.is_some() && line.rule != self.rule {
            words.extend(line.rule.as_ref().map(|rule| format!("by {rule}")));
            self.rule.clone_from(&line.rule);
            self.values = String::new();
        }
        if !line.values.is_empty() && line.values != self.values {
            words.push(format!("because {}", line.values));
            self.values.clone_from(&line.values);
        }
        words.iter().flat_map(|words| wrap(words, WIDE - MARGIN.len())).collect()
    }
}
