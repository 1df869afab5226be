"""The listing of a workspace: what is in it, what is left out, and that hostile trees only cost a line in the report."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routewarden.analysis import files
from routewarden.analysis.files import DiskFiles, FileListing, MemoryFiles


def write(root: Path, *paths: str, content: bytes = b"class A {}") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def reasons(listing: FileListing) -> dict[str, str]:
    return {item.path: item.reason for item in listing.skipped}


TREE = (
    "Shop.sln",
    "Shop.slnx",
    "Directory.Build.props",
    "src/Shop/Shop.csproj",
    "src/Shop/Program.cs",
    "src/Shop/Pages/Index.cshtml",
    "src/Shop/Pages/App.razor",
    "src/Shop/appsettings.Development.json",
    "src/Shop/bin/Debug/Gone.cs",
    "src/Shop/obj/Gone.cs",
    "src/Shop/Properties/Resources.Designer.cs",
    "src/Shop/Migrations/20240131120000_Init.cs",
    "src/Shop/Migrations/ShopDbContextModelSnapshot.cs",
    "src/Shop/Client.generated.cs",
    "src/Shop/wwwroot/node_modules/x/Gone.cs",
    "src/Shop/.vs/Gone.cs",
    "README.md",
)

EXPECTED = FileListing(
    sources=("src/Shop/Client.generated.cs", "src/Shop/Program.cs"),
    projects=("src/Shop/Shop.csproj",),
    solutions=("Shop.sln", "Shop.slnx"),
    build_files=("Directory.Build.props",),
    settings=("src/Shop/appsettings.Development.json",),
    razor=("src/Shop/Pages/App.razor", "src/Shop/Pages/Index.cshtml"),
    generated=(
        "src/Shop/Migrations/20240131120000_Init.cs",
        "src/Shop/Migrations/ShopDbContextModelSnapshot.cs",
        "src/Shop/Properties/Resources.Designer.cs",
    ),
)


def test_sorts_files_by_what_they_are(tmp_path: Path) -> None:
    write(tmp_path, *TREE)
    assert DiskFiles(tmp_path).list() == EXPECTED


def test_memory_lists_as_the_disk_does(tmp_path: Path) -> None:
    assert MemoryFiles(dict.fromkeys(TREE, b"")).list() == EXPECTED


def test_bin_and_obj_are_sources_where_no_project_builds_into_them(tmp_path: Path) -> None:
    write(tmp_path, "Shop/Shop.csproj", "Shop/Features/Bin/BinController.cs", "Shop/bin/Gone.cs")
    assert DiskFiles(tmp_path).list().sources == ("Shop/Features/Bin/BinController.cs",)


def test_exclude_globs_prune_like_gitignore_lines(tmp_path: Path) -> None:
    write(tmp_path, "src/A.cs", "tests/T.cs", "src/tests/U.cs", "src/B.Tests.cs")
    exclude = ("/tests/", "*.Tests.cs")
    assert DiskFiles(tmp_path, exclude).list().sources == ("src/A.cs", "src/tests/U.cs")
    names = {p.relative_to(tmp_path).as_posix(): b"" for p in tmp_path.rglob("*.cs")}
    assert MemoryFiles(names, exclude).list().sources == ("src/A.cs", "src/tests/U.cs")


def test_exclude_globs_may_come_from_above_the_root(tmp_path: Path) -> None:
    write(tmp_path, "src/A.cs", "src/old/B.cs")
    assert DiskFiles(tmp_path / "src", ("/src/old/",), exclude_above="src/").list().sources == ("A.cs",)
    assert DiskFiles(tmp_path / "src", ("/old/",), exclude_above="src/").list().sources == ("A.cs", "old/B.cs")


# --- .gitignore ------------------------------------------------------------------------------------------------------


def test_a_deeper_gitignore_overrules_a_shallower_one(tmp_path: Path) -> None:
    write(tmp_path, "a/Gen.cs", "a/b/Gen.cs", "a/b/Other.cs", "Gen.cs")
    (tmp_path / ".gitignore").write_text("Gen.cs\n")
    (tmp_path / "a/b/.gitignore").write_text("!Gen.cs\nOther.cs\n")
    assert DiskFiles(tmp_path).list().sources == ("a/b/Gen.cs",)


def test_nothing_comes_back_below_an_ignored_folder(tmp_path: Path) -> None:
    write(tmp_path, "out/Keep.cs")
    (tmp_path / ".gitignore").write_text("out/\n!out/Keep.cs\n")
    assert DiskFiles(tmp_path).list().sources == ()


def test_a_part_of_a_repository_obeys_the_files_above_it(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("/src/Shop/Local.cs\n*.tmp.cs\n")
    write(tmp_path, "src/Shop/Local.cs", "src/Shop/A.cs", "src/Shop/x.tmp.cs", "src/Shop/sub/Local.cs")
    assert DiskFiles(tmp_path / "src/Shop").list().sources == ("A.cs", "sub/Local.cs")


def test_an_ignored_folder_is_scanned_when_it_is_named(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("samples/\n")
    write(tmp_path, "samples/A.cs", "samples/deep/B.cs", "samples/C.x.cs")
    assert DiskFiles(tmp_path / "samples").list().sources == ("A.cs", "C.x.cs", "deep/B.cs")
    assert DiskFiles(tmp_path / "samples/deep").list().sources == ("B.cs",)
    assert DiskFiles(tmp_path).list().sources == ()
    (tmp_path / ".gitignore").write_text("samples/\n!samples/\n*.x.cs\n")
    assert DiskFiles(tmp_path / "samples").list().sources == ("A.cs", "deep/B.cs")


NAMES = st.sampled_from(["a", "b", "A.cs", "B.cs", "c.x.cs", "[d]"])
LINES = st.one_of(
    st.sampled_from(["a", "a/", "/a", "*.cs", "a/*", "**/b/", "a/**/F*", "F[AB].cs.cs", "\\[d]", "/b/*.cs", "*.x.*", "b/**"]),
    st.sampled_from(["!*.cs", "!FA.cs.cs", "!a/", "!b/**", "# x", ""]),
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: "/".join([*names[:-1], f"F{names[-1]}.cs"]))
TREES = st.sets(PATHS, min_size=1)
IGNORES = st.dictionaries(st.sampled_from(["", "a/", "b/", "a/b/"]), st.lists(LINES, max_size=4), max_size=3)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty repository that answers for any work tree."""
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", "--bare", folder], check=True)
    return folder


