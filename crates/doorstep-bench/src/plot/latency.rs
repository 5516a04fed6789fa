//! How late light tasks are, for each case and place a line from the median to one in a hundred.

use plotters::prelude::{Circle, DrawingBackend, PathElement};
use plotters::style::Color;
use plotters::style::text_anchor::HPos;

use super::{Area, COLOURS, Drawn, Figure, Font, GRID, MARGIN, text};
use crate::latency::{Latency, Lateness, Load, Place};

/// The executor's latencies as a plot.
pub(crate) struct LatencyFigure<'a> {
    pub(crate) latencies: &'a [Latency],
    pub(crate) load: &'a Load,
    /// Said below it.
    pub(crate) processor: &'a str,
}

const WIDTH: i32 = 760;
const TOP: i32 = 40;
const BOTTOM: i32 = 76;
/// Names of places.
const LEFT: i32 = 180;
/// The figures.
const RIGHT: i32 = 140;
const ROW: i32 = 21;
/// The name of a case, and space.
const HEAD: i32 = 34;

impl Figure for LatencyFigure<'_> {
    fn title(&self) -> String {
        let logins = self.load.logins;
        format!("How late light tasks are on an executor while {logins} logins are hashed")
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH as u32, (self.bottom() + BOTTOM) as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let bottom = self.bottom();
        let (least, most) = self.decades();
        let width = f64::from(WIDTH - LEFT - RIGHT);
        let x = |us: f64| {
            let share = (us.log10() - f64::from(least)) / f64::from(most - least);
            LEFT + (width * share) as i32
        };
        for decade in least..=most {
            let at = x(10_f64.powi(decade));
            area.draw(&PathElement::new([(at, TOP), (at, bottom)], GRID))?;
            text(area, decade_name(decade), (at, bottom + 14), Font::LABEL, HPos::Center)?;
        }
        let mut y = TOP;
        for latency in self.latencies {
            text(area, &latency.case, (MARGIN, y + 16), Font::LABEL, HPos::Left)?;
            y += HEAD;
            for lateness in &latency.places {
                draw_place(area, lateness, y, x)?;
                y += ROW;
            }
        }
        let legend = "● median   ┃ 99 of 100 are not later";
        text(area, legend, (LEFT, bottom + 36), Font::NOTE, HPos::Left)?;
        text(area, self.processor, (MARGIN, bottom + 58), Font::NOTE, HPos::Left)
    }
}

impl LatencyFigure<'_> {
    fn bottom(&self) -> i32 {
        let rows = |latency: &Latency| HEAD + ROW * latency.places.len() as i32;
        TOP + self.latencies.iter().map(rows).sum::<i32>()
    }

    /// The powers of ten, in microseconds, between which all of it lies.
    fn decades(&self) -> (i32, i32) {
        let all = || self.latencies.iter().flat_map(|latency| &latency.places);
        let least = all().map(|lateness| lateness.light_quantile_us(0.5)).fold(1e3, f64::min);
        let most = all().map(|lateness| lateness.light_quantile_us(0.99)).fold(1e3, f64::max);
        (least.log10().floor() as i32, most.log10().ceil() as i32)
    }
}

fn draw_place<B: DrawingBackend>(
    area: &Area<B>,
    lateness: &Lateness,
    y: i32,
    x: impl Fn(f64) -> i32,
) -> Drawn<B> {
    let (p50, p99) = (lateness.light_quantile_us(0.5), lateness.light_quantile_us(0.99));
    let colour = COLOURS[match lateness.place {
        Place::Nowhere => 4,
        Place::Inline => 3,
        Place::Thread | Place::Core(_) => 1,
        Place::Slices => 0,
    }];
    text(area, lateness.place.name(), (LEFT - 10, y), Font::LABEL, HPos::Right)?;
    let line = colour.stroke_width(4);
    area.draw(&PathElement::new([(x(p50), y), (x(p99), y)], line))?;
    area.draw(&PathElement::new([(x(p99), y - 6), (x(p99), y + 6)], line))?;
    area.draw(&Circle::new((x(p50), y), 5, colour.filled()))?;
    let figures = format!("{}, {}", short(p50), short(p99));
    text(area, &figures, (WIDTH - MARGIN, y), Font::NOTE, HPos::Right)
}

fn decade_name(decade: i32) -> &'static str {
    match decade {
        0 => "1 µs",
        1 => "10 µs",
        2 => "100 µs",
        3 => "1 ms",
        4 => "10 ms",
        5 => "100 ms",
        6 => "1 s",
        _ => "",
    }
}

fn short(us: f64) -> String {
    match us {
        10_000.0.. => format!("{:.0} ms", us / 1e3),
        1_000.0.. => format!("{:.1} ms", us / 1e3),
        _ => format!("{us:.0} µs"),
    }
}
