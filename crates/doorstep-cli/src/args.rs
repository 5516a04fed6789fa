//! The command line. A password has no place in it.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use doorstep_password::names;

use crate::algorithm::format_names;
use crate::audit::args::Audit;
use crate::calibrate::Calibrate;
use crate::completions::Completions;
#[cfg(feature = "database")]
use crate::database::{token::Token, user::User};
use crate::htpasswd::Htpasswd;
use crate::man::Manual;
use crate::wrap::args::Wrap;

/// Hashes passwords, verifies them, and says what a stored hash is worth.
#[derive(Parser)]
#[command(name = "doorstep", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done; from `verify`: the password is that of the hash
  1  from `verify`: it is not; what the other commands mean by it is in their help
  2  refused, or not to be read, or a wrong command line; standard error says why

Put a hash in single quotes: a shell replaces what follows a `$` in double quotes or in none.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Makes a new hash of a password, which is asked for twice.
    Hash(Hash),
    /// Tells whether a password is that of a stored hash.
    Verify(Verify),
    /// Says what a stored hash is: format, parameters, strength, price.
    Inspect(Inspect),
    /// Finds parameters for this machine, within the time that a login may take.
    Calibrate(Calibrate),
    /// Keeps the users of a password file of Apache's, with the flags of its htpasswd.
    Htpasswd(Htpasswd),
    /// Says what a dump of stored hashes holds, how weak it is, and how to accept it.
    Audit(Audit),
    /// Puts a new hash around each old one of a dump or a table, without any password.
    Wrap(Wrap),
    /// Keeps users in a database: SQLite, PostgreSQL, MySQL or MariaDB.
    #[cfg(feature = "database")]
    User(User),
    /// Makes, revokes and lists the tokens of users in a database.
    #[cfg(feature = "database")]
    Token(Token),
    /// Prints what a shell needs to complete this program's arguments.
    Completions(Completions),
    /// Prints a page for man(1).
    Man(Manual),
}

#[derive(Args)]
#[command(after_help = HASH_HELP)]
pub(crate) struct Hash {
    #[command(flatten)]
    pub(crate) making: Making,
    #[command(flatten)]
    pub(crate) source: Source,
}

const HASH_HELP: &str = "\
The hash is printed on standard output, alone on its line.

Examples:
  doorstep hash
  printf %s \"$PASSWORD\" | doorstep hash --stdin
  doorstep hash --algorithm argon2 --memory 65536 --passes 3 --lanes 4
  doorstep hash --algorithm bcrypt --cost 13
  doorstep hash --algorithm pbkdf2_sha512 --rounds 250000

Exit codes: 0 hashed; 2 refused or a wrong command line.";

#[derive(Args)]
#[command(after_help = VERIFY_HELP)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) stored: Stored,
    #[command(flatten)]
    pub(crate) source: Source,
    /// Accept this format alone, by passlib's name [default: all that have a prefix].
    #[arg(
        long,
        value_name = "NAME",
        value_parser = PossibleValuesParser::new(format_names()),
        hide_possible_values = true
    )]
    pub(crate) format: Option<String>,
    /// Print one line of JSON, whose shape is documented and stable.
    #[arg(long)]
    pub(crate) json: bool,
}

const VERIFY_HELP: &str = "\
Examples:
  doorstep verify -- '$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  printf %s \"$PASSWORD\" | doorstep verify --stdin --hash-file stored.txt
  doorstep verify --json --format bcrypt --hash-file stored.txt

Put a hash in single quotes: a shell replaces what follows a `$` in double quotes or in none.

Exit codes: 0 match; 1 mismatch; 2 refused or a wrong command line.";

#[derive(Args)]
#[command(after_help = INSPECT_HELP)]
pub(crate) struct Inspect {
    #[command(flatten)]
    pub(crate) stored: Stored,
    /// Print one line of JSON, whose shape is documented and stable.
    #[arg(long)]
    pub(crate) json: bool,
    /// Show the salt, in hexadecimal.
    #[arg(long)]
    pub(crate) show_salt: bool,
    /// Show the digest, in hexadecimal. Whoever has it and the salt can guess passwords.
    #[arg(long)]
    pub(crate) show_digest: bool,
    // Outdated is what `hash` with these options would not write.
    #[command(flatten, next_help_heading = "Compare with")]
    pub(crate) making: Making,
}

const INSPECT_HELP: &str = "\
No password is needed and none is guessed. The algorithm's options say what the hash is compared
with: it is outdated if `doorstep hash` with the same options would not write it.

Examples:
  doorstep inspect -- '$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  doorstep inspect --json --hash-file stored.txt
  doorstep inspect --algorithm bcrypt --cost 12 --hash-file stored.txt

Put a hash in single quotes: a shell replaces what follows a `$` in double quotes or in none.

Exit codes: 0 read; 2 `verify` would refuse this hash, or a wrong command line.";

/// How new hashes are made.
#[derive(Args)]
pub(crate) struct Making {
    /// The algorithm, by passlib's name.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "argon2",
        value_parser = PossibleValuesParser::new(names())
    )]
    pub(crate) algorithm: String,
    /// Argon2's memory in KiB [default: 19456].
    #[arg(long, value_name = "KIB")]
    pub(crate) memory: Option<u32>,
    /// Argon2's passes over its memory [default: 2].
    #[arg(long, value_name = "N")]
    pub(crate) passes: Option<u32>,
    /// Argon2's lanes [default: 1].
    #[arg(long, value_name = "N")]
    pub(crate) lanes: Option<u32>,
    /// bcrypt's cost: the binary logarithm of its rounds [default: 12].
    #[arg(long, value_name = "LOG2")]
    pub(crate) cost: Option<u32>,
    /// Rounds of PBKDF2 or sha-crypt [default: the algorithm's own].
    #[arg(long, value_name = "N")]
    pub(crate) rounds: Option<u32>,
}

/// Where the password comes from.
#[derive(Args)]
pub(crate) struct Source {
    /// Read the password from standard input, up to its end and byte for byte: a line feed counts.
    #[arg(long)]
    pub(crate) stdin: bool,
}

/// Where the stored hash comes from.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Stored {
    /// The stored hash, in single quotes and after `--`.
    #[arg(value_name = "HASH")]
    pub(crate) hash: Option<String>,
    /// Read the hash from a file instead: other users of the machine can see arguments. One line end
    /// does not count.
    #[arg(long, value_name = "FILE")]
    pub(crate) hash_file: Option<PathBuf>,
}
