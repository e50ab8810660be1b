"""A network is drawn in Chromium, becomes a script, and the script a job."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

import story
from neckar_jobs.runner.runner import Offer

WIDE = {"viewport": {"width": 1360, "height": 900}, "color_scheme": "light"}
NARROW = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True}


@pytest.fixture
def chip_at_work(at_work):
    """A runner whose Python has the twin."""
    pytest.importorskip("pynn_brainscales", reason="the twin is not installed")
    offer = Offer(
        platform=story.CHIP.name,
        system="brainscales2",
        python=sys.executable,
        path="/usr/bin:/bin",
        environment={"PYTHONPATH": os.environ.get("PYTHONPATH", ""), "MPLBACKEND": "Agg"},
    )
    at_work(offer)


def drawing(open_page, **look: object):
    """The builder, open over a new job, with what it begins with."""
    page = open_page("ada", **(look or WIDE))
    page.goto("/app/new")
    page.locator(".cm-content").wait_for()
    page.click("#draw")
    page.locator("#builder .script code", has_text="pynn.run").wait_for()
    return page


def use(page) -> None:
    """Put the script into the editor."""
    page.click("[data-do=use]")
    page.locator("#builder").wait_for(state="hidden")


def box(page, name: str):
    return page.locator(f'#builder .box[aria-label^="{name},"]')


def place(drawn) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", drawn.get_attribute("transform"))))


def drag(page, source, target) -> None:
    """From the dot of one box onto another box."""
    start = source.locator(".port").bounding_box()
    end = target.locator(".body").bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + 30, start["y"] + 40, steps=3)
    page.mouse.move(end["x"] + 60, end["y"] + 20, steps=3)
    page.mouse.up()


def test_a_drawn_network_becomes_a_job_that_finishes(open_page, chip_at_work, shots) -> None:
    page = drawing(open_page)
    page.click("[data-do=clear]")
    assert page.locator("#builder svg .box").count() == 0

    page.click("text=+ Source")
    page.get_by_label("Name", exact=True).last.fill("Stimulus")
    page.locator("#builder [data-place$='.size'] input").fill("20")
    page.click("text=+ Neurons")
    page.locator("#builder [data-place$='.record.trace'] select").select_option("v")
    drag(page, box(page, "Stimulus"), box(page, "Neurons"))
    page.locator("#builder [data-place$='.parameters.weight'] input").fill("63")
    page.click("[data-do=arrange]")
    page.locator("#builder code", has_text="StaticSynapse(weight=63)").wait_for()
    page.screenshot(path=shots / "builder_light.png")
    page.locator("#builder .parts button.network").click()
    page.locator("#builder [data-place=name] input").fill("Drawn by hand")
    use(page)
    assert page.input_value("#new-job input[name=name]") == "Drawn by hand"
    sent = page.input_value("#new-job textarea[name=text]")
    assert sent.startswith('"""Drawn by hand.')
    page.fill("#priority", "60")
    page.click("button[name=submit]")
    page.wait_for_url("**/app/jobs/*")
    page.locator("#standing .state.finished").wait_for(timeout=90_000)
    log = page.inner_text(".log pre")
    counts = dict(re.findall(r"(\w+): (\d+) spikes", log))
    assert int(counts["Stimulus"]) > 50
    assert int(counts["Neurons"]) > 5
    page.locator("img[src*='network.png']").first.wait_for(timeout=10_000)

    page.click("text=Clone")
    page.locator(".cm-content").wait_for()
    page.click("#draw")
    box(page, "Stimulus").wait_for()
    assert page.locator("#builder [data-show=note]").is_hidden()


def test_everything_can_be_done_with_the_keyboard(open_page) -> None:
    page = drawing(open_page)
    page.locator("[data-do=clear]").press("Enter")
    page.locator("text=+ Source").press("Enter")
    page.locator("text=+ Neurons").press("Enter")
    assert page.evaluate("document.activeElement.id") == "builder-form"
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("Readout")
    box(page, "Source").focus()
    page.keyboard.press("c")
    assert page.evaluate("document.activeElement.id") == "builder-connect"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#builder .parts .arrow").inner_text().startswith("Source → Readout")

    x, y = place(box(page, "Readout"))
    box(page, "Readout").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    assert place(box(page, "Readout")) == (x + 40, y + 8)
    page.keyboard.press("Delete")
    assert page.locator("#builder .parts .arrow").count() == 0
    page.keyboard.press("Control+z")
    assert page.locator("#builder .parts .arrow").count() == 1
    page.keyboard.press("Control+Shift+z")
    assert page.locator("#builder .parts .arrow").count() == 0

    box(page, "Source").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copy").press("Enter")
    assert box(page, "Source 2").count() == 1


