"""One daemon for all tests, a copy of the sample film, and for each test an editor on it."""

import json
import os
import shutil
import signal
import tempfile
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types
from pytest_lsp import ClientServerConfig

from editor import PROFILES, Editor

SAMPLE = Path(__file__).resolve().parents[1] / "films/high-water"


def pytest_addoption(parser):
    parser.addoption("--named", help="run only tests whose names contain this")


def pytest_collection_modifyitems(config, items):
    named = config.getoption("--named")
    if named:
        others = [it for it in items if named not in it.nodeid]
        items[:] = [it for it in items if named in it.nodeid]
        config.hook.pytest_deselected(items=others)


def pytest_sessionfinish(session, exitstatus):
    """That no test has a name is no failure."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.getoption("--named"):
        session.exitstatus = pytest.ExitCode.OK


class Sandbox:
    """Folders of a user who has nothing but films."""

    def __init__(self):
        # Sockets have short paths.
        self.folder = Path(tempfile.mkdtemp(prefix="sc")).resolve()
        self.binary = os.environ.get("STORYCORE_TEST_BINARY")
        if not self.binary:
            raise LookupError("STORYCORE_TEST_BINARY is not set: run `cargo xtask test`")
        self.numbers = count(1)
        self.shared = self.film()

    def film(self):
        """A copy of the sample film."""
        made = shutil.ignore_patterns(".storycore", "exports")
        to = self.folder / f"film-{next(self.numbers)}"
        shutil.copytree(SAMPLE, to, ignore=made)
        return to

    async def editor(self, profile, film):
        """An editor that has started the server and said nothing yet."""
        folders = {"RUNTIME": "run", "STATE": "state", "CONFIG": "config"}
        own = {f"STORYCORE_{it}_DIR": str(self.folder / to) for it, to in folders.items()}
        config = ClientServerConfig(
            server_command=[self.binary, "lsp"],
            client_factory=lambda: Editor(profile, film),
            server_env={**os.environ, **own},
        )
        return await config.start()

    def close(self):
        """Ends the daemon that the first editor has started."""
        for record in (self.folder / "run").glob("*.json"):
            os.kill(json.loads(record.read_text())["pid"], signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sandbox():
    sandbox = Sandbox()
    yield sandbox
    sandbox.close()


@pytest.fixture
def film(request, sandbox):
    """A film that nobody writes to; a test that does has one of its own."""
    return sandbox.film() if request.node.get_closest_marker("writes") else sandbox.shared


async def leave(editor, request):
    """Ends the server, whatever the test has left of it."""
    if editor._server.returncode is None:
        editor._server.terminate()
    await editor.stop()
    if not request.node.get_closest_marker("xfail"):
        assert editor.broken == [], "the server said what cannot be read"


@pytest_asyncio.fixture(params=PROFILES)
async def silent(request, sandbox, film):
    """An editor that has said nothing yet."""
    editor = await sandbox.editor(request.param, film)
    yield editor
    await leave(editor, request)


@pytest_asyncio.fixture
async def editor(silent):
    """An editor that has agreed on a session, with no script open."""
    await silent.begin()
    return silent


@pytest_asyncio.fixture
async def bare(request, sandbox, film):
    """An editor that says of nothing that it can do it, but for what the test says."""
    can = getattr(request, "param", types.ClientCapabilities())
    editor = await sandbox.editor(can, film)
    await editor.begin()
    yield editor
    await leave(editor, request)
