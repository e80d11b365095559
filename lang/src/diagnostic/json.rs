//! Diagnostics as data: with lines and columns, ready to be serialised.

use super::{Diagnostic, FileId, Severity, Sources};
use crate::syntax::tree::Span;
use serde::Serialize;

/// A diagnostic as it is serialised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DiagnosticView {
    /// `D0013`.
    pub code: String,
    /// `error` or `warning`.
    pub severity: Severity,
    /// The problem.
    pub message: String,
    /// The places.
    pub labels: Vec<LabelView>,
    /// What to do.
    pub help: Option<String>,
    /// A change that would mend it.
    pub fix: Option<FixView>,
}

/// A place: byte offsets, and lines and columns from 1 (columns count characters, ends are excluded).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct LabelView {
    pub file: String,
    pub start: u32,
    pub end: u32,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub text: String,
    pub primary: bool,
}

/// A replacement of source text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct FixView {
    pub file: String,
    pub start: u32,
    pub end: u32,
    pub replacement: String,
}

/// The diagnostics with lines and columns worked out.
pub fn views(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<DiagnosticView> {
    diagnostics.iter().map(|diagnostic| view(diagnostic, sources)).collect()
}

fn view(diagnostic: &Diagnostic, sources: &Sources) -> DiagnosticView {
    let file = diagnostic.place().map_or(FileId::default(), |label| label.file);
    let label = |l: &super::Label| label_view(l, sources);
    DiagnosticView {
        code: diagnostic.code.to_string(),
        severity: diagnostic.severity,
        message: diagnostic.message.clone(),
        labels: diagnostic.labels.iter().map(label).collect(),
        help: diagnostic.help.clone(),
        fix: diagnostic.fix.as_ref().map(|fix| FixView {
            file: sources.name(file).to_owned(),
            start: fix.span.start,
            end: fix.span.end,
            replacement: fix.replacement.clone(),
        }),
    }
}

fn label_view(label: &super::Label, sources: &Sources) -> LabelView {
    let Span { start, end } = label.span;
    let (line, column) = sources.line_column(label.file, start);
    let (end_line, end_column) = sources.line_column(label.file, end);
    LabelView {
        file: sources.name(label.file).to_owned(),
        start,
        end,
        line,
        column,
        end_line,
        end_column,
        text: label.text.clone(),
        primary: label.primary,
    }
}
