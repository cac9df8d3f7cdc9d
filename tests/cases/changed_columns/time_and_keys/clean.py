def tidy(data):
    return data.rename(columns={"day": "date", "customer": "buyer"})


def timeless(data):
    return data.drop(columns=["day"])
