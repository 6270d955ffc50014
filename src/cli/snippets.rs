//! What a user pastes into a client to reach this endpoint.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::config::Config;

/// How clients reach the endpoint.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Host or address, without port; IPv6 in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The region.
    pub region: String,
}

impl Endpoint {
    /// From the configuration, and from the socket's address where it is bound already. An endpoint on all addresses
    /// is shown by its loopback address.
    #[must_use]
    pub fn of(config: &Config, bound: Option<SocketAddr>) -> Self {
        let tls = config.server.tls_certificate_file.is_some();
        let (host, port) = match bound {
            Some(address) => (show_ip(address.ip()), address.port()),
            None => {
                let (host, port) = config.server.listen.rsplit_once(':').unwrap_or((&config.server.listen, ""));
                let bare = host.trim_start_matches('[').trim_end_matches(']');
                let host = bare.parse().map_or_else(|_| host.to_owned(), show_ip);
                (host, port.parse().unwrap_or(0))
            }
        };
        Self { scheme: if tls { "https" } else { "http" }, host, port, region: config.server.region.clone() }
    }

    /// As a URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}:{}", self.scheme, self.host, self.port)
    }
}

pub(super) fn show_ip(ip: IpAddr) -> String {
    let ip = match ip {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    };
    SocketAddr::new(ip, 0).to_string().trim_end_matches(":0").to_owned()
}

/// The blocks for all clients.
#[must_use]
pub fn blocks(endpoint: &Endpoint, access_key: &str, secret_key: &str) -> String {
    let Endpoint { host, port, region, .. } = endpoint;
    let url = endpoint.url();
    let secure = endpoint.scheme == "https";
    let python_bool = if secure { "True" } else { "False" };
    // s3cmd knows us-east-1 as US, which is also what it then sends no location constraint for.
    let location = if region == "us-east-1" { "US" } else { region };
    let s3cfg = |v2: &str| {
        format!(
            "[default]\naccess_key = {access_key}\nsecret_key = {secret_key}\nbucket_location = {location}\n\
             host_base = {host}:{port}\nhost_bucket = {host}:{port}\nuse_https = {python_bool}\nsignature_v2 = {v2}\n"
        )
    };
    format!(
        "--- ~/.s3cfg for s3cmd, signature version 2 ---
{v2}
--- ~/.s3cfg for s3cmd, signature version 4 ---
{v4}
--- ~/.aws/config (then: aws --profile dolium s3 ls) ---
[profile dolium]
endpoint_url = {url}
region = {region}
aws_access_key_id = {access_key}
aws_secret_access_key = {secret_key}
s3 =
    addressing_style = path

--- boto 2 (Python) ---
from boto.s3.connection import OrdinaryCallingFormat, S3Connection
connection = S3Connection(
    \"{access_key}\", \"{secret_key}\",
    host=\"{host}\", port={port}, is_secure={python_bool}, calling_format=OrdinaryCallingFormat())

--- boto3 (Python) ---
import boto3
from botocore.config import Config
s3 = boto3.client(
    \"s3\", endpoint_url=\"{url}\", region_name=\"{region}\",
    aws_access_key_id=\"{access_key}\", aws_secret_access_key=\"{secret_key}\",
    config=Config(s3={{\"addressing_style\": \"path\"}}))

--- ~/.config/rclone/rclone.conf (then: rclone lsd dolium:) ---
[dolium]
type = s3
provider = Other
access_key_id = {access_key}
secret_access_key = {secret_key}
region = {region}
endpoint = {url}
force_path_style = true
",
        v2 = s3cfg("True"),
        v4 = s3cfg("False"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(listen: &str) -> Endpoint {
        let mut config = Config::default();
        config.server.listen = listen.into();
        Endpoint::of(&config, None)
    }

    #[test]
    fn an_endpoint_on_all_addresses_is_shown_by_its_loopback() {
        assert_eq!(endpoint("0.0.0.0:7480").url(), "http://127.0.0.1:7480");
        assert_eq!(endpoint("[::]:80").url(), "http://[::1]:80");
        assert_eq!(endpoint("s3.example.org:443").url(), "http://s3.example.org:443");
        let bound = Endpoint::of(&Config::default(), Some(([127, 0, 0, 3], 5).into()));
        assert_eq!(bound.url(), "http://127.0.0.3:5");
    }

    #[test]
    fn every_client_gets_key_and_endpoint() {
        let text = blocks(&endpoint("127.0.0.1:7480"), "AKEY", "SKEY");
        for wanted in [
            "signature_v2 = True",
            "signature_v2 = False",
            "host_bucket = 127.0.0.1:7480",
            "endpoint_url = http://127.0.0.1:7480",
            "OrdinaryCallingFormat()",
            "endpoint_url=\"http://127.0.0.1:7480\"",
            "force_path_style = true",
        ] {
            assert!(text.contains(wanted), "{wanted}");
        }
        assert_eq!(text.matches("SKEY").count(), 6);
    }
}
