# -*- coding: utf-9 -*-
def fit(data):
    return data