@settings(max_examples=100, deadline=None)
@given(tree=TREES, ignores=IGNORES)
def test_gitignore_means_what_git_means(
    repository: Path, tree: set[str], ignores: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("tree")
    write(root, *tree)
    for folder, lines in ignores.items():
        write(root, folder + ".gitignore", content="\n".join(lines).encode())
    command = ["git", f"--git-dir={repository}", f"--work-tree={root}", "-c", "core.excludesFile=/dev/null"]
    command += ["ls-files", "-z", "--others", "--exclude-standard"]
    seen = subprocess.run(command, check=True, capture_output=True, cwd=root)
    expected = tuple(sorted(name for name in seen.stdout.decode().split("\0") if name.endswith(".cs")))
    assert DiskFiles(root).list().sources == expected


def test_costly_and_malformed_patterns_are_said_and_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a" * 200 + "c.cs", "Kept.cs", "Gone.cs")
    (tmp_path / ".gitignore").write_text("*a*a*a*a*a*a*a*b\nGone.cs\n!\n")
    listing = DiskFiles(tmp_path).list()
    assert listing.sources == ("Kept.cs", "a" * 200 + "c.cs")
    assert {n.reason for n in listing.skipped} == {"pattern not applied: *a*a*a*a*a*a*a*b", "pattern not applied: !"}


# --- hostile trees ---------------------------------------------------------------------------------------------------


def test_links_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(tmp_path, "outside/Secret.cs", "root/a/A.cs")
    (root / "loop").symlink_to(root)
    (root / "a/up").symlink_to("..")
    (root / "twice").symlink_to(root / "a")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "Link.cs").symlink_to(tmp_path / "outside/Secret.cs")
    (root / "Self.cs").symlink_to(root / "Self.cs")
    (root / "Dangling.cs").symlink_to(root / "nowhere.cs")
    listing = DiskFiles(root).list()
    assert listing.sources == ("a/A.cs",)
    assert reasons(listing) == {
        "out": "symbolic link that leaves the workspace",
        "Link.cs": "symbolic link that leaves the workspace",
        "Self.cs": "symbolic link cannot be followed: Too many levels of symbolic links",
        "Dangling.cs": "symbolic link cannot be followed: No such file or directory",
    }


