"""The web, one file per audience."""
