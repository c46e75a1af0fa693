"""Two servers and three workers on one PostgreSQL: cluster.py PROGRAM ADDRESS FOLDER [NAMESPACE LINK HOST]

Sixty jobs; a worker is killed, another stands still for longer than its lease and goes on. Every job is done once, with
the pictures that the program draws alone, and whoever listens at a server that does not draw hears of it all.
Then, where there is a network namespace that a link leads to, a worker in it is cut off while it draws, and comes back.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import zlib

program, address, folder, *elsewhere = sys.argv[1:]
LEASE = 2
PASSWORD = "hush-this"
processes = []


def start(name, *arguments, within=(), **options):
    environment = dict(os.environ, PIXELFORGE_HOME=f"{folder}/{name}", PIXELFORGE_DATABASE=address)
    log = open(f"{folder}/{name}.log", "w")
    process = subprocess.Popen([*within, program, *arguments], env=environment, stderr=log, text=True, **options)
    processes.append(process)
    return process


def start_server(name):
    process = start(name, "serve", "--port", "0", "--json", "--no-draw", "--store", f"{folder}/store",
                    stdout=subprocess.PIPE)
    return json.loads(process.stdout.readline())["url"]


def start_worker(name, database=address, within=()):
    with_password = database.replace("pixelforge@", f"pixelforge:{PASSWORD}@")
    return start(name, "worker", "--database", with_password, "--home", f"{folder}/home-{name}", "--store",
                 f"{folder}/store", "--lease", str(LEASE), "--threads", "1", within=within, stdout=subprocess.DEVNULL)


def call(url, body=None):
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def eventually(what, condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    sys.exit(f"this did not come about in {seconds} s: {what}")


def expect(holds, what):
    if not holds:
        sys.exit(f"this does not hold: {what}")


def events_of(url, job, into):
    with urllib.request.urlopen(f"{url}/v1/jobs/{job}/events", timeout=60) as stream:
        for line in stream:
            if line.startswith(b"event: "):
                into.append([line[7:].decode().strip(), None])
            elif line.startswith(b"data: "):
                into[-1][1] = json.loads(line[6:])


def job_of_worker(worker):
    shown = subprocess.run([program, "ps", "--json", "--database", address], capture_output=True, text=True, check=True)
    return next((w["job"] for w in json.loads(shown.stdout)["workers"] if w["pid"] == worker.pid), None)


def pixels(png):
    """The image data before compression; the chunks beside it name no more than how it was made."""
    at, data = 8, b""
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + size]
        at += 12 + size
    return zlib.decompress(data)


def drawn_alone(request):
    file = f"{folder}/alone.png"
    subprocess.run([program, "generate", request["prompt"], "--seed", str(request["seed"]), "--size", "64", "--steps",
                    str(request["steps"]), "--output", file], check=True, capture_output=True)
    with open(file, "rb") as drawn:
        return pixels(drawn.read())


def main():
    first, second = start_server("first"), start_server("second")
    workers = [start_worker(f"worker{i}") for i in range(3)]

    heard = []
    submitted = {}
    for i in range(60):
        request = {"prompt": f"a red apple, number {i}", "width": 64, "height": 64, "seed": 100 + i,
                   "steps": 150 if i % 2 else 4}
        job = call(f"{(first, second)[i % 2]}/v1/jobs", request)
        submitted[job["id"]] = request
        if i == 5:
            listener = threading.Thread(target=events_of, args=(first, job["id"], heard))
            listener.start()

    def job(id):
        return call(f"{second}/v1/jobs/{id}")

    def shown(worker):
        with open(f"/proc/{worker.pid}/cmdline") as file:
            return file.read()

    eventually("no password is seen on a command line", lambda: not any(PASSWORD in shown(w) for w in workers))

    # One dies.
    killed = eventually("a worker draws", lambda: job_of_worker(workers[0]))
    workers[0].send_signal(signal.SIGKILL)
    workers[0].wait()

    # One stands still in the middle of a job.
    def stopped_job():
        id = job_of_worker(workers[1])
        if not id or job(id)["state"] != "running":
            return None
        workers[1].send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        if job(id)["state"] == "running" and job_of_worker(workers[1]) == id:
            return id
        workers[1].send_signal(signal.SIGCONT)
        return None

    stopped = eventually("a worker stands still in a job", stopped_job)
    eventually("another worker does the job of the one that stands still", lambda: job(stopped)["state"] == "done")
    before = job(stopped)
    workers[1].send_signal(signal.SIGCONT)

    eventually("all jobs are done", lambda: not [j for j in all_jobs(first) if j["state"] in ("queued", "running")], 120)
    time.sleep(1)
    expect(job(stopped) == before, "what a worker says after its lease changes nothing")

    done = {j["id"]: j for j in all_jobs(first)}
    expect(done.keys() == submitted.keys(), "the jobs are those that were asked for")
    expect(all(j["state"] == "done" and len(j["images"]) == 1 for j in done.values()), "each job is done, once")
    expect(files_kept() == 60, f"60 pictures are kept: got {files_kept()}")

    ids = list(submitted)
    for id in {killed, stopped, *ids[:4], *ids[-4:]}:
        with urllib.request.urlopen(first + done[id]["images"][0]["url"], timeout=30) as answer:
            expect(pixels(answer.read()) == drawn_alone(submitted[id]), f"job {id}: its picture is the one drawn alone")

    listener.join(timeout=30)
    names = [name for name, _ in heard]
    for name in ("queued", "started", "step", "image", "done"):
        expect(name in names, f"a listener at a server hears \"{name}\": got {sorted(set(names))}")
    expect(names[-1] == "done" and names.count("image") == 1, "the picture is told of once, the end last")
    expect(any(data["preview"] for name, data in heard if name == "step"), "a preview comes along")

    for worker in workers[1:]:
        end(worker)
    print("60 jobs, 3 workers of which one died and one stood still: each done once")
    return first


def cut_off(server, namespace, link, host):
    """A worker's network fails while it draws, for longer than its lease and than its drawing takes."""
    def set_link(state):
        subprocess.run(["ip", "link", "set", link, state], check=True)

    def submit(prompt, steps):
        return call(f"{server}/v1/jobs", {"prompt": prompt, "width": 64, "height": 64, "seed": 7, "steps": steps})["id"]

    def job(id):
        return call(f"{server}/v1/jobs/{id}")

    kept = files_kept()
    name = address.partition("?")[0].rpartition("/")[2]
    far = start_worker("far", f"postgres://pixelforge@{host}/{name}", within=("ip", "netns", "exec", namespace))
    taken = submit("a red apple far away", 1000)
    eventually("the worker that is elsewhere draws", lambda: job_of_worker(far) == taken)
    set_link("down")
    expect(job(taken)["state"] == "running", "it was cut off while it drew")

    near = start_worker("near")
    eventually("another worker does the job of the one that is cut off", lambda: job(taken)["state"] == "done")
    before = job(taken)
    expect(len(before["images"]) == 1, f"the job has one picture: got {before['images']}")
    end(near)
    set_link("up")

    later = submit("a green apple", 4)
    eventually("the worker that was cut off serves again", lambda: job(later)["state"] == "done")
    expect(far.poll() is None, "it is still the same process")
    expect(job(taken) == before, "what it says of the job that it has lost changes nothing")
    expect(files_kept() == kept + 2, f"each of two jobs has one file: got {files_kept() - kept}")
    end(far)
    print("a worker was cut off from the network while it drew: its job was done once, and it came back")


def end(worker):
    worker.send_signal(signal.SIGTERM)
    expect(worker.wait(timeout=20) in (0, 130), "a worker ends when it is asked to")


def files_kept():
    return sum(f.endswith(".png") for _, _, names in os.walk(f"{folder}/store") for f in names)


def all_jobs(url):
    return call(f"{url}/v1/jobs?limit=100")["data"]


try:
    server = main()
    if elsewhere:
        cut_off(server, *elsewhere)
finally:
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
