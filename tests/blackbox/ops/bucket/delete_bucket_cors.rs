//! DeleteBucketCors.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the rules are gone, or were | rules_are_gone_and_may_be_gone_already |
//! | 403 AccessDenied | the caller has no right to it | access::no_operation_of_the_table_is_open_to_strangers |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use super::put_bucket_cors::{put, rule};
use crate::ops::Ground;

#[test]
fn rules_are_gone_and_may_be_gone_already() {
    let g = Ground::new();
    let target = format!("{}?cors", g.root());
    g.alice.delete(&target).assert_status(204);
    put(&g, &rule(&["*"], &["GET"], "")).assert_status(200);
    g.alice.delete(&target).assert_status(204);
    g.alice.get(&target).assert_error(404, "NoSuchCORSConfiguration");
    let from_a_page = g.alice.request("GET", &g.root()).header("origin", "https://a.example").send();
    from_a_page.assert_status(200).assert_no_header("access-control-allow-origin");
    g.alice.head(&g.root()).assert_status(200);
}
