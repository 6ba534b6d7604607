"""The published vectors of RFC 6962 proofs, judged by our tree.

    python -m tests.bench.ledger_vectors FOLDER

FOLDER holds inclusion/ and consistency/, one JSON file a vector. Prints each that is judged otherwise than it
asks; last `vectors: X of Y`. Ends 1 unless all are judged as they ask.
"""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from consent.ledger import tree


def vector(path: Path) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(path.read_text())
    for name in ("root", "root1", "root2", "leafHash"):
        if name in raw:
            raw[name] = base64.b64decode(raw[name])
    raw["proof"] = [base64.b64decode(step) for step in raw["proof"] or []]
    return raw


def judged(folder: Path) -> Iterator[tuple[Path, str, bool]]:
    """Each vector with what it is about, and whether it was judged as it asks."""
    for path in sorted((folder / "inclusion").rglob("*.json")):
        v = vector(path)
        holds = tree.verify_inclusion(
            index=v["leafIdx"], size=v["treeSize"], leaf=v["leafHash"], proof=v["proof"], root=v["root"]
        )
        yield path, v["desc"], holds is not v["wantErr"]
    for path in sorted((folder / "consistency").rglob("*.json")):
        v = vector(path)
        holds = tree.verify_consistency(
            old=v["size1"], new=v["size2"], old_root=v["root1"], new_root=v["root2"], proof=v["proof"]
        )
        yield path, v["desc"], holds is not v["wantErr"]


def main() -> int:
    every = list(judged(Path(sys.argv[1])))
    for path, about, right in every:
        if not right:
            print(f"{path.parent.name}/{path.name}: {about}")
    right = sum(one for _, _, one in every)
    print(f"vectors: {right} of {len(every)}")
    return 0 if every and right == len(every) else 1


if __name__ == "__main__":
    sys.exit(main())
