//! Going on after an error: the entry that holds it is reported and blanked out, the rest is read again.

use super::super::tree::{Broken, Item, ItemKind, Name, Span};
use super::super::words;
use super::grammar::{Grammar, Rule};
use super::{Prepared, messages};
use crate::diagnostic::Diagnostic;
use pest::Parser;
use pest::error::{Error, InputLocation};
use std::collections::BTreeMap;

/// Errors reported of one declaration; a text with more is hardly a strategy.
const MOST_ERRORS_IN_ITEM: usize = 25;
/// Declarations that could not be read at all before the rest is left alone.
const MOST_BROKEN_ITEMS: usize = 100;
/// Stands in the text for an entry that was blanked out; the grammar's `broken`.
const MARK: u8 = 1;

/// One declaration that the grammar refused.
struct Attempt {
    /// Its first token, and the one after its last.
    tokens: std::ops::Range<usize>,
    /// Its text, in which broken entries are blanked out.
    text: Vec<u8>,
    base: u32,
    /// The entries blanked out: first token, one past the last.
    blanked: Vec<std::ops::Range<usize>>,
}

impl Attempt {
    fn is_blanked(&self, token: usize) -> bool {
        self.blanked.iter().any(|range| range.contains(&token))
    }
}

impl Prepared<'_> {
    /// Reads what can be read of the declaration that begins at this token; gives the token after it.
    pub(super) fn recover(&mut self, index: usize, error: Error<Rule>) -> usize {
        let end = self.next_declaration(index);
        let tokens = &self.scan.tokens;
        let start = tokens[index].span.start as usize;
        let text_end = tokens.get(end).map_or(self.text.len(), |token| token.span.start as usize);
        let text = self.text.as_bytes()[start..text_end].to_vec();
        let mut attempt = Attempt { tokens: index..end, text, base: start as u32, blanked: Vec::new() };
        let mut error = Some(error);
        for _ in 0..MOST_ERRORS_IN_ITEM {
            if let Some(next) = self.read_again(&mut attempt, error.take()) {
                return next;
            }
        }
        self.push_broken(index, end)
    }

    /// One more try, or the first with its error known: gives the next token when done, nothing when another entry
    /// was blanked out.
    fn read_again(&mut self, attempt: &mut Attempt, error: Option<Error<Rule>>) -> Option<usize> {
        let text = String::from_utf8(std::mem::take(&mut attempt.text)).unwrap_or_default();
        let parsed = match error {
            Some(error) => Err(error),
            None => Grammar::parse(Rule::lone_item, &text),
        };
        let done = match parsed {
            Ok(mut pairs) => {
                let spans = self.blanked_spans(attempt);
                pairs.next().map(|pair| self.push_item(pair, attempt.base, &spans));
                Some(attempt.tokens.end)
            }
            Err(error) => self.blame(attempt, &text, &error),
        };
        attempt.text = text.into_bytes();
        if done.is_none() {
            self.blank_last(attempt);
        }
        done
    }

    /// Reports the error and chooses the entry to blank out; without one the declaration is broken.
    fn blame(&mut self, attempt: &mut Attempt, text: &str, error: &Error<Rule>) -> Option<usize> {
        let at = attempt.base + position(error);
        let token = self.scan.tokens.partition_point(|token| token.span.end <= at);
        let token = token.clamp(attempt.tokens.start, attempt.tokens.end);
        let entry = self.entry(attempt, token);
        let range = entry.clone().unwrap_or(attempt.tokens.clone());
        if !attempt.is_blanked(token) && !self.explained(range) {
            let end = self.text.len() as u32;
            self.diagnostics.push(messages::syntax_error(&self.scan, error, attempt.base, end));
        }
        match entry {
            Some(entry) => {
                attempt.blanked.push(entry);
                None
            }
            None => Some(self.give_up(attempt, text)),
        }
    }

    /// Keeps the declaration where it is whole and only what follows it makes no sense.
    fn give_up(&mut self, attempt: &Attempt, text: &str) -> usize {
        let whole = Grammar::parse(Rule::item, text).ok().and_then(|mut pairs| pairs.next());
        let spans = self.blanked_spans(attempt);
        let rest = match whole {
            Some(pair) => self.push_item(pair, attempt.base, &spans),
            None => attempt.tokens.start,
        };
        self.push_broken(rest, attempt.tokens.end)
    }

    pub(super) fn push_broken(&mut self, start: usize, end: usize) -> usize {
        let Some(first) = self.scan.tokens.get(start) else { return end };
        let last = self.scan.tokens.get(end.saturating_sub(1)).unwrap_or(first);
        let kind = ItemKind::Broken(Broken { names: self.names_in(start..end) });
        self.items.push(Item { kind, doc: None, law: Vec::new(), span: first.span.to(last.span) });
        self.broken += 1;
        if self.broken < MOST_BROKEN_ITEMS { end } else { self.scan.tokens.len() }
    }

    /// The names that a broken declaration seems to declare.
    fn names_in(&self, range: std::ops::Range<usize>) -> Vec<Name> {
        let tokens = &self.scan.tokens;
        let text = |at: usize| tokens.get(at).map_or("", |token| self.scan.text(token));
        let first = range.start;
        let declares = |at: &usize| {
            let before = at.checked_sub(1).map_or("", text);
            *at == first + 1
                || matches!(before, "stage" | "outcome" | "group" | "param" | "var")
                || matches!(text(at + 1), ":" | "=")
        };
        let is_word = |at: &usize| tokens[*at].kind == super::super::scan::TokenKind::Word;
        let name = |at: usize| Name { text: text(at).trim_matches('`').to_owned(), span: tokens[at].span };
        range.filter(|at| is_word(at) && declares(at)).map(name).collect()
    }

    /// Whether a text left open or a missing bracket in this range has been reported already.
    fn explained(&self, range: std::ops::Range<usize>) -> bool {
        let tokens = &self.scan.tokens;
        let Some(first) = tokens.get(range.start) else { return false };
        let last = tokens.get(range.end.saturating_sub(1)).unwrap_or(first);
        let span = first.span.to(last.span);
        let inside = |found: &Diagnostic| {
            let place = found.place().map_or(Span::default(), |label| label.span);
            messages::is_lexical(found) && place.start < span.end && place.end > span.start
        };
        self.diagnostics.iter().any(inside)
    }

    /// The next token at the beginning of a line, outside of all brackets, that looks like a declaration or comes
    /// after a block.
    fn next_declaration(&self, index: usize) -> usize {
        let mark = |at: usize| self.scan.text(&self.scan.tokens[at]);
        let outside = |at: usize| self.brackets.parent[at].is_none();
        let after_block = |at: usize| mark(at - 1) == "}" && outside(at - 1) && mark(at) != "}";
        let begins = |at: &usize| {
            self.scan.tokens[*at].line_start
                && outside(*at)
                && (words::begins_item(&self.scan, *at) || after_block(*at))
        };
        (index + 1..self.scan.tokens.len()).find(begins).unwrap_or(self.scan.tokens.len())
    }

    /// The entry of the innermost block that holds this token and is not blanked out yet.
    fn entry(&self, attempt: &Attempt, token: usize) -> Option<std::ops::Range<usize>> {
        let mut token = token;
        loop {
            let block = self.block(attempt, token)?;
            let close = self.brackets.partner[block].unwrap_or(attempt.tokens.end);
            let last = token.min(close.saturating_sub(1));
            let begins = |at: &usize| self.begins_entry(block, *at);
            let start = (block + 1..=last).rev().find(|at| begins(at) && !attempt.is_blanked(*at));
            if let Some(start) = start {
                let end = (start + 1..close).find(begins).unwrap_or(close);
                return Some(start..end);
            }
            token = block;
        }
    }

    /// The innermost opening brace around a token; for a closing brace, its own.
    fn block(&self, attempt: &Attempt, token: usize) -> Option<usize> {
        let is = |at: usize, mark: &str| self.scan.text(&self.scan.tokens[at]) == mark;
        if token >= attempt.tokens.end {
            return None;
        }
        let mut around = if is(token, "}") { self.brackets.partner[token] } else { self.brackets.parent[token] };
        while let Some(open) = around.filter(|open| attempt.tokens.contains(open)) {
            if is(open, "{") {
                return Some(open);
            }
            around = self.brackets.parent[open];
        }
        None
    }

    fn begins_entry(&self, block: usize, token: usize) -> bool {
        if self.brackets.parent[token] != Some(block) {
            return false;
        }
        let after_block = || {
            let before = token - 1;
            self.brackets.parent[before] == Some(block) && self.scan.text(&self.scan.tokens[before]) == "}"
        };
        token == block + 1 || self.scan.tokens[token].line_start || after_block()
    }

    fn blank_last(&self, attempt: &mut Attempt) {
        let Some(range) = attempt.blanked.last() else { return };
        let span = self.tokens_span(range);
        let start = (span.start - attempt.base) as usize;
        let end = (span.end - attempt.base) as usize;
        if let Some(bytes) = attempt.text.get_mut(start..end) {
            bytes.fill(b' ');
            bytes[0] = MARK;
        }
    }

    fn tokens_span(&self, range: &std::ops::Range<usize>) -> Span {
        let tokens = &self.scan.tokens;
        tokens[range.start].span.to(tokens[range.end.max(range.start + 1) - 1].span)
    }

    fn blanked_spans(&self, attempt: &Attempt) -> BTreeMap<u32, Span> {
        let spans = attempt.blanked.iter().map(|range| self.tokens_span(range));
        spans.map(|span| (span.start, span)).collect()
    }
}

/// Where the grammar could not go on, from the start of the text that it was given.
pub(super) fn position(error: &Error<Rule>) -> u32 {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at as u32,
    }
}
