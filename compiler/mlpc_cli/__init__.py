"""The `mlpc` command."""