def test_lists_and_ranges_are_read_as_they_are_typed(open_page) -> None:
    page = drawing(open_page)
    read = """async ([name, text]) => {
        const fields = await import("/app/static/builder/fields.js");
        return fields[name](text);
    }"""
    typed = {
        ("numbers", " 12 "): 12,
        ("numbers", "8, 10; 1e1"): [8, 10, 10],
        ("numbers", "some"): "some",
        ("times", "0.1:0.4:0.1, 7"): [0.1, 0.2, 0.3, 0.4, 7],
        ("times", "0.1:0.4"): "0.1:0.4",
        ("times", "0:1:0"): "0:1:0",
        ("pairs", "(0, 1)\n\n2 3\n"): [[0, 1], [2, 3]],
        ("pairs", "0 to 1"): "0 to 1",
    }
    assert {each: page.evaluate(read, list(each)) for each in typed} == typed


def test_a_finger_moves_and_connects_boxes(open_page) -> None:
    page = drawing(open_page, **NARROW)
    wire = page.context.new_cdp_session(page)

    def swipe(x: float, y: float, dx: float, dy: float) -> None:
        for kind, part in [("Start", 0), ("Move", 0.3), ("Move", 0.7), ("Move", 1), ("End", None)]:
            points = [] if part is None else [{"x": x + part * dx, "y": y + part * dy}]
            wire.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    x, y = place(box(page, "Neurons"))
    body = box(page, "Neurons").locator(".body").bounding_box()
    swipe(body["x"] + 80, body["y"] + 30, -60, 20)
    assert place(box(page, "Neurons")) == pytest.approx((x - 60, y + 20), abs=2)

    port = box(page, "Source").locator(".port").bounding_box()
    body = box(page, "Neurons").locator(".body").bounding_box()
    dx, dy = body["x"] + 90 - port["x"], body["y"] + 20 - port["y"]
    swipe(port["x"] + 7, port["y"] + 7, dx, dy)
    page.locator("#builder .parts .arrow").nth(1).wait_for()


def test_a_service_that_is_gone_is_told_and_nothing_is_lost(open_page) -> None:
    page = drawing(open_page, **WIDE, quiet=True)
    page.context.clear_cookies()
    page.locator("#builder [data-place=name] input").fill("Kept")
    page.get_by_text("No script: sign in again").wait_for()
    assert page.locator("#builder svg .box").count() == 2


def test_what_is_wrong_is_told_at_its_field_and_leads_there(open_page) -> None:
    page = drawing(open_page)
    page.locator("#builder .parts button.box").nth(1).click()
    place = "#builder [data-place$='.parameters.tau_m']"
    page.locator(f"{place} input").fill("1, 2, 3")
    wrong = page.locator(f"{place} .problem")
    wrong.wait_for()
    assert wrong.inner_text() == "3 values for 10 cells; give one for all, or one for each"
    assert "1 to put right" in page.inner_text("#builder .parts")
    page.locator("#builder .parts button.network").click()
    page.click("[data-do=use]")
    assert page.locator("#builder").is_visible()
    assert page.locator(f"{place} input").evaluate("e => e === document.activeElement")
    page.keyboard.press("Control+a")
    page.keyboard.type("12")
    page.locator("#builder code", has_text="tau_m=12").wait_for()
    assert wrong.is_hidden()


def test_a_network_is_saved_and_opened_again(open_page, tmp_path: Path) -> None:
    page = drawing(open_page)
    page.locator("#builder [data-place=name] input").fill("Kept")
    with page.expect_download() as saving:
        page.click("[data-do=save]")
    path = tmp_path / saving.value.suggested_filename
    saving.value.save_as(path)
    assert path.name == "Kept.json"
    assert json.loads(path.read_text())["version"] == 1
    page.click("[data-do=clear]")
    page.set_input_files("#builder input[type=file]", path)
    box(page, "Neurons").wait_for()
    assert page.input_value("#builder [data-place=name] input") == "Kept"
    page.set_input_files(
        "#builder input[type=file]",
        {"name": "own.py", "mimeType": "text/x-python", "buffer": b"print()"},
    )
    page.get_by_text("There is no network in own.py.").wait_for()


def test_a_script_that_was_changed_by_hand_is_not_taken_for_its_drawing(open_page) -> None:
    page = drawing(open_page)
    use(page)
    page.keyboard.press("Control+Home")
    page.keyboard.type("# mine\n")
    page.click("#draw")
    page.get_by_text("The script was changed by hand").wait_for()


@pytest.mark.parametrize("look", [WIDE, NARROW], ids=["light", "dark"])
def test_nothing_serious_is_found_in_the_builder(open_page, serious, shots, look) -> None:
    page = drawing(open_page, **look)
    page.locator("#builder .parts button.box").nth(1).click()
    page.locator("#builder [data-place$='.parameters.v_rest'] input").fill("5000")
    page.locator("#builder .problem:visible").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.screenshot(path=shots / f"builder_wrong_{look['color_scheme']}.png")
    assert serious(page) == []
