//! Where an authentication begins: with a request's fields, or with a user-id and a password.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use doorstep_password::{HashError, Hashers, Secret, wiping_if};

use crate::config::{Config, Request, Source, is_credentials_field};
use crate::credentials::Credentials;
use crate::grammar::{self, is_quotable, is_token};
use crate::outcome::{Anonymous, Cause, Outcome};
use crate::receipt::ReceiptKey;
use crate::scheme::{Claim, RequestLine, Scheme};
use crate::step::{FindToken, FindUser, Step, UserClaim, denied};
use crate::token::TokenDigest;

/// Decides by which schemes, with which hashers and in which realm a request shows who it comes from.
///
/// It is cheap to clone, holds no state of any request, and begins as many as one likes.
///
/// ```
/// use doorstep::password::{Argon2, Hashers};
/// use doorstep::{Authenticator, Basic, Bearer, Outcome, Step};
///
/// let auth = Authenticator::builder("example", Hashers::new(Argon2::default()))
///     .scheme(Basic::new())
///     .scheme(Bearer::new())
///     .build()?;
/// let step: Step<()> = auth.begin([("authorization", &b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="[..])]);
/// let Step::FindUser(ask) = step else { panic!() };
/// assert_eq!((ask.scheme(), ask.username()), ("basic", "Aladdin"));
/// let Step::Verify(work) = ask.not_found() else { panic!() };
/// let Step::Done(Outcome::Denied(denied)) = work.run() else { panic!() };
/// assert_eq!(denied.username(), Some("Aladdin"));
/// # Ok::<(), doorstep::InvalidConfig>(())
/// ```
#[derive(Clone)]
pub struct Authenticator {
    config: Arc<Config>,
}

/// Fields that schemes of one authenticator may read, at most.
const MAX_FIELDS: usize = 8;

impl Authenticator {
    /// Begins to describe one, for a protection space (RFC 9110 §11.5) and the hashers of its accounts.
    ///
    /// `realm` is of visible ASCII, spaces and tabs; clients show it to people.
    pub fn builder(realm: &str, hashers: Hashers) -> Builder {
        let password_len = 4096;
        Builder {
            config: Config {
                realm: realm.into(),
                hashers,
                schemes: Vec::new(),
                receipts: None,
                proxy: false,
                first_wins: false,
                forbid_anonymous: false,
                field_len: 8192,
                username_len: 1024,
                password_len,
            },
            no_entropy: false,
            short_key: false,
        }
    }

