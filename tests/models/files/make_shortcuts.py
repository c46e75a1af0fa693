"""Writes shortcuts.safetensors: what tomesd and DeepCache, the programs of the papers' authors, make of the UNets of
tests/golden/families. Needs bench/peers/requirements.txt and
  pip install --no-deps tomesd==0.1.3 DeepCache==0.1.1;  python tests/models/files/make_shortcuts.py

Inputs are those of each family's case "unet"; those of the second step, for which DeepCache takes what it has kept of the
first, are their halves.
"""
import sys
from pathlib import Path
from types import SimpleNamespace

import tomesd
import torch
from DeepCache import DeepCacheSDHelper
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[2] / "bench/peers"), str(HERE)]
import sd1  # noqa: E402
from unets import FAMILIES, sdxl  # noqa: E402


def deep(net, run, depth):
    """The second of two steps, with the outermost `depth` layers alone."""
    layers = len(net.up_blocks[0].resnets)
    helper = DeepCacheSDHelper(SimpleNamespace(unet=net, scheduler=SimpleNamespace(timesteps=torch.tensor([2, 1]))))
    helper.params = {"cache_interval": 2, "cache_block_id": (depth - 1) // layers, "cache_layer_id": (depth - 1) % layers,
                     "skip_mode": "uniform"}
    helper.enable()
    net.forward = helper.function_dict["unet_forward"]  # which does not look up the step by its timestep: here are two

    def at_step(step):
        helper.cur_timestep = step
        return run(lambda sample, timestep, *rest, **extra: net(sample / (step + 1), timestep / (step + 1), *rest, **extra))

    steps = at_step(0), at_step(1)
    helper.unwrap_modules()
    return steps


out = {}
with torch.no_grad():
    for family, net in [("sd1", sd1.load(FAMILIES / "sd1/checkpoint.safetensors", "unet")), ("sdxl", sdxl())]:
        all_inputs = load_file(FAMILIES / family / "cases.safetensors")
        extra = {"class_labels": all_inputs["unet/in/y"]} if "unet/in/y" in all_inputs else {}
        inputs = [all_inputs[f"unet/in/{n}"] for n in ("sample", "timestep", "context")]

        def run(net):
            return net(*inputs, **extra).sample

        plain = run(net)
        assert (plain - all_inputs["unet/out/prediction"]).abs().max() < 1e-4
        # Of SDXL the largest resolution has no attention; tomesd is told to go one further down.
        for ratio in (0.5, 0.3):
            tomesd.apply_patch(net, ratio=ratio, max_downsample=2 if family == "sdxl" else 1, use_rand=False)
            out[f"{family}/tome_{ratio}"] = run(net)
            tomesd.remove_patch(net)
        assert torch.equal(run(net), plain)
        for depth in range(1, len(net.up_blocks) * len(net.up_blocks[0].resnets)):
            first, out[f"{family}/deep_{depth}"] = deep(net, run, depth)
            assert torch.equal(first, plain)
        assert torch.equal(run(net), plain)
        for name, tensor in out.items():
            if name.startswith(family):
                print(name, tuple(tensor.shape), "from plain", float((tensor - plain).abs().max() / plain.abs().max()))
save_file({name: tensor.contiguous() for name, tensor in out.items()}, HERE / "shortcuts.safetensors")
