"""Every door says who may open it: URLs, REST routes, Celery tasks, commands."""

from importlib import import_module
from pathlib import Path

import pytest
from celery import current_app
from django.core.management import get_commands, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver

from broker.roles import FOR_ALL, RIGHTS, Right, Role
from tests.house.plan import ROOT


def doors(resolver=None, prefix="", space=""):
    """Every URL: (name, path, view)."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            yield from doors(one, prefix + str(one.pattern), f"{one.namespace}:" if one.namespace else space)
        elif isinstance(one, URLPattern):
            yield f"{space}{one.name}", prefix + str(one.pattern), one.callback


DOORS = {name: (path, view) for name, path, view in doors()}


def right_of(view) -> Right | None:
    """The sign a door wears: on the function, or on its permission classes."""
    if (right := getattr(view, "right", None)) is not None:
        return right
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    classes = getattr(view, "initkwargs", {}).get("permission_classes") or getattr(
        cls, "permission_classes", []
    )
    rights = [c.right for c in classes if hasattr(c, "right")]
    return rights[0] if len(rights) == 1 else None


@pytest.mark.parametrize("name", DOORS)
def test_every_url_declares_who_may_use_it(name):
    _, view = DOORS[name]
    assert right_of(view) is not None, (
        f"The door {name!r} says nothing. Put @allow(Right...) on the view, or allows(Right...) on the route."
    )


def test_url_names_are_not_given_twice():
    names = [name for name, _, _ in doors()]
    assert len(names) == len(set(names)), "Two URLs have one name: give each its own."


def test_every_task_declares_who_may_ring_it():
    import_module("broker.tasks")
    ours = {name: task for name, task in current_app.tasks.items() if name.startswith("broker.")}
    assert ours
    for name, task in ours.items():
        assert getattr(task, "allowed", None), f"The task {name} says nothing: set .allowed."


OURS = sorted(path.stem for path in Path(ROOT, "broker/management/commands").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", OURS)
def test_every_command_declares_who_may_run_it(name):
    command = load_command_class(get_commands()[name], name)
    assert getattr(command, "allowed", None) == "operator", f"The command {name} says nothing: set `allowed`."
    assert command.help, f"The command {name} has no help: say in a sentence what it does."


def test_every_right_is_given_to_somebody_and_every_role_has_its_row():
    assert set(RIGHTS) == set(Role)
    given = frozenset().union(*RIGHTS.values()) | FOR_ALL | {Right.SIGNED_IN}
    assert given == set(Right), f"Nobody has {set(Right) - given}: remove it, or give it to a role."


def test_no_single_role_both_asks_and_approves():
    for role, rights in RIGHTS.items():
        assert not (Right.ASK in rights and rights & {Right.REVIEW_CASES, Right.REVIEW_REQUESTS}), role
        assert not (Right.APPOINT in rights and len(rights) > 1), f"{role} appoints and does more."
