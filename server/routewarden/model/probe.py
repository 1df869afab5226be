"""A request that is tried on code: which caller makes it, to which endpoint, and where the code refuses it.

Invariant: a refusal is noted where the code makes it (a 401 or 403, a challenge, a redirect), and is certain only if no undecided
condition stands around it. What the code sees of the request is in `model.stand_ins`, what counts as refusing in `model.refusals`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routewarden.facts.sites import Site
from routewarden.model import templates
from routewarden.model.values import TypeValue, Value

if TYPE_CHECKING:
    from routewarden.model.evaluator import Evaluator

HTTP = "Microsoft.AspNetCore.Http."
MVC = "Microsoft.AspNetCore.Mvc."
NEXT = "<next>"  # field of the object that stands for the rest of the pipeline


@dataclass(frozen=True, slots=True)
class Request:
    """`required`: the values that conventional routing fixes; `action`: those of the action it goes to, "controller" among them."""

    route: str
    methods: tuple[str, ...] = ()
    required: Mapping[str, str] = field(default_factory=dict)
    action: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The route with conventional parameters filled in; other parameters stay in braces."""
        text = self.route
        for parameter in templates.parameters(self.route).values():
            value = next((v for k, v in self.required.items() if k.lower() == parameter.name.lower()), None)
            start = text.lower().find("{" + parameter.name.lower())
            if value is not None and start >= 0:
                text = text[:start] + value + text[text.index("}", start) + 1 :]
        return text


@dataclass(frozen=True, slots=True)
class Refusal:
    """`kind`: "status" for 401 and 403, "challenge" for being asked to sign in, "redirect" for being sent elsewhere."""

    kind: str
    certain: bool
    site: Site | None
    why: str


@dataclass(slots=True, eq=False)
class Probe:
    """One request; `refusals` is filled while code runs."""

    signed_in: bool
    request: Request | None  # None: to no endpoint in particular
    metadata: Sequence[Value] = ()
    trusted: bool = False  # whatever the code asks of the authorization service is granted
    refusals: list[Refusal] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)  # under which conditions the authorization service was asked
    answers: list[tuple[str, ...]] = field(default_factory=list)  # under which conditions a result was made that refuses nothing
    looked_at_endpoint: bool = False  # the outcome may be another one for another endpoint
    objects: dict[str, Value] = field(default_factory=dict)  # one stand-in for each type

    def note(self, ev: Evaluator, kind: str, site: Site | None, why: str) -> None:
        self.refusals.append(Refusal(kind, not ev.conditions, site, why))


def typed(ev: Evaluator, name: str) -> TypeValue:
    return TypeValue(name, ev.world.symbol(name))
