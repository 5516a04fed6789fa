//! The page's HTML. All that is not written here is escaped by `maud`; what users chose is isolated,
//! so that it turns no text around it (`bdi`).

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use doorstep::UnixTime;
use doorstep_sqlx::{TokenId, TokenInfo};
use doorstep_tower::Pool;
use maud::{DOCTYPE, Markup, html};

use super::graph::graph;
use super::path::{Figures, Path, Stop, Taken};
use crate::answer::Failure;
use crate::auth::{USERNAME_LEN, now};

/// Tokens that are listed, the newest.
const LISTED: usize = 20;

/// What there is to show.
#[derive(Default)]
pub(super) struct Page {
    pub(super) report: Option<Report>,
    pub(super) path: Option<Path>,
    pub(super) keyholder: Option<Keyholder>,
    /// A new token, shown this once.
    pub(super) token: Option<String>,
    /// The user-id as it was sent, to be sent once more.
    pub(super) username: String,
}

/// What became of the form.
pub(super) struct Report {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<HeaderValue>,
    title: &'static str,
    username: String,
    text: &'static str,
}

/// Who has logged in on this page.
pub(super) struct Keyholder {
    pub(super) username: String,
    pub(super) key: String,
    /// The key among the tokens.
    pub(super) own: TokenId,
    pub(super) tokens: Vec<TokenInfo>,
}

impl Report {
    pub(super) fn good(title: &'static str, username: &str) -> Self {
        let (status, username) = (StatusCode::OK, username.into());
        Self { status, retry_after: None, title, username, text: "" }
    }

    pub(super) fn saying(self, text: &'static str) -> Self {
        Self { text, ..self }
    }

    /// The same words for every cause that depends on what is stored.
    pub(super) fn of(failure: Failure, path: Option<&Path>) -> Self {
        const BUSY: &str = "There is too much to do, or the database does not answer. Try again \
                            in a moment.";
        const WRONG_PASSWORD: &str = "The user-id or the password is wrong. Which one, nobody is \
                                      told: the steps and the work are the same.";
        const WRONG_TOKEN: &str = "This token is not good: it was never made, has expired or was \
                                   revoked. If it was this page's key, log in again.";
        let (status, retry_after, title, text) = match failure {
            Failure::Invalid(status, text) => (status, None, "Refused", text),
            Failure::Busy { retry_after } => {
                (StatusCode::SERVICE_UNAVAILABLE, Some(retry_after.into()), "Busy", BUSY)
            }
            Failure::Refused(refused) => {
                let text = match path {
                    Some(path) if path.has(Stop::FindToken) => WRONG_TOKEN,
                    Some(path) if path.has(Stop::FindUser) => WRONG_PASSWORD,
                    _ => "This cannot be read as credentials: nobody was asked.",
                };
                match refused.status() {
                    // A challenge would have the browser ask for a password in a window of its own.
                    StatusCode::UNAUTHORIZED => (StatusCode::FORBIDDEN, None, "Denied", text),
                    status if status.is_server_error() => {
                        (status, refused.fields().get(RETRY_AFTER).cloned(), "Busy", BUSY)
                    }
                    status => (status, None, "Denied", text),
                }
            }
        };
        Self { status, retry_after, title, username: String::new(), text }
    }
}

