from pathlib import Path


def fit(data: Path, model: Path, on: str, seen: str, more: dict | None = None): ...
