//! The listener for operators: whether this front end lives, and whether it should get requests.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpResponse, HttpServer, web};
use tokio::time::timeout;

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
pub fn serve(bound: Bound, readiness: Arc<Readiness>) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        let readiness = Arc::clone(&readiness);
        App::new()
            .route("/health/live", web::get().to(|| async { HttpResponse::Ok().body("alive\n") }))
            .route("/health/ready", web::get().to(move || ready(Arc::clone(&readiness))))
    });
    Ok(server.workers(1).tcp_nodelay(true).disable_signals().shutdown_timeout(1).listen(bound.into_listener())?.run())
}

async fn ready(readiness: Arc<Readiness>) -> HttpResponse {
    match readiness.judge().await {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(why) => HttpResponse::ServiceUnavailable().body(format!("not ready: {why}\n")),
    }
}
