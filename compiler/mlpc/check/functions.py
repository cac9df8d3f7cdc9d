"""The functions of the user's Python, read from its source and never imported."""

from __future__ import annotations

import ast


def functions_of(data: bytes) -> dict[str, tuple[list[str], list[str], bool]] | str:
    """Return the top-level functions of a source file; where it cannot be parsed, why.

    For each: the names that it can be given by keyword, those of them without a default, and whether it takes any
    keyword (``**more``).
    """
    try:
        tree = ast.parse(data)
    except SyntaxError as error:
        return (f"line {error.lineno}: " if error.lineno else "") + (error.msg or "a syntax error")
    except ValueError as error:
        return str(error)
    except (RecursionError, MemoryError):
        return "it is nested too deep"
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            args = node.args
            positional = [arg.arg for arg in (*args.posonlyargs, *args.args)]
            optional = len(args.defaults)
            required = positional[: len(positional) - optional]
            names = [arg.arg for arg in args.args] + [arg.arg for arg in args.kwonlyargs]
            required += [
                arg.arg for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value is None
            ]
            found[node.name] = (names, required, args.kwarg is not None)
    return found
