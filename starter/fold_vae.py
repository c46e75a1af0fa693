"""Rescales the latents so that SD's factor 0.18215 gives unit variance, and tells PSNR by style: fold_vae.py VAE OUT.pt [SHEET.png]

Each channel of the latents gets mean 0 and variance 1 / 0.18215^2: an affine map goes into quant_conv, its inverse into
post_quant_conv. What the VAE draws stays the same. OUT of `-` only tells the PSNR."""

import sys

import numpy as np
import torch

import model
import scenes

Z, MIXED = model.VAE["z"], {"flat": 48, "pixel": 12, "neon": 12, "sketch": 12}


def pictures(rng, style, n, size=256):
    return (
        torch.from_numpy(np.stack([scenes.sample(rng, style, size)[0] for _ in range(n)]))
        .permute(0, 3, 1, 2)
        .float()
        .div(127.5)
        .sub(1)
    )


def fold(vae, rng):
    z = torch.cat([vae.moments(x)[0] for style, n in MIXED.items() for x in pictures(rng, style, n).split(8)])
    mean, std = z.mean((0, 2, 3)), z.std((0, 2, 3))
    print("latent mean", [round(v, 2) for v in mean.tolist()], "std", [round(v, 2) for v in std.tolist()])
    k, q, p = 1 / (std * model.SCALE), vae.quant_conv, vae.post_quant_conv
    q.weight[:Z] *= k[:, None, None, None]
    q.bias[:Z] = (q.bias[:Z] - mean) * k
    q.bias[Z:] += 2 * k.log()
    p.bias += p.weight[:, :, 0, 0] @ mean
    p.weight /= k[None, :, None, None]


def psnr(y, x):
    return -10 * torch.log10(((y - x) ** 2).mean((1, 2, 3)) / 4)


@torch.no_grad()
def main(path, out, sheet=None):
    vae, rng, rows = model.load_vae(path), np.random.default_rng(99), []
    if out != "-":
        fold(vae, rng)
        torch.save(vae.state_dict(), out)
    for style in MIXED:
        for size in (128, 256, 384):
            x = pictures(rng, style, 16, size)
            m = torch.cat([vae.moments(part)[0] for part in x.split(4)])
            y = torch.cat([vae.decode(part) for part in m.split(4)]).clamp(-1, 1)
            print(
                f"{style:7}{size:4}: {psnr(y, x).mean():.2f} dB, worst {psnr(y, x).min():.2f}; latent std {(m * model.SCALE).std():.3f}"
            )
            if size == 256:
                rows += [torch.cat(list(v[:6]), 2) for v in (x, y)]
    if sheet:
        from PIL import Image

        Image.fromarray(((torch.cat(rows, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()).save(sheet)


if __name__ == "__main__":
    main(*sys.argv[1:])
