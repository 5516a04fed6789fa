//! What is looked at, by name, and the secrets in it.

/// One thing that is looked at.
pub(crate) struct Case<F> {
    pub(crate) name: &'static str,
    /// Whether it is to be seen to leak: a control, and what SECURITY.md says it of.
    pub(crate) leaks: bool,
    pub(crate) run: F,
}

/// Those that are named, or all.
pub(crate) fn named<'a, F>(
    cases: &'a [Case<F>],
    names: &'a [&str],
) -> impl Iterator<Item = &'a Case<F>> {
    cases.iter().filter(|case| names.is_empty() || names.contains(&case.name))
}

pub(crate) const PASSWORD: &[u8; 30] = b"a fixed password of 30 letters";
pub(crate) const TOKEN: &[u8] = b"mF_9.B5f-4.1JqM";
