"""What somebody does: sign in, write a script, follow it, look at its spikes."""

import sys

import pytest

import story
from neckar_jobs.identity import sessions
from neckar_jobs.runner.runner import Offer

SCRIPT = """
import random, time
for n in range(5):
    print("step", n, flush=True)
    time.sleep(0.1)
with open("spikes.csv", "w") as file:
    print("time,neuron", file=file)
    for n in range(300):
        print(random.random(), n % 20, sep=",", file=file)
"""


@pytest.fixture
def working(at_work):
    """A runner that takes only new jobs: what waits in the story belongs to it."""
    platform = story.CHIP.name
    at_work(Offer(platform=platform, system="demo", python=sys.executable, path="/usr/bin:/bin"))


def test_sign_in_submit_follow_and_see_the_spikes(served, open_page, working, shots) -> None:
    page = open_page(None)
    page.goto("/app/jobs")  # leads to the door, and from there back to here
    page.fill("#name", "ada")
    page.fill("#password", story.PASSWORD)
    page.click("text=Sign in")
    page.wait_for_url("**/app/jobs")

    page.keyboard.press("n")
    page.wait_for_url("**/app/new")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(SCRIPT)
    page.fill("input[name=name]", "from the browser")
    page.fill("#priority", "50")
    page.click("button[name=submit]")
    page.wait_for_url("**/app/jobs/*")

    page.get_by_text("step 4").wait_for(timeout=20_000)
    page.locator("#standing .state.finished").wait_for(timeout=20_000)
    canvas = page.locator(".plot-frame canvas")
    canvas.wait_for(timeout=20_000)
    assert "300 spikes" in canvas.get_attribute("aria-label")
    inked = """canvas => {
        const c = canvas.getContext('2d'), {width, height} = canvas;
        const data = c.getImageData(0, 0, width, height).data;
        let n = 0;
        for (let i = 3; i < data.length; i += 4) n += data[i] > 0;
        return n / (width * height);
    }"""
    assert canvas.evaluate(inked) > 0.005
    canvas.screenshot(path=shots / "spikes_of_a_job.png")


def test_everything_that_is_wrong_is_shown_at_once_and_nothing_is_lost(open_page) -> None:
    page = open_page("ada", quiet=True)
    page.goto("/app/new")
    page.fill("input[name=name]", "kept")
    page.fill("#command", " ")
    page.fill("#limit", "7200")
    page.locator("#limit").evaluate("field => { field.max = ''; field.value = '1e6' }")
    page.fill("#tags", "x")
    page.click("button[name=check]")
    wrong = page.locator(".wrong li").all_inner_texts()
    assert len(wrong) == 3, wrong
    assert page.input_value("input[name=name]") == "kept"


def test_a_link_signs_in_once(served, open_page) -> None:
    secret = sessions.link(served.site, "bob", by="tests")
    page = open_page(None, quiet=True)
    page.goto(f"/app/link/{secret}")
    page.click("text=Sign in")
    page.wait_for_url("**/app/")
    assert "bob" in page.inner_text("main")
    again = open_page(None, quiet=True)
    again.goto(f"/app/link/{secret}")
    again.click("text=Sign in")
    assert "Please sign in" in again.inner_text("h1")


def test_keys_lead_through_a_list(open_page) -> None:
    page = open_page("ada")
    page.goto("/app/jobs")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    second = page.locator(".jobs a.name").nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{second}")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"


def test_pages_are_complete_without_scripts(served, open_page) -> None:
    page = open_page("ada", java_script_enabled=False)
    page.goto(f"/app/jobs/{served.numbers['finished']}/files/output/network.nwb")
    assert page.locator("svg.plot path.spikes").count() == 1
    page.goto("/app/new")
    page.fill("textarea[name=text]", "print('no script')")
    page.fill("input[name=name]", "by a plain form")
    page.click("button[name=submit]")
    assert page.inner_text("h1") == "by a plain form"


def test_colours_change_at_once_and_stay(open_page) -> None:
    page = open_page("ada")
    page.goto("/app/")
    page.click("details.menu summary")
    with page.expect_response("**/theme"):
        page.click("text=Dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
