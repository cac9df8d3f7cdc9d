"""Training code of one's own: ordinary functions, nothing of mlpc imported."""

import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler


def fit(data: pd.DataFrame, *, alpha: float) -> Pipeline:
    """Fit a ridge regression of `progression` on all other columns."""
    features = data.drop(columns="progression")
    return make_pipeline(StandardScaler(), Ridge(alpha=alpha)).fit(features, data["progression"])
