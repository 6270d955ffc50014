//! What connections begin with: requests one after the other, and the header of the PROXY protocol.

use actix_codec::Decoder as _;
use actix_http::ServiceConfig;
use actix_http::h1::{Codec, Message, MessageType};
use bytes::BytesMut;
use tokio::task::LocalSet;

use crate::fuzzing::{Dice, run};
use crate::http::framing::Framing;
use crate::http::head::HEAD_BYTES_MAX;
use crate::http::proxy_protocol::read_header;
use crate::s3::error::S3ErrorCode;

/// What a connection's bytes were read as.
#[derive(Debug, Default, PartialEq, Eq)]
struct Reading {
    /// Of each request, how many bytes of data its body has, and whether all of it has come.
    requests: Vec<(u64, bool)>,
    /// Why no more was read.
    refused: Option<S3ErrorCode>,
    /// A body that is no chunked coding.
    broken: bool,
}

/// Input: what a connection carries. Requests are the same however the network cuts them, and actix reads what passes
/// as the same requests: were it otherwise, a part of one could be taken for another one.
pub(crate) fn requests(input: &[u8]) {
    let (whole, passed) = follow(&[input]);
    // A head that is too large and malformed too is refused for what is seen first.
    if input.len() < HEAD_BYTES_MAX {
        assert_eq!(follow(&Dice::of(input).pieces(input)).0, whole, "in pieces");
    }
    let mut theirs = as_actix_reads(&passed);
    if let Some(last) = theirs.last_mut().filter(|_| whole.broken) {
        last.0 = 0;
    }
    assert_eq!(theirs, whole.requests, "as actix reads {:?}", String::from_utf8_lossy(&passed));
}

/// Goes over the bytes as the gate does; also answers those that pass.
fn follow(pieces: &[&[u8]]) -> (Reading, Vec<u8>) {
    let (mut framing, mut held, mut passed) = (Framing::new(), Vec::new(), Vec::new());
    let mut reading = Reading::default();
    for piece in pieces {
        held.extend_from_slice(piece);
        loop {
            if framing.awaits_head() {
                let empty = held.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                held.drain(..empty);
            }
            let before = framing.requests();
            let here = match framing.pass(&held) {
                Ok(here) => here,
                Err(error) => {
                    reading.refused = Some(error.code);
                    return (reading, passed);
                }
            };
            passed.extend(held.drain(..here));
            if framing.requests() > before {
                reading.requests.push((0, false));
            }
            if let Some(last) = reading.requests.last_mut().filter(|_| !framing.awaits_head()) {
                *last = (framing.data(), framing.is_whole());
            }
            if framing.is_broken() {
                reading.broken = true;
                // How much of it was data before it broke is nobody's business.
                reading.requests.last_mut().expect("a body has a head").0 = 0;
                return (reading, passed);
            }
            if !framing.is_whole() || held.is_empty() {
                break;
            }
            framing.next();
        }
        if framing.is_whole() {
            framing.next();
        }
    }
    (reading, passed)
}

thread_local! {
    /// Its clock is a local task, which is not needed for reading.
    static CONFIG: ServiceConfig = run(LocalSet::new().run_until(async { ServiceConfig::default() }));
}

fn as_actix_reads(bytes: &[u8]) -> Vec<(u64, bool)> {
    let (mut codec, mut bytes) = (Codec::new(CONFIG.with(Clone::clone)), BytesMut::from(bytes));
    let mut requests: Vec<(u64, bool)> = Vec::new();
    loop {
        match codec.decode(&mut bytes) {
            Ok(Some(Message::Item(_))) => requests.push((0, codec.message_type() == MessageType::None)),
            Ok(Some(Message::Chunk(piece))) => {
                let last = requests.last_mut().expect("a body has a head");
                match piece {
                    Some(data) => last.0 += data.len() as u64,
                    None => last.1 = true,
                }
            }
            Ok(None) => return requests,
            Err(error) => panic!("actix cannot read what passes: {error}"),
        }
    }
}

/// Input: the first bytes of a connection. Not a byte more than the header is read, whatever follows it.
pub(crate) fn proxy_header(input: &[u8]) {
    let mut rest = input;
    let Ok(read) = run(read_header(&mut rest)) else { return };
    let header = &input[..input.len() - rest.len()];
    let followed = [header, b"GET / HTTP/1.1\r\n"].concat();
    let mut rest = followed.as_slice();
    assert_eq!(run(read_header(&mut rest)).expect("the same header"), read);
    assert_eq!(rest, b"GET / HTTP/1.1\r\n");
    if let Some(client) = read {
        let (family, other) = if client.is_ipv4() { ("TCP4", "10.0.0.1") } else { ("TCP6", "::1") };
        let written = format!("PROXY {family} {} {other} {} 80\r\n", client.ip(), client.port());
        assert_eq!(run(read_header(&mut written.as_bytes())).expect("a header of version 1"), Some(client));
    }
}
