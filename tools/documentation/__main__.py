"""`make site`: check every example, write the pages, build the site."""

from __future__ import annotations

import sys
from pathlib import Path

from .build import BuildFailed, build
from .pages import ROOT, BrokenExample


def main() -> int:
    """Build the site into `build/site`, or into the folder that is given."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "site"
    try:
        count = build(target)
    except (BrokenExample, BuildFailed) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"wrote {count} pages; open {target / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
