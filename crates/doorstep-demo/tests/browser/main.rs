//! The page as a person uses it, in Chromium: `.ci/run browser`, which installs it, or
//! `cargo test -p doorstep-demo --test browser -- --include-ignored`.
//!
//! `AXE_CORE` may name axe-core's `axe.min.js`, which then looks for what makes pages inaccessible;
//! `SCREENSHOT` the file of a picture.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod chromium;
#[path = "../util/mod.rs"]
mod util;

use std::fs;

use doorstep::password::{Bcrypt, Hashers};

use self::chromium::Chromium;
use self::util::{Place, Server, login};

struct Scene {
    chromium: Chromium,
    server: Server,
    place: Place,
    axe: Option<String>,
}

impl Scene {
    async fn open(name: &str) -> Self {
        let place = Place::new(name).await;
        let hash = Hashers::new(Bcrypt::new(4).unwrap()).hash("old password".into());
        let line = format!("dora:{}\n", hash.unwrap().run().unwrap());
        assert_eq!(place.import(line.as_bytes()).status.code(), Some(0));
        let server = place.start(&[]);
        server.post("/users", login("alice", "correct horse")).await.is(201);
        let mut chromium = Chromium::start(&place.directory);
        chromium.open(&format!("http://{}/", server.address));
        let axe = std::env::var("AXE_CORE").ok().map(|path| fs::read_to_string(path).unwrap());
        Self { chromium, server, place, axe }
    }

    fn log_in(&mut self, username: &str, password: &str) {
        self.chromium.fill("#username", username);
        self.chromium.fill("#password", password);
        self.send("login");
    }

    /// Presses a button, and waits for the page. Its result takes the focus when it is first drawn.
    #[track_caller]
    fn send(&mut self, action: &str) {
        self.chromium.loads(|chromium| chromium.click(&format!("button[value={action}]")));
        self.chromium.until("document.activeElement.id === 'result'");
    }

    #[track_caller]
    fn is_sound(&mut self) {
        let complaints = self.chromium.complaints();
        assert!(complaints.is_empty(), "{complaints:#?}");
        let faults = self.chromium.eval(FAULTS);
        assert_eq!(faults, serde_json::json!([]));
        let Some(axe) = &self.axe else { return };
        if !self.chromium.has("html[data-axe]") {
            self.chromium.eval(&format!("{axe}; document.documentElement.dataset.axe = ''"));
        }
        let found = self.chromium.eval(
            "axe.run().then(({ violations, passes }) => ({
                passes: passes.length,
                violations: violations.map(({ id, help, nodes }) =>
                    [id, help, ...nodes.map((node) => `${node.html} ${node.failureSummary}`)]),
            }))",
        );
        assert_eq!(found["violations"], serde_json::json!([]));
        assert!(found["passes"].as_u64().unwrap() > 20, "{found}");
    }

    /// Presses Tab until what is wanted has the focus.
    #[track_caller]
    fn tab_to(&mut self, selector: &str) {
        for _ in 0..40 {
            self.chromium.press("Tab");
            let focused = format!("document.activeElement.matches({selector:?})");
            if self.chromium.eval(&focused) == true {
                // It can be seen where one is.
                let outline = "getComputedStyle(document.activeElement).outlineStyle";
                assert_ne!(self.chromium.eval(outline), "none", "{selector}");
                return;
            }
        }
        panic!("no way to {selector} by the keyboard");
    }

    /// The same by a key.
    #[track_caller]
    fn enter(&mut self, key: &str) {
        self.chromium.loads(|chromium| chromium.press(key));
        self.chromium.until("document.activeElement.id === 'result'");
    }

    fn steps(&mut self) -> Vec<String> {
        let names = "[...document.querySelectorAll('#steps strong')].map((name) => name.innerText)";
        serde_json::from_value(self.chromium.eval(names)).unwrap()
    }

    /// The names of the boxes that are lit, in the order of their numbers.
    fn lit(&mut self) -> Vec<String> {
        let names =
            "[...document.querySelectorAll('.node.lit text')].map((text) => text.textContent)";
        let mut names: Vec<String> = serde_json::from_value(self.chromium.eval(names)).unwrap();
        names.sort();
        names
    }
}

