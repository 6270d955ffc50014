use super::*;
use crate::s3::xml;
use crate::storage::Tag;

const DAY: i64 = 86_400_000_000;

fn rules(inner: &str) -> Rules {
    let rule = format!("<Rule><ID>r</ID><Status>Enabled</Status>{inner}</Rule>");
    parsed(&rule)
}

fn parsed(rules: &str) -> Rules {
    let document = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
    Rules { rules: xml::lifecycle::parse(document.as_bytes()).expect("parses"), transition_minimum: 0 }
}

fn object(size: u64, tags: &[(&str, &str)]) -> ObjectAttrs {
    let tags = tags.iter().map(|(key, value)| Tag { key: (*key).to_owned(), value: (*value).to_owned() }).collect();
    ObjectAttrs { size, tags, ..ObjectAttrs::default() }
}

fn marker() -> ObjectAttrs {
    ObjectAttrs { delete_marker: true, ..ObjectAttrs::default() }
}

/// Whether a version made at 0 is due after so many days.
fn due(rules: &Rules, key: &str, attrs: &ObjectAttrs, position: Position, days: i64) -> bool {
    rules.is_due(key, attrs, position, Calendar::REAL, Timestamp(days * DAY))
}

const ALONE: Position = Position::Current { alone: true };
const ON_TOP: Position = Position::Current { alone: false };

#[test]
fn filters_take_what_they_say() {
    let expire = |filter: &str| rules(&format!("{filter}<Expiration><Days>1</Days></Expiration>"));
    let tag = |key: &str, value: &str| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    let (a, b) = (tag("a", "1"), tag("b", "2"));
    let tagged = object(10, &[("a", "1"), ("b", "2"), ("c", "3")]);
    for (filter, key, attrs, wanted) in [
        ("<Prefix>logs/</Prefix>".to_owned(), "logs/x", object(1, &[]), true),
        ("<Prefix>logs/</Prefix>".to_owned(), "log", object(1, &[]), false),
        ("<Prefix/>".to_owned(), "anything", object(1, &[]), true),
        ("<Filter/>".to_owned(), "anything", object(1, &[]), true),
        ("<Filter><Prefix>a</Prefix></Filter>".to_owned(), "ab", object(1, &[]), true),
        ("<Filter><Prefix>a</Prefix></Filter>".to_owned(), "ba", object(1, &[]), false),
        (format!("<Filter>{a}</Filter>"), "k", tagged.clone(), true),
        (format!("<Filter>{a}</Filter>"), "k", object(1, &[("a", "2")]), false),
        (format!("<Filter>{a}</Filter>"), "k", object(1, &[]), false),
        (format!("<Filter><And>{a}{b}</And></Filter>"), "k", tagged.clone(), true),
        (format!("<Filter><And>{a}{b}</And></Filter>"), "k", object(1, &[("a", "1")]), false),
        (format!("<Filter><And><Prefix>k</Prefix>{b}</And></Filter>"), "k", tagged.clone(), true),
        (format!("<Filter><And><Prefix>x</Prefix>{b}</And></Filter>"), "k", tagged.clone(), false),
        // Several directly, and beside an And: all of them have to hold.
        (format!("<Filter><Prefix>k</Prefix>{a}</Filter>"), "k", tagged.clone(), true),
        (format!("<Filter><Prefix>k</Prefix>{a}</Filter>"), "k", object(1, &[]), false),
        (format!("<Filter>{a}<And><Prefix>k</Prefix>{b}</And></Filter>"), "k", object(1, &[("b", "2")]), false),
        ("<Filter><ObjectSizeGreaterThan>10</ObjectSizeGreaterThan></Filter>".to_owned(), "k", tagged.clone(), false),
        ("<Filter><ObjectSizeGreaterThan>9</ObjectSizeGreaterThan></Filter>".to_owned(), "k", tagged.clone(), true),
        ("<Filter><ObjectSizeLessThan>10</ObjectSizeLessThan></Filter>".to_owned(), "k", tagged.clone(), false),
        ("<Filter><ObjectSizeLessThan>11</ObjectSizeLessThan></Filter>".to_owned(), "k", tagged.clone(), true),
    ] {
        assert_eq!(due(&expire(&filter), key, &attrs, ALONE, 1), wanted, "{filter} of {key} {attrs:?}");
    }
}

