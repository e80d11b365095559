//! The words, marks and comments of a text in their order, each with what its layout needs.

use super::super::parse::Layout;
use super::super::scan::{Comment, Scan, Token};

/// A word, a mark or a comment.
pub(super) struct Piece<'s> {
    pub text: &'s str,
    pub kind: PieceKind,
    /// An empty line stands before it.
    pub after_blank: bool,
    /// A line break stands before it.
    pub after_break: bool,
    /// A declaration or an entry of a block begins here.
    pub entry: bool,
    /// A space stands before it when it does not begin a line.
    pub spaced: bool,
    /// A line that is too long may break before it.
    pub may_break: bool,
    /// A shared column begins here.
    pub column: bool,
    /// What its entry shares its columns with.
    pub columned: Option<&'static str>,
}

/// What a piece is to the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PieceKind {
    Word,
    Open,
    Close,
    /// A comment on a line of its own.
    Comment,
    /// A comment after something on its line.
    Aside,
}

impl Piece<'_> {
    /// Columns that it takes.
    pub fn width(&self) -> usize {
        self.text.chars().count()
    }

    pub fn is_comment(&self) -> bool {
        matches!(self.kind, PieceKind::Comment | PieceKind::Aside)
    }
}

/// The pieces of a text.
pub(super) fn pieces<'s>(scan: &Scan<'s>, layout: &Layout) -> Vec<Piece<'s>> {
    let mut pieces = Vec::new();
    let mut comments = scan.comments.iter().peekable();
    let mut end = 0;
    let mut before: Option<&Token> = None;
    for token in &scan.tokens {
        while let Some(comment) = comments.next_if(|comment| comment.span.start < token.span.start) {
            pieces.push(comment_piece(scan, comment, end));
            end = comment.span.end;
        }
        let mut piece = token_piece(scan, token, layout, end);
        piece.spaced = is_spaced(scan, before, token, layout);
        piece.may_break |= before.is_some_and(|before| scan.text(before) == ",");
        pieces.push(piece);
        end = token.span.end;
        before = Some(token);
    }
    for comment in comments {
        pieces.push(comment_piece(scan, comment, end));
        end = comment.span.end;
    }
    pieces
}

fn token_piece<'s>(scan: &Scan<'s>, token: &Token, layout: &Layout, end: u32) -> Piece<'s> {
    let source: &'s str = scan.source;
    let text = &source[token.span.range()];
    let start = token.span.start;
    let breaks = breaks(scan, end, start);
    Piece {
        text,
        kind: match text {
            "{" => PieceKind::Open,
            "}" => PieceKind::Close,
            _ => PieceKind::Word,
        },
        after_blank: breaks > 1,
        after_break: breaks > 0,
        entry: layout.entries.contains(&start),
        spaced: true,
        may_break: layout.breaks.contains(&start),
        column: layout.columns.contains(&start),
        columned: layout.columned.get(&start).copied(),
    }
}

fn comment_piece<'s>(scan: &Scan<'s>, comment: &Comment, end: u32) -> Piece<'s> {
    let source: &'s str = scan.source;
    let breaks = breaks(scan, end, comment.span.start);
    // The first comment of a file begins a line though no break stands before it.
    let kind = if comment.own_line { PieceKind::Comment } else { PieceKind::Aside };
    Piece {
        text: &source[comment.span.range()],
        kind,
        after_blank: breaks > 1,
        after_break: breaks > 0,
        entry: false,
        spaced: true,
        may_break: false,
        column: false,
        columned: None,
    }
}

fn breaks(scan: &Scan, from: u32, to: u32) -> usize {
    scan.source[from as usize..to as usize].matches('\n').count()
}

fn is_spaced(scan: &Scan, before: Option<&Token>, token: &Token, layout: &Layout) -> bool {
    let Some(before) = before else { return false };
    let close_after = matches!(scan.text(before), "(" | ".") || layout.close_after.contains(&before.span.start);
    let close_before = matches!(scan.text(token), ")" | "," | ".") || layout.close_before.contains(&token.span.start);
    !close_after && !close_before
}
