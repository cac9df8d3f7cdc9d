"""Both versions of Compose, installed where they are not there yet."""

from __future__ import annotations

import pytest

from . import engine


@pytest.fixture(scope="session")
def compose_2() -> str:
    """The program of Compose v2."""
    return engine.compose_2()


@pytest.fixture(scope="session")
def compose_1() -> str:
    """The program of Compose 1.29."""
    return engine.compose_1()
