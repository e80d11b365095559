//! Colours and columns for people.

use std::env;
use std::io::{IsTerminal, stderr, stdout};

/// Whether results are coloured: on a terminal, unless `NO_COLOR` asks for none.
pub fn colour_on_stdout() -> bool {
    wanted() && stdout().is_terminal()
}

/// Whether messages are coloured.
pub fn colour_on_stderr() -> bool {
    wanted() && stderr().is_terminal()
}

fn wanted() -> bool {
    env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// How a piece of text is set off.
#[derive(Clone, Copy, Debug)]
pub enum Ink {
    /// What leads the eye.
    Bold,
    /// What may be passed over.
    Dim,
    /// Good.
    Green,
    /// Bad.
    Red,
    /// Look here.
    Yellow,
    /// From outside.
    Cyan,
}

/// The text, coloured where `colour` says so.
pub fn ink(text: &str, ink: Ink, colour: bool) -> String {
    if !colour || text.is_empty() {
        return text.to_owned();
    }
    let code = match ink {
        Ink::Bold => 1,
        Ink::Dim => 2,
        Ink::Green => 32,
        Ink::Red => 31,
        Ink::Yellow => 33,
        Ink::Cyan => 36,
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// The text with spaces behind it, up to so many characters.
pub fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.chars().count())))
}

/// The text with spaces before it.
pub fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.chars().count())))
}

/// A table: every column as wide as its widest cell, those named in `right_hand` set to the right.
pub fn table(rows: &[Vec<String>], right_hand: &[usize], indent: &str) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if right_hand.contains(&column) { right(cell, *width) } else { left(cell, *width) }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(indent);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `1 case`, `2 cases`.
pub fn count(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// Breaks a text at spaces so that no line is longer than `width`, where it can be.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let Some(last) = lines.last_mut() else { break };
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}
