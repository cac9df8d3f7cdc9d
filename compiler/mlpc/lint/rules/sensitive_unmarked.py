"""A column is called as what says who somebody is, `email` or `passport_number`, and is not marked `@sensitive`. What
shows data, such as a report, minds the mark; without one it is shown.

## Wrong

```mlp declarations
schema Cell {
  email: string @ignore
  radius: float >= 0
  malignant: bool @label
}
```

## Right

```mlp declarations
schema Cell {
  email: string @ignore @sensitive
  radius: float >= 0
  malignant: bool @label
}
```

## How to mend it

Mark it `@sensitive`, and `@ignore` where models need not learn from it; or leave the column out of the data.
"""

from __future__ import annotations

import re

from ... import codes
from ...diagnostics import Diagnostic, Fix
from ..edits import mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..spec import Spec

CODE = codes.SENSITIVE_UNMARKED

_SENSITIVE = re.compile(
    r"(?:^|_)(?:bank_account|birth_?date|credit_card|card_number|date_of_birth|dob|driving_licence|drivers_license"
    r"|e_?mail|email_address|first_name|full_name|home_address|iban|ip_address|last_name|maiden_name|national_id"
    r"|passport|passport_number|phone|phone_number|social_security|ssn|street_address|surname|tax_id)$",
    re.IGNORECASE,
)


def find(spec: Spec) -> Iterator[Diagnostic]:
    """Find columns that say who somebody is, without the mark."""
    for schema in spec.schemas():
        for column in schema.columns.values():
            if _SENSITIVE.search(column.name) and "sensitive" not in column.marks:
                yield Diagnostic(
                    CODE,
                    f"`{column.name}` says who somebody is",
                    column.span,
                    label="not marked `@sensitive`",
                    help=["mark it `@sensitive`"],
                    fixes=[Fix("mark it `@sensitive`", mark(column.span, "sensitive"), safe=False)],
                )
