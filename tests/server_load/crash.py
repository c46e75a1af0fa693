#!/usr/bin/env python3
"""Kills `pixelforge serve` again and again while clients submit jobs; then looks whether anything was lost.

tests/server_load/crash.py PROGRAM [--kills 20] [--public] [--seed N]
"""

import argparse
import base64
import collections
import hashlib
import http.client
import json
import pathlib
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time

from served import Served, ask, check_png, png_of_colour

SIDE = 64
MOST_WAITING = 12  # jobs of one client: what is accepted is drawn before long
GONE = (OSError, http.client.HTTPException, ValueError)  # an answer that was cut off is no JSON


class Client(threading.Thread):
    """Submits jobs under keys of its own; what has no answer is sent again, as clients do."""

    def __init__(self, number, crash):
        super().__init__()
        self.number, self.crash = number, crash
        self.random = random.Random(f"{crash.options.seed}/{number}")
        self.headers = crash.headers_of(number)
        self.accepted = {}  # by key: (id, body)
        self.spoiled, self.wrong = set(), []

    def run(self):
        made = 0
        while not self.crash.over.is_set():
            made += 1
            try:
                self.submit(f"client {self.number} job {made}")
                self.wait_for_room()
            except GONE:
                time.sleep(0.05)

    def ask(self, method, target, body=None, headers=None):
        return ask(self.crash.served.port, method, target, body, {**self.headers, **(headers or {})})

    def insist(self, method, target, body=None, headers=None):
        while True:
            try:
                return self.ask(method, target, body, headers)
            except GONE:
                if self.crash.over.is_set():
                    raise
                time.sleep(0.05)

    def submit(self, key):
        body = {"prompt": f"a red apple, {key}", "width": SIDE, "height": SIDE, "steps": self.random.randint(1, 3),
                "count": self.random.randint(1, 3), "preview": self.random.random() < 0.5}
        picture = None
        if self.random.random() < 0.1:
            picture = png_of_colour(*hashlib.sha256(key.encode()).digest()[:3])
            body["init"] = base64.b64encode(picture).decode()
        status, job = self.insist("POST", "/v1/jobs", body, {"Idempotency-Key": key})
        if status != 202:
            self.wrong.append(f"{key}: {status} {job}")
            return
        self.accepted[key] = (job["id"], body)
        if picture is not None and self.random.random() < 0.5:
            self.spoil(key, picture)
        if self.random.random() < 0.1:
            self.insist("DELETE", "/v1/jobs/" + job["id"])
        if self.random.random() < 0.2:
            self.repeat(*self.random.choice(list(self.accepted.items())))

    def spoil(self, key, picture):
        """Takes away what the job begins with, so that it fails when its turn comes."""
        (self.crash.home / "outputs" / "inputs" / hashlib.sha256(picture).hexdigest()).unlink(missing_ok=True)
        self.spoiled.add(key)

    def repeat(self, key, known):
        if key in self.spoiled:
            return
        status, job = self.insist("POST", "/v1/jobs", known[1], {"Idempotency-Key": key})
        if status != 202 or job["id"] != known[0]:
            self.wrong.append(f"{key} again: {status} {job.get('id')}, not {known[0]}")

    def wait_for_room(self):
        while not self.crash.over.is_set():
            waiting = self.ask("GET", "/v1/status")[1]["queue"]["queued"]
            if waiting < MOST_WAITING * self.crash.options.clients:
                return
            time.sleep(0.1)


