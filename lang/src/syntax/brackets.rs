//! Which bracket closes which, and what is told where one is missing.

use super::scan::{Scan, Token, TokenKind};
use super::tree::Span;
use crate::diagnostic::{Diagnostic, FileId, codes};

/// How deep brackets may stand in one another. The grammar recurses on them.
pub(super) const DEEPEST: usize = 128;

/// For each token its surroundings.
pub(super) struct Brackets {
    /// The index of the innermost bracket that a token stands in; a bracket stands outside of itself.
    pub parent: Vec<Option<usize>>,
    /// For an opening bracket, the index of its partner, or of the token before which it was taken as closed.
    pub partner: Vec<Option<usize>>,
    /// What is missing or too much, or too deep.
    pub diagnostics: Vec<Diagnostic>,
    /// Nested so deeply that nothing else may look at the text.
    pub too_deep: bool,
    /// Where the text lacks closing brackets: before the token of this index, these.
    pub missing: Vec<(usize, String)>,
    /// Closing brackets without a partner.
    pub stray: Vec<Span>,
}

/// Pairs the brackets of a text.
pub(super) fn pair(scan: &Scan) -> Brackets {
    let guess = !balanced(scan);
    let count = scan.tokens.len();
    let mut pairing = Pairing {
        scan,
        open: Vec::new(),
        brackets: Brackets {
            parent: vec![None; count],
            partner: vec![None; count],
            diagnostics: Vec::new(),
            too_deep: false,
            missing: Vec::new(),
            stray: Vec::new(),
        },
    };
    for (index, token) in scan.tokens.iter().enumerate() {
        pairing.token(index, token, guess);
        if pairing.brackets.too_deep {
            return pairing.brackets;
        }
    }
    pairing.close_all(count, None);
    pairing.brackets
}

/// Whether every bracket has its partner: then no layout is ever read as a sign that one is missing.
fn balanced(scan: &Scan) -> bool {
    let mut open = Vec::new();
    for token in &scan.tokens {
        match mark(scan, token) {
            Some(b'{' | b'(') => open.push(mark(scan, token)),
            Some(b'}') if open.pop() != Some(Some(b'{')) => return false,
            Some(b')') if open.pop() != Some(Some(b'(')) => return false,
            _ => {}
        }
    }
    open.is_empty()
}

fn mark(scan: &Scan, token: &Token) -> Option<u8> {
    match token.kind {
        TokenKind::Mark => scan.text(token).bytes().next(),
        _ => None,
    }
}

struct Pairing<'a, 's> {
    scan: &'a Scan<'s>,
    open: Vec<usize>,
    brackets: Brackets,
}

impl Pairing<'_, '_> {
    fn token(&mut self, index: usize, token: &Token, guess: bool) {
        if guess && !self.open.is_empty() && self.begins_declaration(index, token) {
            self.close_all(index, Some(token));
        }
        match mark(self.scan, token) {
            Some(b'{' | b'(') => self.opens(index, token),
            Some(b'}') => self.closes(index, token, b'{'),
            Some(b')') => self.closes(index, token, b'('),
            _ => self.brackets.parent[index] = self.open.last().copied(),
        }
    }

    /// Where brackets are missing, a word that can only begin a declaration, at the left margin, shows where.
    fn begins_declaration(&self, index: usize, token: &Token) -> bool {
        let line = self.scan.source[..token.span.start as usize].ends_with('\n');
        line && super::words::begins_item(self.scan, index)
    }

    fn opens(&mut self, index: usize, token: &Token) {
        self.brackets.parent[index] = self.open.last().copied();
        self.open.push(index);
        if self.open.len() > DEEPEST {
            self.brackets.too_deep = true;
            self.brackets.diagnostics.push(too_deep(token.span));
        }
    }

    fn closes(&mut self, index: usize, token: &Token, partner: u8) {
        let is_partner = |open: &usize| mark(self.scan, &self.scan.tokens[*open]) == Some(partner);
        match self.open.iter().rposition(is_partner) {
            // A parenthesis does not reach over the braces around it.
            Some(at) if partner == b'{' || at + 1 == self.open.len() => {
                while self.open.len() > at + 1 {
                    self.leave_open(index);
                }
                self.open.truncate(at + 1);
                if let Some(open) = self.open.pop() {
                    self.brackets.partner[open] = Some(index);
                    self.brackets.partner[index] = Some(open);
                }
                self.brackets.parent[index] = self.open.last().copied();
            }
            _ => self.stray(token),
        }
    }

    /// The innermost open bracket, a parenthesis, is taken as closed before the token of this index.
    fn leave_open(&mut self, index: usize) {
        let Some(open) = self.open.pop() else { return };
        self.brackets.partner[open] = Some(index);
        self.brackets.diagnostics.push(not_closed(self.scan, open, None));
    }

    fn stray(&mut self, token: &Token) {
        let text = self.scan.text(token);
        let found = Diagnostic::error(codes::CLOSES_NOTHING, format!("this `{text}` closes nothing"))
            .at(FileId::default(), token.span, "no bracket is open here")
            .help("leave it out, or look for one too many before it");
        self.brackets.diagnostics.push(found);
        self.brackets.stray.push(token.span);
    }

    fn close_all(&mut self, before: usize, next: Option<&Token>) {
        let Some(innermost) = self.open.last().copied() else { return };
        self.brackets.diagnostics.push(not_closed(self.scan, innermost, next));
        let mut closers = String::new();
        while let Some(open) = self.open.pop() {
            self.brackets.partner[open] = Some(before);
            let brace = mark(self.scan, &self.scan.tokens[open]) == Some(b'{');
            closers.push(if brace { '}' } else { ')' });
        }
        self.brackets.missing.push((before, closers));
    }
}

fn not_closed(scan: &Scan, open: usize, next: Option<&Token>) -> Diagnostic {
    let token = &scan.tokens[open];
    let (bracket, partner) = if mark(scan, token) == Some(b'{') { ('{', '}') } else { ('(', ')') };
    let found = Diagnostic::error(codes::NOT_CLOSED, format!("this `{bracket}` is never closed")).at(
        FileId::default(),
        token.span,
        format!("its `{partner}` is missing"),
    );
    match next {
        Some(next) => {
            let begins = format!("`{}` begins a new declaration", scan.text(next));
            found.also(FileId::default(), next.span, begins)
        }
        None => found,
    }
}

fn too_deep(span: Span) -> Diagnostic {
    let message = format!("brackets stand more than {DEEPEST} deep here");
    Diagnostic::error(codes::NESTED_TOO_DEEPLY, message)
        .at(FileId::default(), span, "this one is too many")
        .help("split it: name a part of it by a table or a stage of its own")
}
