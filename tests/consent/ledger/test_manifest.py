"""The tree of names: everybody in it is proved, everybody else is proved not to be, and nothing else is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.ledger import manifest, tree

SALT = bytes(16)
KEYS = [bytes([n]) * 32 for n in range(40)]


def named(count: int, job: str = "job") -> list[bytes]:
    return [manifest.name(key, job) for key in KEYS[:count]]


def read(names: list[bytes], hers: bytes, neighbours=None) -> bool | None:
    places = manifest.place(names, hers) if neighbours is None else neighbours
    return manifest.is_read(hers, places, size=len(names), root=manifest.root(names))


@given(st.integers(0, 33), st.sampled_from(["a", "b", "c"]))
def test_whoever_was_read_is_in_it_and_nobody_else_is(count: int, job: str):
    names = manifest.filled(named(count, job), SALT)
    assert manifest.is_in_order(names)
    for number, key in enumerate(KEYS):
        assert read(names, manifest.name(key, job)) is (number < count)


def test_a_tree_is_full_and_its_size_tells_little():
    sizes = [len(manifest.filled(named(count), SALT)) for count in (0, 1, 16, 17, 32, 33)]
    assert sizes == [16, 16, 16, 32, 32, 64]


def test_two_names_of_one_person_have_nothing_in_common():
    a, b = named(40, "one"), named(40, "other")
    assert not set(a) & set(b)
    assert named(40, "one") == a


def test_before_the_first_and_behind_the_last_one_neighbour_is_enough():
    names = manifest.filled(named(9), SALT)
    first, last = b"\x00" * 16, b"\xff" * 16
    assert [one.index for one in manifest.place(names, first)] == [0]
    assert [one.index for one in manifest.place(names, last)] == [15]
    assert read(names, first) is read(names, last) is False


def test_no_other_places_prove_that_somebody_was_not_read():
    """What a house would show that read her and says it did not."""
    names = manifest.filled(named(9), SALT)
    hers = manifest.name(KEYS[4], "job")
    here = names.index(hers)
    at = [manifest.place(names, name)[0] for name in names]
    lies = [[], [at[here - 1]], [at[here + 1]], [at[here - 1], at[here + 1]], at, [at[0]], [at[15]]]
    lies += [[replace(at[here + 1], index=here), at[here + 1]]]
    lies += [[at[here - 1], replace(at[here + 1], index=here)]]
    lies += [[replace(at[here], name=bytes(16))]]
    assert [read(names, hers, lie) for lie in lies] == [None] * len(lies)


def test_no_other_places_prove_that_somebody_was_read():
    names = manifest.filled(named(9), SALT)
    hers = next(name for name in named(40)[9:] if names[0] < name < names[-1])
    near = manifest.place(names, hers)
    assert len(near) == 2
    for lie in ([replace(near[0], name=hers)], [near[0]], near[::-1], [*near, near[0]]):
        assert read(names, hers, lie) is None


def test_names_out_of_order_are_found_by_whoever_sees_all():
    names = manifest.filled(named(9), SALT)
    assert not manifest.is_in_order([names[1], names[0], *names[2:]])
    assert not manifest.is_in_order([names[0], *names])


@pytest.mark.parametrize("size", [16, 15, 17, 8, 32, 0])
def test_another_size_or_root_shows_nothing(size: int):
    names = manifest.filled(named(9), SALT)
    hers = named(1)[0]
    root = manifest.root(names) if size != 16 else bytes(32)
    assert manifest.is_read(hers, manifest.place(names, hers), size=size, root=root) is None


@pytest.mark.parametrize("size", [16, 32, 256, 512, 2048])
def test_a_tree_that_is_asked_often_says_what_the_whole_tree_says(size: int):
    """By blocks or by all of it the paths are those of RFC 6962, in small trees and in large ones."""
    names = sorted(manifest.name(bytes([n % 251, n // 251]) * 16, "job") for n in range(size))
    grown = manifest.Grown.of(names)
    leaves = [tree.leaf_hash(one) for one in names]
    assert grown.root == tree.root(leaves) == manifest.root(names)
    assert len(grown) == size
    for index in {0, 1, size // 2 - 1, size // 2, size - 1, *range(0, size, 97)}:
        [found] = grown.place(names[index])
        assert (found.index, found.name) == (index, names[index])
        assert list(found.path) == tree.inclusion_proof(leaves, index)
    between = [one[:-1] + bytes([one[-1] ^ 1]) for one in (names[0], names[size // 2 - 1], names[-1])]
    for hers in (bytes(16), b"\xff" * 16, *between):
        shown = grown.place(hers)
        assert manifest.is_read(hers, shown, size=size, root=grown.root) is False
