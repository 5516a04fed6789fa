//! What both the API and the page do: make an account, make a token.

use axum::http::StatusCode;
use doorstep::password::{HashError, Secret};
use doorstep::{Credentials, Scopes, UnixTime};
use doorstep_sqlx::UserId;

use crate::answer::Failure;
use crate::auth::{Auth, USERNAME_LEN, now};

/// Adds a user, whose password is hashed within the pool's budget.
pub(crate) async fn register(auth: &Auth, username: &str, password: Secret) -> Result<(), Failure> {
    let invalid = |error| Failure::Invalid(StatusCode::UNPROCESSABLE_ENTITY, error);
    if username.is_empty() || password.is_empty() {
        return Err(invalid("the username or the password is empty"));
    }
    if username.len() > USERNAME_LEN {
        return Err(invalid("the username is over 255 bytes"));
    }
    // What could never log in must not be registered.
    if Credentials::new(username, password.expose()).is_err() {
        return Err(invalid("a control character, or a colon in the username"));
    }
    let work = match auth.authenticator.hashers().hash(password) {
        Ok(work) => work,
        Err(HashError::Entropy) => return Err(Failure::Busy { retry_after: 1 }),
        Err(_) => return Err(invalid("the password is one that this algorithm cannot take")),
    };
    // Before the work of a hash. Somebody else may still take the name meanwhile.
    if auth.store.user(username).await?.is_some() {
        return Err(Failure::TAKEN);
    }
    let made = auth.pool.run(work.cost(), |workspace| work.run_in(workspace)).await?;
    let Ok(hash) = made else { return Err(Failure::Busy { retry_after: 1 }) };
    auth.store.create_user(username, Some(&hash), &Scopes::NONE_ASKED).await?;
    tracing::info!(?username, "registered");
    Ok(())
}

/// A new token, and the first second in which it is no longer good.
pub(crate) async fn make_token(
    auth: &Auth,
    user: UserId,
    scopes: Scopes,
    lifetime_secs: u32,
) -> Result<(String, UnixTime), Failure> {
    let now = now();
    auth.store.delete_expired_tokens(now).await?;
    let expires = UnixTime::from_secs(now.as_secs().saturating_add(u64::from(lifetime_secs)));
    let token = auth.store.create_token(user, &auth.tokens, scopes, Some(expires)).await?;
    // Letters, digits and `_`.
    Ok((String::from_utf8_lossy(token.expose()).into_owned(), expires))
}