    /// Begins with the fields of a request: names in any case, values as the HTTP library has them.
    /// Trailers are no fields of the request and must not be among them.
    ///
    /// What depends on the request alone is decided here; nothing is looked up, and nothing allocated
    /// but the one buffer into which Basic decodes, and what a scheme of the host's own allocates.
    ///
    /// Pass all lines of all fields: of two lines that a scheme reads, the library refuses both.
    pub fn begin<'r, U>(&self, fields: impl IntoIterator<Item = (&'r str, &'r [u8])>) -> Step<U> {
        wiping_if(|| self.read(None, fields), has_password)
    }

    /// The same with the request line and the time, for schemes that sign the request.
    pub fn begin_with<'r, U>(
        &self,
        line: RequestLine<'r>,
        fields: impl IntoIterator<Item = (&'r str, &'r [u8])>,
    ) -> Step<U> {
        wiping_if(|| self.read(Some(line), fields), has_password)
    }

    /// Begins with a user-id and a password that the host read itself, from a form or a body. They
    /// are held to Basic's rules and limits. No scheme is needed for it.
    ///
    /// ```
    /// use doorstep::password::{Argon2, Hashers};
    /// use doorstep::{Authenticator, Step};
    ///
    /// let auth = Authenticator::builder("example", Hashers::new(Argon2::default())).build()?;
    /// let Step::FindUser(ask) = auth.login::<()>("Aladdin", "open sesame".into()) else { panic!() };
    /// assert_eq!((ask.scheme(), ask.username()), ("login", "Aladdin"));
    /// # Ok::<(), doorstep::InvalidConfig>(())
    /// ```
    pub fn login<U>(&self, username: &str, password: Secret) -> Step<U> {
        wiping_if(|| self.read_login(username, &password), has_password)
    }

    /// The hashers, to make the hash of a new account with: `auth.hashers().hash(password)`.
    pub fn hashers(&self) -> &Hashers {
        &self.config.hashers
    }

    /// Whether grants by password come with a [`Receipt`](crate::Receipt).
    pub fn makes_receipts(&self) -> bool {
        self.config.receipts.is_some()
    }

    /// The names of its schemes, in their order.
    pub fn schemes(&self) -> impl Iterator<Item = &str> {
        self.config.schemes.iter().map(|scheme| scheme.name())
    }

    /// The fields that its schemes read, in lower case, each once: what answers vary by.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        let fields = || self.config.schemes.iter().map(|scheme| self.config.field(&**scheme));
        fields().enumerate().filter_map(move |(index, field)| {
            (!fields().take(index).any(|other| other.eq_ignore_ascii_case(field))).then_some(field)
        })
    }

    fn read_login<U>(&self, username: &str, password: &Secret) -> Step<U> {
        let request = Request { config: self.config.clone(), source: Source::Login, now: None };
        if username.len() > self.config.username_len || password.len() > self.config.password_len {
            return denied(request, Cause::TooLong, None);
        }
        match Credentials::new(username, password.expose()) {
            Ok(credentials) => self.find_user(request, credentials),
            Err(malformed) => denied(request, Cause::Malformed(malformed), None),
        }
    }

    fn read<'r, U>(
        &self,
        line: Option<RequestLine<'r>>,
        fields: impl IntoIterator<Item = (&'r str, &'r [u8])>,
    ) -> Step<U> {
        let now = line.map(|line| line.now);
        let request = |source| Request { config: self.config.clone(), source, now };
        let sent = match self.collect(fields) {
            Ok(sent) => sent,
            Err((cause, source)) => return denied(request(source), cause, None),
        };

        let mut found: Option<(usize, Source, Result<Claim<'r>, Cause>)> = None;
        for (field, value) in sent.into_iter().flatten() {
            let Some((source, claim)) = self.claim(field, value, line) else { continue };
            let rank = self.config.rank(source, field);
            match found {
                Some(_) if !self.config.first_wins => {
                    return denied(request(Source::Unknown), Cause::Ambiguous, None);
                }
                Some((first, ..)) if first <= rank => {}
                _ => found = Some((rank, source, claim)),
            }
        }
        match found {
            None => Step::Done(Outcome::Anonymous(Anonymous { request: request(Source::Unknown) })),
            Some((_, source, Err(cause))) => denied(request(source), cause, None),
            Some((_, source, Ok(claim))) => self.ask(request(source), claim),
        }
    }

    /// The value of each field that some scheme reads.
    #[expect(clippy::type_complexity, reason = "once, between two lines")]
    fn collect<'r>(
        &self,
        fields: impl IntoIterator<Item = (&'r str, &'r [u8])>,
    ) -> Result<[Option<(&'r str, &'r [u8])>; MAX_FIELDS], (Cause, Source)> {
        let mut sent: [Option<(&str, &[u8])>; MAX_FIELDS] = [None; MAX_FIELDS];
        for (name, value) in fields {
            let read_by =
                |scheme: &dyn Scheme| self.config.field(scheme).eq_ignore_ascii_case(name);
            if !self.config.schemes.iter().any(|scheme| read_by(&**scheme)) {
                continue;
            }
            let source = || self.config.owner(name, value);
            if sent.iter().flatten().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                return Err((Cause::Duplicate, source()));
            }
            if value.len() > self.config.field_len {
                return Err((Cause::TooLong, source()));
            }
            // There are no more distinct fields than places: `build` saw to it.
            if let Some(place) = sent.iter_mut().find(|place| place.is_none()) {
                *place = Some((name, value));
            }
        }
        Ok(sent)
    }

    /// What the schemes make of one field value. A field that holds `credentials` must begin with a
    /// scheme, be it one that nobody knows.
    fn claim<'r>(
        &self,
        field: &str,
        value: &'r [u8],
        line: Option<RequestLine<'r>>,
    ) -> Option<(Source, Result<Claim<'r>, Cause>)> {
        if is_credentials_field(field)
            && let Err(malformed) = grammar::credentials(value)
        {
            return Some((Source::Unknown, Err(Cause::Malformed(malformed))));
        }
        let schemes = self.config.schemes.iter().enumerate();
        schemes
            .filter(|(_, scheme)| self.config.field(&***scheme).eq_ignore_ascii_case(field))
            .find_map(|(index, scheme)| {
                let claim = scheme.read(value, line).transpose()?;
                Some((Source::Scheme(index), claim.map_err(Cause::Malformed)))
            })
    }

    fn ask<U>(&self, request: Request, claim: Claim<'_>) -> Step<U> {
        match claim {
            Claim::Password(credentials) => self.find_user(request, credentials),
            Claim::Proof(proof) if proof.username().len() > self.config.username_len => {
                denied(request, Cause::TooLong, None)
            }
            Claim::Proof(proof) => Step::FindUser(FindUser::new(request, UserClaim::Proof(proof))),
            Claim::Token(token) if !token.plausible => denied(request, Cause::ForeignToken, None),
            Claim::Token(token) => {
                let kept = token.keep.then(|| Secret::new(token.bytes));
                let digest = TokenDigest::of(token.bytes);
                Step::FindToken(FindToken::new(request, digest, kept))
            }
        }
    }

    fn find_user<U>(&self, request: Request, credentials: Credentials) -> Step<U> {
        if credentials.username().len() > self.config.username_len
            || credentials.password().len() > self.config.password_len
        {
            return denied(request, Cause::TooLong, None);
        }
        Step::FindUser(FindUser::new(request, UserClaim::Password(credentials)))
    }
}

