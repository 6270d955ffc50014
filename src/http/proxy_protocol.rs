//! The PROXY protocol's header, version 1 and 2, at the start of a connection (HAProxy, "proxy-protocol.txt").

use std::io::{self, Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What version 2 begins with.
const V2_SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Longest version 1 header, bytes, with its line end.
const V1_BYTES_MAX: usize = 107;
/// Longest rest of a version 2 header that is read, bytes; addresses and a few type-length-values fit.
const V2_REST_BYTES_MAX: usize = 2048;

/// Reads the header and not a byte more. `None` means that the connection is the proxy's own (a health check) or that
/// the proxy does not know whose it is: the peer is the client then.
///
/// # Errors
/// The connection does not begin with a well-formed header, which must never be guessed.
pub async fn read_header<R: AsyncRead + Unpin>(stream: &mut R) -> io::Result<Option<SocketAddr>> {
    let mut start = [0; 12];
    stream.read_exact(&mut start).await?;
    if start == V2_SIGNATURE { read_v2(stream).await } else { read_v1(stream, &start).await }
}

async fn read_v1<R: AsyncRead + Unpin>(stream: &mut R, start: &[u8]) -> io::Result<Option<SocketAddr>> {
    if !start.starts_with(b"PROXY ") {
        return Err(malformed());
    }
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() >= V1_BYTES_MAX {
            return Err(malformed());
        }
        line.push(stream.read_u8().await?);
    }
    let line = std::str::from_utf8(&line).map_err(|_| malformed())?.trim_end_matches("\r\n");
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["PROXY", "UNKNOWN", ..] => Ok(None),
        ["PROXY", family @ ("TCP4" | "TCP6"), source, destination, source_port, destination_port] => {
            let address: IpAddr = source.parse().map_err(|_| malformed())?;
            let other: IpAddr = destination.parse().map_err(|_| malformed())?;
            if address.is_ipv4() != (*family == "TCP4") || other.is_ipv4() != address.is_ipv4() {
                return Err(malformed());
            }
            let port: u16 = source_port.parse().map_err(|_| malformed())?;
            destination_port.parse::<u16>().map_err(|_| malformed())?;
            Ok(Some(SocketAddr::new(address, port)))
        }
        _ => Err(malformed()),
    }
}

async fn read_v2<R: AsyncRead + Unpin>(stream: &mut R) -> io::Result<Option<SocketAddr>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [version_and_command, family, length @ ..] = head;
    let length = usize::from(u16::from_be_bytes(length));
    if version_and_command >> 4 != 2 || length > V2_REST_BYTES_MAX {
        return Err(malformed());
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    match (version_and_command & 0xf, family) {
        (0, _) => Ok(None),
        (1, 0x11) => {
            let part: &[u8; 12] = rest.first_chunk().ok_or_else(malformed)?;
            let [a, b, c, d, _, _, _, _, high, low, ..] = *part;
            Ok(Some(SocketAddr::new(Ipv4Addr::new(a, b, c, d).into(), u16::from_be_bytes([high, low]))))
        }
        (1, 0x21) => {
            let source: &[u8; 16] = rest.first_chunk().ok_or_else(malformed)?;
            let ports: &[u8; 4] = rest.get(32..).and_then(|p| p.first_chunk()).ok_or_else(malformed)?;
            let [high, low, ..] = *ports;
            Ok(Some(SocketAddr::new(Ipv6Addr::from(*source).into(), u16::from_be_bytes([high, low]))))
        }
        // Unix sockets and unspecified families name nobody.
        (1, _) => Ok(None),
        _ => Err(malformed()),
    }
}

fn malformed() -> Error {
    Error::new(ErrorKind::InvalidData, "the connection does not begin with a PROXY protocol header")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> (io::Result<Option<SocketAddr>>, Vec<u8>) {
        let mut rest = bytes;
        let answer = read_header(&mut rest).await;
        (answer, rest.to_vec())
    }

    fn v2(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
        let length = u16::try_from(addresses.len()).unwrap().to_be_bytes();
        [&V2_SIGNATURE[..], &[0x20 | command, family], &length, addresses, b"GET /"].concat()
    }

    #[tokio::test]
    async fn both_versions_name_the_client_and_leave_the_request() {
        let (client, rest) = read(b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\nGET /").await;
        assert_eq!((client.unwrap().unwrap().to_string().as_str(), &rest[..]), ("192.0.2.1:56324", &b"GET /"[..]));
        let (client, _) = read(b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n").await;
        assert_eq!(client.unwrap().unwrap().to_string(), "[2001:db8::1]:1");
        let (client, rest) = read(&v2(1, 0x11, &[192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 4, 1, 187])).await;
        assert_eq!((client.unwrap().unwrap().to_string().as_str(), &rest[..]), ("192.0.2.1:56324", &b"GET /"[..]));
        let mut six = [0; 36];
        (six[15], six[31], six[33]) = (1, 2, 9);
        assert_eq!(read(&v2(1, 0x21, &six)).await.0.unwrap().unwrap().to_string(), "[::1]:9");
    }

    #[tokio::test]
    async fn the_proxys_own_connections_name_nobody() {
        assert!(read(b"PROXY UNKNOWN\r\n").await.0.unwrap().is_none());
        assert!(read(&v2(0, 0, &[])).await.0.unwrap().is_none());
        assert!(read(&v2(1, 0x31, &[0; 216])).await.0.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_is_no_header_is_an_error() {
        let long = [b"PROXY TCP4 ".as_slice(), &[b'1'; 200], b"\r\n"].concat();
        for bytes in [
            b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".as_slice(),
            b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
            b"PROXY TCP4 192.0.2.1 192.0.2.2 70000 1\r\n",
            b"PROXY TCP5 192.0.2.1 192.0.2.2 1 1\r\n",
            b"PROXY TCP4",
            &long,
            &v2(1, 0x11, &[1, 2, 3]),
            &v2(3, 0x11, &[0; 12]),
        ] {
            assert!(read(bytes).await.0.is_err(), "{bytes:?}");
        }
    }
}
