//! What the two sides of a connection tell each other: the one that reads requests and the one that answers them.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::task::{Context, Waker};

use crate::s3::error::S3Error;

/// What requests know of the connection they came on.
#[derive(Clone)]
pub struct About {
    /// The other end; whom the PROXY header named, if there is one.
    pub peer: IpAddr,
    /// The version of TLS that it speaks to us, as policies write it; `None` when it speaks none.
    pub tls: Option<&'static str>,
    /// How it goes.
    pub exchange: Rc<Exchange>,
}

impl About {
    /// A connection that serves no request yet.
    pub fn new(peer: IpAddr, tls: Option<&'static str>) -> Self {
        Self { peer, tls, exchange: Rc::default() }
    }

    /// Marks a request as being served until its answer is out.
    pub fn serve(&self) -> Serving {
        Serving(Rc::clone(&self.exchange))
    }
}

/// A request is being served; dropping it says that its answer is out.
pub struct Serving(Rc<Exchange>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.answered.set(self.0.answered.get() + 1);
        self.0.wake_reader();
    }
}

/// How far both sides have come.
#[derive(Default)]
pub struct Exchange {
    answered: Cell<u64>,
    taken: Cell<u64>,
    refusal: Cell<Option<S3Error>>,
    closing: Cell<bool>,
    reader: Cell<Option<Waker>>,
}

impl Exchange {
    /// Requests whose answers are out.
    pub fn answered(&self) -> u64 {
        self.answered.get()
    }

    /// A request's head goes to be served: nothing of its body has been taken.
    pub fn begin(&self) {
        self.taken.set(0);
    }

    /// Bytes of the body that were taken.
    pub fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// So many more bytes of the body were taken.
    pub fn take(&self, bytes: u64) {
        self.taken.set(self.taken.get() + bytes);
        self.wake_reader();
    }

    /// The request that is served next stands for one that could not be read, for this reason.
    pub fn refuse(&self, error: S3Error) {
        self.refusal.set(Some(error));
    }

    /// Why the request that is being served could not be read, if that is so.
    pub fn refusal(&self) -> Option<S3Error> {
        self.refusal.take()
    }

    /// No request can follow the one that is being served.
    pub fn close(&self) {
        self.closing.set(true);
    }

    /// Whether that is so.
    pub fn is_closing(&self) -> bool {
        self.closing.get()
    }

    /// The reading side is to be woken when the other one has come further.
    pub fn await_progress(&self, cx: &Context<'_>) {
        self.reader.set(Some(cx.waker().clone()));
    }

    fn wake_reader(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}
