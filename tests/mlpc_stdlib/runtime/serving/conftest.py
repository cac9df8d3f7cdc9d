"""A small model of each kind, and one server that all tests share which do not end it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mlpc_stdlib.bundles import make_bundle

from .servers import Server, serving


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A forest that tells whether a flower is rare: true or false."""
    return make_bundle(tmp_path_factory.mktemp("bool"))


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A forest with three classes."""
    return make_bundle(tmp_path_factory.mktemp("enum"), "enum")


@pytest.fixture(scope="session")
def lengths(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A regression."""
    return make_bundle(tmp_path_factory.mktemp("float"), "float")


@pytest.fixture(scope="session")
def server(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of ``bundle`` with small limits."""
    folder = tmp_path_factory.mktemp("server")
    context = {
        "pipeline": "flowers",
        "run": "r1",
        "labels": {
            "figures": {"quality": {"accuracy": 0.93, "recall": {"": 0.91234, "true": 0.9}}},
            "promoted": "2026-01-02T03:04:05Z",
        },
    }
    with serving(bundle, folder, context=context, limits__rows=50, limits__body=20_000) as running:
        yield running
