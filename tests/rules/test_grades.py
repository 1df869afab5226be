"""How AP001, AP004 and AP008 grade what they find: by verb, kind and whole names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routewarden.analysis.finding import AddAttribute, AppendCall, Confidence, Finding
from routewarden.analysis.registry import load_rules
from routewarden.analysis.runner import run
from routewarden.facts.sites import Site
from routewarden.model.register import Access, App, Endpoint, Nature, Register, Stance, TrailStep, Verdict

TRAIL = (TrailStep(Site("A.cs", "C"), "C has no attribute"), TrailStep(None, "no fallback policy"))


def endpoint(
    kind: str,
    methods: str,
    route: str = "/api/things/{id}",
    *,
    access: Access = Access.PUBLIC,
    handler: str = "Shop.C.Get",
    api: bool = True,
    stances: tuple[Stance, ...] = (),
    owner: str = "Shop.C",
) -> Endpoint:
    attributes = kind in ("action", "page", "hub", "grpc")
    return Endpoint(
        kind, tuple(methods.split()), route, (), handler, "Shop.csproj",
        Site("A.cs", f"{handler}()") if attributes else Site("A.cs", "<main>", "node:3:name"),
        Verdict(access, TRAIL), stances,
        handler_site=Site("A.cs", f"{handler}()") if attributes else None,
        type_site=Site("A.cs", owner) if attributes else None,
        group_sites=() if attributes else (Site("A.cs", "<main>", "node:1:name"),),
        api=api,
    )  # fmt: skip


SIGN_IN = Nature("sign-in", "signs callers in (`SignInManager.PasswordSignInAsync`)")
MAIN = Site("Program.cs", "<main>", "whole")


def found(
    one: Endpoint, *, policies: tuple[str, ...] = (), fallback: str = "", entry: Site | None = MAIN
) -> tuple[Finding, ...]:
    return run(Register((App("Shop", "Shop.csproj", entry, fallback, policies=policies),), (one,)), load_rules())


@pytest.mark.parametrize(
    ("one", "rule", "severity", "confidence"),
    [
        (endpoint("action", "DELETE"), "AP004", "critical", "high"),
        (endpoint("action", "GET DELETE"), "AP004", "critical", "high"),
        (endpoint("action", "POST"), "AP004", "high", "high"),
        (endpoint("minimal", "PATCH"), "AP004", "high", "high"),
        (endpoint("action", "", "/api/things"), "AP004", "medium", "medium"),
        (endpoint("minimal", ""), "AP004", "medium", "medium"),
        (endpoint("action", "GET"), "AP001", "medium", "high"),
        (endpoint("action", "GET", api=False), "AP001", "low", "medium"),
        (endpoint("action", "", api=False), "AP001", "low", "medium"),
        (replace(endpoint("action", ""), required=(("controller", "Home"),)), "AP001", "low", "medium"),
        (replace(endpoint("action", "POST"), required=(("controller", "Home"),)), "AP004", "high", "high"),
        (replace(endpoint("fallback", "", "/{**path}", api=False), handler_site=MAIN), "AP001", "low", "medium"),
        (endpoint("page", "", "/Orders", api=False), "AP001", "low", "medium"),
        (endpoint("hub", "", "/chat"), "AP001", "medium", "high"),
        (endpoint("grpc", "POST", "/shop.Orders/Get"), "AP001", "medium", "high"),
        (endpoint("minimal", "GET"), "AP008", "medium", "high"),
        (endpoint("minimal", "HEAD GET"), "AP008", "medium", "high"),
        (endpoint("other", "POST", "/graphql"), "AP004", "high", "low"),
        (endpoint("other", "", "/{**proxy}"), "AP004", "medium", "low"),
        # Open by nature: by what the handler does, never by the route.
        (replace(endpoint("action", "POST", "/api/door"), nature=SIGN_IN), "AP004", "low", "medium"),
        (replace(endpoint("minimal", "POST", "/door"), nature=SIGN_IN), "AP004", "low", "medium"),
        (replace(endpoint("page", "", "/Door", api=False), nature=SIGN_IN), "AP001", "low", "low"),
        (replace(endpoint("action", "", "/wrong", api=True), nature=SIGN_IN), "AP004", "low", "low"),
        (endpoint("action", "POST", "/api/auth/login"), "AP004", "high", "high"),
        (endpoint("action", "DELETE", "/login/{id}/tokens"), "AP004", "critical", "high"),
        (endpoint("action", "POST", "/registered", handler="Shop.C.LoginAttempts"), "AP004", "high", "high"),
    ],
    ids=lambda value: f"{value.kind} {value.label}" if isinstance(value, Endpoint) else value,
)
def test_one_finding_with_this_grade(one: Endpoint, rule: str, severity: str, confidence: str) -> None:
    assert [(f.rule, f.severity, f.confidence) for f in found(one)] == [(rule, severity, confidence)]


@pytest.mark.parametrize("access", [access for access in Access if access is not Access.PUBLIC])
@pytest.mark.parametrize("methods", ["GET", "DELETE", ""])
def test_only_public_is_a_gap(access: Access, methods: str) -> None:
    assert found(endpoint("action", methods, access=access)) == ()
    assert found(endpoint("minimal", methods, access=access)) == ()


@pytest.mark.parametrize(
    "one",
    [
        endpoint("health", "", "/healthz"),
        endpoint("docs", "GET", "/openapi/v1.json"),
        endpoint("assets", "GET HEAD", "/site.css", api=False),
        endpoint("fallback", "GET HEAD", "/{*path:nonfile}", api=False),
        endpoint("other", "GET HEAD", "/index.html"),
        endpoint("other", "", "/", api=False),
    ],
    ids=lambda one: f"{one.kind} {one.label}",
)
def test_what_is_there_to_be_open_is_silent(one: Endpoint) -> None:
    assert found(one) == ()


def test_a_conventional_endpoint_is_called_by_its_own_route() -> None:
    required = (("controller", "Orders"), ("action", "Edit"), ("area", "Shop"))
    one = replace(endpoint("action", "POST", "/{area:exists}/{controller=Home}/{action=Index}/{id?}"), required=required)
    assert found(one)[0].endpoint == "POST /Shop/Orders/Edit/{id?}"


def test_the_message_says_what_is_missing() -> None:
    message = found(endpoint("action", "DELETE"))[0].message
    missing = "no [Authorize] on it or its controller, no fallback policy"
    assert message == f"`DELETE /api/things/{{id}}` can be called by anyone: {missing}"


def test_a_fallback_policy_that_does_not_help_is_not_denied() -> None:
    message = found(endpoint("minimal", "GET"), fallback="everyone")[0].message
    assert message == "`GET /api/things/{id}` can be called by anyone: no .RequireAuthorization() on it or its group"


def test_a_host_that_is_not_in_the_workspace_is_no_proof() -> None:
    finding = found(endpoint("action", "DELETE"), entry=None)[0]
    assert finding.confidence is Confidence.MEDIUM
    assert finding.message.endswith("no [Authorize] on it or its controller; the app that serves it is not in the workspace")


def test_fixes_of_a_hub_go_to_its_class_or_to_the_call() -> None:
    mapped = replace(endpoint("minimal", "", "/chat"), kind="hub", group_sites=())
    fixes = found(replace(mapped, handler_site=Site("A.cs", "Shop.Chat")))[0].fixes
    assert [fix.id for fix in fixes] == ["authorize-class", "allow-anonymous"]
    assert [fix.id for fix in found(mapped)[0].fixes] == ["require-authorization", "allow-anonymous"]


def test_a_policy_that_lets_everyone_through_is_named_and_offers_no_second_attribute() -> None:
    stance = Stance("authorize", "action", Site("A.cs", "Shop.C.Get()", "attribute:0"), '[Authorize("Everyone")]')
    finding = found(endpoint("action", "POST", stances=(stance,)))[0]
    assert finding.message == '`POST /api/things/{id}` can be called by anyone: `[Authorize("Everyone")]` lets everyone through'
    assert finding.fixes == ()


def test_the_trail_is_related() -> None:
    related = found(endpoint("action", "GET"))[0].related
    assert [(r.site, r.message) for r in related] == [(Site("A.cs", "C"), "C has no attribute")]


def test_fixes_of_an_action() -> None:
    finding = found(endpoint("action", "POST"), policies=("Staff", 'a"b\\c'))[0]
    assert [(f.id, f.preferred, f.safe) for f in finding.fixes] == [
        ("authorize-action", True, True),
        ("authorize-class", False, False),
        ("authorize-action-policy:Staff", False, False),
        ('authorize-action-policy:a"b\\c', False, False),
        ("allow-anonymous", False, False),
    ]
    texts = [step.text for fix in finding.fixes for step in fix.steps if isinstance(step, AddAttribute)]
    assert texts[2:4] == ['Authorize(Policy = "Staff")', 'Authorize(Policy = "a\\"b\\\\c")']
    assert [fix.title for fix in finding.fixes][:3] == [
        "Add [Authorize] to Get",
        "Add [Authorize] to C",
        'Add [Authorize(Policy = "Staff")] to Get',
    ]


def test_five_policies_are_offered_at_most() -> None:
    fixes = found(endpoint("action", "POST"), policies=tuple("abcdefgh"))[0].fixes
    assert sum("-policy:" in fix.id for fix in fixes) == 5


def test_an_inherited_action_is_closed_on_the_controller_that_inherits_it() -> None:
    finding = found(endpoint("action", "POST", handler="Shop.Base`1.Create", owner="Shop.C"))[0]
    assert [fix.id for fix in finding.fixes][:2] == ["authorize-class", "authorize-action"]
    assert finding.fixes[0].preferred


def test_fixes_of_a_minimal_endpoint() -> None:
    finding = found(endpoint("minimal", "DELETE"), policies=("Staff",))[0]
    assert [(f.id, f.preferred, f.safe) for f in finding.fixes] == [
        ("require-authorization", True, True),
        ("require-authorization-group", False, False),
        ("require-authorization-policy:Staff", False, False),
        ("allow-anonymous", False, False),
    ]
    steps = [step for fix in finding.fixes for step in fix.steps if isinstance(step, AppendCall)]
    assert [step.site.part for step in steps] == ["node:3", "node:1", "node:3", "node:3"]


def test_a_read_is_closed_by_a_person_only() -> None:
    assert not any(fix.safe for fix in found(endpoint("action", "GET"))[0].fixes)


def test_what_is_open_by_nature_is_said_so_first() -> None:
    finding = found(replace(endpoint("action", "POST", "/door"), nature=SIGN_IN))[0]
    assert [fix.id for fix in finding.fixes if fix.preferred] == ["allow-anonymous"]
    assert not any(fix.safe for fix in finding.fixes)
    why = "it signs callers in (`SignInManager.PasswordSignInAsync`)"
    assert finding.message.endswith(f"; {why}, so it may have to be open: then say so with [AllowAnonymous]")
