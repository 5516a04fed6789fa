//! What is printed: tables for people, lines for programs.

use std::fmt;
use std::fs;
use std::io::{self, Write};

use crate::batch::{Batched, Outcome};
use crate::compare::{Compared, Row};
use crate::contender::Mode;
use crate::latency::{Latency, Load, Slicing};
use crate::peers::{self, About};
use crate::system::{self, Pinned};

/// Where it was measured, which is part of every figure.
pub(crate) struct Machine {
    pub(crate) processor: String,
    pinned: Option<Pinned>,
    /// One that is left over for a second thread.
    pub(crate) other_core: Option<usize>,
    large_blocks_are_mapped: bool,
}

impl Machine {
    /// Makes the process fit for measuring, as far as the system lets it, and says how far that is.
    pub(crate) fn prepare() -> Self {
        let cores = system::cores();
        let pinned = system::pin(&cores);
        let taken = pinned.map(|pinned| pinned.core);
        Self {
            processor: processor(),
            pinned,
            other_core: cores.into_iter().rfind(|core| Some(*core) != taken),
            large_blocks_are_mapped: system::map_large_blocks(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "processor: {}", self.processor)?;
        match self.pinned {
            Some(Pinned { core, by_us: true }) => writeln!(f, "pinned to core {core}")?,
            Some(Pinned { core, by_us: false }) => {
                writeln!(f, "pinned to core {core}, as it was started")?;
            }
            None => writeln!(f, "not pinned to a core: figures may jump")?,
        }
        if !self.large_blocks_are_mapped {
            writeln!(f, "the allocator may keep large blocks: `fresh` may be memory used before")?;
        }
        Ok(())
    }
}

/// The line over the lines of [`tsv`].
pub(crate) fn tsv_header(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "case\tmode\twho\tms")
}

/// A line for each way to compute the case.
pub(crate) fn tsv(out: &mut impl Write, compared: &Compared) -> io::Result<()> {
    for mode in [Mode::One, Mode::Together] {
        for who in compared.contenders() {
            let ms = compared.ms(who, mode).expect("who takes part has both times");
            writeln!(out, "{}\t{mode}\t{who}\t{ms:.4}", compared.case)?;
        }
    }
    Ok(())
}

/// What stands over all tables.
pub(crate) fn compare_header(out: &mut impl Write, machine: &Machine) -> io::Result<()> {
    write!(out, "{machine}")?;
    if cfg!(debug_assertions) {
        writeln!(out, "built without optimisation: these are no figures, build with --release")?;
    }
    writeln!(
        out,
        "ms: milliseconds on the core for each hash, median; ±: half the spread of the middle half of the rounds
×: how many times as fast as the fastest peer in the same way; together: so many on this core\n"
    )
}

/// The case as a table for people.
pub(crate) fn table(out: &mut impl Write, compared: &Compared) -> io::Result<()> {
    let header = format!("{:<26}", compared.case);
    writeln!(
        out,
        "{header}{:>10} {:>6} {:>6}{:>15} {:>6} {:>6}",
        "one ms", "±", "×", "together ms", "±", "×"
    )?;
    for who in compared.contenders() {
        let cells = |mode, width| match compared.row(who, mode) {
            None => String::new(),
            Some(Row { ms, spread, batch, .. }) => {
                let of = if mode == Mode::Together { format!("{batch}: ") } else { String::new() };
                let ms_and_batch = format!("{of}{ms:.3}");
                let fastest = compared.fastest_peer(mode).expect("there is always a peer");
                let (percent, times) = (50.0 * spread, fastest.ms / ms);
                format!("{ms_and_batch:>width$} {percent:>5.1}% {times:>6.2}")
            }
        };
        let line = format!("  {who:<24}{}{}", cells(Mode::One, 10), cells(Mode::Together, 15));
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)
}

/// What stands over all tables of latencies.
pub(crate) fn latency_header(
    out: &mut impl Write,
    machine: &Machine,
    load: &Load,
) -> io::Result<()> {
    write!(out, "{machine}")?;
    let Load { tasks, period, logins, units } = load;
    writeln!(
        out,
        "{tasks} light tasks, each woken every {} ms; {logins} logins, which take half of the core;
slices of {units} units; late: from when a task is due, or a login arrives, until it is done\n",
        period.as_millis()
    )
}

/// How late everybody was.
pub(crate) fn latency(out: &mut impl Write, latency: &Latency) -> io::Result<()> {
    writeln!(
        out,
        "{:<26}{:>12} {:>12} {:>12}   {:>14} {:>12}",
        latency.case, "light p50 µs", "p99 µs", "max µs", "login p50 ms", "max ms"
    )?;
    for lateness in &latency.places {
        let light = |share| lateness.light_quantile_us(share);
        let login =
            |share| lateness.login_quantile_ms(share).map_or("-".into(), |ms| format!("{ms:.1}"));
        writeln!(
            out,
            "  {:<24}{:>12.0} {:>12.0} {:>12.0}   {:>14} {:>12}",
            lateness.place.name(),
            light(0.5),
            light(0.99),
            light(1.0),
            login(0.5),
            login(1.0)
        )?;
    }
    writeln!(out)
}

/// What stands over the lines of [`slicing`].
pub(crate) fn slicing_header(out: &mut impl Write, units: u64) -> io::Result<()> {
    let of = format!("slices of {units} units");
    writeln!(
        out,
        "{of:<26}{:>10} {:>12} {:>8}   {:>12} {:>8}",
        "at once ms", "in slices ms", "added", "slice p50 µs", "p99 µs"
    )
}

