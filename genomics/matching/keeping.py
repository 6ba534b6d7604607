"""How findings are kept between the look and the answer, when many workers look: plain JSON, by their types.

Pure. Frozen dataclasses, enums and tuples become what JSON has, and come back the same: whoever concludes
from kept findings says what she would have said at once. Never pickle: what is kept lies in a database.
"""

from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np


def kept(finding: Any) -> Any:
    """A finding as JSON has it."""
    if isinstance(finding, Enum):
        return finding.value
    if is_dataclass(finding):
        return {one.name: kept(getattr(finding, one.name)) for one in fields(finding)}
    if isinstance(finding, (tuple, list)):
        return [kept(one) for one in finding]
    return finding.item() if isinstance(finding, np.generic) else finding


def again(kind: Any, said: Any) -> Any:
    """The finding of this type behind what was kept of it. Numbers stay as they were written."""
    if said is None:
        return None
    if get_origin(kind) is UnionType:
        (kind,) = (one for one in get_args(kind) if one is not NoneType)
    if get_origin(kind) is tuple:
        return tuple(again(get_args(kind)[0], one) for one in said)
    if isinstance(kind, type) and is_dataclass(kind):
        types = _types(kind)
        return kind(**{name: again(types[name], value) for name, value in said.items()})
    return kind(said) if isinstance(kind, type) and issubclass(kind, Enum) else said


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
