"""What of a published file is ours, what is passed over and why, what is missing, and what nobody knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from tgs.errors import WeightsError


@dataclass
class Mapped:
    """Published weights under our names.

    All names but those of `state` are the published ones.
    """

    state: dict[str, Tensor]
    """By the names of the module that takes them."""
    passed_over: dict[str, list[str]] = field(default_factory=dict)
    """Keys that no forward pass reads, by the reason."""
    missing: list[str] = field(default_factory=list)
    """Keys that the module needs and the files lack."""
    unexpected: list[str] = field(default_factory=list)
    """Keys that no rule knows."""

    def require_whole(self, where: str, *, allow_partial: bool) -> Mapped:
        """Itself, if nothing is missing or unexpected, or if that is allowed.

        Raises:
            WeightsError: something is, with every name; or nothing at all is ours, which is never allowed.
        """
        faults = [
            f"{len(names)} {what}: {', '.join(names)}"
            for what, names in (("missing", self.missing), ("unexpected", self.unexpected))
            if names
        ]
        if faults and not self.state:
            raise WeightsError(f"{where}: holds nothing of what was looked for; {'; '.join(faults)}")
        if faults and not allow_partial:
            raise WeightsError(
                f"{where}: not whole; {'; '.join(faults)}. Convert with --allow-partial to keep what is there."
            )
        return self

    def told(self) -> list[str]:
        """A line for each thing that a reader should know."""
        lines = [f"{len(self.state)} tensors, {sum(t.numel() for t in self.state.values()):,} numbers"]
        lines += [f"passed over, {why}: {len(names)} keys" for why, names in self.passed_over.items()]
        for what, names in (("missing", self.missing), ("unexpected", self.unexpected)):
            lines += [f"{what}, {len(names)} keys: {', '.join(names)}"] if names else []
        return lines

    def meta(self) -> dict[str, object]:
        """The same for a manifest, every name included."""
        return {"passed_over": self.passed_over, "missing": self.missing, "unexpected": self.unexpected}


def map_names(state: Mapping[str, Tensor], wanted: Mapping[str, str], passed_over: Mapping[str, str]) -> Mapped:
    """Sort the keys of a published state dict.

    Args:
        state: by published names.
        wanted: published name of every one of ours.
        passed_over: for each reason, a regular expression that the whole of a published name matches.
    """
    mapped = Mapped({own: state[name] for own, name in wanted.items() if name in state})
    mapped.missing = sorted(set(wanted.values()) - set(state))
    for name in sorted(set(state) - set(wanted.values())):
        why = next((why for why, pattern in passed_over.items() if re.fullmatch(pattern, name)), None)
        (mapped.unexpected if why is None else mapped.passed_over.setdefault(why, [])).append(name)
    return mapped


def flat_state(content: Mapping[str, object], file: Path) -> dict[str, Tensor]:
    """A file's content, if it is what the released code saves: tensors by name.

    Raises:
        WeightsError: it is empty, or holds something else.
    """
    state = {key: value for key, value in content.items() if isinstance(value, Tensor)}
    if not state or len(state) < len(content):
        other = sorted(map(str, set(content) - set(state)))
        raise WeightsError(f"{file}: expected tensors by name; it holds {', '.join(other[:4]) or 'nothing'}")
    return state
