"""The facts of the top floor."""

from broker.models.people import User

__all__ = ["User"]
