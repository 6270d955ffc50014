"""boto3 clients, every answer of which is compared with botocore's own models: what they do not know is a surprise."""
import logging, re, xml.etree.ElementTree
import boto3
from botocore.config import Config
from common import *

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
# Headers that AWS sends and no operation's model has.
BESIDE = {"x-amz-request-id", "x-amz-id-2", "x-amz-bucket-region", "x-amz-version-id", "x-amz-delete-marker"}
# Of a version, the model knows the class STANDARD only; AWS answers every class.
OPEN_ENUMERATIONS = {"ObjectVersionStorageClass"}
surprises = []


class Warned(logging.Handler):
    """What botocore and Python warn of, parse warnings among it."""

    def emit(self, record):
        surprises.append(f"warning: {record.getMessage()}")


logging.captureWarnings(True)
for logger in ("botocore", "boto3", "s3transfer", "py.warnings"):
    logging.getLogger(logger).addHandler(Warned(logging.WARNING))


def connect(access=ACCESS, secret=SECRET, retries=1, **more):
    style = {"addressing_style": "virtual" if STYLE == "vhost" else "path"}
    config = Config(signature_version="s3" if AUTH == "v2" else "s3v4", s3=style,
                    retries={"max_attempts": retries, "mode": "standard"}, **more)
    client = boto3.client("s3", endpoint_url=ENDPOINT, region_name="us-east-1", aws_access_key_id=access,
                          aws_secret_access_key=secret, config=config)
    client.meta.events.register("before-parse.s3", look)
    return client


def look(operation_model, response_dict, **_):
    """Notes what is surprising in an answer, before botocore parses it."""
    name, status, body = operation_model.name, response_dict["status_code"], response_dict["body"]
    headers = {header.lower(): value for header, value in response_dict["headers"].items()}
    for header in ("x-amz-request-id", "x-amz-id-2", "date", "server"):
        if not headers.get(header):
            surprises.append(f"{name}: {status} without {header}")
    shape = operation_model.output_shape
    if status >= 300:
        if body:
            look_at_error(name, body)
    else:
        look_at_headers(name, headers, shape)
        # GetBucketLocation's document is one that botocore parses by hand.
        if shape and body and isinstance(body, bytes) and name != "GetBucketLocation":
            payload = shape.serialization.get("payload")
            document = shape.members[payload] if payload else shape
            # A bucket's policy is no XML.
            if document.type_name != "string":
                look_at(xml.etree.ElementTree.fromstring(body), document, name)


def look_at_error(name, body):
    error = {child.tag: child.text for child in xml.etree.ElementTree.fromstring(body)}
    for field in ("Code", "Message", "RequestId", "HostId"):
        if not error.get(field):
            surprises.append(f"{name}: an error without {field}: {body[:300]}")


def look_at_headers(name, headers, shape):
    members = shape.members.values() if shape else ()
    known = {m.serialization["name"].lower(): m for m in members if m.serialization.get("location") == "header"}
    for header, value in headers.items():
        if header.startswith("x-amz-") and header not in {*known, *BESIDE} and not header.startswith("x-amz-meta-"):
            surprises.append(f"{name}: header {header}: {value}")
        elif header in known and known[header].type_name != "timestamp" and not plain(known[header], value):
            surprises.append(f"{name}: header {header}: {value!r} is no {known[header].name}")


def plain(shape, text):
    """Whether the text can be a value of the shape."""
    if shape.type_name in ("integer", "long"):
        return re.fullmatch(r"-?\d+", text)
    if shape.type_name == "boolean":
        return text in ("true", "false")
    if shape.type_name == "timestamp":
        return TIME.match(text)
    return not getattr(shape, "enum", None) or shape.name in OPEN_ENUMERATIONS or text in shape.enum


def look_at(element, shape, where):
    """Compares an element with its shape: names, how often they come, values, nothing beside them."""
    if not element.tag.startswith(NAMESPACE):
        surprises.append(f"{where}: {element.tag} is not in S3's namespace")
    if shape.type_name == "list":
        wanted = shape.member.serialization.get("name", "member")
        for child in element:
            if child.tag != NAMESPACE + wanted:
                surprises.append(f"{where}: {child.tag} in a list of {wanted}")
            look_at(child, shape.member, f"{where}/{wanted}")
    elif shape.type_name == "structure":
        look_at_members(element, shape, where)
    elif len(element) or not plain(shape, element.text or ""):
        surprises.append(f"{where}: {element.text!r} is no {shape.name}")


def look_at_members(element, shape, where):
    known = {}
    for name, member in shape.members.items():
        told, flat = member.serialization.get("name", name), member.serialization.get("flattened")
        if member.type_name == "list" and flat:
            told = member.member.serialization.get("name", told)
        known[told] = (member.member if flat else member, flat)
    seen = set()
    for child in element:
        name = child.tag.rpartition("}")[2]
        member, repeats = known.get(name, (None, False))
        if member is None:
            surprises.append(f"{where}: unknown element {name}")
            continue
        if name in seen and not repeats:
            surprises.append(f"{where}: {name} comes twice")
        seen.add(name)
        look_at(child, member, f"{where}/{name}")
    for attribute in element.attrib:
        if attribute != INSTANCE + "type":
            surprises.append(f"{where}: attribute {attribute}")


def no_surprises(suite):
    """The last part of a suite: nothing was surprising in any answer it got."""
    suite.equal("answers that botocore's models do not know", sorted(set(surprises)), [])
