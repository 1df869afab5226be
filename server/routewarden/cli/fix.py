"""`routewarden fix`: apply fixes to the files of a folder.

Invariant: only what `--dry-run` shows is written; a file is replaced in one step, with its byte order mark, its encoding and its mode; one
that changed on disk meanwhile is left alone and said.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from routewarden.cli.exit_codes import FINDINGS, OK
from routewarden.cli.options import BadInput, path_argument
from routewarden.cli.output import report_stream
from routewarden.cli.workspace import folder_of, open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routewarden.analysis.finding import Finding, FixPlan
    from routewarden.analysis.project import Project
    from routewarden.text.source import SourceText

ROUNDS = 20  # fixes that get in each other's way take one round each


@click.command()
@path_argument
@click.option("--dry-run", is_flag=True, help="Show the changes as a diff and write nothing; exit with 1 if there are any.")
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Only findings of this rule.")
@click.option(
    "--preferred", is_flag=True, help="Also apply the fix that is the obvious choice where none is safe to apply unseen. Review what it changes."
)
def fix(path: Path, dry_run: bool, rules: tuple[str, ...], preferred: bool) -> int:
    """Apply fixes to the code in PATH.

    By default only those that are safe to apply unseen: they ask more of callers, never less. Waived findings are left alone.

    Exit codes: 0 done, 1 --dry-run would change something, 2 bad usage or configuration.
    """
    from routewarden.report.printable import printable

    wanted = _wanted(rules)
    root = folder_of(path)
    project, _ = open_workspace(path)
    before: dict[str, SourceText] = {}
    fixed = _fixed(project, wanted, before, preferred=preferred)
    changed = {name: text for name in sorted(before) if (text := project.text(name)) is not None and text.data != before[name].data}
    with report_stream() as stream:
        for name, text in changed.items():
            if dry_run:
                stream.writelines(_diff(name, before[name], text))
            elif _write(project, root, name, before[name], text):
                stream.write(f"fixed {printable(name)}\n")
    click.echo(f"{fixed} fix{'' if fixed == 1 else 'es'} in {len(changed)} file{'' if len(changed) == 1 else 's'}", err=True)
    return FINDINGS if dry_run and changed else OK


def _wanted(rules: tuple[str, ...]) -> frozenset[str]:
    from routewarden.analysis.registry import rule_by_id

    found = []
    for name in rules:
        rule = rule_by_id(name)
        if rule is None:
            raise BadInput(f"unknown rule {name!r}; `routewarden rules` lists them")
        found.append(rule.id)
    return frozenset(found)


def _fixed(project: Project, wanted: frozenset[str], before: dict[str, SourceText], *, preferred: bool) -> int:
    """Apply fixes to the texts in memory, round after round; how many there were."""
    from routewarden.analysis.fix_all import merged, preferred_plan, safe_plan
    from routewarden.text.source import apply_edits

    choose = preferred_plan if preferred else safe_plan
    fixed = 0
    for _ in range(ROUNDS):
        plans = _plans(project, wanted, choose)
        edits = merged(project.edits(plan) for plan in plans)
        if not edits:
            break
        open_before = sum(len(found) for found in project.findings().values())
        for name, of_file in edits.items():
            text = project.text(name)
            if text is not None:
                before.setdefault(name, text)
                project.open(name, apply_edits(text, of_file))
        project.settle()
        fixed += max(0, open_before - sum(len(found) for found in project.findings().values()))
    return fixed


def _plans(project: Project, wanted: frozenset[str], choose: object) -> list[FixPlan]:
    findings: Iterator[Finding] = (finding for found in project.findings().values() for finding in found)
    chosen = [
        plan
        for finding in findings
        if finding.waived is None and (not wanted or finding.rule in wanted) and callable(choose) and (plan := choose(finding)) is not None
    ]
    return list(dict.fromkeys(chosen))


def _diff(name: str, before: SourceText, after: SourceText) -> Iterator[str]:
    from routewarden.report.printable import printable

    old, new = str(before).splitlines(), str(after).splitlines()
    for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm=""):
        yield f"{printable(line)}\n"


def _write(project: Project, root: Path, name: str, before: SourceText, after: SourceText) -> bool:
    """Replace the file, unless it is no longer what was analysed."""
    from routewarden.report.printable import printable
    from routewarden.text.source import SourceText

    target = root / name
    try:
        raw = target.read_bytes()
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            click.echo(f"{printable(name)} is UTF-16 and is left as it is", err=True)
            return False
        if SourceText.from_bytes(raw).data != before.data:
            click.echo(f"{printable(name)} changed meanwhile and is left as it is", err=True)
            return False
        data = after.data if before.encoding == "utf-8" else str(after).encode(before.encoding)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write((b"\xef\xbb\xbf" if before.had_bom else b"") + data)
            Path(temporary).chmod(target.stat().st_mode)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except (OSError, UnicodeEncodeError) as error:
        raise BadInput(f"cannot write {printable(name)}: {getattr(error, 'strerror', None) or error}") from error
    return True
