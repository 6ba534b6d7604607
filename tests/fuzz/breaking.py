"""A nursery whose children break down over certain rounds, as no reader of ours should: is it noticed?"""

import ctypes
import json
import sys
from collections.abc import Iterator
from typing import BinaryIO

from genomics.intake.walled import nursery
from genomics.intake.walled.wire import Errand


def bend(stream: BinaryIO, _errand: Errand) -> Iterator[bytes]:
    """Round 3 dies, round 5 never ends, round 7 raises."""
    told = json.load(stream)
    for number in range(told["begin"], told["end"]):
        if number == 3:
            ctypes.string_at(0)
        while number == 5:
            pass
        yield b"KeyError: 7\n" if number == 7 else b"taken\n"


if __name__ == "__main__":
    nursery.serve(int(sys.argv[1]), {"bend": bend})
