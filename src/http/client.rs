//! Who is at the other end: the peer, or whom a trusted proxy says it speaks for.

use std::net::IpAddr;

use crate::config::Network;
use crate::s3::request::Headers;

/// The client's address, and whether it spoke TLS. Forwarding headers count only when the peer is trusted; the list of
/// `X-Forwarded-For` is read from its end past trusted hops, because all before the first untrusted one is hearsay.
pub fn client_of(peer: IpAddr, tls: bool, headers: &Headers, trusted: &[Network]) -> (IpAddr, bool) {
    let trusts = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !trusts(peer) {
        return (peer.to_canonical(), tls);
    }
    let mut client = peer;
    let hops: Vec<&str> =
        headers.all("x-forwarded-for").filter_map(|v| std::str::from_utf8(v).ok()).flat_map(|v| v.split(',')).collect();
    for hop in hops.into_iter().rev() {
        let Some(address) = parse_hop(hop.trim()) else { break };
        client = address;
        if !trusts(address) {
            break;
        }
    }
    let proto = headers.all("x-forwarded-proto").last().and_then(|v| std::str::from_utf8(v).ok());
    let secure = match proto.and_then(|p| p.rsplit(',').next()).map(str::trim) {
        Some(proto) => proto.eq_ignore_ascii_case("https"),
        None => tls,
    };
    (client.to_canonical(), secure)
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn parse_hop(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<std::net::SocketAddr>() {
        return Some(address.ip());
    }
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], proto: Option<&'static str>) -> (String, bool) {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        let mut headers = Headers::default();
        for value in forwarded {
            headers.push("x-forwarded-for", value.as_bytes().to_vec());
        }
        if let Some(proto) = proto {
            headers.push("x-forwarded-proto", proto.as_bytes());
        }
        let (address, secure) = client_of(peer.parse().unwrap(), false, &headers, &trusted);
        (address.to_string(), secure)
    }

    #[test]
    fn an_untrusted_peer_is_the_client_whatever_it_claims() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"], Some("https")), ("192.0.2.1".into(), false));
    }

    #[test]
    fn trusted_hops_are_skipped_from_the_end() {
        let forwarded = ["6.6.6.6, 198.51.100.7", "10.2.2.2:4711 , 10.1.1.1"];
        assert_eq!(client("10.0.0.1", &forwarded, Some("http, https")), ("198.51.100.7".into(), true));
        assert_eq!(client("::1", &["[2001:db8::1]:99"], None), ("2001:db8::1".into(), false));
    }

    #[test]
    fn nonsense_ends_the_walk() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7, unknown, 10.3.3.3"], None), ("10.3.3.3".into(), false));
        assert_eq!(client("10.0.0.1", &[], None), ("10.0.0.1".into(), false));
    }
}
