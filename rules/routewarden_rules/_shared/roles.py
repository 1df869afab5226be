"""Statements that name roles: which they are, and how a policy of the app takes their place.

Invariant: a policy is offered only where the app registers it, it asks for no roles that the rule would report again, and the statement
asks for roles and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from routewarden.analysis.finding import FixPlan, ReplaceAttribute
from routewarden.facts.sites import Site
from routewarden.model.register import App, RoleSet
from routewarden_rules._shared.exposure import literal

_AUTHORIZATION = "Microsoft.AspNetCore.Authorization"
_OFFERED = 3


def policy_fixes(sets: Sequence[RoleSet], app: App | None, reports: Callable[[tuple[str, ...]], bool]) -> Iterator[FixPlan]:
    """One plan a policy: each of the attributes becomes `[Authorize(Policy = "...")]`. `reports`: what the rule says of a set of roles."""
    sites = [(s.site, s.text) for s in sets]
    if app is None or not all(site is not None and _is_plain(site, text) for site, text in sites):
        return
    roles_of: dict[str, list[tuple[str, ...]]] = {}
    for name, roles in app.policy_roles:
        roles_of.setdefault(name, []).append(roles)
    usable = [name for name in app.policies if not any(map(reports, roles_of.get(name, ())))]
    for index, name in enumerate(usable[:_OFFERED]):
        text = f"Authorize(Policy = {literal(name)})"
        steps = [
            ReplaceAttribute(site, "Authorize", text, _AUTHORIZATION) for site, _ in sites if site is not None
        ]
        yield FixPlan(f"policy:{name}", f"Require the policy {literal(name)} instead", tuple(steps), preferred=index == 0)


def _is_plain(site: Site, text: str) -> bool:
    """`[Authorize(Roles = ...)]` on a type or member, with nothing else in it."""
    return text.startswith("[Authorize(Roles = ") and text.count(" = ") == 1 and site.part.startswith("attribute:") and "~" not in site.declaration
