def fit(data, alpha, beta):
    return data
