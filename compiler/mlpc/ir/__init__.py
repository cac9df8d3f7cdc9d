"""The Workflow IR: what is executed, in which order, under which conditions; nothing about machine learning.

``nodes`` holds the plain classes that the compiler builds, ``canonical`` their one JSON form, ``models`` the
pydantic models through which a file that comes from outside is read, and which publish the JSON Schema.
"""
