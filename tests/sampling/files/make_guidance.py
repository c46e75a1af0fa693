"""Writes guidance.json: what diffusers' guiders, and the formula of the extension "Dynamic Thresholding", make of small
predictions. Needs bench/peers/requirements.txt:  python tests/sampling/files/make_guidance.py
"""
import json
from pathlib import Path

import torch
from diffusers.guiders.adaptive_projected_guidance import MomentumBuffer, normalized_guidance
from diffusers.guiders.classifier_free_zero_star_guidance import cfg_zero_star_scale

g = torch.Generator().manual_seed(5)
shape = [2, 3, 4, 2]  # (B, h, w, C)
cond, uncond = (torch.randn(shape, generator=g, dtype=torch.float64) for _ in range(2))
scale, mimic = 9.0, 4.0


def apg(calls):
    """diffusers counts its scale from the prompt on, the paper from 1."""
    momentum = MomentumBuffer(-0.5)
    for _ in range(calls):
        out = normalized_guidance(cond, uncond, scale - 1, momentum, eta=0.3, norm_threshold=2.0, use_original_formulation=True)
    return out


def zero_star():
    alpha = cfg_zero_star_scale(cond.flatten(1), uncond.flatten(1)).view(-1, 1, 1, 1)
    return uncond * alpha + scale * (cond - uncond * alpha)


def dynthres(percentile):
    """mimic_mode and cfg_mode "Constant", separate channels, scaling from the mean by absolute values."""
    def flat(s):
        return (uncond + (cond - uncond) * s).movedim(-1, 1).flatten(2)

    centred, low = flat(scale), flat(mimic)
    mean = centred.mean(2, keepdim=True)
    centred, low = centred - mean, low - low.mean(2, keepdim=True)
    reach = low.abs().amax(2, keepdim=True)
    most = torch.maximum(reach, torch.quantile(centred.abs(), percentile, dim=2, keepdim=True))
    out = centred.clamp(-most, most) / most * reach + mean
    return out.unflatten(2, shape[1:3]).movedim(1, -1)


out = {"cond": cond, "uncond": uncond, "apg": apg(1), "apg_second_step": apg(2), "cfg_zero": zero_star(),
       "dynthres": dynthres(1.0), "dynthres_0.9": dynthres(0.9)}
(Path(__file__).parent / "guidance.json").write_text(
    json.dumps({"shape": shape, "scale": scale, "mimic": mimic, **{n: t.flatten().tolist() for n, t in out.items()}}, indent=0))
