//! Text to tree: one declaration at a time, so that an error in one hides nothing in the next.
//!
//! pest stops at the first error. So each declaration is given to it alone; where one cannot be read, the entry
//! that holds the error (a statement, a row, a line of a block) is reported, blanked out and marked, and the rest
//! of the declaration is read again.

mod actions;
mod build;
mod expressions;
mod items;
mod layout;
mod libraries;
mod literals;
mod messages;
mod recover;
mod terms;
mod tests;

use super::brackets::{self, Brackets};
use super::cells::Cell;
use super::scan::{Scan, scan};
use super::tree::{Expr, File, Item, Span};
use super::words;
use crate::diagnostic::{Diagnostic, FileId, codes, sort};
use build::Builder;
use grammar::{Grammar, Rule};
pub(super) use layout::{Layout, layout};
use pest::Parser;
use std::collections::BTreeMap;

mod grammar {
    #![allow(missing_docs, reason = "the rules stand in the grammar files")]
    /// The parser that pest makes of the grammar.
    #[derive(pest_derive::Parser)]
    #[grammar = "syntax/grammar.pest"]
    #[grammar = "syntax/words.pest"]
    pub(super) struct Grammar;
}

/// After this many errors the rest of a file is left alone.
const MOST_DIAGNOSTICS: usize = 200;

type Pair<'i> = pest::iterators::Pair<'i, Rule>;

/// The longest file, in bytes.
pub(crate) const LONGEST: usize = 8 * 1024 * 1024;
/// The most words and marks of one declaration: what the grammar holds in memory grows with them.
const MOST_TOKENS: usize = 200_000;

/// A file as far as it could be read, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The tree; what could not be read is `Broken` in it.
    pub file: File,
    /// In the order of the source. If one is an error, some of the tree is missing or not meant.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a file. The labels of the diagnostics bear the default [`FileId`].
pub fn parse(source: &str) -> Parsed {
    let mut parsed = parse_unsorted(source);
    sort(&mut parsed.diagnostics);
    parsed
}

/// Reads a file of which it is not known yet whether it is text.
pub fn parse_bytes(bytes: &[u8]) -> Parsed {
    // A file that is refused for its length need not be decoded.
    if bytes.len() > LONGEST {
        return refused(too_long(bytes.len()));
    }
    match std::str::from_utf8(bytes) {
        Ok(source) => parse(source),
        Err(error) => refused(not_utf8(bytes, error.valid_up_to())),
    }
}

/// Reads one value or condition, as in `dunlin eval`.
pub fn parse_expression(source: &str) -> Result<Expr, Vec<Diagnostic>> {
    let mut prepared = prepare(source).map_err(|found| vec![found])?;
    if prepared.scan.tokens.is_empty() {
        let found =
            Diagnostic::error(codes::EMPTY_FILE, "there is no value here").at(FileId::default(), Span::default(), "");
        return Err(vec![found]);
    }
    let value = prepared.lone_value();
    sort(&mut prepared.diagnostics);
    match value {
        Some(value) if prepared.diagnostics.is_empty() => Ok(value),
        _ => Err(prepared.diagnostics),
    }
}

/// Reads the cells of a file, each as one pattern or value, with places in that file.
pub(crate) struct Cells<'s> {
    scan: Scan<'s>,
}

impl<'s> Cells<'s> {
    /// For cells that stand alone in a text.
    pub fn new(alone: &'s str) -> Self {
        Self { scan: scan(alone) }
    }

    /// A pattern, as in a row of a table.
    ///
    /// # Errors
    /// What is wrong with a part of it; nothing where it is no pattern at all.
    pub fn pattern(&self, cell: &Cell) -> Result<Expr, Vec<Diagnostic>> {
        self.read(cell, Rule::lone_pattern, |builder, pair| {
            let range = build::child(pair, Rule::range)?;
            builder.range(&range)
        })
    }

    /// A value, as behind the `=>` of a row.
    ///
    /// # Errors
    /// As for [`Cells::pattern`].
    pub fn value(&self, cell: &Cell) -> Result<Expr, Vec<Diagnostic>> {
        self.read(cell, Rule::lone_result, |builder, pair| builder.simple_in(pair))
    }

