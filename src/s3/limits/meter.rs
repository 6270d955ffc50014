//! What one tenant, or one bucket, has asked for lately.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{LocalBoxStream, try_unfold};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::sleep_until;

use super::failures::slow_down;
use super::flow::Flow;
use crate::s3::error::S3Error;
use crate::s3::response::ReplyBody;
use crate::storage::{BucketId, RateLimits, TenantId};

/// Meters that are kept; further ones take the place of others, which start anew when they are asked for again.
const METERS_MAX: usize = 16_384;
/// A body that would have to wait longer for its first byte is refused instead.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Whose meter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A tenant's.
    Tenant(TenantId),
    /// A bucket's.
    Bucket(BucketId),
    /// That of one tenant's requests to a bucket, or of those that nobody signed.
    Sender(BucketId, Option<TenantId>),
    /// That of requests that nobody signed to a tenant's buckets.
    Nobody(TenantId),
}

/// Every meter of a process.
#[derive(Default)]
pub struct Meters(Mutex<HashMap<Subject, Arc<Meter>>>);

impl Meters {
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.lock().expect("is whole").len()
    }

    /// The meter of a subject that has these limits; `None` when they are no limits. Changed limits begin anew.
    pub fn of(&self, subject: Subject, limits: RateLimits) -> Option<Arc<Meter>> {
        if limits == RateLimits::default() {
            return None;
        }
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(meter) = meters.get(&subject).filter(|meter| meter.limits == limits) {
            return Some(Arc::clone(meter));
        }
        if meters.len() >= METERS_MAX && !meters.contains_key(&subject) {
            let idle = meters.iter().find(|(_, meter)| Arc::strong_count(meter) == 1).or(meters.iter().next());
            let idle = idle.map(|(subject, _)| *subject);
            idle.map(|idle| meters.remove(&idle));
        }
        let meter = Arc::new(Meter::new(limits));
        meters.insert(subject, Arc::clone(&meter));
        Some(meter)
    }
}

/// Requests and bytes of one subject.
pub struct Meter {
    limits: RateLimits,
    requests: Option<DefaultDirectRateLimiter>,
    received: Option<Flow>,
    sent: Option<Flow>,
}

impl Meter {
    fn new(limits: RateLimits) -> Self {
        let requests = NonZeroU32::new(limits.requests_per_second);
        Self {
            limits,
            requests: requests.map(|per_second| RateLimiter::direct(Quota::per_second(per_second))),
            received: Flow::new(limits.received_bytes_per_second),
            sent: Flow::new(limits.sent_bytes_per_second),
        }
    }

    /// Counts a request.
    pub(super) fn admit(&self, has_body: bool) -> Result<(), S3Error> {
        let received = self.received.as_ref().filter(|_| has_body);
        let behind = [received, self.sent.as_ref()].into_iter().flatten().map(Flow::backlog).max();
        if let Some(late) = behind.and_then(|backlog| backlog.checked_sub(WAIT_MAX)).filter(|late| !late.is_zero()) {
            return Err(slow_down("The bandwidth that is allowed is used up. Please reduce your request rate.", late));
        }
        let Some(Err(not_until)) = self.requests.as_ref().map(RateLimiter::check) else { return Ok(()) };
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        Err(slow_down("Please reduce your request rate.", wait))
    }
}

/// A request that has been counted with whoever sends it, and not yet with what it is about.
pub struct Counted {
    pub(super) sender: Option<Arc<Meter>>,
    pub(super) about: Vec<Arc<Meter>>,
    pub(super) has_body: bool,
}

impl Counted {
    /// Counts it with the bucket, and its owner if nobody signed it: it is allowed. What comes back slows its bytes down.
    ///
    /// # Errors
    /// `SlowDown`.
    pub fn admit(self) -> Result<Throttle, S3Error> {
        self.about.iter().try_for_each(|meter| meter.admit(self.has_body))?;
        Ok(Throttle(self.sender.into_iter().chain(self.about).collect()))
    }
}

/// Slows the bytes of one request down.
#[derive(Clone, Default)]
pub struct Throttle(Vec<Arc<Meter>>);

impl Throttle {
    /// Whether it slows nothing down.
    #[cfg(test)]
    pub(super) fn is_free(&self) -> bool {
        self.0.is_empty()
    }

    /// The request's body at the speed that is allowed.
    #[must_use]
    pub fn receive<E: 'static>(
        self,
        body: LocalBoxStream<'static, Result<Bytes, E>>,
    ) -> LocalBoxStream<'static, Result<Bytes, E>> {
        self.paced(body, |meter| meter.received.as_ref())
    }

    /// The answer's body at the speed that is allowed. One that is known already goes as a whole.
    pub async fn send(self, body: ReplyBody) -> ReplyBody {
        match body {
            ReplyBody::Full(bytes) => {
                self.wait(bytes.len(), |meter| meter.sent.as_ref()).await;
                ReplyBody::Full(bytes)
            }
            ReplyBody::Stream { length, stream } => {
                ReplyBody::Stream { length, stream: self.paced(stream, |meter| meter.sent.as_ref()) }
            }
            other => other,
        }
    }

    fn paced<E: 'static>(
        self,
        body: LocalBoxStream<'static, Result<Bytes, E>>,
        flow: fn(&Meter) -> Option<&Flow>,
    ) -> LocalBoxStream<'static, Result<Bytes, E>> {
        let Some(piece) = self.0.iter().filter_map(|meter| flow(meter)).map(Flow::piece_bytes).min() else {
            return body;
        };
        let piece = usize::try_from(piece).unwrap_or(usize::MAX);
        let pieces = try_unfold((body, Bytes::new(), self), move |(mut body, mut rest, throttle)| async move {
            while rest.is_empty() {
                match body.next().await.transpose()? {
                    Some(bytes) => rest = bytes,
                    None => return Ok(None),
                }
            }
            let now = rest.split_to(rest.len().min(piece));
            throttle.wait(now.len(), flow).await;
            Ok(Some((now, (body, rest, throttle))))
        });
        pieces.boxed_local()
    }

    async fn wait(&self, bytes: usize, flow: fn(&Meter) -> Option<&Flow>) {
        let from = self.0.iter().filter_map(|meter| flow(meter)).map(|flow| flow.let_in(bytes as u64)).max();
        if let Some(from) = from {
            sleep_until(from).await;
        }
    }
}
