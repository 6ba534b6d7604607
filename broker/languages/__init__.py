"""What the lower floors say, in the reader's language.

The law and the material speak English and know no web: an error is raised there with its sentence, a table
holds its labels. Pages put them into the reader's language here. What templates and doors say themselves is
marked for gettext where it stands, and lies in broker/locale; what is said below lies in
broker/languages/locale, found in the code by tests/house/catalogue.py. No word is chosen here.
"""
