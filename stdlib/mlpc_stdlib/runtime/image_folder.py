"""Reads images that lie in folders, one folder for each class, or in a `.zip` of such folders.

The layout is the one that ``torchvision.datasets.ImageFolder`` and ``keras.utils.image_dataset_from_directory`` read.
Images come in the order of their paths, so that the same folder gives the same rows on every machine.
"""

from __future__ import annotations

import os

from . import codes, schema, tables
from .contract import Result, StepError, Task, did_you_mean
from .data import local, shown, unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import IO, Any, NoReturn
    from zipfile import ZipFile

    import numpy
    import PIL.Image

    Pixels = numpy.ndarray[Any, numpy.dtype[numpy.uint8]]
    Opener = Callable[[], AbstractContextManager[IO[bytes]]]

#: The column that gets the path of each image.
FILE = "file"
#: Ends of names by which images are told.
IMAGES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".pgm", ".tif", ".tiff", ".webp")
#: Pillow's name of the mode with so many channels.
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
#: What an image of more than 8 bits a channel is in Pillow.
_DEEP = ("I", "F")
_WHITE = 255


def image_folder(task: Task, result: Result) -> None:
    """Read a folder of images into a dataset: the image ``[rows, height, width, channels]``, its class, its file.

    Raises:
        StepError: there are none, one cannot be read, or is not what the schema says.
    """
    import numpy
    import pyarrow

    source, output = task.input("path"), task.output("rows")
    columns = schema.declared(output.type)
    image, label, file = _roles(columns)
    folder = Folder(local(source), shown(task, source))
    names, classes, others = _classes(folder, label)
    resize = str(task.argument("resize", "no"))
    pixels = numpy.zeros((len(names), *image.shape), numpy.uint8)
    for row, name in enumerate(names):
        pixels[row] = _read(folder, name, image, resize)
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        result.info(f"left out, since they are no images by their names: {others[0]}{more}")
    made: dict[str, Any] = {image.name: tables.from_tensors(image, _spread(pixels, image))}
    if label is not None:
        made[label.name] = _labels(folder, names, classes, label)
        _tell_of_empty(label, classes, result)
    if file is not None:
        made[file.name] = pyarrow.array(names, tables.column_type(file))
    result.rows["rows"] = tables.write_arrow(
        output.path, pyarrow.table({column.name: made[column.name] for column in columns})
    )


