"""Who may do what at a door: a right from the table, and guardian's row for the object behind it.

Whether a use of data is lawful is decided in consent; nothing here changes that, and no flag, superuser
included, opens anything.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from guardian.backends import ObjectPermissionBackend
from guardian.shortcuts import assign_perm, get_user_perms
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from broker.errors import NotAllowed
from broker.models import User
from broker.roles import FOR_ALL, Right

View = Callable[..., HttpResponseBase]


def has(user: Any, right: Right) -> bool:
    """Whether somebody, signed in or not, has a right."""
    if right in FOR_ALL:
        return True
    return isinstance(user, User) and user.is_active and right in user.rights


def require(user: User, right: Right) -> None:
    """Raise NotAllowed unless she has the right: what verbs ask, whichever door they were called from."""
    if not has(user, right):
        raise NotAllowed(f"This is for who may {right.value}. Nothing was changed.")


def person(request: HttpRequest | Request) -> User:
    """Who is at this door. Behind a sign other than PUBLIC there is always somebody."""
    assert isinstance(request.user, User)
    return request.user


def may(user: User, permission: str, thing: Model) -> bool:
    """Whether guardian holds a row by which this login may act on this very object."""
    return user.is_active and permission in get_user_perms(user, thing)


def entrust(user: User, permission: str, thing: Model) -> None:
    """Write that row."""
    assign_perm(permission, user, thing)


def allow(right: Right) -> Callable[[View], View]:
    """The sign on a web door. Who is not signed in is asked to; who has not the right is told so."""

    def door(view: View) -> View:
        @wraps(view)
        def behind(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if has(request.user, right):
                return view(request, *args, **kwargs)
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            raise PermissionDenied(f"This page is for who may {right.value}.")

        behind.right = right  # type: ignore[attr-defined]  # the house's tests read the sign
        return behind

    return door


class Closed(BasePermission):
    """A REST door that says nothing lets nobody in."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False


def allows(right: Right) -> type[BasePermission]:
    """The sign on a REST door."""

    class Allowed(BasePermission):
        def has_permission(self, request: Request, view: Any) -> bool:
            return has(request.user, right)

    Allowed.right = right  # type: ignore[attr-defined]
    Allowed.__name__ = f"Allows_{right.name}"
    return Allowed


class ObjectRights(ObjectPermissionBackend):
    """guardian's backend without the superuser shortcut: a row, or nothing."""

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        if obj is None or not isinstance(user_obj, User):
            return False
        return may(user_obj, perm.split(".")[-1], obj)
