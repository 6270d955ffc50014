use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn env(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(k, v)| (OsString::from(k), OsString::from(v))).collect()
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn from_file(text: &str) -> Result<Config, String> {
    let file = file(text);
    load(Some(file.path()), env(&[]), &Flags::default())
        .map_err(|e| e.to_string().replace(&file.path().display().to_string(), "FILE"))
}

fn from_env(pairs: &[(&str, &str)]) -> Result<Config, String> {
    load(None, env(pairs), &Flags::default()).map_err(|e| e.to_string())
}

#[test]
fn nothing_at_all_is_the_embedded_store_on_the_loopback() {
    let config = from_env(&[("PATH", "/bin")]).unwrap();
    assert_eq!(config.server.listen, "127.0.0.1:7480");
    assert_eq!(config.store.kind, StoreKind::Embedded);
    assert_eq!(config.buckets.location_aliases, ["US", "EU"]);
    assert_eq!(config.limits.body_bytes_max, 5 << 30);
}

#[test]
fn environment_beats_file_and_flags_beat_both() {
    let file = file("[server]\nlisten = \"127.0.0.1:1\"\nregion = \"file\"\ndomains = [\"a.example\"]\n");
    let vars = env(&[("DOLIUM__SERVER__LISTEN", "127.0.0.1:2"), ("DOLIUM__SERVER__REGION", "env")]);
    let flags = Flags { listen: Some("127.0.0.1:3".into()), data: Some("/x".into()) };
    let config = load(Some(file.path()), vars, &flags).unwrap();
    assert_eq!(config.server.listen, "127.0.0.1:3");
    assert_eq!(config.server.region, "env");
    assert_eq!(config.server.domains, ["a.example"]);
    assert_eq!(config.store.path, PathBuf::from("/x"));
}

#[test]
fn the_environment_has_lists_numbers_switches_maps_and_keys() {
    let config = from_env(&[
        ("DOLIUM__SERVER__DOMAINS", "S3.example.org, localhost"),
        ("DOLIUM__SERVER__STRICT_REGION", "true"),
        ("DOLIUM__SERVER__TRUSTED_PROXIES", "10.0.0.0/8"),
        ("DOLIUM__LIMITS__CONNECTIONS_MAX", "12"),
        ("DOLIUM__STORE__KIND", "cassandra"),
        ("DOLIUM__CASSANDRA__NODES", "127.0.0.1, db.example.org:9042, [::1]:9042, ::1"),
        ("DOLIUM__CASSANDRA__REPLICATION", "dc1=3, dc2=2"),
        ("DOLIUM__DEBUG__SWEEP_INTERVAL_MS", "5"),
        ("DOLIUM__KEYS__0__ACCESS_KEY", "12345"),
        ("DOLIUM__KEYS__0__SECRET_KEY", "1234567890"),
        ("DOLIUM__KEYS__0__TENANT", "true"),
    ])
    .unwrap();
    assert_eq!(config.server.domains, ["s3.example.org", "localhost"]);
    assert!(config.server.strict_region);
    assert!(config.server.trusted_proxies[0].contains("10.1.1.1".parse().unwrap()));
    assert_eq!(config.limits.connections_max, 12);
    assert_eq!(config.cassandra.replication, BTreeMap::from([("dc1".into(), 3), ("dc2".into(), 2)]));
    assert_eq!(config.debug.sweep_interval_ms, Some(5));
    assert_eq!(config.keys[0].secret_key.as_ref().unwrap().expose(), "1234567890");
    assert_eq!(config.keys[0].tenant, "true");
}

#[test]
fn unknown_names_are_errors_that_name_the_nearest_known_one() {
    assert_eq!(
        from_file("[server]\nlisten_on = \"x\"\n").unwrap_err(),
        "FILE: there is no key `listen_on` in [server]; the nearest known one is `listen`"
    );
    assert_eq!(
        from_file("[sever]\n").unwrap_err(),
        "FILE: there is no section [sever]; the nearest known one is [server]"
    );
    assert_eq!(
        from_file("[[keys]]\naccess_ky = \"x\"\n").unwrap_err(),
        "FILE: there is no key `access_ky` in [[keys]]; the nearest known one is `access_key`"
    );
    assert_eq!(
        from_env(&[("DOLIUM__SERVER__LISTN", "x")]).unwrap_err(),
        "there is no key for the variable DOLIUM__SERVER__LISTN; the nearest known one is DOLIUM__SERVER__LISTEN"
    );
    assert_eq!(
        from_env(&[("DOLIUM__STOR__PATH", "x")]).unwrap_err(),
        "there is no section for the variable DOLIUM__STOR__PATH; the nearest known one is DOLIUM__STORE__PATH"
    );
    assert!(from_env(&[("DOLIUM__SERVER", "x")]).unwrap_err().contains("not of the form DOLIUM__SECTION__KEY"));
}

