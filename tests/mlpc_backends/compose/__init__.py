"""Tests of mlpc_backends.compose."""

from __future__ import annotations
