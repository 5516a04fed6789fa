//! The page without a browser: its plain forms, and those who attack them.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use doorstep::TokenFormat;
use doorstep::password::{Bcrypt, Hashers};

use self::util::{Answer, Place, Server, basic, login};

const FORM: (&str, &[u8]) = ("content-type", b"application/x-www-form-urlencoded");

impl Server {
    async fn page(&self) -> Answer {
        self.send("GET", "/", &[], "").await.is(200)
    }

    async fn form(&self, fields: &[(&str, &str)]) -> Answer {
        let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encode(value)));
        self.send("POST", "/", &[FORM], pairs.collect::<Vec<_>>().join("&")).await
    }
}

impl Answer {
    /// The section with this heading's id or its own.
    fn section(&self, id: &str) -> &str {
        let at = self.body.find(id).unwrap_or_else(|| panic!("no {id}: {}", self.body));
        let begin = self.body[..at].rfind("<section").unwrap();
        let end = self.body[at..].find("</section>").unwrap() + at;
        &self.body[begin..end]
    }

    fn result(&self) -> &str {
        self.section("id=\"result\"")
    }

    /// The steps that were taken.
    fn steps(&self) -> Vec<&str> {
        let list = self.body.split_once("<ol id=\"steps\">").map_or("", |(_, list)| list);
        let list = list.split_once("</ol>").map_or("", |(list, _)| list);
        list.split("<li>").skip(1).map(|item| item.split_once("</li>").unwrap().0).collect()
    }

    fn names(&self) -> Vec<&str> {
        let between = |step: &&str| step.find("<strong>").unwrap() + 8..step.find("</").unwrap();
        self.steps().iter().map(|step| &step[between(step)]).collect()
    }

    fn after(&self, mark: &str) -> String {
        let (_, rest) = self.body.split_once(mark).unwrap_or_else(|| panic!("{}", self.body));
        rest.split(['"', '<']).next().unwrap().to_owned()
    }

    fn key(&self) -> String {
        self.after("name=\"key\" value=\"")
    }

    fn token(&self) -> String {
        self.after("<code id=\"token\">")
    }
}

/// As browsers encode forms.
fn encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        b' ' => "+".to_owned(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn enter<'a>(action: &'a str, username: &'a str, password: &'a str) -> [(&'a str, &'a str); 3] {
    [("do", action), ("username", username), ("password", password)]
}

/// A token of this host's format that nobody holds.
fn never() -> String {
    let token = TokenFormat::new("ds_").unwrap().generate().unwrap();
    String::from_utf8(token.expose().to_vec()).unwrap()
}

#[tokio::test]
async fn users_register_log_in_and_manage_their_tokens_by_plain_forms() {
    let place = Place::new("page").await;
    let server = place.start(&[]);
    assert!(server.page().await.names().is_empty());
    let registered = server.form(&enter("register", "alice", "correct horse & co")).await.is(200);
    assert!(registered.result().contains("Registered: <bdi>alice</bdi>"));
    server.form(&enter("register", "alice", "another")).await.is(409);
    server.form(&enter("register", "", "x")).await.is(422);
    server.form(&enter("register", "a\nb", "x")).await.is(422);
    server.form(&enter("register", &"x".repeat(256), "x")).await.is(422);

    // The same account as by the API.
    server.protected(&basic("alice", "correct horse & co")).await.is(200);
    let page = server.form(&enter("login", "alice", "correct horse & co")).await.is(200);
    assert_eq!(page.names(), ["FindUser", "Verify", "Done"]);
    assert!(page.result().contains("Granted: <bdi>alice</bdi>"));
    assert!(page.steps()[1].contains("19456 KiB"));
    let key = page.key();

    // A token, shown once.
    let made = server.form(&[("do", "make"), ("key", &key)]).await.is(200);
    let token = made.token();
    assert_eq!(made.names(), ["FindToken", "Done"]);
    let bearer = format!("Bearer {token}");
    server.protected(&bearer).await.is(200);
    let tried = server.form(&[("do", "try"), ("token", &token), ("key", &key)]).await.is(200);
    assert_eq!(tried.names(), ["FindToken", "Done"]);
    assert!(tried.result().contains("Granted: <bdi>alice</bdi>"));
    assert_eq!(tried.body.matches(&token).count(), 0);
    assert_eq!(tried.key(), key);

    // Its end; the page's own key has no such button.
    let id = made.after("<button name=\"id\" value=\"");
    assert_eq!(made.body.matches("name=\"id\"").count(), 1);
    let revoked = server.form(&[("do", "revoke"), ("key", &key), ("id", &id)]).await.is(200);
    assert_eq!(revoked.body.matches("name=\"id\"").count(), 0);
    server.protected(&bearer).await.is(401);
    server.form(&[("do", "try"), ("token", &token)]).await.is(403);

    // The key's end.
    let left = server.form(&[("do", "leave"), ("key", &key)]).await.is(200);
    assert!(!left.body.contains(&key));
    for action in ["make", "revoke", "leave"] {
        let denied = server.form(&[("do", action), ("key", &key), ("id", &id)]).await.is(403);
        assert!(!denied.body.contains("name=\"key\""));
        assert_eq!(denied.names(), ["FindToken", "Done"]);
    }
    server.stop().await;
}

