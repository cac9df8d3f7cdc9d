"""Every code that a diagnostic may carry: number, readable name, default severity.

The hundreds say where a mistake belongs: 0 text and syntax, 1 names and structure, 2 types, units and values,
3 data, columns and artefacts, 4 conditions and promotion, 5 lowering and targets, 6 environments, store and
engine, 7 what a step found in data, 8 formatter and linter, 9 faults of mlpc itself. What a code means, with a wrong
and a right example, stands in ``mlpc.explain``; for a rule of the linter (81 to 88) in the docstring of its module.
"""

from __future__ import annotations


class Code:
    """A code such as ``MLP301`` with its name ``unknown-column``."""

    __slots__ = ("code", "name", "severity")

    def __init__(self, code: str, name: str, severity: str = "error") -> None:
        self.code = code
        self.name = name
        self.severity = severity

    def __repr__(self) -> str:
        return f"{self.code} {self.name}"


ALL: dict[str, Code] = {}
#: Of these, the rules of the linter: they may be switched off by a project and allowed by a comment.
RULES: dict[str, Code] = {}
_NAMES: dict[str, Code] = {}


def _code(code: str, name: str, severity: str = "error") -> Code:
    made = Code(code, name, severity)
    if code in ALL or name in _NAMES:
        raise ValueError(f"{code} {name} is declared twice")
    ALL[code] = _NAMES[name] = made
    return made


def _rule(code: str, name: str, severity: str = "warning") -> Code:
    made = RULES[code] = _code(code, name, severity)
    return made


def find(text: str) -> Code | None:
    """Return the code that ``text`` names, by number or by name, in any case."""
    wanted = text.strip()
    return ALL.get(wanted.upper()) or _NAMES.get(wanted.lower())


# 0 text and syntax
UNREADABLE_TEXT = _code("MLP001", "unreadable-text")
NO_FILE = _code("MLP004", "no-file")
MISSING_EDITION = _code("MLP002", "missing-edition")
NEWER_EDITION = _code("MLP003", "newer-edition")
UNEXPECTED_TOKEN = _code("MLP010", "unexpected-token")
UNEXPECTED_CHARACTER = _code("MLP011", "unexpected-character")
UNTERMINATED_STRING = _code("MLP012", "unterminated-string")
UNCLOSED_BRACKET = _code("MLP013", "unclosed-bracket")
STRAY_BRACKET = _code("MLP014", "stray-bracket")
MISSING_VALUE = _code("MLP015", "missing-value")
RESERVED_NAME = _code("MLP016", "reserved-name")
BAD_ESCAPE = _code("MLP017", "bad-escape")
BAD_NUMBER = _code("MLP018", "bad-number")
NESTED_TOO_DEEP = _code("MLP019", "nested-too-deep")
STRAY_DOC_COMMENT = _code("MLP020", "stray-doc-comment", "warning")
MISSING_SEPARATOR = _code("MLP021", "missing-separator")
MISPLACED_USE = _code("MLP022", "misplaced-use")
BAD_INTERPOLATION = _code("MLP023", "bad-interpolation")
TOO_MANY_MISTAKES = _code("MLP024", "too-many-mistakes")
MERGE_CONFLICT = _code("MLP025", "merge-conflict")

