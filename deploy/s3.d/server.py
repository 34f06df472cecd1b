"""A server that speaks S3, with one bucket and one user, whose signature every request must have.

Prints one line of JSON when it is ready; ends when its input does.
"""

import json
import os
import sys

# What another installation of this machine is set to must not be spoken to.
os.environ.update(AWS_ACCESS_KEY_ID="setup", AWS_SECRET_ACCESS_KEY="setup", AWS_DEFAULT_REGION="us-east-1")

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from moto import settings  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

BUCKET = "romashka-files"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def main() -> None:
    """Serves until standard input ends."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    once = Config(retries={"max_attempts": 0})
    boto3.client("s3", endpoint_url=url, config=once).create_bucket(Bucket=BUCKET)
    users = boto3.client("iam", endpoint_url=url, config=once)
    users.create_user(UserName="romashka")
    users.put_user_policy(UserName="romashka", PolicyName="files", PolicyDocument=json.dumps(POLICY))
    key = users.create_access_key(UserName="romashka")["AccessKey"]
    # From here on every signature is checked.
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    ready = {
        "endpoint": url, "bucket": BUCKET, "access_key_id": key["AccessKeyId"],
        "secret_access_key": key["SecretAccessKey"],
    }
    print(json.dumps(ready), flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
