"""A server that speaks S3 and looks at signatures: ``python serve_s3.py``, in an environment that has moto.

Prints one line of JSON: the port, and the credentials of who may read and write everything (``reader``), of the same for
a while (``session``) and of who may do nothing (``stranger``). Ends when its input does.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


def main() -> None:
    # Containers reach it by the address of a bridge.
    server = ThreadedMotoServer(ip_address="0.0.0.0", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    address = f"http://127.0.0.1:{port}"

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=address,
            region_name="eu-central-1",
            aws_access_key_id="root",
            aws_secret_access_key="root",
        )

    iam = client("iam")
    found: dict[str, Any] = {"port": port}
    for user in ("reader", "stranger"):
        iam.create_user(UserName=user)
        key = iam.create_access_key(UserName=user)["AccessKey"]
        found[user] = {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
    policy = json.dumps(EVERYTHING)
    iam.put_user_policy(UserName="reader", PolicyName="everything", PolicyDocument=policy)
    role = iam.create_role(RoleName="reads", AssumeRolePolicyDocument="{}")["Role"]
    iam.put_role_policy(RoleName="reads", PolicyName="everything", PolicyDocument=policy)
    lent = client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="reading")["Credentials"]
    found["session"] = {
        "AWS_ACCESS_KEY_ID": lent["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": lent["SecretAccessKey"],
        "AWS_SESSION_TOKEN": lent["SessionToken"],
    }
    client("s3").create_bucket(
        Bucket="clinic", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    # From here on every request has to be signed by somebody who may make it.
    ask = urllib.request.Request(f"{address}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})
    urllib.request.urlopen(ask).close()
    print(json.dumps(found), flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
