"""AppendOnly: a model whose rows are written once and never changed.

The model, its manager and its querysets refuse to change or remove anything; the database refuses once more
(consent.triggers), for whoever comes past the models. Rows are corrected by writing new ones; those of an
erased person go by `erase`, and by nothing else.

    class Statement(AppendOnly): ...
"""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar, NoReturn, TypeVar

from django.core import checks
from django.db import models

from consent.errors import KeptForever
from consent.triggers import brick_up, guards

__all__ = ["AppendOnly", "AppendOnlyManager", "AppendOnlyQuerySet", "brick_up", "guards"]

OF_ERASED = "IN (SELECT ordinal FROM consent_participant WHERE erased_at IS NOT NULL)"

M = TypeVar("M", bound=models.Model)


def _refuse(model: type[models.Model], verb: str) -> NoReturn:
    raise KeptForever(
        f"{model.__name__} keeps what was written: {verb} is refused. Nothing was changed; write a new row "
        "instead."
    )


class AppendOnlyQuerySet(models.QuerySet[M, M]):
    """Reads and inserts; whatever would change or remove a row is refused."""

    def update(self, **_kwargs: Any) -> NoReturn:
        _refuse(self.model, "update()")

    update.alters_data = True  # type: ignore[attr-defined]  # templates may not call it

    def _update(self, _values: Any) -> NoReturn:
        _refuse(self.model, "an update")

    def delete(self) -> NoReturn:
        _refuse(self.model, "delete()")

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _raw_delete(self, using: str | None) -> NoReturn:
        _refuse(self.model, "a delete")

    def erase(self) -> int:
        """Remove the rows of somebody who was erased: the one way out there is, and the database holds it
        shut for everybody else's. Returns how many went."""
        if not getattr(self.model, "erasable", ""):
            _refuse(self.model, "erase()")
        removed: int = super()._raw_delete(self.db)
        return removed

    erase.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(
        self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None
    ) -> NoReturn:
        _refuse(self.model, "bulk_update()")

    def update_or_create(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        _refuse(self.model, "update_or_create()")

    def bulk_create(
        self,
        objs: Iterable[M],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[M]:
        if update_conflicts or ignore_conflicts:
            _refuse(self.model, "bulk_create() that changes or skips rows")
        return super().bulk_create(objs, batch_size=batch_size)


AppendOnlyManager = models.Manager.from_queryset(AppendOnlyQuerySet)


class AppendOnly(models.Model):
    """The base of every table that only grows."""

    append_only = True  # what consent.apps looks for after a migrate
    # SQL over OLD, the row: when it belongs to somebody who was erased, and may be removed. Empty: never.
    erasable: ClassVar[str] = ""

    objects = AppendOnlyManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"  # foreign keys and Django's own machinery come through here too

    def _save_table(
        self,
        raw: bool = False,
        cls: type[models.Model] | None = None,
        force_insert: bool = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Collection[str] | None = None,
    ) -> bool:
        """Beneath save(), create() and loaddata alike: a row is inserted or nothing happens."""
        if not self._state.adding or force_update or update_fields is not None:
            _refuse(type(self), "saving an existing row")
        updated: bool = super()._save_table(raw, cls, True, False, using)  # type: ignore[misc]
        return updated

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        _refuse(type(self), "delete()")

    @classmethod
    def check(cls, **kwargs: Any) -> list[checks.CheckMessage]:
        """A manager of another kind would be a hole in the wall: say so before anything runs."""
        managers: list[models.Manager[Any]] = [*cls._meta.managers, cls._base_manager]
        holes = [m.name for m in managers if not isinstance(m.get_queryset(), AppendOnlyQuerySet)]
        return [
            *super().check(**kwargs),
            *(
                checks.Error(
                    f"{cls.__name__}.{hole} can change rows that are kept forever.",
                    hint="Build it with Manager.from_queryset() from a subclass of AppendOnlyQuerySet.",
                    obj=cls,
                    id="consent.E001",
                )
                for hole in holes
            ),
        ]
