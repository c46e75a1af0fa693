"""What every peer's script shares: the parts, their work, their inputs, and how a run is timed. Needs numpy, not torch.

Inputs are made from a fixed seed, so that all peers, each in its own process, are given the same numbers.
"""
import argparse
import gc
import json
import platform
import statistics
import time
from pathlib import Path

import numpy

NAMES = {"unet": "unet.step", "vae": "vae.decode", "text": "text.encode"}


def family(path):
    """"sd1" or "sdxl", by the names in a checkpoint's header."""
    with open(path, "rb") as file:
        header = file.read(int.from_bytes(file.read(8), "little"))
    return "sdxl" if b'"model.diffusion_model.label_emb.0.0.weight"' in header else "sd1"


def work(part, size, of):
    """GFLOP (a multiply-add is two): of SD 1.5 at 512 x 512, 803 for a UNet row and 2515 for a decode; of SDXL at 1024 x 1024, 6761 and
    10468.

    Self-attention grows with the square of the picture's area, all else with the area.
    """
    area = (size / 512) ** 2
    unet = {"sd1": 680.5 * area + 122.5 * area**2, "sdxl": 1502.5 * area + 46.9 * area**2}[of]
    return {"unet": 2 * unet, "vae": 2481 * area + 34 * area**2, "text": 13.3}[part]


def inputs(part, size, of="sd1", channels=4, width=None, vocabulary=49408):
    """The part's inputs by name, as `pixelforge probe` names them; latents are (B, C, H, W)."""
    random = numpy.random.default_rng(0)
    normal = lambda *shape: random.standard_normal(shape, dtype=numpy.float32)  # noqa: E731
    side = size // 8
    if part == "unet":
        given = {"sample": normal(2, channels, side, side), "timestep": numpy.full(2, 500, numpy.float32),
                 "context": normal(2, 77, width or {"sd1": 768, "sdxl": 2048}[of])}
        return {**given, "y": normal(2, 2816)} if of == "sdxl" else given
    if part == "vae":
        return {"latent": normal(1, channels, side, side)}
    ids = random.integers(0, vocabulary - 2, (1, 77), dtype=numpy.int32)
    ids[0, 0], ids[0, -1] = vocabulary - 2, vocabulary - 1
    return {"ids": ids}


OUTPUTS = {"unet": "prediction", "vae": "image", "text": "last"}


def processor():
    lines = (line for line in open("/proc/cpuinfo") if line.startswith("model name"))
    return next((line.split(":")[1].strip() for line in lines), platform.machine())


def peak_rss(reset=False):
    """Largest resident memory of this process in MB, since the last reset (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1000)


def row(part, options, seconds, cpu=None):
    """A result of the bench JSON, of measured seconds and the processor seconds they took together."""
    seconds, median = sorted(seconds), statistics.median(seconds)
    result = {
        "name": NAMES[part],
        "seconds": {"min": seconds[0], "median": median, "max": seconds[-1]},
        "gflops": round(work(part, options.size, options.family) / median, 1),
    }
    if cpu is not None:
        result["cpu"] = round(cpu / sum(seconds) / options.threads, 2)
    result["peak_rss_mb"] = peak_rss()
    return result


def measure(part, run, options):
    """Times `run`, which gives the part's output as a numpy array, after runs that are not counted."""
    gc.collect()
    peak_rss(reset=True)
    seconds, cpu = [], 0.0
    for i in range(options.warmup + options.repeats):
        start, start_cpu = time.perf_counter(), time.process_time()
        out = run()
        if i >= options.warmup:
            seconds.append(time.perf_counter() - start)
            cpu += time.process_time() - start_cpu
    if not numpy.isfinite(out).all():
        raise SystemExit(f"{NAMES[part]}: the result is not finite")
    if options.out:
        Path(options.out).mkdir(parents=True, exist_ok=True)
        numpy.save(Path(options.out) / f"{part}.npy", out)
    return row(part, options, seconds, cpu)


def parser(doc, parts):
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--size", type=int, default=512, help="side of the square picture, a multiple of 64")
    made.add_argument("--threads", type=int, default=2)
    made.add_argument("--repeats", type=int, default=3)
    made.add_argument("--warmup", type=int, default=1, help="runs before the measured ones")
    made.add_argument("--parts", default=parts)
    made.add_argument("--out", metavar="FOLDER", help="also write each part's output there, as PART.npy")
    made.add_argument("--json", action="store_true")
    return made


def parse(made, known):
    """Also tells the family, of the checkpoint or of what export.py made of it."""
    options = made.parse_args()
    options.family = family(options.checkpoint) if "checkpoint" in options else (Path(options.folder) / "family").read_text()
    options.parts = options.parts.split(",")
    if set(options.parts) - set(known):
        made.error(f"--parts: got {','.join(options.parts)}, need some of {','.join(known)}")
    if options.size % 64 or options.size < 64 or options.repeats < 1:
        made.error("--size must be a multiple of 64 and --repeats at least 1")
    return options


def print_report(options, machine, results):
    machine = {"cpu": processor(), "threads": options.threads, "size": options.size, "python": platform.python_version(), **machine}
    if options.json:
        print(json.dumps({"machine": machine, "results": results}))
        return
    print("  ".join(f"{k} {v}" for k, v in machine.items()))
    print(f"{'':12} {'min s':>9} {'median s':>9} {'max s':>9} {'GFLOP/s':>9} {'cpu':>5} {'peak MB':>9}")
    for r in results:
        s = r["seconds"]
        print(f"{r['name']:12} {s['min']:9.3f} {s['median']:9.3f} {s['max']:9.3f} {r['gflops']:9.1f} {r.get('cpu', 0):5.2f} "
              f"{r['peak_rss_mb']:9}")
