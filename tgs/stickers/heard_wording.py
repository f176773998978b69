"""The words of statements that need ears: who sounds, how loud, and beside whom."""

from __future__ import annotations

from tgs.stickers.wording import Kind, Wording

SOUND = {
    "sounding": Wording(
        Kind.sound,
        ("the sounding object", "the object making a sound", "the source of the sound"),
        ("the only thing that we can hear",),
        "the sounding object",
    ),
    "silent": Wording(
        Kind.sound,
        ("the silent object", "the object that makes no sound", "the object that stays silent all the time"),
        ("the only thing that is never heard",),
        "the silent object",
    ),
    "loudest": Wording(
        Kind.sound,
        ("the object making the loudest sound", "the loudest object", "the object that sounds the loudest"),
        ("the thing that drowns out the others",),
        "the loudest sound",
    ),
    "softest": Wording(
        Kind.sound,
        ("the object making the softest sound", "the softest object", "the object that sounds the softest"),
        ("the sounding thing that the others drown out",),
        "the softest sound",
    ),
    "level": Wording(
        Kind.sound,
        ("the object making a {0} sound", "the object with a {0} sound", "the object that makes a {0} sound"),
        ("the thing whose sound is {0}",),
        "the {0} sound",
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
    ),
    "leftmost_silent": Wording(
        Kind.audiovisual,
        ("the leftmost silent object", "the leftmost object making no sound", "of the silent objects the leftmost one"),
        ("the never heard thing nearest to the left edge",),
        "the leftmost silent object",
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
    ),
}
