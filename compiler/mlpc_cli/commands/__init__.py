"""The commands, one file each; each has its click command under the name `command`."""

from __future__ import annotations
