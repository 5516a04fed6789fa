//! Completions and pages for man(1): shells and formatters take them without a complaint. A shell or a
//! formatter that is not here is said to be skipped.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use util::{Ran, file, program, ran, run};

/// All that `--help` shows: each of them has a page.
fn commands() -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    let mut at = 0;
    while at < found.len() {
        let path = found[at].clone();
        let args: Vec<_> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = run(&args).exits(0).stdout;
        if let Some((_, list)) = help.split_once("Commands:\n") {
            let names = list.lines().take_while(|line| line.starts_with("  "));
            let names = names.filter_map(|line| line.split_whitespace().next());
            let below = names.filter(|name| *name != "help");
            found.extend(below.map(|name| [&path[..], &[name.to_owned()]].concat()));
        }
        at += 1;
    }
    found
}

/// What a program says, if it is installed.
fn try_run(name: &str, args: &[&str]) -> Option<Ran> {
    match Command::new(name).args(args).output() {
        Ok(output) => Some(ran(output)),
        Err(_) => {
            println!("skipped: there is no {name}");
            None
        }
    }
}

#[test]
fn shells_take_the_completions() {
    for (shell, check) in [
        ("bash", Some(["bash", "-n"])),
        ("zsh", Some(["zsh", "-n"])),
        ("fish", Some(["fish", "--no-execute"])),
        ("elvish", None),
        ("powershell", None),
    ] {
        let script = run(&["completions", shell]).exits(0).stdout;
        for wanted in ["calibrate", "htpasswd", "memory"] {
            assert!(script.contains(wanted), "no {wanted} for {shell}");
        }
        let Some([name, flag]) = check else { continue };
        let Some(checked) = try_run(name, &[flag, &file(shell, script.as_bytes())]) else {
            continue;
        };
        assert_eq!(checked.exits(0).stderr, "", "{shell}");
    }
    run(&["completions", "csh"]).refuses("csh");
    run(&["completions"]).exits(2);
}

/// What bash offers after what was typed.
#[test]
fn bash_completes() {
    let script = file("completions.bash", run(&["completions", "bash"]).stdout.as_bytes());
    let typed = format!(
        "source {script}; COMP_WORDS=(doorstep cal); COMP_CWORD=1; _doorstep doorstep cal doorstep; \
         echo \"${{COMPREPLY[@]}}\""
    );
    let Some(offered) = try_run("bash", &["-c", &typed]) else { return };
    assert_eq!(offered.exits(0).stdout, "calibrate\n");
}

#[test]
fn every_command_has_a_page() {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("man");
    let _ = fs::remove_dir_all(&directory);
    let target = directory.to_str().unwrap();
    run(&["man", "--dir", target]).refuses("cannot write the pages");
    fs::create_dir(&directory).unwrap();
    run(&["man", "--dir", target]).exits(0);

    let commands = commands();
    assert!(commands.len() > 7, "{commands:?}");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), commands.len());
    for path in &commands {
        let args: Vec<_> = ["man"].into_iter().chain(path.iter().map(String::as_str)).collect();
        let page = run(&args).exits(0).stdout;
        let name =
            ["doorstep".to_owned()].iter().chain(path).cloned().collect::<Vec<_>>().join("-");
        let written = directory.join(format!("{name}.1"));
        assert_eq!(undated(&fs::read_to_string(&written).unwrap()), undated(&page), "{name}");
        for heading in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS"] {
            assert!(page.contains(heading), "no {heading} in {name}");
        }
        let written = written.to_str().unwrap();
        if let Some(linted) = try_run("mandoc", &["-Tlint", "-Wwarning", written]) {
            assert_eq!(linted.stdout, "", "{name}");
        }
        if let Some(linted) = try_run("groff", &["-man", "-ww", "-z", "-Tutf8", written]) {
            assert_eq!(linted.stderr, "", "{name}");
        }
        let mut man = Command::new("man");
        man.args(["--warnings", "-l", written]).env("LC_ALL", "C.UTF-8");
        if let Ok(seen) = man.output() {
            assert_eq!(ran(seen).exits(0).stderr, "", "{name}");
        }
    }
    run(&["man", "help"]).refuses("no such command");
    run(&["man", "hash", "hash"]).refuses("no such command");
    run(&["man", "hash", "--dir", target]).exits(2);
}

/// But for the first line, which has the day.
fn undated(page: &str) -> &str {
    page.split_once('\n').unwrap().1.trim_end()
}

/// A flag that is refused is in no page.
#[test]
fn pages_say_what_help_says() {
    let page = run(&["man", "htpasswd"]).exits(0).stdout;
    for wanted in [".SH EXAMPLES", ".SH \"EXIT STATUS\"", "\\fB\\-C\\fR"] {
        assert!(page.contains(wanted), "no {wanted:?} in {page}");
    }
    assert!(!page.contains("\\fB\\-b\\fR"), "{page}");
}

#[test]
fn nobody_reads_them() {
    for args in [["completions", "bash"], ["man", "hash"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = program();
        ran(command.args(args).stdout(writer).output().unwrap()).exits(0);
        #[cfg(target_os = "linux")]
        {
            let full = fs::File::options().write(true).open("/dev/full").unwrap();
            let mut command = program();
            let output = command.args(args).stdout(full).stderr(std::process::Stdio::piped());
            ran(output.output().unwrap()).refuses("cannot write");
        }
    }
}
