"""The prompts that describe a picture: the plain one, and the many other ways in which people type it.

What a picture shows (its facts, from scenes.draw):
  things       one or two of {"name", "color", "count", "size": None | small | big, "place": None | left | right | top | bottom}
  scene, time  a key of SCENE_WORDS; None | day | sunset | night          background   a colour, where there is no scene
"""

# What people type for the same thing, after the first word, which is its name.
OBJECT_WORDS = {words.split(",")[0]: words.split(",")[1:] for words in """
apple|mushroom,toadstool|tree,oak tree|pine tree,pine,fir tree,christmas tree|flower,daisy,blossom|cactus
house,home,cottage,hut|castle,fortress,palace|boat,ship,sailboat|car,automobile,taxi|rocket,spaceship,rocket ship,spacecraft
balloon|star,shining star|heart,love heart|fish,goldfish|bird,chick,songbird|cat,kitty,kitten|ghost,spirit,spook
robot,android,droid|cup,mug,coffee cup,cup of coffee,cup of tea|potion,magic potion,flask,bottle|gem,diamond,jewel,gemstone,crystal
key|sword,blade|shield|crown,tiara|cake,birthday cake,dessert|lamp,table lamp,light|dog,puppy,doggy|rabbit,bunny,hare|owl
bear,teddy,teddy bear|butterfly|turtle,tortoise|planet,world,saturn|airplane,plane,jet,aeroplane|pumpkin,jack-o-lantern,halloween pumpkin
snowman|fox|pig,piglet|frog,toad|penguin|duck,rubber duck,duckling|whale|octopus,squid|snail|dragon|crab|ladybug,ladybird,beetle
umbrella,parasol|gift,present,gift box|hat,top hat,magic hat|book,old book|candle|clock,alarm clock|bell|teapot,kettle
bus,school bus|train,locomotive,steam train|truck,lorry|ufo,flying saucer,alien ship|tent,camping tent|lighthouse|ice cream,ice cream cone
donut,doughnut|strawberry,berry|guitar|moon,crescent moon,crescent""".replace("\n", "|").split("|") if words}

COLOR_WORDS = {
    "red": ["crimson", "scarlet"],
    "orange": ["tangerine"],
    "yellow": ["golden", "gold"],
    "green": ["emerald", "lime"],
    "teal": ["turquoise", "cyan", "aqua"],
    "blue": ["azure", "navy"],
    "purple": ["violet", "lavender"],
    "pink": ["rose", "magenta"],
    "brown": ["chocolate"],
    "white": ["ivory", "pure white"],
    "gray": ["grey", "silver"],
    "black": ["ebony", "jet black"],
}

SCENE_WORDS = {
    "in a meadow": "in a field,on the grass,on a meadow,on a green hill,in the garden,outdoors,meadow",
    "on a beach": "at the beach,by the sea,on the sand,on the seashore,beach",
    "in the desert": "in a desert,among sand dunes,on the dunes,desert",
    "in the night sky": "at night,under the stars,in the moonlight,starry night,night sky,in the sky at night",
    "in the snow": "in winter,on a snowy day,in a snowy landscape,snow,winter",
    "under the ocean": "under water,underwater,in the ocean,in the sea,deep sea,under the sea",
    "at sunset": "during sunset,at dusk,in the evening,sunset,at sunrise",
    "in the mountains": "in front of mountains,with mountains,on a mountain,mountains,snowy mountains",
    "in a forest": "in the forest,in the woods,among trees,forest",
    "in the city": "in a city,at night in the city,on a street,city skyline,city",
    "in space": "in outer space,among the stars,in the galaxy,in the cosmos,space,on another planet",
    "in a room": "in the living room,indoors,at home,inside a house,in a house,room",
    "in the rain": "on a rainy day,in a storm,rain,rainy",
    "in the sky": "above the clouds,in the clouds,sky,flying in the sky,among clouds",
    "in a cave": "in the cave,inside a cave,in a dark cave,cave,in a crystal cave",
    "on the moon": "on the lunar surface,moon,on the surface of the moon",
    "in an autumn park": "in autumn,in the fall,in the park,autumn,among autumn leaves",
}
SCENE_WORDS = {name: words.split(",") for name, words in SCENE_WORDS.items()}

TIME_WORDS = {
    "day": ["on a sunny day", "in daylight", "at noon", "in the morning"],
    "sunset": ["at sunset", "at dusk", "in the evening", "at sunrise", "in evening light"],
    "night": ["at night", "by night", "in the moonlight", "under the stars", "night"],
}
SIZE_WORDS = {"small": ["small", "small", "tiny", "little"], "big": ["big", "big", "large", "huge", "giant"]}
PLACE_WORDS = {
    "left": ["on the left", "on the left side", "left"],
    "right": ["on the right", "on the right side", "right"],
    "top": ["at the top", "top"],
    "bottom": ["at the bottom", "bottom"],
}
COUNT_WORDS = {2: ["two", "two", "2", "a pair of", "a couple of"], 3: ["three", "three", "3"], 4: ["four", "four", "4"]}
PLURALS = {
    "fish": "fish",
    "goldfish": "goldfish",
    "butterfly": "butterflies",
    "cactus": "cacti",
    "puppy": "puppies",
    "kitty": "kitties",
    "bunny": "bunnies",
    "doggy": "doggies",
    "strawberry": "strawberries",
    "berry": "berries",
    "lorry": "lorries",
    "octopus": "octopuses",
    "bus": "buses",
    "school bus": "school buses",
    "fox": "foxes",
    "torch": "torches",
    "snowman": "snowmen",
    "gift box": "gift boxes",
    "cup of coffee": "cups of coffee",
    "cup of tea": "cups of tea",
    "fortress": "fortresses",
    "ladybug": "ladybugs",
    "squid": "squids",
}

