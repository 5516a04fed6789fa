//! How many times as fast as the fastest peer, for each case a bar for one and one for together.

use plotters::prelude::{DrawingBackend, PathElement, Rectangle, ShapeStyle};
use plotters::style::Color;
use plotters::style::text_anchor::HPos;

use super::{Area, COLOURS, Drawn, Figure, Font, GRID, MARGIN, text};
use crate::compare::Compared;
use crate::contender::{DOORSTEP, Mode};

/// The comparison as a plot.
pub(crate) struct CompareFigure<'a> {
    pub(crate) compared: &'a [Compared],
    /// Said below it.
    pub(crate) processor: &'a str,
}

const WIDTH: i32 = 760;
/// Title and legend.
const TOP: i32 = 66;
/// The axis' numbers and the note.
const BOTTOM: i32 = 52;
/// Names of cases and peers.
const LEFT: i32 = 250;
/// The longest bar's figures.
const RIGHT: i32 = 110;
const ROW: i32 = 46;
const BAR: i32 = 15;

impl Figure for CompareFigure<'_> {
    fn title(&self) -> String {
        "Password hashing on one core, times as fast as the fastest peer".into()
    }

    fn size(&self) -> (u32, u32) {
        (WIDTH as u32, (TOP + ROW * self.compared.len() as i32 + BOTTOM) as u32)
    }

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B> {
        let bottom = TOP + ROW * self.compared.len() as i32;
        let most = self.most();
        let x = |times: f64| LEFT + (f64::from(WIDTH - LEFT - RIGHT) * times / most) as i32;
        for times in 0..=most as i32 {
            let at = x(f64::from(times));
            area.draw(&PathElement::new([(at, TOP), (at, bottom)], GRID))?;
            text(area, &format!("{times}×"), (at, bottom + 12), Font::LABEL, HPos::Center)?;
        }
        let line: ShapeStyle = Font::NOTE.shade.stroke_width(2);
        area.draw(&PathElement::new([(x(1.0), TOP), (x(1.0), bottom)], line))?;
        for (mode, colour, at) in [(Mode::One, 0, LEFT), (Mode::Together, 1, LEFT + 190)] {
            let colour = COLOURS[colour].filled();
            area.draw(&Rectangle::new([(at, 40), (at + 12, 52)], colour))?;
            let name = match mode {
                Mode::One => "doorstep, one at a time",
                Mode::Together => "doorstep, several together",
            };
            text(area, name, (at + 18, 46), Font::LABEL, HPos::Left)?;
        }
        for (index, compared) in self.compared.iter().enumerate() {
            let top = TOP + ROW * index as i32 + (ROW - 2 * BAR) / 2;
            self.draw_case(area, compared, top, x)?;
        }
        text(area, self.processor, (MARGIN, bottom + 36), Font::NOTE, HPos::Left)
    }
}

impl CompareFigure<'_> {
    fn draw_case<B: DrawingBackend>(
        &self,
        area: &Area<B>,
        compared: &Compared,
        top: i32,
        x: impl Fn(f64) -> i32,
    ) -> Drawn<B> {
        let right = LEFT - 8;
        text(area, &compared.case, (right, top + 7), Font::LABEL, HPos::Right)?;
        let Some(peer) = compared.fastest_peer(Mode::One) else { return Ok(()) };
        let fastest = format!("peer: {}, {} ms", peer.who, short(peer.ms));
        text(area, &fastest, (right, top + BAR + 7), Font::NOTE, HPos::Right)?;
        for (mode, colour, top) in [(Mode::One, 0, top), (Mode::Together, 1, top + BAR)] {
            let Some(ms) = compared.ms(DOORSTEP, mode) else { continue };
            let Some(times) = times(compared, mode) else { continue };
            let (from, to) = ((x(0.0), top), (x(times), top + BAR - 1));
            area.draw(&Rectangle::new([from, to], COLOURS[colour].filled()))?;
            let figures = format!("{times:.2}×  {} ms", short(ms));
            text(area, &figures, (to.0 + 5, top + 7), Font::NOTE, HPos::Left)?;
        }
        Ok(())
    }

    /// The end of the axis, a whole number.
    fn most(&self) -> f64 {
        let both = |compared| [Mode::One, Mode::Together].map(|mode| times(compared, mode));
        self.compared.iter().flat_map(both).flatten().fold(1.0, f64::max).ceil()
    }
}

/// How many times as fast as the fastest peer, in the same way.
fn times(compared: &Compared, mode: Mode) -> Option<f64> {
    Some(compared.fastest_peer(mode)?.ms / compared.ms(DOORSTEP, mode)?)
}

/// Three digits that count.
fn short(ms: f64) -> String {
    match ms {
        100.0.. => format!("{ms:.0}"),
        10.0.. => format!("{ms:.1}"),
        _ => format!("{ms:.2}"),
    }
}
