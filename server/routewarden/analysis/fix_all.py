"""Many fixes at once: which one each finding gets, and their edits together.

Invariant: a fix is taken whole or left out. Two that would replace the same bytes are not both taken; the one that was left out comes
in the next round, with the text as it is then. One fix that several findings have is applied once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from routewarden.analysis.finding import Finding, FixPlan
from routewarden.text.source import TextEdit

Edits = Mapping[str, Sequence[TextEdit]]  # by path


def safe_plan(finding: Finding) -> FixPlan | None:
    """The one fix that may be applied to a finding without a look; the preferred one where there are several."""
    safe = [plan for plan in finding.fixes if plan.safe]
    return next((plan for plan in safe if plan.preferred), safe[0] if safe else None)


def preferred_plan(finding: Finding) -> FixPlan | None:
    """A safe fix, else the one that is the obvious choice, for a person who looks at the result."""
    return safe_plan(finding) or next((plan for plan in finding.fixes if plan.preferred), None)


def merged(fixes: Iterable[Edits], allowed: Callable[[str], bool] = lambda _: True) -> dict[str, tuple[TextEdit, ...]]:
    """The edits of several fixes together, by path. A fix that touches other files than the allowed, or bytes of one before it, is left out."""
    result: dict[str, list[TextEdit]] = {}
    for edits in fixes:
        if not all(allowed(path) for path in edits):
            continue
        # The same `using` for two fixes is one edit.
        new = {path: [edit for edit in of_file if edit not in result.get(path, ())] for path, of_file in edits.items()}
        if not any(_clash(a, b) for path, of_file in new.items() for a in of_file for b in result.get(path, ())):
            for path, of_file in new.items():
                result.setdefault(path, []).extend(of_file)
    return {path: tuple(sorted(edits, key=lambda edit: (edit.start, edit.end))) for path, edits in sorted(result.items()) if edits}


def _clash(a: TextEdit, b: TextEdit) -> bool:
    """Insertions at one place go one after the other; replaced bytes may only be replaced once."""
    return a.start < b.end and b.start < a.end
