//! The reference code of Argon2, built twice: by gcc for AVX2, and by clang for this very machine.
//!
//! Both builds have the same symbols. So the objects of each are linked into one, in which all but
//! `argon2_ctx` is made local, and that is renamed.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{first_line, note};

/// `opt.c` has the vectors; without threads, since one core is measured.
const SOURCES: [&str; 5] = ["argon2.c", "core.c", "encoding.c", "opt.c", "blake2/blake2b.c"];
/// With the sources of phc-winner-argon2, whose list of changes ends with release 20171227.
const BROUGHT_BY: &str = "argon2-sys-0.1.0";
const COMMON: [&str; 4] = ["-O3", "-fPIC", "-DARGON2_NO_THREADS", "-Iinclude"];

pub(crate) fn build() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-env-changed=ARGON2_C");
    println!("cargo:rerun-if-env-changed=BENCH_CLANG");
    if env::var("CARGO_CFG_TARGET_ARCH")? != "x86_64" {
        println!(
            "cargo:warning=the reference code of Argon2 has vectors for x86-64 alone: left out"
        );
        return Ok(());
    }
    let sources = sources()?;
    compile(&sources, "gcc", "gcc", "-mavx2")?;
    let clang = env::var("BENCH_CLANG").unwrap_or_else(|_| "clang".into());
    if Command::new(&clang).arg("--version").output().is_ok() {
        compile(&sources, "clang", &clang, "-march=native")?;
    } else {
        println!("cargo:warning=there is no {clang}: Argon2 is compared with gcc's build alone");
    }
    Ok(())
}

fn compile(
    sources: &Path,
    name: &str,
    compiler: &str,
    machine: &str,
) -> Result<(), Box<dyn Error>> {
    let symbol = format!("argon2_c_{name}");
    let out = Path::new(&env::var("OUT_DIR")?).join(&symbol);
    fs::create_dir_all(&out)?;
    let mut objects = Vec::new();
    for source in SOURCES {
        let object =
            out.join(Path::new(source).with_extension("o").file_name().unwrap_or_default());
        let mut command = Command::new(compiler);
        command
            .current_dir(sources)
            .args(COMMON)
            .arg(machine)
            .arg("-c")
            .arg(format!("src/{source}"));
        run(command.arg("-o").arg(&object))?;
        objects.push(object);
    }
    let whole = out.join("whole.o");
    run(Command::new("ld").arg("-r").args(&objects).arg("-o").arg(&whole))?;
    let kept = "--keep-global-symbol=argon2_ctx";
    run(Command::new("objcopy").arg(kept).arg(&whole))?;
    let renamed = format!("--redefine-sym=argon2_ctx={symbol}");
    run(Command::new("objcopy").arg(renamed).arg(&whole))?;
    let archive = out.join(format!("lib{symbol}.a"));
    let _ = fs::remove_file(&archive);
    run(Command::new("ar").arg("crs").arg(&archive).arg(&whole))?;

    println!("cargo:rustc-cfg={symbol}");
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=static={symbol}");
    let version = first_line(Command::new(compiler).arg("--version"))?;
    let vectors = if has_avx512(compiler, machine)? { "AVX-512" } else { "AVX2 at most" };
    note(&symbol.to_uppercase(), &format!("{version}, -O3 {machine} ({vectors})"));
    Ok(())
}

/// Whether `opt.c` takes the widest of its three ways.
fn has_avx512(compiler: &str, machine: &str) -> Result<bool, Box<dyn Error>> {
    let mut command = Command::new(compiler);
    let output = command.args([machine, "-dM", "-E", "-x", "c", "/dev/null"]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).contains("__AVX512F__"))
}

/// Where the crate `argon2-sys` was unpacked, or where `ARGON2_C` says that there is the like.
fn sources() -> Result<PathBuf, Box<dyn Error>> {
    if let Some(sources) = env::var_os("ARGON2_C") {
        return Ok(sources.into());
    }
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => env::home_dir().ok_or("there is no home directory")?.join(".cargo"),
    };
    let registries = home.join("registry/src");
    for registry in fs::read_dir(&registries)? {
        let sources = registry?.path().join(BROUGHT_BY).join("argon2");
        if sources.join("src/opt.c").exists() {
            return Ok(sources);
        }
    }
    let registries = registries.display();
    Err(format!("no {BROUGHT_BY} in {registries}: set ARGON2_C to the sources of Argon2").into())
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{command:?}: {said}").into())
}
