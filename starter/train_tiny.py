"""Distils the decoder into a tiny one, in TAESD's layout, that draws previews: train_tiny.py DIR VAE LATENTS --steps N

It learns the VAE's own pictures of latents.py's latents, rough ones among them, as they are while sampling is under way.
"""

import torch
import torch.nn.functional as F
from torch import nn

import latents
import model
import trainer

WIDTH = 16


class Clamp(nn.Module):
    def forward(self, x):
        return torch.tanh(x / 3) * 3


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(c, c, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(c, c, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(c, c, 3, padding=1),
        )

    def forward(self, x):
        return F.relu(self.conv(x) + x)


def decoder(c=WIDTH):
    """From scaled latents to pictures from 0 to 1."""
    grow = lambda: [nn.Upsample(scale_factor=2), nn.Conv2d(c, c, 3, padding=1, bias=False)]
    blocks = lambda n: [Block(c) for _ in range(n)]
    return nn.Sequential(
        Clamp(),
        nn.Conv2d(4, c, 3, padding=1),
        nn.ReLU(),
        *blocks(3),
        *grow(),
        *blocks(3),
        *grow(),
        *blocks(3),
        *grow(),
        *blocks(1),
        nn.Conv2d(c, 3, 3, padding=1),
    )


class TinyTrainer(trainer.Trainer):
    def __init__(self, args, state):
        super().__init__(args, decoder(), state)
        self.vae, self.data = model.load_vae(args.vae).to(args.device), latents.Store(
            args.latents, "flat", ["128:2", "256:1"]
        )

    def batch(self):
        size = self.data.pick_size(self.rng)
        n = self.args.batch * 256**2 // size**2
        return size, (self.data.pick(self.rng, size, n)[0].to(self.args.device),), self.args.micro * 256**2 // size**2

    def loss(self, net, z):
        with torch.no_grad():
            wanted = self.vae.decode(z / model.SCALE).clamp(-1, 1) * 0.5 + 0.5
        y = net(z + 0.15 * torch.rand(len(z), 1, 1, 1, device=z.device) * torch.randn_like(z))
        return (y - wanted).abs().mean() + F.mse_loss(y, wanted)


def export(path, out):
    from safetensors.torch import save_file

    weights = torch.load(path, map_location="cpu", weights_only=False)["ema"]
    save_file(
        {f"decoder.{n}": v.half().contiguous() for n, v in weights.items()},
        out,
        {"modelspec.license": "CC0-1.0", "modelspec.title": "PixelForge Starter preview"},
    )


if __name__ == "__main__":
    a = trainer.arguments(__doc__, batch=4, micro=1, muon=0.01, adam=2e-3)
    a.add_argument("vae")
    a.add_argument("latents")
    a.add_argument("--export", help="write the file that the program loads")
    args = a.parse_args()
    TinyTrainer(args, trainer.begin(args)).run()
    if args.export:
        export(f"{args.dir}/state.pt", args.export)
