"""INFO and FORMAT values against their declarations; and that the quick look and the whole one agree."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from genomics.formats.vcf_record import is_quality
from genomics.formats.vcf_values import Declared, InfoCheck, SampleCheck, fits, info_fits, sample_fits

DECLARED = {
    b"A": Declared(b"A", b"Integer"),
    b"R": Declared(b"R", b"Float"),
    b"G": Declared(b"G", b"Integer"),
    b"S": Declared(b".", b"String"),
    b"C": Declared(b"1", b"Character"),
    b"F": Declared(b"0", b"Flag"),
    b"O": Declared(b"1", b"Flag"),
    b"N": Declared(b".", b"Float"),
}
OF_SAMPLES = {key: field for key, field in DECLARED.items() if field.type != b"Flag"}  # FORMAT has no flags
KEYS = st.sampled_from(["A", "R", "G", "S", "C", "F", "O", "N", "X", ""])
VALUES = st.sampled_from(
    ["", "=", "=.", "=1", "=1,2", "=1,2,3", "=x", "=a,b", "=.5,1e3", "=;", "=a;", "=,", "=-1", "=1."]
)
ENTRY = st.builds(lambda key, value: key + value, KEYS, VALUES)


@given(
    st.lists(st.lists(ENTRY, min_size=1, max_size=4).map(";".join), min_size=1, max_size=12),
    st.integers(0, 2),
)
@example(["S=a", "S=;"], 1)
@example(["C=a;X=1", "C=;;X=1"], 1)
@example(["X=1;F", "X=1;F=;F"], 1)
@settings(deadline=None)
def test_an_info_is_judged_alike_whatever_came_before_it(infos: list[str], alternates: int) -> None:
    check = InfoCheck(DECLARED, alternates=alternates)
    for info in infos:
        assert check(info.encode()) == info_fits(info.encode(), DECLARED, alternates), info


@given(
    st.lists(
        st.tuples(
            st.lists(KEYS, max_size=3),
            st.lists(st.sampled_from([".", "1", "1,2", "1,2,3", "x", "a;b", "", "1.5,2"]), max_size=4),
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, 2),
    st.integers(1, 2),
)
@settings(deadline=None)
def test_a_sample_is_judged_alike_whatever_came_before_it(
    samples: list[tuple[list[str], list[str]]], alternates: int, ploidy: int
) -> None:
    check = SampleCheck(OF_SAMPLES, alternates=alternates, ploidy=ploidy)
    for names, texts in samples:
        keys, values = tuple(name.encode() for name in names), [text.encode() for text in texts]
        right = len(set(keys) | {b"GT"}) == len(keys) + 1 and b"" not in keys
        right = right and sample_fits(keys, values, OF_SAMPLES, alternates=alternates, ploidy=ploidy)
        assert check(b":".join((b"GT", *keys)), b":".join((b"0/1", *values))) == right, (names, texts)


def test_counts_follow_alternates_and_ploidy() -> None:
    def one(field: bytes, value: bytes, alternates: int, ploidy: int) -> bool:
        return fits(value, DECLARED[field], alternates=alternates, ploidy=ploidy)

    assert one(b"A", b"1,2", 2, 2)
    assert not one(b"A", b"1,2", 1, 2)
    assert one(b"R", b"1,2,3", 2, 2)
    assert not one(b"R", b"1,2", 2, 2)
    assert one(b"G", b"1,2,3", 1, 2)
    assert one(b"G", b"1,2", 1, 1)
    assert one(b"G", b"1,2,3,4,5,6", 2, 2)
    assert not one(b"G", b"1,2,3", 2, 2)
    assert all(one(field, b".", alternates, 2) for field in (b"A", b"R", b"G") for alternates in range(4))


def test_no_value_finds_a_slow_way_through() -> None:
    """Patterns that go back and try again would need longer than the world stands for some of these."""
    check = InfoCheck(DECLARED, alternates=1)
    assert check(b"N=1.5;S=a;X=1")
    for slow in (
        b"N=" + b"11," * 200_000 + b"x",
        b"N=" + b"1" * 900_000 + b"x",
        b"N=" + b"1.1e5," * 150_000 + b"x",
    ):
        assert not check(slow + b";S=a;X=1")
        assert not check(slow)
    assert not check(b"N=1;S=" + b".," * 400_000 + b";X=1")
    assert not check(b"S=" + b".," * 400_000)
    assert not is_quality(b"1" * 900_000 + b"x")
    assert not is_quality(b"." + b"1" * 900_000 + b"e")
    samples = SampleCheck(DECLARED, alternates=1, ploidy=2)
    assert samples(b"GT:N:S", b"0/1:1,1:a")
    assert not samples(b"GT:N:S", b"0/1:" + b"11," * 200_000 + b"x:a")
