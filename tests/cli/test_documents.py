"""What README, CONTRIBUTING and the other documents claim, held against the product."""

from __future__ import annotations

import re
import textwrap
import tomllib
from pathlib import Path

import pytest

from routewarden.analysis.config import parse_config
from routewarden.analysis.project import Project
from routewarden.analysis.registry import load_rules
from routewarden.analysis.rule import Rule
from routewarden.analysis.runner import run as run_rules
from routewarden.cli.commands import routewarden
from routewarden.cli.main import run
from routewarden.text.source import apply_edits

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
DOCUMENTS = sorted(ROOT.glob("*.md"))
WEB_PROJECT = b"""<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup>
<TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup></Project>"""
HOST = b"""var builder = WebApplication.CreateBuilder(args);
builder.Services.AddControllers();
var app = builder.Build();
app.MapControllers();
app.Run();
"""


def blocks(document: str, info: str) -> list[str]:
    """The fenced blocks of a document with exactly this info string, also those inside other blocks and lists."""
    found = re.findall(rf"^( *)```{re.escape(info)}\n(.*?)^\1```", document, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(text) for _, text in found]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text("utf-8"))
    named = re.findall(r"`([\w.-]+/[\w./-]+)`", document.read_text("utf-8"))
    elsewhere = ("path", "textDocument", ".tools", ".venv")
    targets += [name for name in named if name.split("/")[0] not in elsewhere and "ap009_debug_route" not in name]
    folders = (ROOT, ROOT / "server/routewarden")
    assert [target for target in targets if not any((folder / target).exists() for folder in folders)] == []


def test_the_report_in_the_readme_is_what_the_sample_gives(capsys: pytest.CaptureFixture[str]) -> None:
    run(["scan", str(ROOT / "examples/sample-workspace")])
    report = capsys.readouterr().out
    [shown] = [block for block in blocks(README, "console") if "── src" in block]
    for piece in shown.partition("path/to/repository\n")[2].split("...\n"):
        assert piece in report


def test_the_readme_names_every_command() -> None:
    named = set(re.findall(r"routewarden (\w+)", README))
    assert set(routewarden.commands) <= named


def test_the_configuration_in_the_readme_is_accepted() -> None:
    [text] = blocks(README, "toml")
    assert parse_config(Path("routewarden.toml"), text.encode(), {rule.id: rule.settings for rule in load_rules()})[1] == ()


def test_every_dependency_is_justified() -> None:
    manifest = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    names = [re.split(r"[<>=~]", line)[0] for line in manifest["project"]["dependencies"]]
    groups = [entry for group in manifest["dependency-groups"].values() for entry in group if isinstance(entry, str)]
    names += [name for line in groups if not (name := re.split(r"[<>=~]", line)[0]).startswith("types-")]
    section = CONTRIBUTING.partition("## Dependencies")[2].lower()
    assert [name for name in names if name not in section] == []


def test_the_rule_of_the_walkthrough_works() -> None:
    """The rule, its finding and its fix, from the blocks of CONTRIBUTING.md."""
    [source] = blocks(CONTRIBUTING, "python")
    namespace: dict[str, object] = {"__name__": "routewarden_rules.ap009_debug_route.rule"}
    exec(compile(source, "CONTRIBUTING.md", "exec"), namespace)  # noqa: S102  (our own document)
    rule = namespace["RULE"]
    assert isinstance(rule, Rule)
    [controller] = blocks(CONTRIBUTING, "csharp bad file=ToolsController.cs")
    project = Project.in_memory({"A.csproj": WEB_PROJECT, "Program.cs": HOST, "ToolsController.cs": controller})
    [finding] = run_rules(project.register, [rule])
    assert f"{finding.rule} 💡 {finding.message}\n" in CONTRIBUTING
    [(path, edits)] = project.edits(finding.fixes[0]).items()
    text = project.text(path)
    assert text is not None
    fixed = Project.in_memory({"A.csproj": WEB_PROJECT, "Program.cs": HOST, path: apply_edits(text, edits).data})
    assert "[Authorize]" in str(fixed.text(path))
    assert run_rules(fixed.register, [rule]) == ()


def test_what_ci_runs_is_what_the_readme_says() -> None:
    assert "python3 dev.py test" in README
    assert "python3 dev.py test" in (ROOT / ".ci/run").read_text("utf-8")
    assert ".ci/run" in (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
