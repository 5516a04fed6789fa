//! Statements, as each database numbers their values, and the values. Knows no table.

/// A statement in the two spellings that there are. The values come in the order in which they are
/// given, each once, since MySQL's `?` knows no other.
pub(crate) struct Sql {
    #[cfg_attr(not(any(feature = "sqlite", feature = "postgres")), allow(dead_code))]
    /// `$1`, `$2`: PostgreSQL, and SQLite as well.
    pub(crate) numbered: &'static str,
    #[cfg_attr(not(feature = "mysql"), allow(dead_code))]
    /// `?`: MySQL.
    pub(crate) positional: &'static str,
}

/// `sql!("… WHERE id = "{1}" AND hash = "{2})`. What is bound is never part of the text.
macro_rules! sql {
    ($($text:literal $({$n:literal})?)+) => {
        $crate::sql::Sql {
            numbered: concat!($($text $(, "$", $n)?),+),
            positional: concat!($($text $(, $crate::sql::sql!(@mark $n))?),+),
        }
    };
    (@mark $n:literal) => { "?" };
}
pub(crate) use sql;

/// What is bound.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Int(Option<i64>),
    Text(Option<&'a str>),
    Bytes(&'a [u8]),
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(value))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8; 32]> for Value<'a> {
    fn from(value: &'a [u8; 32]) -> Self {
        Self::Bytes(value)
    }
}
