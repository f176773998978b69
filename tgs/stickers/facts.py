"""Which stickers of a scene a statement fits: the logic under every reference.

A statement is a `Query`: a type ("left_of", "loudest", ...) and the words it names. `fits` answers with those it
clearly fits and those a person could argue about (a tie in loudness, one second of overlap, a neighbouring zone).
A reference is written only where exactly one fits and nobody is arguable; a null reference only where neither is.
"""

from __future__ import annotations

from tgs.stickers.heard import HEARD_RULES
from tgs.stickers.seen import SEEN_RULES
from tgs.stickers.seen_and_heard import BOTH_RULES, NAMED_RULES
from tgs.stickers.statements import AnchorError, Fit, Query, View, only

RULES = SEEN_RULES | HEARD_RULES | BOTH_RULES | NAMED_RULES
"""Every type of statement."""


def fits(view: View, query: Query) -> Fit:
    """Whom a statement fits.

    Raises:
        KeyError: unknown type of statement.
    """
    try:
        return RULES[query.type](view, *query.args)
    except AnchorError:
        return only([], view.all)
