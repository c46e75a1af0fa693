"""nginx before a public server: proxy.py PROGRAM CONFIGURATION FOLDER

FOLDER has a certificate of its own for pictures.example.
"""

import http.client
import json
import os
import re
import socket
import sqlite3
import ssl
import subprocess
import sys
import time

program, configuration, folder = sys.argv[1:]
NAME = "pictures.example"
VISITOR = "127.0.0.9"  # whom nginx sees
LARGEST = 64 << 20
processes = []


def expect(holds, what):
    if not holds:
        sys.exit(f"this does not hold: {what}")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def start_server():
    process = subprocess.Popen([program, "serve", "--public", "--behind-proxy", "--host-name", NAME, "--port", "0", "--json"],
                               env=dict(os.environ, PIXELFORGE_HOME=f"{folder}/home"), stdout=subprocess.PIPE, text=True)
    processes.append(process)
    return int(json.loads(process.stdout.readline())["url"].rpartition(":")[2])


def configured(server_port, https_port, http_port):
    with open(configuration) as file:
        text = file.read()
    for old, new in [
        (r"listen \[::\]:\d+.*;", ""),  # not every machine has IPv6
        (r"listen 443", f"listen 127.0.0.1:{https_port}"),
        (r"listen 80", f"listen 127.0.0.1:{http_port}"),
        (r"/etc/letsencrypt/live/[^/]*", folder),
        (r"127\.0\.0\.1:7860", f"127.0.0.1:{server_port}"),
    ]:
        text, count = re.subn(old, new, text)
        expect(count, f"the configuration has {old}")
    return text


def start_nginx(server_port, https_port, http_port):
    with open(f"{folder}/site.conf", "w") as file:
        file.write(configured(server_port, https_port, http_port))
    places = "".join(f"{of}_temp_path {folder}/{of};" for of in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""  # the folder is ours alone
    with open(f"{folder}/nginx.conf", "w") as file:
        file.write(f"daemon off; {user} pid {folder}/nginx.pid; error_log stderr; events {{}}\n"
                   f"http {{ access_log off; {places} include {folder}/site.conf; }}\n")
    with open(f"{folder}/nginx.log", "w") as log:
        process = subprocess.Popen(["nginx", "-p", folder, "-e", "stderr", "-c", f"{folder}/nginx.conf"], stderr=log)
    processes.append(process)
    for _ in range(100):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", https_port)).close()
            return
        except OSError:
            time.sleep(0.05)
    with open(f"{folder}/nginx.log") as log:
        sys.exit(f"nginx did not come up:\n{log.read()}")


class Https(http.client.HTTPSConnection):
    """To nginx on this machine, under the name that the certificate has, from an address of this machine."""

    def __init__(self, port, source=VISITOR):
        super().__init__(NAME, timeout=60, context=ssl.create_default_context(cafile=f"{folder}/fullchain.pem"))
        self.to, self.source = ("127.0.0.1", port), (source, 0)

    def connect(self):
        self.sock = self._context.wrap_socket(socket.create_connection(self.to, 60, self.source), server_hostname=NAME)

    def ask(self, method, path, body=None, headers=None):
        self.request(method, path, body, headers or {})
        return self.getresponse()


def the_page_comes(port):
    page = Https(port).ask("GET", "/")
    expect(page.status == 200 and b"PixelForge" in page.read(), f"the page comes over https: got {page.status}")
    expect(page.headers["Strict-Transport-Security"], "browsers are told to come back over https")
    cookie = page.headers["Set-Cookie"] or Https(port).ask("GET", "/v1/account").headers["Set-Cookie"]
    expect("Secure" in cookie, f"a visitor's cookie is for https alone: got {cookie}")


def http_leads_to_https(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/v1/images?q=a+b", headers={"Host": NAME})
    answer = connection.getresponse()
    expect((answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/v1/images?q=a+b"),
           f"http leads to https: got {answer.status} {answer.headers['Location']}")


def events_come_as_they_happen(port):
    body = json.dumps({"prompt": "a red apple", "width": 64, "height": 64, "steps": 600, "preview": False})  # small events
    headers = {"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.5"}
    made = Https(port).ask("POST", "/v1/jobs", body, headers)
    job, cookie = json.load(made), made.headers["Set-Cookie"].partition(";")[0]
    expect(made.status == 202, f"a job is taken: got {made.status} {job}")
    stream = Https(port).ask("GET", f"/v1/jobs/{job['id']}/events", headers={"Cookie": cookie})
    came = {}
    for line in stream:
        if line.startswith(b"event: "):
            came.setdefault(line[7:].decode().strip(), time.monotonic())
    expect({"step", "done"} <= came.keys(), f"its events come: got {sorted(came)}")
    ahead = came["done"] - came["step"]
    expect(ahead > 0.5, f"a step is told while it is drawn, not with the end: got {ahead:.2f} s before")


def nobody_gives_himself_an_address():
    database = sqlite3.connect(f"file:{folder}/home/service.db?mode=ro", uri=True)
    networks = [name for (name,) in database.execute("SELECT subject FROM allowances WHERE subject LIKE 'network:%'")]
    expect(networks == [f"network:{VISITOR}"], f"what counts is whom nginx saw: got {networks}")


def too_large_a_body_is_refused(port):
    announced = {"Content-Length": str(LARGEST + 1), "Content-Type": "image/png"}
    answer = Https(port).ask("POST", "/v1/images/read", None, announced)
    said = answer.read()
    expect(answer.status == 413 and json.loads(said)["status"] == 413, f"a body of over 64 MiB is 413: got {answer.status}")
    expect(answer.headers["Content-Type"] == "application/problem+json", "that is said as the server says it")
    passed = Https(port).ask("POST", "/v1/images/read", bytes(LARGEST))
    expect(passed.status == 422, f"one of 64 MiB reaches the server, which looks into it: got {passed.status}")


def metrics_are_for_this_machine(port):
    expect(Https(port).ask("GET", "/metrics").status == 403, "nginx lets nobody elsewhere ask for /metrics")
    here = Https(port, "127.0.0.1").ask("GET", "/metrics")
    expect(here.headers["Content-Type"] == "application/problem+json", "it asks the server for who is here")


def main():
    server_port = start_server()
    https_port, http_port = free_ports(2)
    start_nginx(server_port, https_port, http_port)
    the_page_comes(https_port)
    http_leads_to_https(http_port)
    events_come_as_they_happen(https_port)
    nobody_gives_himself_an_address()
    too_large_a_body_is_refused(https_port)
    metrics_are_for_this_machine(https_port)
    print("behind nginx: https, events as they happen, addresses that nginx has seen, limits")


try:
    main()
finally:
    for process in processes:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=20)
