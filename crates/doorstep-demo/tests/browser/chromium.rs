//! Chromium without a window, told what to do over a pipe: the DevTools protocol, whose messages end
//! with a NUL. Nothing else is needed for it, neither a driver nor a socket.

#![allow(unreachable_pub)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Only so that nothing waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Chromium {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    last_id: u64,
    /// What was said that nobody waited for.
    events: Vec<Value>,
}

impl Chromium {
    /// Starts it, with its files in `directory`. It reaches nothing but 127.0.0.1.
    pub fn start(directory: &Path) -> Self {
        // It reads from 3 and writes to 4, which std has no safe way to give a child.
        let command = r#"exec chromium --headless=new --remote-debugging-pipe --no-sandbox \
            --user-data-dir="$1" --no-first-run --disable-gpu --disable-dev-shm-usage \
            --disable-background-networking --disable-component-update --disable-sync \
            --disable-extensions --hide-scrollbars --force-color-profile=srgb \
            --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' about:blank \
            3<&0 4>&1 </dev/null >/dev/null"#;
        let mut child = Command::new("sh")
            .args(["-c", command, "chromium"])
            .arg(directory.join("chromium"))
            .env("HOME", directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(directory.join("chromium.log")).unwrap())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while output.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else { return };
                if sender.send(value).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let (session, events) = (None, Vec::new());
        let mut chromium = Self { child, input, messages, session, last_id: 0, events };
        let target = chromium.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = chromium.call("Target.attachToTarget", attach);
        chromium.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Audits", "Network", "Accessibility"] {
            chromium.call(&format!("{domain}.enable"), json!({}));
        }
        chromium.resize(900, 900);
        chromium
    }

    /// Calls a method of the protocol, and waits for what it returns.
    #[track_caller]
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).unwrap();
        loop {
            let message = self.messages.recv_timeout(PATIENCE).expect("Chromium does not answer");
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    /// Waits for an event that comes after `begun` others.
    fn wait(&mut self, begun: usize, method: &str) {
        let since = Instant::now();
        while !self.events[begun..].iter().any(|event| event["method"] == method) {
            assert!(since.elapsed() < PATIENCE, "{method} does not come");
            let message = self.messages.recv_timeout(PATIENCE);
            self.events.push(message.unwrap_or_else(|_| panic!("{method} does not come")));
        }
    }

    pub fn resize(&mut self, width: u32, height: u32) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false
        });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    pub fn emulate(&mut self, features: &[(&str, &str)]) {
        let features: Vec<_> =
            features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    pub fn open(&mut self, url: &str) {
        self.loads(|chromium| {
            let opened = chromium.call("Page.navigate", json!({ "url": url }));
            assert!(opened["errorText"].is_null(), "{opened}");
        });
    }

    /// Does it, and waits for the page that comes of it.
    pub fn loads(&mut self, does: impl FnOnce(&mut Self)) {
        let begun = self.events.len();
        does(self);
        self.wait(begun, "Page.loadEventFired");
    }

    /// What an expression, or a promise, comes to.
    #[track_caller]
    pub fn eval(&mut self, expression: &str) -> Value {
        let expression =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.call("Runtime.evaluate", expression);
        assert!(result["exceptionDetails"].is_null(), "{result}");
        result["result"]["value"].clone()
    }

    /// The text of an element, as it is shown.
    #[track_caller]
    pub fn text(&mut self, selector: &str) -> String {
        let text = self.eval(&format!("document.querySelector({selector:?})?.innerText"));
        text.as_str().unwrap_or_else(|| panic!("there is no {selector}")).to_owned()
    }

    pub fn has(&mut self, selector: &str) -> bool {
        self.eval(&format!("document.querySelector({selector:?}) !== null")) == true
    }

    /// Waits until the expression is true.
    #[track_caller]
    pub fn until(&mut self, expression: &str) {
        let since = Instant::now();
        while self.eval(expression) != true {
            assert!(since.elapsed() < PATIENCE, "never: {expression}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A click of the mouse in the middle of an element.
    #[track_caller]
    pub fn click(&mut self, selector: &str) {
        let place = self.eval(&format!(
            "(() => {{
                const element = document.querySelector({selector:?});
                element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
                const {{ x, y, width, height }} = element.getBoundingClientRect();
                return [x + width / 2, y + height / 2];
            }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1
            });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Fills a field in, as by hand.
    #[track_caller]
    pub fn fill(&mut self, selector: &str, text: &str) {
        self.click(selector);
        self.eval(&format!("document.querySelector({selector:?}).select()"));
        self.write(text);
    }

    pub fn write(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// `Tab`, `Shift+Tab`, `Enter` or ` `.
    pub fn press(&mut self, key: &str) {
        let (modifiers, key) = match key.strip_prefix("Shift+") {
            Some(key) => (8, key),
            None => (0, key),
        };
        let (code, number, text) = match key {
            "Tab" => ("Tab", 9, ""),
            "Enter" => ("Enter", 13, "\r"),
            " " => ("Space", 32, " "),
            _ => panic!("which key is {key}?"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({
                "type": kind, "modifiers": modifiers, "key": key, "code": code,
                "windowsVirtualKeyCode": number
            });
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Everything that went wrong in the pages since it was asked last: what the console says,
    /// exceptions, and what the browser complains of. A page that was answered with an error is none.
    pub fn complaints(&mut self) -> Vec<String> {
        // What was said before this answer is here by now.
        self.eval("0");
        let events = std::mem::take(&mut self.events);
        let complaints = events.iter().filter(|event| {
            let entry = &event["params"]["entry"];
            match event["method"].as_str().unwrap_or_default() {
                "Log.entryAdded" => {
                    entry["source"] != "network" || !is_about_a_status(&entry["text"])
                }
                "Runtime.exceptionThrown" | "Audits.issueAdded" => true,
                "Runtime.consoleAPICalled" => true,
                _ => false,
            }
        });
        complaints.map(Value::to_string).collect()
    }

    /// A picture of all of the page.
    pub fn screenshot(&mut self, width: u32) -> Vec<u8> {
        use base64::Engine;
        self.eval("scrollTo(0, 0)");
        let height = self.eval("document.body.offsetHeight");
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let picture = self.call(
            "Page.captureScreenshot",
            json!({ "format": "png", "clip": clip, "captureBeyondViewport": true }),
        );
        let data = picture["data"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD.decode(data).unwrap()
    }
}

fn is_about_a_status(text: &Value) -> bool {
    let text = text.as_str().unwrap_or_default();
    text.starts_with("Failed to load resource: the server responded with a status of ")
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
