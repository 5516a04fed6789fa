//! What would be refused, by reason, and on which lines. Keeps numbers, never contents.

use std::borrow::Cow;
use std::collections::BTreeMap;

use doorstep_password::Refused;
use serde::Serialize;

use crate::refusal::Refusal;

/// Of each reason so many line numbers are kept.
const LINES: usize = 20;

/// Why a line has no hash that could be verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Refused(Refused),
    NotUtf8,
    NoField,
}

/// Refused lines, by reason.
#[derive(Default)]
pub(crate) struct Refusals(BTreeMap<(&'static str, Cow<'static, str>), Lines>);

#[derive(Default)]
struct Lines {
    count: u64,
    first: Vec<u64>,
}

/// What `--json` prints of one reason.
#[derive(Debug, Serialize)]
pub(crate) struct RefusedLines {
    pub(crate) reason: &'static str,
    pub(crate) message: Cow<'static, str>,
    pub(crate) count: u64,
    /// The first of them.
    pub(crate) lines: Vec<u64>,
}

impl Refusals {
    pub(crate) fn take(&mut self, line: u64, why: Why) {
        let lines = self.0.entry(why.words()).or_default();
        lines.count += 1;
        if lines.first.len() < LINES {
            lines.first.push(line);
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.values().map(|lines| lines.count).sum()
    }

    /// The commonest first.
    pub(crate) fn into_list(self) -> Vec<RefusedLines> {
        let list = self.0.into_iter().map(|((reason, message), Lines { count, first })| {
            RefusedLines { reason, message, count, lines: first }
        });
        let mut list: Vec<_> = list.collect();
        list.sort_by_key(|refused| std::cmp::Reverse(refused.count));
        list
    }
}

impl Why {
    /// The word for programs and the sentence for people. Without the place in the hash, so that there
    /// are few.
    fn words(self) -> (&'static str, Cow<'static, str>) {
        match self {
            Why::NotUtf8 => ("not_utf8", "not UTF-8".into()),
            Why::NoField => ("no_field", "the line has too few fields".into()),
            Why::Refused(Refused::UnknownFormat) => {
                ("unknown_format", "no format that is read claims it".into())
            }
            Why::Refused(Refused::Malformed(malformed)) => {
                ("malformed", malformed.kind.to_string().into())
            }
            Why::Refused(refused) => {
                let Refusal { reason, message } = refused.into();
                (reason, message)
            }
        }
    }
}
