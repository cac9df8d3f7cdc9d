"""How much there may be of anything: what people write stays far below, what was made to exhaust the compiler ends here.

The language reference has the same table, which a test compares with this file. Numbers are counts where nothing else
is said.
"""

from __future__ import annotations

#: Bytes of a file: of a spec, of what it uses, of `mlpc.toml`. Reading one takes about a hundred times its size.
FILE_BYTES = 8 * 1024 * 1024
#: Bytes of a spec and of all files of its project that it uses.
BYTES = 8 * 1024 * 1024
#: Files of the project that a spec uses, directly or through others.
FILES = 1_000
#: Files that use each other one through the other; schemas that extend each other so.
DEPTH_OF_USE = 100
#: Brackets in brackets, and operators in one expression.
DEPTH_OF_SYNTAX = 200
#: Digits of a number.
DIGITS = 400
#: Bits of a whole number that arithmetic comes to.
BITS = 1024
#: Lists, maps and operations within each other, of what an expression comes to by way of all the lets that it names.
DEPTH_OF_VALUE = 150
#: Characters and elements of one value, each as often as it stands in it.
VALUE = 1_000_000
#: The same of all values together that lets and interpolations come to under one environment.
VALUES = 20_000_000
#: What an instance counts for in a list such as `model[*]`.
LISTED = 100
#: Instances that the `each` of one block make, all its lists together.
INSTANCES = 1_000
#: Blocks of a pipeline, instances among them, under all environments together.
BLOCKS = 50_000
#: Characters of a text that names an instance.
KEY = 60
#: Environments of one file.
ENVIRONMENTS = 200
#: Devices that take figures one from the other.
DEPTH_OF_DEVICES = 30
#: Mistakes of syntax that are told of one file; the rest of it is not read.
MISTAKES = 1_000
