"""The ways to turn masks into numbers, by name. A number without its protocol's name means nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tgs.errors import ConfigError
from tgs.metrics.base import Protocol
from tgs.metrics.protocols.article import ArticleProtocol
from tgs.metrics.protocols.refavs import RefAvsProtocol
from tgs.metrics.protocols.simtoken import SimTokenProtocol
from tgs.metrics.protocols.strict import StrictProtocol
from tgs.metrics.protocols.tgs import TgsProtocol

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {p.name: p for p in (TgsProtocol(), RefAvsProtocol(), SimTokenProtocol(), ArticleProtocol(), StrictProtocol())}
)
"""Every protocol by the name it has in configs and records."""


def protocol(name: str) -> Protocol:
    """The protocol of that name.

    Raises:
        ConfigError: no protocol has it.
    """
    if name not in PROTOCOLS:
        raise ConfigError(f"unknown protocol {name!r}. Choose one of: {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[name]