impl Page {
    pub(super) fn render(&self, pool: &Pool) -> String {
        let title = self.report.as_ref().map_or("", |report| report.title.trim_end_matches(": "));
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    title { @if !title.is_empty() { (title) " – " } "doorstep" }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    link rel="icon" href="/icon.svg";
                    link rel="stylesheet" href="/page.css";
                    script src="/page.js" defer {}
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    header {
                        h1 { "doorstep" }
                        p { "Authentication, one step at a time." }
                    }
                    main #main {
                        @if let Some(report) = &self.report { (self.result(report)) }
                        (self.steps())
                        div.columns {
                            (self.log_in())
                            (self.tokens())
                            (self.try_token())
                            (figures(pool))
                        }
                    }
                    footer {
                        p {
                            "The same for programs: " code { "POST /users" } ", " code { "POST /tokens" } ", "
                            code { "GET /protected" } ", " code { "DELETE /tokens/current" } "."
                        }
                    }
                }
            }
        };
        page.into_string()
    }

    /// What is read first after a form was sent: it has the focus.
    fn result(&self, report: &Report) -> Markup {
        let good = report.status.is_success();
        html! {
            section #result.good[good].bad[!good] tabindex="-1" autofocus aria-labelledby="result-title" {
                h2 #result-title {
                    (report.title)
                    @if !report.username.is_empty() { bdi { (report.username) } }
                }
                @if !report.text.is_empty() { p { (report.text) } }
                @if let Some(token) = &self.token { p { code #token { (token) } } }
            }
        }
    }

    fn steps(&self) -> Markup {
        let taken = self.path.as_ref().map_or(&[][..], |path| &path.0);
        html! {
            section aria-labelledby="steps-title" {
                h2 #steps-title { "The steps" }
                // Wider than a telephone: scrolled by touch, or with the arrow keys.
                div.wide tabindex="0" role="region" aria-label="Graph of the steps" { (graph(taken)) }
                @if taken.is_empty() {
                    p { "The graph of the machine. What a login takes of it is lit." }
                } @else {
                    ol #steps { @for one in taken { (step(one)) } }
                }
            }
        }
    }

    fn log_in(&self) -> Markup {
        html! {
            section aria-labelledby="login-title" {
                h2 #login-title { "Log in, or register" }
                form method="post" action="/" {
                    p {
                        label for="username" { "User-id" }
                        input #username name="username" value=(self.username) required
                            maxlength=(USERNAME_LEN) autocomplete="username" autocapitalize="none"
                            spellcheck="false";
                    }
                    p {
                        label for="password" { "Password" }
                        input #password name="password" type="password" required
                            autocomplete="current-password";
                    }
                    p.buttons {
                        button name="do" value="login" { "Log in" }
                        button name="do" value="register" { "Register" }
                    }
                }
            }
        }
    }

    fn tokens(&self) -> Markup {
        let Some(Keyholder { username, key, own, tokens }) = &self.keyholder else {
            return html! {
                section aria-labelledby="tokens-title" {
                    h2 #tokens-title { "Tokens" }
                    p { "Log in to make and revoke tokens." }
                }
            };
        };
        let now = now();
        html! {
            section aria-labelledby="tokens-title" {
                h2 #tokens-title { "Tokens of " bdi { (username) } }
                form method="post" action="/" {
                    (hidden("key", key))
                    p.buttons {
                        button name="do" value="make" { "Make a token" }
                        button name="do" value="leave" { "Log out" }
                    }
                }
                form method="post" action="/" {
                    (hidden("key", key))
                    (hidden("do", "revoke"))
                    table {
                        caption.hidden { "Tokens, the newest first" }
                        thead { tr { th scope="col" { "Token" } th scope="col" { "State" } th scope="col" { "Revoke" } } }
                        tbody {
                            @for token in tokens.iter().take(LISTED) {
                                @let id = token.id.as_i64();
                                tr {
                                    th scope="row" {
                                        (id)
                                        @if token.id == *own { " (this page)" }
                                    }
                                    td { (state(token, now)) }
                                    td {
                                        @if is_good(token, now) && token.id != *own {
                                            button name="id" value=(id) aria-label=(format!("Revoke token {id}")) { "Revoke" }
                                        }
                                    }
                                }
                            }
                        }
                    }
                    @if tokens.len() > LISTED { p { "And " (tokens.len() - LISTED) " older ones." } }
                }
            }
        }
    }

    fn try_token(&self) -> Markup {
        html! {
            section aria-labelledby="try-title" {
                h2 #try-title { "Try a token" }
                form method="post" action="/" {
                    @if let Some(keyholder) = &self.keyholder { (hidden("key", &keyholder.key)) }
                    p {
                        label for="try" { "Token" }
                        input #try name="token" required autocomplete="off" autocapitalize="none" spellcheck="false";
                    }
                    p.buttons { button name="do" value="try" { "Try it" } }
                }
            }
        }
    }
}

fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

fn step(taken: &Taken) -> Markup {
    let (name, text) = match taken.stop {
        Stop::FindUser => ("FindUser", "the store is asked who has this user-id."),
        Stop::FindToken => {
            ("FindToken", "the store is asked who holds the token with this digest.")
        }
        Stop::Verify if taken.refused => ("Verify", "refused: the pool has no room."),
        Stop::Verify => {
            ("Verify", "the password is hashed and compared, whether there is such a user or not.")
        }
        Stop::Rehash => ("Rehash", "the password matches an outdated hash: a new one is made."),
        Stop::Replace => ("Replace", "the new hash is put where the old one still is."),
        Stop::Granted => ("Done", "granted."),
        Stop::Denied => ("Done", "denied."),
        Stop::Anonymous => ("Done", "anonymous: there were no credentials."),
    };
    html! {
        li {
            strong { (name) } ": " (text)
            @if let Some(Figures { cost, waited, ran, batch }) = taken.figures {
                " " span.figures {
                    (cost.memory_kib) " KiB, waited " (millis(waited)) " ms, ran "
                    (millis(ran)) " ms, " (batch) " at once"
                }
            }
        }
    }
}

fn millis(time: std::time::Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

fn is_good(token: &TokenInfo, now: UnixTime) -> bool {
    token.revoked.is_none() && token.expires.is_none_or(|expires| expires > now)
}

fn state(token: &TokenInfo, now: UnixTime) -> String {
    if token.revoked.is_some() {
        return "revoked".into();
    }
    match token.expires {
        None => "good".into(),
        Some(expires) if expires <= now => "expired".into(),
        Some(expires) => {
            let minutes = (expires.as_secs() - now.as_secs()).div_ceil(60);
            format!("good for {minutes} min")
        }
    }
}

/// The figures as they are now; the script keeps them fresh. A screen reader is told of them only when
/// it is asked.
fn figures(pool: &Pool) -> Markup {
    let (load, limits) = (pool.load(), pool.limits());
    let rows = [
        ("running", "Permits in use", load.running as u64, limits.threads.get() as u64, ""),
        ("waiting", "In the queue", load.waiting as u64, limits.queue as u64, ""),
        ("memory_kib", "Memory", load.memory_kib, limits.memory_kib, " KiB"),
    ];
    html! {
        section #pool aria-labelledby="pool-title" {
            h2 #pool-title { "The hashing pool" }
            table {
                caption.hidden { "What it does now" }
                tbody {
                    @for (name, label, value, max, unit) in rows {
                        tr {
                            th scope="row" { (label) }
                            td { span data-pool=(name) { (value) } " of " (max) (unit) }
                            td { meter data-pool=(name) min="0" max=(max) value=(value) aria-label=(label) {} }
                        }
                    }
                    tr {
                        th scope="row" { "Last batch" }
                        td colspan="2" { span data-pool="last_batch" { (load.last_batch) } " at once" }
                    }
                }
            }
            // Shown by the script that it needs.
            button #storm type="button" hidden { "Send forty logins at once" }
            p #pool-status role="status" {}
            noscript { p { "As it was when the page was made; load it again for now." } }
        }
    }
}
