//! Authentication as a whole, fed with requests and asked who they are from.

mod bodies;
mod forms;
mod mutations;
mod presigned_urls;
mod published;
mod v2_rules;
mod v4_rules;

use async_trait::async_trait;

use super::ask::{ACCESS, Ask, NOW, OneKey, SECRET, UNSIGNED, read, sign, signer};
use super::{Caller, CredentialSource, Identity, Lookup, verified};
use crate::fuzzing::run;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::storage::StorageError;

/// Knows only sessions that have ended.
struct Ended;

#[async_trait]
impl CredentialSource for Ended {
    async fn find(&self, _access_key: &str, _token: Option<&str>) -> Result<Lookup, StorageError> {
        Ok(Lookup::TokenExpired)
    }
}

#[test]
fn an_ended_session_is_told_so() {
    let refusal = run(super::find(&Ended, ACCESS, Some(b"token"))).expect_err("must be refused");
    assert_eq!(refusal.code, S3ErrorCode::ExpiredToken);
}

impl Ask {
    /// The refusal.
    #[track_caller]
    fn refused(&self) -> S3Error {
        self.identify().err().expect("must be refused")
    }

    #[track_caller]
    fn refused_as(&self, code: S3ErrorCode) -> S3Error {
        let refusal = self.refused();
        assert_eq!(refusal.code, code, "{refusal:?}");
        refusal
    }

    /// The identity of the tenant.
    #[track_caller]
    fn accepted(&self) -> Identity {
        let identity = self.identify().unwrap_or_else(|refusal| panic!("refused: {refusal:?}"));
        assert!(matches!(&identity.caller, Caller::Principal(who) if who.access_key == ACCESS));
        identity
    }

    /// Sends the body in pieces of `piece` bytes and reads what comes through.
    fn send(&self, body: &[u8], piece: usize) -> Result<(Vec<u8>, Headers), S3Error> {
        self.send_pieces(body.chunks(piece))
    }
}