/// The demo's own host renews before the response: the page shows it.
#[tokio::test]
async fn an_outdated_hash_takes_the_whole_path() {
    let place = Place::new("page-rehash").await;
    let bcrypt = Hashers::new(Bcrypt::new(4).unwrap()).hash("old password".into());
    let line = format!("dora:{}\n", bcrypt.unwrap().run().unwrap());
    assert_eq!(place.import(line.as_bytes()).status.code(), Some(0));
    let server = place.start(&[]);
    // A wrong password shows neither this nor what it cost.
    let denied = server.form(&enter("login", "dora", "wrong")).await.is(403);
    assert_eq!(denied.names(), ["FindUser", "Verify", "Done"]);
    assert!(!denied.body.contains("waited"));
    let page = server.form(&enter("login", "dora", "old password")).await.is(200);
    assert_eq!(page.names(), ["FindUser", "Verify", "Rehash", "Replace", "Done"]);
    assert!(place.hash("dora").await.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    let page = server.form(&enter("login", "dora", "old password")).await.is(200);
    assert_eq!(page.names(), ["FindUser", "Verify", "Done"]);
    server.stop().await;
}

/// DESIGN §2: the same for every cause that depends on what is stored.
#[tokio::test]
async fn a_wrong_password_looks_like_an_unknown_user() {
    let place = Place::new("page-same").await;
    let server = place.start(&[]);
    for name in ["alice", "empty", "ended"] {
        server.post("/users", login(name, "right")).await.is(201);
    }
    place.execute("UPDATE doorstep_users SET hash = NULL WHERE username = 'empty'").await;
    place.execute("UPDATE doorstep_users SET disabled = 1 WHERE username = 'ended'").await;
    let mut pages = Vec::new();
    for (name, password) in
        [("alice", "wrong"), ("nobod", "right"), ("empty", "right"), ("ended", "right")]
    {
        let page = server.form(&enter("login", name, password)).await.is(403);
        assert_eq!(page.names(), ["FindUser", "Verify", "Done"]);
        assert!(page.field("www-authenticate").is_empty());
        // But for the pool's figures, which are everybody's.
        let (own, figures) = page.body.split_once("<section id=\"pool\"").unwrap();
        assert!(figures.contains("</main>"));
        pages.push(own.replace(&format!("value=\"{name}\""), "value=\"NAME\""));
    }
    assert!(pages.iter().all(|page| *page == pages[0]));

    // And of a token, whether it ever was one.
    let page = server.form(&enter("login", "alice", "right")).await.is(200);
    let token = server.form(&[("do", "make"), ("key", &page.key())]).await.token();
    let tried = async |token: &str| server.form(&[("do", "try"), ("token", token)]).await;
    tried(&token).await.is(200);
    place.execute("UPDATE doorstep_tokens SET revoked = 1").await;
    let revoked = tried(&token).await.is(403);
    let never = tried(&never()).await.is(403);
    assert_eq!(never.names(), ["FindToken", "Done"]);
    assert_eq!((revoked.result(), revoked.steps()), (never.result(), never.steps()));
    server.stop().await;
}

#[tokio::test]
async fn what_users_chose_is_text_and_nothing_else() {
    let place = Place::new("page-hostile").await;
    let server = place.start(&[]);
    for name in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' autofocus onfocus='alert(1)",
        "</title></bdi></section><form action=//evil.example>",
        "&lt;b&gt;&amp;&#60;",
        "\u{202e}cimohtsal\u{2066}",
        "{{7*7}}${7*7}<%= 7*7 %>",
    ] {
        let escaped = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let escaped = escaped.replace('"', "&quot;");
        for action in ["register", "login"] {
            let page = server.form(&enter(action, name, "x")).await.is(200);
            assert!(page.result().contains(&format!("<bdi>{escaped}</bdi>")), "{}", page.body);
            assert!(page.body.contains(&format!("name=\"username\" value=\"{escaped}\"")));
            // Escaped everywhere: an unescaped copy would be one more.
            if escaped != name {
                assert!(!page.body.contains(name), "{}", page.body);
            }
        }
        for field in ["token", "key", "id", "do"] {
            let page = server.form(&[(field, name), ("x", name)]).await;
            assert!((400..500).contains(&page.status) && !page.body.contains(name), "{field}");
        }
        let page = server.form(&[("do", "try"), ("token", name)]).await;
        assert!((400..500).contains(&page.status) && !page.body.contains(name), "{page:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn every_page_has_its_guards() {
    let place = Place::new("page-guards").await;
    let server = place.start(&[]);
    let pages = [
        server.page().await,
        server.form(&enter("login", "nobody", "x")).await.is(403),
        server.form(&[]).await.is(400),
        server.send("GET", "/page.css", &[], "").await.is(200),
        server.send("GET", "/page.js", &[], "").await.is(200),
        server.send("GET", "/icon.svg", &[], "").await.is(200),
    ];
    for page in &pages {
        let [policy] = page.field("content-security-policy")[..] else { panic!("{page:?}") };
        for directive in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.split("; ").any(|one| one == directive), "{policy}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(page.field("x-content-type-options"), ["nosniff"]);
        assert_eq!(page.field("referrer-policy"), ["same-origin"]);
        // It may hold a token.
        assert_eq!(page.field("cache-control"), ["no-store"]);
        assert!(page.field("set-cookie").is_empty());
    }
    for page in &pages[..3] {
        // What the policy forbids is not there.
        for inline in [" style=", "<style", " onclick=", "javascript:", "<script>"] {
            assert!(!page.body.contains(inline), "{inline}");
        }
    }
    server.stop().await;
}

/// There is no cookie that a forged form could use; it could still register users and log in.
#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let place = Place::new("page-forged").await;
    let server = place.start(&[]);
    let body = "do=register&username=mallory&password=x";
    let own = format!("http://{}", server.address);
    for field in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let fields = [FORM, (field.0, field.1.as_bytes())];
        let refused = server.send("POST", "/", &fields, body).await.is(403);
        assert!(refused.result().contains("another site"), "{field:?}");
    }
    // Browsers let pages of other sites send these three types and no other.
    for media_type in ["text/plain", "multipart/form-data; boundary=x", ""] {
        let fields = [("content-type", media_type.as_bytes())];
        server.send("POST", "/", &fields, body).await.is(415);
        server
            .send("POST", "/users", &fields, "{\"username\":\"mallory\",\"password\":\"x\"}")
            .await
            .is(415);
    }
    server.send("POST", "/users", &[FORM], body).await.is(415);
    // Browsers add the Basic credentials that they remember to whatever page's form it is.
    server.post("/users", login("alice", "x")).await.is(201);
    let remembered = basic("alice", "x");
    let remembered = ("authorization", remembered.as_bytes());
    for field in [("origin", &b"http://evil.example"[..]), ("sec-fetch-site", b"cross-site")] {
        server.send("POST", "/tokens", &[FORM, remembered, field], "").await.is(403);
    }
    server.send("POST", "/tokens", &[remembered], "").await.is(201);
    server.protected(&basic("mallory", "x")).await.is(401);

    // The own page, and who is no browser, which says nothing.
    let fields: [(&str, &[u8]); 3] =
        [FORM, ("origin", own.as_bytes()), ("sec-fetch-site", b"same-origin")];
    server.send("POST", "/", &fields, body).await.is(200);
    server.send("POST", "/", &[FORM], body).await.is(409);
    server.stop().await;
}

