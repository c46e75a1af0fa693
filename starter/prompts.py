"""Writes prompts.json, the 500 prompts that every checkpoint is judged by, and what each asks for: python prompts.py

The list is fixed: checkpoints are comparable because it never changes. Its sentences are built here and not by captions.py,
so that they are not the ones of training; what is held out of training (scenes.held_out) is asked for in a group of its own.
"""

import json
import os

import numpy as np

import captions
import scenes

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "prompts.json")
ORDERS = (
    "{place}, {things}",
    "{things}, {place}",
    "{place} there is {things}",
    "digital illustration: {things} {place}",
    "{things} standing {place}",
    "{bare} {place}",
    "{place} {bare}",
    "show {things} {place}",
    "I would like to see {things} {place}, please",
    "{things}! {place}!",
)


def one_thing(facts):
    return len(facts["things"]) == 1 and facts["things"][0]["count"] == 1


def unadorned(facts):
    return not any(t["size"] or t["place"] for t in facts["things"])


def is_held_out(facts):
    return any(scenes.held_out(t["name"], t["color"], facts["scene"]) for t in facts["things"])


def wanted(rng, test, held_out=False):
    while True:
        facts = scenes.choose(rng, trained=False)
        if test(facts) and is_held_out(facts) == held_out:
            return facts


def other(rng, table, name):
    return captions.pick(rng, table[name] or [name])


def place(rng, facts, synonyms):
    if facts["background"]:
        return captions.pick(rng, ("on {} background", "with {} background", "in front of {} wall")).format(
            captions.article(facts["background"])
        )
    scene = other(rng, captions.SCENE_WORDS, facts["scene"]) if synonyms else facts["scene"]
    return scene + (f" {captions.TIME_WORDS[facts['time']][0]}" if facts["time"] in ("sunset", "night") else "")


def words(rng, t, synonyms):
    name = other(rng, captions.OBJECT_WORDS, t["name"]) if synonyms else t["name"]
    color = other(rng, captions.COLOR_WORDS, t["color"]) if synonyms and rng.uniform() < 0.5 else t["color"]
    return f"{color} {name}"


def typed(rng, facts, synonyms):
    """A prompt in one of ORDERS."""
    bare = " and ".join(words(rng, t, synonyms) for t in facts["things"])
    things = " and ".join(captions.article(words(rng, t, synonyms)) for t in facts["things"])
    return captions.pick(rng, ORDERS).format(place=place(rng, facts, synonyms), things=things, bare=bare)


def main():
    rng, out = np.random.default_rng(20261130), []

    def single(f):
        return one_thing(f) and unadorned(f)

    def two(f):
        return len(f["things"]) == 2

    def detail(f):
        return not two(f) and not single(f)

    def add(group, n, test, say, held_out=False):
        for _ in range(n):
            facts = wanted(rng, test, held_out)
            out.append({"group": group, "prompt": say(facts), "facts": facts})

    add("plain", 100, single, captions.plain)
    add("synonyms", 80, single, lambda f: typed(rng, f, True))
    add("free order", 70, single, lambda f: typed(rng, f, False))
    add("two things", 70, two, captions.plain)
    add("two things, free order", 30, two, lambda f: typed(rng, f, False))
    add("number, size, place", 60, detail, captions.plain)
    add("held out", 60, single, captions.plain, held_out=True)
    add("held out, two things", 30, two, captions.plain, held_out=True)
    with open(PATH, "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(p) for p in out) + "\n]\n")
    print(len(out), "prompts")


if __name__ == "__main__":
    main()
