"""pyarrow, which is AWS's SDK for C++: files, folders, ranges and a table in Parquet."""
import os
import pyarrow, pyarrow.dataset, pyarrow.parquet
from pyarrow import fs
from common import *

suite = Suite()
A = bucket("a")


def mount(**more):
    return fs.S3FileSystem(access_key=ACCESS, secret_key=SECRET, endpoint_override=f"{DOMAIN}:{PORT}", scheme="http", region="us-east-1",
                           force_virtual_addressing=STYLE == "vhost", retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1), **more)


s3 = mount(allow_bucket_creation=True, allow_bucket_deletion=True)


def refused(label, kind, function, *arguments):
    try:
        function(*arguments)
    except kind:
        suite.check(label, True)
    else:
        suite.check(label, False, f"accepted, wanted {kind.__name__}")


def read(key):
    with s3.open_input_stream(f"{A}/{key}") as source:
        return source.read()


@suite.part
def buckets():
    s3.create_dir(A)
    suite.equal("a bucket", s3.get_file_info(A).type, fs.FileType.Directory)
    suite.check("the buckets", A in [f.path for f in s3.get_file_info(fs.FileSelector(""))])
    suite.equal("none", s3.get_file_info(bucket("none")).type, fs.FileType.NotFound)


@suite.part
def files():
    data = os.urandom(300_000)
    with s3.open_output_stream(f"{A}/dir/one", metadata={"Content-Type": "x/y", "foo": "bar"}) as out:
        out.write(data)
    info = s3.get_file_info(f"{A}/dir/one")
    suite.equal("info", (info.size, info.type), (300_000, fs.FileType.File))
    suite.equal("bytes", hashlib.sha256(read("dir/one")).hexdigest(), hashlib.sha256(data).hexdigest())
    with s3.open_input_file(f"{A}/dir/one") as source:
        told = {(k if isinstance(k, str) else k.decode()): v for k, v in source.metadata().items()}
        suite.equal("metadata", (told["Content-Type"], source.size()), (b"x/y", 300_000))
        suite.equal("ranges", (source.read_at(100, 5), source.read_at(10, 299_990)), (data[5:105], data[-10:]))
    refused("missing", FileNotFoundError, read, "none")
    keys = [k for k in STRANGE if "//" not in k and not k.startswith("/") and not k.endswith("/")
            and not {".", ".."} & set(k.split("/")) and len(k.encode()) < 1000]
    for index, key in enumerate(keys):
        with s3.open_output_stream(f"{A}/s/{key}") as out:
            out.write(str(index).encode())
        suite.equal(f"key {key[:40]!r}", read(f"s/{key}"), str(index).encode())
    suite.equal("their listing", sorted(f.base_name for f in s3.get_file_info(fs.FileSelector(f"{A}/s"))),
                sorted(k.partition("/")[0] for k in keys))
    s3.copy_file(f"{A}/dir/one", f"{A}/dir/two ü+%")
    s3.move(f"{A}/dir/two ü+%", f"{A}/dir/three")
    suite.equal("copy_file and move", hashlib.sha256(read("dir/three")).hexdigest(), hashlib.sha256(data).hexdigest())
    s3.delete_file(f"{A}/dir/three")
    suite.equal("delete_file", s3.get_file_info(f"{A}/dir/three").type, fs.FileType.NotFound)


@suite.part
def folders():
    folder = tree("tree")
    fs.copy_files(folder, f"{A}/tree", source_filesystem=fs.LocalFileSystem(), destination_filesystem=s3)
    fs.copy_files(f"{A}/tree", path("down"), source_filesystem=s3, destination_filesystem=fs.LocalFileSystem())
    suite.equal("copy_files up and down", digests(path("down")), digests(folder))
    listed = s3.get_file_info(fs.FileSelector(f"{A}/tree", recursive=True))
    suite.equal("the files", {f.path.removeprefix(f"{A}/tree/"): f.size for f in listed if f.type == fs.FileType.File},
                {name: os.path.getsize(os.path.join(folder, name)) for name in digests(folder)})
    suite.equal("the folders", sorted(f.path.removeprefix(f"{A}/tree/") for f in listed if f.type == fs.FileType.Directory),
                ["a", "a/b", "a/b/c", "deep", "deep/er", "deep/er/still"])
    s3.create_dir(f"{A}/made/by/hand")
    suite.equal("create_dir", s3.get_file_info(f"{A}/made/by").type, fs.FileType.Directory)
    s3.delete_dir(f"{A}/tree")
    suite.equal("delete_dir", s3.get_file_info(f"{A}/tree").type, fs.FileType.NotFound)


@suite.part
def big():
    file = random_file("big", BIG_MIB * MIB)
    with open(file, "rb") as source, s3.open_output_stream(f"{A}/big") as out:
        while block := source.read(3 * MIB + 1):
            out.write(block)
    with open(path("big.back"), "wb") as out, s3.open_input_stream(f"{A}/big") as source:
        while block := source.read(MIB):
            out.write(block)
    suite.same_bytes("a stream in parts", path("big.back"), file)


@suite.part
def tables():
    table = pyarrow.table({"n": list(range(200_000)), "part": [n % 4 for n in range(200_000)], "text": [f"ü {n}" for n in range(200_000)]})
    pyarrow.parquet.write_table(table, f"{A}/table.parquet", filesystem=s3, row_group_size=20_000)
    suite.check("a table", pyarrow.parquet.read_table(f"{A}/table.parquet", filesystem=s3).equals(table))
    kept = pyarrow.parquet.read_table(f"{A}/table.parquet", filesystem=s3, columns=["n"], filters=[("n", ">=", 190_000)])
    suite.equal("some of it", (kept.num_rows, kept.column_names), (10_000, ["n"]))
    pyarrow.dataset.write_dataset(table, f"{A}/set", format="parquet", partitioning=["part"], filesystem=s3)
    found = pyarrow.dataset.dataset(f"{A}/set", format="parquet", partitioning=["part"], filesystem=s3)
    suite.equal("a partitioned set", (len(found.files), found.count_rows()), (4, 200_000))


@suite.part
def away():
    s3.delete_dir_contents(A)
    suite.equal("delete_dir_contents", s3.get_file_info(fs.FileSelector(A, recursive=True)), [])
    s3.delete_dir(A)
    suite.equal("delete_dir", s3.get_file_info(A).type, fs.FileType.NotFound)


suite.finish()
