"""The words of statements about the order of sounds in time."""

from __future__ import annotations

from tgs.stickers.wording import Kind, Wording

ORDER = {
    "first": Wording(
        Kind.order,
        ("the first object to make a sound", "the object that starts to sound first", "the object that sounds first"),
        ("the thing that opens the music",),
        "the first sound",
    ),
    "last": Wording(
        Kind.order,
        ("the last object to make a sound", "the object that starts to sound last", "the object that joins in last"),
        ("the thing that is late to be heard",),
        "the last sound to start",
    ),
    "second": Wording(
        Kind.order,
        (
            "the second object to make a sound",
            "the object that sounds second",
            "the object that starts to sound second",
        ),
        ("the next thing to be heard after the first one",),
        "the second sound",
    ),
    "stops_first": Wording(
        Kind.order,
        (
            "the first object to stop making a sound",
            "the object that stops first",
            "the object that falls silent first",
        ),
        ("the thing that is over before the others",),
        "the first sound to stop",
    ),
    "stops_last": Wording(
        Kind.order,
        ("the last object to stop making a sound", "the object that stops last", "the object that falls silent last"),
        ("the thing that goes on after the others",),
        "the last sound to stop",
    ),
    "at_start": Wording(
        Kind.order,
        (
            "the object heard at the beginning",
            "the object making a sound at the start",
            "the object that makes a sound at the beginning",
        ),
        ("the thing we hear in the opening second",),
        "the sound from 0",
    ),
    "at_end": Wording(
        Kind.order,
        (
            "the object heard at the end",
            "the object making a sound at the end",
            "the object that still makes a sound at the end",
        ),
        ("the thing we hear in the closing second",),
        "the sound to 10",
    ),
    "after": Wording(
        Kind.order,
        (
            "the object that starts after the {0} stops",
            "the object making a sound after the {0} stops",
            "the object that starts to sound when the {0} is over",
        ),
        ("the thing that waits for the {0} to fall silent",),
        "the sound after the {0}",
    ),
    "before": Wording(
        Kind.order,
        (
            "the object that starts before the {0}",
            "the object making a sound before the {0} starts",
            "the object that sounds before the {0}",
        ),
        ("the thing that is already heard when the {0} begins",),
        "the sound before the {0}",
    ),
    "during": Wording(
        Kind.order,
        (
            "the object that joins in while the {0} makes a sound",
            "the object that starts while the {0} is still going on",
            "the object that starts to sound during the {0}",
        ),
        ("the thing that cuts in on the {0}",),
        "the sound that starts during the {0}",
    ),
}
