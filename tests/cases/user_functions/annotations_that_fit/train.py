from pathlib import Path
from typing import Annotated, Any, List, Literal, Optional, Union

import numpy.typing as npt
import pandas
from mine import Rows, Trees


def fine(
    data: Union[pandas.DataFrame, npt.NDArray],
    trees: Annotated[int, "how many"],
    rate: "float",
    names: List[str],
    weights: dict[str, Any],
    loss: Literal["l1", "l2", "huber"],
    wait: float | int,
    since: str,
    quick: bool,
    by: Optional[str],
    notes: Path,
    seed: int,
    before=None,
    depth: int = 3,
    smoothing: dict | None = None,
    *args,
    **more: object,
) -> object:
    return data


def unknown_classes(data: Rows, trees: Trees) -> "Model":
    return data
