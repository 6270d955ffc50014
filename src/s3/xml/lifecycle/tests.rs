use super::*;
use crate::s3::lifecycle::validate;

fn read(rules: &str) -> Result<Vec<Rule>, S3Error> {
    let document = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
    let rules = parse(document.as_bytes())?;
    validate::check(&rules)?;
    Ok(rules)
}

/// An enabled rule.
fn one(inner: &str) -> String {
    format!("<Rule><Status>Enabled</Status>{inner}</Rule>")
}

const DAYS: &str = "<Expiration><Days>1</Days></Expiration>";
const ABORT: &str =
    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>";
const TAG: &str = "<Tag><Key>k</Key><Value>v</Value></Tag>";
const LARGE: &str = "<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan>";
const MARKER: &str = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";

#[test]
fn what_is_written_is_read_back() {
    let noncurrent = "<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>5\
        </NewerNoncurrentVersions></NoncurrentVersionExpiration>";
    for rules in [
        one(&format!("<ID>a b</ID><Prefix>logs/</Prefix>{DAYS}{ABORT}")),
        one("<Prefix/><Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>"),
        one(&format!("<Filter/>{MARKER}{noncurrent}")),
        one(&format!("<Filter><Prefix> &#13;</Prefix></Filter>{DAYS}")),
        one(&format!("<Filter>{TAG}</Filter>{DAYS}")),
        one(&format!("<Filter>{LARGE}</Filter>{DAYS}")),
        one(&format!(
            "<Filter><And><Prefix>p</Prefix>{TAG}{LARGE}<ObjectSizeLessThan>9</ObjectSizeLessThan></And></Filter>{DAYS}"
        )),
        one(&format!("<Filter><Prefix>p</Prefix>{TAG}<And><Prefix>p</Prefix>{TAG}</And></Filter>{DAYS}")),
        format!("<Rule><Filter/><Status>Disabled</Status>{DAYS}</Rule>\n  {}", one(&format!("<Filter/>{DAYS}"))),
    ] {
        let rules = Rules { rules: read(&rules).expect(&rules), transition_minimum: 0 };
        let again = parse(&write(&rules)).expect("parses");
        assert_eq!(again, rules.rules);
    }
}

