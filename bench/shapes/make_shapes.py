"""Writes shapes.tsv: the ops of real models with their real shapes, and how often a step has each.

  make_shapes.py > shapes.tsv

Widths, depths and tokens are the architectures' own: SD 1.5 (Rombach et al. 2022), SDXL (Podell et al. 2023), Stable Diffusion 3.5 medium
(MMDiT-X: Esser et al. 2024, with a second attention in the first 13 blocks) and FLUX.1 (19 double and 38 single blocks). A step is one
evaluation with two rows where the model is guided, with one for FLUX.1. On standard error: GFLOP a step.
"""
import sys
from collections import Counter

WIDTHS = (320, 640, 1280, 1280)


class Model:
    def __init__(self, name, batch):
        self.name, self.batch, self.ops, self.flop = name, batch, Counter(), 0

    def conv(self, side, cin, cout, kernel=3, stride=1):
        self.ops["conv2d", f"{self.batch}x{side}x{side} {cin}->{cout} k{kernel} s{stride}"] += 1
        self.flop += 2 * self.batch * (side // stride) ** 2 * cin * cout * kernel**2

    def linear(self, rows, cin, cout, times=1):
        """`rows` of one picture."""
        self.ops["linear", f"{self.batch * rows} {cin}->{cout}"] += times
        self.flop += times * 2 * self.batch * rows * cin * cout

    def attention(self, queries, keys, heads, dim):
        self.ops["attention", f"{self.batch}x{heads} {queries}x{keys} d{dim}"] += 1
        self.flop += 4 * self.batch * heads * queries * keys * dim

    def group_norm(self, side, channels):
        self.ops["group_norm", f"{self.batch}x{side}x{side} {channels}"] += 1

    def layer_norm(self, rows, channels, times=1):
        self.ops["layer_norm", f"{self.batch * rows} {channels}"] += times

    def geglu(self, rows, channels):
        self.ops["geglu", f"{self.batch * rows} {channels}"] += 1


def resnet(m, side, cin, cout, emb):
    m.group_norm(side, cin)
    m.conv(side, cin, cout)
    if emb:
        m.linear(1, emb, cout)
    m.group_norm(side, cout)
    m.conv(side, cout, cout)
    if cin != cout:
        m.conv(side, cin, cout, 1)


def transformer(m, side, width, heads, context, depth):
    rows, dim = side**2, width // heads
    m.group_norm(side, width)
    m.conv(side, width, width, 1)
    for _ in range(depth):
        m.layer_norm(rows, width, 3)
        m.linear(rows, width, width, 4)
        m.attention(rows, rows, heads, dim)
        m.linear(rows, width, width, 2)
        m.linear(77, context, width, 2)
        m.attention(rows, 77, heads, dim)
        m.linear(rows, width, 8 * width)
        m.geglu(rows, 4 * width)
        m.linear(rows, 4 * width, width)
    m.conv(side, width, width, 1)


def unet(m, side, widths, depths, middle, heads, context, extra=0):
    """`heads` of a width; `extra`: what SDXL knows of sizes."""
    emb = 4 * widths[0]
    m.linear(1, widths[0], emb)
    m.linear(1, emb, emb)
    if extra:
        m.linear(1, extra, emb)
        m.linear(1, emb, emb)
    m.conv(side, 4, widths[0])
    skips, here = [widths[0]], widths[0]
    for level, (width, depth) in enumerate(zip(widths, depths)):
        for _ in range(2):
            resnet(m, side, here, width, emb)
            here = width
            if depth:
                transformer(m, side, width, heads(width), context, depth)
            skips.append(width)
        if level + 1 < len(widths):
            m.conv(side, width, width, 3, 2)
            side //= 2
            skips.append(width)
    resnet(m, side, here, here, emb)
    transformer(m, side, here, heads(here), context, middle)
    resnet(m, side, here, here, emb)
    for level in reversed(range(len(widths))):
        for _ in range(3):
            resnet(m, side, here + skips.pop(), widths[level], emb)
            here = widths[level]
            if depths[level]:
                transformer(m, side, here, heads(here), context, depths[level])
        if level:
            side *= 2
            m.conv(side, here, here)
    m.group_norm(side, here)
    m.conv(side, here, 4)


def decoder(m, side, channels):
    """The VAE of all of them: 128, 256, 512, 512 channels."""
    m.conv(side, channels, 512)
    resnet(m, side, 512, 512, 0)
    m.group_norm(side, 512)
    m.linear(side**2, 512, 512, 4)
    m.attention(side**2, side**2, 1, 512)
    resnet(m, side, 512, 512, 0)
    here = 512
    for level, width in reversed(list(enumerate((128, 256, 512, 512)))):
        for _ in range(3):
            resnet(m, side, here, width, 0)
            here = width
        if level:
            side *= 2
            m.conv(side, width, width)
    m.group_norm(side, 128)
    m.conv(side, 128, 3)


def text(m, rows, width, layers, mlp):
    m.layer_norm(rows, width, 2 * layers + 1)
    m.linear(rows, width, width, 4 * layers)
    m.linear(rows, width, mlp, layers)
    m.linear(rows, mlp, width, layers)
    for _ in range(layers):
        m.attention(rows, rows, width // 64, 64)


def t5(m, rows):
    """T5 v1.1 XXL: two projections that gate each other."""
    m.linear(rows, 4096, 4096, 4 * 24)
    m.linear(rows, 4096, 10240, 2 * 24)
    m.linear(rows, 10240, 4096, 24)
    for _ in range(24):
        m.attention(rows, rows, 64, 64)


def sd35_medium(m, image, words):
    width, heads, both = 1536, 24, image + words
    m.linear(image, 64, width)
    m.linear(words, 4096, width)
    m.linear(1, 256, width)
    m.linear(1, 2048, width)
    m.linear(1, width, width, 2)
    for block in range(24):
        twice, last = block < 13, block == 23
        m.linear(1, width, (9 if twice else 6) * width)
        m.linear(1, width, (2 if last else 6) * width)
        m.linear(image, width, 3 * width, 2 if twice else 1)
        m.linear(words, width, 3 * width)
        m.attention(both, both, heads, width // heads)
        if twice:
            m.attention(image, image, heads, width // heads)
        m.linear(image, width, width, 2 if twice else 1)
        for rows in (image,) if last else (image, words):
            m.layer_norm(rows, width, 2)
            m.linear(rows, width, 4 * width)
            m.linear(rows, 4 * width, width)
        if not last:
            m.linear(words, width, width)
    m.linear(1, width, 2 * width)
    m.linear(image, width, 64)


def flux(m, image, words):
    width, heads, both = 3072, 24, image + words
    m.linear(image, 64, width)
    m.linear(words, 4096, width)
    m.linear(1, 256, width, 2)  # time and guidance
    m.linear(1, 768, width)
    m.linear(1, width, width, 3)
    for _ in range(19):
        m.linear(1, width, 6 * width, 2)
        m.attention(both, both, heads, 128)
        for rows in (image, words):
            m.layer_norm(rows, width, 2)
            m.linear(rows, width, 3 * width)
            m.linear(rows, width, width)
            m.linear(rows, width, 4 * width)
            m.linear(rows, 4 * width, width)
    for _ in range(38):
        m.linear(1, width, 3 * width)
        m.layer_norm(both, width)
        m.linear(both, width, 7 * width)
        m.attention(both, both, heads, 128)
        m.linear(both, 5 * width, width)
    m.linear(1, width, 2 * width)
    m.linear(image, width, 64)


def models():
    m = Model("sd15.unet", 2)
    unet(m, 64, WIDTHS, (1, 1, 1, 0), 1, lambda width: 8, 768)
    yield m
    m = Model("sd15.vae", 1)
    decoder(m, 64, 4)
    yield m
    m = Model("sd15.text", 2)
    text(m, 77, 768, 12, 3072)
    yield m
    m = Model("sdxl.unet", 2)
    unet(m, 128, WIDTHS[:3], (0, 2, 10), 10, lambda width: width // 64, 2048, 2816)
    yield m
    m = Model("sdxl.vae", 1)
    decoder(m, 128, 4)
    yield m
    m = Model("sd35m.mmdit", 2)
    sd35_medium(m, 4096, 154)
    yield m
    m = Model("flux.dit", 1)
    flux(m, 4096, 512)
    yield m
    m = Model("flux.vae", 1)  # Stable Diffusion 3.5's too
    decoder(m, 128, 16)
    yield m
    m = Model("flux.t5", 1)
    t5(m, 512)
    yield m


def main():
    print("# Made by make_shapes.py: model.part, op, shape, how often a step has it")
    for m in models():
        for (op, shape), times in m.ops.items():
            print(m.name, op, shape, times, sep="\t")
        print(f"{m.name}: {m.flop * 1e-9:.0f} GFLOP a step", file=sys.stderr)


if __name__ == "__main__":
    main()
