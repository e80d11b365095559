//! From pest's pairs to the tree: what all parts of the tree are built with.

use super::super::scan::Scan;
use super::super::tree::*;
use super::Pair;
use super::grammar::Rule;
use crate::diagnostic::{Code, Diagnostic, FileId, codes};
use std::collections::BTreeMap;

/// Builds the tree of one declaration, and reports what the grammar let pass to have it named here.
///
/// Functions give `None` only where a pair lacks a part that the grammar promises; the declaration is then broken.
pub(super) struct Builder<'a> {
    scan: &'a Scan<'a>,
    docs: &'a BTreeMap<u32, String>,
    /// The entries that were blanked out, by their start.
    broken: &'a BTreeMap<u32, Span>,
    /// Where the text that the pairs are of begins in the file.
    base: u32,
    /// How deep the block being built stands.
    pub depth: usize,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Builder<'a> {
    pub fn new(
        scan: &'a Scan<'a>,
        docs: &'a BTreeMap<u32, String>,
        broken: &'a BTreeMap<u32, Span>,
        base: u32,
    ) -> Builder<'a> {
        Builder { scan, docs, broken, base, depth: 0, diagnostics: Vec::new() }
    }

    pub fn source(&self) -> &str {
        self.scan.source
    }

    /// Where a pair stands in the file, without the space after it.
    pub fn span(&self, pair: &Pair) -> Span {
        let span = pair.as_span();
        let start = self.base + span.start() as u32;
        let end = self.base + span.end() as u32;
        let tokens = &self.scan.tokens;
        let after = tokens.partition_point(|token| token.span.end <= end);
        let last = after.checked_sub(1).map_or(end, |last| tokens[last].span.end);
        Span::new(start, last.clamp(start, end))
    }

    /// Where a blanked out entry stands.
    pub fn broken_span(&self, pair: &Pair) -> Span {
        let span = self.span(pair);
        self.broken.get(&span.start).copied().unwrap_or(span)
    }

    /// The `##` lines before whatever begins here.
    pub fn doc(&self, span: Span) -> Option<String> {
        self.docs.get(&span.start).cloned()
    }

    pub fn report(&mut self, code: Code, span: Span, message: impl Into<String>, help: &str) {
        let found = Diagnostic::error(code, message).at(FileId::default(), span, "").help(help);
        self.diagnostics.push(found);
    }

    pub fn report_fix(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        help: &str,
        replacement: impl Into<String>,
    ) {
        let found = Diagnostic::error(code, message).at(FileId::default(), span, "");
        self.diagnostics.push(found.help(help).fix(span, replacement));
    }

    pub fn name(&self, pair: &Pair) -> Name {
        Name { text: pair.as_str().trim_matches('`').to_owned(), span: self.span(pair) }
    }

    /// The first name below this pair, not counting those of parts of it.
    pub fn name_in(&self, pair: &Pair) -> Option<Name> {
        child(pair, Rule::name).map(|name| self.name(&name))
    }

    /// The names of a `names` pair, or of any other that has `name` children.
    pub fn names(&self, pair: &Pair) -> Vec<Name> {
        children(pair, Rule::name).iter().map(|name| self.name(name)).collect()
    }

    /// The names of the `names` child of this pair; none if it has none.
    pub fn names_in(&self, pair: &Pair) -> Vec<Name> {
        child(pair, Rule::names).map(|names| self.names(&names)).unwrap_or_default()
    }

    pub fn dotted(&self, pair: &Pair) -> DottedName {
        DottedName { parts: self.names(pair), span: self.span(pair) }
    }

    pub fn dotted_in(&self, pair: &Pair) -> Option<DottedName> {
        child(pair, Rule::dotted).map(|dotted| self.dotted(&dotted))
    }

    pub fn all_dotted_in(&self, pair: &Pair) -> Vec<DottedName> {
        children(pair, Rule::dotted).iter().map(|dotted| self.dotted(dotted)).collect()
    }

    pub fn text_in(&mut self, pair: &Pair) -> Option<Text> {
        let string = child(pair, Rule::string)?;
        Some(self.text(&string))
    }

    pub fn text(&mut self, pair: &Pair) -> Text {
        let span = self.span(pair);
        let quoted = pair.as_str();
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("");
        let mut value = String::new();
        let mut letters = inner.chars();
        while let Some(letter) = letters.next() {
            match if letter == '\\' { letters.next() } else { None } {
                None => value.push(letter),
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some(plain @ ('"' | '\\')) => value.push(plain),
                Some(other) => {
                    let message = format!("`\\{other}` means nothing in a text");
                    self.report(codes::BAD_ESCAPE, span, message, "write `\\\\` for a backslash");
                }
            }
        }
        Text { value, span }
    }

    /// The `law "…"` parts of a pair.
    pub fn laws(&mut self, pair: &Pair) -> Vec<Text> {
        let laws = children(pair, Rule::law);
        laws.iter().filter_map(|law| self.text_in(law)).collect()
    }

    pub fn number(&mut self, pair: &Pair) -> Number {
        let span = self.span(pair);
        let value = self.whole(pair.as_str(), span);
        Number { digits: pair.as_str().trim().to_owned(), value, span }
    }

    pub fn number_in(&mut self, pair: &Pair) -> Option<Number> {
        let number = child(pair, Rule::number)?;
        Some(self.number(&number))
    }

    /// The value of whole digits; anything else is reported and 0.
    pub fn whole(&mut self, written: &str, span: Span) -> i64 {
        let digits = plain_digits(written.trim());
        let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        match digits.parse() {
            Ok(value) if digits.len() <= 18 => value,
            _ if all_digits => {
                let message = format!("`{written}` is too large");
                self.report(codes::BAD_NUMBER, span, message, "a number has at most 18 digits");
                0
            }
            _ => {
                let message = format!("`{written}` is not a whole number");
                let help = "numbers are whole; an amount names its currency (`2.50 EUR`), a rate has `%` or `points`";
                self.report(codes::BAD_NUMBER, span, message, help);
                0
            }
        }
    }

    /// Reports `=>` and the like where a case moves.
    pub fn check_arrow(&mut self, pair: &Pair) {
        let Some(arrow) = child(pair, Rule::arrow) else { return };
        if arrow.as_str() != "->" {
            let message = format!("`{}` does not move a case", arrow.as_str());
            let help = "a move is written `->`";
            self.report_fix(codes::WRONG_ARROW, self.span(&arrow), message, help, "->");
        }
    }

    /// Reports `->` and the like between a row and its result.
    pub fn check_gives(&mut self, pair: &Pair) {
        let Some(gives) = child(pair, Rule::gives) else { return };
        if gives.as_str() != "=>" {
            let message = format!("`{}` does not give the result of a row", gives.as_str());
            let help = "a row and its result have `=>` between them";
            self.report_fix(codes::WRONG_ARROW, self.span(&gives), message, help, "=>");
        }
    }
}

/// The first direct child of this rule.
pub(super) fn child<'i>(pair: &Pair<'i>, rule: Rule) -> Option<Pair<'i>> {
    pair.clone().into_inner().find(|child| child.as_rule() == rule)
}

/// All direct children of this rule.
pub(super) fn children<'i>(pair: &Pair<'i>, rule: Rule) -> Vec<Pair<'i>> {
    pair.clone().into_inner().filter(|child| child.as_rule() == rule).collect()
}

/// Whether a direct child of this rule is there.
pub(super) fn has(pair: &Pair, rule: Rule) -> bool {
    child(pair, rule).is_some()
}
