"""One gap gives one finding; order, settings and fingerprints depend on nothing but the register."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from routewarden.analysis.finding import Confidence, Finding, Severity
from routewarden.analysis.fingerprint import app_key, declaration_key, site_order
from routewarden.analysis.registry import load_rules
from routewarden.analysis.rule import Criteria, Level, Rule, RuleConfig
from routewarden.analysis.runner import run
from routewarden.facts.sites import Site
from routewarden.model.register import Access, App, Endpoint, Register, Verdict

PUBLIC = Verdict(Access.PUBLIC, ())
APP = "src/Shop/Shop.csproj"


def action(methods: str, route: str, member: str = "Shop.C.M(int)", path: str = "src/Shop/C.cs", app: str = APP) -> Endpoint:
    site = Site(path, member)
    return Endpoint(
        "action", tuple(methods.split()), route, (), member.split("(")[0], app, site, PUBLIC, handler_site=site,
        type_site=Site(path, member.rsplit(".", 1)[0]),
    )  # fmt: skip


def register(*endpoints: Endpoint) -> Register:
    return Register(tuple(App(e.app, e.app, None) for e in endpoints[:1]), endpoints)


def found(*endpoints: Endpoint) -> tuple[Finding, ...]:
    return run(register(*endpoints), load_rules())


def prints(*endpoints: Endpoint) -> list[str]:
    return [finding.fingerprint for finding in found(*endpoints)]


def rule(rule_id: str, **changes: object) -> Rule:
    def check(endpoint: Endpoint, _register: Register) -> Iterator[Finding]:
        yield Finding(rule_id, Severity.LOW, Confidence.HIGH, endpoint.site, f"`{endpoint.label}` is {rule_id}", endpoint.label)

    base = Rule(rule_id, rule_id.lower(), Severity.LOW, Confidence.HIGH, Criteria(("CC6.1",)), "0.1.0", __name__, check)
    return replace(base, **changes)  # type: ignore[arg-type]


# --- one gap, one finding ---


def test_the_most_specific_rule_speaks_and_names_the_others() -> None:
    minimal = replace(action("DELETE", "/a"), kind="minimal", site=Site("P.cs", "<main>", "node:1:name"))
    assert [(f.rule, f.criteria_of) for f in found(minimal)] == [("AP004", ("AP001", "AP008"))]
    assert [(f.rule, f.criteria_of) for f in found(replace(minimal, methods=("GET",)))] == [("AP008", ("AP001",))]
    assert [(f.rule, f.criteria_of) for f in found(action("GET", "/a"))] == [("AP001", ())]


def test_endpoints_of_one_place_are_one_finding() -> None:
    finding, = found(action("POST", "/b"), action("GET", "/a"), action("DELETE", "/c"))  # fmt: skip
    assert (finding.rule, finding.endpoint, finding.severity) == ("AP004", "DELETE /c", Severity.CRITICAL)
    assert finding.also_endpoints == ("GET /a", "POST /b")
    assert finding.message.endswith("; likewise `GET /a`, `POST /b`")


def test_a_long_list_of_endpoints_is_cut_in_the_message_only() -> None:
    finding, = found(*(action("GET", f"/{name}") for name in "abcdef"))  # fmt: skip
    assert finding.also_endpoints == tuple(f"GET /{name}" for name in "bcdef")
    assert finding.message.endswith("; likewise `GET /b`, `GET /c`, `GET /d` and 2 more")


def test_one_route_in_two_apps_is_listed_once() -> None:
    finding, = found(action("GET", "/a"), action("GET", "/a", app="src/Other/Other.csproj"))  # fmt: skip
    assert finding.also_endpoints == ()


def test_rules_with_other_questions_speak_for_themselves() -> None:
    one = register(action("GET", "/a"))
    assert [f.rule for f in run(one, (rule("AP902"), rule("AP901")))] == ["AP901", "AP902"]
    same = (rule("AP901", gap="x", precedence=1), rule("AP902", gap="x", precedence=2))
    assert [(f.rule, f.criteria_of) for f in run(one, same)] == [("AP902", ("AP901",))]


def test_a_rule_about_the_whole_register_runs_once() -> None:
    def check(seen: Register) -> Iterator[Finding]:
        yield Finding("AP903", Severity.LOW, Confidence.HIGH, Site("A.cs", ""), f"{len(seen.endpoints)} endpoints")

    project = rule("AP903", on_endpoint=None, on_register=check)
    assert project.level is Level.PROJECT
    assert [f.message for f in run(register(action("GET", "/a"), action("GET", "/b")), (project,))] == ["2 endpoints"]


def test_a_rule_has_one_check() -> None:
    with pytest.raises(ValueError, match="AP904"):
        rule("AP904", on_endpoint=None)


# --- settings ---


def test_a_disabled_rule_leaves_the_gap_to_the_next() -> None:
    one = register(action("DELETE", "/a"))
    assert [f.rule for f in run(one, load_rules(), RuleConfig(frozenset({"AP004"})))] == ["AP001"]
    assert run(one, load_rules(), RuleConfig(frozenset({"AP001", "AP004", "AP008"}))) == ()


def test_a_team_sets_the_severity_and_the_fingerprint_stays() -> None:
    one = register(action("DELETE", "/a"))
    changed = run(one, load_rules(), RuleConfig(severity={"AP004": Severity.INFO}))
    assert [(f.severity, f.fingerprint) for f in changed] == [(Severity.INFO, f.fingerprint) for f in run(one, load_rules())]


# --- order ---


def test_the_order_of_the_register_does_not_show() -> None:
    endpoints = [action("GET", f"/{n}", f"Shop.C{n % 3}.M{n}()", f"C{n % 3}.cs") for n in range(20)]
    expected = found(*endpoints)
    assert [f.site for f in expected] == sorted((f.site for f in expected), key=site_order)
    shuffled = random.Random(1)
    for _ in range(5):
        shuffled.shuffle(endpoints)
        assert found(*endpoints) == expected


def test_calls_of_a_body_come_in_its_order() -> None:
    nine, ten = Site("A.cs", "<main>", "node:9:name"), Site("A.cs", "<main>", "node:10:name")
    assert sorted([ten, nine], key=site_order) == [nine, ten]


# --- fingerprints ---


def test_a_fingerprint_outlives_moves_and_renamed_folders() -> None:
    before = prints(action("GET", "/a"))
    assert prints(action("GET", "/a", path="src/Renamed/Controllers/C.cs", app="src/Renamed/Shop.csproj")) == before
    assert prints(action("GET", "/a", "Shop.C.M(int,string)")) == before, "a parameter more"
    assert prints(action("GET", "/a", "Shop.C|2.M(int)")) == before, "moved to another part of the class"
    assert prints(action("GET", "/0", "Shop.A.N()"), action("GET", "/a"))[1:] == before, "another endpoint before it"


@pytest.mark.parametrize(
    "other",
    [
        action("GET", "/b"),
        action("HEAD", "/a"),
        action("GET", "/a", "Shop.C.N(int)"),
        action("GET", "/a", "Shop.D.M(int)"),
        action("GET", "/a", app="src/Shop/Other.csproj"),
    ],
    ids=["route", "verb", "method", "class", "app"],
)
def test_a_fingerprint_tells_gaps_apart(other: Endpoint) -> None:
    assert prints(other) != prints(action("GET", "/a"))


def test_equal_findings_are_told_apart_by_their_order() -> None:
    calls = [
        replace(action("GET", "/a"), kind="minimal", site=Site("P.cs", "<main>", f"node:{number}:name")) for number in (2, 9, 10)
    ]
    three = prints(*calls)
    assert len(set(three)) == 3
    places = [Site("P.cs", "<main>", f"node:{number}:name") for number in (7, 8, 11)]
    assert prints(*(replace(call, site=site) for call, site in zip(calls, places, strict=True))) == three


def test_a_fingerprint_is_32_hexadecimal_digits_and_never_changes_between_versions() -> None:
    # A change of this value makes every baseline of every user report everything again.
    assert prints(action("GET", "/a")) == ["5fe181a205eed1ae47d9a930f55adf08"]


@pytest.mark.parametrize(
    ("declaration", "key"),
    [
        ("Shop.C.M(int,string)", "Shop.C.M"),
        ("Shop.C|2.M()#2", "Shop.C.M"),
        ("Shop.C`1.M(System.Func<int, (int, int)>)~4~2", "Shop.C`1.M"),
        ("<main>~3", "<main>"),
        ("Shop.C", "Shop.C"),
        ("", ""),
    ],
)
def test_the_stable_part_of_a_declaration(declaration: str, key: str) -> None:
    assert declaration_key(declaration) == key


@pytest.mark.parametrize(("app", "key"), [("src/Shop/Shop.Api.csproj", "Shop.Api"), ("src/Shop", ""), ("", "")])
def test_an_app_is_known_by_its_project_file(app: str, key: str) -> None:
    assert app_key(app) == key
