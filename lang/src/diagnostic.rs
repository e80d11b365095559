//! What authors are told: numbered diagnostics with places, words and fixes, and how they are printed.
//!
//! A message names the problem in the author's own words; a label says what stands at its place; the help says
//! what to do; a fix can be applied by a tool. Nothing here reads files or knows the terminal.

pub mod codes;
mod json;
mod render;
mod similar;
mod sources;

pub use codes::Code;
pub use json::{DiagnosticView, FixView, LabelView, views};
pub use render::render;
pub use similar::did_you_mean;
pub use sources::{FileId, Sources};

use crate::syntax::tree::Span;

/// One thing to tell the author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its number, never reused.
    pub code: Code,
    /// Whether it stops the compiler.
    pub severity: Severity,
    /// The problem in one sentence without a full stop.
    pub message: String,
    /// The places that it speaks of; the first primary one is where it stands.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// A change to the text that would mend it.
    pub fix: Option<Fix>,
}

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No machine is built.
    Error,
    /// Probably not meant.
    Warning,
}

/// A place in a source file and what there is to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Which file.
    pub file: FileId,
    /// Where in it.
    pub span: Span,
    /// What there is to say; may be empty.
    pub text: String,
    /// Whether this is the place of the error itself, or one that explains it.
    pub primary: bool,
}

/// A replacement of source text, in the file of the first primary label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What stands there then.
    pub replacement: String,
}

impl Diagnostic {
    /// An error without places yet.
    pub fn error(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Error, message.into())
    }

    /// A warning without places yet.
    pub fn warning(code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Warning, message.into())
    }

    fn new(code: Code, severity: Severity, message: String) -> Diagnostic {
        Diagnostic { code, severity, message, labels: Vec::new(), help: None, fix: None }
    }

    /// Adds the place of the problem; `text` may be empty.
    pub fn at(self, file: FileId, span: Span, text: impl Into<String>) -> Diagnostic {
        self.label(Label { file, span, text: text.into(), primary: true })
    }

    /// Adds a place that explains the problem.
    pub fn also(self, file: FileId, span: Span, text: impl Into<String>) -> Diagnostic {
        self.label(Label { file, span, text: text.into(), primary: false })
    }

    fn label(mut self, label: Label) -> Diagnostic {
        self.labels.push(label);
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Offers a change, in the file of the first primary label.
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Diagnostic {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    /// Where it stands: its first primary label, or its first.
    pub fn place(&self) -> Option<&Label> {
        self.labels.iter().find(|label| label.primary).or(self.labels.first())
    }

    fn order(&self) -> (FileId, Span, Code, &str) {
        let (file, span) = self.place().map_or((FileId::default(), Span::default()), |l| (l.file, l.span));
        (file, span, self.code, &self.message)
    }
}

/// Puts diagnostics in the order of the source and drops those that say the same twice.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| a.order().cmp(&b.order()));
    diagnostics.dedup();
}
