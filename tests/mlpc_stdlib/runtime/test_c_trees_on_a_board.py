"""The exported C on a Cortex-M4, emulated by QEMU: what it says there is what it says here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy
import pytest

from mlpc_stdlib.runtime import c_trees, models, tables
from mlpc_stdlib.runtime.contract import Artefact
from tests import system
from tests.mlpc_stdlib.bundles import make_dataset, make_model, step

ROWS = 60
#: The memory of the board, flash and RAM, and where the parts of a program lie.
LAYOUT = """
ENTRY(reset)
MEMORY { FLASH (rx) : ORIGIN = 0x00000000, LENGTH = 256K  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 16K }
SECTIONS {
  .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) } > FLASH
  .ARM.exidx : { *(.ARM.exidx*) } > FLASH
  .data : { *(.data*) } > RAM
  .bss : { *(.bss*) *(COMMON) } > RAM
  stack_top = ORIGIN(RAM) + LENGTH(RAM);
}
"""
#: No library of C is started: semihosting writes the answers and ends the program. The floating-point unit is switched on first.
PROGRAM = """
#include "model.h"
#include "rows.h"
#include <stdint.h>

extern char stack_top[];
void reset(void);
__attribute__((section(".vectors"), used)) static void *const vectors[] = { stack_top, (void *)reset, 0, (void *)reset };

static int ask(int what, const void *with)
{
  register int r0 __asm__("r0") = what;
  register const void *r1 __asm__("r1") = with;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static void word(uint32_t value)
{
  char text[10];
  int i;
  for (i = 0; i < 8; i++) text[i] = "0123456789abcdef"[(value >> (28 - 4 * i)) & 15u];
  text[8] = '\\n';
  text[9] = 0;
  ask(0x04, text);
}

void reset(void)
{
  int i, k;
  *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
  __asm__ volatile("dsb\\nisb");
  for (i = 0; i < (int)(sizeof rows / sizeof rows[0]); i++) {
    union { float number; uint32_t word; } said;
#ifdef MODEL_CLASSES
    float scores[MODEL_CLASSES];
    word((uint32_t)model_predict(rows[i], scores));
    for (k = 0; k < MODEL_CLASSES; k++) {
      said.number = scores[k];
      word(said.word);
    }
#else
    (void)k;
    said.number = model_predict(rows[i]);
    word(said.word);
#endif
  }
  /* ADP_Stopped_ApplicationExit */
  ask(0x18, (const void *)0x20026);
  for (;;) {}
}
"""


@pytest.fixture(scope="module", autouse=True)
def board() -> None:
    for command, packages in (
        ("arm-none-eabi-gcc", ("gcc-arm-none-eabi", "libnewlib-arm-none-eabi")),
        ("qemu-system-arm", ("qemu-system-arm",)),
        ("gcc", ("gcc", "libc6-dev")),
    ):
        if shutil.which(command) is None:
            for package in packages:
                system.install(package)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("estimator", "label"),
    [("xgboost", "enum"), ("xgboost", "float"), ("lightgbm", "bool"), ("random_forest", "enum")],
)
def test_a_cortex_m4_says_the_same(tmp_path: Path, estimator: str, label: str) -> None:
    model = make_model(tmp_path, label, estimator, trees=15)
    data = make_dataset(tmp_path / "other", label, rows=ROWS, seed=11)
    code = tmp_path / "code"
    figures = step(c_trees.c_trees, {"model": model}, {"code": Artefact(str(code))}).metrics
    original, signature = models.load(model)
    features = models.matrix(signature, tables.read(data), "the rows")
    lines = ",\n".join(
        "{" + ", ".join(float(value).hex() + "f" for value in row) + "}"
        for row in features.to_numpy(dtype=numpy.float32)
    )
    (code / "rows.h").write_text(f"static const float rows[][MODEL_FEATURES] = {{\n{lines}\n}};\n")
    (code / "main.c").write_text(PROGRAM)
    (code / "board.ld").write_text(LAYOUT)
    flags = ["-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"]
    compiler = ["arm-none-eabi-gcc", *c_trees._FLAGS, *flags]
    # The model itself as strictly as on the machine that exports; it takes about as much there.
    subprocess.run([*compiler, "-c", "model.c"], cwd=code, check=True)
    taken = c_trees.loaded_size((code / "model.o").read_bytes())
    assert taken == pytest.approx(figures["size"], rel=0.1)
    line = [
        *compiler,
        "-Wno-pedantic",
        "-nostartfiles",
        "-T",
        "board.ld",
        "main.c",
        "model.o",
        "-o",
        "firmware.elf",
    ]
    subprocess.run([*line, "--specs=nosys.specs", "-lm"], cwd=code, check=True)
    machine = ["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"]
    done = subprocess.run(
        [*machine, "-semihosting-config", "enable=on,target=native", "-kernel", "firmware.elf"],
        cwd=code,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    words = [int(word, 16) for word in (done.stdout + done.stderr).split()]
    width = 1 if label == "float" else len(signature["classes"]) + 1
    told = numpy.array(words, dtype=numpy.uint32).reshape(ROWS, width)
    if label == "float":
        said = told.view(numpy.float32)[:, 0]
        assert said == pytest.approx(models.predict_values(original, features), abs=1e-5)
        return
    scores = models.predict_scores(original, signature, features)
    assert scores is not None
    assert numpy.abs(told[:, 1:].copy().view(numpy.float32) - scores).max() < 1e-6
    decided = [signature["classes"][number] for number in told[:, 0]]
    assert decided == models.predict_values(original, features).tolist()
