"""`routewarden.toml`: where it is looked for, what it may say, and what is wrong with it.

Invariant: a setting is never ignored in silence. An unknown key, rule or value is a `ConfigProblem` with file, line and the
nearest known name, and the caller stops (the command line) or says so and goes on with the rest (the editor). The JSON Schema
of the file is server/routewarden/schemas/routewarden.schema.json; a test holds the two together.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from routewarden.analysis.contract_files import ContractSetting
from routewarden.analysis.finding import Severity, Waiver
from routewarden.analysis.rule import DEFAULT_CONFIG, RuleConfig, Setting, SettingValue
from routewarden.analysis.waiver_comments import parse_day

NAME = "routewarden.toml"
NEVER = "never"  # `fail-on`: findings do not fail the scan
_SIZE_LIMIT = 1024 * 1024  # bytes
KEYS = ("exclude", "fail-on", "openapi", "rules", "waivers")
WAIVER_KEYS = ("rule", "endpoint", "path", "fingerprint", "reason", "owner", "until")
OPENAPI_KEYS = ("document", "app", "base-path", "ignore")
RULE_KEYS = ("enabled", "severity")
FAIL_ON = (*(str(severity) for severity in Severity), NEVER)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a workspace.

    `exclude`: gitignore patterns, relative to the folder of `path`. `fail_on`: the least severity that fails a scan; None: none.
    """

    path: Path | None = None  # None: there is no file, these are the defaults
    exclude: tuple[str, ...] = ()
    fail_on: Severity | None = Severity.INFO
    rules: RuleConfig = DEFAULT_CONFIG
    waivers: tuple[Waiver, ...] = ()  # `number` is that of the [[waivers]] table in the file
    openapi: tuple[ContractSetting, ...] = ()  # paths relative to the folder of `path`

    def contracts(self, root: Path) -> tuple[ContractSetting, ...]:
        """The `[[openapi]]` tables with paths as the scanned folder sees them."""
        above = self.root_seen_from_file(root)
        return tuple(
            replace(said, document=_below(said.document, above), apps=said.apps and tuple(_below(app, above) for app in said.apps))
            for said in self.openapi
        )

    def root_seen_from_file(self, root: Path) -> str:
        """The scanned folder as the exclude patterns see it, with a trailing slash; "" where the file lies in it."""
        if self.path is None or self.path.parent == root:
            return ""
        return root.relative_to(self.path.parent).as_posix() + "/"


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    path: Path
    line: int  # 1-based
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def find_config(folder: Path) -> Path | None:
    """The nearest `routewarden.toml` in `folder` or above it, up to the top of the repository.

    Outside of a repository only the folder itself counts: what lies in a shared /tmp is not ours to obey.
    """
    return next((parent / NAME for parent in places(folder) if (parent / NAME).exists()), None)


def places(folder: Path) -> list[Path]:
    """The folders that may hold the file for `folder`, nearest first."""
    folder = folder.resolve()
    candidates = [folder, *folder.parents]
    top = next((at for at, parent in enumerate(candidates) if (parent / ".git").exists()), 0)
    return candidates[: top + 1]


Settings = Mapping[str, Sequence[Setting]]  # by id of the rule; all rules are there


def load_config(folder: Path, known_rules: Settings) -> tuple[Config, tuple[ConfigProblem, ...]]:
    """The settings that apply to a folder, and what is wrong with their file."""
    path = find_config(folder)
    return read_config(path, known_rules) if path else (Config(), ())


def read_config(path: Path, known_rules: Settings) -> tuple[Config, tuple[ConfigProblem, ...]]:
    """The settings in a file. `known_rules`: the rules that it may name, with their own settings. Never fails: see the problems."""
    try:
        if not path.is_file():
            return Config(path), (ConfigProblem(path, 1, "not a plain file"),)
        if path.stat().st_size > _SIZE_LIMIT:
            return Config(path), (ConfigProblem(path, 1, f"larger than {_SIZE_LIMIT // 1024 // 1024} MB"),)
        data = path.read_bytes()
    except OSError as error:
        return Config(path), (ConfigProblem(path, 1, f"cannot be read: {error.strerror or error}"),)
    return parse_config(path, data, known_rules)


def parse_config(path: Path, data: bytes, known_rules: Settings) -> tuple[Config, tuple[ConfigProblem, ...]]:
    """The settings in the text of a file. What is wrong keeps its default value."""
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return Config(path), (ConfigProblem(path, data.count(b"\n", 0, error.start) + 1, "not UTF-8"),)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        return Config(path), (ConfigProblem(path, int(line[1]) if line else text.count("\n") + 1, message),)
    except RecursionError:
        return Config(path), (ConfigProblem(path, 1, "nested too deeply"),)
    reader = _Reader(path, text, content, known_rules)
    return reader.config(), tuple(reader.problems)