# 1 names and structure
UNKNOWN_KIND = _code("MLP101", "unknown-kind")
UNKNOWN_COMPONENT = _code("MLP102", "unknown-component")
UNKNOWN_KEY = _code("MLP103", "unknown-key")
UNKNOWN_NAME = _code("MLP104", "unknown-name")
DUPLICATE_NAME = _code("MLP105", "duplicate-name")
DUPLICATE_KEY = _code("MLP106", "duplicate-key")
MISSING_KEY = _code("MLP107", "missing-key")
WRONG_PLACE = _code("MLP108", "wrong-place")
WRONG_ROLE = _code("MLP109", "wrong-role")
CYCLE = _code("MLP110", "cycle")
UNKNOWN_MODULE = _code("MLP111", "unknown-module")
OUTSIDE_PROJECT = _code("MLP112", "outside-project")
IMPORT_CYCLE = _code("MLP113", "import-cycle")
SECOND_PIPELINE = _code("MLP114", "second-pipeline")
UNKNOWN_ENVIRONMENT = _code("MLP115", "unknown-environment")
NOTHING_TO_CHANGE = _code("MLP116", "nothing-to-change")
UNKNOWN_MEMBER = _code("MLP117", "unknown-member")
AMBIGUOUS_OUTPUT = _code("MLP118", "ambiguous-output")
UNDECLARED_SECRET = _code("MLP119", "undeclared-secret")
MISSING_NAME = _code("MLP120", "missing-name")
MISSING_COMPONENT = _code("MLP121", "missing-component")
NO_PIPELINE = _code("MLP123", "no-pipeline")
BAD_DECLARATION = _code("MLP124", "bad-declaration")
MISSING_FUNCTION = _code("MLP125", "missing-function")
UNFIT_ANNOTATION = _code("MLP131", "unfit-annotation")
STEP_NOT_BUILT = _code("MLP126", "step-not-built")
UNKNOWN_BACKEND = _code("MLP127", "unknown-backend")
BAD_PRICES = _code("MLP128", "bad-prices")
NO_ESTIMATE = _code("MLP129", "no-estimate")
BAD_EACH = _code("MLP140", "bad-each")
TOO_MANY_INSTANCES = _code("MLP141", "too-many-instances")
MISSING_INDEX = _code("MLP142", "missing-index")
UNKNOWN_INSTANCE = _code("MLP143", "unknown-instance")
BAD_CHOICE = _code("MLP144", "bad-choice")
OVER_LIMIT = _code("MLP145", "over-limit")
CLOSED_SYSTEM = _code("MLP150", "closed-system")

# 2 types, units and values
WRONG_TYPE = _code("MLP201", "wrong-type")
MISSING_UNIT = _code("MLP202", "missing-unit")
WRONG_UNIT = _code("MLP203", "wrong-unit")
UNKNOWN_UNIT = _code("MLP204", "unknown-unit")
OUT_OF_RANGE = _code("MLP205", "out-of-range")
NOT_A_CHOICE = _code("MLP206", "not-a-choice")
UNKNOWN_TYPE = _code("MLP207", "unknown-type")
BAD_OPERANDS = _code("MLP208", "bad-operands")
NOT_KNOWN_YET = _code("MLP209", "not-known-yet")
BAD_ARGUMENT = _code("MLP210", "bad-argument")
BAD_FORMAT = _code("MLP211", "bad-format")
UNIT_OF_NOTHING = _code("MLP212", "unit-of-nothing")
DIVISION_BY_ZERO = _code("MLP213", "division-by-zero")

# 3 data, columns and artefacts
UNKNOWN_COLUMN = _code("MLP301", "unknown-column")
WRONG_ARTEFACT = _code("MLP302", "wrong-artefact")
WRONG_COLUMN_TYPE = _code("MLP303", "wrong-column-type")
MISSING_LABEL = _code("MLP304", "missing-label")
COLUMNS_DIFFER = _code("MLP305", "columns-differ")
WRONG_LABEL_TYPE = _code("MLP306", "wrong-label-type")
UNDECLARED_COLUMN = _code("MLP307", "undeclared-column")
SECOND_LABEL = _code("MLP308", "second-label")
COLUMN_EXISTS = _code("MLP309", "column-exists")
LAYER_MISFIT = _code("MLP310", "layer-misfit")
CANNOT_BECOME = _code("MLP311", "cannot-become")

