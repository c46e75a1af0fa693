"""Writes the UNet and the VAE's decoder of an SD 1.5 or SDXL checkpoint as bench_exported.py reads them.

  export.py CHECKPOINT.safetensors --to FOLDER --size 512 [--parts unet,vae] [--formats onnx,openvino]

FOLDER/unet.onnx, vae.onnx (weights beside them), for ONNX Runtime; unet.xml, vae.xml (weights in .bin), for OpenVINO, converted from
the PyTorch modules themselves: so attention stays one operation, which OpenVINO is faster with. All in f32, of one size: 7.3 GB at
the widths of SD 1.5.
"""
import argparse
import warnings
from pathlib import Path

import torch

import parts
import checkpoint


class Unet(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, sample, timestep, context, y=None):
        return self.net(sample, timestep, context, added_cond_kwargs={"y": y}, return_dict=False)[0]


class Decoder(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, latent):
        return self.net.decode(latent, return_dict=False)[0]


def module(file, part):
    net = checkpoint.load(file, part)
    if part == "vae":
        net.encoder = None
        return Decoder(net)
    return Unet(net)


def to_onnx(net, inputs, part, folder):
    torch.onnx.export(net, tuple(inputs.values()), folder / f"{part}.onnx", input_names=list(inputs),
                      output_names=[parts.OUTPUTS[part]], external_data=True, dynamo=True)


def to_openvino(net, inputs, part, folder):
    import openvino

    converted = openvino.convert_model(net, example_input=inputs, input=[(n, list(v.shape)) for n, v in inputs.items()])
    openvino.save_model(converted, folder / f"{part}.xml", compress_to_fp16=False)


FORMATS = {"onnx": to_onnx, "openvino": to_openvino}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--parts", default="unet,vae")
    parser.add_argument("--formats", default="onnx,openvino")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    options.to.mkdir(parents=True, exist_ok=True)
    family = parts.family(options.checkpoint)
    (options.to / "family").write_text(family)
    for part in options.parts.split(","):
        net = module(options.checkpoint, part)
        inputs = {name: torch.from_numpy(value) for name, value in parts.inputs(part, options.size, family).items()}
        with torch.inference_mode():
            for name in options.formats.split(","):
                FORMATS[name](net, inputs, part, options.to)


if __name__ == "__main__":
    main()
