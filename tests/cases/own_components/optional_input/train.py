def fit(data, start=None):
    return data
