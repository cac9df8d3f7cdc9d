"""Tests of mlpc_backends."""

from __future__ import annotations
