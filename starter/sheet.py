"""The contact sheet of the 48 fixed prompts, drawn by the program: sheet.py OUT.webp PIXELFORGE [FLAG...]"""

import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image

import sample


def main(out, program, *flags):
    pictures = []
    with tempfile.TemporaryDirectory() as folder:
        for i, prompt in enumerate(sample.SHEET):
            path = os.path.join(folder, "a.png")
            subprocess.run(
                [program, "generate", prompt, "--seed", str(i), "-q", "--no-picture", "-o", path, *flags],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            pictures.append(np.asarray(Image.open(path).convert("RGB")))
            os.remove(path)
    sample.sheet(torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) / 127.5 - 1, out, 8, sample.SHEET)


if __name__ == "__main__":
    main(*sys.argv[1:])