/// What must hold of every page, looked at by hand: a language, a title, one main heading and no level
/// left out, landmarks, a name for whatever can be used, ids that are there once, and nothing that is
/// wider than the window.
const FAULTS: &str = r#"(() => {
    const faults = [];
    const all = (selector) => [...document.querySelectorAll(selector)];
    const must = (holds, what) => { if (!holds) faults.push(what); };
    must(document.documentElement.lang === "en", "language");
    must(document.title.length > 0, "title");
    for (const one of ["header", "main", "footer", "h1"]) must(all(one).length === 1, one);
    let level = 0;
    for (const heading of all("h1, h2, h3, h4, h5, h6")) {
        const next = Number(heading.tagName[1]);
        must(next <= level + 1, `level of ${heading.innerText}`);
        level = next;
    }
    for (const input of all("input:not([type=hidden]), meter")) {
        must(input.labels.length > 0 || input.ariaLabel, `label of ${input.outerHTML}`);
    }
    for (const button of all("button, a")) must(button.innerText.trim(), `name of ${button.outerHTML}`);
    for (const section of all("section")) {
        must(document.getElementById(section.getAttribute("aria-labelledby"))?.innerText, "section");
    }
    const ids = all("[id]").map((element) => element.id);
    must(new Set(ids).size === ids.length, "ids");
    must(document.documentElement.scrollWidth <= innerWidth, "too wide");
    return faults;
})()"#;

