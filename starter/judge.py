"""Tells what is on a picture, and so how well a checkpoint does as it is asked.

judge.py train DIR --steps N       on pictures drawn as it goes, every combination among them; goes on after a kill
judge.py test DIR/state.pt [N]     its own accuracy on N fresh drawings
judge.py draw PICTURES PIXELFORGE [FLAG...]        has the program draw prompts.json: PICTURES/000.png ...; goes on after a kill
judge.py score DIR/state.pt PICTURES [OUT.json]    what is on them

The judge sees 128 x 128 pixels and says for each of 16 x 16 cells which thing is there and in what colour, and for the whole
the scene (or the background's colour) and the time of day. A thing is right if it is the one with most evidence (of two things:
both among the first two); its colour is judged where the thing is. It and prompts.json are not used in training a checkpoint.
"""

import json
import os
import subprocess
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import prompts
import scenes
import trainer

SIZE, CELLS = 128, 16
COLORS, THINGS, TIMES = list(scenes.COLORS), [*scenes.NAMES, None], ["day", "sunset", "night"]
NOTHING = len(THINGS) - 1
PLACES = [*scenes.SCENES, *COLORS]  # scenes and plain backgrounds


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.a, self.b = nn.Conv2d(i, o, 3, stride, 1), nn.Conv2d(o, o, 3, 1, 1)
        self.norm_a, self.norm_b = nn.GroupNorm(8, o), nn.GroupNorm(8, o)
        self.skip = nn.Conv2d(i, o, 1, stride)

    def forward(self, x):
        return F.relu(self.skip(x) + self.norm_b(self.b(F.relu(self.norm_a(self.a(x))))))


class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 24, 5, 2, 2)
        self.fine = nn.Sequential(Block(24, 48, 2), Block(48, 96, 2), Block(96, 96, 1))
        self.coarse = nn.Sequential(Block(96, 128, 2), Block(128, 128, 1))
        self.join = Block(96 + 128, 128, 1)
        self.cells = nn.Conv2d(128, len(THINGS) + len(COLORS), 1)
        self.whole = nn.Linear(256, len(PLACES) + len(TIMES))

    def forward(self, x):
        """(thing logits, colour logits) by cell, (place logits, time logits), features."""
        fine = self.fine(F.relu(self.stem(x)))
        coarse = self.coarse(fine)
        joined = self.join(torch.cat([fine, F.interpolate(coarse, scale_factor=2.0)], 1))
        features = torch.cat([coarse.mean((2, 3)), joined.mean((2, 3))], 1)
        thing, color = self.cells(joined).split((len(THINGS), len(COLORS)), 1)
        place, time = self.whole(features).split((len(PLACES), len(TIMES)), 1)
        return thing, color, place, time, features


def targets(facts, where):
    """By cell the thing, the thing around whose edge it lies (there, "nothing" is right too), and the colour; the place; the time."""
    y, x = (np.mgrid[:CELLS, :CELLS] + 0.5) / CELLS
    thing, edge, color = np.full((CELLS, CELLS), NOTHING), np.full((CELLS, CELLS), -1), np.full((CELLS, CELLS), -1)
    nearest = np.full((CELLS, CELLS), 1.3)
    for t, tx, ty, s in where:
        far = np.hypot(x - tx, y - ty) / s
        here, nearest = far < nearest, np.minimum(far, nearest)
        inside = here & (far < 0.6)
        thing[here], edge[here], color[here] = -1, THINGS.index(t["name"]), -1
        thing[inside], edge[inside], color[inside] = THINGS.index(t["name"]), -1, COLORS.index(t["color"])
    return (
        thing,
        edge,
        color,
        PLACES.index(facts["scene"] or facts["background"]),
        TIMES.index(facts["time"]) if facts["time"] else -1,
    )


