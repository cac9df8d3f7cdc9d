"""Folders of images go in, a dataset or a message that says what does not fit comes out."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from mlpc_stdlib.runtime import image_folder, tables
from mlpc_stdlib.runtime.contract import Artefact, Result, StepError
from tests.mlpc_stdlib.bundles import column, dataset, step

UNIT = {"base": "float", "min": 0, "max": 1}


def pixels(shape: list[int], of: dict[str, Any] = UNIT) -> dict[str, Any]:
    return column("pixels", "tensor", of=of, shape=shape)


ANIMAL = column("animal", "enum", "label", choices=["cat", "dog"])
PHOTO = dataset(pixels([2, 3, 3]), ANIMAL)


def picture(
    path: Path, size: tuple[int, int] = (3, 2), colour: Any = (255, 0, 51), mode: str = "RGB"
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


def pets(folder: Path) -> Path:
    photos = folder / "photos"
    picture(photos / "dog/2.png", colour=(0, 0, 0))
    picture(photos / "cat/10.png")
    picture(photos / "cat/1.bmp", colour=(0, 255, 0))
    return photos


def read(path: Path, type: dict[str, Any] = PHOTO, resize: str = "no") -> tuple[Artefact, Result]:
    rows = Artefact(str(path.parent / "rows.parquet"), type)
    result = step(image_folder.image_folder, {"path": Artefact(str(path))}, {"rows": rows}, resize=resize)
    return rows, result


def images(rows: Artefact, *shape: int) -> Any:
    return numpy.stack(list(tables.read(rows)["pixels"])).reshape(-1, *shape)


def refused(path: Path, type: dict[str, Any] = PHOTO, resize: str = "no") -> str:
    with pytest.raises(StepError) as caught:
        read(path, type, resize)
    assert not (path.parent / "rows.parquet").exists()
    return "\n".join([f"{caught.value.code} {caught.value.message}", *caught.value.help])


# What fits


def test_images_come_by_path_and_their_folder_is_their_class(tmp_path: Path) -> None:
    rows, result = read(pets(tmp_path))
    assert tables.read(rows)["animal"].tolist() == ["cat", "cat", "dog"]
    found = images(rows, 2, 3, 3)
    assert found.dtype == numpy.float32
    assert (found == numpy.array([[0, 1, 0], [1, 0, 0.2], [0, 0, 0]], numpy.float32)[:, None, None]).all()
    assert result.rows == {"rows": 3}


def test_a_zip_gives_the_same_rows_with_and_without_a_folder_around(tmp_path: Path) -> None:
    photos = pets(tmp_path)
    wanted = Path(read(photos)[0].path).read_bytes()
    for before in ("", "photos/"):
        packed = tmp_path / "photos.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            for path in sorted(photos.rglob("*.*"), reverse=True):
                archive.write(path, before + path.relative_to(photos).as_posix())
            archive.writestr("__MACOSX/photos/cat/._1.png", b"no image")
        assert Path(read(packed)[0].path).read_bytes() == wanted


def test_without_a_label_no_folders_are_needed_and_the_path_may_be_a_column(tmp_path: Path) -> None:
    picture(tmp_path / "photos/b.png")
    picture(tmp_path / "photos/deep/a.png")
    rows, _ = read(tmp_path / "photos", dataset(column("file", "string", "key"), pixels([2, 3, 3])))
    assert tables.read(rows)["file"].tolist() == ["b.png", "deep/a.png"]


def test_the_class_may_be_a_number_or_yes_and_no(tmp_path: Path) -> None:
    for folder, label, wanted in (
        ("0 7", column("digit", "int", "label", min=0, max=9), [0, 7]),
        ("false true", column("broken", "bool", "label"), [False, True]),
        ("ann bob", column("who", "string", "label"), ["ann", "bob"]),
    ):
        photos = tmp_path / label["name"] / "photos"
        for name in folder.split():
            picture(photos / name / "1.png")
        rows, _ = read(photos, dataset(pixels([2, 3, 3]), label))
        assert tables.read(rows)[label["name"]].tolist() == wanted


def test_brightness_is_spread_over_the_range_that_the_schema_gives(tmp_path: Path) -> None:
    for value in (0, 51, 255):
        picture(tmp_path / f"photos/{value:03}.png", mode="L", colour=value)
    for of, wanted in (
        (UNIT, [0.0, 0.2, 1.0]),
        ({"base": "float", "min": -1, "max": 1}, [-1.0, -0.6, 1.0]),
        ({"base": "float"}, [0, 51, 255]),
        ({"base": "int", "min": 0, "max": 255}, [0, 51, 255]),
    ):
        rows, _ = read(tmp_path / "photos", dataset(pixels([2, 3, 1], of)))
        assert images(rows, 2, 3)[:, 0, 0] == pytest.approx(wanted, abs=1e-7)


def test_grey_and_colours_become_what_the_schema_has_and_nothing_is_laid_on_white(tmp_path: Path) -> None:
    picture(tmp_path / "photos/grey.png", mode="L", colour=51)
    picture(tmp_path / "photos/nothing.png", mode="RGBA", colour=(9, 9, 9, 0))
    rows, _ = read(tmp_path / "photos", dataset(pixels([2, 3, 3])))
    assert images(rows, 2, 3, 3)[:, 0, 0].tolist() == [[numpy.float32(0.2)] * 3, [1.0] * 3]
    rows, _ = read(tmp_path / "photos", dataset(pixels([2, 3, 4], {"base": "int"})))
    assert images(rows, 2, 3, 4)[:, 0, 0].tolist() == [[51, 51, 51, 255], [9, 9, 9, 0]]


def test_an_image_is_turned_as_the_camera_was_held(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    image = Image.new("L", (2, 3))
    image.putpixel((0, 0), 255)
    turned = Image.Exif()
    turned[0x0112] = 6
    image.save(tmp_path / "photos/1.png", exif=turned)
    rows, _ = read(tmp_path / "photos", dataset(pixels([2, 3, 1])))
    assert images(rows, 2, 3).tolist() == [[[0, 0, 1], [0, 0, 0]]]


@pytest.mark.parametrize(
    ("resize", "wanted"),
    [("stretch", [[1, 1], [0, 0]]), ("crop", [[1, 1], [0, 0]]), ("pad", [[1, 1], [0, 0]])],
)
def test_images_of_other_sizes(tmp_path: Path, resize: str, wanted: list[list[int]]) -> None:
    (tmp_path / "photos").mkdir()
    image = Image.new("L", (8, 8))
    image.paste(255, (0, 0, 8, 4))
    image.save(tmp_path / "photos/1.png")
    rows, _ = read(tmp_path / "photos", dataset(pixels([2, 2, 1])), resize)
    assert numpy.round(images(rows, 2, 2)).tolist() == [wanted]


def test_wide_images_are_cut_around_the_middle_or_get_bars_of_black(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    image = Image.new("L", (8, 2), 255)
    image.paste(0, (0, 0, 2, 2))
    image.save(tmp_path / "photos/1.png")
    square = dataset(pixels([2, 2, 1]))
    assert images(read(tmp_path / "photos", square, "crop")[0], 2, 2).tolist() == [[[1, 1], [1, 1]]]
    tall = dataset(pixels([4, 8, 1]))
    padded = images(read(tmp_path / "photos", tall, "pad")[0], 4, 8)[0]
    assert padded[[0, 3]].max() == 0
    assert padded[1:3, 2:].min() == 1


def test_what_is_no_image_is_told_and_hidden_files_are_not_seen(tmp_path: Path) -> None:
    photos = pets(tmp_path)
    (photos / "cat/notes.txt").write_text("two cats")
    (photos / "cat/.DS_Store").write_bytes(b"\0")
    (photos / "cat/again").symlink_to(photos)
    rows, result = read(photos)
    assert len(tables.read(rows)) == 3
    assert [message["text"] for message in result.to_json()["messages"]] == [
        "left out, since they are no images by their names: cat/notes.txt"
    ]


def test_a_class_without_images_is_warned_of(tmp_path: Path) -> None:
    picture(tmp_path / "photos/cat/1.png")
    _, result = read(tmp_path / "photos")
    assert [message["text"] for message in result.to_json()["messages"]] == [
        "there is no image of `dog`, which `animal` may be"
    ]


# What does not


def test_another_size(tmp_path: Path) -> None:
    picture(tmp_path / "photos/cat/1.png", (640, 480))
    assert refused(tmp_path / "photos") == (
        "MLP701 photos/cat/1.png: is 640x480 pixels (width x height), and the schema asks for 3x2\n"
        'say what is to happen to other sizes: resize = "crop" (or "stretch", "pad"); or declare the shape that they have'
    )


def test_a_folder_that_is_no_class(tmp_path: Path) -> None:
    picture(tmp_path / "photos/cats/1.png")
    assert refused(tmp_path / "photos") == (
        "MLP701 photos/cats/1.png: lies in the folder `cats`, which is no class: "
        '`animal` is one of "cat", "dog"; did you mean `cat`?\n'
        "rename the folder, move it away, or declare the class in the schema"
    )


def test_an_image_in_no_folder(tmp_path: Path) -> None:
    picture(tmp_path / "photos/1.png")
    assert refused(tmp_path / "photos") == (
        "MLP701 photos/1.png: lies in no folder, so nothing says its class\n"
        "put it into the folder of its class: cat/1.png; or leave the label out of the schema"
    )


def test_damaged_images(tmp_path: Path) -> None:
    photos = pets(tmp_path)
    whole = (photos / "cat/10.png").read_bytes()
    (photos / "cat/10.png").write_bytes(whole[:40])
    assert refused(photos) == ("MLP702 photos/cat/10.png: is no image that can be read\nmend or remove it")
    (photos / "cat/10.png").write_bytes(whole[:45])
    assert refused(photos) == (
        "MLP702 photos/cat/10.png: is damaged: image file is truncated\nmend or remove it"
    )
    (photos / "cat/10.png").write_text("a cat")
    assert refused(photos) == ("MLP702 photos/cat/10.png: is no image that can be read\nmend or remove it")


def test_more_than_8_bits(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.fromarray(numpy.full((2, 3), 300, numpy.uint16)).save(tmp_path / "photos/1.png")
    assert refused(tmp_path / "photos", dataset(pixels([2, 3, 1]))) == (
        "MLP702 photos/1.png: has more than 8 bits a channel\nsave it with 8 bits a channel"
    )


def test_no_images_no_folder_no_archive(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    assert refused(tmp_path / "photos") == (
        "MLP706 photos holds no images\n"
        "an image is a file whose name ends in `.bmp`, `.gif`, `.jpeg`, `.jpg`, `.png`, `.ppm`, `.pgm`, `.tif`, `.tiff`, `.webp`"
    )
    assert refused(tmp_path / "fotos") == ("MLP702 there is no file fotos\na path is relative to the spec")
    (tmp_path / "photos.csv").write_text("a,b")
    assert refused(tmp_path / "photos.csv") == (
        "MLP702 photos.csv is neither a folder nor a `.zip` of one\n"
        "`path` names the folder in which the folders of the classes lie"
    )


def test_schemas_that_no_folder_of_images_has(tmp_path: Path) -> None:
    photos = pets(tmp_path)
    assert refused(photos, dataset(ANIMAL)) == (
        "MLP703 the schema has no column for the images\n"
        "declare one: pixels: tensor(float, [64, 64, 3]) in 0..1"
    )
    assert refused(photos, dataset(pixels([6]), ANIMAL)) == (
        "MLP708 column `pixels`: [6] is not the shape of an image\n"
        "it is [height, width, channels], with 1 channel (grey), 3 (red, green, blue) or 4 (and how opaque)"
    )
    assert refused(photos, dataset(pixels([2, 3, 3]), ANIMAL, column("age", "int"))) == (
        "MLP703 a folder of images has no column `age`, a whole number\n"
        "the schema may have one tensor, the class as `@label` (enum, string, bool or int) and `file: string`"
    )
    assert refused(photos, dataset(pixels([2, 3, 3], {"base": "int", "min": 0, "max": 1}), ANIMAL)) == (
        "MLP708 column `pixels`: the brightness of images does not fit a tensor of whole numbers in 0..1, [2, 3, 3]\n"
        "declare `tensor(float, …) in 0..1` to have it between 0 and 1, or `tensor(int, …) in 0..255` to have it as it is"
    )
