"""A Cortex-M4 with 256 KiB of flash and 16 KiB of RAM, emulated by QEMU: what C says on it, word by word."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from mlpc_stdlib.runtime import c_trees
from tests import system

#: The memory of the board, flash and RAM, and where the parts of a program lie.
_LAYOUT = """
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
_START = """
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

static void run(void);

void reset(void)
{
  *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
  __asm__ volatile("dsb\\nisb");
  run();
  /* ADP_Stopped_ApplicationExit */
  ask(0x18, (const void *)0x20026);
  for (;;) {}
}
"""
_COMPILER = [
    "arm-none-eabi-gcc",
    *c_trees.FLAGS,
    "-mcpu=cortex-m4",
    "-mthumb",
    "-mfpu=fpv4-sp-d16",
    "-mfloat-abi=hard",
]


def programs() -> None:
    """See to it that the compiler and the emulator are there."""
    for command, packages in (
        ("arm-none-eabi-gcc", ("gcc-arm-none-eabi", "libnewlib-arm-none-eabi")),
        ("qemu-system-arm", ("qemu-system-arm",)),
    ):
        if shutil.which(command) is None:
            for package in packages:
                system.install(package)


def compiled(folder: Path, source: str) -> Path:
    """Compile a file of a folder, as strictly as the machine that exports does; return the object file."""
    subprocess.run([*_COMPILER, "-c", source], cwd=folder, check=True)
    return folder / source.replace(".c", ".o")


def words(folder: Path, program: str, made: Path) -> list[int]:
    """Return what a program tells by ``word``; its text defines ``run``, and is linked with one object file."""
    (folder / "main.c").write_text(_START + program)
    (folder / "board.ld").write_text(_LAYOUT)
    line = [
        *_COMPILER,
        "-Wno-pedantic",
        "-nostartfiles",
        "-T",
        "board.ld",
        "main.c",
        made.name,
        "-o",
        "firmware.elf",
    ]
    subprocess.run([*line, "--specs=nosys.specs", "-lm"], cwd=folder, check=True)
    machine = ["qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"]
    done = subprocess.run(
        [*machine, "-semihosting-config", "enable=on,target=native", "-kernel", "firmware.elf"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    return [int(word, 16) for word in (done.stdout + done.stderr).split()]
