"""Brings the catalogues of languages up to date with the code: python -m tests.house.make_catalogues"""

import importlib
import os

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broker.settings")
    django.setup()
    catalogue = importlib.import_module("tests.house.catalogue")  # it reads models
    catalogue.bring_up_to_date()
    catalogue.compile_both()