class Folder:
    """The files below a folder, or in a `.zip` of one: paths with ``/``, sorted; hidden ones are not there.

    ``shown`` is how messages call it. A `.zip` that holds one folder alone with the folders inside is taken for that folder.

    Raises:
        StepError: it cannot be read.
    """

    __slots__ = ("_openers", "shown")

    def __init__(self, path: str, shown: str) -> None:
        import zipfile

        self.shown = shown
        try:
            if os.path.isdir(path):
                found = dict(_walk(path, ""))
            else:
                found = _without_top(dict(_members(zipfile.ZipFile(path))))
        except zipfile.BadZipFile:
            raise StepError(
                codes.UNREADABLE_DATA,
                f"{shown} is neither a folder nor a `.zip` of one",
                "`path` names the folder in which the folders of the classes lie",
                {"file": shown},
            ) from None
        except OSError as error:
            raise unreadable(shown, error) from None
        self._openers: dict[str, Opener] = {
            name: found[name]
            for name in sorted(found)
            if not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
        }

    @property
    def names(self) -> list[str]:
        """The paths of the files in it."""
        return list(self._openers)

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Open one of its files."""
        return self._openers[name]()


def _walk(path: str, before: str) -> Iterator[tuple[str, Opener]]:
    for entry in os.scandir(path):
        if entry.is_dir():
            # A link to a folder further up would be walked without end.
            if not entry.is_symlink():
                yield from _walk(entry.path, f"{before}{entry.name}/")
        else:
            yield before + entry.name, _opener(entry.path)


def _opener(path: str) -> Opener:
    return lambda: open(path, "rb")


def _members(archive: ZipFile) -> Iterator[tuple[str, Opener]]:
    for item in archive.infolist():
        if not item.is_dir():
            yield item.filename, _member(archive, item.filename)


def _member(archive: ZipFile, name: str) -> Opener:
    return lambda: archive.open(name)


def _without_top(found: dict[str, Opener]) -> dict[str, Opener]:
    """Take off the one folder in which all others lie, as programs that pack a folder put it there."""
    kept = {name: how for name, how in found.items() if not name.startswith("__MACOSX/")}
    tops = {name.partition("/")[0] for name in kept}
    if len(tops) == 1 and any(name.count("/") > 1 for name in kept):
        return {name.partition("/")[2]: how for name, how in kept.items() if "/" in name}
    return kept


def _roles(columns: list[schema.Column]) -> tuple[schema.Column, schema.Column | None, schema.Column | None]:
    """Return the columns of the image, of its class and of its file.

    Raises:
        StepError: the schema asks for something else, or has no image.
    """
    image = label = file = None
    for column in columns:
        if column.base == "tensor" and image is None:
            image = column
        elif "label" in column.marks and label is None and column.base in ("enum", "string", "bool", "int"):
            label = column
        elif column.header == FILE and column.base == "string":
            file = column
        else:
            raise StepError(
                codes.MISSING_COLUMN,
                f"a folder of images has no column `{column.header}`, {column.expected}",
                "the schema may have one tensor, the class as `@label` (enum, string, bool or int) and `file: string`",
            )
    if image is None:
        raise StepError(
            codes.MISSING_COLUMN,
            "the schema has no column for the images",
            "declare one: pixels: tensor(float, [64, 64, 3]) in 0..1",
        )
    if len(image.shape) != 3 or image.shape[2] not in _MODES:
        raise StepError(
            codes.UNSUPPORTED_COLUMN,
            f"column `{image.name}`: {list(image.shape)} is not the shape of an image",
            "it is [height, width, channels], with 1 channel (grey), 3 (red, green, blue) or 4 (and how opaque)",
        )
    return image, label, file


def _classes(folder: Folder, label: schema.Column | None) -> tuple[list[str], list[str], list[str]]:
    """Return the paths of the images, the class of each where there is a label, and the paths of what is no image.

    Raises:
        StepError: there is no image, or one lies in no folder of a class.
    """
    names = [name for name in folder.names if name.lower().endswith(IMAGES)]
    others = [name for name in folder.names if not name.lower().endswith(IMAGES)]
    if not names:
        ends = ", ".join(f"`{end}`" for end in IMAGES)
        raise StepError(
            codes.TOO_FEW_ROWS,
            f"{folder.shown} holds no images",
            f"an image is a file whose name ends in {ends}",
            {"file": folder.shown},
        )
    if label is None:
        return names, [], others
    classes = []
    for name in names:
        found, slash, _ = name.partition("/")
        if not slash:
            _refuse(
                folder,
                name,
                "lies in no folder, so nothing says its class",
                f"put it into the folder of its class: {_example(label)}/{name}; or leave the label out of the schema",
                codes.ROW_DOES_NOT_FIT,
            )
        classes.append(found)
    return names, classes, others


def _example(label: schema.Column) -> str:
    choices = label.type.get("choices") or []
    return str(choices[0]) if choices else {"bool": "true", "int": "0"}.get(label.base, "cat")


def _labels(folder: Folder, names: list[str], classes: list[str], label: schema.Column) -> Any:
    """Return the class of each image as a column.

    Raises:
        StepError: a folder is called like no class.
    """
    import pyarrow

    parsed = schema.parse(label, pyarrow.array(classes, pyarrow.string()), [])
    if parsed.bad.any():
        row = int(parsed.bad.argmax())
        known = [str(choice) for choice in label.type.get("choices") or []]
        near = did_you_mean(classes[row], known)
        _refuse(
            folder,
            names[row],
            f"lies in the folder `{classes[row]}`, which is no class: `{label.name}` is {label.expected}{near}",
            "rename the folder, move it away, or declare the class in the schema",
            codes.ROW_DOES_NOT_FIT,
        )
    return pyarrow.array(parsed.values, tables.column_type(label))


def _tell_of_empty(label: schema.Column, classes: list[str], result: Result) -> None:
    there = set(classes)
    empty = [f"`{choice}`" for choice in label.type.get("choices") or [] if str(choice) not in there]
    if empty:
        result.warning(f"there is no image of {', '.join(empty)}, which `{label.name}` may be")


def _read(folder: Folder, name: str, column: schema.Column, resize: str) -> Pixels:
    """Return an image as ``[height, width, channels]``, 0 to 255, turned as the camera was held.

    Raises:
        StepError: it cannot be read, or has another size and may not be resized.
    """
    import numpy
    from PIL import Image, ImageOps, UnidentifiedImageError

    height, width, channels = column.shape
    try:
        with folder.open(name) as file, Image.open(file) as opened:
            if opened.mode.startswith(_DEEP):
                _refuse(folder, name, "has more than 8 bits a channel", "save it with 8 bits a channel")
            turned = ImageOps.exif_transpose(opened)
            image = _with_channels(turned, channels)
    except Image.DecompressionBombError:
        _refuse(folder, name, "unpacks to more pixels than an image of data has", "scale it down")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        said = (
            "is no image that can be read"
            if isinstance(error, UnidentifiedImageError)
            else f"is damaged: {error}"
        )
        _refuse(folder, name, said, "mend or remove it")
    if image.size != (width, height):
        image = _resized(folder, name, image, (width, height), resize)
    return numpy.asarray(image, numpy.uint8).reshape(height, width, channels)


def _with_channels(image: PIL.Image.Image, channels: int) -> PIL.Image.Image:
    """Return an image with so many channels; what shines through is laid on white where none says how opaque it is."""
    from PIL import Image

    if channels != 4 and (image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info):
        above = image.convert("RGBA")
        below = Image.new("RGBA", above.size, (_WHITE, _WHITE, _WHITE, _WHITE))
        image = Image.alpha_composite(below, above)
    return image.convert(_MODES[channels])


def _resized(
    folder: Folder, name: str, image: PIL.Image.Image, size: tuple[int, int], how: str
) -> PIL.Image.Image:
    from PIL import Image, ImageOps

    if how == "stretch":
        return image.resize(size, Image.Resampling.BILINEAR)
    if how == "crop":
        return ImageOps.fit(image, size, Image.Resampling.BILINEAR)
    if how == "pad":
        return ImageOps.pad(image, size, Image.Resampling.BILINEAR)
    (width, height), (wanted_width, wanted_height) = image.size, size
    _refuse(
        folder,
        name,
        f"is {width}x{height} pixels (width x height), and the schema asks for {wanted_width}x{wanted_height}",
        'say what is to happen to other sizes: resize = "crop" (or "stretch", "pad"); or declare the shape that they have',
        codes.ROW_DOES_NOT_FIT,
    )


def _spread(pixels: Pixels, column: schema.Column) -> Any:
    """Spread the brightness, 0 to 255, over the range of a column: 0 becomes its lowest value, 255 its highest.

    A column into whose range 0 to 255 fit gets them as they are.

    Raises:
        StepError: the column has no such range.
    """
    import numpy

    low, high = column.element.get("min"), column.element.get("max")
    if (low is None or low <= 0) and (high is None or high >= _WHITE):
        return pixels
    if low is None or high is None or column.element.get("base") == "int":
        raise StepError(
            codes.UNSUPPORTED_COLUMN,
            f"column `{column.name}`: the brightness of images does not fit {column.expected}",
            "declare `tensor(float, …) in 0..1` to have it between 0 and 1, or `tensor(int, …) in 0..255` to have it as it is",
        )
    # Divided in 64 bits and rounded once: the same bytes on every machine.
    table = (low + numpy.arange(256, dtype=numpy.float64) / _WHITE * (high - low)).astype(numpy.float32)
    return table[pixels]


def _refuse(
    folder: Folder, name: str, said: str, help: str, code: codes.Code = codes.UNREADABLE_DATA
) -> NoReturn:
    raise StepError(code, f"{folder.shown}/{name}: {said}", help, {"file": folder.shown})
