"""AP302: a route for tests or debugging that is served in Production, is in no document, and lets people in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from routewarden.analysis.finding import Confidence, Finding, FixPlan, MapInDevelopment, Severity
from routewarden.analysis.rule import Criteria, Rule
from routewarden.model.register import Access, Endpoint, Register
from routewarden_rules._shared import contract, exposure

# Whole segments of a route that name a tool of developers, wherever they stand.
_TOOLS = frozenset({
    "debug", "debugging", "debugger", "dbg", "devtools", "devtool", "testdata", "dump", "dumps", "seed", "reseed", "seeddata",
    "seeder", "diag", "testonly", "selftest", "smoketest", "loadtest",
})  # fmt: skip
# Segments that do so only at the root of the API: further down they are features of a resource (`/webhooks/{id}/test`).
_AT_ROOT = frozenset({
    "test", "testing", "tester", "dev", "playground", "sandbox", "scratch", "scratchpad", "mock", "mocks", "dummy", "fake", "poc",
    "throw", "crash", "boom", "foo", "bar", "foobar", "temp", "tmp", "helloworld", "internal",
})  # fmt: skip
# Words of a compound segment (`debug-info`, `dump-cache`, `seed-demo-data`, `test-email`); `test-results` is none.
_FIRST_WORDS = frozenset({"debug", "dump", "seed", "reseed", "dbg", "throw", "crash"})
_COMPOUNDS = frozenset({
    "testemail", "testmail", "testdata", "testauth", "testlogin", "testendpoint", "testroute", "testapi", "testonly", "testerror",
    "testexception", "testpush", "testdb", "resetdb", "resetdatabase", "cleardb", "cleardatabase", "dropdb", "dropdatabase", "wipedb",
    "sendtestmail", "sendtestemail", "throwexception", "generatetestdata", "createtestdata", "loadtestdata", "demodata",
})  # fmt: skip
_PREFIX = re.compile(r"api|rest|v\d+(\.\d+)?|v?\{.*\}|_?internal|public|private|admin", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LETS_IN = (Access.PUBLIC, Access.ANONYMOUS, Access.AUTHENTICATED)


def check(register: Register) -> Iterator[Finding]:
    documented = {app for document in register.contracts.documents for app in document.apps}
    promised = {id(e) for document in register.contracts.documents for served in document.served for e, _ in served.by}
    resources = _resources(register)
    for endpoint in register.endpoints:
        if endpoint.kind not in ("action", "minimal", "fastendpoint") or endpoint.access not in _LETS_IN or id(endpoint) in promised:
            continue
        marker = _marker(endpoint.route)
        if marker is None or (endpoint.app not in documented and len(resources[endpoint.app, marker]) > 2):
            continue  # without a document, a word with verbs and ids of its own is the app's subject
        yield _finding(endpoint, register, marker, is_documented=endpoint.app in documented)


@lru_cache(maxsize=1 << 15)
def _marker(route: str) -> str | None:
    """The segment of the route that says that it is for tests or debugging."""
    segments = [s for s in route.split("/") if s]
    at_root = True
    for segment in segments:
        if segment.startswith("{"):
            at_root = at_root and _PREFIX.fullmatch(segment) is not None
            continue
        words = [w.lower() for w in _WORD.findall(segment)]
        joined = "".join(words)
        named = joined in _TOOLS or joined in _COMPOUNDS or (len(words) > 1 and words[0] in _FIRST_WORDS)
        if named or (at_root and joined in _AT_ROOT and (joined != "internal" or (segment.startswith("_") and len(segments) == 1))):
            return segment
        at_root = at_root and _PREFIX.fullmatch(segment) is not None
    return None


def _resources(register: Register) -> Mapping[tuple[str, str], set[tuple[str, ...]]]:
    """(app, segment) → what is done below it: verb and whether it takes an id."""
    found: defaultdict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    for endpoint in register.endpoints:
        for segment, has_id in _segments(endpoint.route):
            found[endpoint.app, segment].update((method, has_id) for method in endpoint.methods)
    return found


@lru_cache(maxsize=1 << 15)
def _segments(route: str) -> tuple[tuple[str, str], ...]:
    """The literal segments, each with "id" where a parameter follows."""
    segments = [s for s in route.split("/") if s]
    return tuple(
        (segment, "id" if any(s.startswith("{") for s in segments[at + 1 :]) else "")
        for at, segment in enumerate(segments)
        if not segment.startswith("{")
    )


def _finding(endpoint: Endpoint, register: Register, marker: str, is_documented: bool) -> Finding:
    who = "any signed-in user" if endpoint.access is Access.AUTHENTICATED else "anyone"
    where = ", no OpenAPI document has it" if is_documented else ""
    severity = Severity.MEDIUM if endpoint.access is Access.AUTHENTICATED else Severity.HIGH
    said = f"looks like a leftover of tests or debugging (`{marker}`): it is served in Production{where}, and {who} can call it"
    return Finding(
        rule=RULE.id,
        severity=severity,
        confidence=Confidence.HIGH if is_documented else Confidence.MEDIUM,
        site=exposure.name_of(endpoint.site),
        message=f"`{endpoint.label}` {said}",
        endpoint=endpoint.label,
        fixes=tuple(_fixes(endpoint, register)),
    )


def _fixes(endpoint: Endpoint, register: Register) -> Iterator[FixPlan]:
    if endpoint.kind == "minimal" and endpoint.site.part.startswith("node:"):
        step = MapInDevelopment(exposure.whole_call(endpoint.site))
        yield FixPlan("development-only", "Map it in Development only", (step,), preferred=True)
    if endpoint.access is Access.PUBLIC:
        for plan in exposure.closing_fixes(endpoint, register):
            # Any signed-in user is still too many; with a policy only those get in who need it.
            yield replace(plan, safe=False, preferred=False, mends="policy" in plan.id)


RULE = Rule(
    id="AP302",
    name="orphaned-debug-route",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    criteria=Criteria(("CC7.1", "CC6.6"), ("API9:2023",), (489,), ("8.26", "8.9")),
    since="0.2.0",
    module=__name__,
    on_register=check,
    gap=contract.GAP,
    precedence=20,
)
