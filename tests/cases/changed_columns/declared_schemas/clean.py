def price(data):
    return data
