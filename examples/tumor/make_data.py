"""Write data/cells.csv and data/cells_small.csv from scikit-learn's copy of the Wisconsin data.

The data is Wisconsin Diagnostic Breast Cancer (Wolberg, Street and Mangasarian, 1995; CC BY 4.0): 569 rows,
30 measurements of the cell nuclei in an image of a fine needle aspirate, and the diagnosis. Values are
written at the full precision of the source. The small file, for quick runs, is a stratified sample of 150.

Run it with a Python that has pandas and scikit-learn: python make_data.py
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

SMALL_ROWS = 150
SMALL_SEED = 0


def column_name(feature: str) -> str:
    """`mean radius`, `radius error`, `worst radius` become `radius_mean`, `radius_error`, `radius_worst`."""
    words = feature.split()
    if words[0] in ("mean", "worst"):
        words = [*words[1:], words[0]]
    return "_".join(words)


def cells() -> pd.DataFrame:
    """All 569 rows: 30 measurements (float) and `malignant` (bool), in the order of the source."""
    source = load_breast_cancer(as_frame=True)
    frame: pd.DataFrame = source.data.rename(columns=column_name)
    # In the source 0 is malignant and 1 is benign.
    frame["malignant"] = source.target == list(source.target_names).index("malignant")
    return frame


def small(frame: pd.DataFrame) -> pd.DataFrame:
    """A stratified sample of 150 rows, in the order of `frame`."""
    sample: pd.DataFrame
    sample, _ = train_test_split(
        frame, train_size=SMALL_ROWS, stratify=frame["malignant"], random_state=SMALL_SEED
    )
    return sample.sort_index()


def csv(frame: pd.DataFrame) -> str:
    """The frame as CSV text; truth values are `true` and `false`."""
    text = frame.assign(malignant=frame["malignant"].map({True: "true", False: "false"}))
    return text.to_csv(index=False, lineterminator="\n")


def main() -> None:
    """Write both files beside this script."""
    folder = Path(__file__).resolve().parent / "data"
    folder.mkdir(exist_ok=True)
    frame = cells()
    for name, rows in (("cells.csv", frame), ("cells_small.csv", small(frame))):
        (folder / name).write_text(csv(rows), encoding="utf-8")
        print(f"{name}: {len(rows)} rows, {int(rows['malignant'].sum())} malignant")


if __name__ == "__main__":
    main()
