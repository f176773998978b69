"""What the categories are for, sound like and bring to mind, without their names: the world knowledge behind R2."""

from __future__ import annotations

GROUP_NOUNS: dict[str, tuple[str, ...]] = {
    "keyed": ("keyed instrument", "instrument with keys"),
    "stringed": ("stringed instrument", "instrument with strings"),
    "wind": ("wind instrument", "instrument that needs breath"),
    "percussion": ("percussion instrument", "instrument that gets struck"),
    "animal": ("animal", "living creature"),
    "vehicle": ("vehicle", "means of transport"),
    "device": ("household device", "device of daily life"),
}
"""Group of `categories.CATEGORIES` -> nouns for any member of it."""

RIDDLES: dict[str, tuple[str, ...]] = {
    "piano": (
        "the instrument with black and white keys on legs",
        "the heavy instrument that fills half a concert stage",
        "the furniture whose hammers hit hidden strings",
    ),
    "accordion": (
        "the instrument with keys and bellows to squeeze",
        "the box that breathes between two hands",
        "the folded instrument of sailors and waltzes",
    ),
    "guitar": (
        "the instrument with six strings to strum",
        "the instrument for songs around a campfire",
        "the hollow wooden body with frets and a round hole",
    ),
    "violin": (
        "the instrument played with a bow under the chin",
        "the smallest voice of a string quartet",
        "the instrument for the first desk of an orchestra",
    ),
    "banjo": (
        "the round instrument with strings over a skin",
        "the twanging instrument of bluegrass",
        "the instrument that looks like a pan with a neck",
    ),
    "trumpet": (
        "the brass instrument with three valves",
        "the instrument for a royal fanfare",
        "the shiny thing that wakes up the soldiers",
    ),
    "saxophone": (
        "the curved brass instrument with a reed",
        "the instrument for a smoky jazz solo",
        "the instrument shaped like a golden pipe for smoking",
    ),
    "flute": (
        "the slim pipe held sideways to the lips",
        "the instrument of shepherds and snake charmers",
        "the tube that turns breath into high notes",
    ),
    "drum": (
        "the round skin to be hit with sticks",
        "the instrument that keeps the beat for marching",
        "the barrel that thunders when it is struck",
    ),
    "bell": (
        "the metal cup with a clapper inside",
        "the thing that calls people to church",
        "the thing that ends a lesson at school",
    ),
    "dog": (
        "the pet that fetches sticks and guards the house",
        "the best friend of man on a leash",
        "the one that wags its tail at the mailman",
    ),
    "cat": (
        "the pet that hunts mice and purrs",
        "the whiskered one that naps in the sun",
        "the one said to have nine lives",
    ),
    "bird": (
        "the feathered one that builds a nest",
        "the small singer of the morning",
        "the one that leaves for the south in autumn",
    ),
    "rooster": (
        "the feathered one with a red comb",
        "the alarm of the farm at sunrise",
        "the proud husband of the hens",
    ),
    "cow": (
        "the farm animal that gives milk",
        "the grazing one with an udder",
        "the source of cheese and butter",
    ),
    "sheep": (
        "the farm animal that gives wool",
        "the one to count before falling asleep",
        "the fleecy one in the flock of a shepherd",
    ),
    "lion": (
        "the wild hunter with a mane",
        "the king of the savanna",
        "the big one that a circus tamer fears",
    ),
    "car": (
        "the family vehicle with four wheels",
        "the thing that waits in a garage",
        "the thing to drive to work in the morning",
    ),
    "truck": (
        "the big vehicle that hauls cargo",
        "the vehicle with a cab and a loading bed",
        "the thing that brings goods to the stores",
    ),
    "motorcycle": (
        "the vehicle with two wheels and an engine",
        "the ride for a biker in leather",
        "the ride that needs balance and a helmet",
    ),
    "helicopter": (
        "the aircraft with a big rotor on top",
        "the machine that lands on a roof",
        "the machine that hovers above a rescue",
    ),
    "train": (
        "the vehicle that runs on rails",
        "the long ride that stops at every station",
        "the thing that a conductor and a timetable rule",
    ),
    "telephone": (
        "the device to talk with people far away",
        "the thing with a receiver and a number pad",
        "the thing to answer with hello",
    ),
    "clock": (
        "the device that tells the hours",
        "the round face with two moving hands",
        "the thing to look at when in a hurry",
    ),
}
"""Category -> phrases that fit it and no other category; its own name never occurs."""

SOUND_NAMES: dict[str, str] = {
    "dog": "the barking",
    "cat": "the meowing",
    "rooster": "the crowing",
    "cow": "the mooing",
    "sheep": "the bleating",
    "lion": "the roaring",
    "clock": "the ticking",
    "drum": "the drumming",
    "helicopter": "the rotor noise",
}
"""Category -> what its sound is called, where that name points at no other category."""
