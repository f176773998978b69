"""The words of statements that need ears: who sounds, how loud, and beside whom."""

from __future__ import annotations

from tgs.stickers.wording import ALL_SOUND, NOTHING_SOUNDS, Kind, Wording

SOUND = {
    "sounding": Wording(
        Kind.sound,
        ("the sounding object", "the object making a sound", "the source of the sound"),
        ("the only thing that we can hear",),
        "the sounding object",
        NOTHING_SOUNDS,
    ),
    "silent": Wording(
        Kind.sound,
        ("the silent object", "the object that makes no sound", "the object that stays silent all the time"),
        ("the only thing that is never heard",),
        "the silent object",
        ALL_SOUND,
    ),
    "loudest": Wording(
        Kind.sound,
        ("the object making the loudest sound", "the loudest object", "the object that sounds the loudest"),
        ("the thing that drowns out the others",),
        "the loudest sound",
        NOTHING_SOUNDS,
    ),
    "softest": Wording(
        Kind.sound,
        ("the object making the softest sound", "the softest object", "the object that sounds the softest"),
        ("the sounding thing that the others drown out",),
        "the softest sound",
        NOTHING_SOUNDS,
    ),
    "level": Wording(
        Kind.sound,
        ("the object making a {0} sound", "the object with a {0} sound", "the object that makes a {0} sound"),
        ("the thing whose sound is {0}",),
        "the {0} sound",
        "no sound here is {0}",
    ),
    "louder_than": Wording(
        Kind.sound,
        (
            "the object making a louder sound than the {0}",
            "the object that is louder than the {0}",
            "the object that sounds louder than the {0}",
        ),
        ("the thing that drowns out the {0}",),
        "the sound louder than the {0}",
        "no sound is louder than the {0}",
    ),
    "softer_than": Wording(
        Kind.sound,
        (
            "the object making a softer sound than the {0}",
            "the object that is softer than the {0}",
            "the object that sounds softer than the {0}",
        ),
        ("the sounding thing that the {0} drowns out",),
        "the sound softer than the {0}",
        "no sound is softer than the {0}",
    ),
    "longest": Wording(
        Kind.sound,
        (
            "the object making the longest sound",
            "the object with the longest sound duration",
            "the object that sounds the longest",
        ),
        ("the thing that is heard for the most seconds",),
        "the longest sound",
        NOTHING_SOUNDS,
    ),
    "shortest": Wording(
        Kind.sound,
        (
            "the object making the shortest sound",
            "the object with the shortest sound duration",
            "the object that sounds the shortest",
        ),
        ("the sounding thing that is heard for the fewest seconds",),
        "the shortest sound",
        NOTHING_SOUNDS,
    ),
    "all_time": Wording(
        Kind.sound,
        (
            "the object that keeps making sound at all times",
            "the object making a sound from the beginning to the end",
            "the object that sounds all the time",
        ),
        ("the thing that never falls silent",),
        "the sound from 0 to 10",
        "no sound is from 0 to 10",
    ),
}

AUDIOVISUAL = {
    "sounding_left_of": Wording(
        Kind.audiovisual,
        (
            "the sounding object on the left of the {0}",
            "the object making a sound on the left of the {0}",
            "the object to the left of the {0} that makes a sound",
        ),
        ("the thing we hear from the left side of the {0}",),
        "the sounding object left of the {0}",
        "nothing left of the {0} makes a sound",
    ),
    "sounding_right_of": Wording(
        Kind.audiovisual,
        (
            "the sounding object on the right of the {0}",
            "the object making a sound on the right of the {0}",
            "the object to the right of the {0} that makes a sound",
        ),
        ("the thing we hear from the right side of the {0}",),
        "the sounding object right of the {0}",
        "nothing right of the {0} makes a sound",
    ),
    "silent_left_of": Wording(
        Kind.audiovisual,
        (
            "the silent object on the left of the {0}",
            "the object making no sound on the left of the {0}",
            "the object to the left of the {0} that makes no sound",
        ),
        ("the thing we never hear from the left side of the {0}",),
        "the silent object left of the {0}",
        "nothing left of the {0} is silent",
    ),
    "silent_right_of": Wording(
        Kind.audiovisual,
        (
            "the silent object on the right of the {0}",
            "the object making no sound on the right of the {0}",
            "the object to the right of the {0} that makes no sound",
        ),
        ("the thing we never hear from the right side of the {0}",),
        "the silent object right of the {0}",
        "nothing right of the {0} is silent",
    ),
    "leftmost_sounding": Wording(
        Kind.audiovisual,
        (
            "the leftmost sounding object",
            "the leftmost object making a sound",
            "of the sounding objects the leftmost one",
        ),
        ("the heard thing nearest to the left edge",),
        "the leftmost sounding object",
        NOTHING_SOUNDS,
    ),
    "rightmost_sounding": Wording(
        Kind.audiovisual,
        (
            "the rightmost sounding object",
            "the rightmost object making a sound",
            "of the sounding objects the rightmost one",
        ),
        ("the heard thing nearest to the right edge",),
        "the rightmost sounding object",
        NOTHING_SOUNDS,
    ),
    "leftmost_silent": Wording(
        Kind.audiovisual,
        ("the leftmost silent object", "the leftmost object making no sound", "of the silent objects the leftmost one"),
        ("the never heard thing nearest to the left edge",),
        "the leftmost silent object",
        ALL_SOUND,
    ),
    "rightmost_silent": Wording(
        Kind.audiovisual,
        (
            "the rightmost silent object",
            "the rightmost object making no sound",
            "of the silent objects the rightmost one",
        ),
        ("the never heard thing nearest to the right edge",),
        "the rightmost silent object",
        ALL_SOUND,
    ),
    "left_of_sound": Wording(
        Kind.audiovisual,
        (
            "the object directly to the left of the sounding object",
            "the object just left of the one making a sound",
            "the left neighbor of the sounding object",
        ),
        ("the thing that the only heard one has directly on its left",),
        "the object left of the sounding one",
        "nothing is left of a sounding one",
    ),
    "right_of_sound": Wording(
        Kind.audiovisual,
        (
            "the object directly to the right of the sounding object",
            "the object just right of the one making a sound",
            "the right neighbor of the sounding object",
        ),
        ("the thing that the only heard one has directly on its right",),
        "the object right of the sounding one",
        "nothing is right of a sounding one",
    ),
}
