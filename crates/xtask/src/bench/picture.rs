//! The first table as a picture: bars of SmolLM2 behind no context, readable on light and on dark ground.

use super::Part;
use super::document::Document;
use super::journal::Row;
use super::tables::{name, tokens};

const WIDTH: f64 = 860.0;
/// Where the bars begin, and how long the longest is.
const LEFT: f64 = 270.0;
const LONGEST: f64 = 500.0;
const BAR: f64 = 12.0;
/// Between engines.
const STEP: f64 = 36.0;
const TITLE: f64 = 44.0;

const STYLE: &str = "\
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .small { font-size: 11px; fill: #59636e; }
  .akio { fill: #2f6fdb; }
  .other { fill: #8b949e; }
  .two { opacity: 0.55; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .small { fill: #9198a1; }
    .akio { fill: #58a6ff; }
    .other { fill: #7d8590; }
  }
</style>
";

pub fn draw(document: &Document) -> String {
    let first = [
        ("model", "SmolLM2-135M"),
        ("context", "0"),
        ("threads", "1"),
    ];
    let rows = document
        .rows(Part::Speed)
        .iter()
        .filter(|row| row.is(&first));
    // Node's engine is Chromium's, of another age.
    let rows: Vec<&Row> = rows.filter(|row| row.label("host") != "Node").collect();
    let panel = TITLE + STEP * rows.len() as f64;
    let height = 2.0 * panel + 16.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Prefill and decode of SmolLM2-135M in tokens a second\">\n{STYLE}"
    );
    for (at, (value, title)) in [("decode", "Decode"), ("prefill", "Prefill of 256 tokens")]
        .iter()
        .enumerate()
    {
        let top = panel * at as f64;
        svg.push_str(&text(
            "title",
            12.0,
            top + 24.0,
            &format!("{title}, tokens/s"),
        ));
        svg.push_str(&text(
            "small",
            LEFT,
            top + 24.0,
            "SmolLM2-135M; upper bar: 1 thread, lower and paler: 2 threads",
        ));
        let both = rows
            .iter()
            .map(|row| [Some(*row), two_threads(document, row)]);
        let both: Vec<_> = both.collect();
        let figures = both
            .iter()
            .flatten()
            .flatten()
            .filter_map(|row| row.median(value));
        let most = figures.fold(f64::MIN_POSITIVE, f64::max);
        for (line, pair) in both.into_iter().enumerate() {
            let y = top + TITLE + STEP * line as f64;
            for (bar, row) in pair.into_iter().enumerate() {
                let Some((row, figure)) = row.and_then(|row| Some((row, row.median(value)?)))
                else {
                    continue;
                };
                if bar == 0 {
                    svg.push_str(&text("", 12.0, y + 15.0, &name(row).replace('`', "")));
                }
                let class = if row.label("engine") == "akio" {
                    "akio"
                } else {
                    "other"
                };
                let class = if bar == 1 {
                    format!("{class} two")
                } else {
                    class.to_owned()
                };
                let (y, width) = (y + (BAR + 1.0) * bar as f64, figure / most * LONGEST);
                svg.push_str(&format!(
                    "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\"/>\n"
                ));
                svg.push_str(&text(
                    "small",
                    LEFT + width + 6.0,
                    y + 10.0,
                    &tokens(figure),
                ));
            }
        }
    }
    svg + "</svg>\n"
}

/// The same engine with two threads.
fn two_threads<'a>(document: &'a Document, row: &Row) -> Option<&'a Row> {
    let mut labels = row.labels.clone();
    labels.insert("threads".to_owned(), "2".to_owned());
    document
        .rows(Part::Speed)
        .iter()
        .find(|row| row.labels == labels)
}

fn text(class: &str, x: f64, y: f64, text: &str) -> String {
    let class = if class.is_empty() {
        String::new()
    } else {
        format!(" class=\"{class}\"")
    };
    format!("<text{class} x=\"{x:.1}\" y=\"{y}\">{text}</text>\n")
}
