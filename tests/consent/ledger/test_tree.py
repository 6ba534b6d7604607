"""The tree against the published vectors, and against its own laws."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.ledger import tree

sizes = st.integers(min_value=1, max_value=130)


def leaves(count: int) -> list[bytes]:
    return [tree.leaf_hash(str(n).encode()) for n in range(count)]


def vector(path: Path) -> dict:
    raw = json.loads(path.read_text())
    for name in ("root", "root1", "root2", "leafHash"):
        if name in raw:
            raw[name] = base64.b64decode(raw[name])
    raw["proof"] = [base64.b64decode(step) for step in raw["proof"] or []]
    return raw


@pytest.mark.shared
def test_all_196_published_vectors_are_judged_as_they_ask(shared: Path):
    judged = {"inclusion": 0, "consistency": 0}
    for path in sorted((shared / "ledger_vectors" / "inclusion").rglob("*.json")):
        v = vector(path)
        holds = tree.verify_inclusion(
            index=v["leafIdx"], size=v["treeSize"], leaf=v["leafHash"], proof=v["proof"], root=v["root"]
        )
        assert holds is not v["wantErr"], f"{path.parent.name}/{path.name}: {v['desc']}"
        judged["inclusion"] += 1
    for path in sorted((shared / "ledger_vectors" / "consistency").rglob("*.json")):
        v = vector(path)
        holds = tree.verify_consistency(
            old=v["size1"], new=v["size2"], old_root=v["root1"], new_root=v["root2"], proof=v["proof"]
        )
        assert holds is not v["wantErr"], f"{path.parent.name}/{path.name}: {v['desc']}"
        judged["consistency"] += 1
    assert judged == {"inclusion": 98, "consistency": 98}


# The leaves and roots by which Certificate Transparency's own implementations are tested.
KNOWN = [bytes.fromhex(leaf) for leaf in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
KNOWN += [bytes.fromhex("606162636465666768696a6b6c6d6e6f")]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize("size", ROOTS)
def test_leaves_and_nodes_are_hashed_as_everybody_elses_are(size: int):
    assert tree.root([tree.leaf_hash(leaf) for leaf in KNOWN[:size]]).hex() == ROOTS[size]


def test_an_empty_tree_has_the_root_of_nothing():
    # RFC 6962, 2.1: the hash of an empty list is the hash of an empty string.
    assert tree.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def by_the_book(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return tree.node_hash(by_the_book(hashes[:k]), by_the_book(hashes[k:]))


@given(sizes)
def test_the_growing_edge_has_the_root_that_the_book_gives(size):
    assert tree.root(leaves(size)) == by_the_book(leaves(size))


@given(sizes, st.data())
def test_every_leaf_is_proved_and_no_other_leaf_is(size, data):
    hashes, index = leaves(size), data.draw(st.integers(0, size - 1))
    claim = {"size": size, "proof": tree.inclusion_proof(hashes, index), "root": tree.root(hashes)}
    assert tree.verify_inclusion(index=index, leaf=hashes[index], **claim)
    assert not tree.verify_inclusion(index=index, leaf=tree.leaf_hash(b"other"), **claim)
    assert not tree.verify_inclusion(index=(index + 1) % size, leaf=hashes[index], **claim) or size == 1


@given(sizes, st.data())
def test_growth_is_proved_and_a_rewritten_past_is_not(size, data):
    hashes, old = leaves(size), data.draw(st.integers(1, size))
    claim = {"old": old, "new": size, "new_root": tree.root(hashes)}
    proof = tree.consistency_proof(hashes, old)
    assert tree.verify_consistency(old_root=tree.root(hashes[:old]), proof=proof, **claim)
    past = [*hashes[: old - 1], tree.leaf_hash(b"rewritten")]
    assert not tree.verify_consistency(old_root=tree.root(past), proof=proof, **claim)


OTHER = tree.leaf_hash(b"other")


def spoilt(proof: list[bytes]) -> list[list[bytes]]:
    """A proof cut, grown, with another step, and with a step that is no hash."""
    changed = [[*proof[:n], OTHER, *proof[n + 1 :]] for n in range(len(proof))]
    misfits = [[*proof[:n], b"short", *proof[n + 1 :]] for n in range(len(proof))]
    cut = [proof[:n] for n in range(len(proof))]
    return [*changed, *misfits, *cut, [*proof, OTHER], [*proof, OTHER, OTHER]]


@pytest.mark.parametrize("size", range(1, 18))
def test_no_spoilt_proof_of_a_leaf_is_believed(size):
    hashes = leaves(size)
    for index in range(size):
        claim = {"index": index, "size": size, "leaf": hashes[index], "root": tree.root(hashes)}
        proof = tree.inclusion_proof(hashes, index)
        assert tree.verify_inclusion(proof=proof, **claim)
        assert not any(tree.verify_inclusion(proof=bad, **claim) for bad in spoilt(proof))


@pytest.mark.parametrize("new", range(1, 18))
def test_no_spoilt_proof_of_growth_is_believed(new):
    hashes = leaves(new)
    for old in range(1, new + 1):
        claim = {"old": old, "new": new, "old_root": tree.root(hashes[:old]), "new_root": tree.root(hashes)}
        proof = tree.consistency_proof(hashes, old)
        assert tree.verify_consistency(proof=proof, **claim)
        assert not any(tree.verify_consistency(proof=bad, **claim) for bad in spoilt(proof))
        assert not tree.verify_consistency(proof=proof, **claim | {"new_root": OTHER})
        assert not tree.verify_consistency(proof=proof, **claim | {"old": new + 1})
        assert not tree.verify_consistency(proof=proof, **claim | {"old": 0})


@given(sizes, st.data())
def test_the_edge_can_be_put_away_and_taken_up_again(size, data):
    hashes, half = leaves(size), data.draw(st.integers(0, size))
    edge = tree.Frontier()
    for leaf in hashes[:half]:
        edge.append(leaf)
    edge = tree.Frontier.from_bytes(half, edge.to_bytes())
    for leaf in hashes[half:]:
        edge.append(leaf)
    assert (edge.size, edge.root()) == (size, tree.root(hashes))


@pytest.mark.parametrize(
    ("size", "raw"), [(1, b""), (3, bytes(32)), (0, bytes(32)), (-1, bytes(32)), (2, bytes(31))]
)
def test_an_edge_that_cannot_be_is_refused(size, raw):
    with pytest.raises(ValueError, match="cannot be the edge"):
        tree.Frontier.from_bytes(size, raw)


@given(sizes, st.data())
def test_the_hashes_kept_beside_the_leaves_make_up_every_range(size, data):
    start = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(start + 1, size))
    hashes, edge, kept = leaves(size), tree.Frontier(), {}
    for position, leaf in enumerate(hashes):
        kept[position] = [leaf, *edge.append(leaf)]
    whole = {sub: kept[tree.last_leaf(*sub)][sub[0]] for sub in tree.cover(start, end)}
    for (level, index), node in whole.items():
        assert node == tree.root(hashes[index << level : (index + 1) << level])
    covered = [leaf for level, index in whole for leaf in range(index << level, (index + 1) << level)]
    assert covered == list(range(start, end))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (4, 4), (-1, 4)])
def test_a_leaf_that_is_not_there_has_no_proof(index, size):
    with pytest.raises(ValueError, match="has no leaf"):
        tree.inclusion_ranges(index, size)
    assert not tree.verify_inclusion(index=index, size=size, leaf=b"", proof=[], root=b"")


@pytest.mark.parametrize(("old", "new"), [(0, 4), (5, 4), (0, 0)])
def test_growth_from_nothing_or_backwards_has_no_proof(old, new):
    with pytest.raises(ValueError, match="cannot be proved"):
        tree.consistency_ranges(old, new)