class Crash:
    def __init__(self, options, home):
        self.options, self.home = options, home
        self.random = random.Random(options.seed)
        self.over = threading.Event()
        arguments = ["--public", "--free", "0"] if options.public else []
        self.served = Served(options.program, home, arguments)
        self.keys = []
        if options.public:
            self.keys = [json.loads(self.served.run("key", "add", f"client {i}", "--pictures", "1000000", "--json"))
                         for i in range(options.clients)]
        self.faults = []
        self.kills = collections.Counter()

    def headers_of(self, number):
        if not self.keys:
            return {}
        return {"Authorization": "Bearer " + self.keys[number]["secret"]}

    def fault(self, text):
        self.faults.append(text)

    def kill_often(self):
        for _ in range(self.options.kills):
            if self.random.random() < 0.15:  # while it starts
                time.sleep(self.random.uniform(0, 0.15))
                self.kills["starting"] += 1
            else:
                self.served.wait_until_ready()
                time.sleep(self.random.choice([self.random.uniform(0, 0.2), self.random.uniform(0.2, 2)]))
                self.kills["serving"] += 1
            self.served.end(signal.SIGKILL)
            self.served.spawn()
        self.served.wait_until_ready()

    def drain(self):
        deadline = time.monotonic() + self.options.patience
        while time.monotonic() < deadline:
            with self.database() as db:
                left = db.execute("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')").fetchone()[0]
            if left == 0:
                return
            time.sleep(0.2)
        self.fault(f"{left} jobs still wait or run after {self.options.patience} s")

    def database(self):
        return sqlite3.connect(f"file:{self.home}/service.db?mode=ro", uri=True, timeout=20)

    def run(self):
        self.served.spawn()
        clients = [Client(i, self) for i in range(self.options.clients)]
        self.served.wait_until_ready()
        for client in clients:
            client.start()
        self.served.end(signal.SIGKILL)
        self.served.spawn()
        self.kill_often()
        self.over.set()
        for client in clients:
            client.join()
        self.drain()
        self.check(clients)
        self.served.end()
        with self.database() as db:
            if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                self.fault("the database is damaged")

    def check(self, clients):
        for client in clients:
            self.faults += client.wrong
        with self.database() as db:
            db.row_factory = sqlite3.Row
            jobs = {row["id"]: dict(row) for row in db.execute("SELECT * FROM jobs")}
            images = collections.defaultdict(list)
            for row in db.execute("SELECT * FROM images ORDER BY number"):
                images[row["job"]].append(dict(row))
            used = dict(db.execute("SELECT subject, sum(used) FROM allowances GROUP BY subject").fetchall())
            charges = db.execute("SELECT count(*) FROM charges").fetchone()[0]
        states = collections.Counter(job["state"] for job in jobs.values())
        self.check_accepted(clients, jobs)
        for job in jobs.values():
            self.check_job(job, images[job["id"]])
        pictures = [image for of_job in images.values() for image in of_job]
        orphans = self.check_files(pictures)
        if self.options.public:
            self.check_allowances(jobs, images, used, charges)
        compared = self.compare(clients, jobs, images)
        print(json.dumps({"kills": self.kills, "accepted": sum(len(c.accepted) for c in clients), "jobs": len(jobs),
                          "states": states, "taken up again": sum(job["attempts"] > 1 for job in jobs.values()),
                          "images": len(pictures), "orphan files": orphans, "compared": compared,
                          "faults": len(self.faults)}))

    def check_accepted(self, clients, jobs):
        by_key = collections.Counter((job["owner"], job["idempotency"]) for job in jobs.values())
        for key, count in by_key.items():
            if count > 1:
                self.fault(f"{key}: {count} jobs")
        for client in clients:
            for key, (job, _) in client.accepted.items():
                if job not in jobs:
                    self.fault(f"{key}: job {job} was accepted and is lost")

    def check_job(self, job, images):
        numbers = [image["number"] for image in images]
        if job["state"] == "done" and numbers != list(range(job["count"])):
            self.fault(f"job {job['id']} is done with pictures {numbers} of {job['count']}")
        if job["drawn"] != len(images):
            self.fault(f"job {job['id']} counts {job['drawn']} pictures and has {len(images)}")
        if job["state"] == "failed" and not job["error"]:
            self.fault(f"job {job['id']} failed without a reason")
        for image in images:
            try:
                check_png((self.home / "outputs" / image["file"]).read_bytes(), SIDE)
            except (OSError, ValueError) as error:
                self.fault(f"picture {image['id']}: {error}")

    def check_files(self, pictures):
        """No row without its file was found above; here files without a row: at most two for each kill."""
        folder = self.home / "outputs"
        known = {pathlib.PurePath(image["file"]).stem for image in pictures}
        files = [p for p in folder.rglob("*") if p.is_file() and p.parent.name != "inputs"]
        orphans = [p for p in files if p.name.lstrip(".").split(".")[0] not in known]
        if len(orphans) > 2 * sum(self.kills.values()) + 2:
            self.fault(f"{len(orphans)} files that no row knows")
        return len(orphans)

    def check_allowances(self, jobs, images, used, charges):
        drawn = collections.Counter()
        for job in jobs.values():
            drawn["account:" + job["owner"]] += len(images[job["id"]])
        for subject, count in drawn.items():
            if used.get(subject) != count:
                self.fault(f"{subject}: {used.get(subject)} pictures are counted, {count} were drawn")
        if charges:
            self.fault(f"{charges} charges are left of jobs that have ended")

    def compare(self, clients, jobs, images):
        """Draws some of the jobs that were broken off once more, in peace."""
        broken_off = [(client, job) for client in clients for job, body in client.accepted.values()
                      if job in jobs and jobs[job]["state"] == "done" and "init" not in body]
        broken_off.sort(key=lambda one: -jobs[one[1]]["attempts"])
        for client, job in broken_off[:self.options.compare]:
            status, again = client.ask("POST", "/v1/jobs", json.loads(jobs[job]["request"]))
            while status < 300 and again["state"] in ("queued", "running"):
                time.sleep(0.05)
                status, again = client.ask("GET", "/v1/jobs/" + again["id"])
            with self.database() as db:
                files = [row[0] for row in
                         db.execute("SELECT file FROM images WHERE job = ? ORDER BY number", (again["id"],))]
            if len(files) != len(images[job]):
                self.fault(f"job {job}: {len(files)} pictures when it is drawn again")
            for old, new in zip(images[job], files):
                if not (self.home / "outputs" / old["file"]).exists():
                    continue  # which is told already
                if (self.home / "outputs" / old["file"]).read_bytes() != (self.home / "outputs" / new).read_bytes():
                    self.fault(f"job {job}, picture {old['number']}: other bytes when it is drawn again")
        return min(len(broken_off), self.options.compare)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("--compare", type=int, default=10, help="jobs that are drawn once more")
    parser.add_argument("--patience", type=int, default=600, help="seconds to wait for the last job")
    parser.add_argument("--public", action="store_true", help="with keys, whose allowances are checked")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        crash = Crash(options, pathlib.Path(home))
        try:
            crash.run()
        finally:
            crash.over.set()
            if crash.served.process and crash.served.process.poll() is None:
                crash.served.end(signal.SIGKILL)
        for fault in crash.faults[:50]:
            print(fault, file=sys.stderr)
        return 1 if crash.faults else 0


if __name__ == "__main__":
    sys.exit(main())
