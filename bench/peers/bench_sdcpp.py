"""Times a step with guidance and a VAE decode of SD 1.5 or SDXL in stable-diffusion.cpp, through stable-diffusion-cpp-python.

  bench_sdcpp.py CHECKPOINT.safetensors --size 512 --threads 2 --repeats 1 [--type q8_0] [--conv-direct] [--flash-attention] [--json]

It has no call for a part alone, so one picture is drawn (Euler, 1 + --repeats steps, guidance 7) and the times are taken where it tells
of its progress: unet.step is from one step's end to the next's, the first step not counted; vae.decode is the one decode. It
evaluates the two rows of a step one after the other. --type is what the weights are turned to when they are read: f32, f16, q8_0 ...
(default: as in the file). --picture FILE.png keeps the picture, drawn from the noise that `pixelforge generate --noise gpu` starts from.
"""
import ctypes
import time

import stable_diffusion_cpp as binding
from stable_diffusion_cpp import stable_diffusion_cpp as native

import parts

PROMPT, SEED, GUIDANCE = "a red apple on a beach", 42, 7.0


class Clock:
    """When things happened: the log's lines that begin a decode and end it, and the steps' ends."""

    def __init__(self):
        self.steps, self.decode, self.text = [], [], ""
        self.on_log = native.sd_log_callback(self.log)  # kept: the library does not

    def listen(self):
        native.sd_set_log_callback(self.on_log, ctypes.c_void_p(0))

    def log(self, level, text, data):
        line = text.decode("utf-8", errors="replace")
        self.text += line
        if "decoding" in line and "latents" in line or "decoded, taking" in line:
            self.decode.append(now())

    def progress(self, step, steps, seconds):
        if step > 0:
            self.steps.append(now())


def now():
    return time.perf_counter(), time.process_time()


def spans(times):
    """Seconds and processor seconds between neighbours."""
    return [b[0] - a[0] for a, b in zip(times, times[1:])], times[-1][1] - times[0][1]


def draw(options, clock):
    net = binding.StableDiffusion(
        model_path=options.checkpoint, n_threads=options.threads, wtype=options.type, vae_decode_only=True,
        diffusion_conv_direct=options.conv_direct, vae_conv_direct=options.conv_direct,
        diffusion_flash_attn=options.flash_attention, verbose=False,
    )
    clock.listen()
    parts.peak_rss(reset=True)
    return net.generate_image(
        prompt=PROMPT, width=options.size, height=options.size, seed=SEED, cfg_scale=GUIDANCE, sample_steps=1 + options.repeats,
        sample_method="euler", scheduler="discrete", progress_callback=clock.progress,
    )[0]


def main():
    parser = parts.parser(__doc__, "unet,vae")
    parser.add_argument("checkpoint")
    parser.add_argument("--type", default="default")
    parser.add_argument("--conv-direct", action="store_true", help="convolutions without im2col")
    parser.add_argument("--flash-attention", action="store_true")
    parser.add_argument("--picture", metavar="FILE.png")
    options = parts.parse(parser, ("unet", "vae"))
    clock = Clock()
    picture = draw(options, clock)
    if len(clock.steps) != 1 + options.repeats or len(clock.decode) != 2:
        raise SystemExit(f"stable-diffusion.cpp told of {len(clock.steps)} steps and {len(clock.decode)} moments of a decode, need "
                         f"{1 + options.repeats} and 2: its log reads differently\n{clock.text[-2000:]}")
    times = {"unet": clock.steps, "vae": clock.decode}
    results = [parts.row(part, options, *spans(times[part])) for part in options.parts]
    if options.picture:
        picture.save(options.picture)
    machine = {
        "system": native.sd_get_system_info().decode().strip().replace("\n", " "), "type": options.type,
        "conv_direct": options.conv_direct, "flash_attention": options.flash_attention, "binding": binding.__version__,
    }
    parts.print_report(options, machine, results)


if __name__ == "__main__":
    main()
