"""Digests of files and directories: those of the step runtime, so that engines agree on what is the same."""

from __future__ import annotations

from mlpc_stdlib.runtime.digests import of_bytes, of_file, of_folder, of_listing, of_text, walk

__all__ = ["of_bytes", "of_file", "of_folder", "of_listing", "of_text", "walk"]
