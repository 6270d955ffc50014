"""boto3: the iam and sts clients, and what S3 makes of the users, roles and sessions that they make."""
import json
import boto3
from botocore.config import Config
from common import *

suite = Suite()
A = bucket("a")
USER, GROUP, ROLE, POLICY = (f"{kind}-{NAME}-{RUN}"[:60] for kind in ("user", "group", "role", "policy"))
READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def connect(service, access=ACCESS, secret=SECRET, token=None):
    style = {"addressing_style": "virtual" if STYLE == "vhost" else "path"}
    config = Config(s3=style, retries={"max_attempts": 1, "mode": "standard"})
    return boto3.client(service, endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id=access,
                        aws_secret_access_key=secret, aws_session_token=token, config=config)


s3, iam, sts = connect("s3"), connect("iam"), connect("sts")


def allow(action, **more):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*", **more}]}


def trust(principal):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def session(made, service="s3"):
    keys = made["Credentials"]
    return connect(service, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def read(client):
    return client.get_object(Bucket=A, Key="k")["Body"].read()


@suite.part
def users():
    s3.create_bucket(Bucket=A)
    s3.put_object(Bucket=A, Key="k", Body=b"object")
    made = iam.create_user(UserName=USER, Path="/team/", Tags=[{"Key": "a", "Value": "b c"}])["User"]
    account = sts.get_caller_identity()["Account"]
    suite.equal("ARN", made["Arn"], f"arn:aws:iam::{account}:user/team/{USER}")
    got = iam.get_user(UserName=USER)["User"]
    suite.equal("the user again", (got["UserId"], got["CreateDate"], got["Tags"]),
                (made["UserId"], made["CreateDate"], [{"Key": "a", "Value": "b c"}]))
    suite.check("listed", USER in [u["UserName"] for p in iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1})
                                   for u in p["Users"]])
    suite.refused("a second one", "EntityAlreadyExists", iam.create_user, UserName=USER)
    suite.refused("an absent one", "NoSuchEntity", iam.get_user, UserName="nobody")
    iam.tag_user(UserName=USER, Tags=[{"Key": "x", "Value": ""}])
    iam.untag_user(UserName=USER, TagKeys=["a"])
    suite.equal("tags", [t["Key"] for t in iam.list_user_tags(UserName=USER)["Tags"]], ["x"])
    iam.update_user(UserName=USER, NewPath="/")
    suite.equal("the path", iam.get_user(UserName=USER)["User"]["Path"], "/")
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    user = connect("s3", key["AccessKeyId"], key["SecretAccessKey"])
    suite.refused("no rights", "AccessDenied", read, user)
    document = allow(["s3:GetObject"], Condition={"StringLike": {"aws:username": USER[:4] + "*"}})
    iam.put_user_policy(UserName=USER, PolicyName="own", PolicyDocument=json.dumps(document))
    suite.equal("a right", read(user), b"object")
    suite.equal("the policy", iam.get_user_policy(UserName=USER, PolicyName="own")["PolicyDocument"], document)
    suite.equal("policies", iam.list_user_policies(UserName=USER)["PolicyNames"], ["own"])
    suite.refused("no policy", "MalformedPolicyDocument", iam.put_user_policy, UserName=USER, PolicyName="x", PolicyDocument="{}")
    iam.update_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    suite.refused("a disabled key", "InvalidAccessKeyId", read, user)
    suite.equal("keys", [(k["AccessKeyId"], k["Status"]) for k in iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]],
                [(key["AccessKeyId"], "Inactive")])
    iam.update_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"], Status="Active")
    self = connect("sts", key["AccessKeyId"], key["SecretAccessKey"])
    suite.equal("who", self.get_caller_identity()["UserId"], made["UserId"])
    suite.refused("IAM without a right", "AccessDenied", connect("iam", key["AccessKeyId"], key["SecretAccessKey"]).list_users)
    made = self.get_session_token(DurationSeconds=900)
    suite.equal("a session token", read(session(made)), b"object")
    suite.refused("the keys without the token", "InvalidAccessKeyId", read,
                  connect("s3", made["Credentials"]["AccessKeyId"], made["Credentials"]["SecretAccessKey"]))
    iam.delete_user_policy(UserName=USER, PolicyName="own")


