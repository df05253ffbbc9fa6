"""YAML 1.2 the way people expect it, with the line and column of every value.

ruamel.yaml makes nodes of the text; what a plain word means is decided here, by the
core schema of YAML 1.2: `1e-3` is a number, `on`, `off`, `yes` and `no` are words, and
`2026-01-01` is text. A key that stands twice in a mapping is an error.
"""

import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.tag import Tag

from fieldnotes.spreads.problems import Place
from fieldnotes.words import quoted, shown

DEEPEST = 60  # levels of nesting
MOST = 2_000_000  # values of one file, each use of an alias counted in full
LONGEST = 400  # digits of a whole number; no float is longer
TAG = "tag:yaml.org,2002:"
UNTAGGED = "\0"  # no file can hold it
# What ruamel says, and what we say.
REASONS = (
    ("found undefined alias '(.*)'", r"nothing is called &\1"),
    ("expected a single document.*", "a second document begins here"),
    ("maximum depth of data structure exceeded.*", "nested too deeply"),
    (r"(.*'\\t'.*)", r"\1. Indent with spaces, not tabs"),
)

WORDS = {word: None for word in ("", "~", "null", "Null", "NULL")}
WORDS |= {word: True for word in ("true", "True", "TRUE")}
WORDS |= {word: False for word in ("false", "False", "FALSE")}
INFINITE = (".inf", ".Inf", ".INF")
WORDS |= {f"{sign}{word}": float("inf") for sign in ("", "+") for word in INFINITE}
WORDS |= {f"-{word}": -float("inf") for word in INFINITE}
WORDS |= {word: float("nan") for word in (".nan", ".NaN", ".NAN")}
WHOLE = re.compile(r"[-+]?[0-9]+")
BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
REAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


@dataclass(slots=True)
class Node:
    """A value of the file: a scalar, a list of nodes, or a mapping of nodes.

    `line` and `column` count from 1; `keys` has the line of each key of a mapping.
    """

    value: Any
    line: int
    column: int
    keys: dict[str, int]
    size: int = 1

    @property
    def is_map(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, list)


class Unreadable(Exception):
    """The text is no YAML that we take; the message says where and why."""


