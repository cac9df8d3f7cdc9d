"""The standard library: components in mlp files, and the Python that their steps run."""

from __future__ import annotations

#: The same as that of mlpc: steps run where only this package is.
__version__ = "0.1.0"
