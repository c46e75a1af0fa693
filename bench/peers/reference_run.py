"""Runs one part of an SD 1.x checkpoint in diffusers or transformers, to hold `pixelforge probe` against it.

  reference_run.py CHECKPOINT --part unet --in inputs.safetensors --out outputs.safetensors
  reference_run.py CHECKPOINT --part unet --in inputs.safetensors --make-inputs 512        writes random inputs for that size
  reference_run.py CHECKPOINT --part unet --in inputs.safetensors --against got.safetensors    prints the differences

  part         takes                                                      gives
  unet         sample [b, 4, h, w], timestep [b], context [b, n, width]   prediction
  text         ids [b, 77] (integers)                                     last, skip2, pooled
  vae.decode   latent [b, 4, h, w], already divided by the scale factor   image, nominally in [-1, 1]
  vae.encode   image [b, 3, h, w] in [-1, 1]                              mean, logvar, std of the posterior

--case NAME reads NAME/in/... and writes NAME/out/..., the names of the golden files; without it the names are bare.
A difference is max |got - want| / max(1, max |want|). Exit status 1: one is above --tolerance, or a tensor is missing.
"""
import argparse
import sys
import warnings

import torch
from safetensors.torch import load_file, save_file

import checkpoint


def unet(net, i):
    return {"prediction": net(i["sample"], i["timestep"], i["context"]).sample}


def text(net, i):
    out = net(i["ids"].long(), output_hidden_states=True)
    norm = getattr(net, "text_model", net).final_layer_norm
    return {"last": out.last_hidden_state, "skip2": norm(out.hidden_states[-2]), "pooled": out.pooler_output}


def vae_decode(net, i):
    return {"image": net.decode(i["latent"]).sample}


def vae_encode(net, i):
    out = net.encode(i["image"]).latent_dist
    return {"mean": out.mean, "logvar": out.logvar, "std": out.std}


PARTS = {"unet": unet, "text": text, "vae.decode": vae_decode, "vae.encode": vae_encode}


def random_inputs(part, net, size):
    g, side, config = torch.Generator().manual_seed(1), size // 8, net.config
    if part == "unet":
        return {
            "sample": torch.randn(2, config.in_channels, side, side, generator=g), "timestep": torch.tensor([981.0, 37.25]),
            "context": torch.randn(2, 77, config.cross_attention_dim, generator=g),
        }
    if part == "text":  # begin, some words, end, and end again as padding
        ids = torch.full((2, 77), config.vocab_size - 1)
        ids[:, 0] = config.vocab_size - 2
        for row, words in enumerate((9, 75)):
            ids[row, 1:1 + words] = torch.randint(1, config.vocab_size - 2, (words,), generator=g)
        return {"ids": ids.int()}
    if part == "vae.decode":
        return {"latent": torch.randn(1, config.latent_channels, side, side, generator=g)}
    return {"image": torch.rand(1, 3, size, size, generator=g) * 2 - 1}


def compare(want, got, tolerance):
    """Prints a line a tensor; returns whether all agree."""
    good = True
    for name, w in want.items():
        if name not in got or got[name].shape != w.shape:
            print(f"{name}: got {list(got[name].shape) if name in got else 'nothing'}, need {list(w.shape)}")
            good = False
            continue
        error = ((got[name].double() - w.double()).abs().max() / max(1.0, w.abs().max().item())).item()
        verdict = "ok" if error <= tolerance else "DIFFERS"  # a NaN differs
        print(f"{name} {list(w.shape)}: {error:.2e} (tolerance {tolerance:.0e}) {verdict}")
        good &= verdict == "ok"
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--part", choices=PARTS, required=True)
    parser.add_argument("--in", dest="inputs", required=True, metavar="FILE")
    parser.add_argument("--out", dest="outputs", metavar="FILE")
    parser.add_argument("--case", help="a case of a golden file, as unet or unet_odd_size")
    parser.add_argument("--make-inputs", type=int, metavar="SIZE", help="write --in first: random input for a picture of SIZE x SIZE")
    parser.add_argument("--against", metavar="FILE", help="outputs to compare with the reference's")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--threads", type=int, default=2)
    o = parser.parse_args()
    if not (o.outputs or o.against or o.make_inputs):
        parser.error("nothing to do: give --out, --against or --make-inputs")
    warnings.filterwarnings("ignore")
    torch.set_num_threads(o.threads)
    into, outof = (f"{o.case}/in/", f"{o.case}/out/") if o.case else ("", "")

    net = checkpoint.load(o.checkpoint, o.part.partition(".")[0])
    if o.make_inputs:
        save_file({into + k: v.contiguous() for k, v in random_inputs(o.part, net, o.make_inputs).items()}, o.inputs)
    if not (o.outputs or o.against):
        return
    inputs = {k.removeprefix(into): v for k, v in load_file(o.inputs).items() if k.startswith(into)}
    with torch.inference_mode():
        want = {outof + k: v.float().contiguous() for k, v in PARTS[o.part](net, inputs).items()}
    if o.outputs:
        save_file(want, o.outputs)
    if o.against and not compare(want, load_file(o.against), o.tolerance):
        sys.exit(1)


if __name__ == "__main__":
    main()
