"""The official tus clients against a real server: tus-py-client (`tuspy`) and, where node has it,
tus-js-client. What they sent is what lies here."""

import io
import os
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker import arriving, people, tokens
from broker.models import Upload, UploadState
from tests.world import EARLIER

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]

DATA = bytes(range(256)) * 1000

# Sends half, is cut, goes on from where it stands; then one in a single request, and one that it stops.
SCRIPT = """
const tus = require("tus-js-client");
const [url, token] = process.argv.slice(1);
const data = Buffer.from(Array.from({length: 256000}, (_, i) => i % 256));
const sent = (options, then = () => {}) => new Promise((resolve, reject) => {
  const upload = new tus.Upload(data, {
    endpoint: url, retryDelays: null, headers: {Authorization: "Token " + token},
    metadata: {filename: "eve.vcf"}, onError: reject, onSuccess: () => resolve(upload), ...options,
  });
  then(upload, resolve);
  upload.start();
});
(async () => {
  let cut;
  await sent({chunkSize: 100000, onChunkComplete: () => { cut.abort(); setTimeout(cut.done, 50); }},
    (upload, done) => { cut = upload; cut.done = done; });
  const whole = await sent({uploadUrl: cut.url, chunkSize: 70000, overridePatchMethod: true});
  if (whole.url !== cut.url) throw new Error("it began anew");
  await sent({uploadDataDuringCreation: true});
  await sent({chunkSize: 1000, onChunkComplete: () => { cut.abort(true).then(cut.done); }},
    (upload, done) => { cut = upload; cut.done = done; });
})().catch(error => { console.error(String(error)); process.exit(1); });
"""


@pytest.fixture
def token(settings, tmp_path: Path) -> str:
    settings.STAGING_DIR = tmp_path / "arriving"
    eve = people.sign_up("eve", "x" * 12, born_on=date(1980, 1, 1), at=EARLIER)
    return tokens.issue(eve, "tus", lasts=timedelta(days=1))[1]


def lying() -> list[tuple[str, bytes]]:
    rows = Upload.objects.order_by("created_at").exclude(state=UploadState.ENDED)
    return [(one.state, arriving.opened(one).read()) for one in rows]


@pytest.mark.parametrize("checksum", [False, True])
def test_the_python_client_sends_is_cut_and_goes_on(live_server: Any, token: str, checksum: bool):
    client = pytest.importorskip("tusclient.client", reason="tuspy is not installed here")
    door = client.TusClient(f"{live_server.url}/api/v1/uploads", headers={"Authorization": f"Token {token}"})
    facts = {"chunk_size": 60_000, "upload_checksum": checksum}
    first = door.uploader(file_stream=io.BytesIO(DATA), metadata={"filename": "eve.vcf"}, **facts)
    first.upload_chunk()
    again = door.uploader(file_stream=io.BytesIO(DATA), url=first.url, **facts)
    assert again.offset == 60_000
    again.upload()
    assert lying() == [("arrived", DATA)]


def test_the_javascript_client_sends_is_cut_and_goes_on(live_server: Any, token: str):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    known = subprocess.run([node, "-e", "require('tus-js-client')"], capture_output=True, check=False)
    if known.returncode:
        pytest.skip("node does not know tus-js-client (npm install tus-js-client; NODE_PATH names where)")
    url = f"{live_server.url}/api/v1/uploads"
    told = subprocess.run(
        [node, "-e", SCRIPT, url, token],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert lying() == [("arrived", DATA), ("arrived", DATA)]
    assert Upload.objects.filter(state=UploadState.ENDED).count() == 1
