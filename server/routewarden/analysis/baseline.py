"""The findings that are known: a file in the repository, so that only new ones fail a pipeline.

Invariant: fingerprints only, with rule and endpoint for people who read the file; no line, no path, no time. Sorted, one line each, so
that two branches merge and a diff shows what came and went. Findings with one fingerprint are one gap.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from routewarden.analysis.finding import Finding

VERSION = 1
_SIZE_LIMIT = 64 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Baseline:
    fingerprints: frozenset[str] = frozenset()


class BaselineError(ValueError):
    """A file that is no baseline; its message says why."""


def render(findings: Iterable[Finding]) -> str:
    """The file that knows these findings; waived ones have their waiver and need no baseline."""
    known = {f.fingerprint: {"fingerprint": f.fingerprint, "rule": f.rule, "endpoint": f.endpoint} for f in findings if f.waived is None}
    lines = [json.dumps(known[key]) for key in sorted(known, key=lambda key: (str(known[key]["rule"]), str(known[key]["endpoint"]), key))]
    body = ",\n".join(f"    {line}" for line in lines)
    return f'{{\n  "version": {VERSION},\n  "findings": [\n{body}\n  ]\n}}\n' if lines else f'{{\n  "version": {VERSION},\n  "findings": []\n}}\n'


def read(path: Path) -> Baseline:
    """The baseline in a file. Raises BaselineError, with what is wrong, and OSError."""
    if path.is_file() and path.stat().st_size > _SIZE_LIMIT:
        raise BaselineError(f"larger than {_SIZE_LIMIT // 1024 // 1024} MB")
    return parse(path.read_bytes())


def parse(data: bytes) -> Baseline:
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        if b"<<<<<<<" in data:
            raise BaselineError("it has merge conflicts: keep both sides, or write it anew with `routewarden baseline update`") from None
        raise BaselineError("not JSON in UTF-8") from None
    if not isinstance(content, dict) or not isinstance(content.get("findings"), list):
        raise BaselineError('no "findings" in it')
    if content.get("version") != VERSION:
        raise BaselineError(f"its version is {content.get('version')!r:.40}, and this RouteWarden reads {VERSION}")
    found = [item.get("fingerprint") if isinstance(item, dict) else None for item in content["findings"]]
    if not all(isinstance(fingerprint, str) for fingerprint in found):
        raise BaselineError("a finding without a fingerprint")
    return Baseline(frozenset(str(fingerprint) for fingerprint in found))
