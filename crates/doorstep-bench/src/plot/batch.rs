//! For each case, how many logins a core serves by the size of its batches, and how long the slowest
//! wait by how many arrive.

use plotters::chart::ChartBuilder;
use plotters::coord::combinators::IntoLogRange;
use plotters::prelude::{Circle, DrawingBackend, IntoTextStyle, PathElement};
use plotters::series::LineSeries;
use plotters::style::Color;
use plotters::style::text_anchor::HPos;

use super::{Area, COLOURS, Drawn, FONT, Figure, Font, GRID, MARGIN, text};
use crate::batch::{Batched, most_per_second};

/// Batches as a plot.
pub(crate) struct BatchFigure<'a> {
    pub(crate) batched: &'a [Batched],
    /// Said below it.
    pub(crate) processor: &'a str,
}

const WIDTH: i32 = 760;
const TOP: i32 = 40;
const BOTTOM: i32 = 34;
const PANEL: i32 = 280;
/// Where the left panel ends.
const SPLIT: i32 = 270;
/// The name of a case and the legend.
const HEAD: u32 = 30;

impl Figure for BatchFigure<'_> {
    fn title(&self) -> String {
        "Logins on one core: what batches serve, and how long the slowest of 100 waits".into()
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH as u32, (TOP + PANEL * self.batched.len() as i32 + BOTTOM) as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let mut top = TOP;
        for batched in self.batched {
            let (_, panel) = area.split_vertically(top);
            let (panel, _) = panel.split_vertically(PANEL);
            let (left, right) = panel.split_horizontally(SPLIT);
            text(&left, &batched.case, (MARGIN, 12), Font::LABEL, HPos::Left)?;
            draw_sizes(&left, batched)?;
            draw_rates(&right, batched)?;
            top += PANEL;
        }
        text(area, self.processor, (MARGIN, top + 16), Font::NOTE, HPos::Left)
    }
}

/// Logins by the second against the size of batches.
fn draw_sizes<B: DrawingBackend>(area: &Area<B>, batched: &Batched) -> Drawn<B> {
    let sizes = batched.batch_ms.len();
    let most = 1.1 * most_per_second(&batched.batch_ms);
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_top(HEAD)
        .x_label_area_size(36)
        .y_label_area_size(46)
        .build_cartesian_2d(0.0..sizes as f64 + 0.5, 0.0..most)?;
    chart
        .configure_mesh()
        .light_line_style(GRID.mix(0.0))
        .bold_line_style(GRID)
        .x_labels(sizes.min(8))
        .x_label_formatter(&|size| format!("{size:.0}"))
        .x_desc("batch size")
        .y_labels(6)
        .y_label_formatter(&short)
        .y_desc("logins/s")
        .label_style((FONT, Font::NOTE.size).into_text_style(area))
        .draw()?;
    let points = (1..=sizes).map(|size| (size as f64, batched.per_second(size)));
    chart.draw_series(LineSeries::new(points.clone(), COLOURS[0].stroke_width(2)))?;
    chart.draw_series(points.map(|point| Circle::new(point, 3, COLOURS[0].filled())))?;
    Ok(())
}

/// The slowest of a hundred logins against their rate, for each policy.
fn draw_rates<B: DrawingBackend>(area: &Area<B>, batched: &Batched) -> Drawn<B> {
    let one = batched.batch_ms[0];
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_top(HEAD)
        .x_label_area_size(36)
        .y_label_area_size(52)
        .build_cartesian_2d(
            0.0..most_per_second(&batched.batch_ms),
            (0.8 * one..20.0 * one).log_scale(),
        )?;
    chart
        .configure_mesh()
        .light_line_style(GRID.mix(0.0))
        .bold_line_style(GRID)
        .x_labels(7)
        .x_label_formatter(&short)
        .x_desc("logins/s that arrive")
        .y_labels(20)
        .y_label_formatter(&short)
        .y_desc("p99, ms")
        .label_style((FONT, Font::NOTE.size).into_text_style(area))
        .draw()?;
    for (index, policy) in batched.policies.iter().enumerate() {
        let colour = COLOURS[[3, 0, 1][index]];
        let points = batched.points.iter().filter_map(|point| {
            let outcome = point.outcomes[index].as_ref()?;
            // What is off the plot is not drawn at its edge.
            (outcome.p99_ms <= 20.0 * one).then_some((point.rate, outcome.p99_ms))
        });
        let points: Vec<_> = points.collect();
        chart.draw_series(LineSeries::new(points.clone(), colour.stroke_width(2)))?;
        chart.draw_series(points.into_iter().map(|at| Circle::new(at, 3, colour.filled())))?;
        let at = 60 + 140 * index as i32;
        area.draw(&PathElement::new([(at, 12), (at + 16, 12)], colour.stroke_width(3)))?;
        text(area, &policy.name(), (at + 22, 12), Font::NOTE, HPos::Left)?;
    }
    Ok(())
}

/// With a digit behind the point only where there is one.
fn short(number: &f64) -> String {
    let tenths = (10.0 * number).round() / 10.0;
    if tenths.fract() == 0.0 { format!("{tenths:.0}") } else { format!("{tenths:.1}") }
}
