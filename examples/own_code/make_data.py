"""Write data/patients.csv from scikit-learn's copy of the diabetes data.

The data is that of Efron, Hastie, Johnstone and Tibshirani, "Least Angle Regression" (2004): 442 patients,
ten measurements each, and how far the disease had progressed a year later. Values are those of the source,
not the standardised ones that scikit-learn gives by default.

Run it with a Python that has pandas and scikit-learn: python make_data.py
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_diabetes

# The source calls the six blood serum measurements s1 to s6.
NAMES = {
    "bp": "blood_pressure",
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_ratio",
    "s5": "log_triglycerides",
    "s6": "glucose",
}


def patients() -> pd.DataFrame:
    """All 442 rows: ten measurements and `progression`, in the order of the source."""
    source = load_diabetes(as_frame=True, scaled=False)
    frame: pd.DataFrame = source.frame.rename(columns={**NAMES, "target": "progression"})
    return frame.astype({"age": int, "sex": int})


def main() -> None:
    """Write the file beside this script."""
    folder = Path(__file__).resolve().parent / "data"
    folder.mkdir(exist_ok=True)
    frame = patients()
    (folder / "patients.csv").write_text(frame.to_csv(index=False, lineterminator="\n"), encoding="utf-8")
    print(f"patients.csv: {len(frame)} rows")


if __name__ == "__main__":
    main()
