//! Files of cells (RFC 4180): lines of cells with commas between them, each with its place. And cells read as the
//! patterns and values of the language.

use super::tree::Span;

/// What stands between two commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its text, as long as its place: a doubled quotation mark is one mark beside a space.
    pub text: String,
    /// Where it stands, without space around it and without the quotes that hold it together.
    pub span: Span,
}

/// A line of a file of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its cells.
    pub cells: Vec<Cell>,
    /// All of it.
    pub span: Span,
}

/// The lines of a file that hold something.
///
/// # Errors
/// Where a cell begins with a quotation mark and is not closed by one before the next comma or the end of the line.
pub fn lines(source: &str) -> Result<Vec<Line>, Span> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let text = line.trim_end_matches(['\n', '\r']);
        let mark = if start == 0 && text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let text = text.get(mark..).unwrap_or("");
        if !text.trim().is_empty() {
            lines.push(Line { cells: cells(text, start + mark)?, span: span(start + mark, text) });
        }
        start += line.len();
    }
    Ok(lines)
}

/// The cells alone, each where it stands, with space for all that is between them.
pub fn alone(source: &str, lines: &[Line]) -> String {
    let mut alone = String::with_capacity(source.len());
    for line in lines {
        if !alone.is_empty() {
            alone.push('\n');
        }
        for cell in &line.cells {
            let space = (cell.span.start as usize).saturating_sub(alone.len());
            alone.extend(std::iter::repeat_n(' ', space));
            alone.push_str(&cell.text);
        }
    }
    alone
}

fn span(start: usize, text: &str) -> Span {
    Span::new(start as u32, (start + text.len()) as u32)
}

/// The cells of a line that begins at `start`.
fn cells(line: &str, start: usize) -> Result<Vec<Cell>, Span> {
    let mut cells = Vec::new();
    let mut at = 0;
    loop {
        let rest = line.get(at..).unwrap_or("");
        let begin = at + rest.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        let (cell, length) = match rest.strip_prefix('"') {
            Some(inner) => quoted(inner, start + begin + 1).ok_or_else(|| span(start + begin, rest))?,
            None => plain(rest, start + begin),
        };
        cells.push(cell);
        at = begin + length;
        if !line.get(at..).unwrap_or("").starts_with(',') {
            return Ok(cells);
        }
        at += 1;
    }
}

/// A cell without quotes, and how long it is with the space after it.
fn plain(rest: &str, start: usize) -> (Cell, usize) {
    let length = rest.find(',').unwrap_or(rest.len());
    let text = rest.get(..length).unwrap_or("").trim_end();
    (Cell { text: text.to_owned(), span: span(start, text) }, length)
}

/// A cell after its first quote, and how long it is with both quotes and the space after it.
fn quoted(inner: &str, start: usize) -> Option<(Cell, usize)> {
    let (mut text, mut marks) = (String::new(), 0);
    let mut letters = inner.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != '"' {
            text.push(letter);
        } else if letters.next_if(|(_, next)| *next == '"').is_some() {
            // The space goes outside of what two marks hold.
            text.push_str(if marks % 2 == 0 { " \"" } else { "\" " });
            marks += 1;
        } else {
            let after = inner.get(at + 1..).unwrap_or("");
            let space = after.len() - after.trim_start().len();
            let ends = after.trim_start().is_empty() || after.trim_start().starts_with(',');
            let span = span(start, &text);
            return ends.then_some((Cell { text, span }, at + 2 + space));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Span, lines};

    #[test]
    fn cells_keep_their_places() {
        let source = "\u{feff}a, b ,\"c,d\"\r\n\n1..2,\"\"\"x\"\"\" ,\n";
        let lines = lines(source).expect("cells");
        let texts: Vec<Vec<&str>> = lines.iter().map(|l| l.cells.iter().map(|c| c.text.as_str()).collect()).collect();
        assert_eq!(texts, [vec!["a", "b", "c,d"], vec!["1..2", " \"x\" ", ""]]);
        let at = |line: usize, cell: usize| lines[line].cells[cell].span.range();
        assert_eq!((&source[at(0, 1)], &source[at(0, 2)], &source[at(1, 0)]), ("b", "c,d", "1..2"));
        assert_eq!(&source[at(1, 1)], "\"\"x\"\"");
        let alone = super::alone(source, &lines);
        assert_eq!((&alone[at(0, 2)], &alone[at(1, 1)]), ("c,d", " \"x\" "));
    }

    #[test]
    fn an_open_quote_is_told_with_its_place() {
        assert_eq!(lines("a\n\"b,c\nd"), Err(Span::new(2, 6)));
        assert_eq!(lines("a,\"b\"c"), Err(Span::new(2, 6)));
    }
}