def _below(path: str, above: str) -> str:
    """A path that is relative to the settings' folder as the scanned folder sees it; one outside of it names nothing there."""
    path = path.removeprefix("./")
    if not above or path.startswith("*"):
        return path
    return path[len(above) :] if path.startswith(above) else f"../{path}"


class _Reader:
    """Checks the content of a file against what it may say, collecting every problem instead of stopping at the first."""

    def __init__(self, path: Path, text: str, content: Mapping[str, object], known_rules: Settings) -> None:
        self.path = path
        self.text = text
        self.content = content
        self.known_rules = known_rules
        self.problems: list[ConfigProblem] = []

    def config(self) -> Config:
        self._names((), self.content, KEYS, "key")
        return Config(self.path, self._exclude(), self._fail_on(), self._rules(), tuple(self._waivers()), tuple(self._openapi()))

    def _openapi(self) -> Iterator[ContractSetting]:
        tables = self.content.get("openapi", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._problem(("openapi",), '"openapi" must be tables: [[openapi]]')
            return
        for number, table in enumerate(tables):
            at = ("openapi", str(number))
            self._names(at, table, OPENAPI_KEYS, "key")
            document, apps, base, ignore = (table.get(key) for key in OPENAPI_KEYS)
            names = [apps] if isinstance(apps, str) else apps
            if not isinstance(document, str) or not document:
                self._problem(at, '"document" must be a path or a pattern, such as "docs/*.yaml"')
            elif names is not None and not (isinstance(names, list) and names and all(isinstance(name, str) for name in names)):
                self._problem((*at, "app"), '"app" must be a project file or a list of them, such as "src/Shop/Shop.csproj"')
            elif base is not None and not (isinstance(base, str) and (not base or base.startswith("/"))):
                self._problem((*at, "base-path"), '"base-path" must begin with a slash, such as "/api"')
            elif ignore is not None and not isinstance(ignore, bool):
                self._problem((*at, "ignore"), '"ignore" must be true or false')
            else:
                yield ContractSetting(document, None if names is None else tuple(names), None if base is None else base.rstrip("/"), ignore is True)

    def _exclude(self) -> tuple[str, ...]:
        value = self.content.get("exclude", [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._problem(("exclude",), '"exclude" must be a list of patterns, such as ["tests/", "*.Generated.cs"]')
            return ()
        return tuple(value)

    def _fail_on(self) -> Severity | None:
        value = self._choice(("fail-on",), self.content.get("fail-on", Severity.INFO), FAIL_ON)
        return None if value == NEVER else Severity(value or Severity.INFO)

    def _rules(self) -> RuleConfig:
        rules = self.content.get("rules", {})
        if not isinstance(rules, dict):
            self._problem(("rules",), '"rules" must be a table with a table for each rule: [rules.AP001]')
            return DEFAULT_CONFIG
        disabled: set[str] = set()
        severity: dict[str, Severity] = {}
        given: dict[str, dict[str, SettingValue]] = {}
        for rule, settings in rules.items():
            if rule not in self.known_rules:
                self._unknown(("rules", rule), "rule", self.known_rules)
            elif not isinstance(settings, dict):
                self._problem(("rules", rule), f'"{rule}" must be a table: [rules.{rule}]')
            else:
                own = self.known_rules[rule]
                self._names(("rules", rule), settings, (*RULE_KEYS, *(setting.name for setting in own)), "key")
                given[rule] = dict(self._settings(rule, own, settings))
                enabled = settings.get("enabled", True)
                if not isinstance(enabled, bool):
                    self._problem(("rules", rule, "enabled"), '"enabled" must be true or false')
                elif not enabled:
                    disabled.add(rule)
                if "severity" in settings:
                    chosen = self._choice(("rules", rule, "severity"), settings["severity"], tuple(map(str, Severity)))
                    if chosen:
                        severity[rule] = Severity(chosen)
        return RuleConfig(frozenset(disabled), severity, {rule: values for rule, values in given.items() if values})

    def _settings(self, rule: str, own: Sequence[Setting], content: Mapping[str, object]) -> Iterator[tuple[str, SettingValue]]:
        for setting in own:
            value = content.get(setting.name)
            if value is None:
                continue
            if isinstance(setting.default, int):
                if isinstance(value, int) and not isinstance(value, bool) and value >= setting.least:
                    yield setting.name, value
                else:
                    self._problem(("rules", rule, setting.name), f'"{setting.name}" must be a whole number, {setting.least} or more')
            elif isinstance(value, list) and all(isinstance(item, str) for item in value):
                yield setting.name, tuple(value)
            else:
                self._problem(("rules", rule, setting.name), f'"{setting.name}" must be a list of texts')

    def _waivers(self) -> Iterator[Waiver]:
        given = self.content.get("waivers", [])
        if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
            self._problem(("waivers",), '"waivers" must be a list of tables: [[waivers]]')
            return
        for number, item in enumerate(given):
            before = len(self.problems)
            waiver = self._waiver(number, item)
            if len(self.problems) == before:
                yield waiver

    def _waiver(self, number: int, item: Mapping[str, object]) -> Waiver:
        at = ("waivers", str(number))
        self._names(at, item, WAIVER_KEYS, "key")
        named = item.get("rule")
        rules = named if isinstance(named, list) else [named]
        if not rules or not all(isinstance(rule, str) for rule in rules):
            self._problem((*at, "rule"), 'a waiver must name its "rule": one id such as "AP107", or a list of them')
        for rule in rules:
            if isinstance(rule, str) and rule not in self.known_rules:
                self._unknown((*at, "rule"), "rule", self.known_rules, rule)
        texts: dict[str, str] = {}
        for key in ("endpoint", "path", "fingerprint", "reason", "owner"):
            value = item.get(key, "")
            texts[key] = value.strip() if isinstance(value, str) else ""
            if not isinstance(value, str):
                self._problem((*at, key), f'"{key}" must be a text')
        if not texts["reason"]:
            self._problem((*at, "reason"), 'a waiver must give its "reason"')
        if not (texts["endpoint"] or texts["path"] or texts["fingerprint"]):
            self._problem(at, 'a waiver must say what it is about: "endpoint", "path" or "fingerprint"; to turn a rule off, use [rules.AP107]')
        until = item.get("until")
        if isinstance(until, str):
            until, wrong = parse_day(until)
            if wrong:
                self._problem((*at, "until"), f'"until" must be a day such as 2027-03-31: {wrong}')
        elif isinstance(until, datetime) or not isinstance(until, date | None):
            self._problem((*at, "until"), '"until" must be a day such as 2027-03-31')
            until = None
        return Waiver(
            tuple(str(rule) for rule in rules), texts["reason"], texts["owner"], until, NAME, number,
            texts["endpoint"], texts["path"], texts["fingerprint"],
        )  # fmt: skip

    def _names(self, table: tuple[str, ...], content: Mapping[str, object], known: Collection[str], what: str) -> None:
        for name in content:
            if name not in known:
                self._unknown((*table, name), what, known)

    def _unknown(self, key: tuple[str, ...], what: str, known: Collection[str], given: str = "") -> None:
        """`given`: what is not known, where it is not the last part of the key."""
        given = given or key[-1]
        close = difflib.get_close_matches(given.lower(), [name.lower() for name in known], n=1)
        nearest = next((name for name in known if close and name.lower() == close[0]), "")
        hint = f'did you mean "{nearest}"?' if nearest else f"known: {', '.join(sorted(known))}"
        self._problem(key, f'unknown {what} "{given}"; {hint}')

    def _choice(self, key: tuple[str, ...], value: object, choices: tuple[str, ...]) -> str | None:
        if isinstance(value, str) and value in choices:
            return value
        close = difflib.get_close_matches(value.lower(), choices, n=1) if isinstance(value, str) else []
        hint = f'; did you mean "{close[0]}"?' if close else ""
        self._problem(key, f'"{key[-1]}" must be one of {", ".join(choices)}{hint}')
        return None

    def _problem(self, key: tuple[str, ...], message: str) -> None:
        self.problems.append(ConfigProblem(self.path, line_of_key(self.text, key), message))


_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_LIST_HEADER = re.compile(r"\s*\[\[([^\[\]]+)\]\]\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


def line_of_key(text: str, key: tuple[str, ...]) -> int:
    """The 1-based line that sets a key, or the header of its table, or the nearest thing above it; tomllib does not tell."""
    table: tuple[str, ...] = ()
    numbers: dict[tuple[str, ...], int] = {}
    best = (0, 1)  # (how many parts of the key the line has, line)
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            found = table
        elif header := _LIST_HEADER.match(line):  # its number is a part of the key
            name = _parts(header[1])
            numbers[name] = numbers.get(name, -1) + 1
            table = found = (*name, str(numbers[name]))
        elif assignment := _ASSIGNMENT.match(line):
            found = (*table, *_parts(assignment[1]))
        else:
            continue
        depth = next((at for at, (a, b) in enumerate(zip(found, key, strict=False)) if a != b), min(len(found), len(key)))
        if depth > best[0] and depth == min(len(found), len(key)):
            best = (depth, number)
    return best[1]


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