    fn read(
        &self,
        cell: &Cell,
        rule: Rule,
        build: impl FnOnce(&mut Builder, &Pair) -> Option<Expr>,
    ) -> Result<Expr, Vec<Diagnostic>> {
        let mut pairs = Grammar::parse(rule, &cell.text).map_err(|_| Vec::new())?;
        let (docs, broken) = (BTreeMap::new(), BTreeMap::new());
        let mut builder = Builder::new(&self.scan, &docs, &broken, cell.span.start);
        let read = pairs.next().and_then(|pair| build(&mut builder, &pair));
        match read {
            Some(read) if builder.diagnostics.is_empty() => Ok(read),
            _ => Err(builder.diagnostics),
        }
    }
}

fn parse_unsorted(source: &str) -> Parsed {
    if let Some(found) = german(source) {
        return refused(found);
    }
    let mut prepared = match prepare(source) {
        Ok(prepared) => prepared,
        Err(found) => return refused(found),
    };
    if prepared.scan.tokens.is_empty() && prepared.diagnostics.is_empty() {
        return refused(empty());
    }
    prepared.items();
    Parsed { file: File { items: prepared.items }, diagnostics: prepared.diagnostics }
}

fn refused(found: Diagnostic) -> Parsed {
    Parsed { file: File::default(), diagnostics: vec![found] }
}

fn too_long(bytes: usize) -> Diagnostic {
    let megabytes = bytes.div_ceil(1024 * 1024);
    Diagnostic::error(codes::FILE_TOO_LONG, format!("this file has {megabytes} MB; the most is 8 MB"))
        .at(FileId::default(), Span::default(), "")
        .help("split it into modules: tables and calendars may stand in files of their own, and `use` finds them")
}

fn not_utf8(bytes: &[u8], at: usize) -> Diagnostic {
    let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    Diagnostic::error(codes::NOT_UTF8, format!("line {line} holds a byte that is not UTF-8 text"))
        .at(FileId::default(), Span::new(at as u32, at as u32), "")
        .help("save the file as UTF-8")
}

fn empty() -> Diagnostic {
    Diagnostic::error(codes::EMPTY_FILE, "this file declares nothing")
        .at(FileId::default(), Span::default(), "")
        .help("a strategy begins with `strategy NAME`; a library declares tables, calendars or procedures")
}

/// `# sprache: de` in the first line.
fn german(source: &str) -> Option<Diagnostic> {
    let line = source.trim_start_matches('\u{feff}').lines().next()?.trim();
    let language = line.strip_prefix('#')?.trim_start().strip_prefix("sprache:")?.trim();
    if language != "de" {
        return None;
    }
    let start = source.find('#').unwrap_or(0);
    let span = Span::new(start as u32, (start + line.len()) as u32);
    let message = "the German words of the language are not understood yet";
    let found = Diagnostic::error(codes::GERMAN_NOT_BUILT, message)
        .at(FileId::default(), span, "this line selects them")
        .help("leave the line out and write the strategy in English words");
    Some(found)
}

fn prepare(source: &str) -> Result<Prepared<'_>, Diagnostic> {
    if source.len() > LONGEST {
        return Err(too_long(source.len()));
    }
    let mut scan = scan(source);
    let mut brackets = brackets::pair(&scan);
    if brackets.too_deep {
        return Err(brackets.diagnostics.pop().unwrap_or_else(empty));
    }
    let text = repaired(&mut scan, &brackets);
    let mut diagnostics = std::mem::take(&mut scan.diagnostics);
    // An open text may have swallowed brackets: what seems to be wrong with them says nothing then.
    if !diagnostics.iter().any(|found| found.code == codes::TEXT_NOT_CLOSED) {
        diagnostics.append(&mut brackets.diagnostics);
    }
    diagnostics.truncate(MOST_DIAGNOSTICS);
    let docs = docs(&scan);
    Ok(Prepared { scan, brackets, text, docs, items: Vec::new(), diagnostics, broken: 0 })
}

/// The text with stray brackets blanked out and missing ones written into the space where they belong.
fn repaired(scan: &mut Scan, brackets: &Brackets) -> String {
    let mut bytes = std::mem::take(&mut scan.cleaned);
    for span in &brackets.stray {
        bytes[span.range()].fill(b' ');
    }
    for (before, closers) in &brackets.missing {
        let gap_start = before.checked_sub(1).map_or(0, |last| scan.tokens[last].span.end as usize);
        let closers = closers.as_bytes();
        match scan.tokens.get(*before) {
            Some(next) => {
                let gap = &mut bytes[gap_start..next.span.start as usize];
                gap.fill(b' ');
                let room = gap.len().min(closers.len());
                gap[..room].copy_from_slice(&closers[..room]);
            }
            None => {
                bytes.push(b'\n');
                bytes.extend_from_slice(closers);
            }
        }
    }
    // Only ASCII was written, over whole characters.
    String::from_utf8(bytes).unwrap_or_default()
}

