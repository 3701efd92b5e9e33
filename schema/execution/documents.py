"""Query texts, parsed and checked once. Bounds come first: what is too big is refused before it costs anything.

Every check here is linear in the text. Fragments are measured once each, however often they are spread: a
measure that walks them at every spread takes exponential time on a few hundred bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

DOCUMENTS_KEPT = 512


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """How large a query may be. Each refusal names the limit."""

    characters: int = 20_000
    tokens: int = 2_000
    depth: int = 16
    fields: int = 400
    """Fields written in the text."""
    expanded_fields: int = 5_000
    """Fields after every fragment is put where it is spread."""
    overlaps: int = 2_000
    """Pairs of fields that fall together under one name: the standard overlap check compares each pair."""
    aliases: int = 50
    directives: int = 50


class DocumentRefused(GraphQLError):
    """The text is over a limit."""

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": "QUERY_TOO_LARGE"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A parsed text and what validation found."""

    document: DocumentNode
    errors: list[GraphQLError] | None

    @property
    def operations(self) -> int:
        return sum(isinstance(definition, OperationDefinitionNode) for definition in self.document.definitions)


class DocumentLibrary:
    """The newest query texts of one schema, prepared."""

    def __init__(self, schema: GraphQLSchema, limits: DocumentLimits) -> None:
        self._schema = schema
        self._limits = limits
        self._kept: OrderedDict[str, Prepared] = OrderedDict()
        self._rules = (*specified_rules, OneOfInputValidationRule)

    def prepare(self, text: str) -> Prepared:
        """Parse and validate, or find it done. Raises `GraphQLError` on a syntax error or a text over a limit."""
        kept = self._kept
        prepared = kept.get(text)
        if prepared is not None:
            kept.move_to_end(text)
            return prepared
        if len(text) > self._limits.characters:
            raise DocumentRefused(f"the query has {len(text):,} characters; at most {self._limits.characters:,}")
        document = parse(text, max_tokens=self._limits.tokens)
        check_limits(document, self._limits)
        errors = validate(self._schema, document, self._rules, max_errors=20, hide_suggestions=True)
        prepared = kept[text] = Prepared(document, errors or None)
        if len(kept) > DOCUMENTS_KEPT:
            kept.popitem(last=False)
        return prepared


def document_extension(library: DocumentLibrary) -> type[SchemaExtension]:
    """The Strawberry extension that takes documents from the library."""

    class Documents(SchemaExtension):
        def on_parse(self) -> Iterator[None]:
            context = self.execution_context
            if context.query:
                prepared = library.prepare(context.query)
                if context._provided_operation_name is None and not prepared.errors and prepared.operations > 1:
                    raise GraphQLError("the document has several operations: choose one with `operationName`")
                context.graphql_document = prepared.document
                context.pre_execution_errors = prepared.errors or []
            yield

    return Documents


@dataclass(slots=True)
class _Measure:
    depth: int = 0
    fields: int = 0


@dataclass(slots=True)
class _Totals:
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    measured: dict[str, _Measure] = field(default_factory=dict)


def check_limits(document: DocumentNode, limits: DocumentLimits) -> None:
    """Raise `DocumentRefused` where the document is over a limit."""
    totals = _Totals()
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    for definition in (*operations, *fragments.values()):
        _count_written(definition.selection_set, totals)
        totals.directives += len(definition.directives or ())
        if isinstance(definition, OperationDefinitionNode):
            totals.directives += sum(len(v.directives or ()) for v in definition.variable_definitions or ())
    for name, found, most in (
        ("fields", totals.fields, limits.fields),
        ("aliases", totals.aliases, limits.aliases),
        ("directives", totals.directives, limits.directives),
    ):
        if found > most:
            raise DocumentRefused(f"the query has {found:,} {name}; at most {most:,}")
    for operation in operations:
        measure = _measure(operation.selection_set, fragments, totals.measured)
        if measure.depth > limits.depth:
            raise DocumentRefused(f"the query is {measure.depth:,} levels deep; at most {limits.depth:,}")
        if measure.fields > limits.expanded_fields:
            raise DocumentRefused(
                f"with its fragments spread the query has {measure.fields:,} fields; at most {limits.expanded_fields:,}"
            )
        _check_overlaps(operation.selection_set, fragments, limits)


def _count_written(root: SelectionSetNode, totals: _Totals) -> None:
    waiting = [root]
    while waiting:
        for selection in waiting.pop().selections:
            totals.directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                totals.fields += 1
                totals.aliases += selection.alias is not None
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
                waiting.append(selection.selection_set)


def _check_overlaps(
    root: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], limits: DocumentLimits
) -> None:
    """Raise `DocumentRefused` where too many fields have to be compared with each other."""
    pairs = fields = 0
    waiting = [[root]]
    while waiting:
        together: dict[str, list[FieldNode]] = {}
        for node in _fields_together(waiting.pop(), fragments):
            together.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        for nodes in together.values():
            fields += len(nodes)
            pairs += len(nodes) * (len(nodes) - 1) // 2
            if below := [node.selection_set for node in nodes if node.selection_set]:
                waiting.append(below)
        if pairs > limits.overlaps:
            raise DocumentRefused(f"the query repeats fields: {pairs:,} pairs to compare; at most {limits.overlaps:,}")
        if fields > limits.expanded_fields:  # only fragments that contain themselves come here
            raise DocumentRefused(
                f"with its fragments spread the query has more than {limits.expanded_fields:,} fields"
            )


def _fields_together(
    selection_sets: list[SelectionSetNode], fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """The fields that selection sets of one object have between them, each fragment taken once."""
    waiting, taken = list(selection_sets), set()
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name in fragments and name not in taken:
                    taken.add(name)
                    waiting.append(fragments[name].selection_set)


def _measure(
    selection_set: SelectionSetNode,
    fragments: dict[str, FragmentDefinitionNode],
    measured: dict[str, _Measure],
) -> _Measure:
    parts = [_measure_selection(selection, fragments, measured) for selection in selection_set.selections]
    return _Measure(max((p.depth for p in parts), default=0), sum(p.fields for p in parts))


def _measure_selection(
    selection: object, fragments: dict[str, FragmentDefinitionNode], measured: dict[str, _Measure]
) -> _Measure:
    if isinstance(selection, FragmentSpreadNode):
        name = selection.name.value
        if name not in measured:
            measured[name] = _Measure()  # a cycle meets this; validation reports it
            if name in fragments:
                measured[name] = _measure(fragments[name].selection_set, fragments, measured)
        return measured[name]
    inner: SelectionSetNode | None = getattr(selection, "selection_set", None)
    below = _measure(inner, fragments, measured) if inner else _Measure()
    if isinstance(selection, FieldNode):
        return _Measure(below.depth + 1, below.fields + 1)
    return below
