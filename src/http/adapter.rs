//! Between actix and the pipeline.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::BoxBody;
use actix_http::{ConnectionType, HttpMessage as _, RequestHead};
use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

use crate::config::Network;
use crate::http::access_log::Record;
use crate::http::client::client_of;
use crate::http::exchange::{About, Serving};
use crate::http::pace::Pace;
use crate::http::reply::{Reply, to_actix};
use crate::http::upload::Upload;
use crate::s3::pipeline::{self, Ready};
use crate::s3::request::{Headers, Method, WireHead};
use crate::s3::services::Services;
use crate::storage::Timestamp;

/// What answers S3 requests.
pub struct Front {
    /// The pipeline's surroundings.
    pub services: Arc<Services>,
    /// Whose forwarding headers count.
    pub trusted_proxies: Vec<Network>,
    /// How long a client may send or take next to nothing of a body while there is memory for all.
    pub idle: Duration,
}

/// A request that was found to be allowed before its body was asked for.
struct Allowed {
    ready: Ready,
    record: Record,
    serving: Option<Serving>,
}

/// An answer instead of `100 Continue`.
pub struct Refused(HttpResponse<Reply>);

impl From<Refused> for actix_http::Response<BoxBody> {
    fn from(refused: Refused) -> Self {
        refused.0.map_into_boxed_body().into()
    }
}

/// Judges a request that waits for `100 Continue`: only what is allowed is told to send its body.
pub async fn judge_expectation(
    request: actix_http::Request,
    front: Arc<Front>,
) -> Result<actix_http::Request, Refused> {
    let about = request.conn_data::<About>().cloned();
    let (wire, record) = front.begin(request.head(), about.as_ref());
    let allowed = front.judge(wire, record, about.map(|a| a.serve())).await.map_err(Refused)?;
    request.extensions_mut().insert(allowed);
    Ok(request)
}

/// Answers a request.
pub async fn answer(request: HttpRequest, body: web::Payload, front: Arc<Front>) -> HttpResponse<Reply> {
    let earlier = request.extensions_mut().remove::<Allowed>();
    let declared = request.headers().get("content-length").and_then(|v| v.to_str().ok()?.parse().ok());
    let about = request.conn_data::<About>().cloned();
    let exchange = about.as_ref().map(|about| Rc::clone(&about.exchange));
    let refusal = exchange.as_ref().and_then(|exchange| exchange.refusal());
    let upload = Upload::new(body.into_inner(), declared, front.pace(), exchange.clone());
    let allowed = match earlier {
        Some(allowed) => Ok(allowed),
        None => {
            let (wire, mut record) = front.begin(request.head(), about.as_ref());
            record.upload = Some(upload.clone());
            let serving = about.map(|a| a.serve());
            match refusal {
                None => front.judge(wire, record, serving).await,
                Some(error) => {
                    record.operation = "Unreadable";
                    Err(to_actix(pipeline::unreadable(error, &wire, &front.services), record, serving))
                }
            }
        }
    };
    let mut answer = answer_to(allowed, upload, &front).await;
    // Of an offer to speak another protocol actix would say that it is taken.
    if request.head().upgrade() || exchange.is_some_and(|exchange| exchange.is_closing()) {
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
    answer
}

async fn answer_to(
    allowed: Result<Allowed, HttpResponse<Reply>>,
    upload: Upload,
    front: &Front,
) -> HttpResponse<Reply> {
    match allowed {
        Ok(Allowed { ready, mut record, serving }) => {
            record.upload = Some(upload.clone());
            let answer = pipeline::finish(ready, upload.stream(), &front.services).await;
            upload.discard_rest().await;
            to_actix(answer, record, serving)
        }
        Err(refused) => {
            upload.discard_rest().await;
            refused
        }
    }
}

impl Front {
    /// How slow a client may be in the middle of a body, or of an answer.
    pub fn pace(&self) -> Pace {
        Pace::new(self.idle, self.services.memory.clone())
    }

    fn begin(&self, head: &RequestHead, about: Option<&About>) -> (WireHead, Record) {
        let (peer, tls) = about.map_or((IpAddr::V4(Ipv4Addr::UNSPECIFIED), None), |about| (about.peer, about.tls));
        // actix keeps headers in a hashed map: the order of different names is lost, that of repeated ones is kept,
        // and only the latter counts in a signature (both versions sort by name).
        let mut headers = Headers::default();
        for (name, value) in &head.headers {
            headers.push(name.as_str(), bytes::Bytes::copy_from_slice(trim(value.as_bytes())));
        }
        let (client, secure) = client_of(peer, tls.is_some(), &headers, &self.trusted_proxies);
        let wire = WireHead {
            method: Method::parse(head.method.as_str()),
            // `Uri` keeps the bytes of path and query, and an absolute target as absolute.
            raw_target: head.uri.to_string(),
            headers,
            client,
            secure,
            // What a proxy spoke to its client is not known.
            tls_version: tls.filter(|_| client == peer.to_canonical()),
            received: Timestamp::now(),
            request_id: request_id(),
        };
        let record = Record::begin(&wire, head.method.as_str());
        (wire, record)
    }

    async fn judge(
        &self,
        wire: WireHead,
        mut record: Record,
        serving: Option<Serving>,
    ) -> Result<Allowed, HttpResponse<Reply>> {
        match pipeline::head(wire, &self.services).await {
            Ok(ready) => {
                record.operation = ready.operation();
                Ok(Allowed { ready, record, serving })
            }
            Err(answer) => Err(to_actix(answer, record, serving)),
        }
    }
}

fn trim(value: &[u8]) -> &[u8] {
    value.trim_ascii()
}

/// 16 upper-case hexadecimal digits.
fn request_id() -> String {
    let (_, random) = Uuid::new_v4().as_u64_pair();
    format!("{random:016X}")
}
