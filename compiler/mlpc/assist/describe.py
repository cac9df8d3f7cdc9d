"""What is said of a declaration, as Markdown: a line of the language, then its doc comment."""

from __future__ import annotations

from ..check.specs import BlockSpec, ComponentSpec, KindSpec, ParamSpec, PortSpec, QuantitySpec
from ..check.values import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..check.schemas import Column

_KNOWN = {"check": "known when checking", "after": "known after the step", "live": "known while it serves"}
#: Parameters that a description of a component lists.
_SHOWN = 12

Member = ParamSpec | PortSpec | QuantitySpec | BlockSpec


def line(name: str, member: Member) -> str:
    """Return how ``member`` would be declared, in one line."""
    if isinstance(member, ParamSpec):
        default = f" = {shown(member.default.value, member.type)}" if member.default is not None else ""
        if member.default is not None and not member.default.known:
            default = ""
        return f"param {name}: {member.type.show()}{default}"
    if isinstance(member, PortSpec):
        return f"input {name}: {member.type.show()}" + (" = none" if member.type.optional else "")
    if isinstance(member, QuantitySpec):
        return f"quantity {name}: {member.type.show()} @{member.when}"
    if isinstance(member, ComponentSpec):
        return f"component {name}: {member.role}"
    if isinstance(member, KindSpec):
        return f"kind {name}"
    return f"block {name}" + (f": {member.role}" if member.role else "")


def described(name: str, member: Member) -> str:
    """Return what hover shows of ``member``."""
    parts = [code(line(name, member)), member.doc]
    if isinstance(member, ParamSpec) and member.default is None and not member.type.optional:
        parts.append("It must be given.")
    if isinstance(member, QuantitySpec):
        parts.append(_KNOWN.get(member.when, ""))
    if isinstance(member, BlockSpec):
        parts.append(_inside(member))
    return paragraphs(*parts)


def paragraphs(*parts: str) -> str:
    """Return what of ``parts`` is not empty, each a paragraph."""
    return "\n\n".join(part for part in parts if part)


def column(found: Column) -> str:
    """Return what hover shows of a column."""
    marks = "".join(f" @{mark}" for mark in found.marks) + (" @nullable" if found.nullable else "")
    return paragraphs(code(f"{found.name}: {found.type.show()}{marks}"), found.doc)


def code(text: str) -> str:
    """Return ``text`` as a block of the language."""
    return f"```mlp\n{text}\n```"


def _inside(spec: BlockSpec) -> str:
    lines = [line(name, each) for table in (spec.inputs, spec.params) for name, each in table.items()]
    more = [f"… and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    lines = lines[:_SHOWN] + more
    lines += [f"quantity {name}: {each.type.show()}" for name, each in spec.quantities.items()]
    lines += [f"block {name} {{ … }}" for name in spec.blocks]
    return code("\n".join(lines)) if lines else ""
