//! What is written: the measurements, the targets, a plot of both.

mod plot;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::latencies::{Latencies, median};
use crate::run::Sample;
use crate::storm::{Force, Weathered};
use crate::timing::Timing;

pub(crate) struct Report {
    pub(crate) quick: bool,
    pub(crate) rounds: usize,
    pub(crate) measured: Vec<Measured>,
    pub(crate) timed: Vec<Timed>,
    pub(crate) stormed: Vec<Stormed>,
    pub(crate) took: Duration,
}

/// Medians of the rounds.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) rate: f64,
    /// In seconds.
    pub(crate) p50: Option<f64>,
    pub(crate) p99: Option<f64>,
    pub(crate) server: Option<f64>,
    pub(crate) client_idle: Option<f64>,
}

impl Measured {
    pub(crate) fn of(name: &'static str, samples: &[Sample]) -> Self {
        let of = |what: fn(&Sample) -> f64| median(samples.iter().map(what).collect());
        Self {
            name,
            rate: of(|sample| sample.rate),
            p50: Some(of(|sample| sample.p50)),
            p99: Some(of(|sample| sample.p99)),
            server: Some(of(|sample| sample.server)),
            client_idle: Some(of(|sample| sample.client_idle)),
        }
    }
}

pub(crate) struct Timed {
    pub(crate) name: &'static str,
    pub(crate) timing: Timing,
}

pub(crate) struct Stormed {
    pub(crate) name: &'static str,
    /// In KiB.
    pub(crate) rest: u64,
    pub(crate) peak: u64,
    pub(crate) force: Force,
    pub(crate) weathered: Weathered,
}

/// A target, and what was reached.
pub(crate) struct Reached {
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) target: f64,
    /// Otherwise at least.
    pub(crate) at_most: bool,
    pub(crate) unit: &'static str,
}

impl Reached {
    pub(crate) fn is_met(&self) -> bool {
        if self.at_most { self.value < self.target } else { self.value >= self.target }
    }
}

/// Argon2id's memory, and what connections and queue may take.
const PERMIT_KIB: u64 = 19 * 1024;
const BESIDES_KIB: u64 = 32 * 1024;
/// Threads of the pool of a server on one core.
const PERMITS: u64 = 1;

impl Report {
    fn rate(&self, name: &str) -> f64 {
        self.measured.iter().find(|measured| measured.name == name).map_or(f64::NAN, |m| m.rate)
    }

    pub(crate) fn reached(&self) -> Vec<Reached> {
        let ratio = |what: &str, ours: &str, theirs: &str, target| Reached {
            what: what.into(),
            value: self.rate(ours) / self.rate(theirs),
            target,
            at_most: false,
            unit: "×",
        };
        let mut all = vec![
            ratio(
                "logins, PBKDF2, × toolkit",
                "login, PBKDF2: doorstep",
                "login, PBKDF2: toolkit",
                8.0,
            ),
            ratio("tokens in memory, × toolkit", "token: doorstep", "token: toolkit", 8.0),
            ratio(
                "tokens in SQLite, × toolkit's in memory",
                "token, SQLite: doorstep",
                "token: toolkit",
                2.0,
            ),
            ratio(
                "logins, Argon2id, × kernels",
                "login, Argon2id: doorstep",
                "kernels, Argon2id",
                0.9,
            ),
            ratio("logins, bcrypt, × kernels", "login, bcrypt: doorstep", "kernels, bcrypt", 0.9),
            ratio(
                "logins with receipts, × unprotected",
                "receipts: doorstep",
                "open: doorstep",
                0.95,
            ),
            ratio(
                "logins, bcrypt, × nginx",
                "login, bcrypt: doorstep",
                "login, bcrypt: nginx",
                4.0,
            ),
        ];
        for Timed { name, timing } in &self.timed {
            all.push(Reached {
                what: format!("unknown user beside wrong password, {name}"),
                value: timing.difference().map_or(f64::NAN, |share| 100.0 * share.abs()),
                target: 3.0,
                at_most: true,
                unit: " %",
            });
        }
        for stormed in self.stormed.iter().filter(|stormed| stormed.name.starts_with("doorstep")) {
            all.extend(stormed.reached());
        }
        all
    }

    pub(crate) fn text(&self) -> String {
        self.try_text().unwrap_or_default()
    }

    fn try_text(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        let quick = if self.quick { ", quick" } else { "" };
        writeln!(out, "{}", processor())?;
        writeln!(
            out,
            "one core for the server, another for the client; medians of {} rounds{quick}; {} s in all\n",
            self.rounds,
            self.took.as_secs()
        )?;
        writeln!(
            out,
            "{:30} {:>10} {:>9} {:>9} {:>8} {:>12}",
            "16 connections", "by second", "p50 ms", "p99 ms", "server", "client idle"
        )?;
        let ms = |seconds: Option<f64>| seconds.map_or("-".into(), |s| format!("{:.2}", 1e3 * s));
        let percent =
            |share: Option<f64>| share.map_or("-".into(), |s| format!("{:.0} %", 100.0 * s));
        for Measured { name, rate, p50, p99, server, client_idle } in &self.measured {
            let (p50, p99) = (ms(*p50), ms(*p99));
            let (server, idle) = (percent(*server), percent(*client_idle));
            writeln!(out, "{name:30} {rate:>10.1} {p50:>9} {p99:>9} {server:>8} {idle:>12}")?;
        }
        for Timed { name, timing } in &self.timed {
            let (unknown, wrong) = (in_ms(&timing.unknown, 0.5), in_ms(&timing.wrong, 0.5));
            let count = timing.unknown.len();
            writeln!(
                out,
                "\n{name}, one at a time, {count} of each: unknown user {unknown} ms, wrong password {wrong} ms"
            )?;
        }
        for stormed in &self.stormed {
            stormed.text(&mut out)?;
        }
        writeln!(out, "\n{:52} {:>10} {:>10}", "target", "reached", "asked")?;
        for reached in self.reached() {
            let Reached { what, value, target, at_most, unit } = &reached;
            let than = if *at_most { "<" } else { "≥" };
            let met = if reached.is_met() { "" } else { "   missed" };
            writeln!(
                out,
                "{what:52} {:>10} {:>10}{met}",
                format!("{value:.2}{unit}"),
                format!("{than} {target}{unit}")
            )?;
        }
        Ok(out)
    }

