"""Tests of mlpc_backends.airflow."""

from __future__ import annotations
