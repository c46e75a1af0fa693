"""Draws pictures and stores their latents: latents.py VAE DIR STYLE SIZE SHARDS [FIRST]

Writes DIR/STYLE-SIZE-NNNN.pt of 1000 pictures each; a shard's number is its seed, and shards that are there are kept, so
the command goes on where it was stopped, and a training run that is under way takes up new shards by itself."""

import os
import re
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")  # run one for each core

import numpy as np
import torch

import model
import scenes

SHARD = 1000


def encode(vae, size, style, rng):
    z, facts = [], []
    step = max(1, 32 * 128**2 // size**2)
    for i in range(0, SHARD, step):
        pairs = [scenes.sample(rng, style, size) for _ in range(min(step, SHARD - i))]
        x = torch.from_numpy(np.stack([a for a, _ in pairs])).permute(0, 3, 1, 2).float().div(127.5).sub(1)
        x = x.to(next(vae.parameters()).device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(x.device.type, torch.bfloat16):
            mean = vae.moments(x)[0]  # off by 0.005, a third of the latents' own noise
        z.append((mean.float() * model.SCALE).half().cpu())
        facts += [f for _, f in pairs]
    return torch.cat(z), facts


@torch.inference_mode()
def main(vae_path, folder, style, size, shards, first=0):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    vae = model.load_vae(vae_path).to(device, memory_format=torch.channels_last)
    os.makedirs(folder, exist_ok=True)
    for k in range(first, first + shards):
        path = os.path.join(folder, f"{style}-{size}-{k:04d}.pt")
        if os.path.exists(path):
            continue
        z, facts = encode(vae, size, style, np.random.default_rng([size, list(scenes.STYLES).index(style), k]))
        torch.save({"latents": z, "facts": facts}, path + ".tmp")
        os.replace(path + ".tmp", path)
        print(path, f"std {z.float().std():.3f}", flush=True)


class Store:
    """What a training run picks from: all shards of a style, by size."""

    def __init__(self, folder, style, sizes):
        self.folder, self.style = folder, style
        self.share = {int(s): float(w) for s, w in (pair.split(":") for pair in sizes)}
        self.latents, self.facts, self.names = {s: [] for s in self.share}, {s: [] for s in self.share}, set()
        self.refresh()

    def refresh(self):
        for name in sorted(set(os.listdir(self.folder)) - self.names):
            found = re.fullmatch(rf"{self.style}-(\d+)-\d+\.pt", name)
            if not found or int(found[1]) not in self.share:
                continue
            shard = torch.load(os.path.join(self.folder, name), weights_only=False)
            self.latents[int(found[1])].append(shard["latents"])
            self.facts[int(found[1])].append(shard["facts"])
            self.names.add(name)

    def pick_size(self, rng):
        sizes = [s for s in self.share if self.latents[s]]
        share = [self.share[s] for s in sizes]
        return sizes[rng.choice(len(sizes), p=[w / sum(share) for w in share])]

    def pick(self, rng, size, n):
        shards, facts = self.latents[size], self.facts[size]
        where = [(rng.integers(len(shards)), rng.integers(SHARD)) for _ in range(n)]
        return torch.stack([shards[i][j] for i, j in where]).float(), [facts[i][j] for i, j in where]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], *map(int, sys.argv[4:]))
