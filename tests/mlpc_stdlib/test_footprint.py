"""What is estimated of networks before they are trained lies as near to what they take as ``docs/boards.md`` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mlpc_stdlib import footprints
from tests.mlpc_stdlib.footprints import Measured

PAGE = Path(__file__).resolve().parents[2] / "docs" / "boards.md"
#: Of the file: the share that an estimate may lie below what it is, and above; of the memory above, and bytes of rounding.
BELOW, ABOVE, RAM_ABOVE, ROUNDED = 0.03, 0.15, 0.15, 1024
#: Of a file of whole numbers with unrolled layers, whose names grow with the square of the steps.
BELOW_UNROLLED = 0.1
#: How near what is measured again lies to the page: scales that come out alike by chance join what is written of layers.
NEAR = 0.05


def as_said(each: Measured) -> bool:
    """Return whether an estimate lies within the bounds of the page."""
    unrolled = each.quantize == "int8" and " steps" in each.name
    below = BELOW_UNROLLED if unrolled else BELOW
    estimated, ram = each.ram
    return (
        each.parameters[0] == each.parameters[1]
        and -below <= each.over[0] <= ABOVE
        and ram <= estimated <= ram * (1 + RAM_ABOVE) + ROUNDED
    )


@pytest.mark.engine
def test_two_networks_take_what_is_estimated(tmp_path: Path) -> None:
    wanted = [("the digits of the reference", "int8"), ("keywords", "none")]
    found = footprints.measured(wanted, tmp_path)
    assert len(found) == 2
    assert all(map(as_said, found)), found


@pytest.mark.full
@pytest.mark.engine
def test_every_network_takes_what_is_estimated(tmp_path: Path) -> None:
    found = footprints.measured(footprints.every(), tmp_path)
    assert not [each for each in found if not as_said(each)]
    told = on_the_page()
    for each in found:
        page = told[each.name, each.quantize]
        assert (page.size[1], page.ram[1]) == pytest.approx((each.size[1], each.ram[1]), rel=NEAR), each


def on_the_page() -> dict[tuple[str, str], Measured]:
    """Return the rows of the table of the page, by network and form."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        name, quantize, *figures = [cell.strip(" `") for cell in line.strip("|").split("|")] + [""]
        if quantize in footprints.FORMS:
            counted = [int(figures[place].replace(",", "")) for place in (0, 1, 2, 4, 5)]
            found[name, quantize] = Measured(
                name, quantize, (counted[0], counted[0]), (counted[1], counted[2]), (counted[3], counted[4])
            )
    return found


def test_the_page_has_the_estimates_that_are_made_and_keeps_its_bounds() -> None:
    told = on_the_page()
    assert list(told) == footprints.every()
    for (name, quantize), each in told.items():
        assert as_said(each), each
        now = footprints.estimated(name, quantize)
        assert (now["parameters"], now["size"], now["ram"]) == (
            each.parameters[0],
            each.size[0],
            each.ram[0],
        ), each


def test_the_page_says_the_bounds_that_are_kept() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for bound in (BELOW, ABOVE, BELOW_UNROLLED):
        assert f"{bound:.0%}".replace("%", " %") in page
