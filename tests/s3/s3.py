"""A server whose pictures lie in a bucket: s3.py PROGRAM MOTO_SERVER

moto checks every signature against the keys of a user that is made here, so a request that is signed wrongly is refused.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import boto3

PROGRAM, MOTO = sys.argv[1:3]
FREE_REQUESTS = 5  # of those that make bucket, user and keys, before moto begins to check
PATIENCE = 60.0
processes: list[subprocess.Popen[str]] = []


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def wait_for(what: str, done):  # noqa: ANN001, ANN201
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if result := done():
                return result
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError(what)


def start_moto() -> str:
    port = free_port()
    env = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(FREE_REQUESTS)}
    moto = [MOTO, "-H", "127.0.0.1", "-p", str(port)]
    processes.append(subprocess.Popen(moto, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True))
    wait_for("moto", lambda: socket.create_connection(("127.0.0.1", port), 1))
    return f"http://127.0.0.1:{port}"


def client(endpoint: str, service: str, keys: dict[str, str]):  # noqa: ANN201
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1",
                        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
                        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"])


def make_bucket(endpoint: str) -> dict[str, str]:
    anyone = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    client(endpoint, "s3", anyone).create_bucket(Bucket="pictures")
    iam = client(endpoint, "iam", anyone)
    iam.create_user(UserName="pixelforge")
    may_all = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    policy = iam.create_policy(PolicyName="pictures", PolicyDocument=json.dumps(may_all))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="pixelforge", PolicyArn=policy)
    key = iam.create_access_key(UserName="pixelforge")["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def serve(home: str, store: str, env: dict[str, str]) -> subprocess.Popen[str]:
    command = [PROGRAM, "serve", "--port", "0", "--json", "--store", store]
    env = os.environ | env | {"PIXELFORGE_HOME": home}
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    processes.append(process)
    return process


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    if '"url"' not in line:
        raise RuntimeError(line + process.stdout.read())
    return str(json.loads(line)["url"]).rstrip("/")


def ask(url: str, method: str = "GET", body: dict[str, object] | None = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def drawn(url: str) -> dict[str, object]:
    body = {"prompt": "a red apple", "width": 64, "height": 64, "steps": 2, "seed": 7}
    job = json.loads(ask(url + "/v1/jobs", "POST", body))
    ended = lambda: json.loads(ask(f"{url}/v1/jobs/{job['id']}"))  # noqa: E731
    return wait_for("a job's end", lambda: (j := ended())["state"] in ("done", "failed") and j)


def refused(home: str, store: str, env: dict[str, str], reason: str) -> None:
    process = serve(home, store, env)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0 and reason in said, (store, process.returncode, said)


def test(folder: str) -> None:
    endpoint = start_moto()
    keys = make_bucket(endpoint)
    env = keys | {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1"}
    bucket = client(endpoint, "s3", keys)

    def names() -> list[str]:
        return [one["Key"] for one in bucket.list_objects_v2(Bucket="pictures").get("Contents", [])]

    home = folder + "/home"
    server = serve(home, "s3://pictures/of all", env)
    url = address_of(server)
    job = drawn(url)
    assert job["state"] == "done", job
    image = job["images"][0]
    assert len(names()) >= 1 and all(n.startswith("of all/") for n in names()), names()
    picture = ask(url + image["url"])
    assert picture.startswith(b"\x89PNG") and picture in [
        bucket.get_object(Bucket="pictures", Key=n)["Body"].read() for n in names()]
    server.terminate()
    server.wait(PATIENCE)

    url = address_of(serve(home, "s3://pictures/of all", env))
    assert ask(url + image["url"]) == picture, "after a restart"
    ask(f"{url}/v1/images/{image['id']}", "DELETE")
    assert not [n for n in names() if n.endswith(".png")], names()

    refused(folder + "/b", "s3://pictures", env | {"AWS_SECRET_ACCESS_KEY": "wrong"}, "SignatureDoesNotMatch")
    refused(folder + "/b", "s3://elsewhere", env, "there is no such bucket")
    refused(folder + "/b", "s3://pictures", env | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "cannot be reached")
    refused(folder + "/b", "s3://pictures", env | {"AWS_ACCESS_KEY_ID": ""}, "needs AWS_ACCESS_KEY_ID")
    refused(folder + "/b", "ftp://pictures", env, "need a folder, or s3://BUCKET")

    processes[0].kill()  # the bucket is gone: jobs fail, the server stays
    processes[0].wait()
    failed = drawn(url)
    assert failed["state"] == "failed" and "cannot be reached" in failed["error"]["message"], failed
    assert ask(url + "/healthz")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        try:
            test(place)
        finally:
            for process in processes:
                process.kill()
                process.wait()
    print("pictures in a bucket: 12 checks passed")
