//! The listener for operators: whether this front end lives, whether it should get requests, and the interface that
//! [`admin`](crate::admin) answers.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, web};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::admin::{Admin, BODY_BYTES_MAX, Request};
use crate::http::listener::Bound;
use crate::storage::StoreHealth;

/// How long the store may take to say whether it can serve.
const READY_WAIT: Duration = Duration::from_secs(5);

/// What readiness depends on.
pub struct Readiness {
    /// The store.
    pub health: Arc<dyn StoreHealth>,
    /// Set from the moment this front end was told to stop.
    pub draining: AtomicBool,
}

impl Readiness {
    async fn judge(&self) -> Result<(), String> {
        if self.draining.load(Ordering::Relaxed) {
            return Err("this front end is stopping".into());
        }
        match timeout(READY_WAIT, self.health.ready()).await {
            Ok(judged) => judged,
            Err(_) => Err(format!("the store did not answer within {} seconds", READY_WAIT.as_secs())),
        }
    }
}

/// Builds the server.
///
/// # Errors
/// The socket cannot be used.
pub fn serve(bound: Bound, readiness: Arc<Readiness>, admin: Arc<Admin>) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        let (readiness, admin) = (Arc::clone(&readiness), Arc::clone(&admin));
        App::new()
            .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
            .route("/health/live", web::get().to(|| async { HttpResponse::Ok().body("alive\n") }))
            .route("/health/ready", web::get().to(move || ready(Arc::clone(&readiness))))
            .default_service(web::to(move |request, body| answer(request, body, Arc::clone(&admin))))
    });
    Ok(server.workers(1).tcp_nodelay(true).disable_signals().shutdown_timeout(1).listen(bound.into_listener())?.run())
}

async fn ready(readiness: Arc<Readiness>) -> HttpResponse {
    match readiness.judge().await {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(why) => HttpResponse::ServiceUnavailable().body(format!("not ready: {why}\n")),
    }
}

/// Hands a request to the interface.
async fn answer(request: HttpRequest, body: Result<web::Bytes, Error>, admin: Arc<Admin>) -> HttpResponse {
    let Ok(body) = body else {
        return HttpResponse::PayloadTooLarge().body(format!("a body has at most {BODY_BYTES_MAX} bytes\n"));
    };
    let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| Zeroizing::new(token.trim().to_owned()))
    });
    let answered = admin
        .answer(Request {
            method: request.method().as_str().to_owned(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            token,
            from: request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip()),
            body,
        })
        .await;
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = HttpResponse::build(status);
    // Answers hold secrets, and no browser has any business with them.
    reply.insert_header(("cache-control", "no-store")).insert_header(("x-content-type-options", "nosniff"));
    if let Some(seconds) = answered.retry_after {
        reply.insert_header(("retry-after", seconds.to_string()));
    }
    if answered.status == 401 {
        reply.insert_header(("www-authenticate", "Bearer"));
    }
    reply.content_type("application/json").body(answered.body)
}
