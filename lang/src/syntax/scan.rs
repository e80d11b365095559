//! One quick pass over the text before the grammar sees it: words, marks and comments.
//!
//! It never recurses and takes time linear in the text, so that it can refuse what the grammar must not be given.
//! The parser uses it to find its way after an error, the formatter to print.

use super::tree::Span;
use crate::diagnostic::{Diagnostic, FileId, codes};
use pest::unicode::{XID_CONTINUE, XID_START};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A word, a name in backquotes, or a time zone.
    Word,
    /// A number, a date or a time, with whatever sticks to it.
    Number,
    /// A text in quotes.
    Text,
    /// Anything else: brackets, operators, arrows.
    Mark,
}

/// A piece of text that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub span: Span,
    /// Nothing but space stands before it on its line.
    pub line_start: bool,
}

/// `# …` or `## …`, without the line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    pub span: Span,
    /// Shown by tools: begins with exactly two `#`.
    pub doc: bool,
    /// Stands on a line of its own.
    pub own_line: bool,
}

/// What the pass found.
pub(super) struct Scan<'s> {
    pub source: &'s str,
    pub tokens: Vec<Token>,
    pub comments: Vec<Comment>,
    /// Texts not closed, characters without meaning.
    pub diagnostics: Vec<Diagnostic>,
    /// The source with the above blanked out or closed; offsets are the same, one quote may be added at its end.
    pub cleaned: Vec<u8>,
}

impl Scan<'_> {
    /// The text of a token.
    pub fn text(&self, token: &Token) -> &str {
        self.source.get(token.span.range()).unwrap_or("")
    }
}

/// Marks of more than one character, the longest first.
const LONG_MARKS: &[&str] = &["-->", "+/-", "->", "=>", "..", "<=", ">=", "=<", "==", "!=", "<>", "&&", "||", "+-"];
const MARKS: &str = "{}(),:=<>+-*×|%./→±!_";

/// Cuts the source into tokens and comments.
pub(super) fn scan(source: &str) -> Scan<'_> {
    let mut scanner = Scanner {
        scan: Scan {
            source,
            tokens: Vec::new(),
            comments: Vec::new(),
            diagnostics: Vec::new(),
            cleaned: source.as_bytes().to_vec(),
        },
        at: 0,
        line_start: true,
    };
    while let Some(next) = scanner.rest().chars().next() {
        scanner.piece(next);
    }
    scanner.scan
}

struct Scanner<'s> {
    scan: Scan<'s>,
    at: usize,
    line_start: bool,
}

