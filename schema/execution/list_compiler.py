"""Turns the selection under a list field into one Python function that builds all its items.

The ordinary executor spends about 3 microseconds on every field of every item: resolver call, path, type
tests. Where the selected fields are plain attributes, all of that is known before the first item. The function
made here does exactly what the ordinary path would for well-behaved values and raises `Unusual` for anything
else - a null where none may be, a value of an unexpected class, an error, an awaitable - upon which the
caller completes the whole list the ordinary way. So errors, their paths and their messages stay the ordinary
ones, and a difference in good values is a bug that the generated comparison test finds.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    Undefined,
    get_nullable_type,
)
from graphql.type import is_leaf_type
from strawberry.types.field import StrawberryField

BuildItems = Callable[[Sequence[Any]], list[Any]]
Subfields = Callable[[GraphQLObjectType, Any], "dict[str, Any] | None"]
"""Collects the selected fields of an object type below a field: response name to its field details; None: deferred."""
FieldOf = Callable[[GraphQLObjectType, str], GraphQLField | None]


class Unusual(Exception):
    """Raised by a built function: complete this list the ordinary way."""


class NotCompilable(Exception):
    """The selection holds something that only the ordinary path can do."""


def compile_list(item_type: GraphQLOutputType, details: Any, subfields: Subfields, field_of: FieldOf) -> BuildItems:
    """Build the function for a list field's selection. Raises `NotCompilable`."""
    return _Compiler(subfields, field_of).compile(item_type, details)


