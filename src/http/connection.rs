//! One connection as actix sees it: plain or TLS, with deadlines that actix does not have.

use std::cell::Cell;
use std::future::Future as _;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

use crate::http::pace::Pace;

/// What requests know of the connection they came on.
#[derive(Clone)]
pub struct About {
    /// The other end; whom the PROXY header named, if there is one.
    pub peer: IpAddr,
    /// Whether it speaks TLS to us.
    pub tls: bool,
    busy: Rc<Cell<usize>>,
    served: Rc<Cell<u64>>,
}

impl About {
    /// A connection that serves no request yet.
    pub fn new(peer: IpAddr, tls: bool) -> Self {
        Self { peer, tls, busy: Rc::default(), served: Rc::default() }
    }

    /// Marks the connection as serving a request until the answer is out.
    pub fn serve(&self) -> Serving {
        self.busy.set(self.busy.get() + 1);
        self.served.set(self.served.get() + 1);
        Serving(Rc::clone(&self.busy))
    }
}

/// A request is being served; dropping it says that its answer is out.
pub struct Serving(Rc<Cell<usize>>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// Plain or TLS.
pub enum Io {
    /// Plain TCP.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection.
///
/// # Why
/// actix limits the time for the first request's head only: a client that sends half of a second one would hold its
/// descriptor for ever, and so would one that stops reading an answer.
pub struct Connection {
    io: Io,
    about: About,
    between_requests: Duration,
    /// The deadline of the head that is awaited, and how many requests came before it.
    head_due: Option<(u64, Pin<Box<Sleep>>)>,
    /// The pace at which the answer to the last request is taken, and that request's number.
    answer: (u64, Pace),
}

impl Connection {
    /// Wraps a stream. `between_requests` is how long a connection may take from the end of one answer to the end of
    /// the next request's head, `stalled_write` how long it may take next to nothing of an answer.
    pub fn new(io: Io, about: About, between_requests: Duration, stalled_write: Duration) -> Self {
        Self { io, about, between_requests, head_due: None, answer: (0, Pace::new(stalled_write)) }
    }

    /// What requests know of it.
    pub fn about(&self) -> &About {
        &self.about
    }

    fn head_is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if self.about.busy.get() > 0 {
            self.head_due = None;
            return false;
        }
        let (after, served) = (self.between_requests, self.about.served.get());
        // A small request may have been served whole between two reads.
        if self.head_due.as_ref().is_some_and(|(number, _)| *number != served) {
            self.head_due = None;
        }
        let (_, due) = self.head_due.get_or_insert_with(|| (served, Box::pin(sleep(after))));
        due.as_mut().poll(cx).is_ready()
    }

    fn judge_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
        bytes: fn(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        let served = self.about.served.get();
        let (number, pace) = &mut self.answer;
        if *number != served {
            *number = served;
            pace.restart();
        }
        match &written {
            Poll::Ready(Ok(done)) => pace.moved(bytes(done) as u64),
            Poll::Ready(Err(_)) => {}
            Poll::Pending if pace.is_too_slow(cx) => {
                let slow = io::Error::new(io::ErrorKind::TimedOut, "the client takes next to nothing of its answer");
                return Poll::Ready(Err(slow));
            }
            Poll::Pending => {}
        }
        written
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.head_is_late(cx) {
            let late = io::Error::new(io::ErrorKind::TimedOut, "the next request's head takes too long");
            return Poll::Ready(Err(late));
        }
        match &mut self.io {
            Io::Plain(io) => Pin::new(io).poll_read(cx, buf),
            Io::Tls(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = match &mut self.io {
            Io::Plain(io) => Pin::new(io).poll_write(cx, buf),
            Io::Tls(io) => Pin::new(io).poll_write(cx, buf),
        };
        self.judge_write(cx, written, |bytes| *bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = match &mut self.io {
            Io::Plain(io) => Pin::new(io).poll_flush(cx),
            Io::Tls(io) => Pin::new(io).poll_flush(cx),
        };
        self.judge_write(cx, flushed, |()| 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = match &mut self.io {
            Io::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Io::Tls(io) => Pin::new(io).poll_shutdown(cx),
        };
        self.judge_write(cx, shut, |()| 0)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(3600);

    async fn pair(between_requests: Duration, stalled_write: Duration) -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (client, served) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let (stream, peer) = served.unwrap();
        let about = About::new(peer.ip(), false);
        (Connection::new(Io::Plain(stream), about, between_requests, stalled_write), client.unwrap())
    }

    #[tokio::test]
    async fn a_head_that_never_ends_is_given_up() {
        let (mut connection, mut client) = pair(SHORT, LONG).await;
        client.write_all(b"GET / HT").await.unwrap();
        let mut head = Vec::new();
        let error = connection.read_to_end(&mut head).await.unwrap_err();
        assert_eq!((error.kind(), head.as_slice()), (io::ErrorKind::TimedOut, &b"GET / HT"[..]));
    }

    #[tokio::test]
    async fn a_request_that_is_served_may_take_its_time() {
        let (mut connection, mut client) = pair(SHORT, LONG).await;
        let serving = connection.about().serve();
        let late = tokio::spawn(async move {
            sleep(SHORT * 3).await;
            client.write_all(b"x").await.unwrap();
            client
        });
        assert_eq!(connection.read_u8().await.unwrap(), b'x');
        drop(serving);
        let _client = late.await.unwrap();
        assert_eq!(connection.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn requests_that_are_served_between_two_reads_move_the_deadline() {
        let (mut connection, mut client) = pair(SHORT, LONG).await;
        for _ in 0..5 {
            client.write_all(b"x").await.unwrap();
            assert_eq!(connection.read_u8().await.unwrap(), b'x');
            drop(connection.about().serve());
            sleep(SHORT * 2 / 3).await;
        }
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_is_given_up() {
        let (mut connection, _client) = pair(LONG, SHORT).await;
        let error = connection.write_all(&vec![0; 64 << 20]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
