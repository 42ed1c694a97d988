"""Amazon's S3 as moto plays it: prints its address and a key, and ends with its input."""

import json
import sys
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
url = "http://{}:{}".format(*server.get_host_and_port())
keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
keys["endpoint_url"] = url
iam = boto3.client("iam", **keys)
iam.create_user(UserName="user")
everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
iam.put_user_policy(UserName="user", PolicyName="all", PolicyDocument=json.dumps(everything))
key = iam.create_access_key(UserName="user")["AccessKey"]
boto3.client("s3", **keys).create_bucket(Bucket="bucket")
check = urllib.request.Request(url + "/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})
urllib.request.urlopen(check)  # from now on, only who has the key is let in
print(url, key["AccessKeyId"], key["SecretAccessKey"], flush=True)
sys.stdin.read()
