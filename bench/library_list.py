#!/usr/bin/env python3
"""How long `pixelforge list` takes with 5,000 models: bench/library_list.py PIXELFORGE [COUNT]

Makes as many LoRAs of 528 tensors with 20 KB of metadata in a temporary folder, links them with add-folder, and times the
listing: with everything in memory, with library.db and the program dropped from the page cache, and without a library.
"""
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time


def lora() -> bytes:
    header, offset = {"__metadata__": {"modelspec.license": "cc0-1.0"}}, 0
    header["__metadata__"]["ss_tag_frequency"] = json.dumps({"img": {f"tag {i}": i for i in range(1000)}})
    for block in range(264):
        for side in ("up", "down"):
            name = f"lora_unet_down_blocks_{block}_attn.lora_{side}.weight"
            header[name] = {"dtype": "F16", "shape": [4, 4], "data_offsets": [offset, offset + 32]}
            offset += 32
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(offset)


def drop_from_cache(path: pathlib.Path) -> None:
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def main() -> None:
    program, count = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    with tempfile.TemporaryDirectory() as folder:
        home, models = pathlib.Path(folder, "home"), pathlib.Path(folder, "models")
        models.mkdir()
        for i in range(count):
            (models / f"lora-{i:05}.safetensors").write_bytes(lora())

        def timed(*verb: str, home: pathlib.Path = home) -> float:
            begin = time.perf_counter()
            subprocess.run([program, *verb], env={**os.environ, "PIXELFORGE_HOME": str(home)}, check=True,
                           stdout=subprocess.DEVNULL)
            return (time.perf_counter() - begin) * 1e3

        print(f"add-folder {timed('add-folder', str(models)):8.0f} ms, again {timed('add-folder', str(models)):.0f} ms")
        cold = []
        for _ in range(5):
            for path in (home / "library.db", program):
                drop_from_cache(path)
            cold.append(timed("list"))
        rows = {"cold": cold, "warm": [timed("list") for _ in range(20)],
                "warm, --json": [timed("list", "--json") for _ in range(20)],
                "no library": [timed("list", home=home / "none") for _ in range(20)]}
        for name, times in rows.items():
            print(f"list {name:13} median {statistics.median(times):6.1f} ms, {min(times):.1f} to {max(times):.1f}")


main()