# 4 conditions and promotion
NOT_A_CONDITION = _code("MLP401", "not-a-condition")
UNKNOWN_METRIC = _code("MLP402", "unknown-metric")
NEVER_HOLDS = _code("MLP403", "never-holds")
ALWAYS_HOLDS = _code("MLP404", "always-holds", "warning")
AMBIGUOUS_NAME = _code("MLP405", "ambiguous-name")
WRONG_CONDITION = _code("MLP407", "wrong-condition")
AGAINST_DECLARATION = _code("MLP408", "against-declaration")
OVER_BUDGET = _code("MLP409", "over-budget")
UNDECIDED_BUDGET = _code("MLP410", "undecided-budget", "warning")
NOT_A_FACT = _code("MLP411", "not-a-fact")
DOES_NOT_FIT = _code("MLP412", "does-not-fit")

# 5 lowering and targets
UNREADABLE_WORKFLOW = _code("MLP500", "unreadable-workflow")
OTHER_IR_VERSION = _code("MLP501", "other-ir-version")
MALFORMED_WORKFLOW = _code("MLP502", "malformed-workflow")
DANGLING_REFERENCE = _code("MLP503", "dangling-reference")
DUPLICATE_ID = _code("MLP504", "duplicate-id")
WORKFLOW_CYCLE = _code("MLP505", "workflow-cycle")
WRONG_ORDER = _code("MLP506", "wrong-order")
REFUSED_BY_TARGET = _code("MLP510", "refused-by-target")
LOWERED_FOR_TARGET = _code("MLP511", "lowered-for-target", "note")
MANGLED_NAME = _code("MLP550", "mangled-name", "note")
NAME_TOO_LONG = _code("MLP551", "name-too-long")
UNLOCKED_IMAGE = _code("MLP552", "unlocked-image", "note")
SERVICE_READ = _code("MLP553", "service-read")
DATA_OUTSIDE_PROJECT = _code("MLP554", "data-outside-project")
COMPANION_STARTED = _code("MLP555", "companion-started", "note")
GPU_TYPE_UNKNOWN = _code("MLP556", "gpu-type-unknown", "note")
BAD_REQUIREMENT = _code("MLP557", "bad-requirement")
RESOURCE_REFUSED = _code("MLP558", "resource-refused")
NO_DOCKER = _code("MLP560", "no-docker")
NO_COMPOSE = _code("MLP561", "no-compose")
IMAGE_FAILED = _code("MLP562", "image-failed")
NOT_COMPILED = _code("MLP563", "not-compiled")
SUBMISSION_FAILED = _code("MLP564", "submission-failed")
NOTHING_SUBMITTED = _code("MLP565", "nothing-submitted")
SUBMISSION_LOST = _code("MLP566", "submission-lost")
NO_AIRFLOW = _code("MLP567", "no-airflow")
NO_DAG_FOLDER = _code("MLP568", "no-dag-folder")
UTC_ONLY = _code("MLP570", "utc-only")
PLACEHOLDER_IN_TEXT = _code("MLP571", "placeholder-in-text")
INEXACT_NUMBER = _code("MLP572", "inexact-number")
ASKED_AT_RUN = _code("MLP573", "asked-at-run", "note")
HELD_BACK_LONGER = _code("MLP574", "held-back-longer", "note")
LARGE_DOCUMENT = _code("MLP575", "large-document", "warning")
BAD_SETTING = _code("MLP576", "bad-setting")
UNFIT_DEFAULT = _code("MLP577", "unfit-default")
REGISTRY_IN_VOLUME = _code("MLP580", "registry-in-volume", "note")
BAD_SCHEDULE = _code("MLP581", "bad-schedule")
SEVERAL_TIMEZONES = _code("MLP582", "several-timezones")
OUTSIDE_LIMIT = _code("MLP583", "outside-limit")
NO_KUBEFLOW = _code("MLP590", "no-kubeflow")
NO_REGISTRY = _code("MLP591", "no-registry")
PUSH_FAILED = _code("MLP592", "push-failed")
NO_STAGE = _code("MLP593", "no-stage")
STAGING_FAILED = _code("MLP594", "staging-failed")
NO_CLUSTER = _code("MLP595", "no-cluster")

