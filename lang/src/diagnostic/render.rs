//! Diagnostics as text for people.

use super::{Diagnostic, FileId, Label, Severity, Sources};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Patch, Renderer, Snippet};

/// The diagnostics one after another with the source lines that they speak of; `colour` adds terminal escapes.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&groups(diagnostic, sources)));
        text.push_str("\n\n");
    }
    text
}

fn groups<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.to_string());
    let mut main = Group::with_title(title);
    for file in files(diagnostic) {
        main = main.element(snippet(diagnostic, file, sources));
    }
    let help = diagnostic.help.as_deref();
    match patch(diagnostic, sources) {
        Some(patch) => {
            let title = Level::HELP.secondary_title(help.unwrap_or("this would mend it"));
            vec![main, title.element(patch)]
        }
        None => {
            let help = help.map(|text| Level::HELP.message(text));
            vec![main.elements(help)]
        }
    }
}

/// The files of the labels: that of the error first, each once.
fn files(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files: Vec<FileId> = diagnostic.place().map(|label| label.file).into_iter().collect();
    for label in &diagnostic.labels {
        if !files.contains(&label.file) {
            files.push(label.file);
        }
    }
    files
}

fn snippet<'a>(diagnostic: &'a Diagnostic, file: FileId, sources: &'a Sources) -> Snippet<'a, Annotation<'a>> {
    let text = sources.text(file);
    let here = diagnostic.labels.iter().filter(move |label| label.file == file);
    Snippet::source(text).path(sources.name(file)).annotations(here.map(|label| annotation(label, text)))
}

fn annotation<'a>(label: &'a Label, text: &str) -> Annotation<'a> {
    let kind = if label.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
    let annotation = kind.span(within(label.span.range(), text));
    if label.text.is_empty() { annotation } else { annotation.label(&label.text) }
}

fn patch<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Option<Snippet<'a, Patch<'a>>> {
    let fix = diagnostic.fix.as_ref()?;
    let file = diagnostic.place()?.file;
    let text = sources.text(file);
    let patch = Patch::new(within(fix.span.range(), text), &fix.replacement);
    Some(Snippet::source(text).path(sources.name(file)).patch(patch))
}

/// The renderer panics on offsets outside the text or inside a character.
fn within(range: std::ops::Range<usize>, text: &str) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = text.ceil_char_boundary(range.end.clamp(start, text.len()));
    start..end
}
