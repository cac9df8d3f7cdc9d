"""The table of what becomes what says what the declarations say, too."""

from __future__ import annotations

from typing import Any

import pytest

from mlpc.check.checker import Checker
from mlpc.check.compatibility import rows
from mlpc.check.specs import BlockSpec, ComponentSpec
from mlpc.diagnostics import Diagnostics
from mlpc.resolve.modules import Modules
from tests.loader import Texts

DIAGNOSTICS = Diagnostics()
MODULES = Modules(Texts({}), DIAGNOSTICS)
CHECKER = Checker(MODULES, DIAGNOSTICS)
WORKS, FAILS = rows(CHECKER, "works"), rows(CHECKER, "fails")


def component(kind: str, name: str) -> ComponentSpec:
    found = CHECKER.standard_component(kind, (name,))
    assert found is not None, f"there is no {kind} `{name}`"
    return CHECKER.declarations.component(*found)


def frameworks(spec: BlockSpec) -> tuple[str, ...]:
    type = spec.inputs["model"].type
    return type.frameworks or (type.framework,)


def formats(export: ComponentSpec) -> set[str]:
    return set(export.params["format"].type.choices or ()) if "format" in export.params else set()


def exports() -> list[ComponentSpec]:
    module = MODULES.standard("kinds")
    assert module is not None
    return [spec for _, spec in CHECKER.components(module, "export")]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("row", WORKS, ids=lambda row: " ".join(map(str, row.values())))
def test_what_works_is_what_the_components_take(row: dict[str, Any]) -> None:
    export = component("export", row["to"])
    assert set(listed(row["framework"])) <= set(frameworks(export))
    assert "compatible" in export.inputs["model"].marks
    if "quantize" in row:
        choices = export.params["quantize"].type.choices
        assert choices is not None
        assert set(row["quantize"]) <= set(choices)
    assert set(row.get("format", [])) <= formats(export)
    made = next(port for port in export.outputs.values() if port.type.base == "model").type.framework
    for target in row["on"]:
        deploy = component("deploy", target)
        assert made in frameworks(deploy)
        assert "compatible" in deploy.inputs["model"].marks
        for key, allowed in deploy.inputs["model"].made_with.items():
            assert set(row.get(key, allowed)) == set(allowed)


def test_all_that_an_export_takes_is_in_the_table() -> None:
    for export in exports():
        told = {each for row in WORKS if row["to"] == export.name for each in listed(row["framework"])}
        assert told == set(frameworks(export)), export.name


def has_layers(row: dict[str, Any], framework: str) -> None:
    """Hold the layers and activations of a row against what a framework's module declares."""
    module = MODULES.standard(framework)
    assert module is not None
    for name in listed(row.get("layer", [])):
        decl = module.find(name, "component")
        assert decl is not None
        layer = CHECKER.declarations.component(module, decl)
        assert set(row.get("with", {})) <= set(layer.params)
    for name in listed(row.get("activation", [])):
        decl = module.find("dense", "component")
        assert decl is not None
        choices = CHECKER.declarations.component(module, decl).params["activation"].type.choices
        assert choices is not None
        assert name in choices


@pytest.mark.parametrize("row", FAILS, ids=lambda row: " ".join(map(str, row.values())))
def test_what_fails_names_what_there_is(row: dict[str, Any]) -> None:
    if "on" in row:
        component("deploy", row["on"])
    for export in (component("export", to) for to in listed(row["to"])):
        assert set(row.get("format", [])) <= formats(export)
        if "runtime" in row:
            runtimes = export.blocks["parity"].params["runtimes"].type.of
            assert runtimes is not None
            assert row["runtime"] in (runtimes.choices or ())
        if "quantize" in row:
            choices = export.params["quantize"].type.choices
            assert choices is not None
            assert set(row["quantize"]) <= set(choices)
    if "layer" in row or "activation" in row:
        for framework in listed(row.get("framework", "keras")):
            has_layers(row, framework)
    assert row["because"]
    assert row["instead"]