#[tokio::test]
async fn hostile_forms_are_refused_and_change_nothing() {
    let place = Place::new("page-forms").await;
    let server = place.start(&[]);
    for body in [
        "",
        "do",
        "do=",
        "do=nothing",
        "do=LOGIN&username=a&password=b",
        "do=login&do=register&username=a&password=b",
        "do=register&username=a&username=b&password=x",
        "do=register&username=%&password=x",
        "do=register&username=%ff&password=x",
        "do=register&username=a&password=%zz",
        "{\"do\":\"register\"}",
        &"&".repeat(10_000),
        &"a=b&".repeat(4000),
    ] {
        let status = server.send("POST", "/", &[FORM], body.to_owned()).await.status;
        assert_eq!(status, 400, "{body:.40}");
    }
    server.send("POST", "/", &[FORM], vec![b'x'; 16 * 1024 + 1]).await.is(413);
    server.send("POST", "/", &[FORM], vec![b'x'; 1_000_000]).await.is(413);
    server.form(&enter("login", "", "")).await.is(403);
    server.form(&enter("login", "a:b\0", "x")).await.is(403);
    server.form(&enter("login", &"x".repeat(9000), "x")).await.is(403);
    server.form(&enter("login", "alice", &"x".repeat(9000))).await.is(403);
    for token in ["", " ", "a b", "\r\nx: y", "ds_", "\0", &"A".repeat(9000)] {
        let status = server.form(&[("do", "try"), ("token", token)]).await.status;
        assert!([400, 403].contains(&status), "{token:.20}: {status}");
    }

    // By what is in the address nothing is done.
    let page = server.send("GET", "/?do=register&username=eve&password=x", &[], "").await.is(200);
    assert!(!page.body.contains("eve"));
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        server.send(method, "/", &[FORM], "do=register&username=eve&password=x").await.is(405);
    }
    let overridden: (&str, &[u8]) = ("x-http-method-override", b"POST");
    server.send("GET", "/", &[overridden], "do=register&username=eve&password=x").await.is(200);
    assert_eq!(server.send("HEAD", "/", &[], "").await.is(200).body, "");
    server.send("POST", "/pool", &[FORM], "").await.is(405);
    // A form logs in by what is in it alone.
    server.post("/users", login("alice", "right")).await.is(201);
    let fields = [FORM, ("authorization", basic("alice", "right").into_bytes().leak() as &[u8])];
    server.send("POST", "/", &fields, "do=make").await.is(400);
    server.protected(&basic("eve", "x")).await.is(401);
    server.stop().await;
}