    /// Into the page, between its marks, and the plot beside it.
    pub(crate) fn write(&self, page: &Path) -> Result<(), Box<dyn Error>> {
        const BEGIN: &str = "<!-- measured -->\n";
        const END: &str = "<!-- /measured -->";
        let text =
            fs::read_to_string(page).map_err(|error| format!("{}: {error}", page.display()))?;
        let parts =
            text.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?.1)));
        let (head, tail) = parts.ok_or("the page has no marks to write between")?;
        fs::write(page, format!("{head}{BEGIN}\n```text\n{}```\n\n{END}{tail}", self.text()))?;
        let directory = page.with_extension("");
        fs::create_dir_all(&directory)?;
        fs::write(directory.join("targets.svg"), plot::svg(&self.reached(), &processor()))?;
        Ok(())
    }
}

impl Stormed {
    fn reached(&self) -> Vec<Reached> {
        let Weathered { statuses, unanswered, right_statuses, granted, right, open, token, .. } =
            &self.weathered;
        let what =
            |what: &str| format!("storm, {}: {what}", self.name.trim_start_matches("doorstep, "));
        let ms = |latencies: &Latencies| {
            latencies.quantile(0.99).map_or(f64::NAN, |t| 1e3 * t.as_secs_f64())
        };
        let others = statuses.iter().filter(|(status, _)| ![401, 429, 503].contains(*status));
        let right_others =
            right_statuses.iter().filter(|(status, _)| ![200, 429, 503].contains(*status));
        let others: usize = others.chain(right_others).map(|(_, count)| count).sum();
        let reached =
            |what, value, target, at_most, unit| Reached { what, value, target, at_most, unit };
        let bound = PERMITS * PERMIT_KIB + BESIDES_KIB;
        let grown = self.peak.saturating_sub(self.rest);
        let mut all = vec![
            reached(
                what("memory over rest, MiB"),
                grown as f64 / 1024.0,
                bound as f64 / 1024.0,
                true,
                "",
            ),
            reached(
                what("right logins"),
                100.0 * *granted as f64 / *right as f64,
                99.0,
                false,
                " %",
            ),
            reached(what("open p99"), ms(&open.latencies), 10.0, true, " ms"),
            reached(what("token p99"), ms(&token.latencies), 250.0, true, " ms"),
        ];
        all.push(reached(
            what("other answers, or none"),
            (others + unanswered) as f64,
            1.0,
            true,
            "",
        ));
        all
    }

    fn text(&self, out: &mut String) -> std::fmt::Result {
        let Weathered {
            statuses, hung_up, unanswered, right_statuses, granted, right, waited, ..
        } = &self.weathered;
        let Force { addresses, attempts, time, .. } = &self.force;
        writeln!(
            out,
            "\nstorm, {}: {} wrong logins from {addresses} addresses in {} s",
            self.name,
            addresses * attempts,
            time.as_secs()
        )?;
        let mib = |kib: u64| kib as f64 / 1024.0;
        writeln!(
            out,
            "  memory at rest {:.1} MiB, peak {:.1} MiB",
            mib(self.rest),
            mib(self.peak)
        )?;
        writeln!(
            out,
            "  {hung_up} hung up; the others got {statuses:?}; {unanswered} got nothing"
        )?;
        writeln!(
            out,
            "  right logins: {granted} of {right}, after p50 {} ms, max {} ms; they got {right_statuses:?}",
            in_ms(waited, 0.5),
            in_ms(waited, 1.0)
        )?;
        for (name, probe) in [("open", &self.weathered.open), ("token", &self.weathered.token)] {
            if probe.latencies.len() == 0 {
                continue;
            }
            writeln!(
                out,
                "  {name}, 100 by the second: p50 {} ms, p99 {} ms, max {} ms, {} without an answer; \
                 the client's own lateness p99 {} ms",
                in_ms(&probe.latencies, 0.5),
                in_ms(&probe.latencies, 0.99),
                in_ms(&probe.latencies, 1.0),
                probe.unanswered,
                in_ms(&probe.own, 0.99)
            )?;
        }
        Ok(())
    }
}

fn in_ms(latencies: &Latencies, share: f64) -> String {
    latencies.quantile(share).map_or("-".into(), |time| format!("{:.2}", 1e3 * time.as_secs_f64()))
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(": ")).map_or("unknown", |(_, name)| name);
    let vectors = if info.contains(" avx512f") { ", AVX-512" } else { "" };
    format!("processor: {name}{vectors}")
}
