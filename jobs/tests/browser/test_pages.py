"""Every page in Chromium: axe finds nothing serious; pictures are kept for people to look at."""

from pathlib import Path

import pytest

PAGES = {
    "login": (None, "/login"),
    "overview": ("ada", "/"),
    "jobs": ("ada", "/jobs"),
    "jobs_filtered": ("ada", "/jobs?state=failed"),
    "job_finished": ("ada", "/jobs/{finished}"),
    "job_running": ("ada", "/jobs/{running}"),
    "job_waiting": ("ada", "/jobs/{waiting}"),
    "spikes": ("ada", "/jobs/{finished}/files/output/network.nwb"),
    "table": ("ada", "/jobs/{finished}/files/output/membrane.csv"),
    "notebook": ("ada", "/jobs/{finished}/files/output/analysis.ipynb"),
    "json": ("ada", "/jobs/{finished}/files/output/rates.json"),
    "diff": ("ada", "/jobs/{finished}/diff?other={failed}"),
    "new_job": ("ada", "/new"),
    "projects": ("ada", "/projects"),
    "project": ("root", "/projects/{project}"),
    "ask": ("ada", "/projects/new"),
    "collabs": ("ada", "/collabs"),
    "collab": ("ada", "/collabs/dendrites"),
    "platforms": ("ada", "/platforms"),
    "platform": ("root", "/platforms/BrainScaleS-2"),
    "me": ("ada", "/me"),
    "sessions": ("ada", "/sessions"),
    "hooks": ("ada", "/me/hooks"),
    "admin": ("root", "/admin"),
    "mail_stop": (None, "/mail/stop/{stop}"),
    "history": ("root", "/admin/history"),
    "statistics": ("root", "/statistics"),
    "missing": ("ada", "/nothing/here"),
}
LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


@pytest.mark.parametrize("look", list(LOOKS))
@pytest.mark.parametrize("name", list(PAGES))
def test_nothing_serious_is_found_on(
    served, open_page, serious, shots: Path, name: str, look: str
) -> None:
    who, path = PAGES[name]
    page = open_page(who, quiet=name == "missing", **LOOKS[look])
    page.goto("/app" + path.format(**served.numbers))
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.screenshot(path=shots / f"{name}_{look}.png")
    assert serious(page) == []
