"""The original's web application, unchanged: a job is submitted, followed and looked at."""

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

ADDRESS, APP = os.environ["NECKAR_ADDRESS"], Path(os.environ["NECKAR_NMPI_APP_FOLDER"])
COLLAB = "neuromorphic-testing-private"
EXPECTED = "http://localhost:8000"  # where the application thinks that the service is
MONACO = Path(os.environ["NECKAR_MONACO"])
SCRIPT = "print('spikes are coming')\nopen('spikes.txt', 'w').write('1,2,3')\n"


@pytest.fixture(scope="module")
def address():
    """Where the application is served, with a token of ours and nothing else of ours."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "VITE_DEV_TOKEN": os.environ["EBRAINS_AUTH_TOKEN"]}
    command = [
        str(APP / "node_modules" / ".bin" / "vite"),
        "--port",
        str(port),
        "--strictPort",
        "--host",
        "127.0.0.1",
    ]
    server = subprocess.Popen(command, cwd=APP, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/")
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def page(address):
    """A page of Chromium. What the application asks of localhost:8000 goes to our service."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        sync_playwright() as p,
        p.chromium.launch(executable_path=browser, args=["--no-sandbox"]) as chromium,
    ):
        page = chromium.new_page()
        page.set_default_timeout(30_000)
        page.set_default_navigation_timeout(90_000)  # the first page is bundled on the way
        page.route(re.compile(r"^https?://(?!127\.0\.0\.1|localhost)"), lambda route: route.abort())
        page.route(f"{EXPECTED}/**", _to_our_service)
        page.route("https://cdn.jsdelivr.net/npm/monaco-editor@*/**", _from_package)
        expect.set_options(timeout=20_000)
        yield page
        page.unroute_all(behavior="ignoreErrors")


def _to_our_service(route):
    route.continue_(url=route.request.url.replace(EXPECTED, ADDRESS))


def _from_package(route):
    """The editor, which the application loads from a network that is not here."""
    path = re.sub(r".*/monaco-editor@[^/]*/", "", route.request.url.partition("?")[0])
    route.fulfill(path=str(MONACO / path))


def test_a_job_is_submitted_followed_and_looked_at(page, address):
    page.goto(f"{address}/{COLLAB}/jobs/new")
    page.get_by_role("combobox", name="Hardware").click()
    page.get_by_role("option", name="Demo", exact=True).click()
    page.locator(".monaco-editor .view-lines").first.click()
    page.keyboard.insert_text(SCRIPT)
    page.get_by_label("Tags").fill("from,the app")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url(f"{address}/{COLLAB}/jobs/")
    row = page.get_by_role("row").filter(has_text="spikes are coming")
    expect(row.get_by_text("finished", exact=True)).to_be_visible(timeout=60_000)
    expect(row.get_by_text("the app")).to_be_visible()
    row.get_by_role("link").first.click()
    expect(page.get_by_text("/spikes.txt")).to_be_visible()
    page.get_by_text("Log", exact=True).click()
    expect(page.locator("pre", has_text="spikes are coming").first).to_be_visible()
    page.get_by_label("Preview").first.click()
    expect(page.get_by_text("1,2,3", exact=True)).to_be_visible()
    page.screenshot(path=os.environ.get("NECKAR_SCREENSHOT", "app.png"))
    page.keyboard.press("Escape")


def test_a_remark_is_written(page):
    page.get_by_role("button", name="Comments").click()
    page.get_by_placeholder("Comment on job").fill("a remark")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.get_by_placeholder("Comment on job")).to_have_value("")
    expect(page.get_by_text("a remark").first).to_be_visible()


def test_a_job_is_submitted_again(page, address):
    page.get_by_label("Create a new job based on this one").click()
    expect(page.get_by_role("heading", name="New job")).to_be_visible()
    expect(page.locator(".monaco-editor")).to_contain_text("print")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url(f"{address}/{COLLAB}/jobs/")
    rows = page.get_by_role("row").filter(has_text="spikes are coming")
    expect(rows.get_by_text("finished", exact=True)).to_have_count(2, timeout=60_000)


def test_collab_and_quotas_are_shown(page, address):
    page.goto(address)
    expect(page.get_by_text(COLLAB).first).to_be_visible()
    page.goto(f"{address}/{COLLAB}/projects/")
    expect(page.get_by_text("First steps on Ours")).to_be_visible()
