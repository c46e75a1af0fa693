"""PixelForge against other programs in one run: they take turns, so that all meet the same states of the machine.

  compare.py CHECKPOINT.safetensors --pixelforge build/release/pixelforge --work FOLDER --size 512 --threads 2 --rounds 3
      [--peers torch,openvino] [--ours "PixelForge fast=--precision fast"] [--title TEXT] [--json]

In every round each program measures a UNet step with guidance (two rows) and a VAE decode in a process of its own; the order turns
from round to round. A ratio is the other's time over PixelForge's of the same round: above 1 PixelForge is faster. FOLDER takes what
the peers need (exported networks, 7.3 GB at the real widths, kept for the next run; compiled code) and the results: result.json,
table.md and chart.svg. The outputs of all are held against each other: a program that computes something else shows.

--rounds 0 only exports what is to be exported. A peer that cannot run is left out, with what it said. Run nothing beside it, and see README.md for what the columns mean.
"""
import argparse
import datetime
import json
import os
import shlex
import statistics
import subprocess
import sys
from pathlib import Path

import numpy

import parts
from chart import bars

HERE = Path(__file__).parent
PARTS = ("unet", "vae")
NAMES = {"sd1": "SD 1.5", "sdxl": "SDXL"}
TITLES = {"unet": "UNet step with guidance", "vae": "VAE decode"}

# name: script, its arguments, what to call it
PEERS = {
    "torch": ("bench_diffusers.py", "", "PyTorch, eager, f32"),
    "torch-nhwc": ("bench_diffusers.py", "--channels-last", "PyTorch, eager, f32, channels-last"),
    "torch-compile": ("bench_diffusers.py", "--compile", "torch.compile, f32"),
    "torch-compile-nhwc": ("bench_diffusers.py", "--compile --channels-last", "torch.compile, f32, channels-last"),
    "torch-bf16": ("bench_diffusers.py", "--bf16 --channels-last", "PyTorch, bf16 autocast"),
    "openvino": ("bench_exported.py", "--runtime openvino", "OpenVINO, f32"),
    "openvino-bf16": ("bench_exported.py", "--runtime openvino --bf16", "OpenVINO, bf16"),
    "onnxruntime": ("bench_exported.py", "--runtime onnxruntime", "ONNX Runtime, f32"),
    "sdcpp": ("bench_sdcpp.py", "", "stable-diffusion.cpp, f16"),
    "sdcpp-f32": ("bench_sdcpp.py", "--type f32", "stable-diffusion.cpp, f32"),
    "sdcpp-q8_0": ("bench_sdcpp.py", "--type q8_0", "stable-diffusion.cpp, q8_0"),
    "sdcpp-direct": ("bench_sdcpp.py", "--conv-direct", "stable-diffusion.cpp, f16, direct"),
}


class Failed(Exception):
    pass


def run(command, environment=None):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, **(environment or {})})
    if done.returncode:
        raise Failed(f"{shlex.join(map(str, command))}: exit status {done.returncode}\n{done.stderr[-1500:]}")
    return done.stdout


def say(text):
    print(text, file=sys.stderr, flush=True)