# 6 environments, store and engine
ENGINE_FAULT = _code("MLP600", "engine-fault")
UNKNOWN_PARAMETER = _code("MLP601", "unknown-parameter")
NO_VALUE = _code("MLP602", "no-value")
UNKNOWN_STEP = _code("MLP603", "unknown-step")
NO_SUCH_INPUT = _code("MLP604", "no-such-input")
NO_SUCH_SOURCE = _code("MLP605", "no-such-source")
INPUT_CHANGED = _code("MLP606", "input-changed")
MISSING_SECRET = _code("MLP607", "missing-secret")
STRANGE_OUTPUT = _code("MLP608", "strange-output")
MISSING_OUTPUT = _code("MLP609", "missing-output")
DISK_FULL = _code("MLP610", "disk-full")
STORE_UNUSABLE = _code("MLP611", "store-unusable")
NEWER_STORE = _code("MLP612", "newer-store")
STORE_BUSY = _code("MLP613", "store-busy")
NO_UV = _code("MLP620", "no-uv")
UNSATISFIABLE = _code("MLP621", "unsatisfiable-requirements")
NO_NETWORK = _code("MLP622", "no-network")
ENVIRONMENT_FAILED = _code("MLP623", "environment-failed")
UNREADABLE_LOCK = _code("MLP624", "unreadable-lock")
STALE_LOCK = _code("MLP625", "stale-lock")
NOT_LOCKED = _code("MLP626", "not-locked")
STEP_FAILED = _code("MLP630", "step-failed")
STEP_TIMED_OUT = _code("MLP631", "step-timed-out")
STEP_KILLED = _code("MLP632", "step-killed")
BAD_RESULT = _code("MLP633", "bad-result")
INTERRUPTED = _code("MLP634", "interrupted")
OUT_OF_MEMORY = _code("MLP635", "out-of-memory")
UNSUPPORTED_STEP = _code("MLP640", "unsupported-step")
NO_GPU = _code("MLP641", "no-gpu")
NOTHING_PROMOTED = _code("MLP642", "nothing-promoted")
BUSY_PORT = _code("MLP643", "busy-port")
SERVICE_FAILED = _code("MLP644", "service-failed")
NO_EARLIER_PROMOTION = _code("MLP645", "no-earlier-promotion")
NO_SUCH_RUN = _code("MLP646", "no-such-run")

# 69 files that the command is given or writes
NO_SUCH_FILE = _code("MLP691", "no-such-file")
UNREADABLE_FILE = _code("MLP692", "unreadable-file")
CANNOT_WRITE = _code("MLP693", "cannot-write")
OCCUPIED_FOLDER = _code("MLP694", "occupied-folder")
OCCUPIED_FILE = _code("MLP695", "occupied-file")
NOT_UNDER_GIT = _code("MLP696", "not-under-git")
UNKNOWN_REVISION = _code("MLP697", "unknown-revision")

