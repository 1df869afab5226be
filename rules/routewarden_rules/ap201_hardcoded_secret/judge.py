"""From what files say to findings: uses joined with what they use, one finding for each distinct value of a project, its worst place.

Invariant: a pure function of the results; in an order that hashes have no part in.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from routewarden.analysis.finding import Confidence, Finding, Related, Severity
from routewarden.analysis.rule import Workspace
from routewarden_rules.ap201_hardcoded_secret.evidence import Evidence, FileSays, Grade
from routewarden_rules.ap201_hardcoded_secret.fixes import plans

_SEVERITY = {
    Grade.PRODUCTION: Severity.CRITICAL,
    Grade.CODE: Severity.HIGH,
    Grade.LOCAL: Severity.MEDIUM,
    Grade.DEVELOPMENT: Severity.LOW,
    Grade.KNOWN: Severity.INFO,
}
_WHERE = {
    Grade.PRODUCTION: "in the settings that production starts with",
    Grade.CODE: "in the source",
    Grade.LOCAL: "in the settings of every environment, for a server of the own machine",
    Grade.DEVELOPMENT: "in settings for development or tests",
    Grade.KNOWN: "that is a default for development",
}
_TEST_PATH = re.compile(r"(?:^|/|[a-z._-])(?:[Tt]ests?|[Tt]esting|Specs?)(?:$|[/._-]|[A-Z])")
_AN = re.compile(r"\ba (?=(?:API|AWS|HMAC|encryption|access|OAuth|npm|OpenAI|anthropic|age|azure|airtable|artifactory)\b)")
_MOST_RELATED = 20


def judge(results: Mapping[str, FileSays], workspace: Workspace) -> Iterator[Finding]:
    """One finding for each distinct value of a project, with all its places in the workspace."""
    found = _confirmed(results)
    tests = {path: _is_test(path, workspace) for path in results}
    found = [e for e in found if e.is_provider_key or not tests[e.site.path]]
    by_value: defaultdict[bytes, list[Evidence]] = defaultdict(list)
    for evidence in _without_halves(found):
        by_value[evidence.value_hash].append(evidence)
    for same in by_value.values():
        same.sort(key=lambda e: (Grade.DEVELOPMENT if tests[e.site.path] else e.grade, e.site.path, not e.sure))
        # Each app is deployed, and set right, by itself: a value that three projects have is a finding in each, which names the others.
        firsts: dict[str, Evidence] = {}
        for evidence in same:
            firsts.setdefault(workspace.project_of(evidence.site.path), evidence)
        for first in firsts.values():
            yield _finding([first, *(e for e in same if e is not first)], tests[first.site.path])


def _confirmed(results: Mapping[str, FileSays]) -> list[Evidence]:
    """What is a secret by itself, and what is held and wanted, in the order of the files."""
    what = {wanted.held: wanted.what for says in results.values() for wanted in says.wanted}
    of_members = {held[2]: use for held, use in what.items() if held[0] == "member"}
    constants = {e.held[1:] for says in results.values() for e in says.evidence if e.held is not None and e.held[0] == "member"}
    confirmed: list[Evidence] = []
    for says in results.values():
        for evidence in says.evidence:
            held = evidence.held
            if held is None:
                confirmed.append(evidence)
                continue
            if held == ("value",):
                continue
            use = what.get(held)
            if use is None and held[0] == "setting":
                leaf = held[1].rsplit(":", 1)[-1]
                # `options.Key` of a class that a section is bound to: the property's name is the key's.
                use = next((u for name, u in of_members.items() if name.lower() == leaf and not any(c[1] == name for c in constants)), None)
                if use is not None and len(evidence.name) == 0:
                    use = None
            if use is not None:
                confirmed.append(_as_used(evidence, use))
    known = {e.value_hash: e.what for e in confirmed}
    done = {e.site for e in confirmed}
    # The same value elsewhere is the same secret, whatever it is called there.
    confirmed += [
        _as_used(e, known[e.value_hash])
        for says in results.values()
        for e in says.evidence
        if e.value_hash in known and e.held is not None and e.site not in done
    ]
    return confirmed


def _as_used(evidence: Evidence, use: str) -> Evidence:
    return Evidence(
        evidence.site, use, evidence.name, evidence.value_hash, evidence.grade, True, None, evidence.key, evidence.is_provider_key,
        evidence.is_key_id, evidence.can_look_up,
    )


def _without_halves(found: list[Evidence]) -> Iterable[Evidence]:
    """An id of a key says nothing beside the key: the key is what is reported."""
    whole = {(e.site.path, _section(e)) for e in found if not e.is_key_id}
    return [e for e in found if not e.is_key_id or (e.site.path, _section(e)) not in whole]


def _section(evidence: Evidence) -> str:
    """What the two halves of a pair have in common: the member or type, or the section."""
    declaration = evidence.site.declaration
    return declaration.rpartition(":")[0] if evidence.site.part == "value" else declaration.split("(", 1)[0].rpartition(".")[0]


def _is_test(path: str, workspace: Workspace) -> bool:
    return workspace.is_test(path) or _TEST_PATH.search(path) is not None


def _finding(group: list[Evidence], in_tests: bool) -> Finding:
    first = group[0]
    grade = Grade.DEVELOPMENT if in_tests and first.grade < Grade.DEVELOPMENT else first.grade
    others = [e for e in group[1:] if e.site != first.site]
    count = f", and the same value {len(others)} more time{'s' if len(others) > 1 else ''}" if others else ""
    is_code = first.site.path.endswith(".cs")
    where = _WHERE[grade]
    if grade in (Grade.CODE, Grade.LOCAL):
        where = _WHERE[Grade.CODE] if is_code else "in the repository" if grade is Grade.CODE else where
    message = f"`{first.name}` holds a {first.what} {where}{count}: {_advice(first)}, and replace the value, which has been seen"
    return Finding(
        rule="AP201",
        severity=_SEVERITY[grade],
        confidence=Confidence.HIGH if first.sure else Confidence.MEDIUM,
        site=first.site,
        message=_article(message),
        related=tuple(Related(e.site, f"the same value, as `{e.name}`") for e in others[:_MOST_RELATED]),
        fixes=plans(first),
        conceals=True,
    )


def _advice(evidence: Evidence) -> str:
    """Where the value belongs, with the line to run."""
    path = evidence.site.path.lower()
    if not evidence.key:
        return "keep it out of the repository"
    if path.endswith((".yml", ".yaml")):
        return "take it from the environment of the host, `${...}`"
    if path.endswith((".cs", ".json")):
        variable = evidence.key.replace(":", "__")
        return f"keep it in user secrets (`dotnet user-secrets set \"{evidence.key}\" \"...\"`) or in the variable `{variable}`"
    return "keep it in a key store, or mount it at run time"


def _article(message: str) -> str:
    return _AN.sub("an ", message)
