def fit(data, season, method, window=None, smoothing=None):
    return data