BEFORE = """a picture of,an illustration of,a drawing of,a painting of,an image of,a photo of,picture of,illustration of,drawing of,
a beautiful picture of,a cute drawing of,flat illustration of,draw,show me,there is,i want,please draw""".replace(
    "\n", ""
).split(
    ","
)
AFTER = """illustration,flat illustration,vector art,digital art,beautiful,highly detailed,high quality,masterpiece,best quality,soft light,
colorful,simple,clean,minimalist,cartoon,4k""".replace(
    "\n", ""
).split(
    ","
)
MOOD = (
    "cute beautiful lovely pretty happy funny shiny magic old nice forge sprite".split()
)  # the last two are kept for a LoRA to give them a meaning
GLUE = "a an on in with front of background wall and next to beside the is that colored there are , . -"
STYLES = "pixel art neon sign pencil sketch"


def plural(name):
    return PLURALS.get(name, name + "s")


def vocabulary():
    """Every text whose tokens are learnt."""
    names = [n for first, also in OBJECT_WORDS.items() for n in (first, *also)]
    lists = [COLOR_WORDS, SCENE_WORDS, TIME_WORDS, SIZE_WORDS, PLACE_WORDS, COUNT_WORDS]
    others = [w for table in lists for key, words in table.items() for w in (str(key), *words)]
    return [*names, *map(plural, names), *others, *BEFORE, *AFTER, *MOOD, GLUE, STYLES]


def article(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def pick(rng, words):
    return words[rng.integers(len(words))]


def other(rng, table, name, p):
    return pick(rng, table[name]) if table[name] and rng.uniform() < p else name


def plain(facts):
    """The one prompt that says all, in the order of a sentence."""
    things = []
    for t in facts["things"]:
        words = " ".join(w for w in (t["size"], t["color"], plural(t["name"]) if t["count"] > 1 else t["name"]) if w)
        things.append(f"{COUNT_WORDS[t['count']][0]} {words}" if t["count"] > 1 else article(words))
        if t["place"]:
            things[-1] += " " + PLACE_WORDS[t["place"]][0]
    return f"{' and '.join(things)} {plain_where(facts)}"


def plain_where(facts):
    if not facts["scene"]:
        return f"on {article(facts['background'])} background"
    time = facts["time"] if facts["time"] != "day" else None
    return facts["scene"] + (" " + TIME_WORDS[time][0] if time else "")


def thing(rng, t):
    """A thing's words, as (before its name, its name, after it); its colour or its size is sometimes not said."""
    color = other(rng, COLOR_WORDS, t["color"], 0.3) if t["color"] and rng.uniform() < 0.88 else ""
    name = other(rng, OBJECT_WORDS, t["name"], 0.35) if t["name"] in OBJECT_WORDS else t["name"]
    if t["count"] > 1:
        name = plural(name)
    size = pick(rng, SIZE_WORDS[t["size"]]) if t["size"] and rng.uniform() < 0.9 else ""
    mood = pick(rng, MOOD) if rng.uniform() < 0.15 else ""
    place = pick(rng, PLACE_WORDS[t["place"]]) if t["place"] and rng.uniform() < 0.85 else ""
    after = ""
    if color and rng.uniform() < 0.08:
        color, after = "", pick(rng, (color, f"that is {color}", f"in {color}"))
    before = [size, mood, color] if rng.uniform() < 0.85 else [color, mood, size]
    words = " ".join(w for w in (*before, name, after) if w)
    if t["count"] > 1:
        words = pick(rng, COUNT_WORDS[t["count"]]) + " " + words
    elif rng.uniform() < 0.75:
        words = article(words) if rng.uniform() < 0.9 else "the " + words
    return words + (" " + place if place else "")


def where(rng, facts):
    if rng.uniform() < 0.12:
        return ""
    if facts["background"]:
        c = facts["background"] if rng.uniform() < 0.8 else pick(rng, COLOR_WORDS[facts["background"]])
        return pick(
            rng,
            (
                f"on {article(c)} background",
                f"{c} background",
                f"on {c}",
                f"with {article(c)} background",
                f"in front of {article(c)} wall",
            ),
        )
    text = other(rng, SCENE_WORDS, facts["scene"], 0.5)
    if facts["time"] and rng.uniform() < (0.1 if facts["time"] == "day" else 0.92):
        time = pick(rng, TIME_WORDS[facts["time"]])
        text = pick(rng, (f"{text} {time}", f"{text} {time}", f"{time} {text}", f"{text}, {time}"))
    return text


def caption(rng, facts, tag=""):
    if rng.uniform() < 0.2:
        text = plain(facts)
    else:
        things, place, k = [thing(rng, t) for t in facts["things"]], where(rng, facts), rng.uniform()
        joined = pick(rng, (" and ", " and ", " and ", " next to ", " with ", " beside ")).join(things)
        if k < 0.6:
            text = f"{joined} {place}"
        elif k < 0.72:
            text = ", ".join([*things, place])
        elif k < 0.84:
            text = f"{place}, {joined}" if rng.uniform() < 0.5 else f"{place} {joined}"
        elif k < 0.92:
            text = f"{joined}, {place}"
        else:
            text = " ".join(w for w in f"{joined} {place}".split() if w not in ("a", "an", "the", "on", "in", "and"))
        text = text.strip(" ,")
        if rng.uniform() < 0.2:
            text = pick(rng, BEFORE) + " " + text
        for _ in range(rng.integers(1, 4) if rng.uniform() < 0.18 else 0):
            text += ", " + pick(rng, AFTER)
        if rng.uniform() < 0.04:
            text += "."
    if tag:
        text = f"{text}, {tag}" if rng.uniform() < 0.7 else f"{tag} of {text}"
    return text
