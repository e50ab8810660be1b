"""Pages over HTTP: who may see and do what, and what no content of a user can do to others."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from cast import ADA, PROVIDER, wanted
from cast import ROOT as ADMIN
from neckar_jobs.api.app import application
from neckar_jobs.files import content_type
from neckar_jobs.identity import sessions, tokens
from neckar_jobs.model import DataFile, FileKind, Role
from neckar_jobs.service import (
    activity,
    claims,
    comments,
    jobs,
    mail,
    notices,
    people,
    projects,
    subscriptions,
)
from neckar_jobs.service.envelope import stopping
from neckar_jobs.service.posting import SECRET
from neckar_jobs.store import secrets
from neckar_jobs.web.app import ROOT, add_pages
from neckar_jobs.web.visit import COOKIE
from page_rights import JOB, LOGIN, OPEN, RIGHTS

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def pages(service):
    (mount,) = (each for each in service.http.app.routes if getattr(each, "path", "") == ROOT)
    return mount.app


class Browser:
    """Somebody at a browser, who fills in the forms of the pages they see."""

    def __init__(self, app, site, name):
        self.http = TestClient(app, follow_redirects=False)
        self.session = None
        if name != "nobody":
            self.session = sessions.resume(site, sessions.begin(site, name))
            self.http.cookies.set(COOKIE, self.session.secret)

    def get(self, path, **rest):
        return self.http.get("/app" + path, **rest)

    def post(self, path, data, **rest):
        csrf = self.session.csrf if self.session else self._guest()
        return self.http.post("/app" + path, data={"csrf": csrf, **data}, **rest)

    def _guest(self):
        return re.search(r'data-csrf="(\w+)"', self.get("/login").text)[1]


@pytest.fixture
def browser(service, pages, site):
    def opened(name):
        return Browser(service.http.app, site, name)

    return opened


def leave(site, lease, path, data):
    sha256, size = site.files.put([data])
    file = DataFile(path=path, size=size, sha256=sha256, content_type=content_type(path))
    claims.put_output(site, lease.job.id, lease.key, file)


@pytest.fixture
def lease(site, service):
    jobs.submit(site, ADA, wanted())
    lease = claims.claim(site, PROVIDER, "r", ["Demo"])
    claims.begin(site, lease.job.id, lease.key, "h")
    return lease


@pytest.fixture
def things(site, lease):
    """A job that is over with a file and a comment, and one of everything else."""
    leave(site, lease, "a.csv", b"time,neuron\n0.1,1\n0.2,3\n")
    claims.end(site, lease.job.id, lease.key, "finished")
    project = projects.ask(site, ADA, collab="lab", title="t")
    quota = projects.grant(site, ADMIN, project.id, platform="Demo", limit=1.0)
    notices.save_filter(site, ADA, "kept", "text=a")
    hook, _ = subscriptions.subscribe(site, ADA, "http://127.0.0.1:1/", ["127.0.0.1:1"])
    with site.database.writing() as c:
        secret = secrets.get(c, SECRET)
    return {
        "secret": sessions.link(site, "ada", by="tests"),
        "number": lease.job.id,
        "kind": FileKind.OUTPUT,
        "path:path": "a.csv",
        "path": "a.csv",
        "comment": comments.write(site, ADA, lease.job.id, "mine").id,
        "project": project.id,
        "quota": quota.id,
        "collab": "lab",
        "name": "lab",
        "platform": "Demo",
        "notice": notices.announce(site, ADMIN, "Demo", 2e9, 2.1e9, "maybe").id,
        "filter": notices.filters(site, ADA)[0].id,
        "token": tokens.issue(site, "ada", name="one")[1].id,
        "person": "eve",
        "key": tokens.keys(site, ADMIN)[0].id,
        "asked": tokens.issue(site, "ada", name="a@example.org", kind=tokens.MAIL)[0],
        "word": stopping("ada", secret),
        "hook": hook.id,
        "mail_number": mail.try_out(site, ADMIN).id,
    }


def routes(pages):
    """Methods and paths, by the names that the table above has for what stands in them."""
    renamed = {
        "/platforms/{name}": "/platforms/{platform}",
        "/maintenance/{number}": "/maintenance/{notice}",
        "/collabs/{name}": "/collabs/{collab}",
        "/filters/{number}": "/filters/{filter}",
        "/people/{name}": "/people/{person}",
        "/mail/confirm/{secret}": "/mail/confirm/{asked}",
    }
    found = set()
    for path, methods in pages.openapi()["paths"].items():
        for old, new in renamed.items():
            path = path.replace(old, new)
        found |= {(method.upper(), path) for method in methods}
    return found


def test_every_page_has_its_rights_written_down(pages):
    assert routes(pages) == set(RIGHTS)


@pytest.mark.parametrize("role", list(OPEN))
def test_rights(browser, things, role):
    """In the order of the table, in which nothing takes away what a later line needs."""
    somebody = browser(role)
    wrong = []
    for (method, path), (rights, content) in RIGHTS.items():
        there = address(path, things)
        answer = somebody.get(there) if method == "GET" else somebody.post(there, content)
        if role == "nobody":
            somebody.http.cookies.clear()  # two of these have just let them in
        led = answer.headers.get("location", "").startswith("/app/login")
        expected = rights[role]
        fine = led if expected == LOGIN else answer.status_code in expected
        if not fine or (led and expected != LOGIN and path != "/logout"):
            wrong.append((method, path, answer.status_code, answer.headers.get("location")))
    assert wrong == []


def address(path, things):
    for name, value in things.items():
        path = path.replace("{" + name + "}", str(value))
    return path + (f"?other={things['number']}" if path.endswith("/diff") else "")


def test_no_form_is_taken_without_the_word_that_only_its_own_page_knows(browser, things):
    root, foreign = browser("root"), browser("ada").session.csrf
    for method, path in RIGHTS:
        open_to_all = path.startswith(("/builder/", "/mail/stop/"))  # its word says everything
        changes_something = method == "POST" and not open_to_all
        for csrf in ("", foreign) if changes_something else ():
            content = {**RIGHTS[method, path][1], "csrf": csrf}
            assert root.post(address(path, things), content).status_code == 403, path


def test_a_form_of_another_site_is_refused(browser, things):
    answer = browser("ada").post(
        f"/jobs/{things['number']}/hide", {}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_what_is_kept_of_a_browser_is_for_it_alone(browser, pages):
    nobody = browser("nobody")
    answer = nobody.post("/login", {"name": "ada", "password": "correct horse"})
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in (f"{COOKIE}=", "HttpOnly", "SameSite=lax", "Path=/app"))
    assert "Secure" not in cookie
    safe = TestClient(nobody.http.app, base_url="https://testserver", follow_redirects=False)
    csrf = re.search(r'data-csrf="(\w+)"', safe.get("/app/login").text)[1]
    how = {"csrf": csrf, "name": "ada", "password": "correct horse"}
    assert "Secure" in safe.post("/app/login", data=how).headers["set-cookie"]


def test_a_session_is_over_when_one_signs_out(browser):
    ada = browser("ada")
    assert ada.get("/me").status_code == 200
    ada.post("/logout", {})
    ada.http.cookies.set(COOKIE, ada.session.secret)
    assert ada.get("/me").headers["location"].startswith("/app/login")


def test_a_session_ends_by_itself_and_with_the_account(browser, site, clock):
    ada = browser("ada")
    browser("root").post("/admin/people/ada", {"close": ""})
    assert ada.get("/me").status_code == 303
    bob = browser("bob")
    clock.now += sessions.SECONDS + 1
    assert bob.get("/me").status_code == 303


def test_a_new_password_signs_everybody_else_out(browser):
    here, elsewhere = browser("ada"), browser("ada")
    new = {"old": "correct horse", "new": "battery staple", "again": "battery staple"}
    here.post("/me/password", new)
    assert (here.get("/me").status_code, elsewhere.get("/me").status_code) == (200, 303)


def test_the_secret_of_a_browser_is_no_token_and_a_token_is_no_session(browser, service, site):
    secret = browser("ada").session.secret
    headers = {"Authorization": f"Bearer {secret}"}
    assert service.http.get("/v4/me", headers=headers).status_code == 401
    token, _ = tokens.issue(site, "ada", name="laptop")
    nobody = browser("nobody")
    nobody.http.cookies.set(COOKIE, token)
    assert nobody.get("/me").status_code == 303


def test_a_link_is_old_after_a_while(browser, site, clock):
    secret = sessions.link(site, "ada", by="tests")
    clock.now += sessions.LINK_SECONDS + 1
    assert browser("nobody").post(f"/link/{secret}", {}).status_code == 401


def test_signing_in_leads_nowhere_else(browser):
    nobody = browser("nobody")
    for next in ("https://evil.example", "//evil.example", "/\\evil.example", "/"):
        how = {"name": "ada", "password": "correct horse", "next": next}
        assert nobody.post("/login", how).headers["location"] == "/app/", next
        nobody.http.cookies.clear()


def test_browsers_are_led_to_the_pages_and_programs_are_not(browser):
    http = browser("nobody").http
    assert http.get("/", headers={"Accept": "text/html"}).headers["location"] == "/app/"
    assert http.get("/", headers={"Accept": "application/json"}).json()["version"] == "3"


EVIL = "<script>alert(1)</script>"
IMAGE = "<img src=x onerror=alert(1)>"


class Harmless(HTMLParser):
    """Looks at what a browser would make of a page."""

    def handle_starttag(self, tag, attrs):
        names = {name for name, _ in attrs}
        assert not {name for name in names if name.startswith("on") or name == "style"}
        assert tag not in ("iframe", "object", "embed", "style", "base")
        assert tag != "script" or "src" in names
        for name, value in attrs:
            if name in ("src", "href", "action"):
                assert value.startswith(("/app/", "/docs", "#", "data:image/", "https://")), value
        if tag in ("img", "script"):
            assert dict(attrs)["src"].startswith(("/app/", "data:image/"))


def harmless(page):
    Harmless().feed(page)


def test_nothing_that_people_write_is_run(browser, site, lease):
    number = lease.job.id
    claims.write_log(site, number, lease.key, 0, f"{EVIL}\n{IMAGE}".encode())
    comments.write(
        site, ADA, number, f"{EVIL} {IMAGE} [x](javascript:alert(1)) ![y](https://a.b/c)"
    )
    notebook = {
        "cells": [
            {"cell_type": "markdown", "source": f"{EVIL} [x](javascript:alert(1))"},
            {
                "cell_type": "code",
                "source": EVIL,
                "outputs": [
                    {"data": {"text/html": EVIL, "text/plain": IMAGE}},
                    {"data": {"image/png": '"><script>alert(1)</script>'}},
                    {
                        "data": {
                            "image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'>{EVIL}</svg>"
                        }
                    },
                    {"output_type": "error", "traceback": [EVIL]},
                ],
            },
        ]
    }
    evil_name = f"{IMAGE}.txt".replace("/", "")
    evil_files = {
        evil_name: EVIL,
        "a.csv": f"{EVIL},{IMAGE}\n1,2\n3,4\n",
        "a.json": json.dumps({EVIL: [IMAGE]}),
        "a.md": f"{EVIL} <b onclick=alert(1)>",
        "a.ipynb": json.dumps(notebook),
        "a.html": EVIL,
    }
    for path, text in evil_files.items():
        leave(site, lease, path, text.encode())
    claims.end(site, number, lease.key, "failed", reason=EVIL, provenance={EVIL: IMAGE})
    ada = browser("ada")
    harmless(ada.get(f"/jobs/{number}").text)
    harmless(ada.get(f"/jobs?text={EVIL}&tag={IMAGE}").text)
    for path in evil_files:
        harmless(ada.get(f"/jobs/{number}/files/output/{path}").text)
    assert "https://a.b/c" in ada.get(f"/jobs/{number}").text  # a link, and no picture
    assert 'src="https://a.b/c' not in ada.get(f"/jobs/{number}").text


def test_files_of_people_are_saved_and_not_opened(browser, site, lease):
    ada = browser("ada")
    for path in ("a.html", "a.svg", "a.txt", "a.pdf", "a.png", "a.xhtml"):
        leave(site, lease, path, EVIL.encode())
        answer = ada.get(f"/jobs/{lease.job.id}/raw/output/{path}")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["content-security-policy"].startswith("sandbox")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "html" not in answer.headers["content-type"], path


def test_no_page_lets_anything_be_run_that_is_not_ours(browser, things):
    answer = browser("ada").get(f"/jobs/{things['number']}")
    rules = answer.headers["content-security-policy"]
    assert "default-src 'none'" in rules
    assert "script-src 'self'" in rules
    assert "unsafe" not in rules
    assert not re.search(r"<script(?![^>]* src=)", answer.text)


def test_a_long_log_comes_in_parts(browser, site, lease):
    number, lines = lease.job.id, "".join(f"line {n}\n" for n in range(20_000))
    claims.write_log(site, number, lease.key, 0, lines.encode())
    ada = browser("ada")
    end = ada.get(f"/jobs/{number}").text
    assert "line 19999" in end
    assert "line 100\n" not in end
    earlier = re.search(r'id="log-earlier" href="([^"#]+)', end)[1].removeprefix("/app")
    assert "line 19999" not in ada.get(earlier).text
    begin = ada.get(f"/jobs/{number}?log=0").text
    assert "line 100\n" in begin
    part = ada.get(f"/jobs/{number}/log?start=7&size=7")
    assert (part.text, part.headers["x-log-end"]) == ("line 1\n", "14")
    assert part.headers["x-log-size"] == str(len(lines))
    assert ada.get(f"/jobs/{number}/log.txt").text == lines


def test_an_example_is_ready_to_be_submitted(service, site, browser, tmp_path):
    folder = tmp_path / "examples"
    (folder / "gallery").mkdir(parents=True)
    (folder / "a.mplstyle").write_text("style")
    (folder / "gallery" / "one.py").write_text('"""One."""\nopen("../a.mplstyle")\n')
    app = application(site)
    add_pages(app, examples=folder)
    ada = Browser(app, site, "ada")
    assert "gallery/one.py" in ada.get("/new").text
    form = ada.get("/new?begin=gallery/one.py").text
    fields = dict(re.findall(r'name="(input|command)" value="([^"]+)"', form))
    assert fields["command"] == "examples/gallery/one.py {system}"
    assert fields["input"].endswith(" 5 examples/a.mplstyle")
    answer = ada.post("/new", {**JOB, **fields})
    (job,) = jobs.listed(site, ADA, jobs.Filter(), size=5)
    assert answer.headers["location"] == f"/app/jobs/{job.id}"
    assert [each.path for each in jobs.files(site, ADA, job.id, FileKind.INPUT)] == [
        "examples/a.mplstyle"
    ]
    ada.get("/new?begin=../../etc/passwd")


def test_the_same_form_twice_is_one_job_and_a_changed_one_is_another(browser, site):
    ada = browser("ada")
    for changes in ({}, {}, {"text": "print(2)"}):
        ada.post("/new", {**JOB, "once": "abc", **changes})
    assert len(jobs.listed(site, ADA, jobs.Filter(), size=5)) == 2


def test_an_array_is_shown_as_one(browser, site):
    ada = browser("ada")
    answer = ada.post("/new", {**JOB, "command": "run.py {tau}", "over": "tau = 1, 2, 3"})
    there = answer.headers["location"].removeprefix("/app")
    assert "3 jobs like this" in " ".join(ada.get(there).text.split())


def test_a_mistake_of_ours_is_a_page_and_tells_no_secrets(browser, site, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("the secret of it")

    monkeypatch.setattr(activity, "days", broken)
    ada = browser("ada")
    kind = TestClient(ada.http.app, raise_server_exceptions=False, cookies=ada.http.cookies)
    answer = kind.get("/app/statistics")
    assert (answer.status_code, "went wrong" in answer.text) == (500, True)
    assert "secret of it" not in answer.text


def test_a_public_collab_is_seen_by_everybody_and_changed_by_its_members(browser, site, service):
    people.found(site, ADA, "open-lab", "", True)
    ada = replace(ADA, roles={"open-lab": Role.ADMINISTRATOR})
    job = jobs.submit(site, ada, wanted(collab="open-lab"))
    eve = browser("eve")
    assert "Cancel" not in eve.get(f"/jobs/{job.id}").text
    assert eve.post(f"/jobs/{job.id}/cancel", {}).status_code == 403
