"""`# allow(rule): reason`: what it allows, and what is said of one that allows nothing."""

from __future__ import annotations

import pytest

from tests.mlpc.lint.programs import found_in, on


def said(change: str, base: str = "tumour") -> list[str]:
    """Return what is said of a change of a base, as `name at place`."""
    return [
        f"{item.code.name} at {item.span.text if item.span else ''}" for item in found_in(on(base, change))
    ]


@pytest.mark.parametrize(
    "change",
    [
        "# allow(unused-schema): read by a tool of ours\nschema Other { a: int }\n",
        "schema Other { a: int } # allow(unused-schema): read by a tool of ours\n",
        "# allow(MLP872): by its code\nschema Other { a: int }\n",
        "# allow( unused-schema , sensitive-unmarked ): two of them\nschema Other { a: int }\n",
        "# allow(unused-schema): in a row of comments\n# which go on\nschema Other { a: int }\n",
        "# allow(unused-schema):\u00e9\nschema Other { a: int }\n",
    ],
)
def test_what_is_allowed_is_not_said(change: str) -> None:
    assert [text for text in said(change) if not text.startswith("unused-allowance at sensitive")] == []


def test_of_a_block_the_finding_is_on_the_line_where_it_begins() -> None:
    change = """split parts: random {
  data = cells # allow(shuffled-time): measured all at once
  test = 20%
  stratify = cells.malignant
  seed = 7
}

schema Cell {
  taken_on: date @time
  malignant: bool @label
}
"""
    assert said(change) == []


def test_without_a_reason_it_allows_and_is_reported_itself() -> None:
    assert said("# allow(unused-schema)\nschema Other { a: int }\n") == [
        "missing-reason at # allow(unused-schema)"
    ]
    assert said("# allow(unused-schema):  \nschema Other { a: int }\n") == [
        "missing-reason at # allow(unused-schema):"
    ]


@pytest.mark.parametrize(
    ("comment", "finding"),
    [
        ("# allow(unused-schemas): why", "unknown-rule at unused-schemas"),
        ("# allow(unknown-column): why", "unknown-rule at unknown-column"),
        ("# alow(unused-schema): why", "unknown-rule at # alow(unused-schema): why"),
        ("# noqa(unused-schema)", "unknown-rule at # noqa(unused-schema)"),
        ("## allow(unused-schema): why", "unknown-rule at ## allow(unused-schema): why"),
    ],
)
def test_what_names_no_rule_allows_nothing(comment: str, finding: str) -> None:
    assert sorted(said(f"{comment}\nschema Other {{ a: int }}\n")) == sorted(
        [finding, "unused-schema at Other"]
    )


@pytest.mark.parametrize(
    "comment",
    [
        "# see grow(unused)",
        "# allowed (unused-schema) since March",
        "# allow",
        "# (unused-schema)",
        "# allow us",
    ],
)
def test_other_comments_are_comments(comment: str) -> None:
    assert said(f"{comment}\nenv ci {{ param trees = 20 }}\n") == []


def test_what_allows_nothing_is_reported() -> None:
    assert said("# allow(no-seed): why\nenv ci { param trees = 20 }\n") == ["unused-allowance at no-seed"]
    too_far = "# allow(unused-schema): why\nlet share = 20%\n\nschema Other { a: int }\n"
    assert sorted(said(too_far)) == [
        "unused-allowance at unused-schema",
        "unused-let at share",
        "unused-schema at Other",
    ]


def test_what_is_switched_off_need_not_be_allowed() -> None:
    files = on("tumour", "# allow(no-seed): why\nenv ci { param trees = 20 }\n")
    files.files["mlpc.toml"] = '[lint.rules]\nno-seed = "off"\n'
    assert found_in(files) == []


def test_a_comment_never_allows_an_error() -> None:
    from mlpc.compilation import Compilation

    text = "mlp 1\n\n# allow(unknown-kind): why\nschemo Other { a: int }\n"
    files = on("tumour", text)
    assert [item.code.name for item in Compilation(files, "main.mlp").check()] == ["unknown-kind"]