/// Whether what was read has left a password on the stack. Of a token nothing is kept on the heap that its
/// bytes could be carried along to.
fn has_password<U>(step: &Step<U>) -> bool {
    matches!(step, Step::FindUser(_))
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schemes: Vec<_> = self.schemes().collect();
        f.debug_struct("Authenticator")
            .field("realm", &self.config.realm)
            .field("schemes", &schemes)
            .field("hashers", &self.config.hashers)
            .finish_non_exhaustive()
    }
}

/// An [`Authenticator`] in the making, from [`Authenticator::builder`].
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    config: Config,
    no_entropy: bool,
    short_key: bool,
}

impl Builder {
    /// One more scheme. Their order is that of the challenges.
    pub fn scheme(mut self, scheme: impl Scheme) -> Self {
        self.config.schemes.push(Box::new(scheme));
        self
    }

    /// Authenticates to a proxy: `Proxy-Authorization`, 407 and `Proxy-Authenticate`.
    pub fn proxy(mut self) -> Self {
        self.config.proxy = true;
        self
    }

    /// Of credentials for two schemes, takes those of the scheme that comes first here, where
    /// otherwise they are denied as ambiguous.
    pub fn first_wins(mut self) -> Self {
        self.config.first_wins = true;
        self
    }

    /// Answers requests without credentials with 403 and no challenge, as Starlette does.
    pub fn forbid_anonymous(mut self) -> Self {
        self.config.forbid_anonymous = true;
        self
    }

    /// Makes a [`Receipt`](crate::Receipt) with each grant by password, under a random key.
    #[cfg(feature = "getrandom")]
    pub fn receipts(mut self) -> Self {
        let mut key = alloc::vec![0; ReceiptKey::MIN_LEN];
        self.no_entropy = getrandom::fill(&mut key).is_err();
        self.config.receipts = ReceiptKey::new(&Secret::from(key));
        self
    }

