"""The inference server: an exported model behind HTTP.

``bundle`` is the model with its signature, ``requests`` judges what was sent, ``answers`` turns a body into an
answer, ``openapi`` and ``pages`` describe the service, ``metrics`` counts, ``app`` is the ASGI application,
``process`` the sockets, processes and signals around it.
"""

from __future__ import annotations
