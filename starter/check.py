"""What must hold of the recipe itself: python check.py

No combination that is held out of training is ever drawn for it, and every word of a prompt of training has a learnt token.
"""

import json

import numpy as np

import captions
import net
import prompts
import scenes
import tokenizer


def held_out_is_never_drawn(rng):
    for _ in range(20000):
        assert not prompts.is_held_out(scenes.choose(rng)), "a held-out combination would be trained on"


def list_is_the_fixed_one():
    with open(prompts.PATH) as f:
        wanted = json.load(f)
    assert len(wanted) == 500
    for w in wanted:
        assert prompts.is_held_out(w["facts"]) == w["group"].startswith("held out"), w["prompt"]


def captions_are_of_known_words(rng):
    known = set(net.Words().ids)
    for _ in range(20000):
        text = captions.caption(rng, scenes.choose(rng))
        assert known.issuperset(tokenizer.encode(text)), text


def pictures_are_as_asked(rng):
    """As many things as the facts say, within the picture."""
    for _ in range(300):
        facts = scenes.choose(rng)
        where = scenes.draw(rng, facts, 64)[1]
        assert len(where) == sum(t["count"] for t in facts["things"])
        assert all(0 < x < 1 and 0 < y < 1 for _, x, y, _ in where)


if __name__ == "__main__":
    held_out_is_never_drawn(np.random.default_rng(1))
    list_is_the_fixed_one()
    captions_are_of_known_words(np.random.default_rng(2))
    pictures_are_as_asked(np.random.default_rng(3))
    print("the recipe holds")
