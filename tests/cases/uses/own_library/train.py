def fit(data, patience):
    return data
