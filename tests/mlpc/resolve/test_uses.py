"""Files that a spec uses, and that are there but cannot be read as files of the project."""

from __future__ import annotations

from pathlib import Path

from mlpc.compilation import Compilation
from mlpc_cli.loader import DiskLoader


def test_what_is_there_and_cannot_be_read_is_not_called_absent(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "elsewhere.mlp").write_text("mlp 1\n")
    (project / "led_out.mlp").symlink_to(tmp_path / "elsewhere.mlp")
    (project / "main.mlp").write_text('mlp 1\n\nuse "./led_out.mlp" as other\n')
    (found,) = Compilation(DiskLoader(str(project)), "main.mlp").check()
    assert found.code.name == "unknown-module"
    assert found.message == "`led_out.mlp` is a link that leads out of the project"
    assert not found.fixes
