"""An S3 server on loopback for the tests that keep the archive in an object store."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

HOST = "127.0.0.1"
UNREACHABLE = {
    "endpoint_url": f"http://{HOST}:9", "key": "k", "secret": "s", "config_kwargs": {"retries": {"max_attempts": 1}},
}  # fmt: skip
"""What FSSPEC_S3 says of a store that does not answer."""


class Bucket:
    """``fsspec``: what FSSPEC_S3 must say; ``url()``: a folder of it that nobody else uses."""

    def __init__(self, port: int) -> None:
        import boto3

        self.fsspec = {"endpoint_url": f"http://{HOST}:{port}", "key": "test", "secret": "test"}
        self.name = "ledger"
        client = boto3.client(
            "s3", endpoint_url=self.fsspec["endpoint_url"], region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip
        client.create_bucket(Bucket=self.name)

    def url(self) -> str:
        return f"s3://{self.name}/{token_hex(4)}"


@contextmanager
def object_store() -> Iterator[Bucket]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    server.start()
    try:
        yield Bucket(server.get_host_and_port()[1])
    finally:
        server.stop()
