"""The networks that are exported are trained once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mlpc_stdlib.networks import make_networks


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the networks of ``make_networks.py``."""
    return make_networks(tmp_path_factory.mktemp("networks"))
