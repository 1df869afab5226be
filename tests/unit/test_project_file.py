"""Project and solution files: each block is a project as people write it, and what a Release build would make of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routewarden.facts.msbuild_condition import expand, holds
from routewarden.facts.project_evaluation import ProjectFacts, read_project
from routewarden.facts.project_file import Import, Item, Property, parse_build_file
from routewarden.facts.project_membership import glob_matches, project_folders, project_of
from routewarden.facts.solution_file import parse_solution


def project(
    body: str,
    imported: dict[str, str] | None = None,
    *,
    sdk: str = "Microsoft.NET.Sdk.Web",
    path: str = "src/Shop/Shop.csproj",
) -> ProjectFacts:
    """The facts of a project with `body`; `imported`: the bodies of other files."""
    files = {path: f'<Project Sdk="{sdk}">{body}</Project>' if sdk else body}
    files |= {name: f"<Project>{text}</Project>" for name, text in (imported or {}).items()}

    def read(name: str) -> bytes:
        if name not in files:
            raise FileNotFoundError(2, "No such file or directory", name)
        return files[name].encode()

    return read_project(path, read)


def properties(text: str) -> str:
    return f"<PropertyGroup>{text}</PropertyGroup>"


def items(text: str) -> str:
    return f"<ItemGroup>{text}</ItemGroup>"


NET8 = properties("<TargetFramework>net8.0</TargetFramework>")


# --- what a project says ---------------------------------------------------------------------------------------------


def test_a_web_project() -> None:
    facts = project(
        properties(
            "<TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings>"
            "<RootNamespace>Acme.Shop</RootNamespace>"
        )
        + items(
            r'<ProjectReference Include="..\Core\Core.csproj" /><ProjectReference Include="../../lib/Lib.csproj" />'
            '<PackageReference Include="Dapper" Version="2.1.0" /><PackageReference Update="NotOurs" />'
        )
    )
    assert facts.sdk == "Microsoft.NET.Sdk.Web"
    assert facts.target_frameworks == ("net10.0",)
    assert facts.references == ("src/Core/Core.csproj", "lib/Lib.csproj")
    assert facts.packages == ("Dapper",)
    assert facts.frameworks == ("Microsoft.AspNetCore.App",)
    assert facts.is_web
    assert facts.output_type == "Exe"
    assert facts.implicit_usings
    assert facts.nullable
    assert facts.root_namespace == "Acme.Shop"
    assert facts.assembly_name == "Shop"
    assert facts.default_compile
    assert facts.inputs == ("src/Shop/Shop.csproj",)
    assert facts.error == ""


def test_a_library_with_the_shared_framework_is_web() -> None:
    facts = project(NET8 + items('<FrameworkReference Include="Microsoft.AspNetCore.App" />'), sdk="Microsoft.NET.Sdk")
    assert facts.is_web
    assert facts.output_type == "Library"


def test_symbols_are_those_of_a_release_build() -> None:
    facts = project(NET8 + properties("<DefineConstants>$(DefineConstants);OSS</DefineConstants>"))
    assert {"OSS", "TRACE", "RELEASE", "NET", "NET8_0", "NET5_0_OR_GREATER", "NET8_0_OR_GREATER", "NETCOREAPP"} <= facts.symbols
    assert "NETCOREAPP3_1_OR_GREATER" in facts.symbols
    assert not facts.symbols & {"DEBUG", "NET9_0_OR_GREATER", "NET9_0", ""}


def test_of_several_frameworks_the_newest_counts() -> None:
    facts = project(
        properties(
            "<TargetFrameworks>net8.0;netstandard2.0;net10.0;net9.0;net10.0-android</TargetFrameworks>"
            """<DefineConstants Condition="'$(TargetFramework)' == 'net10.0'">TEN</DefineConstants>"""
            """<DefineConstants Condition="'$(TargetFramework)' == 'net8.0'">EIGHT</DefineConstants>"""
        )
    )
    assert "TEN" in facts.symbols
    assert "NET10_0" in facts.symbols
    assert "EIGHT" not in facts.symbols


def test_usings_with_alias_static_and_remove() -> None:
    facts = project(
        items(
            '<Using Include="System.Console" Static="true" /><Using Include="Acme.Text" Alias="T" /><Using Include="A;B" />'
            '<Using Remove="System.Net.Http" /><Using Remove="B" />'
        )
    )
    assert [(u.target.name, u.alias, u.is_static, u.is_global) for u in facts.usings] == [
        ("A", None, False, True),
        ("Acme.Text", "T", False, True),
        ("System.Console", None, True, True),
    ]
    assert facts.usings_removed == ("System.Net.Http", "B")


def test_the_old_style_compiles_what_it_lists() -> None:
    facts = project(
        '<Project xmlns="http://schemas.microsoft.com/developer/msbuild/2003"><ItemGroup>'
        r'<Compile Include="Controllers\HomeController.cs" /><Compile Include="..\Shared\*.cs" /></ItemGroup></Project>',
        sdk="",
    )
    assert facts.sdk == ""
    assert not facts.default_compile
    assert facts.compiles("src/Shop/Controllers/HomeController.cs")
    assert facts.compiles("src/Shared/A.cs")
    assert not facts.compiles("src/Shop/Old.cs")
    assert "RELEASE" not in facts.symbols


def test_what_is_removed_is_not_compiled() -> None:
    facts = project(items(r'<Compile Remove="Legacy\**;**/*.draft.cs" /><Compile Include="..\Shared\A.cs" />'))
    assert facts.compiles("src/Shop/Program.cs")
    assert facts.compiles("src/Shared/A.cs")
    assert not facts.compiles("src/Shop/Legacy/x/A.cs")
    assert not facts.compiles("src/Shop/x/A.draft.cs")
    assert not facts.compiles("src/Other/A.cs")


# --- imports ---------------------------------------------------------------------------------------------------------


def test_the_nearest_directory_build_props_counts_alone() -> None:
    facts = project(
        NET8,
        {
            "Directory.Build.props": properties("<Nullable>enable</Nullable><DefineConstants>ROOT</DefineConstants>"),
            "src/Directory.Build.props": properties("<DefineConstants>SRC</DefineConstants>"),
        },
    )
    assert "SRC" in facts.symbols
    assert "ROOT" not in facts.symbols
    assert not facts.nullable
    assert facts.inputs == ("src/Shop/Shop.csproj", "src/Directory.Build.props")


@pytest.mark.parametrize(
    "path",
    [
        "$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '$(MSBuildThisFileDirectory)../'))",
        "$([MSBuild]::GetPathOfFileAbove(Directory.Build.props, $(MSBuildThisFileDirectory)..))",
        r"..\Directory.Build.props",
        "$(MSBuildThisFileDirectory)../Directory.Build.props",
    ],
)
def test_it_may_import_the_one_above(path: str) -> None:
    facts = project(
        NET8,
        {
            "Directory.Build.props": properties("<DefineConstants>ROOT</DefineConstants>"),
            "src/Directory.Build.props": f'<Import Project="{path}" />'
            + properties("<DefineConstants>$(DefineConstants);SRC</DefineConstants>"),
        },
    )
    assert {"ROOT", "SRC", "TRACE"} <= facts.symbols


def test_the_project_overrules_the_props_and_the_targets_overrule_it() -> None:
    facts = project(
        NET8 + properties("<RootNamespace>Project</RootNamespace><AssemblyName>Project</AssemblyName>"),
        {
            "Directory.Build.props": properties("<RootNamespace>Props</RootNamespace>"),
            "Directory.Build.targets": properties("<AssemblyName>$(AssemblyName).Targets</AssemblyName>"),
        },
    )
    assert (facts.root_namespace, facts.assembly_name) == ("Project", "Project.Targets")


def test_items_of_an_import_are_relative_to_the_project() -> None:
    facts = project(
        r'<Import Project="..\..\build\common.props" />',
        {"build/common.props": items(r'<ProjectReference Include="..\Core\Core.csproj" />')},
    )
    assert facts.references == ("src/Core/Core.csproj",)


def test_imports_in_a_circle_end() -> None:
    facts = project(
        '<Import Project="a.props" />' + properties("<Nullable>enable</Nullable>"),
        {"a.props": '<Import Project="b.props" />', "b.props": '<Import Project="a.props" /><Import Project="Shop.csproj" />'},
        path="Shop.csproj",
    )
    assert facts.nullable
    assert facts.inputs == ("Shop.csproj", "a.props", "b.props")


def test_nothing_above_the_root_is_asked_for_but_the_build_files_of_folders_above() -> None:
    asked: list[str] = []

    def read(name: str) -> bytes:
        asked.append(name)
        if name == "Shop.csproj":
            return rb'<Project Sdk="X"><Import Project="..\..\etc\a.props" /><Import Project="/etc/a.props" /></Project>'
        raise FileNotFoundError(2, "No such file or directory", name)

    read_project("Shop.csproj", read)
    above = {name for name in asked if name.startswith("..")}
    assert "../Directory.Build.props" in above
    assert {name.removeprefix("../" * name.count("../")) for name in above} == {"Directory.Build.props", "Directory.Build.targets"}


# --- conditions ------------------------------------------------------------------------------------------------------

SET = {"configuration": "Release", "platform": "AnyCPU", "tf": "net8.0", "yes": "true", "constants": "A;OSS"}


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("'$(Configuration)' == 'Release'", True),
        (" '$(Configuration)'=='release' ", True),
        ("'$(Configuration)|$(Platform)'=='Debug|AnyCPU'", False),
        ("$(Configuration) != 'Debug'", True),
        ("'$(Unset)' == ''", True),
        ("'$(A)' == '' and ('$(B)' == 'x' or '$(Configuration)' == 'Release')", True),
        ("'$(A)' == '' AND '$(B)' == 'x' OR '$(Yes)'", True),
        ("!('$(tf)' == 'net8.0')", False),
        ("!$(Constants.Contains('OSS'))", False),
        ("$(Constants.EndsWith('OSS')) and '$(Yes)' == 'true'", True),
        ("$(Yes)", True),
        ("$(Unset)", False),
        ("'1.0' < '2'", True),
        ("Exists('x.props')", None),
        ("Exists('x.props') and '$(Configuration)' == 'Debug'", False),
        ("Exists('x.props') or '$(Yes)' == 'true'", True),
        ("$([MSBuild]::IsOSPlatform('windows'))", None),
        ("$([MSBuild]::GetTargetPlatformIdentifier('$(TF)')) == 'ios'", None),
        ("'@(Compile)' != ''", None),
        ("'unclosed", None),
        ("('$(A)' == ''", None),
        ("== 'x'", None),
        ("'$(A)' == '' nonsense", None),
        ("", None),
        ("android == 'android'", True),
        ("'$([System.String]::Copy('a'))' == 'a'", None),
    ],
)
def test_conditions(condition: str, value: bool | None) -> None:
    assert holds(condition, SET) is value


@given(st.text(alphabet="()!'$<>=@%. aondrtuefls[]:0"))
def test_any_condition_has_an_answer(condition: str) -> None:
    assert holds(condition, SET) in (True, False, None)


def test_hostile_nesting_ends() -> None:
    assert holds("(" * 100_000, {}) is None
    assert holds("!" * 100_000 + "true", {}) is None
    assert expand("$(" * 100_000, {}) == "$(" * 100_000


def test_a_property_that_doubles_itself_stops() -> None:
    facts = project(properties("<A>xxxxxxxxxx</A>" + "<A>$(A)$(A)</A>" * 64 + "<RootNamespace>$(A)</RootNamespace>"))
    assert 10 < len(facts.root_namespace) <= 64 * 1024


def test_an_unknown_condition_keeps_a_property_and_lets_an_item_in() -> None:
    facts = project(
        properties("<RootNamespace>Kept</RootNamespace><RootNamespace Condition=\"Exists('x')\">Lost</RootNamespace>")
        + items("<ProjectReference Include=\"../Core/Core.csproj\" Condition=\"Exists('x')\" />")
        + items("<ProjectReference Include=\"../Debug/Debug.csproj\" Condition=\"'$(Configuration)' == 'Debug'\" />")
    )
    assert facts.root_namespace == "Kept"
    assert facts.references == ("src/Core/Core.csproj",)


def test_choose_takes_the_first_branch_that_holds() -> None:
    def constant(name: str) -> str:
        return properties(f"<DefineConstants>{name}</DefineConstants>")

    choose = (
        f"<Choose><When Condition=\"'$(X)' == 'a'\">{constant('A')}</When>"
        f"<When Condition=\"'$(X)' == 'b'\">{constant('B')}</When>"
        f"<Otherwise>{constant('C')}</Otherwise></Choose>"
    )
    for value, expected in (("a", "A"), ("b", "B"), ("c", "C")):
        assert project(properties(f"<X>{value}</X>") + choose).symbols & {"A", "B", "C"} == {expected}


# --- files that are no project ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "malformed XML: no element found: line 1, column 0"),
        (b"<Project><PropertyGroup></Project>", "malformed XML: mismatched tag: line 1, column 26"),
        (b"\x00\x01", "malformed XML: not well-formed (invalid token): line 1, column 0"),
        (b"<Solution />", "not an MSBuild file: its root element is <Solution>"),
        (b'<!DOCTYPE p [<!ENTITY a "aa">]><Project>&a;</Project>', "refused XML: it declares entities or refers to other files"),
        (b'<?xml version="1.0" encoding="klingon"?><Project />', "unreadable XML: unknown encoding: klingon"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(data: bytes, error: str) -> None:
    assert parse_build_file("a.csproj", data).error == error
    facts = read_project("a.csproj", lambda _: data)
    assert (facts.error, facts.references, facts.symbols) == (error, (), frozenset())


def test_a_file_that_cannot_be_read_is_said() -> None:
    def read(_: str) -> bytes:
        raise PermissionError(13, "Permission denied")

    assert read_project("a.csproj", read).error == "cannot be read: Permission denied"


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(data: bytes) -> None:
    assert parse_build_file("a.csproj", data).error


def test_byte_order_marks_and_utf_16() -> None:
    text = '<Project Sdk="X"><PropertyGroup><A>é</A></PropertyGroup></Project>'
    for data in (b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16")):
        assert parse_build_file("a.csproj", data).statements == (Property("A", "é"),)


def test_deep_xml_is_no_recursion() -> None:
    deep = b"<Project>" + b"<Choose><When Condition=\"'a' == 'a'\">" * 5000 + b"</When></Choose>" * 5000 + b"</Project>"
    assert parse_build_file("a.csproj", deep).error == ""
    assert parse_build_file("a.csproj", b"<Project>" + b"<x>" * 200_000 + b"</x>" * 200_000 + b"</Project>").statements == ()


def test_statements_keep_their_order_and_conditions() -> None:
    data = b"""<Project><Sdk Name="Extra/1.0"/><!-- a comment --><?pi x?>
      <PropertyGroup Condition="1"><A Condition="2">x</A></PropertyGroup>
      <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" Condition="3" />
      <Target Name="T"><PropertyGroup><B>never</B></PropertyGroup></Target>
      <ItemGroup><Using Include="N"><Alias>Q</Alias></Using></ItemGroup></Project>"""
    file = parse_build_file("a.csproj", data)
    assert file.sdk == "Extra;Microsoft.NET.Sdk"
    assert file.statements == (
        Property("A", "x", ("1", "2")),
        Import("Sdk.props", "Microsoft.NET.Sdk", ("3",)),
        Item("Using", include="N", metadata=(("Alias", "Q"),)),
    )


# --- membership ------------------------------------------------------------------------------------------------------


def test_the_nearest_folder_with_a_project_owns_a_file() -> None:
    folders = project_folders(["Root.csproj", "src/Api/Api.csproj", "src/Api/Inner/Inner.csproj", "b/Z.csproj", "b/A.csproj"])
    assert project_of("src/Api/Controllers/A.cs", folders) == "src/Api/Api.csproj"
    assert project_of("src/Api/Inner/A.cs", folders) == "src/Api/Inner/Inner.csproj"
    assert project_of("src/ApiOther/A.cs", folders) == "Root.csproj"
    assert project_of("A.cs", folders) == "Root.csproj"
    assert project_of("b/A.cs", folders) == "b/A.csproj"
    assert project_of("A.cs", project_folders(["x/X.csproj"])) is None


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("src/**", "src/a/b.cs", True),
        ("src/**", "src/a.cs", True),
        ("src/**/*.cs", "src/a.cs", True),
        ("src/**/*.cs", "src/a/b/c.cs", True),
        ("src/*.cs", "src/a/b.cs", False),
        ("src/?.cs", "src/a.cs", True),
        ("src/?.cs", "src/ab.cs", False),
        ("src/a.cs", "SRC/A.cs", True),
        ("src/[a].cs", "src/[a].cs", True),
        ("src/[a].cs", "src/a.cs", False),
        ("**/bin/**", "bin/a.cs", True),
        ("**/**/**/**", "a/b", True),
    ],
)
def test_globs(glob: str, path: str, matches: bool) -> None:
    assert glob_matches(glob, path) is matches


def test_a_costly_glob_is_quick() -> None:
    assert not glob_matches("/".join(["**", "*a*a*a*a*a*a*a*b"] * 20), "/".join(["a" * 200] * 100))


# --- solutions -------------------------------------------------------------------------------------------------------


def test_sln() -> None:
    text = (
        "\ufeffMicrosoft Visual Studio Solution File, Format Version 12.00\r\n"
        'Project("{9A19103F}") = "Shop", "src\\Shop\\Shop.csproj", "{1}"\r\nEndProject\r\n'
        'Project("{2150E333}") = "folder", "folder", "{2}"\r\nEndProject\r\n'
        'Project("{F2A71F9B}") = "F", "src\\F\\F.fsproj", "{3}"\r\nEndProject\r\n'
        '\tProject("{9A19103F}") = "Up", "..\\Up\\Up.csproj", "{4}"\r\nEndProject\r\n'
    )
    for data in (text.encode(), text.encode("utf-16-le")):
        assert parse_solution("all/Shop.sln", data).projects == ("Up/Up.csproj", "all/src/Shop/Shop.csproj")


def test_slnx() -> None:
    data = b'<Solution><Folder Name="/f/"><Project Path="src/Shop/Shop.csproj" /></Folder><Project Path="a.vcxproj" /></Solution>'
    assert parse_solution("Shop.slnx", data).projects == ("src/Shop/Shop.csproj",)
    assert parse_solution("Shop.slnx", b"<").error == "malformed XML: unclosed token: line 1, column 0"