def test_a_root_that_is_a_link_is_followed(tmp_path: Path) -> None:
    write(tmp_path, "real/A.cs")
    (tmp_path / "link").symlink_to("real")
    disk = DiskFiles(tmp_path / "link")
    assert disk.list().sources == ("A.cs",)
    assert disk.read("A.cs") == b"class A {}"


@pytest.mark.parametrize("path", ["../outside/Secret.cs", "/etc/passwd", "out/Secret.cs", "a/../../outside/Secret.cs", "Link.cs"])
def test_nothing_outside_the_root_is_read(tmp_path: Path, path: str) -> None:
    write(tmp_path, "outside/Secret.cs", "root/a/A.cs")
    (tmp_path / "root/out").symlink_to(tmp_path / "outside")
    (tmp_path / "root/Link.cs").symlink_to(tmp_path / "outside/Secret.cs")
    with pytest.raises(PermissionError, match="outside the workspace"):
        DiskFiles(tmp_path / "root").read(path)


def test_a_pipe_named_like_a_source_blocks_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Pipe.cs")
    disk = DiskFiles(tmp_path)
    assert reasons(disk.list()) == {"Pipe.cs": "not a plain file"}
    with pytest.raises(OSError, match="not a plain file"):
        disk.read("Pipe.cs")


def test_large_files_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SIZE_LIMIT", 1024 * 1024)
    write(tmp_path, "Big.cs", content=b"x" * (1024 * 1024 + 1))
    write(tmp_path, "Fits.cs", content=b"x" * 1024 * 1024)
    disk = DiskFiles(tmp_path)
    assert disk.list().sources == ("Fits.cs",)
    assert reasons(disk.list()) == {"Big.cs": "larger than 1 MB"}
    assert len(disk.read("Fits.cs")) == 1024 * 1024
    with pytest.raises(OSError, match="larger than 1 MB"):
        disk.read("Big.cs")
    assert reasons(MemoryFiles({"Big.cs": b"x" * (1024 * 1024 + 1)}).list()) == {"Big.cs": "larger than 1 MB"}


def test_five_megabytes_are_not_too_large() -> None:
    assert files.SIZE_LIMIT > 5 * 1024 * 1024


def test_a_name_that_is_not_unicode_is_said(tmp_path: Path) -> None:
    write(tmp_path, "A.cs")
    (tmp_path / os.fsdecode(b"caf\xe9.cs")).write_bytes(b"")
    listing = DiskFiles(tmp_path).list()
    assert listing.sources == ("A.cs",)
    assert reasons(listing) == {"caf\\xe9.cs": "its name is not valid UTF-8"}


def test_a_folder_that_cannot_be_opened_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Permissions do not stop root, and the tests may run as root: the failure is made.
    write(tmp_path, "locked/A.cs", "B.cs")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("locked/"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    listing = DiskFiles(tmp_path).list()
    assert listing.sources == ("B.cs",)
    assert reasons(listing) == {"locked": "folder cannot be read: Permission denied"}


def test_a_root_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert reasons(DiskFiles(tmp_path / "nowhere").list()) == {".": "folder cannot be read: No such file or directory"}


def test_a_gitignore_that_is_a_folder_or_a_link_is_said(tmp_path: Path) -> None:
    write(tmp_path, "a/A.cs", "b/B.cs")
    (tmp_path / "a/.gitignore").mkdir()
    (tmp_path / "b/.gitignore").symlink_to("/dev/zero")
    listing = DiskFiles(tmp_path).list()
    assert listing.sources == ("a/A.cs", "b/B.cs")
    assert reasons(listing) == dict.fromkeys(("a/.gitignore", "b/.gitignore"), "cannot be read: not a plain file")


def test_a_deep_tree_is_walked_without_recursion(tmp_path: Path) -> None:
    deep = "d/" * 1500  # more than Python's recursion limit
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(1500):
            os.mkdir("d", dir_fd=descriptor)
            below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        os.close(os.open("A.cs", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
        assert DiskFiles(tmp_path).list().sources == (deep + "A.cs",)
    finally:
        os.close(descriptor)
        subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)  # shutil.rmtree recurses, and pytest calls it


def test_missing_files_raise_as_on_disk(tmp_path: Path) -> None:
    for fs in (DiskFiles(tmp_path), MemoryFiles({})):
        with pytest.raises(FileNotFoundError):
            fs.read("Nope.cs")
