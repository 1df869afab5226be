"""What one file says about secrets, without the secrets: names, places, and keyed hashes to tell equal values.

Invariant: no value is in here. The key of the hashes is made anew for each process and never leaves it, so that a hash tells nobody anything;
only whether two values of one run are equal.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from enum import IntEnum

from routewarden.facts.sites import Site
from routewarden_rules.ap201_hardcoded_secret.values import is_weak

_KEY = os.urandom(32)


class Grade(IntEnum):
    """How bad it is that a value stands there; smaller is worse."""

    PRODUCTION = 0  # settings that production starts with
    CODE = 1
    LOCAL = 2  # settings for every environment, for a server on the own machine
    DEVELOPMENT = 3  # development, design time, tests
    KNOWN = 4  # a well-known default, a throw-away value of the own machine


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place with one value. `what`: "signing key"; `name`: of the member or key, as shown.

    `held` is None where the place alone says that it is a secret; else what it counts for once something sensitive reads it:
    ("member", type, name), ("local", member id, name), ("setting", key); ("value",): once the same value is a secret somewhere else.
    """

    site: Site
    what: str
    name: str
    value_hash: bytes
    grade: Grade
    sure: bool = True  # structure or a format says so; else a name
    held: tuple[str, ...] | None = None
    key: str = ""  # the configuration key that it would have
    is_provider_key: bool = False
    is_key_id: bool = False  # half of a pair, worth a word only without the other half
    can_look_up: bool = False  # C#: the place can read configuration instead


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that reaches a place where it is used as a secret: see `Evidence.held`."""

    held: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class FileSays:
    evidence: tuple[Evidence, ...] = ()
    wanted: tuple[Wanted, ...] = ()


def value_hash(value: str, what: str) -> bytes:
    """Equal for equal values; for weak ones, that two places have by chance, of equal use only."""
    value = f"{what}\0{value}" if is_weak(value) else value
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), key=_KEY, digest_size=16).digest()
