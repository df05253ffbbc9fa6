"""YAML 1.2 the way people expect it, with the line and column of every value.

ruamel.yaml finds the syntax; what a plain word means is decided here, by the core
schema of YAML 1.2: `1e-3` is a number, `on`, `off`, `yes` and `no` are words, and
`2026-01-01` is text. A key that stands twice in a mapping is an error.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from fieldnotes.spreads.problems import Place
from fieldnotes.words import quoted, shown

DEEPEST = 60  # levels of nesting
MOST = 2_000_000  # values of one file, each use of an alias counted in full
LONGEST = 400  # digits of a whole number; no float is longer
TAG = "tag:yaml.org,2002:"

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
        return _Builder(place).build(_events(text))
    except Unreadable as error:
        place.refuse(f"cannot be read as YAML: {error}")
        return None


def _events(text: str) -> Iterator[Any]:
    """The parser's events.

    Raises:
        Unreadable: the text is no YAML, with line and column.
    """
    try:
        # `safe` and `pure`: no comments are kept, no C library is needed.
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(filter(None, (error.context, error.problem)))
        hint = " Indent with spaces, not tabs." if "'\\t'" in reason else ""
        message = f"{_at(mark)}: {' '.join(reason.split())}.{hint}"
        raise Unreadable(message) from None
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = (
            f"line {line}, column {column}: the character "
            f"{shown(text[error.position : error.position + 1])} is not allowed."
        )
        raise Unreadable(message) from None
    except Unreadable:
        raise
    except Exception as error:
        # The scanner lets go of other errors too, such as an escape beyond Unicode.
        message = f"{type(error).__name__}: {error}."
        raise Unreadable(message) from None


def _at(mark: Any) -> str:
    if mark is None:
        return "somewhere"
    return f"line {mark.line + 1}, column {mark.column + 1}"


class _Builder:
    """Makes nodes of events, with a stack, so that deep nesting is no danger."""

    def __init__(self, place: Place):
        self.place = place
        self.anchors: dict[str, Node] = {}

    def build(self, stream: Iterator[Any]) -> Node:
        document: Node | None = None
        stack: list[_Open] = []
        for event in stream:
            if isinstance(event, events.DocumentStartEvent) and document:
                message = f"{_at(event.start_mark)}: a second document begins here."
                raise Unreadable(message)
            if isinstance(event, events.CollectionStartEvent):
                stack.append(_Open(event, self.place))
                if len(stack) > DEEPEST:
                    message = f"{_at(event.start_mark)}: nested too deeply."
                    raise Unreadable(message)
                continue
            node, anchor = self._finished(event, stack)
            if node is None:
                continue
            if anchor:
                self.anchors[anchor] = node
            if node.size > MOST:
                message = f"{_at(event.start_mark)}: more than {MOST:,} values."
                raise Unreadable(message)
            if stack:
                stack[-1].add(node, event)
            else:
                document = node
        if document is None:
            message = "line 1, column 1: the file is empty."
            raise Unreadable(message)
        return document

    def _finished(
        self, event: Any, stack: list["_Open"]
    ) -> tuple[Node | None, str | None]:
        """The node that an event completes, and the anchor it goes by."""
        if isinstance(event, events.CollectionEndEvent):
            opened = stack.pop()
            return opened.node, opened.anchor
        if isinstance(event, events.AliasEvent):
            if event.anchor not in self.anchors:
                message = f"{_at(event.start_mark)}: nothing is called &{event.anchor}."
                raise Unreadable(message)
            return self.anchors[event.anchor], None
        if isinstance(event, events.ScalarEvent):
            return _scalar(event), event.anchor
        return None, None


class _Open:
    """A list or mapping that is still being filled."""

    def __init__(self, event: Any, place: Place):
        mapping = isinstance(event, events.MappingStartEvent)
        tag = _tag(event)
        if tag not in (None, "map" if mapping else "seq"):
            message = f"{_at(event.start_mark)}: the tag {tag} is not taken."
            raise Unreadable(message)
        mark = event.start_mark
        value: Any = {} if mapping else []
        self.node = Node(value, mark.line + 1, mark.column + 1, {})
        self.anchor = event.anchor
        self.place = place
        self.key: Node | None = None
        self.merged: list[Node] = []

    def add(self, node: Node, event: Any) -> None:
        self.node.size += node.size
        if isinstance(self.node.value, list):
            self.node.value.append(node)
        elif self.key is None:
            self.key = node
            plain_word = isinstance(event, events.ScalarEvent) and not event.style
            if plain_word and node.value == "<<":
                self.merged.append(node)
        else:
            self._add_entry(self.key, node)
            self.key = None

    def _add_entry(self, key: Node, node: Node) -> None:
        name = key.value
        if any(key is merge for merge in self.merged):
            self._merge(key, node)
            return
        at = f"line {key.line}, column {key.column}"
        if not isinstance(name, str):
            what = "a list or mapping" if key.size > 1 else f"`{name}`"
            message = f"{at}: keys are text; got {what}. Write it in quotes."
            raise Unreadable(message)
        first = self.node.keys.get(name)
        if first is not None and first > 0:
            self.place.refuse(
                f"{at}: the key {quoted(name)} stands here a second time; "
                f"it is on line {first} already. Keep one of them."
            )
            return
        self.node.value[name] = node
        self.node.keys[name] = key.line

    def _merge(self, key: Node, node: Node) -> None:
        """`<<: *base` gives what the mapping does not say itself."""
        for source in node.value if node.is_list else [node]:
            if not source.is_map:
                message = f"line {key.line}, column {key.column}: << takes a mapping."
                raise Unreadable(message)
            for name, item in source.value.items():
                if name not in self.node.value:
                    self.node.value[name] = item
                    # A negative line: said elsewhere, so that it may be said here.
                    self.node.keys[name] = -key.line


def _tag(event: Any) -> str | None:
    tag = event.tag
    if tag is None:
        return None
    text = str(tag)
    return text.removeprefix(TAG).removeprefix("!!") or None


def _scalar(event: Any) -> Node:
    mark, tag = event.start_mark, _tag(event)
    text = _whole_characters(event.value, mark)
    node = Node(text, mark.line + 1, mark.column + 1, {})
    if tag == "str" or tag == "!" or (tag is None and event.style):
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