def plain(node: Node) -> Any:
    """The value of a node as plain Python data."""
    if isinstance(node.value, dict):
        return {name: plain(item) for name, item in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


def read_yaml(data: bytes, place: Place) -> Node | None:
    """The one document of a file, or None with the reason told to `place`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = f"byte {data[error.start]:#04x}"
        place.refuse(f"line {line} is not UTF-8 text ({found}); save it as UTF-8.")
        return None
    try:
        source = _compose(text)
        if source is not None:
            return _Builder(place).build(source)
        place.refuse("cannot be read as YAML: line 1, column 1: the file is empty.")
    except Unreadable as error:
        place.refuse(f"cannot be read as YAML: {error}")
    return None


class _AsWritten(VersionedResolver):
    """Leaves a plain word without a tag: what it means is decided here."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        quoted_word = kind is ScalarNode and not implicit[0]
        return Tag(suffix=f"{TAG}str" if quoted_word else UNTAGGED)


def _compose(text: str) -> Any:
    """ruamel's node of the one document; None where the text holds none.

    Raises:
        Unreadable: the text is no YAML, with line and column.
    """
    yaml = YAML(typ="safe", pure=True)  # no comments are kept, no C library is needed
    yaml.Resolver, yaml.max_depth = _AsWritten, DEEPEST
    yaml.composer.warn_double_anchors = False
    try:
        return yaml.compose(text)
    except MarkedYAMLError as error:
        reason = ", ".join(filter(None, (error.context, error.problem)))
        reason = " ".join(reason.split())
        for theirs, ours in REASONS:
            reason = re.sub(theirs, ours, reason)
        message = f"{_at(error.problem_mark or error.context_mark)}: {reason}."
        raise Unreadable(message) from None
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = (
            f"line {line}, column {column}: the character "
            f"{shown(text[error.position : error.position + 1])} is not allowed."
        )
        raise Unreadable(message) from None
    except Exception as error:
        # The scanner lets go of other errors too, such as an escape beyond Unicode.
        message = f"{type(error).__name__}: {error}."
        raise Unreadable(message) from None


def _at(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"


class _Builder:
    """Makes our nodes of ruamel's; one that is used again is made once."""

    def __init__(self, place: Place):
        self.place = place
        self.made: dict[int, Node | None] = {}  # None while a node is being made

    def build(self, source: Any) -> Node:
        if id(source) not in self.made:
            self.made[id(source)] = None
            scalar = isinstance(source, ScalarNode)
            self.made[id(source)] = _scalar(source) if scalar else self._many(source)
        node = self.made[id(source)]
        if node is None:
            at, name = _at(source.start_mark), source.anchor
            message = f"{at}: inside &{name} nothing is called &{name} yet."
            raise Unreadable(message)
        return node

    def _many(self, source: Any) -> Node:
        """A list or a mapping."""
        mapping, mark = isinstance(source, MappingNode), source.start_mark
        tag = _tag(source)
        if tag not in (None, "map" if mapping else "seq"):
            message = f"{_at(mark)}: the tag {tag} is not taken."
            raise Unreadable(message)
        value: Any = {} if mapping else []
        node = Node(value, mark.line + 1, mark.column + 1, {})
        for entry in source.value:
            parts = [self.build(part) for part in (entry if mapping else [entry])]
            node.size += sum(part.size for part in parts)
            if node.size > MOST:
                message = f"{_at(mark)}: more than {MOST:,} values."
                raise Unreadable(message)
            if not mapping:
                value.append(parts[0])
            elif _tag(entry[0]) is None and entry[0].value == "<<":
                _merge(node, *parts)
            else:
                self._add(node, *parts)
        return node

    def _add(self, node: Node, key: Node, item: Node) -> None:
        name, at = key.value, f"line {key.line}, column {key.column}"
        if not isinstance(name, str):
            what = "a list or mapping" if key.is_list or key.is_map else f"`{name}`"
            message = f"{at}: keys are text; got {what}. Write it in quotes."
            raise Unreadable(message)
        first = node.keys.get(name, 0)
        if first > 0:
            self.place.refuse(
                f"{at}: the key {quoted(name)} stands here a second time; "
                f"it is on line {first} already. Keep one of them."
            )
            return
        node.value[name] = item
        node.keys[name] = key.line


def _merge(node: Node, key: Node, given: Node) -> None:
    """`<<: *base` gives what the mapping does not say itself."""
    for source in given.value if given.is_list else [given]:
        if not source.is_map:
            message = f"line {key.line}, column {key.column}: << takes a mapping."
            raise Unreadable(message)
        for name, item in source.value.items():
            if name not in node.value:
                node.value[name] = item
                # A negative line: said elsewhere, so that it may be said here.
                node.keys[name] = -key.line


def _tag(source: Any) -> str | None:
    tag = str(source.tag).removeprefix(TAG).removeprefix("!!")
    return None if tag == UNTAGGED else tag


def _scalar(source: Any) -> Node:
    mark, tag = source.start_mark, _tag(source)
    text = _whole_characters(source.value, mark)
    node = Node(text, mark.line + 1, mark.column + 1, {})
    if tag == "str":
        return node
    try:
        node.value = _meaning(text)
    except ValueError:
        message = f"{_at(mark)}: a number of {len(text)} digits."
        raise Unreadable(message) from None
    types = {"int": int, "float": float, "bool": bool, "null": type(None)}
    if tag == "float" and type(node.value) is int:
        node.value = float(node.value)
    if tag is not None and type(node.value) is not types.get(tag):
        message = f"{_at(mark)}: {quoted(text)} with the tag {tag} is not taken."
        raise Unreadable(message)
    return node


def _whole_characters(text: str, mark: Any) -> str:
    """JSON writes an emoji as two escapes: join them; half of one is an error."""
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        message = f"{_at(mark)}: half a character (a lone surrogate)."
        raise Unreadable(message) from None


def _meaning(text: str) -> Any:
    """What a plain scalar stands for by the core schema of YAML 1.2."""
    if text in WORDS:
        return WORDS[text]
    if len(text) > LONGEST and (WHOLE.fullmatch(text) or BASED.fullmatch(text)):
        raise ValueError
    if WHOLE.fullmatch(text):
        return int(text)
    if BASED.fullmatch(text):
        return int(text, 0)
    return float(text) if REAL.fullmatch(text) else text
