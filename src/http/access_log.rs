//! One line per request, written when the answer is out. Never a secret, never a signature.

use std::net::IpAddr;
use std::time::Instant;

use crate::http::upload::Upload;
use crate::s3::request::WireHead;

/// Query parameters whose values open something.
const SECRET_PARAMETERS: [&str; 4] = ["signature", "x-amz-signature", "x-amz-security-token", "x-amz-credential"];
/// Longest target that is logged, bytes.
const TARGET_BYTES_MAX: usize = 2048;

/// A request in the making; dropping it writes the line.
pub struct Record {
    method: String,
    target: String,
    client: IpAddr,
    request_id: String,
    user_agent: String,
    began: Instant,
    /// AWS's name of the operation, once it is known; `Unreadable` for what was no request.
    pub operation: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// Bytes of the answer's body that were handed to the connection.
    pub sent: u64,
    /// Whether the whole answer was handed over.
    pub whole: bool,
    /// The body of the request.
    pub upload: Option<Upload>,
}

impl Record {
    /// Begins with the request's head.
    pub fn begin(wire: &WireHead, method: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: redacted(&wire.raw_target),
            client: wire.client,
            request_id: wire.request_id.clone(),
            user_agent: wire.headers.get("user-agent").unwrap_or("-").to_owned(),
            began: Instant::now(),
            operation: "-",
            status: 0,
            sent: 0,
            whole: false,
            upload: None,
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            target: "dolium::access",
            client = %self.client,
            request_id = %self.request_id,
            operation = self.operation,
            method = %self.method,
            target = %self.target,
            status = self.status,
            received_bytes = self.upload.as_ref().map_or(0, Upload::received),
            sent_bytes = self.sent,
            cut = !self.whole,
            milliseconds,
            user_agent = ?self.user_agent,
            "request"
        );
    }
}

/// The request target without values that open something.
fn redacted(raw: &str) -> String {
    let mut raw = raw;
    if raw.len() > TARGET_BYTES_MAX {
        // The target is ASCII: actix's parser took it.
        raw = raw.get(..TARGET_BYTES_MAX).unwrap_or("");
    }
    let Some((path, query)) = raw.split_once('?') else { return raw.to_owned() };
    let shown: Vec<String> = query
        .split('&')
        .map(|part| match part.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}=REDACTED"),
            _ => part.to_owned(),
        })
        .collect();
    format!("{path}?{}", shown.join("&"))
}

fn is_secret(raw_name: &str) -> bool {
    let name = percent_encoding::percent_decode_str(raw_name).decode_utf8_lossy().to_ascii_lowercase();
    SECRET_PARAMETERS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_not_logged() {
        assert_eq!(
            redacted("/b/k?AWSAccessKeyId=A&Signature=s%2Bt&Expires=1&X-Amz-Signature=ab&x-amz%2dsecurity-token=t&x"),
            "/b/k?AWSAccessKeyId=A&Signature=REDACTED&Expires=1&X-Amz-Signature=REDACTED\
             &x-amz%2dsecurity-token=REDACTED&x"
        );
        assert_eq!(redacted("/b/k"), "/b/k");
    }
}