#[tokio::test]
async fn tokens_are_managed_by_a_page_key_and_one_s_own_alone() {
    let place = Place::new("page-keys").await;
    let server = place.start(&[]);
    let mut keys = Vec::new();
    for name in ["alice", "mallory"] {
        server.post("/users", login(name, "x")).await.is(201);
        keys.push(server.form(&enter("login", name, "x")).await.key());
    }
    let [alice, mallory] = [&keys[0], &keys[1]];
    let made = server.form(&[("do", "make"), ("key", alice)]).await.is(200);
    let (token, id) = (made.token(), made.after("<button name=\"id\" value=\""));
    // Another one's token is as good as none.
    let none = server.form(&[("do", "revoke"), ("key", mallory), ("id", "999")]).await.is(200);
    let theirs = server.form(&[("do", "revoke"), ("key", mallory), ("id", &id)]).await.is(200);
    assert_eq!(theirs.result(), none.result());
    for id in ["", "-1", "x", "1 OR 1=1", "99999999999999999999"] {
        let revoked = server.form(&[("do", "revoke"), ("key", mallory), ("id", id)]).await;
        assert!([200, 422].contains(&revoked.status), "{id}");
    }
    server.protected(&format!("Bearer {token}")).await.is(200);
    // A token is no key: who stole one makes no other, and ends none.
    for action in ["make", "revoke", "leave"] {
        let forged = server.form(&[("do", action), ("key", &token), ("id", &id)]).await.is(403);
        assert!(!forged.body.contains("id=\"token\"") && !forged.body.contains("name=\"key\""));
    }
    server.protected(&format!("Bearer {token}")).await.is(200);
    // Nor is there a way from a key to a token by the API.
    server.authorized("POST", "/tokens", &format!("Bearer {alice}")).await.is(403);
    let log = server.log();
    assert!(!log.contains(&token) && !log.contains(alice.as_str()));
    server.stop().await;
}

