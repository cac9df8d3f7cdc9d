"""Tests of mlpc_engines: what is compiled runs on real engines."""

from __future__ import annotations
