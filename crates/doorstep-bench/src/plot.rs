//! Plots, small enough to be committed, as SVG or PNG. Knows files, texts and colours; what is drawn
//! is a [`Figure`] of the room that measured it.

mod batch;
mod compare;
mod latency;

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::{
    BLACK, BitMapBackend, DrawingArea, DrawingAreaErrorKind, DrawingBackend, IntoDrawingArea,
    IntoTextStyle, RGBColor, SVGBackend, TextStyle, WHITE,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};

pub(crate) use batch::BatchFigure;
pub(crate) use compare::CompareFigure;
pub(crate) use latency::LatencyFigure;

/// What can be drawn on any kind of file.
pub(crate) trait Figure {
    /// What it shows, in one line over it.
    fn title(&self) -> String;

    /// Width and height in pixels.
    fn size(&self) -> (u32, u32);

    /// Draws all but the title and the background.
    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B>;
}

pub(crate) type Area<B> = DrawingArea<B, Shift>;
pub(crate) type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// Writes `figure` to a file whose name ends with the kind of it.
pub(crate) fn write(figure: &impl Figure, path: &Path) -> Result<(), Box<dyn Error>> {
    let bytes = match path.extension().and_then(OsStr::to_str) {
        Some("png") => png(figure)?,
        _ => svg(figure)?.into_bytes(),
    };
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(())
}

fn svg(figure: &impl Figure) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    draw_all(figure, SVGBackend::with_string(&mut svg, figure.size()))?;
    // For those who hear it, and for tabs.
    let title = figure.title().replace('&', "&amp;").replace('<', "&lt;");
    let (head, rest) = svg.split_once(">\n").ok_or("plotters begins with a tag")?;
    Ok(format!("{head}>\n<title>{title}</title>\n{rest}"))
}

fn png(figure: &impl Figure) -> Result<Vec<u8>, Box<dyn Error>> {
    let (width, height) = figure.size();
    let mut pixels = vec![0; (3 * width * height) as usize];
    draw_all(figure, BitMapBackend::with_buffer(&mut pixels, (width, height)))?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

fn draw_all<B: DrawingBackend>(figure: &impl Figure, backend: B) -> Result<(), Box<dyn Error>>
where
    B::ErrorType: 'static,
{
    register_font(FONT, FontStyle::Normal, dejavu::sans::regular())
        .map_err(|_| "the font cannot be read")?;
    let area = backend.into_drawing_area();
    area.fill(&WHITE)?;
    text(&area, &figure.title(), (MARGIN, 20), Font::TITLE, HPos::Left)?;
    figure.draw(&area)?;
    area.present()?;
    Ok(())
}

/// Known to every viewer of SVG; for sizes and for PNG it is DejaVu Sans.
const FONT: &str = "sans-serif";

/// Free space at the sides.
pub(crate) const MARGIN: i32 = 12;

/// Blue, orange, green, red, purple: told apart by most who are colour-blind, and in this order.
pub(crate) const COLOURS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(120, 94, 170),
];

/// Lines that help the eye.
pub(crate) const GRID: RGBColor = RGBColor(215, 215, 215);

/// A text's size and shade.
#[derive(Clone, Copy)]
pub(crate) struct Font {
    pub(crate) size: i32,
    pub(crate) shade: RGBColor,
}

impl Font {
    pub(crate) const TITLE: Self = Self { size: 18, shade: BLACK };
    pub(crate) const LABEL: Self = Self { size: 14, shade: BLACK };
    pub(crate) const NOTE: Self = Self { size: 13, shade: RGBColor(90, 90, 90) };

    /// As plotters has it, beside a point.
    pub(crate) fn style<B: DrawingBackend>(self, area: &Area<B>, beside: HPos) -> TextStyle<'_> {
        let style = (FONT, self.size).into_text_style(area);
        style.with_color(self.shade).into_text_style(area).pos(Pos::new(beside, VPos::Center))
    }
}

/// Writes `text` beside, and at the height of, a point.
pub(crate) fn text<B: DrawingBackend>(
    area: &Area<B>,
    text: &str,
    at: (i32, i32),
    font: Font,
    beside: HPos,
) -> Drawn<B> {
    area.draw_text(text, &font.style(area, beside), at)
}
