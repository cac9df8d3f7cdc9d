def push(model):
    raise NotImplementedError
