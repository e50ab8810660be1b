"""A form from a JSON schema: what a platform lets one choose, field by field."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Field:
    """One choice."""

    name: str
    title: str
    help: str
    kind: str  # choice, number, text, list, json
    required: bool
    choices: tuple[str, ...]
    attributes: Mapping[str, str]
    example: str


def fields(schema: Mapping[str, Any]) -> list[Field]:
    """The fields of a schema of type object, in its order."""
    required = set(schema.get("required", ()))
    found = schema.get("properties", {})
    return [_field(name, each, name in required) for name, each in found.items()]


def values(
    schema: Mapping[str, Any], text: Callable[[str], str]
) -> tuple[dict[str, Any] | None, list[str]]:
    """What was filled in, and what of it cannot be read. Empty fields are left out."""
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for name, each in schema.get("properties", {}).items():
        if entered := text(name).strip():
            try:
                found[name] = _value(entered, each)
            except ValueError:
                wrong.append(f"{each.get('title', name)}: {entered[:80]!r} is no {_expected(each)}")
    return found or None, wrong


def entered(settings: Mapping[str, Any] | None) -> dict[str, str]:
    """Settings as they would be typed into the form."""
    return {name: _typed(value) for name, value in (settings or {}).items()}


def _field(name: str, schema: Mapping[str, Any], required: bool) -> Field:
    kind, choices = _kind(schema)
    attributes = {"min": "minimum", "max": "maximum", "maxlength": "maxLength"}
    limits = {html: str(schema[key]) for html, key in attributes.items() if key in schema}
    if kind == "number":
        limits["step"] = "1" if schema.get("type") == "integer" else "any"
    example = schema.get("default", next(iter(schema.get("examples", ())), ""))
    return Field(
        name=name,
        title=str(schema.get("title", name)),
        help=str(schema.get("description", "")),
        kind=kind,
        required=required,
        choices=choices,
        attributes=limits,
        example=_typed(example),
    )


def _kind(schema: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    if "enum" in schema:
        return "choice", tuple(_typed(each) for each in schema["enum"])
    if schema.get("type") == "boolean":
        return "choice", ("true", "false")
    if schema.get("type") in ("integer", "number"):
        return "number", ()
    if schema.get("type") == "string":
        return "text", ()
    if schema.get("type") == "array" and schema.get("items", {}).get("type") != "object":
        return "list", ()
    return "json", ()


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    if "enum" in schema:
        return next((each for each in schema["enum"] if _typed(each) == text), text)
    kind = schema.get("type")
    if kind == "string":
        return text
    if kind == "array" and not text.startswith("["):
        items = schema.get("items", {"type": "string"})
        return [_value(each.strip(), items) for each in text.split(",") if each.strip()]
    return json.loads(text)


def _typed(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _expected(schema: Mapping[str, Any]) -> str:
    return {"integer": "whole number", "number": "number", "boolean": "yes or no"}.get(
        str(schema.get("type")), "JSON value"
    )
