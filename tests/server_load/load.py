#!/usr/bin/env python3
"""Many readers at once: open event streams and reads while the engine draws, then ten thousand jobs in the queue.

tests/server_load/load.py PROGRAM [--streams 1000] [--rate 200] [--seconds 20] [--jobs 10000]

Prints what it measured as JSON; other programs on the machine disturb the times. Fails for what is wrong: a stream or an
answer that was lost, a position that is not its job's.
"""

import argparse
import asyncio
import json
import pathlib
import random
import resource
import sys
import tempfile
import time

from served import Served, ask

SMALL = {"width": 64, "height": 64, "steps": 1, "preview": False}
LONG = {"prompt": "a red apple", "width": 256, "height": 256, "steps": 60, "seed": 1}


class Line:
    """A connection that is kept open, for one request after another."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def ask(self, method, target, body=None):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        data = b"" if body is None else json.dumps(body).encode()
        self.writer.write(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                          f"Content-Length: {len(data)}\r\n\r\n".encode() + data)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l")), 0)
        return int(head[9:12]), await self.reader.readexactly(length)

    def close(self):
        if self.writer is not None:
            self.writer.close()


class Stream:
    """One reader of a job's events."""

    def __init__(self, port, job):
        self.port, self.job = port, job
        self.events, self.bytes, self.position, self.last = 0, 0, None, ""
        self.has_ended = False

    async def read(self, ready):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        writer.write(f"GET /v1/jobs/{self.job}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        try:
            while line := await reader.readline():
                self.bytes += len(line)
                if line.startswith(b"event: "):
                    self.events += 1
                    self.last = line[7:].decode().strip()
                    ready()
                elif line.startswith(b"data: ") and self.last == "queued":
                    self.position = json.loads(line[6:])["position"]
        except (OSError, asyncio.CancelledError):
            pass
        else:
            self.has_ended = True
        writer.close()


def percentile(values, share):
    ordered = sorted(values)
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) if ordered else None


