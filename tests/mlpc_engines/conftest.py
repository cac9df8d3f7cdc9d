"""A real Docker engine with both versions of Compose, installed and started where they are not there yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import engine


@pytest.fixture(scope="session")
def docker_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An engine that answers and has `python:3.11-slim`; stopped afterwards if it was started here."""
    with engine.running(tmp_path_factory.mktemp("docker") / "dockerd.log"):
        engine.make_base_image()
        yield


@pytest.fixture(scope="session")
def compose_2() -> str:
    """The program of Compose v2."""
    return engine.compose_2()


@pytest.fixture(scope="session")
def compose_1() -> str:
    """The program of Compose 1.29."""
    return engine.compose_1()
