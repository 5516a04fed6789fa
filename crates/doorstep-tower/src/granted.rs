//! What the layer leaves in a request's extensions.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use doorstep::Anonymous;
use http::Extensions;

use crate::refused::Refused;

/// The request comes from this user: [`doorstep::Granted`], shared.
///
/// It is in the extensions of every request that was granted below an
/// [`AuthLayer`](crate::AuthLayer), and with the feature `axum` it is an extractor, which refuses
/// requests without one; `Option<Granted<U>>` takes anonymous ones too.
///
/// `U` is the store's user type; any other finds nothing.
pub struct Granted<U>(Arc<doorstep::Granted<U>>);

/// What the grant may do: [`doorstep::Scopes`]. An extractor for routes that serve everybody: of an
/// anonymous request there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(pub doorstep::Scopes);

/// What was decided, for those who do not know the user type.
#[derive(Clone)]
pub(crate) struct Decided(Arc<dyn Decision>);

trait Decision: Any + Send + Sync {
    fn refusal(&self, scopes: &doorstep::Scopes) -> Option<Refused>;
    fn scopes(&self) -> Option<&doorstep::Scopes>;
}

impl<U: Send + Sync + 'static> Granted<U> {
    /// Puts it there, and what a layer further out had decided goes.
    pub(crate) fn grant(granted: doorstep::Granted<U>, extensions: &mut Extensions) -> Self {
        let granted = Self(Arc::new(granted));
        extensions.insert(Decided(granted.0.clone()));
        extensions.insert(granted.clone());
        granted
    }

    pub(crate) fn anonymous(anonymous: Anonymous, extensions: &mut Extensions) {
        extensions.remove::<Self>();
        extensions.insert(Decided(Arc::new(anonymous)));
    }
}

impl Decided {
    /// What to answer a request that must come from a user with these scopes, if it does not.
    /// Without a layer there is nobody that could say who it comes from: nobody gets in.
    pub(crate) fn refusal(extensions: &Extensions, scopes: &doorstep::Scopes) -> Option<Refused> {
        match extensions.get::<Self>() {
            Some(Self(decision)) => decision.refusal(scopes),
            None => Some(Self::missing()),
        }
    }

    /// The scopes of the grant; `None` if the request is anonymous.
    pub(crate) fn scopes(extensions: &Extensions) -> Result<Option<&doorstep::Scopes>, Refused> {
        let Self(decision) = extensions.get().ok_or_else(Self::missing)?;
        Ok(decision.scopes())
    }

    pub(crate) fn missing() -> Refused {
        tracing::error!("a route asks who a request comes from, and has no AuthLayer around it");
        Refused::broken()
    }
}

impl<U: Send + Sync + 'static> Decision for doorstep::Granted<U> {
    fn refusal(&self, scopes: &doorstep::Scopes) -> Option<Refused> {
        doorstep::Granted::refusal(self, scopes).map(Refused::from)
    }

    fn scopes(&self) -> Option<&doorstep::Scopes> {
        Some(doorstep::Granted::scopes(self))
    }
}

impl Decision for Anonymous {
    fn refusal(&self, scopes: &doorstep::Scopes) -> Option<Refused> {
        Some(Anonymous::refusal(self, scopes).into())
    }

    fn scopes(&self) -> Option<&doorstep::Scopes> {
        None
    }
}

impl<U> Clone for Granted<U> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<U> Deref for Granted<U> {
    type Target = doorstep::Granted<U>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<U> fmt::Debug for Granted<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Deref for Scopes {
    type Target = doorstep::Scopes;

    fn deref(&self) -> &doorstep::Scopes {
        &self.0
    }
}
