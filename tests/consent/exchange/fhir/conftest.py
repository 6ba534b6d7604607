"""Whom these tests begin with."""
