//! Wrong signatures: whoever sends too many for one access key from one address is told to slow down, also when a right
//! one is among them, so that guessing tells nothing.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::s3::error::{S3Error, S3ErrorCode};

const MINUTE: Duration = Duration::from_secs(60);
/// Pairs of address and access key that are remembered, 32 bytes each.
const SUSPECTS_MAX: usize = 65_536;
/// Of so many, the one with the fewest failures makes room for another.
const SAMPLE: usize = 16;

/// Who has failed lately.
pub struct Failures {
    /// How long one failure counts; `None` when failures do not.
    each: Option<Duration>,
    hasher: RandomState,
    /// Until when the failures of a pair count together. Keys are hashes: an access key is as long as its sender likes.
    suspects: Mutex<HashMap<u64, Instant>>,
}

impl Failures {
    /// Lets `per_minute` failures through per minute, at once or one after the other; 0 is unbounded.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        let each = (per_minute > 0).then(|| MINUTE / per_minute);
        Self { each, hasher: RandomState::new(), suspects: Mutex::default() }
    }

    /// Judges the outcome of an authentication; `signer` names the access key that one of success was signed with, if
    /// any was.
    ///
    /// # Errors
    /// The outcome's own, or `SlowDown`.
    pub fn judge<T>(
        &self,
        client: IpAddr,
        outcome: Result<T, S3Error>,
        signer: impl FnOnce(&T) -> Option<&str>,
    ) -> Result<T, S3Error> {
        let Some(each) = self.each else { return outcome };
        let failed = match &outcome {
            Ok(_) => false,
            Err(error) => matches!(error.code, S3ErrorCode::SignatureDoesNotMatch | S3ErrorCode::InvalidAccessKeyId),
        };
        let access_key = match &outcome {
            Ok(signed) => signer(signed),
            Err(error) if failed => {
                error.fields.iter().find(|(name, _)| *name == "AWSAccessKeyId").map(|(_, k)| k.as_str())
            }
            Err(_) => None,
        };
        let Some(access_key) = access_key else { return outcome };
        let suspect = self.hasher.hash_one((network(client), access_key));
        match self.count(suspect, failed, each) {
            None => outcome,
            Some(wait) => Err(slow_down("Too many wrong signatures. Check the secret key, and try again later.", wait)),
        }
    }

    /// How long the pair has to wait; `None` when it has not. A failure of one that waits does not count again.
    fn count(&self, suspect: u64, failed: bool, each: Duration) -> Option<Duration> {
        let now = Instant::now();
        let mut suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        let until = suspects.get(&suspect).copied().unwrap_or(now).max(now) + each;
        if until > now + MINUTE + each / 2 {
            return Some(until - now - MINUTE);
        }
        if failed {
            if suspects.len() >= SUSPECTS_MAX && !suspects.contains_key(&suspect) {
                let least = suspects.iter().take(SAMPLE).min_by_key(|(_, until)| **until).map(|(suspect, _)| *suspect);
                least.map(|least| suspects.remove(&least));
            }
            suspects.insert(suspect, until);
        } else {
            suspects.remove(&suspect);
        }
        None
    }
}

/// What one sender has: an address of version 4, or the 64 bits of a site's network of version 6.
fn network(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => (address.to_bits() >> 64) | 1 << 127 | 1 << 64,
    }
}

/// The refusal that says when to come again.
pub(super) fn slow_down(why: &'static str, wait: Duration) -> S3Error {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    S3ErrorCode::SlowDown.because(why).header("retry-after", seconds.max(1).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AKEY";

    struct Sender<'a>(&'a Failures, &'static str);

    impl Sender<'_> {
        fn sends(&self, key: &str, right: bool) -> Result<(), S3Error> {
            let wrong = || S3Error::from(S3ErrorCode::SignatureDoesNotMatch).field("AWSAccessKeyId", key);
            let outcome = if right { Ok(key.to_owned()) } else { Err(wrong()) };
            self.0.judge(self.1.parse().expect("an address"), outcome, |key| Some(key)).map(drop)
        }

        fn fails(&self, key: &str) -> S3ErrorCode {
            self.sends(key, false).expect_err("is wrong").code
        }
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_failures_keep_a_right_signature_out_until_they_are_old() {
        let failures = Failures::new(6);
        let sender = Sender(&failures, "192.0.2.1");
        for _ in 0..6 {
            assert_eq!(sender.fails(KEY), S3ErrorCode::SignatureDoesNotMatch);
        }
        assert_eq!(sender.fails(KEY), S3ErrorCode::SlowDown);
        let refused = sender.sends(KEY, true).expect_err("may not say that this one was right");
        assert_eq!((refused.code, refused.headers), (S3ErrorCode::SlowDown, vec![("retry-after", "10".to_owned())]));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(sender.fails(KEY), S3ErrorCode::SignatureDoesNotMatch);
        assert_eq!(sender.fails(KEY), S3ErrorCode::SlowDown);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(sender.sends(KEY, true).is_ok());
        for _ in 0..6 {
            assert_eq!(sender.fails(KEY), S3ErrorCode::SignatureDoesNotMatch);
        }
    }

    #[test]
    fn other_addresses_and_other_keys_are_not_concerned() {
        let failures = Failures::new(1);
        let sender = Sender(&failures, "2001:db8:1:2::1");
        sender.fails(KEY);
        assert_eq!(sender.fails(KEY), S3ErrorCode::SlowDown);
        assert!(sender.sends("OTHER", true).is_ok());
        for (address, blocked) in [
            ("2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:3::1", false),
            ("2001:db8::1", false),
            ("192.0.2.1", false),
            ("::", false),
        ] {
            assert_eq!(Sender(&failures, address).sends(KEY, true).is_err(), blocked, "{address}");
        }
    }

    #[test]
    fn what_is_no_wrong_signature_does_not_count() {
        let failures = Failures::new(1);
        let client = "192.0.2.1".parse().expect("an address");
        for code in [S3ErrorCode::AccessDenied, S3ErrorCode::RequestTimeTooSkewed, S3ErrorCode::ServiceUnavailable] {
            let error = S3Error::from(code).field("AWSAccessKeyId", KEY);
            let judged = failures.judge(client, Err::<(), _>(error), |()| None);
            assert_eq!(judged.expect_err("stays an error").code, code);
        }
        assert!(failures.judge(client, Ok(()), |()| None).is_ok());
        assert!(failures.suspects.lock().expect("is whole").is_empty());
        assert_eq!(Sender(&Failures::new(0), "192.0.2.1").fails(KEY), S3ErrorCode::SignatureDoesNotMatch);
    }

    #[test]
    fn memory_is_bounded_and_made_up_keys_do_not_push_a_real_one_out() {
        let failures = Failures::new(3);
        let sender = Sender(&failures, "192.0.2.1");
        for _ in 0..3 {
            sender.fails(KEY);
        }
        for number in 0..2 * SUSPECTS_MAX {
            sender.fails(&number.to_string());
        }
        assert_eq!(failures.suspects.lock().expect("is whole").len(), SUSPECTS_MAX);
        assert_eq!(sender.fails(KEY), S3ErrorCode::SlowDown);
    }
}
