//! From pieces to lines: which blocks stay on one line, where long lines break, which columns line up.

use super::pieces::{Piece, PieceKind};

/// Columns that a line should not exceed.
const WIDTH: usize = 100;
/// Columns of one level of indentation.
const INDENT: usize = 4;

/// One line of the result.
pub(super) struct Line {
    after_blank: bool,
    indent: usize,
    text: String,
    /// The comment at its end.
    aside: Option<String>,
    /// Byte offsets in `text` at which shared columns begin.
    columns: Vec<usize>,
    columned: Option<&'static str>,
}

/// Breaks the pieces into lines.
pub(super) fn lines(pieces: &[Piece]) -> Vec<Line> {
    let mut layouter = Layouter { pieces, inline: inline_blocks(pieces), lines: Vec::new(), depth: 0 };
    let mut start = 0;
    while start < pieces.len() {
        start = layouter.logical_line(start);
    }
    layouter.lines
}

/// The lines as text, shared columns and comments lined up.
pub(super) fn print(lines: &[Line]) -> String {
    let mut texts: Vec<String> = lines.iter().map(|line| line.text.clone()).collect();
    for run in runs(lines, is_comment, same_columns) {
        align_columns(&run, lines, &mut texts);
    }
    for run in runs(lines, |_| false, |line, next| line.indent == next.indent) {
        align_asides(&run, lines, &mut texts);
    }
    let mut out = String::new();
    for (line, text) in lines.iter().zip(&texts) {
        if line.after_blank && !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&" ".repeat(line.indent));
        out.push_str(text);
        out.push('\n');
    }
    out
}

struct Layouter<'a, 's> {
    pieces: &'a [Piece<'s>],
    /// For each opening brace, whether its block stays on one line; false for everything else.
    inline: Vec<bool>,
    lines: Vec<Line>,
    depth: usize,
}

impl Layouter<'_, '_> {
    /// Lays out the pieces from here to the end of an entry, or of the part of it before or after a block.
    fn logical_line(&mut self, start: usize) -> usize {
        let mut end = self.line_end(start);
        // A block that does not fit is opened, from the outside.
        while let Some(open) = self.block_to_open(start, end) {
            self.inline[open] = false;
            end = self.line_end(start);
        }
        if self.pieces[start].kind == PieceKind::Close {
            self.depth = self.depth.saturating_sub(1);
        }
        self.emit(start, end);
        // A line ends at one opening brace at most.
        if self.opens_block(start, end) {
            self.depth += 1;
        }
        end
    }

    fn opens_block(&self, start: usize, end: usize) -> bool {
        let words = (start..end).rev().find(|at| !self.pieces[*at].is_comment());
        words.is_some_and(|last| self.pieces[last].kind == PieceKind::Open && !self.inline[last])
    }

    /// One past the last piece of the line that begins here.
    fn line_end(&self, start: usize) -> usize {
        if self.pieces[start].kind == PieceKind::Comment {
            return start + 1;
        }
        let mut inside = 0_usize;
        let mut at = start;
        while at < self.pieces.len() {
            let piece = &self.pieces[at];
            if at > start && inside == 0 && (piece.entry || piece.kind == PieceKind::Close) {
                return at;
            }
            match piece.kind {
                PieceKind::Open if self.inline[at] => inside += 1,
                PieceKind::Open => return self.with_aside(at + 1),
                PieceKind::Close => inside = inside.saturating_sub(1),
                // A comment between two entries belongs to the next.
                PieceKind::Comment if self.is_between(at) => return at,
                _ => {}
            }
            at += 1;
        }
        at
    }

    fn with_aside(&self, at: usize) -> usize {
        let aside = self.pieces.get(at).is_some_and(|piece| piece.kind == PieceKind::Aside);
        if aside { at + 1 } else { at }
    }

    /// Whether only comments stand between here and the next entry, closing brace or end.
    fn is_between(&self, at: usize) -> bool {
        let next = self.pieces[at..].iter().find(|piece| !piece.is_comment());
        next.is_none_or(|next| next.entry || next.kind == PieceKind::Close)
    }

    /// The first block of a line that is too long with it.
    fn block_to_open(&self, start: usize, end: usize) -> Option<usize> {
        let open = (start..end).find(|at| self.inline[*at])?;
        let pieces = &self.pieces[start..end];
        let words = pieces.iter().filter(|piece| !piece.is_comment());
        let width: usize = words.map(|piece| piece.width() + usize::from(piece.spaced)).sum();
        (width + self.depth * INDENT > WIDTH).then_some(open)
    }

    fn emit(&mut self, start: usize, end: usize) {
        let indent = self.depth * INDENT;
        let after_open = start.checked_sub(1).is_some_and(|before| self.after_open(before));
        let first = &self.pieces[start];
        let mut line = Line {
            after_blank: first.after_blank && !after_open && first.kind != PieceKind::Close,
            indent,
            text: String::new(),
            aside: None,
            columns: Vec::new(),
            columned: first.columned,
        };
        let mut inside = 0_usize;
        for at in start..end {
            let piece = &self.pieces[at];
            if piece.kind == PieceKind::Aside && !line.text.is_empty() && line.aside.is_none() {
                line.aside = Some(piece.text.to_owned());
                continue;
            }
            let full = line.aside.is_some() || piece.kind == PieceKind::Comment || self.after_comment(start, at);
            if !line.text.is_empty() && (full || self.breaks_before(&line, at, end)) {
                let next = Line { after_blank: false, ..continued(indent) };
                let mut done = std::mem::replace(&mut line, next);
                done.columned = None;
                self.lines.push(done);
            }
            // What stands in a block within the line has no part in the columns around it.
            inside =
                (inside + usize::from(self.inline[at])).saturating_sub(usize::from(piece.kind == PieceKind::Close));
            push(&mut line, piece, inside == 0);
        }
        self.lines.push(line);
    }