#[tokio::test]
#[ignore = "needs Chromium: .ci/run browser"]
async fn a_person_registers_logs_in_and_manages_tokens() {
    let mut scene = Scene::open("browser").await;
    scene.is_sound();
    assert!(scene.lit().is_empty());

    scene.chromium.fill("#username", "zo\u{eb} <b>&amp;</b>");
    scene.chromium.fill("#password", "p\u{e4}ss & w\u{f6}rd");
    scene.send("register");
    assert_eq!(scene.chromium.text("#result h2"), "Registered: zo\u{eb} <b>&amp;</b>");
    assert!(!scene.chromium.has("#result b"));
    scene.is_sound();

    // The user-id is still there.
    scene.chromium.fill("#password", "p\u{e4}ss & w\u{f6}rd");
    scene.send("login");
    assert_eq!(scene.chromium.text("#result h2"), "Granted: zo\u{eb} <b>&amp;</b>");
    assert_eq!(scene.steps(), ["FindUser", "Verify", "Done"]);
    assert_eq!(scene.lit(), ["1 FindUser", "2 Verify", "3 Granted", "begin"]);
    assert_eq!(scene.chromium.eval("document.querySelectorAll('.line.lit').length"), 3);
    assert_eq!(scene.chromium.text("title"), "Granted \u{2013} doorstep");
    scene.is_sound();

    // A wrong password, and nobody: the same path.
    for username in ["alice", "nobody"] {
        scene.log_in(username, "wrong horse");
        assert_eq!(scene.chromium.text("#result h2"), "Denied");
        assert_eq!(scene.lit(), ["1 FindUser", "2 Verify", "3 Denied", "begin"]);
        scene.is_sound();
    }

    scene.log_in("alice", "correct horse");
    scene.send("make");
    assert_eq!(scene.lit(), ["1 FindToken", "2 Granted", "begin"]);
    let token = scene.chromium.text("#token");
    scene.server.protected(&format!("Bearer {token}")).await.is(200);
    scene.is_sound();
    scene.chromium.fill("#try", &token);
    scene.send("try");
    assert_eq!(scene.chromium.text("#result h2"), "Granted: alice");
    scene.chromium.loads(|chromium| chromium.click("button[name=id]"));
    assert_eq!(scene.chromium.text("#result h2"), "Revoked a token of alice");
    scene.server.protected(&format!("Bearer {token}")).await.is(401);
    scene.chromium.fill("#try", &token);
    scene.send("try");
    assert_eq!(scene.lit(), ["1 FindToken", "2 Denied", "begin"]);
    scene.is_sound();
    scene.send("leave");
    assert!(!scene.chromium.has("input[name=key]"));
    scene.is_sound();

    // The pool's figures change without the page's being loaded again.
    let figures = "document.querySelector('span[data-pool=last_batch]').textContent !== '0'";
    scene.chromium.until(figures);
    scene.chromium.eval("document.querySelector('span[data-pool=last_batch]').textContent = '?'");
    scene
        .chromium
        .until("document.querySelector('span[data-pool=last_batch]').textContent === '1'");

    // And when there is something to do, with the answer in words.
    scene.chromium.click("#storm");
    scene.chromium.until("document.querySelector('#pool-status').innerText.includes('denied')");
    assert!(scene.chromium.text("#pool-status").starts_with("Forty logins: 40 denied, 0 told"));
    scene.is_sound();

    // As the README shows it: an outdated hash takes the whole path.
    scene.chromium.emulate(&[("prefers-reduced-motion", "reduce")]);
    scene.log_in("dora", "old password");
    assert_eq!(scene.steps(), ["FindUser", "Verify", "Rehash", "Replace", "Done"]);
    let picture = scene.chromium.screenshot(900);
    assert!(picture.len() < 150_000, "{} bytes", picture.len());
    let path = std::env::var_os("SCREENSHOT").map(Into::into);
    let path = path.unwrap_or_else(|| scene.place.directory.join("screenshot.png"));
    fs::write(&path, picture).unwrap();
    println!("{}", path.display());

    // Dark, and narrow.
    scene.chromium.emulate(&[("prefers-color-scheme", "dark")]);
    scene.is_sound();
    scene.chromium.resize(360, 800);
    scene.is_sound();
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/run browser"]
async fn the_keyboard_is_enough() {
    let mut scene = Scene::open("browser-keyboard").await;
    scene.tab_to("a.skip");
    scene.tab_to("#username");
    scene.chromium.write("alice");
    scene.tab_to("#password");
    scene.chromium.write("correct horse");
    scene.enter("Enter");
    // Enter logs in, and the next Tab goes on from the result.
    assert_eq!(scene.chromium.text("#result h2"), "Granted: alice");
    scene.tab_to("button[value=make]");
    scene.enter(" ");
    let token = scene.chromium.text("#token");
    scene.tab_to("#try");
    scene.chromium.write(&token);
    scene.chromium.press("Tab");
    scene.enter("Enter");
    assert_eq!(scene.chromium.text("#result h2"), "Granted: alice");
    scene.tab_to("button[name=id]");
    scene.enter("Enter");
    scene.server.protected(&format!("Bearer {token}")).await.is(401);
    scene.tab_to("button[value=leave]");
    scene.chromium.press("Shift+Tab");
    assert_eq!(scene.chromium.eval("document.activeElement.value"), "make");
    scene.is_sound();
}

#[tokio::test]
#[ignore = "needs Chromium: .ci/run browser"]
async fn no_script_is_needed() {
    let mut scene = Scene::open("browser-plain").await;
    let off = serde_json::json!({ "value": true });
    scene.chromium.call("Emulation.setScriptExecutionDisabled", off);
    scene.chromium.open(&format!("http://{}/", scene.server.address));
    assert!(scene.chromium.text("#pool").contains("load it again"));
    scene.log_in("alice", "wrong");
    assert_eq!(scene.chromium.text("#result h2"), "Denied");
    scene.log_in("alice", "correct horse");
    assert_eq!(scene.lit(), ["1 FindUser", "2 Verify", "3 Granted", "begin"]);
    scene.send("make");
    let token = scene.chromium.text("#token");
    scene.chromium.loads(|chromium| chromium.click("button[name=id]"));
    scene.server.protected(&format!("Bearer {token}")).await.is(401);
    scene.send("leave");
    let complaints = scene.chromium.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// Shows that the others would see a violation if there were one, and that motion is asked for first.
#[tokio::test]
#[ignore = "needs Chromium: .ci/run browser"]
async fn the_policy_holds_and_a_violation_is_seen() {
    let mut scene = Scene::open("browser-policy").await;
    scene.is_sound();
    for attack in [
        "document.body.append(Object.assign(document.createElement('style'), { textContent: 'p{}' }))",
        "document.body.setAttribute('style', 'color: red')",
        "document.body.append(Object.assign(document.createElement('img'), { src: 'data:,' }))",
        "document.body.append(Object.assign(document.createElement('iframe'), { src: '/' }))",
        "document.head.append(Object.assign(document.createElement('base'), { href: '/x' }))",
        "document.body.setAttribute('onclick', 'alert(1)'), document.body.click()",
        "setTimeout('alert(1)')",
        "fetch('http://127.0.0.1:9/').catch(() => {})",
    ] {
        scene.chromium.eval(&format!("try {{ {attack} }} catch {{}} 0"));
        let seen = (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            !scene.chromium.complaints().is_empty()
        });
        assert!(seen, "{attack}");
    }
    let lasts = "getComputedStyle(document.querySelector('.node.lit')).animationDuration";
    scene.chromium.open(&format!("http://{}/", scene.server.address));
    scene.log_in("alice", "correct horse");
    scene.chromium.emulate(&[("prefers-reduced-motion", "no-preference")]);
    assert_eq!(scene.chromium.eval(lasts), "0.3s");
    scene.chromium.emulate(&[("prefers-reduced-motion", "reduce")]);
    assert_eq!(scene.chromium.eval(lasts), "0s");
}
