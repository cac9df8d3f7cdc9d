def clean(data, unused):
    return data.drop(columns=["shop", unused]).rename(columns={"items": "pieces"})


def forget(data):
    return data.drop(columns=["amount"])
