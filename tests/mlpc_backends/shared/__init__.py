"""Tests of what backends share."""

from __future__ import annotations
