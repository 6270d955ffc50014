//! A server without sockets whose one bucket can be put into any situation, and everybody who asks it.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use dolium::accounts::{
    AccountId, Accounts, CACHE_SECONDS_MAX, EncryptionKeys, EntityKind, Identity, InlinePolicy, KeyOptions, NewEntity,
    NewSecret, NewSession, Owner, Principal, Settings, StaticKey, TemporaryCredentials,
};
use dolium::policy::{Kind, Policy};
use dolium::s3::access::Policies;
use dolium::s3::auth::{Credential, CredentialSource, Lookup};
use dolium::s3::operation::{Level, Row};
use dolium::s3::pipeline;
use dolium::s3::request::WireHead;
use dolium::s3::services::{ChunkMemory, Services};
use dolium::s3::target::Domains;
use dolium::storage::cassandra::{self, CassandraConfig};
use dolium::storage::embedded::{self, EmbeddedConfig};
use dolium::storage::{
    AccessControlList, Bucket, BucketName, BucketSettings, Data, Decision, Fetch, Grant, Grantee, GranteeGroup,
    LockSettings, ObjectKey, ObjectRecord, Ownership, Permission, PublicAccessBlock, Storage, StorageError, Tenant,
    TenantId, Timestamp,
};
use futures::StreamExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::table::{CALLERS, OBJECTS};
use crate::client::{Client, Request, Wire};
use crate::faults::{Answer, collect, rules, wire_head};
use crate::harness::keyspace;
use crate::ops::access::{Subject, request};

const BUCKET: &str = "matrix";
const SECRET: &str = "the-secret-of-everybody";

/// Operations whose rights depend on what their bodies say.
const DECIDED_LATER: [&str; 6] =
    ["PostObject", "DeleteObjects", "CreateBucket", "PutObjectTagging", "PutObjectRetention", "PutObjectLegalHold"];

/// A server with one bucket.
pub struct World {
    runtime: Runtime,
    services: Arc<Services>,
    ended: [NewSecret; 2],
    sessions: HashMap<&'static str, TemporaryCredentials>,
    owner: Tenant,
    other: Tenant,
    _folder: TempDir,
}

/// A request that can be sent any number of times.
pub struct Signed {
    row: &'static Row,
    about: String,
    head: WireHead,
    body: Bytes,
}

/// A copy that can be made any number of times.
pub struct Copy((WireHead, Bytes));

/// Keys as each caller has them; those that have ended, and temporary ones, are as an installation has them.
struct Keys {
    good: HashMap<&'static str, Credential>,
    accounts: Arc<Accounts>,
}

#[async_trait]
impl CredentialSource for Keys {
    async fn find(&self, access_key: &str, token: Option<&str>) -> Result<Lookup, StorageError> {
        match self.good.get(access_key) {
            Some(found) => Ok(Lookup::Known(found.clone())),
            None => self.accounts.find(access_key, token).await,
        }
    }
}

fn account(tenant: &Tenant) -> AccountId {
    AccountId::of(tenant.id, 0)
}

fn allow(actions: &[&str]) -> String {
    let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": statement }).to_string()
}

fn keys(owner: &Tenant, other: &Tenant) -> HashMap<&'static str, Credential> {
    let user = |name: &str| {
        let (id, path) = (format!("AIDA{name:0>16}"), "/".to_owned());
        Identity::User { id, name: name.to_owned(), path }
    };
    let all = Policy::parse(allow(&["s3:*"]).as_bytes(), Kind::Identity).expect("a policy");
    let mut keys = HashMap::new();
    for (name, tenant, identity, policies) in [
        ("owner", owner, Identity::Root, Vec::new()),
        ("other", other, Identity::Root, Vec::new()),
        ("user", owner, user("USER"), Vec::new()),
        ("member", owner, user("MEMBER"), vec![Arc::new(all)]),
        ("o-user", other, user("OUSER"), Vec::new()),
    ] {
        let (tenant, account, access_key) = (tenant.clone(), account(tenant), name.to_owned());
        let principal =
            Principal { tenant, account, identity, access_key: access_key.clone(), policies, session: None };
        let credential = Credential {
            access_key,
            secret_key: SECRET.to_owned().into(),
            principal: principal.into(),
            signature_v2: None,
        };
        keys.insert(name, credential);
    }
    keys
}

