//! How long a store is waited for. Knows no runtime: a layer may be called on any, and on one without
//! timers.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures_timer::Delay;

/// Longer than `doorstep-sqlx` waits for a connection and then for its statement, whose errors say
/// more; shorter than most clients and proxies wait for a response.
pub(super) const DEFAULT: Duration = Duration::from_secs(15);

/// Why there is no answer from the store.
pub(super) enum Unanswered<E> {
    /// It says why.
    Failed(E),
    /// It has not answered for so long. Whether it did what it was asked for is not known.
    Hangs(Duration),
}

/// What the store answers, unless it takes longer than this: then the call is dropped. A store that
/// answers without waiting needs no timer.
pub(super) async fn patiently<T, E>(
    patience: Duration,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, Unanswered<E>> {
    let (mut call, mut end) = (pin!(call), None);
    poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(answer.map_err(Unanswered::Failed)),
        Poll::Pending => {
            let end = end.get_or_insert_with(|| Delay::new(patience));
            Pin::new(end).poll(context).map(|()| Err(Unanswered::Hangs(patience)))
        }
    })
    .await
}

impl<E: fmt::Display> fmt::Display for Unanswered<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Hangs(patience) => write!(f, "no answer for {patience:?}"),
        }
    }
}
