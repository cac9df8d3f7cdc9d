"""Benchmarks: ratios between programs that were measured in one run on one machine, never limits on a clock."""

from __future__ import annotations
