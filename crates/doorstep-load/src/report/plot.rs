//! The targets as bars: how much of each was reached. Plain SVG, written by hand: it is a list of
//! rectangles.

use std::fmt::Write as _;

use super::Reached;

const WIDTH: i32 = 860;
const LEFT: i32 = 340;
const RIGHT: i32 = 150;
const TOP: i32 = 62;
const ROW: i32 = 22;
/// Twice the target is as far as a bar goes.
const MOST: f64 = 2.0;

/// Blue where a target is met, orange where it is not.
const MET: &str = "#0072b2";
const MISSED: &str = "#e69f00";

pub(super) fn svg(all: &[Reached], note: &str) -> String {
    let height = TOP + ROW * all.len() as i32 + 40;
    let scale = f64::from(WIDTH - LEFT - RIGHT) / MOST;
    let one = LEFT + scale as i32;
    let bottom = TOP + ROW * all.len() as i32;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>What was asked and what was reached</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"12\" y=\"26\" font-size=\"18\">What was asked and what was reached</text>\n\
         <text x=\"{one}\" y=\"52\" text-anchor=\"middle\">asked</text>\n"
    );
    for (index, reached) in all.iter().enumerate() {
        let y = TOP + ROW * index as i32;
        let (fill, than) = if reached.is_met() { (MET, "") } else { (MISSED, " missed") };
        let long = (reached.share().clamp(0.0, MOST) * scale).max(1.0) as i32;
        let sign = if reached.at_most { "&lt;" } else { "≥" };
        let Reached { what, value, target, unit, .. } = reached;
        let (text, right) = (y + 14, LEFT - 8);
        // Not across the line.
        let after = (LEFT + long + 6).max(if long < one - LEFT { one + 6 } else { 0 });
        let what = what.replace('&', "&amp;").replace('<', "&lt;");
        let _ = write!(
            out,
            "<text x=\"{right}\" y=\"{text}\" text-anchor=\"end\">{what}</text>\n\
             <rect x=\"{LEFT}\" y=\"{}\" width=\"{long}\" height=\"14\" fill=\"{fill}\"/>\n\
             <text x=\"{after}\" y=\"{text}\" fill=\"#5a5a5a\">{value:.2}{unit} ({sign} {target}){than}</text>\n",
            y + 3
        );
    }
    let _ = write!(
        out,
        "<line x1=\"{one}\" y1=\"{TOP}\" x2=\"{one}\" y2=\"{bottom}\" stroke=\"black\" stroke-width=\"2\"/>\n\
         <text x=\"12\" y=\"{}\" fill=\"#5a5a5a\">{note}; bars end at twice the target</text>\n</svg>\n",
        bottom + 26
    );
    out
}

impl Reached {
    /// More is better, also of what is to be small.
    fn share(&self) -> f64 {
        let share = if self.at_most {
            self.target / self.value.max(1e-9)
        } else {
            self.value / self.target
        };
        if share.is_nan() { 0.0 } else { share }
    }
}
