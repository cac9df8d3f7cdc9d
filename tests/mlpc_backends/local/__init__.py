"""Tests of mlpc_backends.local."""

from __future__ import annotations
