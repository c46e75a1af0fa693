"""A training run that goes on from its own state after a kill; train.py and train_vae.py say what is learnt.

DIR/state.pt is written every few minutes and holds everything: weights, their average, optimisers, step, random numbers. The
same command goes on from there, and a larger --steps trains on. The learning rate is constant but for the last --cooldown
steps, where it goes to zero: to see what a long run has reached, copy its DIR and let the copy cool down."""

import argparse
import copy
import os
import queue
import threading
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # on a CPU each worker is one thread, so that a busy core holds up nobody

import numpy as np
import torch

from optim import Muon

SAVE_SECONDS, LOG_STEPS = 180, 50


def arguments(description, **defaults):
    a = argparse.ArgumentParser(description=description)
    a.add_argument("dir", help="where the state is kept")
    a.add_argument("--steps", type=int, required=True)
    a.add_argument("--cooldown", type=int, default=0, help="steps at the end in which the learning rate goes to zero")
    a.add_argument("--init", help="a state or a checkpoint to start from")
    a.add_argument("--batch", type=int, help="pictures of 256 x 256 in a step; more of smaller ones")
    a.add_argument("--micro", type=int, help="of them, how many a worker takes at once")
    a.add_argument("--workers", type=int, default=2, help="threads on a CPU")
    a.add_argument("--muon", type=float)
    a.add_argument("--adam", type=float)
    a.add_argument("--ema", type=float, default=0.999)
    a.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    a.add_argument("--seed", type=int, default=0)
    a.set_defaults(**defaults)
    return a


class Trainer:
    """A subclass gives batch() -> (kind, tensors, micro) and loss(net, *tensors), the mean over a part of the batch."""

    def __init__(self, args, net, state):
        self.args, self.net, self.step, self.seen, self.average = args, net, 0, 0, {}
        self.rng = np.random.default_rng(args.seed)
        if state:
            net.load_state_dict(state["net"])
        net.to(args.device, memory_format=torch.channels_last)
        self.params = {n: p for n, p in net.named_parameters() if p.requires_grad}
        big = {n: p for n, p in self.params.items() if args.muon and by_muon(n, p)}
        small = [p for n, p in self.params.items() if n not in big]
        self.optimizers = [(torch.optim.AdamW(small, lr=1, betas=(0.9, 0.99), weight_decay=0.0), args.adam)]
        if big:
            self.optimizers.append((Muon(big.values(), workers=args.workers), args.muon))
        self.ema = {n: p.detach().clone() for n, p in self.params.items()}
        if state:
            self.restore(state)
        self.twins = [net] + [twin(net) for _ in range(args.workers - 1 if args.device == "cpu" else 0)]

    def restore(self, state):
        self.step, self.seen, self.average = state["step"], state["seen"], state["average"]
        for (o, _), s in zip(self.optimizers, state["optimizers"]):
            o.load_state_dict(s)
        with torch.no_grad():
            for n, v in self.ema.items():
                v.copy_(state["ema"][n])
        self.rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch_rng"])

    def extra(self):
        return {}

    def save(self):
        """Written aside, synced, renamed: a kill at any moment leaves a whole state."""
        state = {
            "net": self.net.state_dict(),
            "ema": {n: v.clone() for n, v in self.ema.items()},
            "optimizers": [o.state_dict() for o, _ in self.optimizers],
            "step": self.step,
            "seen": self.seen,
            "average": self.average,
            "rng": self.rng.bit_generator.state,
            "torch_rng": torch.get_rng_state(),
            **self.extra(),
        }
        os.makedirs(self.args.dir, exist_ok=True)
        path = os.path.join(self.args.dir, "state.pt")
        with open(path + ".tmp", "wb") as f:
            torch.save(state, f)
            f.flush()
            os.fsync(f.fileno())
        os.replace(path + ".tmp", path)

    def rate(self):
        warm, left = min(1, (self.step + 1) / 100), self.args.steps - self.step
        return warm * (min(1, left / self.args.cooldown) if self.args.cooldown else 1)

    def gradient(self, tensors, micro):
        """Parts of the batch are shared out among threads that each take the next one when done."""
        n, todo, losses = len(tensors[0]), queue.SimpleQueue(), []
        for part in zip(*(t.split(n if self.args.device != "cpu" else micro) for t in tensors)):
            todo.put(part)
        threads = [threading.Thread(target=self.work, args=(t, todo, losses, n)) for t in self.twins[1:]]
        for t in self.twins:
            t.zero_grad(set_to_none=True)
        for t in threads:
            t.start()
        self.work(self.net, todo, losses, n)
        for t in threads:
            t.join()
        for t in self.twins[1:]:
            for p, q in zip(self.net.parameters(), t.parameters()):
                if q.grad is not None:
                    p.grad = q.grad if p.grad is None else p.grad.add_(q.grad)
        return sum(losses)

    def work(self, net, todo, losses, n):
        if self.args.device == "cpu":
            torch.set_num_threads(1)
        while True:
            try:
                part = todo.get_nowait()
            except queue.Empty:
                return
            loss = self.loss(net, *part) * (len(part[0]) / n)
            loss.backward()
            losses.append(loss.item())

    def advance(self):
        for optimizer, base in self.optimizers:
            for g in optimizer.param_groups:
                g["lr"] = base * self.rate()
        kind, tensors, micro = self.batch()
        loss = self.gradient(tensors, micro)
        self.graded()
        torch.nn.utils.clip_grad_norm_(self.params.values(), 1.0)
        for optimizer, _ in self.optimizers:
            optimizer.step()
        self.step += 1
        self.seen += len(tensors[0])
        keep = min(self.args.ema, self.step / (self.step + 20))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.ema.values()), list(self.params.values()), 1 - keep)
        self.average[kind] = 0.98 * self.average.get(kind, loss) + 0.02 * loss

    def graded(self):
        pass

    def saved(self):
        pass

    def run(self):
        print(
            f"{sum(p.numel() for p in self.params.values()) / 1e6:.2f} M parameters, from step {self.step}", flush=True
        )
        start = last = time.time()
        while self.step < self.args.steps:
            self.advance()
            if self.step % LOG_STEPS == 0:
                loss = ", ".join(f"{k} {v:.4f}" for k, v in sorted(self.average.items()))
                print(
                    f"{time.strftime('%m-%d %H:%M:%S')} step {self.step} seen {self.seen} loss {loss} rate {self.rate():.3f} {time.time() - start:.0f} s",
                    flush=True,
                )
            if time.time() - last > SAVE_SECONDS:
                self.save()
                self.saved()
                last = time.time()
        self.save()
        print("done", self.step, self.seen, flush=True)


def begin(args):
    """The state that is there, if any; what a run without one makes at random is that of its seed."""
    torch.manual_seed(args.seed)
    path = os.path.join(args.dir, "state.pt")
    return torch.load(path, map_location="cpu", weights_only=False) if os.path.exists(path) else None


def twin(net):
    """A copy with gradients of its own and the same weights."""
    t = copy.deepcopy(net)
    for p, q in zip(net.parameters(), t.parameters()):
        q.data = p.data
    return t


def by_muon(name, p):
    matrix = p.ndim in (2, 4) and p.numel() > 2000 and min(p.shape[0], p.numel() // p.shape[0]) >= 16
    return matrix and "embedding" not in name and "time_embed" not in name
