//! Whether a request was sent by another site's page. Such a page may send a form without its reader's
//! knowing, and the browser adds the Basic credentials that it remembers; the page can neither leave
//! out nor choose the fields that are looked at here.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// Whether it was not. By `Sec-Fetch-Site` (Fetch Metadata), which browsers send to servers that are secure or local, or
/// else by `Origin` (RFC 6454 §7), which they send with every form that is posted. Who sends neither
/// is no browser of these years, and has no reader to be tricked.
pub(crate) fn is_own(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    if let Some(site) = sites.next() {
        // `none`: the reader did it, by loading the page anew.
        return sites.next().is_none() && (site == "same-origin" || site == "none");
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    // The scheme is a proxy's business: this server speaks no TLS, and cannot know of it.
    let is_host = authority.is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host));
    origins.next().is_none() && is_host && !host.is_empty()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn own(fields: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "127.0.0.1:8000".parse().unwrap());
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        is_own(&headers)
    }

    #[test]
    fn the_own_page_passes_and_no_other_does() {
        assert!(own(&[]));
        assert!(own(&[("origin", "http://127.0.0.1:8000")]));
        assert!(own(&[("origin", "https://127.0.0.1:8000")]));
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        for site in ["cross-site", "same-site", "SAME-ORIGIN", "same-origin ,", ""] {
            let fields = [("sec-fetch-site", site), ("origin", "http://127.0.0.1:8000")];
            assert!(!own(&fields), "{site}");
        }
        for origin in [
            "null",
            "",
            "http://127.0.0.1",
            "http://127.0.0.1:80",
            "http://localhost:8000",
            "http://127.0.0.1:8000.evil.example",
            "http://evil.example/127.0.0.1:8000",
            "127.0.0.1:8000",
        ] {
            assert!(!own(&[("origin", origin)]), "{origin}");
        }
        let twice = [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")];
        assert!(!own(&twice));
        let twice = [("origin", "http://127.0.0.1:8000"), ("origin", "http://evil.example")];
        assert!(!own(&twice));
        let mut no_host = HeaderMap::new();
        no_host.insert(ORIGIN, "http://".parse().unwrap());
        assert!(!is_own(&no_host));
    }
}
