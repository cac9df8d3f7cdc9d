"""A folder is data like a file: every engine hands it to its step, and the rows are the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests import fidelity

pytestmark = [pytest.mark.engine, pytest.mark.full, pytest.mark.timeout(1800)]

PETS = """\
mlp 1

pipeline pets {
  data photos: image_folder { path = "data/photos", schema = Photo, resize = "crop" }
  split parts: random { data = photos, test = 20%, stratify = photos.animal }
}

schema Photo {
  file: string @key
  pixels: tensor(float, [16, 16, 3]) in 0..1
  animal: enum("cat", "dog") @label
}
"""


def project(folder: Path) -> Path:
    """Write the spec and sixty photos, of 20x16 points, and return their folder."""
    for number in range(60):
        animal = ("cat", "dog")[number % 2]
        path = folder / f"data/photos/{animal}/{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 16), (4 * number, 40, 90)).save(path)
    (folder / "main.mlp").write_text(PETS, encoding="utf-8")
    return folder


@pytest.mark.usefixtures("docker_engine")
def test_a_folder_of_images_on_every_engine(tmp_path: Path) -> None:
    found = {name: run(project(tmp_path / name), ()) for name, run in fidelity.ENGINES.items()}
    here = found.pop("this machine")
    assert sorted(here.digests) == ["parts.test", "parts.train", "photos.rows"]
    for name, there in found.items():
        assert there.text() == here.text(), name