class _Compiler:
    """Writes the source of one function. Names `o1, v2 ...` are locals of it, `k3 ...` are constants given to it."""

    def __init__(self, subfields: Subfields, field_of: FieldOf) -> None:
        self._subfields = subfields
        self._field_of = field_of
        self._numbers = count()
        self._lines: list[str] = []
        self._prologue: list[str] = []
        self._constants: dict[str, Any] = {
            "Unusual": Unusual,
            "coerce_unusual": coerce_unusual,
            "admit_class": admit_class,
            "Undefined": Undefined,
        }

    def compile(self, item_type: GraphQLOutputType, details: Any) -> BuildItems:
        self._write_list("items", "result", item_type, details, 1)
        source = "\n".join(["def build(items):", *self._prologue, *self._lines, "    return result"])
        namespace = dict(self._constants)
        exec(compile(source, "<list selection>", "exec"), namespace)  # noqa: S102 - made of constants and literals only
        build: BuildItems = namespace["build"]
        return build

    # -- values: each writes statements that leave the completed value in the local `target`

    def _write_list(self, source: str, target: str, item_type: GraphQLOutputType, details: Any, depth: int) -> None:
        item, completed, append = self._name("o"), self._name("v"), self._name("a")
        self._line(depth, f"if {source}.__class__ is not list and {source}.__class__ is not tuple: raise Unusual")
        self._line(depth, f"{target} = []; {append} = {target}.append")
        self._line(depth, f"for {item} in {source}:")
        self._write_value(item, completed, item_type, details, depth + 1)
        self._line(depth + 1, f"{append}({completed})")

    def _write_value(self, source: str, target: str, kind: GraphQLOutputType, details: Any, depth: int) -> None:
        nullable = not isinstance(kind, GraphQLNonNull)
        if isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        if is_leaf_type(kind):
            self._write_leaf(source, target, kind, nullable, depth)
            return
        self._write_none(source, target, nullable, depth)
        if isinstance(kind, GraphQLObjectType):
            self._write_shared_object(source, target, kind, details, depth)
        elif isinstance(kind, GraphQLList):
            self._line(depth, "else:")
            self._write_list(source, target, kind.of_type, details, depth + 1)
        else:
            raise NotCompilable(f"{kind} is abstract")

    def _write_none(self, source: str, target: str, nullable: bool, depth: int) -> None:
        self._line(depth, f"if {source} is None:")
        self._line(depth + 1, f"{target} = None" if nullable else "raise Unusual")

    def _write_shared_object(self, source: str, target: str, kind: GraphQLObjectType, details: Any, depth: int) -> None:
        # Neighbours often refer to the same object, as devices do to their node and model: complete it once.
        last, completed = self._name("p"), self._name("p")
        self._prologue.append(f"    {last} = Undefined; {completed} = None")
        self._line(depth, f"elif {source} is {last}: {target} = {completed}")
        self._line(depth, "else:")
        self._write_object(source, target, kind, details, depth + 1)
        self._line(depth + 1, f"{last} = {source}; {completed} = {target}")

    def _write_object(self, source: str, target: str, kind: GraphQLObjectType, details: Any, depth: int) -> None:
        selected = self._subfields(kind, details)
        if selected is None:
            raise NotCompilable("deferred")
        admitted = self._constant(set())
        of_type = self._constant(kind.is_type_of)
        self._line(depth, f"if {source}.__class__ not in {admitted}: admit_class({source}, {admitted}, {of_type})")
        entries = []
        for response_name, field_details in selected.items():
            entries.append(f"{response_name!r}: {self._write_field(source, kind, field_details, depth)}")
        self._line(depth, f"{target} = {{{', '.join(entries)}}}")

    def _write_field(self, source: str, parent: GraphQLObjectType, field_details: Any, depth: int) -> str:
        """Write how one field is completed; return the expression that holds it."""
        node = field_details[0].node
        name = node.name.value
        if name == "__typename":
            return repr(parent.name)
        field = self._field_of(parent, name)
        if field is None or field.args or node.arguments:
            raise NotCompilable(f"{parent}.{name} takes arguments")
        raw = self._name("v")
        in_place = is_leaf_type(get_nullable_type(field.type))
        completed = raw if in_place else self._name("v")
        self._line(depth, f"{raw} = {self._read(source, field)}")
        self._write_value(raw, completed, field.type, field_details, depth)
        return completed

    def _read(self, source: str, field: GraphQLField) -> str:
        definition = field.extensions.get("strawberry-definition")
        if not isinstance(definition, StrawberryField) or definition.extensions:
            raise NotCompilable("not a plain field")
        resolver = definition.base_resolver
        if resolver is None:
            return f"{source}.{definition.python_name}"
        takes_self_only = resolver.info_parameter is None and resolver.parent_parameter is None
        if definition.is_async or resolver.arguments or not takes_self_only or resolver.self_parameter is None:
            raise NotCompilable("not a plain method")
        return f"{self._constant(resolver.wrapped_func)}({source})"

    # -- leaves: the usual class is looked for first, so that the usual value costs one comparison

    def _write_leaf(self, source: str, target: str, kind: Any, nullable: bool, depth: int) -> None:
        if isinstance(kind, GraphQLScalarType) and kind.name == "DateTime":
            self._write_timestamp(source, target, kind, nullable, depth)
            return
        unusual, completed = self._usual_leaf(source, kind)
        self._line(depth, f"if {unusual}:")
        self._write_unusual(source, target, kind, nullable, depth + 1)
        if completed != target:
            self._line(depth, "else:")
            self._line(depth + 1, f"{target} = {completed}")

    def _write_unusual(self, source: str, target: str, kind: Any, nullable: bool, depth: int) -> None:
        self._write_none(source, target, nullable, depth)
        self._line(depth, f"else: {target} = coerce_unusual({self._constant(kind.coerce_output_value)}, {source})")

    def _usual_leaf(self, source: str, kind: Any) -> tuple[str, str]:
        """The test under which a value is not usual, and the expression that completes a usual one."""
        not_class = f"{source}.__class__ is not"
        if isinstance(kind, GraphQLEnumType):
            members = [_member(kind, value.value) for value in kind.values.values()]
            names = {member: kind.coerce_output_value(member) for member in members}
            classes = {type(member) for member in names}
            if len(classes) == 1:
                return f"{not_class} {self._constant(classes.pop())}", f"{self._constant(names)}[{source}]"
        match getattr(kind, "name", ""):
            case "String" | "ID":
                return f"{not_class} str", source
            case "Float":
                return f"{not_class} float or {source} - {source} != 0.0", source
            case "Int":
                return f"{not_class} int or not -2147483648 <= {source} <= 2147483647", source
            case "Boolean":
                return f"{not_class} bool", source
        return "True", source

    def _write_timestamp(self, source: str, target: str, kind: Any, nullable: bool, depth: int) -> None:
        # All readings of one collection round share one datetime object: format it once.
        last, text = self._name("t"), self._name("t")
        self._prologue.append(f"    {last} = Undefined; {text} = None")
        self._line(depth, f"if {source} is not {last}:")
        self._line(depth + 1, f"{last} = {source}")
        self._write_unusual(source, text, kind, nullable, depth + 1)
        self._line(depth, f"{target} = {text}")

    # -- writing

    def _name(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers)}"

    def _constant(self, value: Any) -> str:
        name = self._name("k")
        self._constants[name] = value
        return name

    def _line(self, depth: int, text: str) -> None:
        self._lines.append("    " * depth + text)


def _member(kind: GraphQLEnumType, value: Any) -> Any:
    wrapped = getattr(kind, "wrapped_cls", None)
    return wrapped(value) if wrapped is not None and not isinstance(value, wrapped) else value


def coerce_unusual(coerce: Callable[[Any], Any], value: Any) -> Any:
    """Complete a leaf that is not of its usual class, or give the list up."""
    if isinstance(value, datetime):
        return coerce(value)
    if isinstance(value, Exception) or inspect.isawaitable(value):
        raise Unusual
    try:
        coerced = coerce(value)
    except Exception as error:
        raise Unusual from error
    if coerced is None or coerced is Undefined:
        raise Unusual
    return coerced


def admit_class(value: Any, admitted: set[type], is_type_of: Callable[[Any, Any], Any] | None) -> None:
    """Let a class of objects through that the type accepts. The type's test looks at the class only."""
    if isinstance(value, Exception) or inspect.isawaitable(value):
        raise Unusual
    if is_type_of is not None and is_type_of(value, None) is not True:
        raise Unusual
    admitted.add(value.__class__)
