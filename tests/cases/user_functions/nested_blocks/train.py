def smooth(data, smoothing=None):
    return str(smoothing)


def sharpen(data, sharpening):
    return str(sharpening)


def shrink(data, window=3):
    return str(window)
