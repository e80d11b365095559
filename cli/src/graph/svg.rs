//! The chart as a picture, by a layout of our own.
//!
//! Boxes stand below each other in the order of the source, and each holds its rules as lines of text, so that no label
//! can lie on another. A rule that moves the case has a wire at the right end of its line. All wires to one stage join
//! in one lane beside the boxes, which ends in the arrow at that stage.

use super::{Chart, Kind, Node};

const TITLE: f64 = 52.0;
const MARGIN: f64 = 24.0;
const LINE: f64 = 19.0;
const HEAD: f64 = 30.0;
const FOOT: f64 = 9.0;
const GAP: f64 = 26.0;
const CLUSTER: f64 = 26.0;
const LANE: f64 = 13.0;
const LETTER: f64 = 6.65;
/// Longer lines are cut: the source has the rest.
const LONGEST: usize = 96;
const COLOURS: &[&str] =
    &["#1f6f8b", "#b3541e", "#4f7a28", "#7a3e9d", "#a8324a", "#2b6cb0", "#8a6d00", "#3d7068", "#94448b", "#5c5c5c"];

/// The picture.
pub fn write(chart: &Chart) -> String {
    let layout = Layout::of(chart);
    let mut text = layout.head(chart);
    for (cluster, area) in chart.clusters.iter().zip(&layout.clusters) {
        text.push_str(&area.cluster(&cluster.title));
    }
    for wire in &layout.wires {
        text.push_str(&wire.draw());
    }
    for (number, (node, area)) in chart.nodes.iter().zip(&layout.boxes).enumerate() {
        text.push_str(&area.node(node, number == layout.first));
    }
    text.push_str("</svg>\n");
    text
}

#[derive(Clone, Copy, Debug, Default)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

struct Layout {
    boxes: Vec<Area>,
    clusters: Vec<Area>,
    wires: Vec<Wire>,
    first: usize,
    width: f64,
    height: f64,
}

/// All moves to one stage.
struct Wire {
    colour: &'static str,
    /// Where the lane stands.
    x: f64,
    /// Where it ends: the right edge and the middle of the target's head.
    to: (f64, f64),
    /// Right edge and height of each line that joins it.
    from: Vec<(f64, f64)>,
}

impl Layout {
    fn of(chart: &Chart) -> Self {
        let longest =
            chart.nodes.iter().flat_map(|node| node.lines.iter().map(|line| shown(&line.words).chars().count()));
        let heads = chart.nodes.iter().map(|node| head_words(node).chars().count() + 4);
        let letters = longest.chain(heads).max().unwrap_or(20).max(30);
        let width = letters as f64 * LETTER + 34.0;
        let (boxes, clusters, height) = stack(chart, width);
        let wires = wires(chart, &boxes);
        let right = wires.iter().map(|wire| wire.x).fold(MARGIN * 2.0 + width, f64::max);
        let first = chart.nodes.iter().position(|node| node.kind == Kind::Stage).unwrap_or(0);
        Self { boxes, clusters, wires, first, width: right + MARGIN * 1.5, height }
    }

    fn head(&self, chart: &Chart) -> String {
        let (width, height) = (self.width, self.height);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
             font-family=\"'DejaVu Sans', 'Segoe UI', Helvetica, Arial, sans-serif\" font-size=\"12\">\n\
             <title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
             <text x=\"{MARGIN}\" y=\"34\" font-size=\"18\" font-weight=\"bold\" fill=\"#1c2733\">{title}</text>\n",
            title = escaped(&chart.title)
        )
    }
}

/// Boxes from the top to the bottom, with room around groups.
fn stack(chart: &Chart, width: f64) -> (Vec<Area>, Vec<Area>, f64) {
    let mut boxes = vec![Area::default(); chart.nodes.len()];
    let mut clusters = vec![Area::default(); chart.clusters.len()];
    let mut y = TITLE;
    let x = MARGIN * 1.7;
    for (number, node) in chart.nodes.iter().enumerate() {
        let opens = chart.clusters.iter().position(|cluster| cluster.nodes.first() == Some(&number));
        if let Some(cluster) = opens {
            clusters[cluster] = Area { x: x - 14.0, y, width: width + 28.0, height: 0.0 };
            y += CLUSTER;
        }
        let height = HEAD + node.lines.len() as f64 * LINE + if node.lines.is_empty() { 0.0 } else { FOOT };
        boxes[number] = Area { x, y, width, height };
        y += height;
        let closes = chart.clusters.iter().position(|cluster| cluster.nodes.last() == Some(&number));
        if let Some(cluster) = closes {
            y += 12.0;
            clusters[cluster].height = y - clusters[cluster].y;
        }
        y += if node.kind == Kind::Outcome { GAP * 0.55 } else { GAP };
    }
    (boxes, clusters, y)
}

/// One wire for each stage that is moved to; lanes are shared by wires that do not meet.
fn wires(chart: &Chart, boxes: &[Area]) -> Vec<Wire> {
    let mut wires = Vec::new();
    let mut lanes: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut targets: Vec<(f64, usize)> = (0..boxes.len()).map(|target| (reach(chart, boxes, target), target)).collect();
    // Short ones go next to the boxes, long ones outside: fewer crossings.
    targets.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, target) in targets {
        let from = joints(chart, boxes, target);
        if from.is_empty() {
            continue;
        }
        let area = boxes[target];
        let to = (area.x + area.width, area.y + HEAD / 2.0);
        let ends = from.iter().map(|(_, y)| *y).chain([to.1]);
        let (top, bottom) = ends.fold((f64::MAX, f64::MIN), |(top, bottom), y| (top.min(y), bottom.max(y)));
        let lane = free_lane(&mut lanes, top - 6.0, bottom + 6.0);
        let colour = COLOURS[wires.len() % COLOURS.len()];
        wires.push(Wire { colour, x: area.x + area.width + 30.0 + lane as f64 * LANE, to, from });
    }
    wires
}

