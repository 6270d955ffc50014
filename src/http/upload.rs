//! A request's body as it arrives: never held, given up when the client stalls.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::dev::Payload;
use bytes::Bytes;
use futures::{Stream as _, StreamExt as _, stream};
use tokio::time::timeout;

use crate::http::exchange::Exchange;
use crate::http::pace::Pace;
use crate::s3::request::{WireBody, WireError};

/// What of a body nobody asked for is read before the answer, so that the connection can serve the next request, bytes.
const LEFT_OVER_BYTES_MAX: u64 = 256 * 1024;
/// How long reading that may take.
const LEFT_OVER_WAIT: Duration = Duration::from_millis(250);

/// The body of one request. Clones are the same body.
#[derive(Clone)]
pub struct Upload(Rc<RefCell<State>>);

struct State {
    payload: Payload,
    /// `None` when the length is not declared.
    declared: Option<u64>,
    received: u64,
    ended: bool,
    pace: Pace,
    exchange: Option<Rc<Exchange>>,
}

impl Upload {
    /// A body of which nothing is read yet. `pace` watches how it comes; `exchange` is told what was taken of it.
    pub fn new(payload: Payload, declared: Option<u64>, pace: Pace, exchange: Option<Rc<Exchange>>) -> Self {
        Self(Rc::new(RefCell::new(State { payload, declared, received: 0, ended: false, pace, exchange })))
    }

    /// The body for the pipeline. Little is read from the connection until this is polled.
    pub fn stream(&self) -> WireBody {
        let state = Rc::clone(&self.0);
        stream::poll_fn(move |cx| state.borrow_mut().poll(cx)).boxed_local()
    }

    /// Bytes that arrived so far.
    pub fn received(&self) -> u64 {
        self.0.borrow().received
    }

    /// Reads and drops what little the pipeline left.
    pub async fn discard_rest(&self) {
        let (ended, left) = {
            let state = self.0.borrow();
            (state.ended, state.declared.unwrap_or(0).saturating_sub(state.received))
        };
        if ended || left == 0 || left > LEFT_OVER_BYTES_MAX {
            return;
        }
        let mut rest = self.stream();
        // Whatever comes of it, the answer is next: actix closes the connection when something is still missing.
        let _ = timeout(LEFT_OVER_WAIT, async { while let Some(Ok(_)) = rest.next().await {} }).await;
    }
}

impl State {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, WireError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match Pin::new(&mut self.payload).poll_next(cx) {
            Poll::Ready(Some(Ok(bytes))) => {
                self.pace.moved(bytes.len() as u64);
                self.received += bytes.len() as u64;
                if let Some(exchange) = &self.exchange {
                    exchange.take(bytes.len() as u64);
                }
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.ended = true;
                Poll::Ready(Some(Err(WireError::Broken(error.to_string()))))
            }
            Poll::Ready(None) => {
                self.ended = true;
                Poll::Ready(None)
            }
            Poll::Pending => {
                if !self.pace.is_too_slow(cx) {
                    return Poll::Pending;
                }
                self.ended = true;
                Poll::Ready(Some(Err(WireError::Timeout)))
            }
        }
    }
}
