//! GetBucketLifecycleConfiguration.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the rules | rules_come_back_in_the_form_and_order_they_were_put_in |
//! | 403 AccessDenied | the caller has no right to it | put_bucket_lifecycle_configuration::who_may |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchLifecycleConfiguration | it has none | a_bucket_without_rules_has_its_own_error |

use super::put_bucket_lifecycle_configuration::{put, rule};
use crate::ops::Ground;

#[test]
fn a_bucket_without_rules_has_its_own_error() {
    let g = Ground::new();
    for query in ["lifecycle", "lifecycle="] {
        g.alice.get(&format!("{}?{query}", g.root())).assert_error(404, "NoSuchLifecycleConfiguration");
    }
}

#[test]
fn rules_come_back_in_the_form_and_order_they_were_put_in() {
    let g = Ground::new();
    let action = "<Expiration><Days>31</Days></Expiration>";
    let older = "<Rule><ID>b</ID><Prefix>test1/</Prefix><Status>Enabled</Status><Expiration><Days>31</Days></Expiration>\
        </Rule><Rule><ID>a</ID><Prefix>test2/</Prefix><Status>Disabled</Status><Expiration><Date>2030-01-01T00:00:00.000Z\
        </Date></Expiration></Rule>";
    put(&g, older).assert_status(200);
    let read = g.alice.get(&format!("{}?lifecycle", g.root())).assert_status(200);
    assert!(read.text().ends_with(&format!("{older}</LifecycleConfiguration>")), "{read}");
    let filters = [
        "<Filter></Filter>",
        "<Filter><Prefix></Prefix></Filter>",
        "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>",
        "<Filter><And><Prefix>p</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>",
    ];
    for filter in filters {
        put(&g, &rule("x", &format!("{filter}{action}"))).assert_status(200);
        let read = g.alice.get(&format!("{}?lifecycle", g.root())).assert_status(200);
        assert!(
            read.text().contains(&format!("<ID>x</ID>{filter}<Status>Enabled</Status>{action}")),
            "{filter}: {read}"
        );
    }
}

#[test]
fn a_rule_without_an_id_got_one_that_stays() {
    let g = Ground::new();
    let rule = "<Rule><Filter/><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>";
    put(&g, rule).assert_status(200);
    let read = || g.alice.get(&format!("{}?lifecycle", g.root())).assert_status(200).elements("ID");
    let first = read();
    assert_eq!(first.len(), 1);
    assert!(!first[0].is_empty());
    assert_eq!(read(), first);
}