@suite.part
def groups_and_policies():
    made = iam.create_policy(PolicyName=POLICY, PolicyDocument=json.dumps(allow("s3:Get*")), Description="for reading")
    arn = made["Policy"]["Arn"]
    suite.equal("a version", made["Policy"]["DefaultVersionId"], "v1")
    wider = allow("s3:*")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(wider), SetAsDefault=True)
    suite.equal("the document", iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"], wider)
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    suite.equal("versions", [(v["VersionId"], v["IsDefaultVersion"]) for v in versions], [("v2", True), ("v1", False)])
    iam.create_group(GroupName=GROUP)
    iam.attach_group_policy(GroupName=GROUP, PolicyArn=arn)
    iam.add_user_to_group(GroupName=GROUP, UserName=USER)
    suite.equal("groups", [g["GroupName"] for g in iam.list_groups_for_user(UserName=USER)["Groups"]], [GROUP])
    suite.equal("members", [u["UserName"] for u in iam.get_group(GroupName=GROUP)["Users"]], [USER])
    suite.equal("attachments", iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"], 1)
    suite.equal("to whom", [g["GroupName"] for g in iam.list_entities_for_policy(PolicyArn=arn)["PolicyGroups"]], [GROUP])
    suite.refused("attached", "DeleteConflict", iam.delete_policy, PolicyArn=arn)
    iam.attach_user_policy(UserName=USER, PolicyArn=READ)
    attached = iam.list_attached_user_policies(UserName=USER)["AttachedPolicies"]
    suite.equal("attached", attached, [{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": READ}])
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    user = connect("s3", key["AccessKeyId"], key["SecretAccessKey"])
    user.put_object(Bucket=A, Key="written", Body=b"by a member")
    iam.remove_user_from_group(GroupName=GROUP, UserName=USER)
    suite.refused("no member", "AccessDenied", user.put_object, Bucket=A, Key="written", Body=b"again")
    suite.equal("the other policy", read(user), b"object")
    local = [p["Arn"] for page in iam.get_paginator("list_policies").paginate(Scope="Local") for p in page["Policies"]]
    suite.check("listed", arn in local and READ not in local, local)
    iam.detach_user_policy(UserName=USER, PolicyArn=READ)
    iam.detach_group_policy(GroupName=GROUP, PolicyArn=arn)
    iam.delete_group(GroupName=GROUP)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    suite.refused("deleted", "NoSuchEntity", iam.get_policy, PolicyArn=arn)


@suite.part
def roles():
    account = sts.get_caller_identity()["Account"]
    document = trust(f"arn:aws:iam::{account}:root")
    made = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(document), MaxSessionDuration=7200)["Role"]
    suite.equal("trust", iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"], document)
    suite.equal("the longest session", made["MaxSessionDuration"], 7200)
    iam.put_role_policy(RoleName=ROLE, PolicyName="p", PolicyDocument=json.dumps(allow("s3:*")))
    assumed = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="nightly", DurationSeconds=900)
    suite.equal("the session", assumed["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{account}:assumed-role/{ROLE}/nightly")
    client = session(assumed)
    suite.equal("it reads", read(client), b"object")
    client.upload_file(random_file("big", 20 * MIB), A, "big")
    suite.equal("it uploads in parts", s3.head_object(Bucket=A, Key="big")["ContentLength"], 20 * MIB)
    url = client.generate_presigned_url("get_object", Params={"Bucket": A, "Key": "k"})
    suite.equal("it presigns", fetch(url)[::2], (200, b"object"))
    suite.equal("it knows itself", session(assumed, "sts").get_caller_identity()["Arn"], assumed["AssumedRoleUser"]["Arn"])
    less = session(sts.assume_role(RoleArn=made["Arn"], RoleSessionName="less", Policy=json.dumps(allow("s3:GetObject")),
                                   PolicyArns=[{"arn": READ}]))
    suite.equal("less reads", read(less), b"object")
    suite.refused("less writes", "AccessDenied", less.put_object, Bucket=A, Key="k", Body=b"x")
    suite.refused("too long", "ValidationError", sts.assume_role, RoleArn=made["Arn"], RoleSessionName="long", DurationSeconds=7201)
    nobody, itself = (json.dumps(trust(f"arn:aws:iam::{account}:{name}")) for name in ("user/nobody", f"role/{ROLE}"))
    suite.refused("a stranger", "MalformedPolicyDocument", iam.update_assume_role_policy, RoleName=ROLE, PolicyDocument=nobody)
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=itself)
    suite.refused("not trusted", "AccessDenied", sts.assume_role, RoleArn=made["Arn"], RoleSessionName="late")
    iam.delete_role_policy(RoleName=ROLE, PolicyName="p")
    suite.refused("a right that was taken", "AccessDenied", read, client)
    iam.delete_role(RoleName=ROLE)
    suite.refused("a role that is gone", "InvalidAccessKeyId", read, client)


@suite.part
def whole_account():
    arn = iam.create_policy(PolicyName=POLICY + "-t", PolicyDocument=json.dumps(allow("s3:GetObject")),
                            Tags=[{"Key": "a", "Value": "b"}])["Policy"]["Arn"]
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "c", "Value": ""}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    suite.equal("tags of a policy", iam.list_policy_tags(PolicyArn=arn)["Tags"], [{"Key": "c", "Value": ""}])
    attached = lambda: [p["Arn"] for page in iam.get_paginator("list_policies").paginate(OnlyAttached=True) for p in page["Policies"]]
    suite.check("it is attached to nothing", arn not in attached())
    iam.attach_user_policy(UserName=USER, PolicyArn=arn)
    suite.check("it is attached", arn in attached())
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2}))
    user = [u for page in pages for u in page["UserDetailList"] if u["UserName"] == USER][0]
    suite.check("details of a user", arn in [p["PolicyArn"] for p in user["AttachedManagedPolicies"]])
    told = [p for page in pages for p in page["Policies"] if p["Arn"] == arn][0]
    suite.equal("details of a policy", told["PolicyVersionList"][0]["Document"], allow("s3:GetObject"))
    said = iam.simulate_principal_policy(PolicySourceArn=user["Arn"], ActionNames=["s3:GetObject", "s3:DeleteBucket"],
                                         ResourceArns=[f"arn:aws:s3:::{A}/k"])["EvaluationResults"]
    suite.equal("a simulation", [r["EvalDecision"] for r in said], ["allowed", "implicitDeny"])
    said = iam.simulate_custom_policy(PolicyInputList=[json.dumps(allow("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}))],
                                      ActionNames=["s3:GetObject"],
                                      ContextEntries=[{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"],
                                                       "ContextKeyType": "boolean"}])["EvaluationResults"]
    suite.equal("a simulation of a policy that is sent", said[0]["EvalDecision"], "allowed")
    iam.detach_user_policy(UserName=USER, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    suite.equal("no aliases", iam.list_account_aliases()["AccountAliases"], [])


@suite.part
def renames():
    new = f"new-{USER}"[:60]
    before = iam.get_user(UserName=USER)["User"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": before["Arn"]},
                                                      "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{A}/*"}]}
    s3.put_bucket_policy(Bucket=A, Policy=json.dumps(policy))
    iam.update_user(UserName=USER, NewUserName=new)
    after = iam.get_user(UserName=new)["User"]
    suite.equal("the user again", after["UserId"], before["UserId"])
    shown = json.loads(s3.get_bucket_policy(Bucket=A)["Policy"])["Statement"][0]["Principal"]["AWS"]
    suite.equal("a bucket policy names it anew", shown, after["Arn"])
    namesake = iam.create_user(UserName=USER)["User"]
    suite.check("a namesake is somebody else", namesake["UserId"] != before["UserId"])
    suite.refused("a name that is taken", "EntityAlreadyExists", iam.update_user, UserName=new, NewUserName=USER)
    iam.delete_user(UserName=USER)
    iam.update_user(UserName=new, NewUserName=USER)
    s3.delete_bucket_policy(Bucket=A)


@suite.part
def end():
    for key in iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=USER)
    suite.refused("deleted", "NoSuchEntity", iam.get_user, UserName=USER)
    for entry in s3.list_objects_v2(Bucket=A)["Contents"]:
        s3.delete_object(Bucket=A, Key=entry["Key"])
    s3.delete_bucket(Bucket=A)


suite.finish()
