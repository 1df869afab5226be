"""Runs rules over a register and decides which of several that match one place speaks.

Invariant: one gap gives one finding. Findings with one `Rule.gap_key` at one site are one gap: the rule with the
highest precedence speaks, names the others in `criteria_of`, and one finding lists every endpoint that the site
serves (an action with two routes, an inherited action, a Map call in a loop). The result is sorted and depends on
nothing but the arguments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from routewarden.analysis.finding import Finding, FixPlan, Severity
from routewarden.analysis.fingerprint import Marked, site_order, with_fingerprints
from routewarden.analysis.rule import DEFAULT_CONFIG, Checks, RegisterCheck, Rule, RuleConfig, checks
from routewarden.facts.sites import Site
from routewarden.model.operations.endpoint_operations import NO_OPERATIONS, EndpointOperations
from routewarden.model.ownership.endpoint_objects import NO_OBJECTS, EndpointObjects
from routewarden.model.register import Endpoint, Register

SEVERITY_ORDER = {severity: rank for rank, severity in enumerate(Severity)}  # worst first
_LABELS_SHOWN = 3
OperationsOf = Callable[[Endpoint], EndpointOperations]
ObjectsOf = Callable[[Sequence[Endpoint]], Mapping[int, EndpointObjects]]  # by id of the endpoint


@dataclass(frozen=True, slots=True)
class _Match:
    rule: Rule
    finding: Finding
    app: str

    @property
    def rank(self) -> tuple[int, int, str, str]:
        """Smaller speaks first."""
        finding = self.finding
        return -self.rule.precedence, SEVERITY_ORDER[finding.severity], finding.endpoint or "", self.app


@dataclass(slots=True, eq=False)
class Known:
    """What the last run found out, for the next: findings of endpoints and gaps that are the same objects still.

    Valid for one set of apps, rules and settings; `run` empties it when they change.
    """

    of: tuple[object, ...] = ()
    # By id of the endpoint: what its findings rest on, and they.
    matches: dict[int, tuple[Endpoint, EndpointOperations, EndpointObjects, tuple[_Match, ...]]] = field(default_factory=dict)
    spoken: dict[tuple[int, ...], tuple[list[_Match], tuple[Finding, str]]] = field(default_factory=dict)  # by ids of matches
    marked: Marked = field(default_factory=dict)


def run(
    register: Register, rules: Sequence[Rule], config: RuleConfig = DEFAULT_CONFIG, known: Known | None = None,
    of_files: Iterable[tuple[Rule, Finding]] = (), operations: OperationsOf = lambda _: NO_OPERATIONS,
    objects: ObjectsOf = lambda _: {},
) -> tuple[Finding, ...]:
    """The findings of the rules, one for each gap, sorted by file and place in it, with fingerprints.

    `of_files`: what rules that read files found (`analysis.file_checks`). `operations` gives what an endpoint does, `objects` whose
    objects the endpoints reach, the same objects while nothing on the way changed.
    """
    last = known if known is not None and known.of == (register.apps, tuple(rules), config) else Known()
    now = known if known is not None else Known()
    gaps: dict[tuple[str, Site], list[_Match]] = defaultdict(list)
    active = [rule for rule in rules if rule.id not in config.disabled]
    looks_behind = any(rule.on_operations is not None for rule in active)
    reached = objects(register.endpoints) if any(rule.on_objects is not None for rule in active) else {}
    matches = {}
    runs = [(rule, checks(rule, config)) for rule in active]
    for e in register.endpoints:
        done = operations(e) if looks_behind else NO_OPERATIONS
        whose = reached.get(id(e), NO_OBJECTS)
        matches[id(e)] = (e, done, whose, _found(last, e, done, whose, runs, register))
    for _, _, _, found in matches.values():
        for match in found:
            gaps[match.rule.gap_key, match.finding.site].append(match)
    whole = [(rule, check.on_register) for rule, check in runs if check.on_register is not None]
    for match in (*_on_register(register, whole), *(_Match(rule, finding, finding.app) for rule, finding in of_files)):
        gaps[match.rule.gap_key, match.finding.site].append(match)
    spoken: dict[tuple[int, ...], tuple[list[_Match], tuple[Finding, str]]] = {}
    for of_gap in gaps.values():
        key = tuple(map(id, of_gap))
        spoken[key] = last.spoken.get(key) or (list(of_gap), _speak(of_gap, config))
    now.of, now.matches, now.spoken = (register.apps, tuple(rules), config), matches, spoken
    pairs = sorted((pair for _, pair in spoken.values()), key=lambda p: (site_order(p[0].site), p[0].rule, p[0].message))
    return with_fingerprints(pairs, now.marked)


def as_known(known: Known) -> tuple[OperationsOf, ObjectsOf]:
    """What the last run knew of operations and objects, for a run that must not wait for them: by endpoint, nothing for a new one."""
    named = {(e.app, e.site, e.methods, e.route): (done, whose) for e, done, whose, _ in known.matches.values()}
    nothing = NO_OPERATIONS, NO_OBJECTS

    def last(endpoint: Endpoint) -> tuple[EndpointOperations, EndpointObjects]:
        return named.get((endpoint.app, endpoint.site, endpoint.methods, endpoint.route), nothing)

    return lambda endpoint: last(endpoint)[0], lambda endpoints: {id(e): last(e)[1] for e in endpoints}


def _found(
    last: Known, endpoint: Endpoint, done: EndpointOperations, whose: EndpointObjects, runs: Iterable[tuple[Rule, Checks]], register: Register
) -> tuple[_Match, ...]:
    known = last.matches.get(id(endpoint))
    if known is not None and known[0] is endpoint and known[1] is done and known[2] is whose:
        return known[3]
    found: list[_Match] = []
    for rule, check in runs:
        if check.on_endpoint is not None:
            found += (_Match(rule, finding, endpoint.app) for finding in check.on_endpoint(endpoint, register))
        elif rule.on_operations is not None:
            found += (_Match(rule, finding, endpoint.app) for finding in rule.on_operations(endpoint, done, register))
        elif rule.on_objects is not None:
            found += (_Match(rule, finding, endpoint.app) for finding in rule.on_objects(endpoint, whose, register))
    return tuple(found)


def _on_register(register: Register, whole: Iterable[tuple[Rule, RegisterCheck]]) -> Iterable[_Match]:
    for rule, check in whole:
        for finding in check(register):
            yield _Match(rule, finding, finding.app)


def _speak(matches: list[_Match], config: RuleConfig) -> tuple[Finding, str]:
    """The finding that stands for a gap, and the app that it counts under."""
    matches.sort(key=lambda match: match.rank)
    first = matches[0]
    finding = first.finding
    others = tuple(sorted({match.rule.id for match in matches} - {first.rule.id} | set(finding.criteria_of)))
    labels = tuple(sorted({m.finding.endpoint for m in matches if m.finding.endpoint} - {finding.endpoint}))
    return (
        replace(
            finding,
            severity=config.severity.get(finding.rule, finding.severity),
            message=finding.message + _also(labels),
            criteria_of=others,
            also_endpoints=labels,
            fixes=_joined_fixes(finding, matches),
        ),
        first.app,
    )


def _joined_fixes(speaker: Finding, matches: list[_Match]) -> tuple[FixPlan, ...]:
    """The speaker's fixes, each with the steps that it takes for the other endpoints of the gap: a fix closes all of it.

    One that some endpoint does not offer (its group, where another has none) would leave a part open, and is left out.
    """
    offered: dict[tuple[str, str | None], dict[str, FixPlan]] = defaultdict(dict)
    for match in matches:
        for plan in match.finding.fixes:
            offered[match.app, match.finding.endpoint].setdefault(plan.id, plan)
    everywhere = {(match.app, match.finding.endpoint) for match in matches}
    joined: list[FixPlan] = []
    for plan in speaker.fixes:
        plans = [offered[key].get(plan.id) for key in sorted(everywhere, key=lambda key: (key[0], key[1] or ""))]
        found = [other for other in plans if other is not None]
        if len(found) < len(plans):
            continue
        steps = tuple(dict.fromkeys((*plan.steps, *(step for other in found for step in other.steps))))
        more = len({(step.site.path, step.site.declaration) for step in steps}) - 1
        title = f"{plan.title} (and {more} more)" if more and steps != plan.steps else plan.title
        joined.append(replace(plan, title=title, steps=steps, safe=all(other.safe for other in found) and plan.safe))
    return tuple(joined)


def _also(labels: tuple[str, ...]) -> str:
    if not labels:
        return ""
    shown = ", ".join(f"`{label}`" for label in labels[:_LABELS_SHOWN])
    more = f" and {len(labels) - _LABELS_SHOWN} more" if len(labels) > _LABELS_SHOWN else ""
    return f"; likewise {shown}{more}"
