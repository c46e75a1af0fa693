#!/usr/bin/env python3
"""Writes clip.safetensors: a CLIP of two small towers with random weights, and what transformers' CLIPModel and Pillow
make of texts and a picture with them. Needs torch, transformers, pillow and safetensors."""
import pathlib

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel

torch.manual_seed(1)
side, mean, deviation = 32, [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
tower = dict(num_hidden_layers=2, intermediate_size=48)
config = CLIPConfig(
    text_config=dict(
        vocab_size=100, hidden_size=32, num_attention_heads=2, max_position_embeddings=12, eos_token_id=2, **tower
    ),
    vision_config=dict(hidden_size=48, num_attention_heads=3, image_size=side, patch_size=8, **tower),
    projection_dim=24,
)
net = CLIPModel(config).eval()
weights = {}
for name, value in net.state_dict().items():
    if name.endswith("position_ids") or name == "logit_scale":
        continue
    norm = "norm" in name or "layrnorm" in name
    weights[name] = (torch.randn_like(value) * (0.15 if value.ndim > 1 else 0.3) + (norm and name.endswith("weight"))).half()
net.load_state_dict({name: value.float() for name, value in weights.items()}, strict=False)
ids = torch.tensor([[98, 5, 7, 99, 99, 99], [98, 3, 1, 4, 50, 99]])

photo = np.random.default_rng(1).integers(0, 256, (6, 7, 3)).astype(np.uint8)
photo = np.asarray(Image.fromarray(photo).resize((70, 50), Image.Resampling.BILINEAR))
small = Image.fromarray(photo).resize((int(side * 70 / 50), side), Image.Resampling.BICUBIC)
left = (small.width - side) // 2
square = np.asarray(small)[:, left : left + side]
pixels = torch.tensor(((square / 255.0 - mean) / deviation)[None].transpose(0, 3, 1, 2)).float()
with torch.no_grad():
    out = net(input_ids=ids, pixel_values=pixels)
    vision = net.visual_projection(net.vision_model(pixels).pooler_output)
    text = net.text_projection(net.text_model(ids).pooler_output)
cosines = torch.nn.functional.cosine_similarity(vision, text)
assert torch.allclose(cosines, (out.text_embeds @ out.image_embeds.T)[:, 0], atol=1e-6)
print(vision.std(), text.std(), cosines)
here = pathlib.Path(__file__).parent
save_file(weights, here / "clip.safetensors")
cases = dict(ids=ids.int(), photo=torch.tensor(photo), small=torch.tensor(np.asarray(small)), pixels=pixels)
cases |= dict(vision=vision, text=text)
save_file({name: value.contiguous() for name, value in cases.items()}, here / "clip_cases.safetensors")
