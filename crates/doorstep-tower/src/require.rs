//! A layer that lets through who may pass. Knows no user type: below an `AuthLayer`, around a route.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::granted::Decided;

/// Lets requests through that come from a user with these scopes.
///
/// ```
/// use doorstep_tower::Require;
///
/// let users = Require::user();
/// let editors = Require::scopes("read write")?;
/// let everybody_but_users_without_read = Require::scopes("read")?.or_anonymous();
/// # Ok::<(), doorstep::InvalidScope>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Require {
    scopes: doorstep::Scopes,
    or_anonymous: bool,
}

impl Require {
    /// Any user.
    pub fn user() -> Self {
        Self::default()
    }

    /// A user whose grant has all of these scopes, with one space between each.
    ///
    /// # Errors
    /// [`doorstep::InvalidScope`], if they are no scopes.
    pub fn scopes(scopes: &str) -> Result<Self, doorstep::InvalidScope> {
        Ok(Self { scopes: doorstep::Scopes::parse(scopes)?, or_anonymous: false })
    }

    /// Lets requests without credentials through, too.
    pub fn or_anonymous(self) -> Self {
        Self { or_anonymous: true, ..self }
    }
}

impl<I> Layer<I> for Require {
    type Service = Required<I>;

    fn layer(&self, inner: I) -> Required<I> {
        Required { inner, require: self.clone() }
    }
}

/// The service of [`Require`].
#[derive(Clone, Debug)]
pub struct Required<I> {
    inner: I,
    require: Require,
}

type ResponseFuture<B, E> = Pin<Box<dyn Future<Output = Result<Response<B>, E>> + Send>>;

impl<I, A, B> Service<Request<A>> for Required<I>
where
    I: Service<Request<A>, Response = Response<B>>,
    I::Future: Send + 'static,
    I::Error: Send + 'static,
    B: Default + Send + 'static,
{
    type Response = Response<B>;
    type Error = I::Error;
    type Future = ResponseFuture<B, I::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), I::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let Require { scopes, or_anonymous } = &self.require;
        let extensions = request.extensions();
        let passes = *or_anonymous && matches!(Decided::scopes(extensions), Ok(None));
        match Decided::refusal(extensions, scopes) {
            Some(refused) if !passes => Box::pin(async { Ok(refused.unshaped()) }),
            _ => Box::pin(self.inner.call(request)),
        }
    }
}