class Programs:
    """The commands of this run, by name; PixelForge's first."""

    def __init__(self, options):
        self.o, self.work, self.family = options, options.work, parts.family(options.checkpoint)
        self.ours = dict(mode.partition("=")[::2] for mode in options.ours)
        self.names = [*self.ours, *options.peers]

    def title(self, name):
        return name if name in self.ours else PEERS[name][2]

    def measure(self, name):
        common = ["--size", self.o.size, "--threads", self.o.threads, "--repeats", self.o.repeats, "--json"]
        if name in self.ours:
            return json.loads(run([self.o.pixelforge, "bench", self.o.checkpoint, *common, *shlex.split(self.ours[name])]))
        script, arguments, _ = PEERS[name]
        checkpoint = self.exported() if script == "bench_exported.py" else self.o.checkpoint
        extra = ["--parts", ",".join(PARTS), "--out", self.outputs(name)]
        if script == "bench_sdcpp.py":
            extra = ["--picture", self.work / f"{name}.png"]
        return json.loads(run([sys.executable, HERE / script, checkpoint, *common, *shlex.split(arguments), *extra],
                              {"TORCHINDUCTOR_CACHE_DIR": str(self.work / "inductor")}))

    def outputs(self, name):
        return self.work / "outputs" / name.replace(" ", "-")

    def exported(self):
        """The folder of the exported networks, written unless they are there from an earlier run."""
        folder = self.work / f"export-{self.family}-{self.o.size}"
        file = Path(self.o.checkpoint).resolve()
        source, stamp = f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}", folder / "source"
        if not (stamp.exists() and stamp.read_text() == source):
            say("exporting to ONNX and OpenVINO")
            run([sys.executable, HERE / "export.py", self.o.checkpoint, "--to", folder, "--size", self.o.size])
            stamp.write_text(source)
        return folder

    def probe(self, name):
        """PixelForge's outputs for the inputs that the peers are given."""
        from safetensors.numpy import load_file, save_file

        folder = self.outputs(name)
        folder.mkdir(parents=True, exist_ok=True)
        for part, of_probe in (("unet", "unet"), ("vae", "vae.decode")):
            save_file(parts.inputs(part, self.o.size, self.family), folder / "in.safetensors")
            run([self.o.pixelforge, "probe", self.o.checkpoint, "--part", of_probe, "--in", folder / "in.safetensors",
                 "--out", folder / "out.safetensors", "--threads", self.o.threads, *shlex.split(self.ours[name])])
            numpy.save(folder / f"{part}.npy", load_file(folder / "out.safetensors")[parts.OUTPUTS[part]])

    def draw(self, name):
        """PixelForge's picture of what stable-diffusion.cpp draws."""
        file = self.work / "pixelforge.png"
        run([self.o.pixelforge, "generate", "a red apple on a beach", "-m", self.o.checkpoint, "--noise", "gpu", "--seed", 42,
             "--cfg", 7, "--sampler", "euler", "--scheduler", "normal", "--steps", 1 + self.o.repeats, "--size", self.o.size,
             "--threads", self.o.threads, "-o", file, *shlex.split(self.ours[name])])
        return file


def take_turns(programs, rounds):
    """{name: [report of each round]}, and what those that failed said."""
    turns, failed = {name: [] for name in programs.names}, {}
    for i in range(rounds):
        shift = i * 2 % len(programs.names)
        for name in programs.names[shift:] + programs.names[:shift]:
            if name in failed:
                continue
            start = datetime.datetime.now()
            try:
                turns[name].append(programs.measure(name))
            except Failed as problem:
                failed[name] = str(problem)
            seconds = (datetime.datetime.now() - start).total_seconds()
            say(f"round {i + 1} of {rounds}: {name}, {seconds:.0f} s" + (", FAILED" if name in failed else ""))
    return {name: reports for name, reports in turns.items() if name not in failed}, failed


def part_of(report, part):
    return next(row for row in report["results"] if row["name"] == parts.NAMES[part])


def peak_mb(report, part):
    """Of a peer that of the part, of PixelForge that of the whole run."""
    return part_of(report, part).get("peak_rss_mb", round(report.get("peak_memory", 0) / 1e6))


def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def rows_of(programs, turns, part):
    """A row a program, the fastest first."""
    seconds = {name: [part_of(r, part)["seconds"]["median"] for r in reports] for name, reports in turns.items()}
    rows = []
    for name, reports in turns.items():
        found = [part_of(report, part) for report in reports]
        rows.append({
            "name": name, "title": programs.title(name), "seconds": spread(seconds[name]),
            "gflops": parts.work(part, programs.o.size, programs.family) / statistics.median(seconds[name]),
            "cpu": min((row["cpu"] for row in found if "cpu" in row), default=None),
            "peak_mb": max(peak_mb(report, part) for report in reports),
            "ratios": {ours: spread([b / a for a, b in zip(seconds[ours], seconds[name])]) for ours in programs.ours if ours in turns},
        })
    return sorted(rows, key=lambda row: row["seconds"]["median"])


def differences(programs, turns):
    """{name: {part: max |a - b| / max(1, max |b|)}} from the first peer whose outputs are here, and pictures in dB."""
    out, failed = {name: {} for name in turns}, {}
    for name in programs.ours:
        try:
            programs.probe(name)
        except Failed as problem:
            failed[f"{name}: probe"] = str(problem)
    for part in PARTS:
        arrays = {name: numpy.load(programs.outputs(name) / f"{part}.npy") for name in turns
                  if (programs.outputs(name) / f"{part}.npy").exists()}
        peers = [name for name in programs.o.peers if name in arrays]
        if not peers:
            continue
        want = arrays[peers[0]]
        for name, got in arrays.items():
            out[name][part] = float(numpy.abs(got - want).max() / max(1, numpy.abs(want).max()))
    pictures = {name: programs.work / f"{name}.png" for name in turns if PEERS.get(name, [""])[0] == "bench_sdcpp.py"}
    if pictures:
        try:
            drawn = programs.draw(next(iter(programs.ours)))
            for name, file in pictures.items():
                out[name]["picture_db"] = psnr(drawn, file)
        except Failed as problem:
            failed["generate"] = str(problem)
    return out, failed