class Load:
    def __init__(self, options, served):
        self.options, self.served = options, served
        self.faults, self.report = [], {}

    @property
    def port(self):
        return self.served.port

    def submit(self, **differences):
        status, job = ask(self.port, "POST", "/v1/jobs", {**SMALL, "prompt": "a red apple", **differences})
        if status != 202:
            raise RuntimeError(f"{status}: {job}")
        return job["id"]

    async def drawing_time(self):
        """Seconds of one picture, from its beginning to its end, as the server has it."""
        line = Line(self.port)
        job = json.loads((await line.ask("POST", "/v1/jobs", LONG))[1])["id"]
        begun = None
        while True:
            now = json.loads((await line.ask("GET", "/v1/jobs/" + job))[1])
            if now["state"] == "running" and begun is None:
                begun = time.monotonic()
            if now["state"] not in ("queued", "running"):
                line.close()
                return round(time.monotonic() - begun, 2)
            await asyncio.sleep(0.02)

    async def own_lag(self, lags):
        """How late this program itself is woken: what the machine's other work costs, and not the server."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            lags.append(time.monotonic() - before - 0.005)

    async def read_at_a_rate(self, targets, times):
        lines = [Line(self.port) for _ in range(16)]
        free = asyncio.Queue()
        for line in lines:
            free.put_nowait(line)
        tasks = set()

        async def one(due):
            line = await free.get()
            target = random.choice(targets)
            try:
                status, _ = await line.ask("GET", target)
                times.setdefault(target.split("?")[0] if "/jobs/" not in target else "/v1/jobs/ID", []).append(
                    time.monotonic() - due)
                if status != 200:
                    self.faults.append(f"{target}: {status}")
            except (OSError, EOFError) as error:
                self.faults.append(f"{target}: {error!r}")
                line.close()
                line.writer = None
            free.put_nowait(line)

        begin = time.monotonic()
        for k in range(self.options.rate * self.options.seconds):
            due = begin + k / self.options.rate
            await asyncio.sleep(max(0, due - time.monotonic()))
            task = asyncio.create_task(one(due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        for line in lines:
            line.close()

    async def streams(self):
        self.report["MiB before"] = round(self.served.rss_mib())
        await self.drawing_time()  # until all is in memory
        self.report["picture alone, s"] = await self.drawing_time()
        long = self.submit(width=256, height=256, steps=10_000, seed=1)
        queued = [self.submit(count=1) for _ in range(min(50, self.options.streams))]
        streams = [Stream(self.port, long if i % 10 == 0 else queued[i % len(queued)])
                   for i in range(self.options.streams)]
        begun = time.monotonic()
        readers = [asyncio.create_task(stream.read(lambda: None)) for stream in streams]
        while sum(stream.events > 0 for stream in streams) < len(streams) and time.monotonic() - begun < 30:
            await asyncio.sleep(0.02)
        self.report["streams opened in, s"] = round(time.monotonic() - begun, 2)
        times = {}
        targets = ["/v1/jobs?limit=20", "/v1/images", "/v1/account", "/v1/models", "/v1/jobs/" + long]
        cpu = self.cpu_seconds()
        before = time.monotonic()
        events = sum(stream.events for stream in streams)
        lags = []
        lag = asyncio.create_task(self.own_lag(lags))
        await self.read_at_a_rate(targets, times)
        lag.cancel()
        self.report["of these the reader's own, ms p50, p99"] = [percentile(lags, 0.5), percentile(lags, 0.99)]
        self.report["processors used"] = round((self.cpu_seconds() - cpu) / (time.monotonic() - before), 2)
        self.report["events a second"] = round((sum(s.events for s in streams) - events) / (time.monotonic() - before))
        self.report["MiB during"] = round(self.served.rss_mib())
        self.report["ms p50, p99"] = {name: [percentile(taken, 0.5), percentile(taken, 0.99)]
                                      for name, taken in sorted(times.items())}
        lost = sum(stream.has_ended or stream.events == 0 for stream in streams)
        if lost:
            self.faults.append(f"{lost} of {len(streams)} streams were lost")
        for i, job in enumerate(queued):
            wrong = [s for s in streams if s.job == job and s.position != i]
            if wrong:
                self.faults.append(f"job {i} of the queue: its readers were told {wrong[0].position}")
        await self.picture_beside(long, queued)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers)

    async def picture_beside(self, long, queued):
        """The picture again, with the streams open and the reads going on."""
        line = Line(self.port)
        for job in [long, *queued]:
            await line.ask("DELETE", "/v1/jobs/" + job)
        reads = asyncio.create_task(self.read_at_a_rate(["/v1/jobs?limit=20", "/v1/images", "/v1/account"], {}))
        self.report["picture beside reads, s"] = await self.drawing_time()
        await reads
        line.close()

    def cpu_seconds(self):
        with open(f"/proc/{self.served.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    async def many_jobs(self):
        count = self.options.jobs
        blocker = self.submit(width=256, height=256, steps=10_000)
        ids, before = [None] * count, self.served.rss_mib()

        async def some(first):
            line = Line(self.port)
            for i in range(first, count, 8):
                status, answer = await line.ask("POST", "/v1/jobs", {**SMALL, "prompt": f"apple {i}", "seed": i})
                ids[i] = json.loads(answer)["id"] if status == 202 else None
            line.close()

        begun = time.monotonic()
        await asyncio.gather(*(some(i) for i in range(8)))
        taken = time.monotonic() - begun
        self.report["jobs"] = count
        self.report["submitted a second"] = round(count / taken)
        self.report["MiB for the queue"] = round(self.served.rss_mib() - before)
        if None in ids:
            self.faults.append(f"{ids.count(None)} jobs were refused")
        line, times = Line(self.port), []
        seen = []
        for _ in range(20):
            begun = time.monotonic()
            _, answer = await line.ask("GET", "/v1/jobs?limit=20")
            times.append(time.monotonic() - begun)
            seen = json.loads(answer)["data"]
        self.report["GET jobs in a long queue, ms p50, p99"] = [percentile(times, 0.5), percentile(times, 0.99)]
        positions = [job["position"] for job in seen]
        if positions != list(range(count - 1, count - 1 - len(seen), -1)):
            self.faults.append(f"the newest {len(seen)} of {count} are told to be at {positions}")
        begun = time.monotonic()
        await asyncio.gather(*(self.cancel(ids[i::8]) for i in range(8)))
        self.report["cancelled a second"] = round(count / (time.monotonic() - begun))
        await line.ask("DELETE", "/v1/jobs/" + blocker)
        status = json.loads((await line.ask("GET", "/v1/status"))[1])
        if status["queue"]["queued"]:
            self.faults.append(f"{status['queue']['queued']} jobs are left of those that were cancelled")
        line.close()

    async def cancel(self, ids):
        line = Line(self.port)
        for job in ids:
            await line.ask("DELETE", "/v1/jobs/" + job)
        line.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=10_000)
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 16_384), most))
    with tempfile.TemporaryDirectory() as home:
        served = Served(options.program, pathlib.Path(home))
        served.start()
        load = Load(options, served)
        try:
            if options.streams:
                asyncio.run(load.streams())
            if options.jobs:
                asyncio.run(load.many_jobs())
        finally:
            served.end()
    print(json.dumps(load.report, indent=1))
    for fault in load.faults[:50]:
        print(fault, file=sys.stderr)
    return 1 if load.faults else 0


if __name__ == "__main__":
    sys.exit(main())
