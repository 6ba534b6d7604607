"""A tenth of the bench of cut uploads."""

from pathlib import Path
from typing import Any

import pytest

from tests.bench import upload_cuts

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


def test_uploads_cut_by_eight_clients_at_once_arrive_as_they_were_sent(
    live_server: Any, settings: Any, tmp_path: Path
) -> None:
    settings.STAGING_DIR = tmp_path / "arriving"
    everybody = upload_cuts.run(live_server.url, cuts=20, clients=upload_cuts.tokens(8), seed=7)
    counts = upload_cuts.report(everybody)
    assert upload_cuts.wrong(everybody) == 0, counts
    assert all(client.sent for client in everybody)
