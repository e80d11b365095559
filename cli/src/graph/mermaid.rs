//! The chart for Mermaid, which many wikis and code hosts draw.

use super::{Chart, Kind, Line, Node};

/// The chart as a `stateDiagram-v2`.
pub fn write(chart: &Chart) -> String {
    let mut text = format!("---\ntitle: \"{}\"\n---\nstateDiagram-v2\n", chart.title.replace('"', "'"));
    for (at, node) in chart.nodes.iter().enumerate() {
        text.push_str(&format!("    state \"{}\" as n{at}\n", title(node)));
    }
    for (number, cluster) in chart.clusters.iter().enumerate() {
        text.push_str(&format!("    state \"{}\" as g{number} {{\n", plain(&cluster.title)));
        for at in &cluster.nodes {
            text.push_str(&format!("        n{at}\n"));
        }
        text.push_str("    }\n");
    }
    if let Some(first) = chart.nodes.iter().position(|node| node.kind == Kind::Stage) {
        text.push_str(&format!("    [*] --> n{first}\n"));
    }
    for (at, node) in chart.nodes.iter().enumerate() {
        for line in &node.lines {
            for to in &line.to {
                text.push_str(&format!("    n{at} --> n{to} : {}\n", plain(&label(line))));
            }
        }
        if node.kind == Kind::Outcome {
            text.push_str(&format!("    n{at} --> [*]\n"));
        }
    }
    text
}

fn title(node: &Node) -> String {
    plain(if node.title.is_empty() { &node.name } else { &node.title })
}

/// What sets a move off, without what it does.
pub fn label(line: &Line) -> String {
    if line.entry {
        return "on entry".into();
    }
    let words = line.words.trim();
    let ends = [": ", " -> "].iter().filter_map(|end| words.find(end)).min();
    words[..ends.unwrap_or(words.len())].to_owned()
}

/// Colons, semicolons and quotes mean something to Mermaid.
fn plain(text: &str) -> String {
    text.replace('"', "'").replace([':', ';'], ",").replace('#', "")
}
