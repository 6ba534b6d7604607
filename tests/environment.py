"""A home of their own for the tests, before Django reads its settings. Loaded by pytest with -p."""

import atexit
import os
import shutil
import tempfile

if "BROKER_HOME" not in os.environ:
    home = tempfile.mkdtemp(prefix="broker-tests-")
    os.environ["BROKER_HOME"] = home
    # xdist's workers inherit the home; only the process that made it clears it away.
    atexit.register(shutil.rmtree, home, ignore_errors=True)
os.environ.setdefault("DEBUG", "1")