# 7 what a step found; the step runtime has the same list
ROW_DOES_NOT_FIT = _code("MLP701", "row-does-not-fit")
UNREADABLE_DATA = _code("MLP702", "unreadable-data")
MISSING_COLUMN = _code("MLP703", "missing-column")
UNEXPECTED_COLUMN = _code("MLP704", "unexpected-column")
DUPLICATE_KEY_OF_STEP = _code("MLP705", "repeated-key")
TOO_FEW_ROWS = _code("MLP706", "too-few-rows")
UNREACHABLE_DATA = _code("MLP707", "unreachable-data")
UNSUPPORTED_COLUMN = _code("MLP708", "unsupported-column")
MISSING_DATA = _code("MLP709", "missing-data")
NO_SUCH_BUCKET = _code("MLP711", "no-such-bucket")
ACCESS_REFUSED = _code("MLP712", "access-refused")
QUERY_REFUSED = _code("MLP713", "query-refused")
IMPOSSIBLE_SPLIT = _code("MLP710", "impossible-split")
NOT_A_FEATURE = _code("MLP720", "not-a-feature")
UNFIT_LABEL = _code("MLP721", "unfit-label")
IMPOSSIBLE_SETTING = _code("MLP722", "impossible-setting")
MODEL_MISFITS_DATA = _code("MLP730", "model-misfits-data")
UNREADABLE_MODEL = _code("MLP731", "unreadable-model")
UNSAVEABLE_MODEL = _code("MLP732", "unsaveable-model")
NO_SUCH_FUNCTION = _code("MLP740", "no-such-function")
UNFIT_SIGNATURE = _code("MLP741", "unfit-signature")
WRONG_RETURN = _code("MLP742", "wrong-return")
USER_CODE_FAILED = _code("MLP743", "user-code-failed")
NOT_AS_DECLARED = _code("MLP744", "not-as-declared")
NOT_EXPORTABLE = _code("MLP750", "not-exportable")
REGISTRY_UNREACHABLE = _code("MLP760", "registry-unreachable")
REGISTRY_REFUSED = _code("MLP761", "registry-refused")
CANNOT_LISTEN = _code("MLP770", "cannot-listen")
INVALID_TASK = _code("MLP790", "invalid-task")
MISSING_LIBRARY = _code("MLP791", "missing-library")
CANNOT_WRITE_OUTPUT = _code("MLP792", "cannot-write-output")
BAD_PARAMETER = _code("MLP793", "bad-parameter")
VALUE_DOES_NOT_FIT = _code("MLP795", "value-does-not-fit")
BAD_SECRET = _code("MLP796", "bad-secret")
HELD_BACK = _code("MLP794", "held-back")
STEP_CRASHED = _code("MLP799", "step-crashed")

# 8 formatter
NOT_FORMATTED = _code("MLP801", "not-formatted")
FORMATTER_FAULT = _code("MLP802", "formatter-fault")

# 81 linter: leakage
EVALUATED_ON_TRAINING_DATA = _rule("MLP810", "evaluated-on-training-data", "error")
LABEL_AMONG_FEATURES = _rule("MLP811", "label-among-features", "error")
COMPUTED_FROM_LABEL = _rule("MLP812", "computed-from-label")
KNOWS_THE_FUTURE = _rule("MLP813", "knows-the-future")
SHUFFLED_TIME = _rule("MLP814", "shuffled-time", "error")
UNMARKED_KEY = _rule("MLP815", "unmarked-key")
TEST_USED_TWICE = _rule("MLP816", "test-used-twice")
TUNED_ON_TEST = _rule("MLP817", "tuned-on-test", "error")
PARTS_OF_TWO_SPLITS = _rule("MLP818", "parts-of-two-splits", "error")
FITTED_BEFORE_SPLIT = _rule("MLP819", "fitted-before-split")

# 82 linter: evaluation
UNSTRATIFIED_SPLIT = _rule("MLP820", "unstratified-split")
ACCURACY_ALONE = _rule("MLP821", "accuracy-alone")
METRIC_IGNORES_BALANCE = _rule("MLP822", "metric-ignores-balance")
LOOSER_GATE = _rule("MLP823", "looser-gate")
UNGATED_PROMOTION = _rule("MLP824", "ungated-promotion", "error")
TRIVIAL_GATE = _rule("MLP825", "trivial-gate")
PERFECT_GATE = _rule("MLP826", "perfect-gate")
UNJUDGED_MODEL = _rule("MLP827", "unjudged-model")
SCALE_BOUND_GATE = _rule("MLP828", "scale-bound-gate")
ODD_TEST_SHARE = _rule("MLP829", "odd-test-share")

