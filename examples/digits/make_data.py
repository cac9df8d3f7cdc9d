"""Write data/digits.npz from scikit-learn's copy of the UCI digits.

The data is the test part of Optical Recognition of Handwritten Digits (Alpaydin and Kaynak, 1998; CC BY 4.0): 1797 images of
8 x 8 pixels, of which each counts the dark dots, 0 to 16, in a square of 4 x 4 of the scanned image. Here 16 is 1.

Run it with a Python that has NumPy and scikit-learn: python make_data.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

DARKEST = 16.0


def digits() -> dict[str, np.ndarray[Any, Any]]:
    """`pixels`, float32 in 0..1, ``[1797, 8, 8, 1]``, and `digit`, int64 in 0..9, ``[1797]``, in the order of the source."""
    source = load_digits()
    return {
        "pixels": (source.images / DARKEST).astype(np.float32)[..., np.newaxis],
        "digit": source.target.astype(np.int64),
    }


if __name__ == "__main__":
    np.savez_compressed(Path(__file__).with_name("data") / "digits.npz", allow_pickle=False, **digits())