impl<'s> Scanner<'s> {
    fn rest(&self) -> &'s str {
        &self.scan.source[self.at..]
    }

    fn piece(&mut self, next: char) {
        let rest = self.rest();
        if next == '\n' {
            self.at += 1;
            self.line_start = true;
        } else if next.is_whitespace() {
            self.at += next.len_utf8();
        } else if next == '#' {
            self.comment(rest);
        } else if next == '"' {
            self.text(rest);
        } else if next == '`' {
            self.quoted_name(rest);
        } else if XID_START(next) {
            self.push(TokenKind::Word, word_length(rest));
        } else if next.is_ascii_digit() {
            self.push(TokenKind::Number, number_length(rest));
        } else if let Some(mark) = LONG_MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            self.push(TokenKind::Mark, mark.len());
        } else if MARKS.contains(next) {
            self.push(TokenKind::Mark, next.len_utf8());
        } else {
            self.strange(next);
        }
    }

    fn span(&self, length: usize) -> Span {
        Span::new(self.at as u32, (self.at + length) as u32)
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let span = self.span(length);
        self.scan.tokens.push(Token { kind, span, line_start: self.line_start });
        self.at += length;
        self.line_start = false;
    }

    fn comment(&mut self, rest: &str) {
        let length = line_length(rest);
        let text = &rest[..length];
        let doc = text.starts_with("##") && !text.starts_with("###");
        let length = text.trim_end().len();
        let span = self.span(length);
        self.scan.comments.push(Comment { span, doc, own_line: self.line_start });
        self.at += length;
    }

    fn text(&mut self, rest: &str) {
        match closing_quote(rest) {
            Some(length) => self.push(TokenKind::Text, length),
            None => self.open_text(rest),
        }
    }

    /// The text is taken to end with its line: the line break becomes its closing quote.
    fn open_text(&mut self, rest: &str) {
        let length = line_length(rest);
        let words = rest[..length].trim_end().len();
        let found = Diagnostic::error(codes::TEXT_NOT_CLOSED, "this text has no closing `\"` on its line")
            .at(FileId::default(), self.span(words), "begins here")
            .help("a text begins and ends with `\"` on one line");
        self.scan.diagnostics.push(found);
        self.overwrite(length, |byte| if byte == b'\\' { b'/' } else { byte });
        match self.scan.cleaned.get_mut(self.at + length) {
            Some(line_break) => *line_break = b'"',
            None => self.scan.cleaned.push(b'"'),
        }
        self.push(TokenKind::Text, words);
        self.at += length - words;
    }

    fn quoted_name(&mut self, rest: &str) {
        let line = &rest[..line_length(rest)];
        match line[1..].find('`') {
            Some(inner) if inner > 0 => self.push(TokenKind::Word, inner + 2),
            Some(_) => {
                let found = Diagnostic::error(codes::NAME_NOT_CLOSED, "there is no name between these backquotes").at(
                    FileId::default(),
                    self.span(2),
                    "",
                );
                self.refuse(2, found);
            }
            None => {
                let found = Diagnostic::error(codes::NAME_NOT_CLOSED, "this name has no closing backquote on its line")
                    .at(FileId::default(), self.span(1), "begins here");
                self.refuse(1, found);
            }
        }
    }

    fn strange(&mut self, next: char) {
        // A byte order mark at the very start is how some editors save UTF-8.
        if next == '\u{feff}' && self.at == 0 {
            self.blank(next.len_utf8());
            return;
        }
        if next == '€' && self.scan.source[..self.at].trim_end_matches(' ').ends_with(|c: char| c.is_ascii_digit()) {
            return self.euro_sign();
        }
        let unseen = next.is_control() || next.is_whitespace() || is_format_character(next);
        let shown = match unseen {
            true => format!("the unseen character U+{:04X}", u32::from(next)),
            false => format!("`{next}`"),
        };
        let found = Diagnostic::error(codes::STRANGE_CHARACTER, format!("{shown} has no meaning here"));
        let found = found.at(FileId::default(), self.span(next.len_utf8()), "");
        let found = match next {
            ';' => found.help("nothing stands between two statements: leave it out").fix(self.span(1), ""),
            '€' | '$' => found.help("amounts name their currency, behind the number: `5 EUR`"),
            '[' | ']' => found.help("lists stand in parentheses: `in (a, b)`"),
            '\'' | '„' | '“' | '”' | '‚' | '‘' | '’' => {
                found.help("texts stand in straight quotes: `\"…\"`")
            }
            _ => found,
        };
        self.refuse(next.len_utf8(), found);
    }

    /// `5 €` is read as `5 EUR`, for that is what is meant: nothing else is wrong with the line.
    fn euro_sign(&mut self) {
        let sign = self.span('€'.len_utf8());
        let stuck = !self.scan.source[..self.at].ends_with(' ');
        let found = Diagnostic::error(codes::STRANGE_CHARACTER, "`€` has no meaning here")
            .at(FileId::default(), sign, "")
            .help("amounts name their currency")
            .fix(sign, if stuck { " EUR" } else { "EUR" });
        self.scan.diagnostics.push(found);
        if let Some(place) = self.scan.cleaned.get_mut(sign.range()) {
            place.copy_from_slice(b"EUR");
        }
        self.push(TokenKind::Word, sign.range().len());
    }

    fn refuse(&mut self, length: usize, found: Diagnostic) {
        // One look at each stretch of rubbish is enough.
        let repeats = self.scan.diagnostics.last().is_some_and(|last| {
            last.code == found.code && last.place().is_some_and(|label| label.span.end as usize == self.at)
        });
        if !repeats {
            self.scan.diagnostics.push(found);
        } else if let Some(label) = self.scan.diagnostics.last_mut().and_then(|last| last.labels.first_mut()) {
            label.span.end = (self.at + length) as u32;
        }
        self.blank(length);
    }

    fn blank(&mut self, length: usize) {
        self.overwrite(length, |_| b' ');
        self.at += length;
    }

    fn overwrite(&mut self, length: usize, change: impl Fn(u8) -> u8) {
        let bytes = self.scan.cleaned.get_mut(self.at..self.at + length);
        bytes.into_iter().flatten().for_each(|byte| *byte = change(*byte));
    }
}

/// Characters that change how text around them is shown, or nothing at all.
fn is_format_character(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The length of a text that is closed on its line, quotes included.
fn closing_quote(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return None,
            b'"' if !escaped => return Some(at + 1),
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    None
}

/// A word; `Europe/Berlin` and `Etc/GMT+1` are one, for the language has no division.
fn word_length(rest: &str) -> usize {
    let mut length = run_length(rest);
    let mut zone = false;
    loop {
        let tail = &rest[length..];
        let mut next = tail.chars();
        let joins = match next.next() {
            Some('/') => true,
            Some('-' | '+') => zone,
            _ => false,
        };
        if !joins || !next.next().is_some_and(|c| XID_START(c) || zone && c.is_ascii_digit()) {
            return length;
        }
        zone = true;
        length += 1 + run_length(&tail[1..]);
    }
}

fn run_length(rest: &str) -> usize {
    rest.find(|c: char| !XID_CONTINUE(c)).unwrap_or(rest.len())
}

/// A date, a time, or digits with their decimals, comma included where a currency or `%` follows.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut length = run_length(rest);
    let dash = |at: usize| bytes.get(at) == Some(&b'-');
    if length == 4 && dash(4) && digit(5) {
        let month = digits_length(&bytes[5..]);
        if month <= 2 && dash(5 + month) && digit(6 + month) {
            return 6 + month + run_length(&rest[6 + month..]);
        }
    }
    if length <= 2 && bytes.get(length) == Some(&b':') && digit(length + 1) && digit(length + 2) {
        return length + 1 + run_length(&rest[length + 1..]);
    }
    while bytes.get(length) == Some(&b'.') && digit(length + 1) {
        length += 1 + run_length(&rest[length + 1..]);
    }
    length + decimal_comma(&rest[length..])
}

/// `,50` where an amount or a rate ends in it, else nothing.
fn decimal_comma(rest: &str) -> usize {
    let Some(tail) = rest.strip_prefix(',') else { return 0 };
    let digits = digits_length(tail.as_bytes());
    let after = tail.get(digits..).unwrap_or("").trim_start_matches(' ');
    let capitals = after.bytes().take_while(u8::is_ascii_uppercase).count();
    let amount = capitals == 3 && run_length(after) == 3;
    if (1..=2).contains(&digits) && (amount || after.starts_with('%')) { 1 + digits } else { 0 }
}

fn digits_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}
