//! A progress bar on standard error: only on a terminal, and without colour where `NO_COLOR` asks
//! for none.

use std::env;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const REDRAW: Duration = Duration::from_millis(100);
const WIDTH: u64 = 30;

/// How far a piece of work has come. Draws nothing where standard error is no terminal.
pub struct Progress {
    label: String,
    total: Option<u64>,
    done: u64,
    terminal: bool,
    colour: bool,
    drawn: Option<Instant>,
}

impl Progress {
    /// Work called `label` that takes `total` steps, if that is known.
    pub fn new(label: impl Into<String>, total: Option<u64>) -> Self {
        let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            label: label.into(),
            total,
            done: 0,
            terminal: std::io::stderr().is_terminal(),
            colour: !no_colour,
            drawn: None,
        }
    }

    /// Counts `steps` more as done.
    pub fn advance(&mut self, steps: u64) {
        self.done = self.done.saturating_add(steps);
        let waited = self.drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW);
        if self.terminal && waited {
            self.drawn = Some(Instant::now());
            self.show(&self.line());
        }
    }

    fn line(&self) -> String {
        let Some(total) = self.total.filter(|total| *total > 0) else {
            return format!("{} {}", self.label, self.done);
        };
        let done = self.done.min(total);
        let part = |of: u64| u128::from(done) * u128::from(of) / u128::from(total);
        let full = usize::try_from(part(WIDTH)).unwrap_or_default();
        let (bar, rest) = ("█".repeat(full), "░".repeat(WIDTH as usize - full));
        let bar = if self.colour { format!("\x1b[36m{bar}\x1b[0m{rest}") } else { bar + &rest };
        format!("{} {bar} {:>3} %  {done} of {total}", self.label, part(100))
    }

    /// Replaces the bar's line. A terminal that went away is no reason to stop the work.
    fn show(&self, text: &str) {
        let mut out = std::io::stderr().lock();
        let _ = write!(out, "\r\x1b[K{text}").and_then(|()| out.flush());
    }
}

impl Drop for Progress {
    /// Takes the bar away, so that results and messages stand alone.
    fn drop(&mut self) {
        if self.drawn.is_some() {
            self.show("");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(done: u64, total: Option<u64>, colour: bool) -> Progress {
        Progress { label: "cases".into(), total, done, terminal: false, colour, drawn: None }
    }

    #[test]
    fn a_bar_fills_with_the_work() {
        let empty = "cases ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0 %  0 of 8";
        let half = "cases ███████████████░░░░░░░░░░░░░░░  50 %  4 of 8";
        let full = "cases ██████████████████████████████ 100 %  8 of 8";
        assert_eq!(progress(0, Some(8), false).line(), empty);
        assert_eq!(progress(4, Some(8), false).line(), half);
        assert_eq!(progress(9, Some(8), false).line(), full);
        assert_eq!(progress(u64::MAX, Some(u64::MAX), false).line().matches('░').count(), 0);
    }

    #[test]
    fn an_unknown_total_counts_up() {
        assert_eq!(progress(7, None, true).line(), "cases 7");
        assert_eq!(progress(7, Some(0), true).line(), "cases 7");
    }

    #[test]
    fn colour_stands_only_where_it_is_wanted() {
        assert!(progress(4, Some(8), true).line().contains("\x1b[36m"));
        assert!(!progress(4, Some(8), false).line().contains('\x1b'));
    }
}
