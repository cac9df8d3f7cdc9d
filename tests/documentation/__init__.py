"""Tests of the documentation: its examples, its tutorials, and the site that is built of it."""

from __future__ import annotations