#[test]
fn current_versions_expire_by_days_and_by_date() {
    let days = rules("<Prefix/><Expiration><Days>2</Days></Expiration>");
    for (position, attrs) in [(ALONE, object(1, &[])), (ON_TOP, object(1, &[])), (ALONE, marker())] {
        assert!(!due(&days, "k", &attrs, position, 1), "{position:?}");
        assert!(due(&days, "k", &attrs, position, 2), "{position:?}");
    }
    assert!(!due(&days, "k", &marker(), ON_TOP, 9), "something is left below it");
    let date = rules("<Prefix/><Expiration><Date>1970-01-04T00:00:00Z</Date></Expiration>");
    assert!(!due(&date, "k", &object(1, &[]), ALONE, 2));
    assert!(due(&date, "k", &object(1, &[]), ALONE, 3));
    let old = Position::Noncurrent { since: Timestamp(0), newer: 9 };
    assert!(!due(&days, "k", &object(1, &[]), old, 99) && !due(&date, "k", &object(1, &[]), old, 99));
}

#[test]
fn delete_markers_that_stand_alone_go() {
    let expired =
        rules("<Prefix/><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>");
    assert!(due(&expired, "k", &marker(), ALONE, 0));
    assert!(!due(&expired, "k", &marker(), ON_TOP, 99));
    assert!(!due(&expired, "k", &object(1, &[]), ALONE, 99));
    let kept = rules("<Prefix/><Expiration><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>");
    assert!(!due(&kept, "k", &marker(), ALONE, 99));
}

#[test]
fn noncurrent_versions_go_by_age_and_by_number() {
    let age =
        rules("<Filter/><NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>");
    let at = |day: i64, newer: u64| Position::Noncurrent { since: Timestamp(day * DAY), newer };
    assert!(due(&age, "k", &object(1, &[]), at(1, 0), 4));
    assert!(!due(&age, "k", &object(1, &[]), at(2, 0), 4), "its own age does not count");
    assert!(due(&age, "k", &marker(), at(1, 0), 4));
    assert!(!due(&age, "k", &object(1, &[]), ALONE, 99));
    let number = rules(
        "<Filter/><NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays>\
         <NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration>",
    );
    assert!(!due(&number, "k", &object(1, &[]), at(0, 1), 9), "two stay");
    assert!(due(&number, "k", &object(1, &[]), at(0, 2), 9));
    assert!(!due(&number, "k", &object(1, &[]), at(7, 2), 9), "both have to be exceeded");
}

#[test]
fn a_disabled_rule_says_nothing() {
    let rules = parsed(
        "<Rule><Prefix/><Status>Disabled</Status><Expiration><Days>1</Days></Expiration><AbortIncompleteMultipartUpload>\
         <DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>",
    );
    assert!(!due(&rules, "k", &object(1, &[]), ALONE, 99));
    assert_eq!(rules.expiration("k", &object(1, &[])), None);
    assert_eq!(rules.abortion("k", Timestamp(0), Calendar::REAL), None);
    assert!(!rules.concern_versions() && !rules.concern_uploads());
}

#[test]
fn the_first_deadline_is_told() {
    let rules = parsed(
        "<Rule><ID>late</ID><Filter/><Status>Enabled</Status><Expiration><Days>9</Days></Expiration></Rule>\
         <Rule><ID>first</ID><Filter><Prefix>a</Prefix></Filter><Status>Enabled</Status>\
         <Expiration><Days>2</Days></Expiration></Rule>\
         <Rule><ID>second</ID><Filter><Prefix>a</Prefix></Filter><Status>Enabled</Status>\
         <Expiration><Days>2</Days></Expiration></Rule>\
         <Rule><ID>up</ID><Filter/><Status>Enabled</Status><AbortIncompleteMultipartUpload>\
         <DaysAfterInitiation>4</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>",
    );
    let made = ObjectAttrs { modified_micros: 1, ..object(1, &[]) };
    assert_eq!(rules.expiration("a", &made), Some((Timestamp(3 * DAY), "first")));
    assert_eq!(rules.expiration("b", &made), Some((Timestamp(10 * DAY), "late")));
    assert_eq!(rules.expiration("b", &marker()), None);
    assert_eq!(rules.abortion("b", Timestamp(1), Calendar::REAL), Some((Timestamp(5 * DAY), "up")));
    assert!(rules.concern_versions() && rules.concern_uploads());
}
