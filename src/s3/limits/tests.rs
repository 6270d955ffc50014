use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, stream};
use tokio::time::Instant;

use super::*;
use crate::s3::error::S3ErrorCode;
use crate::s3::response::ReplyBody;
use crate::storage::{BucketId, BucketName, BucketSettings, Timestamp};

fn bucket(number: u8, limits: Option<RateLimits>) -> Bucket {
    Bucket {
        name: BucketName::existing("bucket").expect("is a name"),
        id: BucketId::from_slice(&[number; 16]).expect("is an id"),
        owner: TenantId([number; 32]),
        region: String::new(),
        created: Timestamp(0),
        settings: Arc::new(BucketSettings { limits, ..BucketSettings::default() }),
    }
}

fn requests(requests_per_second: u32) -> RateLimits {
    RateLimits { requests_per_second, ..RateLimits::default() }
}

fn bytes(bytes_per_second: u64) -> RateLimits {
    let (received_bytes_per_second, sent_bytes_per_second) = (bytes_per_second, bytes_per_second);
    RateLimits { received_bytes_per_second, sent_bytes_per_second, ..RateLimits::default() }
}

fn limits(tenant: RateLimits, bucket: RateLimits) -> Limits {
    Limits::new(Defaults { tenant, bucket, failed_signatures_per_minute: 0 }, None)
}

struct OneTenant(TenantId, RateLimits);

#[async_trait]
impl TenantLimits for OneTenant {
    async fn of_tenant(&self, tenant: TenantId) -> Result<Option<RateLimits>, StorageError> {
        Ok((tenant == self.0).then_some(self.1))
    }
}

fn admit(limits: &Limits, bucket: &Bucket) -> Result<Throttle, S3Error> {
    // Nothing of it waits here.
    limits.count(&Caller::Anonymous, Some(bucket), true).now_or_never().expect("is ready")?.admit()
}

/// How many of a hundred requests get through at once.
fn through(limits: &Limits, bucket: &Bucket) -> usize {
    (0..100).filter(|_| admit(limits, bucket).is_ok()).count()
}

#[test]
fn more_requests_than_are_allowed_are_told_when_to_come_again() {
    let limits = limits(RateLimits::default(), requests(2));
    let (first, second) = (bucket(1, None), bucket(2, None));
    // A third may come when this thread was put to sleep in between.
    assert!((2..10).contains(&through(&limits, &first)));
    let refused = admit(&limits, &first).err().expect("is too many");
    assert_eq!((refused.code, refused.headers), (S3ErrorCode::SlowDown, vec![("retry-after", "1".to_owned())]));
    assert!(admit(&limits, &second).is_ok(), "each bucket has its own");
    assert_eq!(through(&limits, &bucket(3, Some(RateLimits::default()))), 100, "and may have none");
    assert!(through(&limits, &bucket(2, Some(requests(20)))) >= 20, "a change takes effect at once");
}

#[test]
fn tenants_have_limits_of_their_own() {
    let tenants = OneTenant(TenantId([2; 32]), requests(50));
    let defaults = Defaults { tenant: requests(3), ..Defaults::default() };
    let limits = Limits::new(defaults, Some(Arc::new(tenants)));
    assert!((3..20).contains(&through(&limits, &bucket(1, None))));
    assert!((50..100).contains(&through(&limits, &bucket(2, None))));
}

/// What a bucket's own limit refuses is no reason to refuse unsigned requests to the tenant's other buckets.
#[test]
fn a_flood_on_one_bucket_leaves_the_others_their_share() {
    let limits = limits(requests(5), requests(1));
    let (flooded, other) =
        (bucket(1, None), Bucket { id: BucketId::from_slice(&[2; 16]).expect("is an id"), ..bucket(1, None) });
    let count =
        |bucket: &Bucket| limits.count(&Caller::Anonymous, Some(bucket), false).now_or_never().expect("is ready");
    assert!((0..100).filter(|_| count(&flooded).is_ok()).count() < 20);
    assert!(count(&other).is_ok());
}

#[test]
fn whoever_has_no_limits_costs_nothing() {
    let limits = limits(RateLimits::default(), RateLimits::default());
    assert_eq!(through(&limits, &bucket(1, None)), 100);
    assert!(admit(&limits, &bucket(1, None)).is_ok_and(|throttle| throttle.is_free()));
}

#[tokio::test(start_paused = true)]
async fn bodies_go_at_the_speed_of_the_narrower_of_two_limits() {
    let limits = limits(bytes(1 << 20), bytes(1 << 17));
    let body = || stream::iter([Ok::<_, S3Error>(Bytes::from(vec![7; 1 << 19])), Ok(Bytes::from(vec![8; 1 << 19]))]);
    let began = Instant::now();
    let throttle = admit(&limits, &bucket(1, None)).expect("is free");
    let received: Vec<_> = throttle.receive(body().boxed_local()).map(|piece| piece.expect("is whole")).collect().await;
    assert_eq!(received.concat(), [vec![7; 1 << 19], vec![8; 1 << 19]].concat());
    let took = began.elapsed().as_secs_f64();
    assert!((7.5..8.5).contains(&took), "{took}");

    let began = Instant::now();
    let throttle = admit(&limits, &bucket(1, None)).expect("is free");
    let stream = body().map(|piece| piece.map_err(|error| error.message.into_owned())).boxed_local();
    let ReplyBody::Stream { length: 5, stream } = throttle.send(ReplyBody::Stream { length: 5, stream }).await else {
        panic!("stays a stream");
    };
    assert_eq!(
        stream.map(|piece| piece.expect("is whole").len()).collect::<Vec<_>>().await.iter().sum::<usize>(),
        1 << 20
    );
    let took = began.elapsed().as_secs_f64();
    assert!((6.5..8.5).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_would_wait_too_long_is_refused_before_it_comes() {
    let limits = limits(RateLimits::default(), bytes(1000));
    let bucket = bucket(1, None);
    let answer = |length: usize| ReplyBody::Full(Bytes::from(vec![0; length]));
    admit(&limits, &bucket).expect("is free").send(answer(4000)).await;
    let second = admit(&limits, &bucket).expect("waits for four seconds");
    let began = Instant::now();
    second.send(answer(9000)).await;
    assert_eq!(began.elapsed(), Duration::from_secs(4));
    let refused = admit(&limits, &bucket).err().expect("would wait for nine seconds");
    assert_eq!((refused.code, refused.headers), (S3ErrorCode::SlowDown, vec![("retry-after", "4".to_owned())]));
    tokio::time::advance(Duration::from_secs(4)).await;
    assert!(admit(&limits, &bucket).is_ok());
}

#[test]
fn meters_are_bounded() {
    let meters = Meters::default();
    let held = meters.of(Subject::Tenant(TenantId([0xff; 32])), requests(1));
    for number in 0..20_000_u32 {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&number.to_be_bytes());
        assert!(meters.of(Subject::Tenant(TenantId(id)), requests(1)).is_some());
    }
    assert_eq!(meters.len(), 16_384);
    let again = meters.of(Subject::Tenant(TenantId([0xff; 32])), requests(1));
    assert!(Arc::ptr_eq(&held.expect("is there"), &again.expect("is there")), "one that is in use stays");
}