#[tokio::test]
async fn the_pool_is_shown() {
    let place = Place::new("page-pool").await;
    let server = place.start(&["--hash-threads", "3", "--hash-queue", "7"]);
    let pool = server.send("GET", "/pool", &[], "").await.is(200).json();
    assert_eq!((&pool["threads"], &pool["queue"]), (&3.into(), &7.into()));
    assert_eq!((&pool["running"], &pool["waiting"]), (&0.into(), &0.into()));
    assert_eq!(pool["last_batch"], 0);
    server.post("/users", login("alice", "x")).await.is(201);
    let pool = server.send("GET", "/pool", &[], "").await.is(200).json();
    assert_eq!(pool["last_batch"], 1);
    assert!(pool["memory_kib"].as_u64().unwrap() >= 19_456);
    assert!(server.page().await.section("id=\"pool\"").contains("of 7"));
    server.stop().await;
}

#[tokio::test]
async fn a_full_pool_and_a_broken_database_are_503_and_say_when_to_come_again() {
    let place = Place::new("page-busy").await;
    let slow = "slow:$pbkdf2-sha256$10000000$x9h7j/Ge8x6DMEao1VqrdQ$\
                kra3R1wEnY8mPdDWOpTqOTINaAmZvRMcYd8u5OBQP9A\n";
    assert_eq!(place.import(slow.as_bytes()).status.code(), Some(0));
    let server = place.start(&["--hash-threads", "1", "--hash-queue", "0"]);
    server.post("/users", login("alice", "right")).await.is(201);
    let running = server.leave(&basic("slow", "x")).await;
    while server.send("GET", "/pool", &[], "").await.json()["running"] != 1 {
        tokio::task::yield_now().await;
    }
    let busy = server.form(&enter("login", "alice", "right")).await.is(503);
    assert_eq!(busy.names(), ["FindUser", "Verify", "Done"]);
    assert!(busy.steps()[1].contains("no room") && busy.result().contains("Busy"));
    let [seconds] = busy.field("retry-after")[..] else { panic!("{busy:?}") };
    assert!(seconds.parse::<u32>().unwrap() >= 1);
    let busy = server.form(&enter("register", "bob", "x")).await.is(503);
    assert_eq!(busy.field("retry-after").len(), 1);
    drop(running);

    place.execute("ALTER TABLE doorstep_tokens RENAME TO elsewhere").await;
    let busy = server.form(&[("do", "try"), ("token", &never())]).await.is(503);
    assert!(busy.result().contains("database") && busy.steps().is_empty());
    assert_eq!(busy.field("retry-after"), ["1"]);
    server.page().await;
}
