"""A page in which the browser runs the model: made by :mod:`.site`, served by :mod:`.serve`.

``assets`` holds what is sent to browsers as it is: styles and scripts without any framework.
"""
