"""The words of statements that eyes can check, and of those that name their object."""

from __future__ import annotations

from tgs.stickers.wording import Kind, Wording

POSITION = {
    "leftmost": Wording(
        Kind.position,
        ("the object on the far left", "the leftmost object", "the first object from the left"),
        ("the object nearest to the left edge", "the thing that has nothing to its left"),
        "the leftmost object",
    ),
    "rightmost": Wording(
        Kind.position,
        ("the object on the far right", "the rightmost object", "the first object from the right"),
        ("the object nearest to the right edge", "the thing that has nothing to its right"),
        "the rightmost object",
    ),
    "second_left": Wording(
        Kind.position,
        (
            "the second object from the left",
            "the object that is second from the left",
            "the object standing second from the left",
        ),
        ("the next object after the leftmost one",),
        "the second object from the left",
    ),
    "second_right": Wording(
        Kind.position,
        (
            "the second object from the right",
            "the object that is second from the right",
            "the object standing second from the right",
        ),
        ("the next object before the rightmost one",),
        "the second object from the right",
    ),
    "middle": Wording(
        Kind.position,
        ("the object in the middle", "the object in the middle of the row", "the middle object"),
        ("the object with as many on its left as on its right",),
        "the object in the middle",
    ),
    "left_of": Wording(
        Kind.position,
        (
            "the object directly to the left of the {0}",
            "the object just left of the {0}",
            "the left neighbor of the {0}",
        ),
        ("the thing that the {0} has directly on its left",),
        "the object left of the {0}",
    ),
    "right_of": Wording(
        Kind.position,
        (
            "the object directly to the right of the {0}",
            "the object just right of the {0}",
            "the right neighbor of the {0}",
        ),
        ("the thing that the {0} has directly on its right",),
        "the object right of the {0}",
    ),
    "between": Wording(
        Kind.position,
        (
            "the object between the {0} and the {1}",
            "the object that stands between the {0} and the {1}",
            "the thing in between the {0} and the {1}",
        ),
        ("the thing with the {0} on one side and the {1} on the other",),
        "the object between the {0} and the {1}",
    ),
}

ATTRIBUTE = {
    "colour": Wording(
        Kind.attribute,
        ("the {0} object", "the object painted {0}", "the object in {0}"),
        ("the thing that is all {0}",),
        "the {0} object",
    ),
    "named_colour": Wording(
        Kind.attribute,
        ("the {0} {1}", "the {1} painted {0}", "the {1} in {0}"),
        ("the {1} that is all {0}",),
        "the {0} {1}",
    ),
}

NAMED = {
    "named": Wording(
        Kind.named,
        ("the {0}", "the {0} in the video", "the {0} in the scene"),
        ("the {0} that can be seen",),
        "the {0}",
    ),
    "named_sounding": Wording(
        Kind.named,
        ("the sounding {0}", "the {0} making a sound", "the {0} that makes a sound"),
        ("the {0} that we can hear",),
        "the sounding {0}",
    ),
    "named_silent": Wording(
        Kind.named,
        ("the silent {0}", "the {0} making no sound", "the {0} that stays silent all the time"),
        ("the {0} that we never hear",),
        "the silent {0}",
    ),
    "named_level": Wording(
        Kind.named,
        ("the {0} making a {1} sound", "the {0} with a {1} sound", "the {0} that makes a {1} sound"),
        ("the {0} whose sound is {1}",),
        "the {1} {0}",
    ),
    "named_zone": Wording(
        Kind.named,
        ("the {0} {1}", "the {0} standing {1}", "the {0} {1} of the scene"),
        ("the {0} to be found {1}",),
        "the {0} {1}",
    ),
}

PAIR = {
    "pair_left": Wording(
        Kind.pair,
        ("the left {0}", "the {0} further to the left", "the {0} that is more to the left"),
        ("the {0} that has the other {0} to its right",),
        "the left {0} of two",
    ),
    "pair_right": Wording(
        Kind.pair,
        ("the right {0}", "the {0} further to the right", "the {0} that is more to the right"),
        ("the {0} that has the other {0} to its left",),
        "the right {0} of two",
    ),
    "pair_beside": Wording(
        Kind.pair,
        ("the {0} next to the {1}", "the {0} beside the {1}", "the {0} standing directly beside the {1}"),
        ("the {0} that has the {1} as its neighbor",),
        "the {0} beside the {1}",
    ),
}
