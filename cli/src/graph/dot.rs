//! The chart for Graphviz.

use super::{Chart, Kind, Node};

/// The chart as a `digraph`.
pub fn write(chart: &Chart) -> String {
    let mut text = format!("digraph strategy {{\n  label={};\n  labelloc=t;\n", quoted(&chart.title));
    text.push_str(
        "  node [shape=box, style=rounded, fontname=\"Helvetica\"];\n  edge [fontname=\"Helvetica\", fontsize=10];\n",
    );
    let mut inside = vec![false; chart.nodes.len()];
    for (number, cluster) in chart.clusters.iter().enumerate() {
        text.push_str(&format!("  subgraph cluster_{number} {{\n    label={};\n", quoted(&cluster.title)));
        for at in &cluster.nodes {
            inside[*at] = true;
            text.push_str(&format!("    {}\n", node(&chart.nodes[*at])));
        }
        text.push_str("  }\n");
    }
    for (one, _) in chart.nodes.iter().zip(&inside).filter(|(_, inside)| !**inside) {
        text.push_str(&format!("  {}\n", node(one)));
    }
    for one in &chart.nodes {
        for line in &one.lines {
            for to in &line.to {
                let (from, to) = (quoted(&one.name), quoted(&chart.nodes[*to].name));
                text.push_str(&format!("  {from} -> {to} [label={}];\n", quoted(&super::mermaid::label(line))));
            }
        }
    }
    text.push_str("}\n");
    text
}

fn node(node: &Node) -> String {
    let title = if node.title.is_empty() { &node.name } else { &node.title };
    let look = match node.kind {
        Kind::Stage => "",
        Kind::Outcome => ", shape=box, style=\"filled,rounded\", fillcolor=\"#dff0e4\", peripheries=2",
        Kind::Group | Kind::Anywhere => ", style=dashed",
    };
    format!("{} [label={}{look}];", quoted(&node.name), quoted(title))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