#[test]
fn a_rule_without_an_id_gets_one() {
    let rules =
        read(&format!("{}{}", one(&format!("<Filter/>{DAYS}")), one(&format!("<ID/><Filter/>{DAYS}")))).expect("reads");
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert!(ids.iter().all(|id| id.len() == 48), "{ids:?}");
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn dates_are_midnights_in_iso_8601() {
    let date = |text: &str| {
        read(&one(&format!("<Prefix/><Expiration><Date>{text}</Date></Expiration>"))).map(|rules| rules[0].expiration)
    };
    let day = Some(Expiration::Date(1_893_456_000));
    for good in ["2030-01-01", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00+00:00"] {
        assert_eq!(date(good).expect(good), day, "{good}");
    }
    for bad in ["2030-01-01T00:00:01Z", "2030-01-01T12:00:00Z", "2030-01-01T00:00:00.001Z", "2030-01-01T00:00:00+02:00"]
    {
        assert_eq!(date(bad).expect_err(bad).code, S3ErrorCode::InvalidArgument, "{bad}");
    }
    for bad in ["", "20300101", "2030-13-01", "Fri, 01 Jan 2016 00:00:00 GMT", "tomorrow!!", "2030-01-01T00:00:00"] {
        assert_eq!(date(bad).expect_err(bad).code, S3ErrorCode::MalformedXML, "{bad}");
    }
}

/// Asserts that each of these has this error.
fn all_are(code: S3ErrorCode, faults: &[String]) {
    for rules in faults {
        let error = read(rules).expect_err(rules);
        assert_eq!(error.code, code, "{rules}: {}", error.message);
    }
}

fn noncurrent(inner: &str) -> String {
    one(&format!("<Filter/><NoncurrentVersionExpiration>{inner}</NoncurrentVersionExpiration>"))
}

fn expiration(inner: &str) -> String {
    one(&format!("<Filter/><Expiration>{inner}</Expiration>"))
}

fn filter(inner: &str) -> String {
    one(&format!("<Filter>{inner}</Filter>{DAYS}"))
}

#[test]
fn what_the_schema_does_not_know_is_malformed() {
    let faults = [
        String::new(),
        "<Other/>".to_owned(),
        one(&format!("<ID>x</ID><Filter/>{DAYS}")).replace("Enabled", "enabled"),
        format!("<Rule><Filter/>{DAYS}</Rule>"),
        one(DAYS),
        one(&format!("<Filter/><Prefix/>{DAYS}")),
        one(&format!("<Filter/><Filter/>{DAYS}")),
        one(&format!("<Filter/><Expires/>{DAYS}")),
        filter("<Perfix>a</Perfix>"),
        filter(&format!("<And>{TAG}</And>")),
        filter("<And/>"),
        filter(&TAG.repeat(2)),
        filter("<Tag><Value>v</Value></Tag>"),
        filter("<ObjectSizeLessThan>-1</ObjectSizeLessThan>"),
        expiration(""),
        expiration("<Days>x</Days>"),
        expiration("<Days>1</Days><Date>2030-01-01</Date>"),
        expiration("<Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>"),
        expiration("<ExpiredObjectDeleteMarker>yes</ExpiredObjectDeleteMarker>"),
        noncurrent(""),
        noncurrent("<NewerNoncurrentVersions>1</NewerNoncurrentVersions>"),
        one("<Filter/><AbortIncompleteMultipartUpload/>"),
        one(&format!("<Filter/>{DAYS}")).repeat(1_001),
    ];
    all_are(S3ErrorCode::MalformedXML, &faults);
}

#[test]
fn numbers_and_ids_are_arguments() {
    let newer = |count: &str| {
        noncurrent(&format!(
            "<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>{count}</NewerNoncurrentVersions>"
        ))
    };
    let faults = [
        expiration("<Days>0</Days>"),
        expiration("<Days>-3</Days>"),
        expiration("<Days>2147483648</Days>"),
        noncurrent("<NoncurrentDays>0</NoncurrentDays>"),
        newer("0"),
        newer("101"),
        one(&format!("<Filter/>{}", ABORT.replace('1', "0"))),
        one(&format!("<ID>{}</ID><Filter/>{DAYS}", "i".repeat(256))),
        one(&format!("<ID>same</ID><Filter/>{DAYS}")).repeat(2),
    ];
    all_are(S3ErrorCode::InvalidArgument, &faults);
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    let both = |a: &str, b: &str| format!("{}{}", one(&format!("{a}{DAYS}")), one(&format!("{b}{DAYS}")));
    let newer = noncurrent("<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>9</NewerNoncurrentVersions>");
    let faults = [
        one("<Filter/>"),
        filter(&format!("<And>{TAG}{TAG}</And>")),
        filter("<ObjectSizeLessThan>0</ObjectSizeLessThan>"),
        filter(&format!("<And>{LARGE}<ObjectSizeLessThan>5</ObjectSizeLessThan></And>")),
        filter(&format!("<Prefix>{}</Prefix>", "p".repeat(1025))),
        newer.replace("Filter", "Prefix"),
        one(&format!("<Filter>{TAG}</Filter>{ABORT}")),
        one(&format!("<Filter>{LARGE}</Filter>{ABORT}")),
        one(&format!("<Filter>{TAG}</Filter>{MARKER}")),
        one(&format!("<Filter>{LARGE}</Filter>{MARKER}")),
        both("<Prefix>p</Prefix>", "<Prefix>p</Prefix>"),
        both("<Prefix>di</Prefix>", "<Prefix>dir</Prefix>"),
        both("<Prefix/>", "<Filter/>"),
        both("<Filter/>", "<Prefix/>"),
    ];
    all_are(S3ErrorCode::InvalidRequest, &faults);
}

#[test]
fn transitions_are_not_implemented() {
    let transition = "<Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition>";
    let faults = [one(&format!("<Filter/>{DAYS}{transition}")), one("<Filter/><NoncurrentVersionTransition/>")];
    all_are(S3ErrorCode::NotImplemented, &faults);
    let never = "<Transition><Date>20220927</Date><StorageClass>GLACIER</StorageClass></Transition>";
    all_are(S3ErrorCode::MalformedXML, &[one(&format!("<Filter/>{never}"))]);
}

#[test]
fn what_may_stand_together() {
    for rules in [
        one(&format!("<Filter/>{DAYS}")).repeat(1_000),
        // Different actions below one prefix, and different prefixes for one action.
        format!("{}{}", one(&format!("<Prefix>p</Prefix>{DAYS}")), one(&format!("<Prefix>p</Prefix>{ABORT}"))),
        format!("{}{}", one(&format!("<Prefix>a</Prefix>{DAYS}")), one(&format!("<Prefix>b</Prefix>{DAYS}"))),
        // Filters may overlap: the shorter time counts.
        format!("{}{}", one(&format!("<Filter/>{DAYS}")), one(&format!("<Filter><Prefix>p</Prefix></Filter>{DAYS}"))),
        one(&format!("<ID>{}</ID><Filter/>{DAYS}", "ü".repeat(255))),
    ] {
        assert!(read(&rules).is_ok(), "{rules}");
    }
}
