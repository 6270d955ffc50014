use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use super::*;
use crate::http::exchange::Serving;
use crate::s3::services::ChunkMemory;

const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(3600);
const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD: &[u8] = b"HEAD /b HTTP/1.1\r\nHost: a\r\n\r\n";

async fn pair(head_wait: Duration, stalled_write: Duration) -> (Connection, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (client, served) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    let (stream, peer) = served.unwrap();
    let about = About::new(peer.ip(), None);
    let pace = Pace::new(stalled_write, ChunkMemory::new(8 << 20));
    (Connection::new(Io::Plain(stream), about, head_wait, pace), client.unwrap())
}

async fn read(connection: &mut Connection, bytes: usize) -> Vec<u8> {
    let mut read = vec![0; bytes];
    connection.read_exact(&mut read).await.unwrap();
    read
}

/// Whether nothing can be read for now.
async fn waits(connection: &mut Connection) -> bool {
    timeout(SHORT, connection.read_u8()).await.is_err()
}

fn serve(connection: &Connection) -> Serving {
    connection.about().serve()
}

#[tokio::test]
async fn the_next_request_is_read_when_the_answer_is_out() {
    let (mut connection, mut client) = pair(LONG, LONG).await;
    client.write_all(&[GET, HEAD, &GET[..10]].concat()).await.unwrap();
    assert_eq!(read(&mut connection, GET.len()).await, GET);
    let serving = serve(&connection);
    assert!(waits(&mut connection).await);
    drop(serving);
    assert_eq!(read(&mut connection, HEAD.len()).await, HEAD);
    drop(serve(&connection));
    assert!(waits(&mut connection).await);
    client.write_all(&GET[10..]).await.unwrap();
    assert_eq!(read(&mut connection, GET.len()).await, GET);
}

#[tokio::test]
async fn the_end_of_a_waiting_answer_wakes_the_reader() {
    let (mut connection, mut client) = pair(LONG, LONG).await;
    client.write_all(&[GET, HEAD].concat()).await.unwrap();
    assert_eq!(read(&mut connection, GET.len()).await, GET);
    let serving = serve(&connection);
    let next = async { read(&mut connection, HEAD.len()).await };
    let answer = async {
        sleep(SHORT).await;
        drop(serving);
    };
    assert_eq!(tokio::join!(next, answer).0, HEAD);
}

#[tokio::test]
async fn the_clients_end_is_seen_while_an_answer_is_made() {
    let (mut connection, mut client) = pair(LONG, LONG).await;
    client.write_all(GET).await.unwrap();
    assert_eq!(read(&mut connection, GET.len()).await, GET);
    let _serving = serve(&connection);
    drop(client);
    assert_eq!(connection.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn requests_before_the_clients_end_are_read() {
    let (mut connection, mut client) = pair(LONG, LONG).await;
    client.write_all(&[GET, HEAD].concat()).await.unwrap();
    drop(client);
    for request in [GET, HEAD] {
        assert_eq!(read(&mut connection, request.len()).await, request);
        drop(serve(&connection));
    }
    assert_eq!(connection.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_body_is_read_no_further_than_it_is_taken() {
    const HEAD: &[u8] = b"PUT /k HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
    let (mut connection, mut client) = pair(LONG, LONG).await;
    client.write_all(HEAD).await.unwrap();
    assert_eq!(read(&mut connection, HEAD.len()).await, HEAD);
    let serving = serve(&connection);
    let sender = tokio::spawn(async move {
        client.write_all(&[0; 1_000_000]).await.unwrap();
        client
    });
    let mut ahead = 0;
    while let Ok(bytes) = timeout(SHORT, connection.read(&mut [0; 8192])).await {
        ahead += bytes.unwrap();
    }
    assert!((16_384..32_768).contains(&ahead), "{ahead} bytes were read");
    connection.about().exchange.take(ahead as u64);
    let more = connection.read(&mut [0; 8192]).await.unwrap();
    // Once the answer is out, what is left of the body is only thrown away.
    drop(serving);
    read(&mut connection, 1_000_000 - ahead - more).await;
    let _client = sender.await.unwrap();
}

#[tokio::test]
async fn a_head_that_never_ends_is_answered_for() {
    for before in [0, 1] {
        let (mut connection, mut client) = pair(SHORT, LONG).await;
        for _ in 0..before {
            client.write_all(GET).await.unwrap();
            assert_eq!(read(&mut connection, GET.len()).await, GET);
            let serving = serve(&connection);
            // A request that is served may take its time.
            assert!(waits(&mut connection).await && waits(&mut connection).await);
            drop(serving);
        }
        client.write_all(b"GET / HT").await.unwrap();
        let mut stand_in = String::new();
        connection.read_to_string(&mut stand_in).await.unwrap();
        assert!(stand_in.starts_with("GET / HTTP/1.1\r\n") && stand_in.ends_with("close\r\n\r\n"), "{stand_in}");
        let refusal = connection.about().exchange.refusal().expect("is refused");
        assert_eq!(refusal.code, S3ErrorCode::RequestTimeout);
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_is_let_go_without_a_word() {
    let (mut connection, mut client) = pair(SHORT, LONG).await;
    client.write_all(b"\r\n").await.unwrap();
    assert_eq!(connection.read(&mut [0]).await.unwrap(), 0);
    assert!(connection.about().exchange.refusal().is_none());
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let (mut connection, _client) = pair(LONG, SHORT).await;
    let error = connection.write_all(&vec![0; 64 << 20]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}