class JudgeTrainer(trainer.Trainer):
    def batch(self):
        pictures, wanted = [], []
        for _ in range(self.args.batch):
            facts = scenes.choose(self.rng, trained=False)
            a, where = scenes.draw(self.rng, facts, SIZE)
            pictures.append(a)
            wanted.append(targets(facts, where))
        x = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
        return (
            "judge",
            tuple(v.to(self.args.device) for v in (x, *(torch.tensor(np.stack(w)) for w in zip(*wanted)))),
            self.args.micro,
        )

    def loss(self, net, x, thing, edge, color, place, time):
        with torch.autocast(self.args.device, torch.bfloat16):
            out = [o.float() for o in net(soften(unit(x)))]
        exact = sum(
            F.cross_entropy(o, t, ignore_index=-1, reduction="sum") / max(1, (t >= 0).sum())
            for o, t in zip(out, (thing, color, place, time))
        )
        log = out[0].log_softmax(1)
        either = torch.logaddexp(log.gather(1, edge.clamp(min=0)[:, None])[:, 0], log[:, NOTHING])
        return exact - either[edge >= 0].mean()


def unit(x):
    return x.float().div(127.5).sub(1).contiguous(memory_format=torch.channels_last)


def soften(x):
    """What generated pictures have and drawn ones have not: blur, noise, other brightness."""
    n = len(x)
    blurred = F.interpolate(
        F.interpolate(x, scale_factor=float(np.random.uniform(0.35, 0.8)), mode="area"), x.shape[2:], mode="bilinear"
    )
    x = torch.where(torch.rand(n, 1, 1, 1) < 0.4, blurred, x) * (
        1 + 0.1 * torch.randn(n, 1, 1, 1)
    ) + 0.06 * torch.randn(n, 1, 1, 1)
    return x + 0.08 * torch.rand(n, 1, 1, 1) * torch.randn_like(x)


# ---------------------------------------------------------------- verdicts
def load(path):
    net = Judge()
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=False)["ema"])
    return net.eval().to(memory_format=torch.channels_last)


@torch.inference_mode()
def look(net, pictures):
    out = [
        net(unit(torch.from_numpy(np.stack(pictures[i : i + 50])).permute(0, 3, 1, 2)))
        for i in range(0, len(pictures), 50)
    ]
    thing, color, place, time, features = (torch.cat(parts) for parts in zip(*out))
    return [
        dict(zip(("thing", "color", "place", "time"), v)) for v in zip(thing.softmax(1), color.softmax(1), place, time)
    ], features.double().numpy()


def blobs(cells):
    """How many connected groups of cells there are."""
    left, n = {tuple(p) for p in np.argwhere(cells)}, 0
    while left:
        n, edge = n + 1, [left.pop()]
        while edge:
            y, x = edge.pop()
            near = {(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)} & left
            left -= near
            edge += near
    return n


def verdict(seen, facts):
    """Right or wrong, for each of what the prompt asked for."""
    names, mass = [t["name"] for t in facts["things"]], seen["thing"][:-1].sum((1, 2))
    first = {THINGS[i] for i in mass.topk(len(names)).indices}
    best = seen["thing"].argmax(0)
    out = {
        "object": [n in first for n in names],
        "color": [],
        "place": [PLACES[seen["place"].argmax()] == (facts["scene"] or facts["background"])],
    }
    for t in facts["things"]:
        weight = seen["thing"][THINGS.index(t["name"])] if len(names) == 2 else 1 - seen["thing"][-1]
        color = COLORS[(seen["color"] * weight).sum((1, 2)).argmax()]
        out["color"].append(color == t["color"] and (len(names) == 1 or t["name"] in first))
        if t["count"] > 1:
            out["number"] = [blobs((best == THINGS.index(t["name"])).numpy()) == t["count"]]
        if t["place"]:
            out["position"] = [position(1 - seen["thing"][-1]) == t["place"]]
    if len(names) == 2:
        out["both"], out["both, colours"] = [all(out["object"])], [all(out["object"] + out["color"])]
    if facts["time"]:
        out["time"] = [TIMES[seen["time"].argmax()] == facts["time"]]
    return out


