"""Writes alterations.safetensors: what diffusers gives for the UNets of tests/golden/families under PAG, SEG, skipped
blocks and FreeU. Needs bench/peers/requirements.txt:  python tests/models/files/make_alterations.py

Inputs are those of each family's case "unet", the first 8 x 8 places (diffusers' SEG is for squares); of the two
rows the second is perturbed. diffusers' blur has its two branches swapped by mistake (0.42.1): a threshold below sigma
gives the Gaussian, one above it the mean.
"""
import math
import sys
from pathlib import Path

import torch
from diffusers.hooks import layer_skip, smoothed_energy_guidance_utils as seg
from diffusers.models.attention_processor import PAGIdentitySelfAttnProcessor2_0
from diffusers.models.unets import unet_2d_blocks
from diffusers.utils.torch_utils import fourier_filter
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[2] / "bench/peers"), str(HERE)]
import sd1  # noqa: E402
from unets import FAMILIES, sdxl  # noqa: E402

# The same blocks by our names (in families_golden_test.cpp) and by diffusers'.
LAYERS = {
    "sd1": ["mid_block.attentions.0.transformer_blocks.0", "up_blocks.1.attentions.1.transformer_blocks.0"],
    "sdxl": ["mid_block.attentions.0.transformer_blocks.0", "up_blocks.0.attentions.1.transformer_blocks.1"],
}
FREEU = {"s1": 0.9, "s2": 0.2, "b1": 1.3, "b2": 1.4}


def comfyui_freeu(version):
    """ComfyUI's nodes FreeU (1) and FreeU_V2 (2) in the place of diffusers' apply_freeu: factors by number of channels."""
    def apply(_, hidden, skip, b1, b2, s1, s2):
        factors = {4 * 32: (b1, s1), 2 * 32: (b2, s2)}.get(hidden.shape[1])
        if factors is None:
            return hidden, skip
        gain = factors[0]
        if version == 2:
            mean = hidden.mean(1, keepdim=True)
            low, high = mean.amin((2, 3), keepdim=True), mean.amax((2, 3), keepdim=True)
            gain = (factors[0] - 1) * (mean - low) / (high - low) + 1
        half = hidden.shape[1] // 2
        hidden = torch.cat([hidden[:, :half] * gain, hidden[:, half:]], 1)
        return hidden, fourier_filter(skip, threshold=1, scale=factors[1])
    return apply


def cases(net, layers, inputs):
    def run(rows=slice(None)):
        extra = {"class_labels": inputs["y"][rows]} if "y" in inputs else {}
        return net(inputs["sample"][rows], inputs["timestep"][rows], inputs["context"][rows], **extra).sample

    plain = run()
    attention = [net.get_submodule(layer + ".attn1") for layer in layers]
    kept = [a.processor for a in attention]
    for a in attention:
        a.processor = PAGIdentitySelfAttnProcessor2_0()
    yield "pag", run()
    for a, processor in zip(attention, kept):
        a.processor = processor
    for name, sigma, threshold in [("seg_inf", 1.0, math.inf), ("seg_0.7", 0.7, 0)]:
        size = math.ceil(6 * sigma) + 1 - math.ceil(6 * sigma) % 2
        hooks = [a.to_q.register_forward_hook(lambda _, __, q: seg._gaussian_blur_2d(q, size, sigma, threshold)) for a in attention]
        yield name, torch.cat([plain[:1], run(slice(1, 2))])
        for hook in hooks:
            hook.remove()
    for layer in layers:
        stack, _, index = layer.rpartition(".")
        layer_skip._apply_layer_skip_hook(net, layer_skip.LayerSkipConfig([int(index)], fqn=stack), name=layer)
    yield "slg", torch.cat([plain[:1], run(slice(1, 2))])
    for layer in layers:
        net.get_submodule(layer)._diffusers_hook.remove_hook(layer)
    assert torch.equal(run(), plain)
    net.enable_freeu(**FREEU)
    yield "freeu_diffusers", run()
    own = unet_2d_blocks.apply_freeu
    for version in (1, 2):
        unet_2d_blocks.apply_freeu = comfyui_freeu(version)
        yield f"freeu_{version}", run()
    unet_2d_blocks.apply_freeu = own


out = {}
with torch.no_grad():
    for family, net in [("sd1", sd1.load(FAMILIES / "sd1/checkpoint.safetensors", "unet")), ("sdxl", sdxl())]:
        all_inputs = load_file(FAMILIES / family / "cases.safetensors")
        inputs = {n: t for n in ("sample", "timestep", "context", "y") if (t := all_inputs.get(f"unet/in/{n}")) is not None}
        want = all_inputs["unet/out/prediction"]
        extra = {"class_labels": inputs["y"]} if "y" in inputs else {}
        whole = net(inputs["sample"], inputs["timestep"], inputs["context"], **extra).sample
        assert (whole - want).abs().max() < 1e-4, (whole - want).abs().max()
        inputs["sample"] = inputs["sample"][:, :, :8, :8].contiguous()
        out.update({f"{family}/{name}": t.contiguous() for name, t in cases(net, LAYERS[family], inputs)})
save_file(out, HERE / "alterations.safetensors")
