"""A home of the demo's own: a temporary folder or a named one, chosen before settings are read.

It knows no Django. A folder that is neither empty nor an earlier demo's is not touched.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

MARKER = "a-demo-lives-here.json"


def move_in(arguments: list[str]) -> None:
    """Say in the environment where this demo lives. The other arguments are the command's to read."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--folder", type=Path)
    folder = parser.parse_known_args(arguments)[0].folder
    if {"-h", "--help"} & set(arguments):
        folder = None
    os.environ |= {
        "DEMO": "1",
        "BROKER_HOME": str(prepared(folder) if folder else tempfile.mkdtemp(prefix="demo-")),
        # So few at a time that a withdrawal finds the job under way.
        "GATE_BATCH": os.environ.get("GATE_BATCH", "8"),
    }


def prepared(folder: Path) -> Path:
    """A named folder: new, empty, or an earlier demo's, which is cleared. Anything else ends the program."""
    folder = folder.absolute()
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            sys.exit(f"{folder} is neither empty nor an earlier demo's. Nothing was touched; name another.")
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MARKER).write_text("{}\n")
    return folder
