"""Tests of mlpc.ir."""

from __future__ import annotations
