"""`.apiposture.json`: the suppressions of a team that comes from ApiPosture, taken over as waivers.

Invariant: they mean what they meant there (https://github.com/BlagoCuljak/ApiPosture: a route with `*` for anything, without regard to
case; no route: every one; no rules: all), and other keys of the file are none of ours. A file that is no such JSON is a problem.
"""

from __future__ import annotations

import json

from routewarden.analysis.finding import Waiver

NAME = ".apiposture.json"
NO_REASON = "suppressed in .apiposture.json, without a reason"


def read_suppressions(data: bytes, source: str) -> tuple[tuple[Waiver, ...], str]:
    """The suppressions of a file, and what is wrong with it ("" for nothing). Never raises."""
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return (), "not JSON in UTF-8"
    given = _get(content, "suppressions") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(given, list | None):
        return (), "`suppressions` must be a list"
    found: list[Waiver] = []
    for number, item in enumerate(given or ()):
        fields = item if isinstance(item, dict) else {"route": 0}
        route, rules, reason = _get(fields, "route"), _get(fields, "rules"), _get(fields, "reason")
        ids = [] if rules is None else rules
        if not isinstance(route, str | None) or not isinstance(reason, str | None) or not isinstance(ids, list) or not _are_texts(ids):
            return (), f"suppression {number + 1} must have a text as `route`, a list of texts as `rules`"
        endpoint = "" if not route else (route if route.startswith(("/", "*")) else f"/{route}").replace("*", "**")
        above = source.rpartition("/")[0]
        waiver = Waiver(tuple(str(rule).upper() for rule in ids), reason or NO_REASON, source=source, number=number, endpoint=endpoint)
        found.append(waiver if not above else Waiver(waiver.rules, waiver.reason, source=source, number=number, endpoint=endpoint, path=above))
    return tuple(found), ""


def _get(content: dict[str, object], key: str) -> object:
    return next((value for name, value in content.items() if name.lower() == key), None)


def _are_texts(value: list[object]) -> bool:
    return all(isinstance(item, str) for item in value)
