#!/usr/bin/env python3
"""Writes embeddings as A1111's trainer, kohya's and diffusers keep them: rows of 0.5, 1.5, 2.5 ... Needs torch."""
import pathlib

import torch

here = pathlib.Path(__file__).parent
rows = torch.arange(8).reshape(2, 4) + 0.5
torch.save({"string_to_token": {"*": 265}, "string_to_param": {"*": rows}, "name": "fox", "step": 500,
            "sd_checkpoint": None, "sd_checkpoint_name": None}, here / "a1111.pt")
torch.save({"string_to_token": {"*": torch.tensor(265)},
            "string_to_param": torch.nn.ParameterDict({"*": torch.nn.Parameter(rows)})},
           here / "a1111_module.pt")
torch.save({"<fox>": rows[0].clone()}, here / "learned_embeds.bin")
