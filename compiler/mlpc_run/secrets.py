"""Secrets: read from where the spec says, handed to steps as files, masked in whatever they print."""

from __future__ import annotations

import os

from mlpc.codes import BAD_SECRET, MISSING_SECRET
from mlpc.ir import stores
from mlpc.ir.nodes import Service, Task
from mlpc_stdlib.runtime import refinements
from mlpc_stdlib.runtime.masking import Lines, Masker
from mlpc_stdlib.runtime.stores import secrets as in_environment

from .errors import EngineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mlpc.ir.nodes import Node, Secret

__all__ = ["Lines", "Masker", "of_stores", "read", "variables"]


def read(secrets: Iterable[Secret], wanted: Collection[str], project: str) -> dict[str, str]:
    """Return the values of the secrets named in ``wanted``.

    Raises:
        EngineError: one is not declared, has no source that this engine reads, is not there, or is not what its type
            says.
    """
    declared = {secret.name: secret for secret in secrets}
    found: dict[str, str] = {}
    for name in wanted:
        secret = declared.get(name)
        source = secret.source if secret is not None else None
        if source is None and secret is not None and variable_of(name) in os.environ:
            source = {"env": variable_of(name)}
        if source is None:
            raise EngineError(
                MISSING_SECRET,
                f"nothing says where the secret `{name}` comes from",
                f'export {variable_of(name)}=…, or say so in the `env` of this run: secret {name} = env("NAME")',
            )
        if "env" in source:
            variable = str(source["env"])
            value = os.environ.get(variable)
            if value is None:
                raise EngineError(
                    MISSING_SECRET,
                    f"the secret `{name}` comes from the environment variable {variable}, which is not set",
                    f"export {variable}=…",
                )
            if not value.isascii():
                try:
                    value.encode("utf-8")
                except UnicodeEncodeError:
                    raise EngineError(
                        MISSING_SECRET,
                        f"the secret `{name}` cannot be read from {variable}: it is not UTF-8 text",
                    ) from None
            found[name] = value
        else:
            path = os.path.join(project, os.path.expanduser(str(source.get("file", ""))))
            try:
                with open(path, encoding="utf-8") as file:
                    found[name] = file.read()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                raise EngineError(
                    MISSING_SECRET, f"the secret `{name}` cannot be read from {path}: {reason}"
                ) from None
        if secret is not None and not refinements.secret_fits(secret.type, found[name]):
            raise EngineError(
                BAD_SECRET,
                f"the secret `{name}` is not {refinements.wanted(secret.type)}",
                "its value is not shown; look where it comes from",
            )
    return found


def variable_of(name: str) -> str:
    """Return the environment variable that holds a secret of which the spec does not say where it comes from."""
    return f"MLPC_SECRET_{name.upper()}"


def variables(secrets: Iterable[Secret]) -> set[str]:
    """Return the environment variables that hold secrets."""
    return {
        str(secret.source["env"]) if secret.source and "env" in secret.source else variable_of(secret.name)
        for secret in secrets
    }


def of_stores(nodes: Iterable[Node]) -> list[str]:
    """Return the credentials in the environment, if one of some nodes reads an object store."""
    if any(stores.read_by(node) for node in nodes if isinstance(node, Task | Service)):
        return in_environment(os.environ)
    return []
