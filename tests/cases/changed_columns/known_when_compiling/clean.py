def rename(data, to):
    return data.rename(columns={"amount": to})
