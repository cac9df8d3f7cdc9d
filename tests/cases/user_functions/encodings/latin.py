# -*- coding: latin-1 -*-
def fit(data, größe=1, *, size: str):
    return data
