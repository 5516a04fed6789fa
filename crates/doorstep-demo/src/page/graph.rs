//! The machine's graph as SVG, with the path that was taken lit. Its text is the list below it.

use maud::{Markup, html};

use super::path::{Stop, Taken};

/// Where a request comes in.
const START: &str = "begin";

const BOXES: [(Stop, &str, u32, u32); 7] = [
    (Stop::FindUser, "FindUser", 190, 70),
    (Stop::FindToken, "FindToken", 190, 160),
    (Stop::Verify, "Verify", 330, 70),
    (Stop::Rehash, "Rehash", 470, 70),
    (Stop::Replace, "Replace", 610, 70),
    (Stop::Granted, "Granted", 750, 70),
    (Stop::Denied, "Denied", 750, 160),
];

/// From the one (the start is `None`) to the other, and the line between.
const LINES: [(Option<Stop>, Stop, &str); 11] = [
    (None, Stop::FindUser, "M116 115 C132 115 118 70 133 70"),
    (None, Stop::FindToken, "M116 115 C132 115 118 160 133 160"),
    (None, Stop::Denied, "M60 133 V205 H750 V183"),
    (Some(Stop::FindUser), Stop::Verify, "M246 70 H273"),
    (Some(Stop::FindToken), Stop::Granted, "M246 153 C420 140 640 140 715 93"),
    (Some(Stop::FindToken), Stop::Denied, "M246 167 H693"),
    (Some(Stop::Verify), Stop::Rehash, "M386 70 H413"),
    (Some(Stop::Verify), Stop::Granted, "M330 52 C340 0 740 0 755 47"),
    (Some(Stop::Verify), Stop::Denied, "M330 88 C350 130 600 150 693 155"),
    (Some(Stop::Rehash), Stop::Replace, "M526 70 H553"),
    (Some(Stop::Replace), Stop::Granted, "M666 70 H693"),
];

/// `Rehash` and `Replace` may be passed over on the way to a grant.
const SKIP: (Stop, Stop, &str) = (Stop::Rehash, Stop::Granted, "M470 52 C480 20 720 22 742 47");

pub(super) fn graph(taken: &[Taken]) -> Markup {
    let stops: Vec<_> = taken.iter().map(|taken| taken.stop).collect();
    let after = |stop| stops.iter().position(|&one| one == stop);
    // In which step a line was taken.
    let step = |from: Option<Stop>, to| {
        let at = after(to)?;
        let before = at.checked_sub(1).map(|before| stops[before]);
        (before == from).then_some(at)
    };
    let skip = (Some(SKIP.0), SKIP.1, SKIP.2);
    let lines = LINES.into_iter().chain([skip]);
    let (lit, unlit): (Vec<_>, Vec<_>) =
        lines.map(|(from, to, line)| (step(from, to), line)).partition(|(step, _)| step.is_some());
    html! {
        svg viewBox="0 0 810 215" width="810" height="215" role="img"
            aria-labelledby="graph-title graph-text" {
            title #graph-title { "The machine's steps" }
            desc #graph-text { (text(&stops)) }
            defs { (arrow("arrow", "")) (arrow("lit-arrow", "lit")) }
            // What is lit lies above.
            @for (_, line) in unlit {
                path class="line" d=(line) marker-end="url(#arrow)" {}
            }
            @for (step, line) in lit {
                path class=(format!("line lit at-{}", step.unwrap_or_default())) d=(line)
                    pathLength="1" marker-end="url(#lit-arrow)" {}
            }
            (node(START, None, !stops.is_empty(), 60, 115))
            @for (stop, name, x, y) in BOXES {
                (node(name, after(stop), after(stop).is_some(), x, y))
            }
        }
    }
}

/// A box, with its number on the path beside its name: colour is not all that tells.
fn node(name: &str, at: Option<usize>, lit: bool, x: u32, y: u32) -> Markup {
    let class = match at {
        _ if !lit => "node".into(),
        Some(at) => format!("node lit at-{at}"),
        None => "node lit".into(),
    };
    html! {
        g class=(class) {
            rect x=(x - 56) y=(y - 18) width="112" height="36" rx="8" {}
            text x=(x) y=(y + 5) text-anchor="middle" {
                @if let Some(at) = at { (at + 1) " " }
                (name)
            }
        }
    }
}

fn arrow(id: &str, class: &str) -> Markup {
    html! {
        marker id=(id) class=(class) viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"
            markerHeight="8" markerUnits="userSpaceOnUse" orient="auto" {
            path d="M0 0 L8 4 L0 8 Z" {}
        }
    }
}

fn text(stops: &[Stop]) -> String {
    if stops.is_empty() {
        return "Nothing was taken yet.".into();
    }
    let names: Vec<_> = stops.iter().map(|stop| format!("{stop:?}")).collect();
    format!("Taken: {}.", names.join(", then "))
}
