"""Times the parts of SD 1.5 in diffusers and transformers on the CPU: f32, eager, the weights of a single-file checkpoint.

  bench_diffusers.py CHECKPOINT.safetensors --size 512 --threads 2 --repeats 3 [--json] [--parts unet,vae,text]

  unet.step    one UNet evaluation with two rows, which is one step with classifier-free guidance
  vae.decode   one latent to one picture
  text.encode  one row of 77 ids

Each part is loaded alone, run once unmeasured and then `--repeats` times; the peak memory is that of its runs, weights included.
GFLOP/s are of the work counted below, the same whatever algorithm does it. "cpu" is the share of the threads' time that they
were really running: well below 1, other programs took the cores and the figure is worth little.
The JSON has the shape of `pixelforge bench --json`.
"""
import argparse
import gc
import json
import platform
import statistics
import time
import warnings
from pathlib import Path

import torch

import sd1

NAMES = {"unet": "unet.step", "vae": "vae.decode", "text": "text.encode"}


def work(part, size):
    """GFLOP of SD 1.5 (a multiply-add is two): at 512 x 512, 803 for a UNet row and 2515 for a decode.

    Self-attention grows with the square of the picture's area, all else with the area.
    """
    area = (size / 512) ** 2
    return {"unet": 2 * (680.5 * area + 122.5 * area**2), "vae": 2481 * area + 34 * area**2, "text": 13.3}[part]


def call(part, model, size, layout):
    """A function of no arguments that runs the part once on random input."""
    side = size // 8
    random = torch.Generator().manual_seed(0)
    if part == "unet":
        sample = torch.randn(2, model.config.in_channels, side, side, generator=random).to(memory_format=layout)
        context = torch.randn(2, 77, model.config.cross_attention_dim, generator=random)
        return lambda: model(sample, 500, context).sample
    if part == "vae":
        latent = torch.randn(1, model.config.latent_channels, side, side, generator=random).to(memory_format=layout)
        return lambda: model.decode(latent).sample
    ids = torch.randint(0, model.config.vocab_size - 2, (1, 77), generator=random)
    ids[0, 0], ids[0, -1] = model.config.vocab_size - 2, model.config.vocab_size - 1
    return lambda: model(ids).last_hidden_state


def peak_rss(reset=False):
    """Largest resident memory of this process in MB, since the last reset (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1000)


def measure(part, options):
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    model = sd1.load(options.checkpoint, part)
    if part != "text":
        model = model.to(memory_format=layout)
    run = call(part, model, options.size, layout)
    gc.collect()
    peak_rss(reset=True)
    seconds, cpu = [], 0.0
    with torch.inference_mode():
        for i in range(options.warmup + options.repeats):
            start, start_cpu = time.perf_counter(), time.process_time()
            out = run()
            if i >= options.warmup:
                seconds.append(time.perf_counter() - start)
                cpu += time.process_time() - start_cpu
    if not out.isfinite().all():
        raise SystemExit(f"{NAMES[part]}: the result is not finite")
    median = statistics.median(seconds)
    return {
        "name": NAMES[part],
        "seconds": {"min": min(seconds), "median": median, "max": max(seconds)},
        "gflops": round(work(part, options.size) / median, 1),
        "cpu": round(cpu / sum(seconds) / options.threads, 2),
        "peak_rss_mb": peak_rss(),
    }


def machine(options):
    import diffusers
    import transformers

    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return {
        "cpu": cpu, "isa": torch.backends.cpu.get_cpu_capability(), "threads": torch.get_num_threads(), "size": options.size,
        "layout": "channels_last" if options.channels_last else "contiguous", "torch": torch.__version__,
        "diffusers": diffusers.__version__, "transformers": transformers.__version__, "python": platform.python_version(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--size", type=int, default=512, help="side of the square picture, a multiple of 64")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--warmup", type=int, default=1, help="runs before the measured ones")
    parser.add_argument("--parts", default="unet,vae,text")
    parser.add_argument("--channels-last", action="store_true", help="NHWC tensors in memory; see README.md for which is faster where")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    parts = options.parts.split(",")
    if set(parts) - set(NAMES):
        parser.error(f"--parts: got {options.parts}, need some of {','.join(NAMES)}")
    if options.size % 64 or options.size < 64 or options.repeats < 1:
        parser.error("--size must be a multiple of 64 and --repeats at least 1")
    warnings.filterwarnings("ignore")
    torch.set_num_threads(options.threads)

    report = {"machine": machine(options), "results": [measure(part, options) for part in parts]}
    if options.json:
        print(json.dumps(report))
        return
    print("  ".join(f"{k} {v}" for k, v in report["machine"].items()))
    print(f"{'':12} {'min s':>9} {'median s':>9} {'max s':>9} {'GFLOP/s':>9} {'cpu':>5} {'peak MB':>9}")
    for r in report["results"]:
        s = r["seconds"]
        print(f"{r['name']:12} {s['min']:9.3f} {s['median']:9.3f} {s['max']:9.3f} {r['gflops']:9.1f} {r['cpu']:5.2f} {r['peak_rss_mb']:9}")


if __name__ == "__main__":
    main()
