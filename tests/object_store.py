"""An S3 server on loopback for the tests that keep the archive in an object store."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

import boto3
from moto.server import ThreadedMotoServer

HOST = "127.0.0.1"


class Bucket:
    """``fsspec``: what FSSPEC_S3 must say; ``url()``: a folder of it that nobody else uses."""

    def __init__(self, port: int) -> None:
        self.fsspec = {"endpoint_url": f"http://{HOST}:{port}", "key": "test", "secret": "test"}
        self.name = "ledger"
        self.client = boto3.client(
            "s3", endpoint_url=self.fsspec["endpoint_url"], region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip
        self.client.create_bucket(Bucket=self.name)

    def url(self) -> str:
        return f"s3://{self.name}/{token_hex(4)}"


@contextmanager
def object_store() -> Iterator[Bucket]:
    server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    server.start()
    try:
        yield Bucket(server.get_host_and_port()[1])
    finally:
        server.stop()
