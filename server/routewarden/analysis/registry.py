"""Finds the rules: every folder of `routewarden_rules` whose `rule` module has a `RULE`.

Invariant: adding a rule touches its own folder (and one line of rules/LEDGER.md), nothing else. Folders that start
with an underscore are shared code. `pkgutil` is used because it also works in a PyInstaller program, where there are
no folders.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

import routewarden_rules
from routewarden.analysis.rule import Rule


@functools.cache
def load_rules() -> tuple[Rule, ...]:
    """All rules, by id. Raises ValueError where a folder holds no rule or two rules share an id or a name."""
    rules: list[Rule] = []
    for module in pkgutil.iter_modules(routewarden_rules.__path__):
        if not module.ispkg or module.name.startswith("_"):
            continue
        found = getattr(importlib.import_module(f"{routewarden_rules.__name__}.{module.name}.rule"), "RULE", None)
        if not isinstance(found, Rule):
            raise ValueError(f"{module.name}/rule.py has no RULE")
        rules.append(found)
    for attribute in ("id", "name"):
        values = [getattr(rule, attribute) for rule in rules]
        twice = {value for value in values if values.count(value) > 1}
        if twice:
            raise ValueError(f"two rules share the {attribute} {min(twice)}")
    return tuple(sorted(rules, key=lambda rule: rule.id))


def rule_by_id(rule_id: str) -> Rule | None:
    """The rule of an id ("AP004") or a name ("unauthorized-write"), whatever its case."""
    wanted = rule_id.casefold()
    return next((r for r in load_rules() if wanted in (r.id.casefold(), r.name.casefold())), None)
