"""The net that is trained: UNet and text encoder, and the words it knows. The same names and shapes as in the checkpoint."""

import torch
from torch.nn.utils import parametrize

import captions
import model
import tokenizer

SILENT = ("out_layers.3", "proj_out", "to_out.0", "out_proj", "fc2", "net.2", "unet.out.2")  # ends of residual branches
ROWS = "text.embeddings.token_embedding.weight"


class Words:
    """The rows of the token embedding that are in use. Row 0 stands for every other token and stays zero."""

    def __init__(self, ids=None):
        self.ids = ids or sorted({tokenizer.START, tokenizer.END}.union(*map(tokenizer.encode, captions.vocabulary())))
        self.row = {token: i + 1 for i, token in enumerate(self.ids)}

    def encode(self, texts, rng=None, unknown=0.15):
        """Rows of a batch of prompts. In training (with rng) some get unknown words, which so learn to mean nothing."""
        out = []
        for text in texts:
            rows = [self.row.get(token, 0) for token in tokenizer.encode(text)]
            if rng is not None and text and rng.uniform() < unknown:
                for _ in range(rng.integers(1, 5)):
                    rows.insert(rng.integers(1, rows.index(self.row[tokenizer.END]) + 1), 0)
            out.append(rows[:76] + [self.row[tokenizer.END]])
        return torch.tensor(out)


class Net(torch.nn.Module):
    def __init__(self, words):
        super().__init__()
        self.unet = model.Unet(**model.UNET)
        self.text = model.ClipText(**{**model.CLIP, "vocab": len(words.ids) + 1})
        with torch.no_grad():
            self.text.embeddings["token_embedding"].weight.normal_(0, 0.3)[0] = 0
            self.text.embeddings["position_embedding"].weight.normal_(0, 0.1)
            for name, m in self.named_modules():
                if name.endswith(SILENT):
                    m.weight.mul_(0.1)
                    m.bias.zero_()

    def forward(self, x, t, ids):
        return self.unet(x, t, self.text(ids))


def widen(weights, old_ids, words):
    """Weights whose token rows are those of `words`: known tokens keep their rows, new ones start small and random."""
    old = weights[ROWS]
    new = torch.randn(len(words.ids) + 1, old.shape[1], generator=torch.Generator().manual_seed(5)) * 0.3
    new[0] = 0
    row = {token: i + 1 for i, token in enumerate(old_ids)}
    for token, i in words.row.items():
        if token in row:
            new[i] = old[row[token]]
    return {**weights, ROWS: new}


def from_checkpoint(path, words):
    """The net's weights out of a file that export.py wrote."""
    from safetensors.torch import load_file

    prefix = {"model.diffusion_model.": "unet.", "cond_stage_model.transformer.text_model.": "text."}
    found = {
        ours + n[len(p) :]: v.float()
        for n, v in load_file(path).items()
        for p, ours in prefix.items()
        if n.startswith(p)
    }
    known = [t for t in range(len(found[ROWS])) if found[ROWS][t].any()]
    found[ROWS] = torch.cat([found[ROWS][:1] * 0, found[ROWS][known]])
    return widen(found, known, words)


def load(path, lora=None, strength=1.0):
    """Words and net (its averaged weights) of a state that train.py wrote, or of a checkpoint, ready to sample from."""
    if path.endswith(".safetensors"):
        words = Words()
        weights = from_checkpoint(path, words)
    else:
        state = torch.load(path, map_location="cpu", weights_only=True)
        words, weights = Words(state["ids"]), state["ema"]
    net = Net(words)
    net.load_state_dict(weights)
    if lora:
        layers = lora_layers(net)
        with torch.no_grad():
            for name, (up, down) in torch.load(lora, map_location="cpu", weights_only=True)["lora"].items():
                layers[name].weight += strength * (up.flatten(1) @ down.flatten(1)).reshape(layers[name].weight.shape)
    return words, net.eval().to(memory_format=torch.channels_last)


# ---------------------------------------------------------------- LoRA
RES = {
    "in_layers.2": "conv1",
    "out_layers.3": "conv2",
    "emb_layers.1": "time_emb_proj",
    "skip_connection": "conv_shortcut",
}


def kohya_name(name):
    """The name that kohya's LoRA files use for a layer of the net (underscores for dots), or None."""
    if name.startswith("text."):
        return "lora_te_text_model_" + name[5:].replace(".", "_")
    p, blocks = name.split(".")[1:], model.UNET["blocks"]
    if p[0] == "middle_block":
        where, kind, rest = "mid_block", "attentions_0" if p[1] == "1" else f"resnets_{int(p[1]) // 2}", p[2:]
    elif p[0] == "input_blocks" and p[1] != "0":
        level, k = divmod(int(p[1]) - 1, blocks + 1)
        where = f"down_blocks_{level}"
        if k == blocks:
            return f"lora_unet_{where}_downsamplers_0_conv"
        kind, rest = f"{'attentions' if p[2] != '0' else 'resnets'}_{k}", p[3:]
    elif p[0] == "output_blocks":
        level, k = divmod(int(p[1]), blocks + 1)
        where = f"up_blocks_{level}"
        if p[-1] == "conv":
            return f"lora_unet_{where}_upsamplers_0_conv"
        kind, rest = f"{'attentions' if p[2] != '0' else 'resnets'}_{k}", p[3:]
    else:
        return None
    rest = ".".join(rest)
    return f"lora_unet_{where}_{kind}_" + (RES[rest] if kind.startswith("resnets") else rest).replace(".", "_")


def lora_layers(net):
    kinds = (torch.nn.Linear, torch.nn.Conv2d)
    named = {
        n: m
        for n, m in net.named_modules()
        if isinstance(m, kinds) and not n.startswith("unet.time") and n != "unet.out.2"
    }
    return {kohya_name(n): m for n, m in named.items() if kohya_name(n)}


class Lora(torch.nn.Module):
    """Adds up x down to a weight; alpha is the rank, so the factor is 1."""

    def __init__(self, weight, rank):
        super().__init__()
        out, into = weight.shape[0], weight.numel() // weight.shape[0]
        rank = min(rank, out, into)
        self.down = torch.nn.Parameter(torch.randn(rank, *weight.shape[1:]) / into**0.5)
        self.up = torch.nn.Parameter(torch.zeros(out, rank, *([1, 1] if weight.ndim == 4 else [])))

    def forward(self, w):
        return w + (self.up.flatten(1) @ self.down.flatten(1)).reshape(w.shape)


def add_lora(net, rank):
    """Freezes the net and lays a LoRA on each of its layers: kohya's name to Lora."""
    net.requires_grad_(False)
    loras = {}
    for name, layer in lora_layers(net).items():
        loras[name] = Lora(layer.weight, rank)
        parametrize.register_parametrization(layer, "weight", loras[name], unsafe=True)
    return loras
