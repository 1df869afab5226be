"""Fixes on code of any shape, also broken: never an exception, never a new syntax error, never a second effect."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.scenario import scenarios

from routewarden.analysis.finding import AddAttribute, AppendCall, FixPlan, FixStep, RemoveAttribute
from routewarden.analysis.fixes import render
from routewarden.facts.file import FileUnit, extract
from routewarden.facts.sites import Site
from routewarden.syntax.tree import parse
from routewarden.text.source import SourceText, apply_edits

PATH = "A.cs"
TEXTS = sorted({text for scenario in scenarios() for path, text in scenario.files.items() if path.endswith(".cs")})


def steps(unit: FileUnit) -> list[FixStep]:
    """Every step that a rule could ask for in a file."""
    declared = [type_.id for type_ in unit.facts.types] + [member.id for type_ in unit.facts.types for member in type_.members]
    bodies = [*declared, "<main>"]
    nodes = [Site(PATH, body, f"node:{number}") for body in bodies for number in range(12)]
    found: list[FixStep] = [AddAttribute(Site(PATH, name), "Authorize", "A.B") for name in declared]
    found += [AddAttribute(site, "Authorize", "A.B") for site in nodes]
    found += [AppendCall(site, "RequireAuthorization()", "A.C") for site in nodes]
    found += [RemoveAttribute(Site(PATH, name, f"attribute:{number}")) for name in declared for number in range(3)]
    return found


def applied(text: SourceText, step: FixStep) -> SourceText:
    edits = render(FixPlan("fix", "Fix", (step,)), {PATH: extract(parse(text))}.get, lambda *_: False)
    return apply_edits(text, edits.get(PATH, ()))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), text=st.sampled_from(TEXTS), newline=st.sampled_from(["\n", "\r\n", "\r"]), torn=st.booleans())
def test_any_step_on_any_code(data: st.DataObject, text: str, newline: str, torn: bool) -> None:
    if torn:
        start = data.draw(st.integers(0, len(text)))
        text = text[:start] + text[data.draw(st.integers(start, min(len(text), start + 40))) :]
    before = SourceText.from_str(text.replace("\n", newline))
    tree = parse(before)
    step = data.draw(st.sampled_from([*steps(extract(tree)), AddAttribute(Site(PATH, "Gone"), "Authorize", "A.B")]))
    after = applied(before, step)
    if not tree.errors:
        assert not parse(after).errors
    if isinstance(step, RemoveAttribute):
        assert len(after.data) <= len(before.data)
        return
    assert {newline} >= set(_line_ends(after))
    if not tree.errors:
        assert applied(after, step) == after
    # What was there is still there, in its order: only insertions, but for the parentheses of a lambda's parameter.
    rest = iter(after.data)
    assert all(byte in rest for byte in before.data)


def _line_ends(text: SourceText) -> list[str]:
    return [line[len(line.rstrip("\r\n")) :] for line in str(text).splitlines(keepends=True) if line[-1] in "\r\n"]