    /// The same under a key of the host's, of at least 32 random bytes. A new key at each start ends
    /// all receipts.
    pub fn receipts_with_key(mut self, key: Secret) -> Self {
        self.config.receipts = ReceiptKey::new(&key);
        self.short_key = self.config.receipts.is_none();
        self
    }

    /// The longest field value that is read, in bytes: 8192 unless told.
    pub fn field_len(mut self, bytes: usize) -> Self {
        self.config.field_len = bytes;
        self
    }

    /// The longest user-id that is looked up, in bytes: 1024 unless told.
    pub fn username_len(mut self, bytes: usize) -> Self {
        self.config.username_len = bytes;
        self
    }

    /// Checks what was said and builds the authenticator.
    ///
    /// # Errors
    /// [`InvalidConfig`] with the first thing that is wrong.
    pub fn build(mut self) -> Result<Authenticator, InvalidConfig> {
        let config = &mut self.config;
        if !config.realm.bytes().all(is_quotable) {
            return Err(InvalidConfig::Realm);
        }
        if self.no_entropy {
            return Err(InvalidConfig::Entropy);
        }
        if self.short_key {
            return Err(InvalidConfig::ReceiptKey);
        }
        // Decoys do the preferred hasher's work, so that work must be within the limits.
        config.hashers.can_hash(b"").map_err(InvalidConfig::Hasher)?;
        config.password_len = config.hashers.password_len();
        let mut fields: Vec<String> = Vec::new();
        for (index, scheme) in config.schemes.iter().enumerate() {
            let field = config.field(&**scheme);
            let lower_case = |byte: u8| !byte.is_ascii_uppercase();
            let named = is_token(scheme.name().as_bytes()) && scheme.name().bytes().all(lower_case);
            if !named || !is_token(field.as_bytes()) {
                return Err(InvalidConfig::Scheme);
            }
            let twice =
                |other: &dyn Scheme| other.name() == scheme.name() && config.field(other) == field;
            if config.schemes[..index].iter().any(|other| twice(&**other)) {
                return Err(InvalidConfig::SchemeTwice);
            }
            if !fields.iter().any(|known| known.eq_ignore_ascii_case(field)) {
                fields.push(field.into());
            }
        }
        if fields.len() > MAX_FIELDS {
            return Err(InvalidConfig::TooManyFields);
        }
        Ok(Authenticator { config: Arc::new(self.config) })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("realm", &self.config.realm).finish_non_exhaustive()
    }
}

/// What is wrong with an authenticator's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidConfig {
    /// The realm holds something else than visible ASCII, spaces and tabs.
    Realm,
    /// A scheme's name or field is no token, or the name is not in lower case.
    Scheme,
    /// Two schemes have one name and one field.
    SchemeTwice,
    /// The schemes read more than 8 different fields.
    TooManyFields,
    /// The preferred hasher's own work is over the limits.
    Hasher(HashError),
    /// The receipts' key is shorter than 32 bytes.
    ReceiptKey,
    /// There was no entropy for the receipts' key.
    Entropy,
}

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            InvalidConfig::Hasher(error) => {
                return write!(f, "the preferred hasher cannot be used: {error}");
            }
            InvalidConfig::Realm => "the realm holds something else than visible ASCII",
            InvalidConfig::Scheme => "a scheme's name or field is no token in lower case",
            InvalidConfig::SchemeTwice => "two schemes have one name and one field",
            InvalidConfig::TooManyFields => "the schemes read more than 8 different fields",
            InvalidConfig::ReceiptKey => "the receipts' key is shorter than 32 bytes",
            InvalidConfig::Entropy => "there is no entropy for the receipts' key",
        };
        f.write_str(text)
    }
}

impl core::error::Error for InvalidConfig {}
