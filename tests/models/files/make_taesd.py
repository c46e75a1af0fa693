#!/usr/bin/env python3
"""Writes taesd.safetensors: a TAESD of eight channels with random weights, and what diffusers' AutoencoderTiny makes
of a latent and of a picture with them. Needs torch, diffusers and safetensors."""
import pathlib

import torch
from diffusers import AutoencoderTiny
from safetensors.torch import save_file

torch.manual_seed(1)
net = AutoencoderTiny(encoder_block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4).eval()
weights = {}
for name, value in net.state_dict().items():
    weights[name] = (torch.randn_like(value) * (0.15 if value.ndim > 1 else 0.1)).half()
net.load_state_dict({name: value.float() for name, value in weights.items()})
latent, picture = 2 * torch.randn(1, 4, 3, 5), torch.rand(1, 3, 24, 16) * 2 - 1
with torch.no_grad():
    decoded, encoded = net.decode(latent).sample, net.encode(picture).latents
print(decoded.std(), encoded.std())
cases = {"latent": latent, "decoded": decoded.contiguous(), "picture": picture, "encoded": encoded.contiguous()}
here = pathlib.Path(__file__).parent
save_file(weights, here / "taesd.safetensors")
save_file(cases, here / "taesd_cases.safetensors")
