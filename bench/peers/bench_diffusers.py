"""Times the parts of SD 1.5 or SDXL in diffusers and transformers on the CPU, with the weights of a single-file checkpoint.

  bench_diffusers.py CHECKPOINT.safetensors --size 512 --threads 2 --repeats 3 [--json] [--parts unet,vae,text]
      [--channels-last] [--compile] [--bf16] [--out FOLDER]

  unet.step    one UNet evaluation with two rows, which is one step with classifier-free guidance
  vae.decode   one latent to one picture
  text.encode  one row of 77 ids (SD 1.5)

f32 and eager unless --bf16 (autocast) or --compile (torch.compile, compiled in the run that is not counted) say otherwise.
Each part is loaded alone, run once unmeasured and then `--repeats` times; the peak memory is that of its runs, weights included.
GFLOP/s are of the work counted in parts.py, the same whatever algorithm does it. "cpu" is the share of the threads' time that they
were really running: well below 1, other programs took the cores and the figure is worth little.
The JSON has the shape of `pixelforge bench --json`.
"""
import warnings

import torch

import parts
import checkpoint


def call(part, model, options, layout):
    """A function of no arguments that runs the part once and gives its output as a numpy array."""
    config = model.config
    channels = config.in_channels if part == "unet" else getattr(config, "latent_channels", 4)
    made = parts.inputs(part, options.size, options.family, channels, getattr(config, "cross_attention_dim", None),
                        getattr(config, "vocab_size", 49408))
    given = {name: torch.from_numpy(value) for name, value in made.items()}
    for name in ("sample", "latent"):
        if name in given:
            given[name] = given[name].to(memory_format=layout)
    module = {
        "unet": lambda: model(given["sample"], given["timestep"], given["context"], added_cond_kwargs=given).sample,
        "vae": lambda: model.decode(given.get("latent")).sample,
        "text": lambda: model(given["ids"].long()).last_hidden_state,
    }[part]

    def run():
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
            return module().float().numpy()

    return run


def measure(part, options):
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    model = checkpoint.load(options.checkpoint, part)
    if part != "text":
        model = model.to(memory_format=layout)
    if options.compile and part == "vae":
        model.decoder = torch.compile(model.decoder)
    elif options.compile:
        model.compile()
    return parts.measure(part, call(part, model, options, layout), options)


def machine(options):
    import diffusers
    import transformers

    return {
        "isa": torch.backends.cpu.get_cpu_capability(), "layout": "channels_last" if options.channels_last else "contiguous",
        "mode": "compiled" if options.compile else "eager", "type": "bf16 autocast" if options.bf16 else "f32",
        "torch": torch.__version__, "diffusers": diffusers.__version__, "transformers": transformers.__version__,
    }


def main():
    parser = parts.parser(__doc__, "unet,vae,text")
    parser.add_argument("checkpoint")
    parser.add_argument("--channels-last", action="store_true", help="NHWC tensors in memory; see README.md for which is faster where")
    parser.add_argument("--compile", action="store_true", help="torch.compile, which needs a C++ compiler")
    parser.add_argument("--bf16", action="store_true", help="autocast to bf16")
    options = parts.parse(parser, parts.NAMES)
    warnings.filterwarnings("ignore")
    torch.set_num_threads(options.threads)
    parts.print_report(options, machine(options), [measure(part, options) for part in options.parts])


if __name__ == "__main__":
    main()