fn reach(chart: &Chart, boxes: &[Area], target: usize) -> f64 {
    let to = boxes[target].y;
    joints(chart, boxes, target).iter().map(|(_, y)| (y - to).abs()).fold(0.0, f64::max)
}

/// Where the lines that move to a stage end.
fn joints(chart: &Chart, boxes: &[Area], target: usize) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    for (node, area) in chart.nodes.iter().zip(boxes) {
        for (number, line) in node.lines.iter().enumerate() {
            if let Some(place) = line.to.iter().position(|to| *to == target) {
                // Several moves of one line leave it at slightly different heights.
                let y = area.y + HEAD + number as f64 * LINE + LINE * 0.42 + place as f64 * 4.0;
                found.push((area.x + area.width, y));
            }
        }
    }
    found
}

fn free_lane(lanes: &mut Vec<Vec<(f64, f64)>>, top: f64, bottom: f64) -> usize {
    let free = |lane: &Vec<(f64, f64)>| lane.iter().all(|(from, to)| bottom < *from || top > *to);
    match lanes.iter().position(free) {
        Some(lane) => {
            lanes[lane].push((top, bottom));
            lane
        }
        None => {
            lanes.push(vec![(top, bottom)]);
            lanes.len() - 1
        }
    }
}

impl Wire {
    fn draw(&self) -> String {
        let (colour, x, (right, middle)) = (self.colour, self.x, self.to);
        let ends = self.from.iter().map(|(_, y)| *y).chain([middle]);
        let (top, bottom) = ends.fold((f64::MAX, f64::MIN), |(top, bottom), y| (top.min(y), bottom.max(y)));
        let mut path = format!("M{x:.1} {top:.1}V{bottom:.1}M{x:.1} {middle:.1}H{:.1}", right + 7.0);
        let mut dots = String::new();
        for (edge, y) in &self.from {
            path.push_str(&format!("M{edge:.1} {y:.1}H{x:.1}"));
            dots.push_str(&format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\"/>"));
            dots.push_str(&format!("<circle cx=\"{edge:.1}\" cy=\"{y:.1}\" r=\"2.6\"/>"));
        }
        let arrow = format!("M{right:.1} {middle:.1}l9 -5v10z");
        format!(
            "<g stroke=\"{colour}\" fill=\"{colour}\"><path d=\"{path}\" fill=\"none\" stroke-width=\"1.5\"/>\
             <path d=\"{arrow}\" stroke=\"none\"/><g stroke=\"none\">{dots}</g></g>\n"
        )
    }
}

impl Area {
    fn cluster(&self, title: &str) -> String {
        let Self { x, y, width, height } = self;
        format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"8\" fill=\"#f4f6f8\" stroke=\"#c3ccd5\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" font-weight=\"bold\" fill=\"#5a6b7b\">{}</text>\n",
            x + 12.0,
            y + 18.0,
            escaped(title)
        )
    }

    fn node(&self, node: &Node, first: bool) -> String {
        let Self { x, y, width, height } = self;
        let look = match node.kind {
            Kind::Stage if first => "fill=\"#ffffff\" stroke=\"#1c2733\" stroke-width=\"2.4\" rx=\"6\"",
            Kind::Stage => "fill=\"#ffffff\" stroke=\"#1c2733\" stroke-width=\"1.2\" rx=\"6\"",
            Kind::Outcome => "fill=\"#e3f1e7\" stroke=\"#2f6b45\" stroke-width=\"1.2\" rx=\"15\"",
            Kind::Group | Kind::Anywhere => "fill=\"#fbf8ee\" stroke=\"#9a8448\" stroke-dasharray=\"5 3\" rx=\"6\"",
        };
        let mut text =
            format!("<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {look}/>\n");
        text.push_str(&self.title(node));
        for (number, line) in node.lines.iter().enumerate() {
            let at = y + HEAD + number as f64 * LINE + LINE * 0.64;
            let (colour, style) = if line.entry { ("#5a6b7b", " font-style=\"italic\"") } else { ("#1c2733", "") };
            text.push_str(&format!(
                "<text x=\"{:.1}\" y=\"{at:.1}\" fill=\"{colour}\"{style} xml:space=\"preserve\">{}</text>\n",
                x + 14.0,
                escaped(&shown(&line.words))
            ));
        }
        text
    }

    /// The title in bold, and the name that the source uses behind it.
    fn title(&self, node: &Node) -> String {
        let (x, y) = (self.x + 14.0, self.y + 20.0);
        let name = match node.kind {
            Kind::Stage | Kind::Outcome if !node.title.is_empty() && node.title != node.name => {
                format!("<tspan fill=\"#8594a3\" font-weight=\"normal\" dx=\"8\">{}</tspan>", escaped(&node.name))
            }
            _ => String::new(),
        };
        let title = if node.title.is_empty() { &node.name } else { &node.title };
        format!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-weight=\"bold\" fill=\"#1c2733\">{}{name}</text>\n",
            escaped(title)
        )
    }
}

fn head_words(node: &Node) -> String {
    format!("{} {}", node.title, node.name)
}

fn shown(words: &str) -> String {
    if words.chars().count() <= LONGEST {
        return words.to_owned();
    }
    let cut: String = words.chars().take(LONGEST - 1).collect();
    format!("{}…", cut.trim_end())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
