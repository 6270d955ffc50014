"""boto3: the s3control client, in the account of a tenant of whom no other client has buckets."""
import boto3
from botocore.config import Config
from common import *

suite = Suite()
A = bucket("a")
SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def connect(service, access=OTHER_ACCESS, secret=OTHER_SECRET):
    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1, "mode": "standard"})
    # S3 Control's host begins with the account, whatever the endpoint: an address has no such names below it.
    return boto3.client(service, endpoint_url=f"http://localhost:{PORT}", region_name="us-east-1", aws_access_key_id=access,
                        aws_secret_access_key=secret, config=config)


s3, control = connect("s3"), connect("s3control")
ACCOUNT = connect("sts").get_caller_identity()["Account"]


def hosts(client):
    """The host of each request that a client sends from now on."""
    seen = []
    client.meta.events.register("before-send.s3-control", lambda request, **_: seen.append(urllib.parse.urlsplit(request.url).netloc))
    return seen


@suite.part
def account_switches():
    seen = hosts(control)
    control.delete_public_access_block(AccountId=ACCOUNT)
    suite.equal("the host names the account", seen, [f"{ACCOUNT}.localhost:{PORT}"])
    suite.refused("none", "NoSuchPublicAccessBlockConfiguration", control.get_public_access_block, AccountId=ACCOUNT)
    s3.create_bucket(Bucket=A)
    s3.put_object(Bucket=A, Key="k", Body=b"object")
    for wanted in ({name: name == "BlockPublicAcls" for name in SWITCHES}, dict.fromkeys(SWITCHES, True)):
        control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=wanted)
        got = control.get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"]
        suite.equal("what was put", got, wanted)
        suite.refused("a public list", "AccessDenied", s3.put_object_acl, Bucket=A, Key="k", ACL="public-read")
    control.delete_public_access_block(AccountId=ACCOUNT)
    s3.put_object_acl(Bucket=A, Key="k", ACL="public-read")
    suite.equal("public again", fetch(f"{ENDPOINT}/{A}/k")[::2], (200, b"object"))
    stranger = connect("s3control", ACCESS, SECRET)
    suite.refused("another's account", "AccessDenied", stranger.get_public_access_block, AccountId=ACCOUNT)


@suite.part
def tags():
    s3.create_bucket(Bucket=A)
    arn = f"arn:aws:s3:::{A}"
    control.tag_resource(AccountId=ACCOUNT, ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b c", "Value": ""}])
    control.tag_resource(AccountId=ACCOUNT, ResourceArn=arn, Tags=[{"Key": "a", "Value": "ü"}])
    listed = control.list_tags_for_resource(AccountId=ACCOUNT, ResourceArn=arn)["Tags"]
    suite.equal("tags", sorted((t["Key"], t["Value"]) for t in listed), [("a", "ü"), ("b c", "")])
    suite.equal("as the bucket's", s3.get_bucket_tagging(Bucket=A)["TagSet"], listed)
    control.untag_resource(AccountId=ACCOUNT, ResourceArn=arn, TagKeys=["a", "b c"])
    suite.equal("none", control.list_tags_for_resource(AccountId=ACCOUNT, ResourceArn=arn)["Tags"], [])
    suite.refused("a bucket that is not there", "NoSuchBucket", control.list_tags_for_resource, AccountId=ACCOUNT,
                  ResourceArn=f"arn:aws:s3:::{A}-none")


@suite.part
def clean():
    s3.delete_object(Bucket=A, Key="k")
    s3.delete_bucket(Bucket=A)
    control.delete_public_access_block(AccountId=ACCOUNT)


suite.finish()