/// What slicing costs.
pub(crate) fn slicing(out: &mut impl Write, slicing: &Slicing) -> io::Result<()> {
    let Slicing { case, whole_ms, sliced_ms, slice_us, slice_p99_us } = slicing;
    let added = 100.0 * slicing.added();
    writeln!(
        out,
        "  {case:<24}{whole_ms:>10.3} {sliced_ms:>12.3} {added:>7.2}%   {slice_us:>12.1} {slice_p99_us:>8.1}"
    )
}

/// What stands over all tables of batches.
pub(crate) fn batch_header(out: &mut impl Write, machine: &Machine) -> io::Result<()> {
    write!(out, "{machine}")?;
    writeln!(
        out,
        "what a batch takes is measured, the median; how logins arrive and wait is simulated on that:
at random, one core; p50 and p99: from arrival to verdict; busy: the share of time in which it hashes;
batch: how many logins are in one, the mean\n"
    )
}

/// What batches take, and how logins fare with them.
pub(crate) fn batch(out: &mut impl Write, batched: &Batched) -> io::Result<()> {
    writeln!(out, "{:<26}{:>9} {:>9} {:>9}", batched.case, "ms", "ms each", "logins/s")?;
    for (index, ms) in batched.batch_ms.iter().enumerate() {
        let size = index + 1;
        let (each, per_second) = (ms / size as f64, batched.per_second(size));
        writeln!(out, "  batch of {size:<15}{ms:>9.2} {each:>9.3} {per_second:>9.1}")?;
    }
    write!(out, "{:>12}", "logins/s")?;
    for policy in batched.policies {
        write!(
            out,
            " | {:>13} p50 ms {:>7} {:>5} {:>5}",
            policy.name(),
            "p99 ms",
            "busy",
            "batch"
        )?;
    }
    writeln!(out)?;
    for point in &batched.points {
        write!(out, "{:>12.1}", point.rate)?;
        for outcome in &point.outcomes {
            match outcome {
                None => write!(out, " | {:>20} {:>7} {:>5} {:>5}", "overload", "", "", "")?,
                Some(Outcome { p50_ms, p99_ms, busy, mean_batch }) => {
                    let busy = 100.0 * busy;
                    write!(out, " | {p50_ms:>20.1} {p99_ms:>7.1} {busy:>4.0}% {mean_batch:>5.2}")?;
                }
            }
        }
        writeln!(out)?;
    }
    let from = |rate: Option<f64>| match rate {
        Some(rate) => format!("from {rate:.0} logins/s on"),
        None => "nowhere".into(),
    };
    let (there, waiting) = (batched.pays_from(1, 0), batched.pays_from(2, 1));
    writeln!(out, "by p99, company pays {}; waiting for it {}", from(there), from(waiting))?;
    let (share, rate) = batched.saves_most(2, 1);
    let percent = 100.0 * share;
    writeln!(
        out,
        "waiting leaves up to {percent:.0}% of the core to others, at {rate:.0} logins/s\n"
    )
}

/// What each peer is, and how it was built.
pub(crate) fn peers(out: &mut impl Write) -> io::Result<()> {
    for About { who, what } in peers::about() {
        writeln!(out, "{who:<24} {what}")?;
    }
    Ok(())
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::One => "one",
            Mode::Together => "together",
        })
    }
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value_of = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim())
    };
    let flags: Vec<_> = value_of("flags").unwrap_or_default().split(' ').collect();
    let vectors = ["avx512f", "avx2", "sha_ni"].into_iter().filter(|flag| flags.contains(flag));
    let vectors: Vec<_> = vectors.collect();
    format!("{} ({})", value_of("model name").unwrap_or("unknown"), vectors.join(", "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn compared() -> Compared {
        let row = |who, mode, batch, ms| Row { who, mode, batch, ms, spread: 0.02 };
        let rows = vec![
            row("doorstep", Mode::One, 1, 20.0),
            row("doorstep", Mode::Together, 8, 5.0),
            row("bcrypt", Mode::One, 1, 30.0),
            row("libxcrypt", Mode::One, 1, 25.0),
            row("bcrypt", Mode::Together, 2, 30.0),
            row("libxcrypt", Mode::Together, 2, 24.0),
        ];
        Compared { case: "bcrypt-10".into(), rows }
    }

    fn printed(print: impl Fn(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        print(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_for_programs_has_case_mode_who_and_ms() {
        let lines = "\
bcrypt-10\tone\tdoorstep\t20.0000
bcrypt-10\tone\tbcrypt\t30.0000
bcrypt-10\tone\tlibxcrypt\t25.0000
bcrypt-10\ttogether\tdoorstep\t5.0000
bcrypt-10\ttogether\tbcrypt\t30.0000
bcrypt-10\ttogether\tlibxcrypt\t24.0000
";
        assert_eq!(printed(|out| tsv(out, &compared())), lines);
    }

    #[test]
    fn a_table_has_ratios_to_the_fastest_peer() {
        let table = printed(|out| table(out, &compared()));
        let lines: Vec<Vec<_>> = table.lines().map(|l| l.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["doorstep", "20.000", "1.0%", "1.25", "8:", "5.000", "1.0%", "4.80"]);
        assert_eq!(lines[2], ["bcrypt", "30.000", "1.0%", "0.83", "2:", "30.000", "1.0%", "0.80"]);
        assert_eq!(
            lines[3],
            ["libxcrypt", "25.000", "1.0%", "1.00", "2:", "24.000", "1.0%", "1.00"]
        );
    }
}
