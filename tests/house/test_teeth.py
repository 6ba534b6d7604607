"""The table of guards that are taken out to see tests fail names what stands in the house today."""

import pytest

from tests.bench.teeth import GUARDS, ROOT


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_stands_where_the_table_says(name: str) -> None:
    guard = GUARDS[name]
    assert guard.stands in (ROOT / guard.file).read_text(), (
        f"{guard.file} has changed; look again at {name!r}."
    )
    assert guard.taken_out != guard.stands