def psnr(a, b):
    from PIL import Image

    a, b = (numpy.asarray(Image.open(file).convert("RGB"), dtype=numpy.float64) for file in (a, b))
    error = ((a - b) ** 2).mean()
    return float(10 * numpy.log10(255**2 / error)) if error else float("inf")


def difference_text(found, part):
    if part in found:
        return f"{found[part]:.0e}"
    return f"picture {found['picture_db']:.0f} dB" if "picture_db" in found else ""


def markdown(result):
    ours = list(result["ours"])
    lines = [f"`{result['command']}` on {result['date']}: {result['cpu']}, {result['threads']} threads, {result['size']}x{result['size']}; "
             f"medians of {result['rounds']} round{'s' * (result['rounds'] > 1)}.", ""]
    for part in PARTS:
        lines += [f"**{TITLES[part]}**", "",
                  "| | seconds | GFLOP/s | cpu | peak MB | difference | " + " | ".join(f"times {name}'s (range)" for name in ours) + " |",
                  "|---|" + "---|" * (5 + len(ours))]
        for row in result["parts"][part]:
            ratios = [row["ratios"].get(name) for name in ours]
            cells = [
                row["title"], f"{row['seconds']['median']:.3f}", f"{row['gflops']:.0f}", "" if row["cpu"] is None else f"{row['cpu']:.2f}",
                f"{row['peak_mb']}", difference_text(result["differences"][row["name"]], part),
                *("" if q is None else f"{q['median']:.2f} ({q['min']:.2f}-{q['max']:.2f})" for q in ratios),
            ]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    lines += [f"{name} did not run: {text.splitlines()[-1]}" for name, text in result["failed"].items()]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--pixelforge", default="pixelforge", help="the program to compare (default: the one on the path)")
    parser.add_argument("--ours", action="append", metavar="NAME=ARGS", help="a way to run it, again and again (default: one, as it is)")
    parser.add_argument("--peers", default=",".join(PEERS), help=f"some of {','.join(PEERS)} (default: all)")
    parser.add_argument("--work", type=Path, required=True, metavar="FOLDER", help="for the peers' files and the results")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=1, help="runs of a part in one turn")
    parser.add_argument("--title", help="of the chart (default: the family's name)")
    parser.add_argument("--json", action="store_true", help="print result.json in place of the table")
    o = parser.parse_args()
    o.ours, o.peers, o.work = o.ours or ["PixelForge="], [p for p in o.peers.split(",") if p], o.work.resolve()
    if unknown := set(o.peers) - set(PEERS):
        parser.error(f"--peers: got {','.join(unknown)}, need some of {','.join(PEERS)}")
    o.work.mkdir(parents=True, exist_ok=True)

    programs = Programs(o)
    if o.rounds == 0:
        programs.exported()
        return
    turns, failed = take_turns(programs, o.rounds)
    if not any(name in turns for name in programs.ours):
        raise SystemExit("\n".join(failed.values()))
    found, not_compared = differences(programs, turns)
    for name, text in {**failed, **not_compared}.items():
        say(f"\n{name} did not run:\n{text}")
    result = {
        "date": datetime.date.today().isoformat(), "command": shlex.join([Path(sys.argv[0]).name, *(Path(a).name if "/" in a else a for a in sys.argv[1:])]),
        "cpu": parts.processor(), "size": o.size, "threads": o.threads, "rounds": o.rounds, "ours": programs.ours,
        "parts": {part: rows_of(programs, turns, part) for part in PARTS}, "differences": found,
        "failed": {**failed, **not_compared}, "reports": turns,
    }
    (o.work / "result.json").write_text(json.dumps(result, indent=1))
    (o.work / "table.md").write_text(markdown(result))
    (o.work / "chart.svg").write_text(chart(result, o.title or f"{NAMES[programs.family]} on a CPU"))
    print(json.dumps(result) if o.json else markdown(result))


def chart(result, title):
    groups = [(f"{TITLES[part]}, seconds", [(row["title"], row["seconds"]["median"], row["name"] in result["ours"])
                                            for row in result["parts"][part]]) for part in PARTS]
    return bars(title, f"{result['size']}x{result['size']}, {result['threads']} threads, {result['cpu']}, {result['date']}; shorter is better",
                groups)


if __name__ == "__main__":
    main()
