"""The mlpc compiler: text in, artefacts out, no input or output of its own."""

__version__ = "0.1.0"