def position(weight):
    y, x = (
        ((g + 0.5) / CELLS * weight.numpy()).sum() / max(1e-6, weight.sum().item()) for g in np.mgrid[:CELLS, :CELLS]
    )
    return min(scenes.PLACES, key=lambda p: np.hypot(scenes.PLACES[p][0] - x, scenes.PLACES[p][1] - y))


def frechet(a, b):
    """Distance of two normal distributions fitted to features."""
    (ma, ca), (mb, cb) = ((f.mean(0), np.cov(f, rowvar=False)) for f in (a, b))
    root = np.linalg.eigvals(ca @ cb)
    return float(((ma - mb) ** 2).sum() + np.trace(ca) + np.trace(cb) - 2 * np.sqrt(np.maximum(root.real, 0)).sum())


def summary(seen, wanted):
    """Percentages by group and over all."""
    table = {}
    for s, w in zip(seen, wanted):
        for kind, right in verdict(s, w["facts"]).items():
            for group in (w["group"], "all"):
                table.setdefault(group, {}).setdefault(kind, []).extend(right)
    return {group: {kind: round(100 * float(np.mean(v)), 1) for kind, v in row.items()} for group, row in table.items()}


def show(table):
    kinds = ("object", "color", "place", "both", "both, colours", "number", "position", "time")
    print(f"{'':26}" + "".join(f"{k:>15}" for k in kinds))
    for group, row in table.items():
        print(f"{group:26}" + "".join(f"{row.get(k, ''):>15}" for k in kinds))


def drawn(wanted, seed):
    rng = np.random.default_rng(seed)
    return [scenes.draw(rng, w["facts"], SIZE)[0] for w in wanted]


def read(path):
    from PIL import Image

    return np.asarray(Image.open(path).convert("RGB").resize((SIZE, SIZE), Image.Resampling.BOX))


def test(path, n=2000):
    rng, net = np.random.default_rng(77), load(path)
    wanted = [{"group": "fresh drawings", "facts": scenes.choose(rng, trained=False)} for _ in range(int(n))]
    show({"fresh drawings": summary(look(net, drawn(wanted, 78))[0], wanted)["all"]})


def draw(folder, program, *flags):
    os.makedirs(folder, exist_ok=True)
    with open(prompts.PATH) as f:
        wanted = json.load(f)
    for i, w in enumerate(wanted):
        path = os.path.join(folder, f"{i:03}.png")
        if not os.path.exists(path):
            subprocess.run(
                [program, "generate", w["prompt"], "--seed", str(i), "-q", "--no-picture", "-o", path, *flags],
                check=True,
                stdout=subprocess.DEVNULL,
            )


def score(path, folder, out=None):
    net = load(path)
    with open(prompts.PATH) as f:
        wanted = json.load(f)
    seen, features = look(net, [read(os.path.join(folder, f"{i:03}.png")) for i in range(len(wanted))])
    own, own_features = look(net, drawn(wanted, 79))
    real = look(net, sum((drawn(wanted, 80 + k) for k in range(4)), []))[1]
    result = {
        "generated": summary(seen, wanted),
        "drawn": summary(own, wanted)["all"],
        "frechet": {"generated": round(frechet(features, real), 2), "drawn": round(frechet(own_features, real), 2)},
    }
    show({**result["generated"], "the same, drawn": result["drawn"]})
    print("Fréchet distance to drawings of the same prompts:", result["frechet"])
    if out:
        with open(out, "w") as f:
            json.dump(result, f, indent=1)


if __name__ == "__main__":
    if sys.argv[1] == "train":
        args = trainer.arguments(__doc__, batch=64, micro=16, muon=0.01, adam=1.5e-3).parse_args(sys.argv[2:])
        JudgeTrainer(args, Judge(), trainer.begin(args)).run()
    else:
        {"test": test, "draw": draw, "score": score}[sys.argv[1]](*sys.argv[2:])
