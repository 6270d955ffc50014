//! Answers that begin before their work is done: 200, white space while it goes on, then the document, which may be an
//! `Error` (as AWS answers UploadPartCopy and CompleteMultipartUpload; clients and proxies would time out otherwise).

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::{self, Either, LocalBoxFuture};
use futures::stream;

use crate::s3::error::S3Error;
use crate::s3::response::{ReplyBody, Response};
use crate::s3::xml;

/// Work that ends sooner is answered with the status that is its due.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two pieces of white space: shorter than any proxy's idle limit.
const BREATH: Duration = Duration::from_secs(5);
const PROLOGUE: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// What an error needs that has to be written after the status went out.
pub struct Context {
    /// The `Resource` element.
    pub resource: String,
    /// The `RequestId` element.
    pub request_id: String,
    /// The `HostId` element.
    pub host_id: String,
}

/// Answers with what `work` makes; of one that comes late, only the document counts.
///
/// # Errors
/// Those of `work`, if they come soon; later ones are written into the answer.
pub async fn answer<F>(work: F, context: Context) -> Result<Response, S3Error>
where
    F: Future<Output = Result<Response, S3Error>> + 'static,
{
    let work: LocalBoxFuture<'static, _> = Box::pin(work);
    let work = match future::select(work, Box::pin(tokio::time::sleep(PATIENCE))).await {
        Either::Left((done, _)) => return done,
        Either::Right(((), work)) => work,
    };
    let mut reply = Response::xml(Bytes::new());
    let first = stream::once(future::ready(Ok(Bytes::from_static(PROLOGUE))));
    let rest = stream::unfold(Some((work, context)), |state| async move {
        let (work, context) = state?;
        match future::select(work, Box::pin(tokio::time::sleep(BREATH))).await {
            Either::Left((done, _)) => {
                let document = match done.map(|reply| reply.body) {
                    Ok(ReplyBody::Full(document)) => document,
                    Ok(_) => Bytes::new(),
                    Err(error) => {
                        xml::error::document(&error, &context.resource, &context.request_id, &context.host_id)
                    }
                };
                // The prologue went out first; a second one would not be well formed.
                let document = document.strip_prefix(PROLOGUE).map(|d| document.slice_ref(d)).unwrap_or(document);
                Some((Ok(document), None))
            }
            Either::Right(((), work)) => Some((Ok(Bytes::from_static(b" ")), Some((work, context)))),
        }
    });
    reply.body = ReplyBody::Unsized(first.chain(rest).boxed_local());
    Ok(reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::error::S3ErrorCode;

    fn context() -> Context {
        Context { resource: "/b/k".into(), request_id: "R".into(), host_id: "H".into() }
    }

    async fn text(reply: Response) -> String {
        let ReplyBody::Unsized(stream) = reply.body else { panic!("the answer has a known length") };
        let pieces: Vec<_> = stream.map(|p| p.expect("does not fail")).collect().await;
        String::from_utf8(pieces.concat()).expect("is UTF-8")
    }

    #[tokio::test(start_paused = true)]
    async fn slow_work_breathes_and_ends_in_one_document() {
        let work = async {
            tokio::time::sleep(Duration::from_secs(13)).await;
            let mut out = xml::Document::new("R");
            out.text("A", "1");
            Ok(Response::xml(out.finish()))
        };
        let text = text(answer(work, context()).await.expect("begins")).await;
        assert!(text.starts_with("<?xml"), "{text}");
        assert!(text.contains("\n  <R"), "{text}");
        assert_eq!(text.matches("<?xml").count(), 1, "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn late_errors_are_written_and_early_ones_returned() {
        let late = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            Err(S3ErrorCode::NoSuchUpload.into())
        };
        let text = text(answer(late, context()).await.expect("begins")).await;
        assert!(text.contains("<Error><Code>NoSuchUpload</Code>"), "{text}");
        let early = async { Err(S3ErrorCode::NoSuchUpload.into()) };
        assert_eq!(answer(early, context()).await.err().map(|e| e.code), Some(S3ErrorCode::NoSuchUpload));
    }
}
