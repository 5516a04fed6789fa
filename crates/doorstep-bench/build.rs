//! Notes how everything was built, and builds the peers in C that are brought as sources.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "build/argon2_c.rs"]
mod argon2_c;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=build");
    note_rust()?;
    println!("cargo:rustc-check-cfg=cfg(argon2_c_gcc, argon2_c_clang)");
    if env::var_os("CARGO_FEATURE_SYSTEM_PEERS").is_some() {
        note_system()?;
        argon2_c::build()?;
    }
    Ok(())
}

fn note_rust() -> Result<(), Box<dyn Error>> {
    note("RUSTC", &first_line(Command::new(env::var("RUSTC")?).arg("--version"))?);
    note("OPT_LEVEL", &env::var("OPT_LEVEL")?);
    note("RUSTFLAGS", &env::var("CARGO_ENCODED_RUSTFLAGS")?.replace('\x1f', " "));
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    println!("cargo:rerun-if-changed={}", lock.display());
    let lock = fs::read_to_string(lock).unwrap_or_default();
    for name in ["argon2", "argon2-sys", "bcrypt", "fastpbkdf2", "pbkdf2", "sha-crypt", "sha2"] {
        note(&name.to_uppercase().replace('-', "_"), locked_version(&lock, name));
    }
    Ok(())
}

/// The version that its header names: the library itself does not tell.
fn note_system() -> Result<(), Box<dyn Error>> {
    let header = "#include <crypt.h>\nlibxcrypt_version XCRYPT_VERSION_STR\n";
    let source = Path::new(&env::var("OUT_DIR")?).join("version.c");
    fs::write(&source, header)?;
    let output = Command::new("gcc").args(["-E", "-P"]).arg(&source).output()?;
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = output.lines().find_map(|line| line.strip_prefix("libxcrypt_version "));
    let version = version.unwrap_or_default().trim_matches('"');
    if !version.starts_with(|first: char| first.is_ascii_digit()) {
        return Err("no crypt.h of libxcrypt: install its headers (libcrypt-dev)".into());
    }
    note("LIBXCRYPT", version);
    Ok(())
}

/// A variable that the program reads with `env!`.
fn note(name: &str, value: &str) {
    println!("cargo:rustc-env=BENCH_{name}={value}");
}

/// The newest, if there are several.
fn locked_version<'a>(lock: &'a str, name: &str) -> &'a str {
    lock.rsplit_once(&format!("name = \"{name}\"\nversion = \""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("of unknown version", |(version, _)| version)
}

fn first_line(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().into())
}
