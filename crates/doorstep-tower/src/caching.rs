//! What caches must know of a response. RFC 9111 §3.5 guards answers to `Authorization` alone: what
//! was granted by another field would be stored and served to others.

use doorstep::Authenticator;
use http::header::{CACHE_CONTROL, VARY};
use http::{HeaderMap, HeaderValue};

/// The fields other than `Authorization` that answers vary by.
pub(crate) fn vary(authenticator: &Authenticator) -> Option<HeaderValue> {
    let fields: Vec<_> = authenticator.fields().filter(|field| !is_authorization(field)).collect();
    (!fields.is_empty()).then(|| HeaderValue::from_str(&fields.join(", ")).ok())?
}

pub(crate) fn is_authorization(field: &str) -> bool {
    field.eq_ignore_ascii_case("authorization")
}

/// Marks a response to such a grant as for its user alone. What the route said on purpose stays, as
/// it would with `Authorization`.
pub(crate) fn keep_private(headers: &mut HeaderMap) {
    const DECIDED: [&str; 4] = ["no-store", "private", "public", "s-maxage"];
    let decided = headers.get_all(CACHE_CONTROL).iter().any(|value| {
        let directives = value.to_str().unwrap_or("").split(',');
        let mut names = directives.map(|directive| directive.split('=').next().unwrap_or(""));
        names.any(|name| DECIDED.iter().any(|known| name.trim().eq_ignore_ascii_case(known)))
    });
    if !decided {
        headers.append(CACHE_CONTROL, HeaderValue::from_static("private"));
    }
}

pub(crate) fn add_vary(headers: &mut HeaderMap, vary: &HeaderValue) {
    headers.append(VARY, vary.clone());
}
