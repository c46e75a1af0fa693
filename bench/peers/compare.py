"""PixelForge against diffusers in one run: the two take turns, so that both meet the same state of the machine.

  compare.py CHECKPOINT.safetensors --pixelforge build/pixelforge --size 512 --threads 2 --rounds 3 [--json]

In every round each program measures its parts once (the order changes from round to round). A ratio is the peer's time over
PixelForge's of the same round: above 1 PixelForge is faster. The table gives each program's median and the ratio's range.
"""
import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path


def run(command):
    """{part: seconds} and the machine, from a program that prints the bench JSON."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {done.returncode}")
    report = json.loads(done.stdout)
    return {r["name"]: r["seconds"]["median"] for r in report["results"]}, report.get("machine", {})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--pixelforge", default="pixelforge", help="the program to compare (default: the one on the path)")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=1, help="runs of a part in one turn")
    parser.add_argument("--channels-last", action="store_true", help="for the peer")
    parser.add_argument("--json", action="store_true")
    o = parser.parse_args()

    common = [o.checkpoint, "--size", str(o.size), "--threads", str(o.threads), "--repeats", str(o.repeats), "--json"]
    peer = [sys.executable, str(Path(__file__).with_name("bench_diffusers.py"))]
    commands = {
        "pixelforge": [o.pixelforge, "bench", *common],
        "diffusers": [*peer, *common, *["--channels-last"] * o.channels_last],
    }
    turns, machines = {name: [] for name in commands}, {}
    for i in range(o.rounds):
        for name in sorted(commands, reverse=i % 2 == 0):
            print(f"round {i + 1} of {o.rounds}: {name}", file=sys.stderr)
            seconds, machines[name] = run(commands[name])
            turns[name].append(seconds)

    rows = []
    for part in turns["pixelforge"][0]:
        if part not in turns["diffusers"][0]:
            continue
        ours, theirs = ([turn[part] for turn in turns[name]] for name in ("pixelforge", "diffusers"))
        ratios = [b / a for a, b in zip(ours, theirs)]
        rows.append({
            "name": part, "pixelforge": statistics.median(ours), "diffusers": statistics.median(theirs),
            "ratio": {"min": min(ratios), "median": statistics.median(ratios), "max": max(ratios)},
        })
    if o.json:
        print(json.dumps({"machines": machines, "rounds": turns, "results": rows}))
        return
    for name, machine in machines.items():
        print(f"{name}: " + ", ".join(f"{k} {v}" for k, v in machine.items()))
    print(f"{'':12} {'PixelForge s':>13} {'diffusers s':>12} {'ratio':>7}  {'range':>13}")
    for r in rows:
        q = r["ratio"]
        print(f"{r['name']:12} {r['pixelforge']:13.3f} {r['diffusers']:12.3f} {q['median']:7.2f}  {q['min']:6.2f}-{q['max']:.2f}")


if __name__ == "__main__":
    main()