/// The `##` comments, by the offset of the token that they stand before.
fn docs(scan: &Scan) -> BTreeMap<u32, String> {
    let mut docs: BTreeMap<u32, String> = BTreeMap::new();
    let mut tokens = scan.tokens.iter().peekable();
    for comment in scan.comments.iter().filter(|comment| comment.doc) {
        while tokens.next_if(|token| token.span.start < comment.span.end).is_some() {}
        let Some(next) = tokens.peek() else { break };
        let line = scan.source[comment.span.range()].trim_start_matches('#').trim();
        let doc = docs.entry(next.span.start).or_default();
        if !doc.is_empty() {
            doc.push('\n');
        }
        doc.push_str(line);
    }
    docs
}

/// A text that may be given to the grammar, and what has been read of it.
struct Prepared<'s> {
    scan: Scan<'s>,
    brackets: Brackets,
    /// The source, same offsets, with what is no part of the language blanked out.
    text: String,
    docs: BTreeMap<u32, String>,
    items: Vec<Item>,
    diagnostics: Vec<Diagnostic>,
    /// How many declarations could not be read at all.
    broken: usize,
}

impl Prepared<'_> {
    fn items(&mut self) {
        let mut index = 0;
        while index < self.scan.tokens.len() {
            let next = self.item(index);
            index = next.max(index + 1);
        }
    }

    /// Reads the declaration that begins at this token; gives the token after it.
    fn item(&mut self, index: usize) -> usize {
        let start = self.scan.tokens[index].span.start;
        if self.brackets.stray.binary_search_by_key(&start, |span| span.start).is_ok() {
            return index + 1;
        }
        if self.diagnostics.len() > MOST_DIAGNOSTICS {
            return self.push_broken(index, self.scan.tokens.len());
        }
        if let Some(next) = self.too_many_tokens(index) {
            return next;
        }
        let text = std::mem::take(&mut self.text);
        let parsed = Grammar::parse(Rule::checked_item, &text[start as usize..]);
        let next = parsed.map(|mut pairs| {
            let pair = pairs.next();
            pair.map_or(index + 1, |pair| self.push_item(pair, start, &BTreeMap::new()))
        });
        self.text = text;
        next.unwrap_or_else(|error| self.recover(index, error))
    }

    /// Builds the tree of a pair that holds an `item`; gives the token after it.
    fn push_item(&mut self, pair: Pair, base: u32, broken: &BTreeMap<u32, Span>) -> usize {
        let mut builder = Builder::new(&self.scan, &self.docs, broken, base);
        let (item, span) = builder.item(pair);
        self.items.push(item);
        self.diagnostics.append(&mut builder.diagnostics);
        self.scan.tokens.partition_point(|token| token.span.start < span.end)
    }

    fn too_many_tokens(&mut self, index: usize) -> Option<usize> {
        let begins = |at: &usize| self.brackets.parent[*at].is_none() && words::begins_item(&self.scan, *at);
        let next = (index + 1..self.scan.tokens.len()).find(begins).unwrap_or(self.scan.tokens.len());
        if next - index <= MOST_TOKENS {
            return None;
        }
        let message = format!("this declaration has more than {MOST_TOKENS} words and marks");
        let found = Diagnostic::error(codes::DECLARATION_TOO_LONG, message)
            .at(FileId::default(), self.scan.tokens[index].span, "begins here")
            .help("split it: what stands in one declaration may stand in several");
        self.diagnostics.push(found);
        self.push_broken(index, next);
        Some(next)
    }

    fn lone_value(&mut self) -> Option<Expr> {
        if self.scan.tokens.len() > MOST_TOKENS {
            self.too_many_tokens(0);
            return None;
        }
        match Grammar::parse(Rule::lone_value, &self.text) {
            Ok(mut pairs) => {
                let broken = BTreeMap::new();
                let mut builder = Builder::new(&self.scan, &self.docs, &broken, 0);
                let value = pairs.next().and_then(|pair| builder.lone_value(pair));
                self.diagnostics.append(&mut builder.diagnostics);
                value
            }
            Err(error) => {
                // What the scan found explains it already.
                if self.diagnostics.is_empty() {
                    let found = messages::syntax_error(&self.scan, &error, 0, self.text.len() as u32);
                    self.diagnostics.push(found);
                }
                None
            }
        }
    }
}
