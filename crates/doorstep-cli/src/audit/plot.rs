//! A bar for each format and parameter set, as SVG: every viewer has a font for it.

use std::fmt::{self, Write};

use super::report::{Report, Row, TAIL};
use crate::advice::{AS_OF, Opinion, SOURCE};

/// The bars that are drawn; what is left is one more.
const BARS: usize = 24;

const WIDTH: usize = 760;
const MARGIN: usize = 20;
/// Of the widest bar; its number stands beside it.
const BAR: usize = 560;
/// Title and legend.
const HEAD: usize = 112;
/// Of a name in the legend, of which three stand side by side.
const LEGEND: usize = 280;
/// Of a bar with its label.
const ROW: usize = 42;

/// The report as a picture.
pub(crate) struct Plot<'a>(pub(crate) &'a Report);

impl fmt::Display for Plot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(report) = self;
        let enough = |(place, row): &(usize, &Row)| *place < BARS && row.share >= TAIL;
        let count = report.formats.iter().enumerate().take_while(enough).count();
        let (bars, tail) = report.formats.split_at(count);
        let height = HEAD + ROW * (count + usize::from(!tail.is_empty())) + MARGIN;
        let title = format!("{} stored hashes by format and strength", report.hashes);

        writeln!(
            f,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">"#
        )?;
        writeln!(f, "<title>{title}</title>")?;
        writeln!(f, r#"<rect width="{WIDTH}" height="{height}" fill="white"/>"#)?;
        text(f, MARGIN, 28, r#"font-size="18""#, &title)?;
        text(f, MARGIN, 50, NOTE, &format!("by the {SOURCE}, {AS_OF}"))?;
        for (place, opinion) in Opinion::ALL.into_iter().enumerate() {
            let (x, y) = (MARGIN + place % 3 * LEGEND, 63 + place / 3 * 22);
            let fill = colour(opinion);
            writeln!(f, r#"<rect x="{x}" y="{y}" width="12" height="12" fill="{fill}"/>"#)?;
            text(f, x + 18, y + 11, "", &opinion.to_string())?;
        }

        let widest = bars.first().map_or(1.0, |row| row.share).max(sum(tail));
        let mut top = HEAD;
        for row in bars {
            let mut parameters = String::new();
            if let Some(set) = &row.parameters {
                write!(parameters, "{set}")?;
            }
            bar(
                f,
                top,
                &Bar {
                    name: row.format,
                    parameters: &parameters,
                    share: row.share,
                    count: row.count,
                    fill: colour(row.verdict),
                },
                widest,
            )?;
            top += ROW;
        }
        if !tail.is_empty() {
            let name = format!("{} more kinds", tail.len());
            let count = tail.iter().map(|row| row.count).sum();
            bar(
                f,
                top,
                &Bar { name: &name, parameters: "", share: sum(tail), count, fill: "#999999" },
                widest,
            )?;
        }
        f.write_str("</svg>")
    }
}

struct Bar<'a> {
    name: &'a str,
    parameters: &'a str,
    share: f64,
    count: u64,
    fill: &'static str,
}

/// The style of what is said beside.
const NOTE: &str = r##"fill="#5a5a5a""##;

fn bar(f: &mut fmt::Formatter<'_>, top: usize, bar: &Bar<'_>, widest: f64) -> fmt::Result {
    let Bar { name, parameters, share, count, fill } = bar;
    let width = (BAR as f64 * share / widest).max(1.0);
    writeln!(
        f,
        r##"<text x="{MARGIN}" y="{}">{} <tspan fill="#5a5a5a">{}</tspan></text>"##,
        top + 14,
        escaped(name),
        escaped(parameters)
    )?;
    writeln!(
        f,
        r#"<rect x="{MARGIN}" y="{}" width="{width:.1}" height="14" fill="{fill}"/>"#,
        top + 20
    )?;
    let beside = MARGIN + width as usize + 8;
    text(f, beside, top + 32, "", &format!("{:.1} %, {count}", 100.0 * share))
}

fn text(f: &mut fmt::Formatter<'_>, x: usize, y: usize, style: &str, text: &str) -> fmt::Result {
    let space = if style.is_empty() { "" } else { " " };
    writeln!(f, r#"<text x="{x}" y="{y}"{space}{style}>{}</text>"#, escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn sum(rows: &[Row]) -> f64 {
    rows.iter().map(|row| row.share).sum()
}

/// Told apart by most who are colour-blind, and from good to bad.
const fn colour(opinion: Opinion) -> &'static str {
    match opinion {
        Opinion::Meets => "#0072b2",
        Opinion::Legacy => "#56b4e9",
        Opinion::NotListed => "#cccccc",
        Opinion::Below => "#e69f00",
        Opinion::Weak => "#d55e00",
    }
}
