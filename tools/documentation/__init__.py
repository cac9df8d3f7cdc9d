"""The documentation site: `make site`."""

from __future__ import annotations