/// A key of the tenant's root.
fn root(tenant: &str) -> StaticKey {
    let (access_key, secret_key) = (format!("root-{tenant}"), SECRET.to_owned().into());
    StaticKey { access_key, secret_key, tenant: tenant.to_owned(), signature_v2: None }
}

/// The temporary credentials of those who have such.
async fn sessions(accounts: &Accounts, owner: TenantId) -> HashMap<&'static str, TemporaryCredentials> {
    let statement = json!({ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole" });
    let trust = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
    let new = NewEntity { name: "role".to_owned(), trust, ..NewEntity::default() };
    let role = accounts.create_entity(owner, EntityKind::Role, new).await.expect("makes a role");
    let policy = InlinePolicy { name: "all".to_owned(), document: allow(&["s3:*"]) };
    accounts.put_inline_policy(owner, EntityKind::Role, "role", policy).await.expect("gives it rights");
    let session_name = "session".to_owned();
    let assumed = Identity::Role { id: role.id, name: role.name, path: role.path, session_name };
    let issue = |identity, policies| {
        let (origin, seconds) = (root("owner").access_key, 3_600);
        let new = NewSession { tenant: owner, identity, policies, policy_arns: Vec::new(), seconds, origin };
        accounts.issue_session(new).expect("begins a session")
    };
    let restricted = vec![allow(&["s3:Get*", "s3:List*"])];
    HashMap::from([("session", issue(assumed, restricted)), ("token", issue(Identity::Root, Vec::new()))])
}

/// A key that was disabled, and one that has expired.
async fn ended(accounts: &Accounts, owner: TenantId) -> [NewSecret; 2] {
    let owner = Owner { tenant: owner, user: None };
    let disabled = accounts.create_key(owner, KeyOptions::default()).await.expect("makes a key");
    accounts.set_key_disabled(owner, &disabled.access_key, true).await.expect("disables it");
    let expires = Some(Timestamp(Timestamp::now().0 - 1));
    let expired = accounts.create_key(owner, KeyOptions { expires, ..KeyOptions::default() }).await;
    [disabled, expired.expect("makes a key")]
}

/// The store of a world.
async fn store(nodes: Option<Vec<String>>, folder: &TempDir) -> Storage {
    let Some(nodes) = nodes else {
        return embedded::open(EmbeddedConfig::new(folder.path().join("data"))).await.expect("opens");
    };
    let replication = BTreeMap::from([("datacenter1".to_owned(), 3)]);
    let config = CassandraConfig { nodes, keyspace: keyspace(), replication, ..CassandraConfig::default() };
    cassandra::open(config).await.expect("opens")
}

impl World {
    pub fn new() -> Self {
        Self::on(None)
    }

    /// On these nodes of Cassandra, if there are any; there can be one such.
    pub fn on(nodes: Option<Vec<String>>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let (services, ended, sessions, owner, other) = runtime.block_on(async {
            let store = store(nodes, &folder).await;
            let owner = store.metadata.ensure_tenant("owner").await.expect("makes a tenant");
            let other = store.metadata.ensure_tenant("other").await.expect("makes a tenant");
            let encryption = EncryptionKeys::parse(&EncryptionKeys::generate().expect("makes a key")).ok();
            let settings = Settings { encryption, cache: Duration::from_secs(CACHE_SECONDS_MAX) };
            let roots = vec![root("owner"), root("other")];
            let accounts = Arc::new(Accounts::open(&store, settings, roots).await.expect("opens"));
            let (ended, sessions) = (ended(&accounts, owner.id).await, sessions(&accounts, owner.id).await);
            let services = Services {
                storage: store,
                credentials: Arc::new(Keys { good: keys(&owner, &other), accounts: Arc::clone(&accounts) }),
                accounts,
                limits: dolium::s3::limits::Limits::new(Default::default(), None),
                policies: Policies::default(),
                domains: Domains { endpoints: vec!["localhost".to_owned()], refuse_unknown_host: false },
                rules: rules(),
                cors: dolium::s3::cors::Rules::default(),
                memory: ChunkMemory::new(64 << 20),
                host_id: "test".to_owned(),
            };
            (Arc::new(services), ended, sessions, owner, other)
        });
        let world = Self { runtime, services, ended, sessions, owner, other, _folder: folder };
        for (target, body) in [("/matrix", ""), ("/matrix/mine", "data"), ("/matrix/theirs", "data")] {
            let answer = world.send(&wire(client("owner").request("PUT", target).body(body).wire()));
            assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        }
        world
    }

    /// Somebody who asks.
    pub fn client(&self, caller: &str) -> Client {
        let [disabled, expired] = &self.ended;
        match caller {
            "disabled" => client(caller).keys(&disabled.access_key, &disabled.secret_key),
            "expired" => client(caller).keys(&expired.access_key, &expired.secret_key),
            _ => match self.sessions.get(caller) {
                Some(TemporaryCredentials { access_key, secret_key, token, .. }) => {
                    client(caller).session(access_key, secret_key, token)
                }
                None => client(caller),
            },
        }
    }

    /// What a request is answered.
    pub fn answer(&self, request: Request) -> Answer {
        self.send(&wire(request.wire()))
    }

    /// Configures the bucket.
    pub fn configure(&self, settings: &BucketSettings) {
        self.runtime.block_on(async {
            let metadata = &self.services.storage.metadata;
            let name = BucketName::existing(BUCKET).expect("a name");
            let bucket = metadata.bucket(&name).await.expect("reads").expect("is there");
            metadata.change_bucket(&bucket, &mut |_| Some(settings.clone())).await.expect("changes");
        });
    }

    fn send(&self, (head, body): &(WireHead, Bytes)) -> Answer {
        self.runtime.block_on(async {
            match pipeline::head(head.clone(), &self.services).await {
                Ok(ready) => {
                    let body = futures::stream::iter([Ok(body.clone())]).boxed_local();
                    collect(pipeline::finish(ready, body, &self.services).await).await
                }
                Err(reply) => collect(reply).await,
            }
        })
    }

    /// A caller's request.
    pub fn sign(&self, row: &'static Row, caller: &str, about: &str) -> Signed {
        assert!(CALLERS.contains(&caller));
        let key = match (row.name, about) {
            ("PostObject", _) => "form",
            (_, "-") => "none",
            (_, about) => about,
        };
        let (upload, part) = ("upload".to_owned(), "0".repeat(32));
        let account = account(&self.owner).to_string();
        let subject = Subject { bucket: BUCKET.to_owned(), account, key: key.to_owned(), upload, part };
        let request = request(row, &subject, &self.client(caller));
        let (head, body) = wire(request.wire());
        Signed { row, about: about.to_owned(), head, body }
    }

    /// What it is answered. Where the answer comes with the decision, nothing is done; what reads a key that is not there
    /// is done, because nothing comes of it, and what is decided with the body, because it has to be.
    pub fn ask(&self, signed: &Signed) -> String {
        let Signed { row, about, head, body } = signed;
        let reads_nothing = about == "none" && (!row.writes && row.name != "ListParts" || row.name == "PutObjectAcl");
        let decided_later = DECIDED_LATER.contains(&row.name);
        if !(decided_later || reads_nothing && row.level == Level::Object) {
            let reply = self.runtime.block_on(pipeline::head(head.clone(), &self.services));
            return reply.err().map_or_else(|| "yes".to_owned(), |reply| reply.status.to_string());
        }
        let answer = self.send(&(head.clone(), body.clone()));
        match answer.status {
            200..300 if answer.text().contains("<Code>AccessDenied</Code>") => "403".to_owned(),
            200..300 => "yes".to_owned(),
            // What comes of it is another matter.
            400 | 404 | 409 if decided_later => "yes".to_owned(),
            status => status.to_string(),
        }
    }

    /// Copies of each object by each caller, in both ways, to buckets of their own accounts where everybody may write: the
    /// operation, the caller's column, what is copied.
    pub fn copies(&self) -> Vec<(&'static str, usize, &'static str, Copy)> {
        let upload = |bucket: &str, owner: &str| {
            self.made(client(owner).request("PUT", &format!("/{bucket}")));
            let resource = format!("arn:aws:s3:::{bucket}/*");
            let statement =
                json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": resource });
            let policy = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
            self.made(client(owner).request("PUT", &format!("/{bucket}?policy")).body(policy));
            self.made(client(owner).request("POST", &format!("/{bucket}/parts?uploads"))).element("UploadId")
        };
        let (of_owner, of_other) = (upload("copies-owner", "owner"), upload("copies-other", "other"));
        let mut all = Vec::new();
        for (column, caller) in CALLERS.into_iter().enumerate() {
            // The switches of the owner's account keep nobody out of the other's.
            let (bucket, upload) = match caller {
                "other" | "o-user" | "nobody" => ("copies-other", &of_other),
                _ => ("copies-owner", &of_owner),
            };
            for about in OBJECTS {
                for (operation, target) in [
                    ("CopyObject", format!("/{bucket}/copy")),
                    ("UploadPartCopy", format!("/{bucket}/parts?partNumber=1&uploadId={upload}")),
                ] {
                    let request = self.client(caller).request("PUT", &target);
                    let request = request.header("x-amz-copy-source", format!("/{BUCKET}/{about}"));
                    all.push((operation, column, about, Copy(wire(request.wire()))));
                }
            }
        }
        all
    }

    /// What a copy is answered, as [`World::ask`].
    pub fn copy(&self, Copy(request): &Copy) -> String {
        let answer = self.send(request);
        if answer.status == 200 { "yes".to_owned() } else { answer.status.to_string() }
    }

    fn made(&self, request: Request) -> Answer {
        let answer = self.answer(request);
        assert!(answer.status < 300, "{}", answer.text());
        answer
    }

    /// Puts the bucket and its objects into the situation of that title.
    pub fn set(&self, title: &str) {
        let mut settings =
            BucketSettings { object_lock: Some(LockSettings { rule: None }), ..BucketSettings::default() };
        let (mut on_bucket, mut on_objects, mut statements) = (Vec::new(), Vec::new(), Vec::new());
        let mut of_account = None;
        for clause in title.split(", ") {
            match clause.split(' ').collect::<Vec<_>>().as_slice() {
                ["nothing"] => {}
                ["bucket", "list", permission, "to", whom] => on_bucket.push(self.grant(permission, whom)),
                ["object", "lists", permission, "to", whom] => on_objects.push(self.grant(permission, whom)),
                ["policy", effect, action, "to", whom] => statements.push(self.statement(effect, action, whom)),
                ["ownership", name] => settings.ownership = ownership(name).into(),
                ["switch", name] => settings.public_access_block = Some(switch(name)),
                ["account", "switch", name] => of_account = Some(switch(name)),
                _ => panic!("{title}: what is {clause}?"),
            }
        }
        settings.acl = list(&self.owner, &on_bucket);
        if !statements.is_empty() {
            let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
            Policy::parse(text.as_bytes(), Kind::Bucket { name: BUCKET }).expect("a policy");
            settings.policy = text.into();
        }
        self.runtime.block_on(async {
            let accounts = &self.services.accounts;
            accounts.set_tenant_public_access_block(self.owner.id, of_account).await.expect("sets the switches");
            let metadata = &self.services.storage.metadata;
            let name = BucketName::existing(BUCKET).expect("a name");
            let bucket = metadata.bucket(&name).await.expect("reads").expect("is there");
            metadata.change_bucket(&bucket, &mut |_| Some(settings.clone())).await.expect("changes");
            self.set_object(&bucket, "mine", &self.owner, &on_objects).await;
            self.set_object(&bucket, "theirs", &self.other, &on_objects).await;
        });
    }

    async fn set_object(&self, bucket: &Bucket, key: &str, owner: &Tenant, grants: &[Grant]) {
        let metadata = &self.services.storage.metadata;
        let key = ObjectKey::parse(key).expect("a key");
        let read = metadata.read_head(bucket, &key, Fetch::Attrs).await.expect("reads");
        let mut decide = |head: &dolium::storage::Head| {
            let record = head.current.as_ref().expect("is there");
            let mut attrs = record.attrs.clone();
            (attrs.owner, attrs.acl) = (Bytes::copy_from_slice(&owner.id.0), list(owner, grants));
            let data = match &record.data {
                Data::Stored(placement) => Data::Stored(placement.clone()),
                Data::Inline(_) | Data::NotRead => Data::NotRead,
            };
            Decision::Rewrite(Arc::new(ObjectRecord { attrs, data }))
        };
        metadata.change_head(read, &mut decide).await.expect("changes");
    }

    fn grant(&self, permission: &str, whom: &str) -> Grant {
        let grantee = match whom {
            "owner" => Grantee::Tenant(self.owner.id),
            "other" => Grantee::Tenant(self.other.id),
            "all" => Grantee::Group(GranteeGroup::AllUsers),
            "signed" => Grantee::Group(GranteeGroup::AuthenticatedUsers),
            _ => panic!("who is {whom}?"),
        };
        let permission = match permission {
            "READ" => Permission::Read,
            "WRITE" => Permission::Write,
            "READ_ACP" => Permission::ReadAcp,
            "WRITE_ACP" => Permission::WriteAcp,
            "FULL_CONTROL" => Permission::FullControl,
            _ => panic!("what is {permission}?"),
        };
        Grant::new(grantee, permission)
    }

    fn statement(&self, effect: &str, action: &str, whom: &str) -> Value {
        let (owner, other) = (account(&self.owner), account(&self.other));
        let principal = match whom {
            "everybody" => json!("*"),
            "owner" => json!({ "AWS": format!("arn:aws:iam::{owner}:root") }),
            "other" => json!({ "AWS": format!("arn:aws:iam::{other}:root") }),
            "user" => json!({ "AWS": format!("arn:aws:iam::{owner}:user/USER") }),
            "role" => json!({ "AWS": format!("arn:aws:iam::{owner}:role/role") }),
            _ => panic!("who is {whom}?"),
        };
        // An action on objects is none on their bucket.
        let objects = format!("arn:aws:s3:::{BUCKET}/*");
        let resource = match action {
            "s3:*" => json!([format!("arn:aws:s3:::{BUCKET}"), objects]),
            _ => json!(objects),
        };
        json!({ "Effect": effect, "Principal": principal, "Action": action, "Resource": resource })
    }
}

fn client(caller: &str) -> Client {
    let client = Client::new((Ipv4Addr::LOCALHOST, 80).into(), caller, SECRET);
    if caller == "nobody" { client.anonymous() } else { client }
}

fn wire(Wire { head, body }: Wire) -> (WireHead, Bytes) {
    (wire_head(&head), body.into())
}

fn list(owner: &Tenant, grants: &[Grant]) -> Option<AccessControlList> {
    let own = Grant::new(Grantee::Tenant(owner.id), Permission::FullControl);
    let grants: Vec<Grant> = std::iter::once(own).chain(grants.iter().cloned()).collect();
    (grants.len() > 1).then_some(AccessControlList { grants })
}

fn ownership(name: &str) -> Ownership {
    match name {
        "BucketOwnerEnforced" => Ownership::BucketOwnerEnforced,
        "BucketOwnerPreferred" => Ownership::BucketOwnerPreferred,
        "ObjectWriter" => Ownership::ObjectWriter,
        _ => panic!("what is {name}?"),
    }
}

fn switch(name: &str) -> PublicAccessBlock {
    let off = PublicAccessBlock::default();
    match name {
        "block_public_acls" => PublicAccessBlock { block_public_acls: true, ..off },
        "ignore_public_acls" => PublicAccessBlock { ignore_public_acls: true, ..off },
        "block_public_policy" => PublicAccessBlock { block_public_policy: true, ..off },
        "restrict_public_buckets" => PublicAccessBlock { restrict_public_buckets: true, ..off },
        _ => panic!("what is {name}?"),
    }
}
