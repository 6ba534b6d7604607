#!/usr/bin/env python
"""The command runner: `python manage.py help` lists what it can do."""

import os
import sys
import tempfile

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from broker.demo.home import move_in

NO_HOUSE = {"check_corpus", "decide_cases"}  # they read files and print: no key, no database, nothing is kept

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broker.settings")
    if sys.argv[1:2] == ["demo"]:
        move_in(sys.argv[2:])  # a home of its own, before settings are read
    if NO_HOUSE & set(sys.argv[1:2]):
        tent = tempfile.TemporaryDirectory(prefix="no-house-")  # gone when the command is
        os.environ |= {"DEBUG": "1", "BROKER_HOME": tent.name}
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as unfit:
        sys.exit(str(unfit))