    /// Whether the last word before this was the brace that opened the block.
    fn after_open(&self, before: usize) -> bool {
        let word = (0..=before).rev().find(|at| self.pieces[*at].kind != PieceKind::Aside);
        word.is_some_and(|word| self.pieces[word].kind == PieceKind::Open)
    }

    fn after_comment(&self, start: usize, at: usize) -> bool {
        at > start && self.pieces[at - 1].kind == PieceKind::Comment
    }

    /// Whether the line is too long unless it breaks before this piece.
    fn breaks_before(&self, line: &Line, at: usize, end: usize) -> bool {
        if !self.pieces[at].may_break {
            return false;
        }
        let mut width = line.indent + line.text.chars().count();
        for next in at..end {
            let piece = &self.pieces[next];
            if next > at && piece.may_break || piece.is_comment() {
                break;
            }
            width += piece.width() + usize::from(piece.spaced);
        }
        width > WIDTH
    }
}

fn continued(indent: usize) -> Line {
    Line {
        after_blank: false,
        indent: indent + 2 * INDENT,
        text: String::new(),
        aside: None,
        columns: Vec::new(),
        columned: None,
    }
}

fn push(line: &mut Line, piece: &Piece, outside: bool) {
    // An empty block has no space in it.
    let empty = piece.kind == PieceKind::Close && line.text.ends_with('{');
    if piece.spaced && !line.text.is_empty() && !empty {
        line.text.push(' ');
    }
    if piece.column && outside {
        line.columns.push(line.text.len());
    }
    line.text.push_str(piece.text);
}

/// Blocks that the author wrote on one line, with one entry at most and no comments, stay there.
fn inline_blocks(pieces: &[Piece]) -> Vec<bool> {
    let mut inline = vec![false; pieces.len()];
    let mut open: Vec<(usize, usize, bool)> = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        if let Some((_, entries, whole)) = open.last_mut() {
            *entries += usize::from(piece.entry);
            *whole &= !piece.after_break && !piece.is_comment();
        }
        match piece.kind {
            PieceKind::Open => open.push((at, 0, true)),
            PieceKind::Close => {
                let Some((start, entries, whole)) = open.pop() else { continue };
                // Nothing to break a line for.
                let empty = start + 1 == at;
                inline[start] = empty || whole && entries <= 1;
                if let (false, Some(around)) = (inline[start], open.last_mut()) {
                    around.2 = false;
                }
            }
            _ => {}
        }
    }
    inline
}

/// Stretches of lines without empty lines between them, of which each goes with the one before; some may be skipped.
fn runs(lines: &[Line], skip: impl Fn(&Line) -> bool, together: impl Fn(&Line, &Line) -> bool) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = Vec::new();
    let mut blank = false;
    for (at, line) in lines.iter().enumerate() {
        blank |= line.after_blank;
        if skip(line) {
            continue;
        }
        let goes_on = |run: &&mut Vec<usize>| !blank && run.last().is_some_and(|last| together(&lines[*last], line));
        match runs.last_mut().filter(goes_on) {
            Some(run) => run.push(at),
            None => runs.push(vec![at]),
        }
        blank = false;
    }
    runs
}

fn is_comment(line: &Line) -> bool {
    line.text.starts_with('#')
}

fn same_columns(line: &Line, next: &Line) -> bool {
    line.columned.is_some()
        && line.columned == next.columned
        && line.indent == next.indent
        && line.columns.len() == next.columns.len()
}

fn align_columns(run: &[usize], lines: &[Line], texts: &mut [String]) {
    let columns = run.first().map_or(0, |first| lines[*first].columns.len());
    let mut shifts = vec![0; run.len()];
    for column in 0..columns {
        let offset = |row: usize| lines[run[row]].columns[column] + shifts[row];
        let place = |row: usize| texts[run[row]][..offset(row)].chars().count();
        let places: Vec<usize> = (0..run.len()).map(place).collect();
        let widest = places.iter().copied().max().unwrap_or(0);
        for (row, place) in places.into_iter().enumerate() {
            let padding = " ".repeat(widest - place);
            texts[run[row]].insert_str(lines[run[row]].columns[column] + shifts[row], &padding);
            shifts[row] += padding.len();
        }
    }
}

fn align_asides(run: &[usize], lines: &[Line], texts: &mut [String]) {
    let commented: Vec<usize> = run.iter().copied().filter(|at| lines[*at].aside.is_some()).collect();
    let widths: Vec<usize> = commented.iter().map(|at| texts[*at].chars().count()).collect();
    let widest = widths.iter().copied().max().unwrap_or(0);
    for (at, width) in commented.into_iter().zip(widths) {
        let Some(aside) = &lines[at].aside else { continue };
        texts[at].push_str(&" ".repeat(widest - width + 2));
        texts[at].push_str(aside);
    }
}
