"""Rules that read files: what they know after edits is what a fresh start knows, and a key costs them nothing."""

from __future__ import annotations

import random

import pytest

from routewarden.analysis.project import Project
from routewarden.facts import literals
from routewarden.facts.file import extract
from routewarden.facts.literals import HOLE, Reference
from routewarden.facts.sites import Site
from routewarden.syntax.tree import parse
from routewarden.text.source import SourceText

PROJECT = '<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>'
KEYS = 'namespace Shop;\n\npublic static class Defaults\n{\n    public const string Material = "Zx81kq0Pw7Lm4Tt9Rb2Yc6Vn3Hs5Jd8G";\n}\n'
PROGRAM = """\
using System.Text;
using Microsoft.IdentityModel.Tokens;

var builder = WebApplication.CreateBuilder(args);
var key = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(Shop.Defaults.Material));
builder.Build().Run();
"""
SETTINGS = '{\n  "ConnectionStrings": { "Shop": "Server=sql.contoso.com;User Id=shop;Password=k8vPz2mQx5LrT" },\n  "Jwt": { "Key": "" }\n}\n'
FILES = {"Shop.csproj": PROJECT, "Defaults.cs": KEYS, "Program.cs": PROGRAM, "appsettings.json": SETTINGS, "Other.cs": "class Other { }\n"}


def secrets(project: Project) -> list[tuple[str, str]]:
    return sorted((f.site.path, f.message.split("`")[1]) for found in project.findings().values() for f in found if f.rule == "AP201")


def fresh(project: Project) -> Project:
    texts = {path: project.text(path) for path in FILES}
    return Project.in_memory({path: text.data for path, text in texts.items() if text is not None})


def replace(project: Project, path: str, old: str, new: str) -> None:
    text = project.text(path)
    assert text is not None
    at = text.data.index(old.encode())
    project.edit(path, at, at + len(old.encode()), new.encode())


def opened() -> Project:
    project = Project.in_memory(FILES)
    assert secrets(project) == [("Defaults.cs", "Defaults.Material"), ("appsettings.json", "ConnectionStrings:Shop")]
    for path in FILES:
        if path.endswith((".cs", ".json")):
            text = project.text(path)
            assert text is not None
            project.open(path, text)
    return project


def test_a_key_reads_nothing_and_a_pause_reads_the_edited_file(monkeypatch: pytest.MonkeyPatch) -> None:
    project = opened()
    project.settle()
    read: list[object] = []
    texts = literals.texts
    monkeypatch.setattr(literals, "texts", lambda unit: read.append(unit) or texts(unit))
    for key in 'string password = "Hq7-wRt2-Zk9";':
        text = project.text("Other.cs")
        assert text is not None
        at = text.data.rindex(b" }")
        project.edit("Other.cs", at, at, key.encode())
        project.findings()
    assert read == []
    project.settle()
    assert len(read) == 1
    assert ("Other.cs", "Other.password") in secrets(project)


def test_a_constant_counts_while_somebody_uses_it_as_a_key() -> None:
    project = opened()
    replace(project, "Program.cs", "Shop.Defaults.Material", "args[0]")
    project.settle()
    assert secrets(project) == [("appsettings.json", "ConnectionStrings:Shop")] == secrets(fresh(project))
    replace(project, "Program.cs", "args[0]", "Shop.Defaults.Material")
    project.settle()
    assert ("Defaults.cs", "Defaults.Material") in secrets(project)


def test_a_setting_that_is_emptied_is_no_finding_any_more() -> None:
    project = opened()
    replace(project, "appsettings.json", "Password=k8vPz2mQx5LrT", "")
    project.settle()
    assert secrets(project) == [("Defaults.cs", "Defaults.Material")] == secrets(fresh(project))


@pytest.mark.parametrize("seed", range(6))
def test_edits_in_any_order_equal_a_fresh_start(seed: int) -> None:
    swaps = [
        ("Program.cs", "Shop.Defaults.Material", "builder.Configuration[\"Jwt:Key\"]"),
        ("Defaults.cs", "Material", "Other"),
        ("Defaults.cs", "Zx81kq0Pw7Lm4Tt9Rb2Yc6Vn3Hs5Jd8G", "your-key"),
        ("appsettings.json", '"Key": ""', '"Key": "Zx81kq0Pw7Lm4Tt9Rb2Yc6Vn3Hs5Jd8G"'),
        ("appsettings.json", "{ \"Shop\"", "{, \"Shop\""),
        ("Other.cs", "class Other { }", 'class Other { const string S = "Zx81kq0Pw7Lm4Tt9Rb2Yc6Vn3Hs5Jd8G"; }'),
        ("Other.cs", "class Other", "class Defaults"),
    ]
    rng = random.Random(seed)
    project = opened()
    for _ in range(12):
        path, one, other = rng.choice(swaps)
        text = project.text(path)
        assert text is not None
        if one.encode() in text.data or other.encode() in text.data:
            replace(project, path, *((one, other) if one.encode() in text.data else (other, one)))
        project.settle()
        assert secrets(project) == secrets(fresh(project))


def test_places_of_literals() -> None:
    code = """\
using System.Text;
class A
{
    const string X = "a" + B + "b", Y = $"p{X}q";
    static readonly byte[] K = [0x01, 2, 0xFF];
    string P => "w";
    void M(IConfiguration c, string p = "d")
    {
        var s = c.GetSection("Jwt");
        var t = new T(Encoding.UTF8.GetBytes(s["Key"] ?? ""), name: "n") { Q = "i", ["k"] = "v" };
        if (c["h"] != "lit") { }
        x.Y.Call(X, c.GetConnectionString("Db"));
        var d = new D { { "key", "value" } };
    }
}
"""
    unit = extract(parse(SourceText.from_str(code)))
    found = literals.texts(unit)
    shown = {(t.value.replace(HOLE, "|"), t.place.kind, t.place.name, t.place.callee) for t in found}
    assert shown >= {
        ("a|b", "field", "X", "string"), ("p|q", "field", "Y", "string"), ("0102ff", "field", "K", "byte"), ("w", "returned", "P", ""),
        ("d", "parameter", "p", ""), ("n", "argument", "name", "T"), ("i", "assigned", "Q", "T"), ("v", "element", "k", "T"),
        ("lit", "compared", "c", ""), ("value", "element", "key", "D"),
    }  # fmt: skip
    assert {f.source for f in literals.flows(unit, frozenset({"T", "Call"}))} == {
        Reference("setting", "Jwt:Key"), Reference("member", "X"), Reference("setting", "ConnectionStrings:Db"),
    }  # fmt: skip
    for text in found:
        span = unit.locate(Site("", text.declaration, f"literal:{text.number}"))
        assert span is not None
        assert code.encode()[span.start : span.start + 1] in b'"$['