# 83 linter: reproducibility
NO_SEED = _rule("MLP830", "no-seed")
UNPINNED_REQUIREMENT = _rule("MLP831", "unpinned-requirement")
NO_LOCK = _rule("MLP832", "no-lock")
MOVING_SOURCE = _rule("MLP833", "moving-source")
MOVING_IMAGE = _rule("MLP834", "moving-image")

# 84 linter: deployment
NO_RESOURCES = _rule("MLP840", "no-resources")
SINGLE_REPLICA = _rule("MLP841", "single-replica")
NO_PARITY = _rule("MLP842", "no-parity")
LOOSE_PARITY = _rule("MLP843", "loose-parity")
NO_SERVICE_LEVEL = _rule("MLP844", "no-service-level")
NO_TIMEOUT = _rule("MLP845", "no-timeout")
IDLE_GPU = _rule("MLP846", "idle-gpu")
IDLE_SERVICE_LEVEL = _rule("MLP847", "idle-service-level")
TOO_LITTLE_MEMORY = _rule("MLP848", "too-little-memory")
NO_HEALTH_CHECK = _rule("MLP849", "no-health-check")

# 85 linter: operations
NO_RETRY = _rule("MLP850", "no-retry")
NO_OWNER = _rule("MLP851", "no-owner")
NO_DESCRIPTION = _rule("MLP852", "no-description")
HASTY_SCHEDULE = _rule("MLP853", "hasty-schedule")
AMBIGUOUS_HOUR = _rule("MLP854", "ambiguous-hour")
LOCAL_DATA_IN_PRODUCTION = _rule("MLP855", "local-data-in-production")
UNWATCHED_DEPLOYMENT = _rule("MLP856", "unwatched-deployment")
UNSEEN_DRIFT = _rule("MLP857", "unseen-drift")
HASTY_RETRAIN = _rule("MLP858", "hasty-retrain")

# 86 linter: security
PLAIN_HTTP = _rule("MLP860", "plain-http")
CREDENTIALS_IN_URL = _rule("MLP861", "credentials-in-url", "error")
SECRET_LITERAL = _rule("MLP862", "secret-literal", "error")
SENSITIVE_UNMARKED = _rule("MLP863", "sensitive-unmarked")

# 87, 88 linter: hygiene
UNUSED_LET = _rule("MLP870", "unused-let")
UNUSED_PARAM = _rule("MLP871", "unused-param")
UNUSED_SCHEMA = _rule("MLP872", "unused-schema")
UNUSED_COMPONENT = _rule("MLP873", "unused-component")
UNUSED_USE = _rule("MLP874", "unused-use")
UNUSED_SECRET = _rule("MLP875", "unused-secret")
UNUSED_BLOCK = _rule("MLP876", "unused-block")
UNUSED_PART = _rule("MLP877", "unused-part")
EMPTY_ENVIRONMENT = _rule("MLP878", "empty-environment")
SAME_AS_BASE = _rule("MLP879", "same-as-base")
SHADOWED_NAME = _rule("MLP880", "shadowed-name")
WEAKER_CONDITION = _rule("MLP881", "weaker-condition")
DEPRECATED = _rule("MLP882", "deprecated")

# 89 the linter itself: its settings and what allows its findings
UNREADABLE_SETTINGS = _code("MLP890", "unreadable-settings")
UNKNOWN_SETTING = _code("MLP891", "unknown-setting")
WRONG_SETTING = _code("MLP892", "wrong-setting")
UNUSED_ALLOWANCE = _code("MLP893", "unused-allowance", "warning")
MISSING_REASON = _code("MLP894", "missing-reason")
UNKNOWN_RULE = _code("MLP895", "unknown-rule")
REFUSED_FIX = _code("MLP896", "refused-fix", "note")

# 9 faults of mlpc itself
INTERNAL_FAULT = _code("MLP901", "internal-fault")
