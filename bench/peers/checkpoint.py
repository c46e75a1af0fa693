"""The networks of an SD 1.x or SDXL checkpoint (single file) as diffusers and transformers build them, without any network access.

Widths, depths and block counts are read from the tensors' shapes, so that the tiny checkpoints of the tests load as well
as SD 1.5; what shapes do not show is the family's own (8 heads or heads of 64, 32 groups, quick_gelu) or comes from PixelForge's
metadata. Of SDXL the UNet and the VAE.
Loading is strict: a tensor that is missing, left over or of the wrong shape is an error.
"""
import json
import os
from itertools import count

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before the imports below: nothing here may reach for a hub

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils as convert
from safetensors import safe_open
from transformers import CLIPTextConfig, CLIPTextModel

UNET, VAE, TEXT = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer."
PREFIX = {"unet": UNET, "vae": VAE, "text": TEXT}


def load(path, part):
    """One part ("unet", "vae" or "text") in f32, ready to be called. Only that part's tensors are read."""
    with safe_open(path, "pt") as file:
        names = [n for n in file.keys() if n.startswith(PREFIX[part]) and not n.endswith("position_ids")]
        if not names:
            raise SystemExit(f"{path}: no tensor under {PREFIX[part]}: is it an SD 1.x single-file checkpoint?")
        state = {n: file.get_tensor(n).float() for n in names}
        metadata = file.metadata() or {}
    with torch.device("meta"):  # no memory and no time for initial weights
        model, state = {"unet": unet, "vae": vae, "text": text}[part](state, metadata)
    strict_load(model, state)
    return model.eval()


def strict_load(model, state):
    """load_state_dict for a model on "meta"; position ids, which are no weights, are made anew."""
    for name, buffer in list(model.named_buffers()):
        if buffer.is_meta and name.endswith("position_ids"):
            owner = model.get_submodule(name.rpartition(".")[0])
            owner.register_buffer("position_ids", torch.arange(buffer.shape[-1])[None], persistent=False)
    model.load_state_dict(state, strict=True, assign=True)
    left = [n for n, t in [*model.named_parameters(), *model.named_buffers()] if t.is_meta]
    if left:
        raise SystemExit(f"{type(model).__name__}: not filled: {left[:5]}")


def groups(metadata):
    return int(metadata.get("pixelforge.group_norm_groups", 32))


def heads(metadata, part, otherwise):
    return json.loads(metadata.get("pixelforge.attention_heads", "{}")).get(part, otherwise)


def unet(state, metadata):
    stem = state[UNET + "input_blocks.0.0.weight"]
    widths, depths, blocks = [], [], [0]
    for i in count(1):
        here = f"{UNET}input_blocks.{i}."
        if here + "0.op.weight" in state:  # a downsampler closes its level
            blocks.append(0)
        elif here + "0.in_layers.2.weight" in state:
            widths[len(blocks) - 1:] = [state[here + "0.in_layers.2.weight"].shape[0]]
            depths[len(blocks) - 1:] = [count_of(state, here + "1.transformer_blocks.{}.norm1.weight")]
            blocks[-1] += 1
        else:
            break
    vector = {}
    if UNET + "label_emb.0.0.weight" in state:  # SDXL
        vector = {
            "addition_embed_type": "text_time", "addition_time_embed_dim": 256, "use_linear_projection": True,
            "projection_class_embeddings_input_dim": state[UNET + "label_emb.0.0.weight"].shape[1],
            "transformer_layers_per_block": [max(depth, 1) for depth in depths],
        }
    model = UNet2DConditionModel(
        in_channels=stem.shape[1],
        out_channels=state[UNET + "out.2.weight"].shape[0],
        block_out_channels=widths,
        layers_per_block=blocks[0],
        down_block_types=["CrossAttnDownBlock2D" if depth else "DownBlock2D" for depth in depths],
        up_block_types=["CrossAttnUpBlock2D" if depth else "UpBlock2D" for depth in reversed(depths)],
        cross_attention_dim=state[UNET + "middle_block.1.transformer_blocks.0.attn2.to_k.weight"].shape[1],
        attention_head_dim=[w // 64 for w in widths] if vector else heads(metadata, "unet", 8),  # in diffusers, the number of heads
        norm_num_groups=groups(metadata),
        **vector,
    )
    if vector:  # given as it is, in place of what it is made from
        model.get_aug_embed = lambda emb, encoder_hidden_states, added_cond_kwargs: model.add_embedding(added_cond_kwargs["y"])
    return model, convert.convert_ldm_unet_checkpoint(state, dict(model.config))


def count_of(state, pattern):
    """How many names of the pattern there are, from 0 on."""
    return next(i for i in count() if pattern.format(i) not in state)


def vae(state, metadata):
    levels = count_of(state, VAE + "encoder.down.{}.block.0.conv1.weight")
    widths = [state[f"{VAE}encoder.down.{i}.block.0.conv1.weight"].shape[0] for i in range(levels)]
    model = AutoencoderKL(
        block_out_channels=widths,
        layers_per_block=count_of(state, VAE + "encoder.down.0.block.{}.conv1.weight"),
        latent_channels=state[VAE + "decoder.conv_in.weight"].shape[1],
        down_block_types=["DownEncoderBlock2D"] * len(widths),
        up_block_types=["UpDecoderBlock2D"] * len(widths),
        norm_num_groups=groups(metadata),
    )
    return model, convert.convert_ldm_vae_checkpoint(state, dict(model.config))


def text(state, metadata):
    prefix = TEXT + "text_model."
    vocabulary, width = state[prefix + "embeddings.token_embedding.weight"].shape
    layers = 0
    while f"{prefix}encoder.layers.{layers}.mlp.fc1.weight" in state:
        layers += 1
    model = CLIPTextModel(CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=state[prefix + "encoder.layers.0.mlp.fc1.weight"].shape[0],
        projection_dim=width,
        num_hidden_layers=layers,
        num_attention_heads=heads(metadata, "text_encoder", width // 64),
        max_position_embeddings=state[prefix + "embeddings.position_embedding.weight"].shape[0],
        hidden_act="quick_gelu",
        bos_token_id=vocabulary - 2,
        eos_token_id=vocabulary - 1,
        pad_token_id=vocabulary - 1,
    ))
    state = convert.convert_ldm_clip_checkpoint(state, TEXT)
    if not hasattr(model, "text_model"):  # transformers 5 has no such level
        state = {n.removeprefix("text_model."): t for n, t in state.items()}
    return model, state
