"""The part of JSON Schema 2020-12 that protocol.schema.json uses. Another keyword is an error."""

import json
import math
from pathlib import Path
from typing import Any

SCHEMA = json.loads((Path(__file__).parent / "protocol.schema.json").read_text("utf-8"))

_ANNOTATIONS = {"description", "$schema", "title", "$defs"}


class Invalid(ValueError):
    """A value that the schema does not allow; the text says where and why."""


def check(value: Any, definition: str) -> None:
    """Raises Invalid unless the value is what ``#/$defs/<definition>`` describes."""
    _check(value, SCHEMA["$defs"][definition], "")


def _is(kind: str, value: Any) -> bool:
    if kind == "null":
        return value is None
    if kind == "string":
        return isinstance(value, str)
    if kind == "object":
        return isinstance(value, dict)
    if kind == "array":
        return isinstance(value, list)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return False
    return kind == "number" or value == int(value)


def _check(value: Any, schema: dict, where: str) -> None:
    for keyword, rule in schema.items():
        if keyword not in _ANNOTATIONS:
            _RULES[keyword](value, rule, where, schema)


def _ref(value: Any, rule: str, where: str, _schema: dict) -> None:
    _check(value, SCHEMA["$defs"][rule.removeprefix("#/$defs/")], where)


def _one_of(value: Any, rule: list, where: str, _schema: dict) -> None:
    problems = []
    for option in rule:
        try:
            _check(value, option, where)
        except Invalid as problem:
            problems.append(str(problem))
    if len(problems) != len(rule) - 1:
        raise Invalid(f"{where or 'value'} fits none of its forms: {'; '.join(problems)}")


def _type(value: Any, rule: Any, where: str, _schema: dict) -> None:
    kinds = rule if isinstance(rule, list) else [rule]
    if not any(_is(kind, value) for kind in kinds):
        raise Invalid(f"{where or 'value'} is not of type {' or '.join(kinds)}")


def _enum(value: Any, rule: list, where: str, _schema: dict) -> None:
    if not any(type(value) is type(option) and value == option for option in rule):
        raise Invalid(f"{where or 'value'} is none of {', '.join(map(str, rule))}")


def _required(value: Any, rule: list, where: str, _schema: dict) -> None:
    if isinstance(value, dict):
        for name in rule:
            if name not in value:
                raise Invalid(f"{where}/{name} is missing")


def _properties(value: Any, rule: dict, where: str, _schema: dict) -> None:
    if isinstance(value, dict):
        for name, schema in rule.items():
            if name in value:
                _check(value[name], schema, f"{where}/{name}")


def _additional(value: Any, rule: bool, where: str, schema: dict) -> None:
    if isinstance(value, dict) and rule is False:
        for name in value:
            if name not in schema.get("properties", {}):
                raise Invalid(f"{where}/{name} is not known")


def _items(value: Any, rule: dict, where: str, _schema: dict) -> None:
    if isinstance(value, list):
        for i, item in enumerate(value):
            _check(item, rule, f"{where}/{i}")


def _bound(kind: type, size: Any, fits: Any, words: str) -> Any:
    def rule_of(value: Any, rule: float, where: str, _schema: dict) -> None:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        applies = number if kind is float else isinstance(value, kind)
        if applies and not fits(size(value), rule):
            raise Invalid(f"{where or 'value'} is {words} {rule}")

    return rule_of


def _units(text: str) -> int:
    """Length in Unicode code points, as JSON Schema counts."""
    return len(text)


_RULES = {
    "$ref": _ref,
    "oneOf": _one_of,
    "type": _type,
    "enum": _enum,
    "const": lambda value, rule, where, schema: _enum(value, [rule], where, schema),
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "minimum": _bound(float, lambda value: value, lambda size, rule: size >= rule, "below"),
    "maximum": _bound(float, lambda value: value, lambda size, rule: size <= rule, "above"),
    "minLength": _bound(str, _units, lambda size, rule: size >= rule, "shorter than"),
    "maxLength": _bound(str, _units, lambda size, rule: size <= rule, "longer than"),
    "minItems": _bound(list, len, lambda size, rule: size >= rule, "shorter than"),
}
