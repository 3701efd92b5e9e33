"""The executor of every operation: graphql-core's, with compiled lists (see `list_compiler`).

A compiled selection belongs to a parsed document, and the same text is parsed once (`documents.py`), so
it is compiled once and used for every request and every tick.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, ClassVar

from graphql import (
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
)
from graphql.language import DirectiveNode, Visitor, visit
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.execution.list_compiler import BuildItems, NotCompilable, Unusual, compile_list

OPERATIONS_KEPT = 256
SELECTIONS_PER_OPERATION = 64


class _Compiled:
    """The compiled selections of one operation, by where they stand and what decides their directives."""

    __slots__ = ("deciding_variables", "held", "selections")

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
    ) -> None:
        self.held = (schema, operation, fragments)  # so that the identities they are found by stay their own
        self.deciding_variables = _directive_variables(operation, fragments)
        self.selections: dict[Any, BuildItems | None] = {}


class CompilingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes lists of plain objects with a function made for their selection, all else the ordinary way."""

    _compiled: ClassVar[OrderedDict[tuple[int, int], _Compiled]] = OrderedDict()

    def complete_list_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Path, result: Any, position_context: Any
    ) -> Any:
        if isinstance(result, list | tuple) and result and not self._has_middleware():
            build = self._builder(return_type.of_type, field_details_list, path)
            if build is not None:
                try:
                    return build(result)
                except (Unusual, AttributeError, KeyError, TypeError, ValueError):
                    pass  # the ordinary path meets the same value and reports it properly
        return super().complete_list_value(return_type, field_details_list, info, path, result, position_context)

    def _builder(self, item_type: GraphQLOutputType, details: Any, path: Path) -> BuildItems | None:
        compiled = self._of_operation()
        coerced = self.variable_values.coerced
        key = (
            id(item_type),
            *(id(detail.node) for detail in details),
            *((name, coerced.get(name)) for name in compiled.deciding_variables),
        )
        try:
            return compiled.selections[key]
        except KeyError:
            pass
        build = None if self.get_stream_usage(details, path) else self._compile(item_type, details)
        if len(compiled.selections) < SELECTIONS_PER_OPERATION:
            compiled.selections[key] = build
        return build

    def _compile(self, item_type: GraphQLOutputType, details: Any) -> BuildItems | None:
        if any(detail.fragment_variable_values is not None for detail in details):
            return None
        try:
            return compile_list(item_type, details, self._subfields, self._field_of)
        except NotCompilable:
            return None

    def _subfields(self, kind: GraphQLObjectType, details: Any) -> dict[str, Any] | None:
        grouped, new_defer_usages, _forbidden = self.collect_subfields(kind, details)
        if new_defer_usages or any(d.fragment_variable_values is not None for ds in grouped.values() for d in ds):
            return None
        return dict(grouped)

    def _has_middleware(self) -> bool:
        return self.middleware_manager is not None and bool(self.middleware_manager.middlewares)

    def _field_of(self, parent: GraphQLObjectType, name: str) -> Any:
        return self.schema.get_field(parent, name)

    def _of_operation(self) -> _Compiled:
        kept = CompilingExecutor._compiled
        key = (id(self.schema), id(self.operation))
        compiled = kept.get(key)
        if compiled is None:
            compiled = kept[key] = _Compiled(self.schema, self.operation, self.fragment_definitions)
            while len(kept) > OPERATIONS_KEPT:
                kept.popitem(last=False)
        return compiled


class _DirectiveVariables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names.add(argument.value.name.value)


def _directive_variables(
    operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    found = _DirectiveVariables()
    for definition in (operation, *fragments.values()):
        visit(definition, found)
    return tuple(sorted(found.names))
