def widen(data, schema):
    return data[list(schema)]
