"""The codes of what steps find: number and readable name, the same as the compiler's list has them."""

from __future__ import annotations

Code = tuple[str, str]

# Data
ROW_DOES_NOT_FIT: Code = ("MLP701", "row-does-not-fit")
UNREADABLE_DATA: Code = ("MLP702", "unreadable-data")
MISSING_COLUMN: Code = ("MLP703", "missing-column")
UNEXPECTED_COLUMN: Code = ("MLP704", "unexpected-column")
DUPLICATE_KEY: Code = ("MLP705", "repeated-key")
TOO_FEW_ROWS: Code = ("MLP706", "too-few-rows")
UNREACHABLE_DATA: Code = ("MLP707", "unreachable-data")
UNSUPPORTED_COLUMN: Code = ("MLP708", "unsupported-column")
MISSING_DATA: Code = ("MLP709", "missing-data")
NO_SUCH_BUCKET: Code = ("MLP711", "no-such-bucket")
ACCESS_REFUSED: Code = ("MLP712", "access-refused")
QUERY_REFUSED: Code = ("MLP713", "query-refused")

# Splitting, training, measuring
IMPOSSIBLE_SPLIT: Code = ("MLP710", "impossible-split")
NOT_A_FEATURE: Code = ("MLP720", "not-a-feature")
UNFIT_LABEL: Code = ("MLP721", "unfit-label")
IMPOSSIBLE_SETTING: Code = ("MLP722", "impossible-setting")
MODEL_MISFITS_DATA: Code = ("MLP730", "model-misfits-data")
UNREADABLE_MODEL: Code = ("MLP731", "unreadable-model")
UNSAVEABLE_MODEL: Code = ("MLP732", "unsaveable-model")

# The user's own code
NO_SUCH_FUNCTION: Code = ("MLP740", "no-such-function")
UNFIT_SIGNATURE: Code = ("MLP741", "unfit-signature")
WRONG_RETURN: Code = ("MLP742", "wrong-return")
USER_CODE_FAILED: Code = ("MLP743", "user-code-failed")
NOT_AS_DECLARED: Code = ("MLP744", "not-as-declared")

# Export and registration
NOT_EXPORTABLE: Code = ("MLP750", "not-exportable")
REGISTRY_UNREACHABLE: Code = ("MLP760", "registry-unreachable")
REGISTRY_REFUSED: Code = ("MLP761", "registry-refused")

# Serving
CANNOT_LISTEN: Code = ("MLP770", "cannot-listen")

# The contract
INVALID_TASK: Code = ("MLP790", "invalid-task")
MISSING_LIBRARY: Code = ("MLP791", "missing-library")
CANNOT_WRITE_OUTPUT: Code = ("MLP792", "cannot-write-output")
BAD_PARAMETER: Code = ("MLP793", "bad-parameter")
VALUE_DOES_NOT_FIT: Code = ("MLP795", "value-does-not-fit")
BAD_SECRET: Code = ("MLP796", "bad-secret")
HELD_BACK: Code = ("MLP794", "held-back")
STEP_CRASHED: Code = ("MLP799", "step-crashed")

# What an adaptor in a container says, and the engine for one machine as well
MISSING_SECRET: Code = ("MLP607", "missing-secret")
STEP_TIMED_OUT: Code = ("MLP631", "step-timed-out")
STEP_KILLED: Code = ("MLP632", "step-killed")
OUT_OF_MEMORY: Code = ("MLP635", "out-of-memory")

ALL: tuple[Code, ...] = tuple(
    value for name, value in list(globals().items()) if name.isupper() and isinstance(value, tuple)
)
