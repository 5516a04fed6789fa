//! What a line of a dump says: who, and which hash. Unquotes CSV; judges neither of the two.

use clap::ValueEnum;

use super::Why;

/// How a dump is written.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Layout {
    /// Lines of `username:hash`.
    Lines,
    /// CSV of Django's `auth_user`: the first line names `username`, `password` and perhaps others.
    Django,
}

/// A dump of which as much is known as its next line needs.
pub(super) enum Dump {
    Lines,
    /// CSV whose first line is still to come.
    Unnamed,
    Named(Columns),
}

/// Where the two columns stand that are read.
pub(super) struct Columns {
    username: usize,
    password: usize,
}

/// What a line says. There is no `Debug`: it holds a hash.
pub(super) struct Row {
    pub(super) username: String,
    /// `None` if it says that there is no password.
    pub(super) hash: Option<String>,
}

impl Dump {
    pub(super) fn new(layout: Layout) -> Self {
        match layout {
            Layout::Lines => Dump::Lines,
            Layout::Django => Dump::Unnamed,
        }
    }

    /// The row of a line; `None` if it is the one that names the columns.
    pub(super) fn row(&mut self, line: &[u8]) -> Result<Option<Row>, Why> {
        let line = std::str::from_utf8(line).map_err(|_| Why::NotUtf8)?;
        match self {
            Dump::Lines => {
                // A username has no colon.
                let (username, hash) = line.split_once(':').ok_or(Why::NoColon)?;
                Ok(Some(Row { username: username.into(), hash: Some(hash.into()) }))
            }
            Dump::Unnamed => {
                *self = Dump::Named(Columns::named_by(line)?);
                Ok(None)
            }
            Dump::Named(columns) => columns.row(line).map(Some),
        }
    }

    /// Whether nothing can be read, since the first line did not name the columns.
    pub(super) fn is_unnamed(&self) -> bool {
        matches!(self, Dump::Unnamed)
    }
}

impl Columns {
    fn named_by(line: &str) -> Result<Self, Why> {
        let record = record(line)?;
        let place =
            |name| record.iter().position(|column| column == name).ok_or(Why::NoColumn(name));
        Ok(Self { username: place("username")?, password: place("password")? })
    }

    fn row(&self, line: &str) -> Result<Row, Why> {
        let record = record(line)?;
        let field = |at, name| record.get(at).ok_or(Why::NoColumn(name));
        let password = field(self.password, "password")?;
        Ok(Row {
            username: field(self.username, "username")?.into(),
            // Django's mark of an unusable password, before characters that mean nothing.
            hash: (!password.starts_with('!')).then(|| password.into()),
        })
    }
}

/// One line of CSV (RFC 4180). Usernames and hashes have no line feed, so that a record is a line.
fn record(line: &str) -> Result<csv::StringRecord, Why> {
    // Each quote has another one, be it for itself. If not, the record goes on in another line.
    if !line.matches('"').count().is_multiple_of(2) {
        return Err(Why::OpenQuote);
    }
    let mut record = csv::StringRecord::new();
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).from_reader(line.as_bytes());
    // It reads from memory, and UTF-8.
    reader.read_record(&mut record).map_err(|_| Why::NotUtf8)?;
    Ok(record)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(header: &str, line: &str) -> Result<(String, Option<String>), String> {
        let mut dump = Dump::new(Layout::Django);
        assert!(dump.row(header.as_bytes()).map_err(|why| why.to_string())?.is_none());
        let row = dump.row(line.as_bytes()).map_err(|why| why.to_string())?.unwrap();
        Ok((row.username, row.hash))
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let both = Ok(("alice".to_owned(), Some("a$b,c".to_owned())));
        assert_eq!(row("username,password", r#"alice,"a$b,c""#), both);
        assert_eq!(row("id,password,is_active,username", r#"7,"a$b,c",t,alice"#), both);
        let header = r#""password","username""#;
        assert_eq!(row(header, r#""!xyz","zoë ""Z"", jr.""#), Ok((r#"zoë "Z", jr."#.into(), None)));
        assert!(row("Username,password", "a,b").unwrap_err().contains("username"));
        assert!(row("username,hash", "a,b").unwrap_err().contains("password"));
        assert!(row("username,password", "alice").unwrap_err().contains("password"));
    }

    /// RFC 4180 §2 lets a field have line feeds; half of one is no username.
    #[test]
    fn half_a_record_is_no_row() {
        assert!(row("username,password", r#""al"#).unwrap_err().contains("quote"));
        assert!(row("username,password", r#"ice",a$b"#).unwrap_err().contains("quote"));
        assert!(row(r#"username,"password"#, "a,b").unwrap_err().contains("quote"));
    }
}
