"""One command starts all of it, as the settings say."""

import socket

import httpx2

from neckar_jobs import up
from neckar_jobs.settings import load

SETTINGS = """
nmpi = false
[platforms.Mine]
title = "Mine"
units = "hours"
per_second = 0.001
system = "mine"
limit = 60.0
network = false
"""


def test_what_stands_in_the_file_is_true_of_what_is_started(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    file = tmp_path / "settings.toml"
    file.write_text(SETTINGS)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = load(file, folder=str(tmp_path / "site"), port=port)
    with up.running(settings, file=file, walls=False) as welcome:
        found = httpx2.get(f"{welcome.address}/v4/platforms").json()
        assert [platform["name"] for platform in found] == ["Mine"]
        assert httpx2.get(f"{welcome.address}/jobs/").status_code == 404
