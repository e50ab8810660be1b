"""Photograph pages of the job service for the how-to: `python photograph.py FOLDER`."""

import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "jobs" / "tests"))
import story  # noqa: E402  (the story that tests tell, too)
from neckar_jobs.api.app import application  # noqa: E402
from neckar_jobs.files import Files  # noqa: E402
from neckar_jobs.identity import sessions  # noqa: E402
from neckar_jobs.site import Site  # noqa: E402
from neckar_jobs.store.database import Database  # noqa: E402
from neckar_jobs.web.app import add_pages  # noqa: E402
from neckar_jobs.web.visit import COOKIE  # noqa: E402

PORT = 8765
ADDRESS = f"http://127.0.0.1:{PORT}"


def main(folder: Path) -> None:
    """Tell the story on a site of its own and photograph three pages."""
    with TemporaryDirectory() as kept:
        database = Database(f"sqlite:///{kept}/jobs.db")
        database.migrate()
        clock = story.Past(time.time())
        files = Files(Path(kept) / "files")
        numbers = story.tell(Site(database=database, files=files, clock=clock), clock)
        site = Site(database=database, files=files)
        app = application(site)
        add_pages(app, examples=ROOT / "examples")
        server = uvicorn.Server(uvicorn.Config(app, port=PORT, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        _photograph(folder, sessions.begin(site, "ada"), numbers["finished"])
        server.should_exit = True
        thread.join()
        database.close()


def _photograph(folder: Path, secret: str, job: int | str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.context.add_cookies([{"name": COOKIE, "value": secret, "url": f"{ADDRESS}/app"}])
        page.goto(f"{ADDRESS}/app/jobs/{job}")
        page.locator(".plot-frame canvas").nth(2).wait_for()
        page.screenshot(path=folder / "job_page.png")
        page.goto(f"{ADDRESS}/app/new?begin=demo.py")
        page.locator(".cm-content").wait_for()
        page.screenshot(path=folder / "new_job_page.png")
        _draw(page)
        page.screenshot(path=folder / "model_builder.png")
        browser.close()


def _draw(page: Page) -> None:
    """Neurons that excite others, which inhibit them."""
    page.click("#draw")
    page.click("text=+ Neurons")
    form = page.locator("#builder .form")
    form.locator("[data-place$='.name'] input").fill("Inhibition")
    for source, target in (("Neurons", "Inhibition"), ("Inhibition", "Neurons")):
        page.click("[data-do=connect]")
        for select, name in zip(form.locator("select").all(), (source, target), strict=True):
            select.select_option(label=name)
        form.locator("button", has_text="Connect").click()
    form.locator("[data-place$='.receptor'] select").select_option("inhibitory")
    form.locator("[data-place$='.connector'] select").select_option("FixedProbabilityConnector")
    page.click("[data-do=arrange]")
    page.locator("#builder code", has_text="p_connect=0.5").wait_for()
    form.locator("[data-place$='.p_connect'] input").fill("0.2")
    page.locator("#builder code", has_text="p_connect=0.2").wait_for()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
