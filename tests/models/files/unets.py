"""The UNets of tests/golden/families as diffusers builds them, for the scripts beside this one."""
from pathlib import Path

import sd1
from diffusers import UNet2DConditionModel
from diffusers.loaders import single_file_utils as convert
from safetensors.torch import load_file

FAMILIES = Path(__file__).parents[2] / "golden/families"


def sdxl():
    """The tiny SDXL UNet; its vector goes in as a class embedding, which is the same two layers."""
    state = load_file(FAMILIES / "sdxl/checkpoint.safetensors")
    state = {n: t.float() for n, t in state.items() if n.startswith(sd1.UNET)}
    net = UNet2DConditionModel(
        block_out_channels=[32, 64], layers_per_block=1, down_block_types=["DownBlock2D", "CrossAttnDownBlock2D"],
        up_block_types=["CrossAttnUpBlock2D", "UpBlock2D"], cross_attention_dim=128, attention_head_dim=[1, 1],
        transformer_layers_per_block=[1, 2], use_linear_projection=True, norm_num_groups=32,
        class_embed_type="projection", projection_class_embeddings_input_dim=1600)
    sd1.strict_load(net, convert.convert_ldm_unet_checkpoint(state, dict(net.config)))
    return net.eval()
