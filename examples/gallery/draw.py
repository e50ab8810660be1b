"""Draw the whole gallery, and that for experts, into a folder: `python draw.py FOLDER`."""

import os
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXPERT = sorted((HERE.parent / "expert").glob("*.py"))
SCRIPTS = [*sorted(path for path in HERE.glob("*.py") if path.name != "draw.py"), *EXPERT]


def draw(folder: Path) -> None:
    """Run every script of both galleries, and the demo, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    for script in [*SCRIPTS, HERE.parent / "demo.py"]:
        print(f"--- {script.name}")
        runpy.run_path(str(script), run_name="__main__")


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
