"""What rules that read files know of each file, kept until the file changes.

Invariant: a result is a pure function of one file, so after `refresh` the findings are those of a fresh start. Nothing is read when a file
changes, only noted: reading happens in `refresh`, which is called where nobody waits for a key. Results hold no text of a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from routewarden.analysis import setting_lookups
from routewarden.analysis.files import not_readable
from routewarden.analysis.finding import Finding
from routewarden.analysis.hosts import is_test
from routewarden.analysis.rule import FileCheck, Rule, SettingsFile
from routewarden.analysis.sources import Sources, is_data
from routewarden.facts import literals
from routewarden.facts.declarations import FileFacts
from routewarden.facts.file import FileUnit
from routewarden.facts.literals import Flow, Text
from routewarden.facts.sites import Site
from routewarden.facts.syntax_ir import Stmt
from routewarden.model.register import Register, Weakness

AskWeaknesses = Callable[[Sequence[str], Iterable[str]], tuple[Weakness, ...]]


@dataclass(frozen=True, slots=True)
class _Code:
    """A `CodeFile`."""

    path: str
    unit: FileUnit

    @property
    def facts(self) -> FileFacts:
        return self.unit.facts

    def body(self, body_id: str) -> tuple[Stmt, ...] | None:
        return self.unit.body(body_id)

    def texts(self) -> tuple[Text, ...]:
        return literals.texts(self.unit)

    def conditions(self, text: Text) -> tuple[str, ...]:
        return literals.conditions_at(self.unit, text.declaration, text.number)

    def can_look_up(self, text: Text) -> bool:
        return setting_lookups.can_look_up(self.unit, Site(self.path, text.declaration, f"literal:{text.number}"))

    def declared_types(self) -> Mapping[str, str]:
        return literals.declared_types(self.unit)

    def flows(self, names: frozenset[str]) -> tuple[Flow, ...]:
        return literals.flows(self.unit, names)


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """A `Workspace`."""

    register: Register
    sources: Sources
    ask: AskWeaknesses

    def weaknesses(self, paths: Sequence[str], redirecting: Iterable[str]) -> tuple[Weakness, ...]:
        return self.ask(paths, redirecting)

    def project_of(self, path: str) -> str:
        return self.sources.project_of(path)

    def is_test(self, path: str) -> bool:
        return is_test(self.sources, self.sources.project_of(path))


class FileChecks:
    """The results of the rules that read files, for one workspace."""

    def __init__(self, rules: tuple[Rule, ...], sources: Sources, ask: AskWeaknesses) -> None:
        self._ask = ask
        self._rules = tuple((rule, rule.on_files) for rule in rules if rule.on_files is not None)
        self._sources = sources
        self._results: dict[str, dict[str, Any]] = {rule.id: {} for rule, _ in self._rules}
        self._wanted: dict[str, dict[str, Any]] = {rule.id: {} for rule, _ in self._rules}  # of files that did not matter by themselves
        self._known: set[str] = set()  # paths that were read
        self._projects: object = None
        self._stale: dict[str, None] = {}
        self._findings: tuple[Register, int, tuple[tuple[Rule, Finding], ...]] | None = None
        self.version = 0  # grows whenever a result changes

    @property
    def is_stale(self) -> bool:
        return bool(self._stale)

    def forget(self, path: str) -> None:
        """The file changed, came or went."""
        if self._rules:
            self._stale[path] = None

    def relisted(self) -> None:
        """Files came or went; which belong to tests may be another where a project file changed."""
        if not self._rules:
            return
        listing = self._sources.listing
        now = {*listing.sources, *self._sources.paths(), *self._sources.settings_paths(), *listing.keys}
        same_projects = self._projects == self._sources.projects
        self._projects = dict(self._sources.projects)
        self._stale.update(dict.fromkeys(sorted(now ^ self._known if same_projects else now | self._known)))

    def refresh(self) -> Iterator[None]:
        """Reads what is stale; stops between two files, where changes may come in."""
        while self._stale:
            path = next(iter(self._stale))
            del self._stale[path]
            yield from self._read(path)
            if not self._stale:
                yield from self._read_wanted()

    def findings(self, register: Register) -> tuple[tuple[Rule, Finding], ...]:
        """What the rules find in the results as they are; the same objects while neither they nor the register changed."""
        known = self._findings
        if known is None or known[0] is not register or known[1] != self.version:
            around = _Surroundings(register, self._sources, self._ask)
            made = tuple((rule, f) for rule, check in self._rules for f in check.judge(self._used(rule, check), around))
            known = self._findings = register, self.version, made
        return known[2]

    def last_findings(self) -> tuple[tuple[Rule, Finding], ...]:
        """What `findings` last gave, () before that."""
        return self._findings[2] if self._findings is not None else ()

    def _used(self, rule: Rule, check: FileCheck) -> dict[str, Any]:
        """The results that count, by path: those of files that matter, and of those that they refer to, and so on."""
        used = dict(self._results[rule.id])
        pending = list(used.values())
        while pending:
            for path in self._declaring(check.wants(pending.pop())):
                result = self._wanted[rule.id].get(path)
                if path not in used and result is not None:
                    used[path] = result
                    pending.append(result)
        return dict(sorted(used.items()))

    def _declaring(self, types: Iterable[str]) -> set[str]:
        return {path for name in types for path in self._sources.paths_declaring(name)}

    def _read_wanted(self) -> Iterator[None]:
        """Reads the files that results refer to and that are not read yet."""
        for rule, check in self._rules:
            known = self._wanted[rule.id]
            pending = [*self._results[rule.id].values(), *(r for r in known.values() if r is not None)]
            while pending:
                for path in sorted(self._declaring(check.wants(pending.pop()))):
                    if path in known or path in self._results[rule.id] or check.read_code is None:
                        continue
                    unit = self._sources.unit(path)
                    known[path] = result = check.read_code(_Code(path, unit)) if unit is not None else None
                    self.version += 1
                    if result is not None:
                        pending.append(result)
                    yield

    def _read(self, path: str) -> Iterator[None]:
        parsed = False
        self._known.add(path)
        for rule, check in self._rules:
            result: Any = None
            if is_data(path):
                data = self._sources.data(path) if path in self._sources.settings_paths() else None
                if data is not None and check.read_settings is not None:
                    result = check.read_settings(SettingsFile(path, data.entries))
            elif path in self._sources.listing.keys:
                result = self._of_key_file(check, path)
            elif check.read_code is not None and self._sources.outline(path) is not None and path not in self._sources.unreadable:
                text = self._sources.text(path)
                tested = is_test(self._sources, self._sources.project_of(path))
                if text is not None and check.may_matter(text.data, tested):
                    unit = self._sources.unit(path)
                    parsed = True
                    result = check.read_code(_Code(path, unit)) if unit is not None else None
            if self._wanted[rule.id].pop(path, None) is not None:
                self.version += 1
            self._put(rule.id, path, result)
        if parsed:
            yield

    def _of_key_file(self, check: FileCheck, path: str) -> Any:
        if check.read_key_file is None:
            return None
        try:
            return check.read_key_file(path, self._sources.files.read(path))
        except OSError as error:
            self._sources.unreadable[path] = not_readable(path, error)
            return None

    def _put(self, rule: str, path: str, result: Any) -> None:
        results = self._results[rule]
        if results.get(path) != result:
            self.version += 1
            if result is None:
                del results[path]
            else:
                results[path] = result
