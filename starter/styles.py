"""What a flat picture becomes in another style: functions of an RGB array."""

import numpy as np


def edges(f, k):
    e = np.zeros_like(f)
    e[k:] += np.abs(f[k:] - f[:-k])
    e[:, k:] += np.abs(f[:, k:] - f[:, :-k])
    return e


def pixelate(a, rng, k=4):
    """Pixel art: cells of k x k, each its pixels' median colour, rounded; the darker side of a strong edge is darkened."""
    n = a.shape[0] // k
    small = np.median(
        a.reshape(n, k, n, k, 3).astype(np.float32).transpose(0, 2, 1, 3, 4).reshape(n, n, k * k, 3), axis=2
    )
    lum, edge = small.mean(2), np.zeros((n, n), bool)
    for axis in (0, 1):
        lo, hi = [slice(None)] * 2, [slice(None)] * 2
        lo[axis], hi[axis] = slice(0, -1), slice(1, None)
        lo, hi = tuple(lo), tuple(hi)
        strong = np.abs(small[hi] - small[lo]).sum(2) > 170
        edge[lo] |= strong & (lum[lo] < lum[hi])
        edge[hi] |= strong & (lum[lo] >= lum[hi])
    small = np.round(small / 25.5) * 25.5
    small[edge] *= 0.62
    return np.clip(small, 0, 255).astype(np.uint8).repeat(k, 0).repeat(k, 1)


def neon(a, rng):
    """Neon: bright edges that glow on black."""
    f = a.astype(np.float32)
    k = max(1, a.shape[0] // 128)
    e = edges(f, k)
    halo = e.copy()
    for _ in range(3):
        halo = (halo + np.roll(halo, k, 0) + np.roll(halo, -k, 0) + np.roll(halo, k, 1) + np.roll(halo, -k, 1)) / 5
    return np.clip(
        (e * 1.3 + halo * 2.2) * (0.4 + f / (f.max(2, keepdims=True) + 1)) + np.array([12, 8, 26]), 0, 255
    ).astype(np.uint8)


def sketch(a, rng):
    """Pencil: dark lines and light hatching on paper."""
    f = a.astype(np.float32).mean(2)
    k = max(1, a.shape[0] // 128)
    y, x = np.mgrid[: a.shape[0], : a.shape[1]]
    v = np.clip(244 - edges(f, k) * 2.2 - (((x + y) % (8 * k)) < 2 * k) * np.clip(150 - f, 0, 150) * 0.5, 20, 250)
    return np.stack([v, v * 0.985, v * 0.94], 2).astype(np.uint8)


STYLES = {
    "flat": lambda a, rng: a,
    "pixel": pixelate,
    "neon": neon,
    "sketch": sketch,
    "sprite": lambda a, rng: a,
}  # the last is flat, of a character (scenes.sample)
