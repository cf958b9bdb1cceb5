"""Pages in a headless browser without network: a driver is added to a page, and what it wrote is read back."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions",
    "--host-resolver-rules=MAP * 0.0.0.0", "--proxy-server=127.0.0.1:9", "--enable-logging=stderr",
    "--virtual-time-budget=5000",
)  # fmt: skip
_FIRST = "window.problems = []; addEventListener('error', (event) => problems.push(String(event.message)));"


@dataclass(frozen=True)
class Ran:
    """What a page did."""

    found: dict[str, object]
    problems: list[str]
    console: list[str]


def run_page(html: str, driver: str, folder: Path) -> Ran:
    """Open a page, run `driver` (the body of an async function that returns what it found), and return what it found.

    The driver is allowed into the page by its hash, as the page's own script is; nothing else is changed.
    """
    binary = _browser()
    last = (
        f"(async () => {{ {driver} }})().catch((error) => ({{thrown: String(error)}})).then((found) => {{"
        "const out = document.createElement('pre'); out.id = 'driven';"
        "out.textContent = JSON.stringify({found, problems}); document.body.append(out); });"
    )
    allowed = " ".join(f"'sha256-{_hash(text)}'" for text in (_FIRST, last))
    page = html.replace("script-src ", f"script-src {allowed} ").replace("<title>", f"<script>{_FIRST}</script><title>")
    path = folder / "page.html"
    path.write_text(page.replace("</body>", f"<script>{last}</script></body>"), encoding="utf-8")
    done = subprocess.run(
        [binary, *_FLAGS, "--dump-dom", f"--user-data-dir={folder / 'profile'}", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    written = re.search(r'<pre id="driven">(.*?)</pre>', done.stdout, re.DOTALL)
    assert written, f"the driver wrote nothing; the browser said:\n{done.stderr[-2000:]}"
    text = written[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    said = json.loads(text)
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line or "INFO:CONSOLE" in line]
    return Ran(said["found"], said["problems"], console)


def words_on_paper(html: str, folder: Path) -> list[int]:
    """Return how many pieces of text each page of the printed page has."""
    path, printed = folder / "page.html", folder / "page.pdf"
    path.write_text(html, encoding="utf-8")
    done = subprocess.run(
        [_browser(), *_FLAGS, "--no-pdf-header-footer", f"--print-to-pdf={printed}",
         f"--user-data-dir={folder / 'profile'}", path.as_uri()],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert printed.exists(), f"nothing was printed; the browser said:\n{done.stderr[-2000:]}"
    streams = re.findall(rb"FlateDecode[^>]*>>\s*stream\r?\n(.*?)endstream", printed.read_bytes(), re.DOTALL)
    contents = [zlib.decompressobj().decompress(stream) for stream in streams]
    return [one.count(b"BT\n") for one in contents if b"BT\n" in one]


def _browser() -> str:
    binary = next(filter(None, map(shutil.which, _NAMES)), None)
    if binary is None:
        pytest.skip(f"no browser: none of {', '.join(_NAMES)} is on the path")
    return str(binary)


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
