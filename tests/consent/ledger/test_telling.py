"""What came of a file is always a line: whatever the file did to its reader, and however much is wrong."""

import pytest

from consent.errors import NoteRefused, Unreadable
from consent.ledger.telling import TOLD, Found, Telling, Told

NO_TEXT = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x")


@pytest.mark.parametrize(
    ("fault", "found", "text"),
    [
        (NoteRefused("It is not signed."), Found.PROBLEM, "It is not signed."),
        (Unreadable("It is empty."), Found.UNREADABLE, "It is empty."),
        (NO_TEXT, Found.UNREADABLE, "It is no text, or not all of it."),
        (MemoryError(), Found.UNREADABLE, "It is larger than what this machine can hold."),
        (ZeroDivisionError("x"), Found.UNREADABLE, "It is not as it was given (ZeroDivisionError: x)."),
    ],
)
def test_whatever_a_file_does_to_its_reader_is_a_line(fault: Exception, found: Found, text: str):
    telling = Telling()
    with telling.reading("a file"):
        raise fault
    assert telling.lines == [Told(found, "a file", text)]
    with telling.reading("a file", quiet=True):  # only its key was looked for, and it is read again
        raise fault
    assert len(telling.lines) == 1


def test_of_very_many_problems_the_rest_are_counted():
    telling = Telling()
    telling.say("a file", ["It was bent."] * (TOLD + 3), "It holds.")
    assert len(telling.lines) == TOLD + 1
    assert telling.lines[-1] == Told(Found.PROBLEM, "a file", "3 more of this kind.")
    telling.say("another", ["It was bent."] * TOLD, "It holds.")
    assert telling.lines[-1].text == "It was bent."