#[test]
fn wrong_values_say_where_and_what() {
    for (text, says) in [
        ("[server]\nlisten = 5\n", "[server]: invalid type: integer `5`, expected a string"),
        ("[server]\nlisten = \"x\"\n", "server.listen: `x` is not of the form address:port"),
        ("[server]\nunknown_host = \"drop\"\n", "unknown variant `drop`, expected `path` or `refuse`"),
        ("[server]\ntls_key_file = \"k\"\n", "server.tls_certificate_file is not"),
        ("[server]\ntls_minimum = \"1.1\"\n", "expected `1.2` or `1.3`"),
        ("[server]\nproxy_protocol = true\n", "needs server.trusted_proxies"),
        ("[server]\ntrusted_proxies = [\"proxy\"]\n", "`proxy` is neither an IP address nor a network"),
        ("[server]\ndomains = [\"https://x\"]\n", "is no host name"),
        ("[store]\nkind = \"mongo\"\n", "expected `embedded` or `cassandra`"),
        ("[store]\nkind = \"cassandra\"\n[cassandra]\nnodes = []\n", "cassandra.nodes is empty"),
        ("[store]\nkind = \"cassandra\"\n[cassandra]\nnodes = [\"a:b\"]\n", "`a:b` is not of the form"),
        ("[store]\nkind = \"cassandra\"\n[cassandra]\nreplication = { a = 0 }\n", "one replica at least"),
        ("[limits]\nchunk_memory_bytes = 1\n", "limits.chunk_memory_bytes is 1 but must be at least 8388608"),
        ("[log]\nlevel = \"loud=very\"\n", "log.level"),
        ("[server]\nlisten = \n", "line 2: "),
        ("[keys]\naccess_key = \"a\"\n", "write [[keys]], with two brackets"),
        ("server = 1\n", "write [server]"),
    ] {
        let error = from_file(text).unwrap_err();
        assert!(error.starts_with("FILE: ") && error.contains(says), "{text:?}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let error = from_env(&[("DOLIUM__LIMITS__CONNECTIONS_MAX", "many")]).unwrap_err();
    assert!(error.starts_with("DOLIUM__LIMITS__CONNECTIONS_MAX: invalid type"), "{error}");
}

#[test]
fn rules_for_other_sites_are_those_of_a_bucket() {
    let config = from_env(&[
        ("DOLIUM__CORS__0__ALLOWED_ORIGINS", "https://a.example, https://*.b.example"),
        ("DOLIUM__CORS__0__ALLOWED_METHODS", "GET"),
        ("DOLIUM__CORS__0__MAX_AGE_SECONDS", "5"),
    ])
    .unwrap();
    assert_eq!(config.cors[0].allowed_origins, ["https://a.example", "https://*.b.example"]);
    assert_eq!(cors_rules(&config.cors).rules[0].max_age_seconds, Some(5));
    let wrong = |text: &str| from_file(&format!("[[cors]]\n{text}")).unwrap_err();
    assert!(wrong("allowed_methods = [\"GET\"]\n").contains("[[cors]] number 1: allowed_origins is missing"));
    assert!(wrong("allowed_origins = [\"*\"]\n").contains("allowed_methods is missing"));
    assert!(wrong("allowed_origins = [\"*\"]\nallowed_methods = [\"PATCH\"]\n").contains("unsupported HTTP method"));
    assert!(wrong("allowed_origin = [\"*\"]\n").contains("in [[cors]]; the nearest known one is `allowed_origins`"));
    assert!(from_file("[cors]\n").unwrap_err().contains("write [[cors]], with two brackets"));
}

#[test]
fn keys_are_whole_and_unique() {
    let key = |text: &str| from_file(&format!("[[keys]]\n{text}")).unwrap_err();
    assert!(key("access_key = \"a\"\ntenant = \"t\"\n").contains("secret_key or secret_key_file is missing"));
    assert!(key("access_key = \"a\"\nsecret_key = \"12345678\"\n").contains("tenant is missing"));
    assert!(key("access_key = \"a/b\"\nsecret_key = \"12345678\"\ntenant = \"t\"\n").contains("without : / , ="));
    assert!(key("access_key = \"a\"\nsecret_key = \"1234567\"\ntenant = \"t\"\n").contains("8 to 128 characters"));
    let twice = "access_key = \"a\"\nsecret_key = \"12345678\"\ntenant = \"t\"\n";
    assert!(key(&format!("{twice}[[keys]]\n{twice}")).contains("there twice"));
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let secret = file("hunter2hunter2\n");
    let text = format!("[[keys]]\naccess_key = \"a\"\ntenant = \"t\"\nsecret_key_file = {:?}\n", secret.path());
    let config = from_file(&text).unwrap();
    assert_eq!(config.keys[0].secret_key.as_ref().unwrap().expose(), "hunter2hunter2");
    assert!(!format!("{config:?}").contains("hunter2"));
    std::fs::set_permissions(secret.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(from_file(&text).unwrap_err().contains("can be read by others"));
}
