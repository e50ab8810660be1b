"""Jobs with the original's clients and runners: what went wrong there does not go wrong here."""

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from starlette.testclient import TestClient

from cast import ADA, PROVIDER, wanted
from neckar_jobs.api.app import application
from neckar_jobs.model import Code, CodeKind
from neckar_jobs.nmpi.facade import add_facade
from neckar_jobs.nmpi.who import Customs
from neckar_jobs.service import claims, jobs
from neckar_jobs.service.watch import Watch

NEW = {"code": "print(1)", "collab": "lab", "hardware_platform": "Demo"}
FILE = {
    "url": "https://data.example.org/x/spikes.csv",
    "path": "lab/job_1/spikes.csv",
    "content_type": "text/csv",
    "size": 12,
    "hash": "abcdef",
}
once = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def ada(service):
    return service.as_("ada")


@pytest.fixture
def provider(service):
    return service.as_("provider")


def submitted(ada, **changes):
    answer = ada("POST", "/jobs/", json={**NEW, **changes})
    assert answer.status_code == 201, answer.text
    return answer.json()["resource_uri"]


def said(provider, uri, **what):
    answer = provider("PUT", uri, json=what)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_job_from_submission_to_its_results(ada, provider, site, clock):
    uri = submitted(
        ada, tags=["one", "two"], hardware_config={"chip": 3}, command="run.py {system}"
    )
    assert ada("GET", uri).json()["status"] == "submitted"
    taken = provider("GET", "/jobs/next/Demo").json()
    assert (taken["resource_uri"], taken["tags"], taken["input_data"]) == (uri, ["one", "two"], [])
    said(provider, uri, status="running", log="begun")
    assert ada("GET", uri).json()["status"] == "running"
    clock.now += 60
    last = {
        "status": "finished",
        "log": "begun\nended",
        "output_data": {"repository": "somewhere", "files": [FILE]},
        "provenance": {"version": "1.2.3"},
        "resource_usage": {"value": 0.25, "units": "hours"},
    }
    said(provider, uri, **last)
    job = ada("GET", uri + "?with_log=true").json()
    assert {name: job[name] for name in last} == last
    assert job["timestamp_completion"] is not None
    assert quota(ada)["usage"] == 0.25


def quota(ada):
    (project,) = ada("GET", "/projects/?collab=lab").json()
    return project["quotas"][0]


@once
def test_two_runners_never_get_the_same_job(ada, provider):
    uris = {submitted(ada), submitted(ada)}
    taken = [provider("GET", "/jobs/next/Demo").json()["resource_uri"] for _ in range(2)]
    assert set(taken) == uris
    empty = provider("GET", "/jobs/next/Demo")
    assert (empty.status_code, empty.json()["detail"]) == (404, "No queued job for Demo")


@once
def test_a_wrong_key_and_a_wrong_platform_are_refused(service, provider):
    wrong = service.http.get("/jobs/next/Demo", headers={"x-api-key": "wrong"})
    assert wrong.status_code == 401
    assert provider("GET", "/jobs/next/Other").status_code == 403
    assert provider("GET", "/jobs/?hardware_platform=Other").status_code == 403


@once
def test_logs_are_sent_whole_or_in_pieces_also_after_the_end(ada, provider):
    uri = submitted(ada)
    provider("GET", "/jobs/next/Demo")
    provider("PUT", uri + "/log", content="one\n")
    provider("PATCH", uri + "/log", content="zwölf\n")
    assert ada("GET", uri + "/log").text == "one\nzwölf\n"
    said(provider, uri, status="finished")
    provider("PUT", uri + "/log", content="something else")
    assert ada("GET", uri + "/log").text == "something else"


@once
def test_a_job_without_outputs_has_an_empty_list_of_them_and_null_is_one(ada, provider):
    uri = submitted(ada)
    assert ada("GET", uri + "/output_data").json()["files"] == []
    said(provider, uri, status="error", output_data={"repository": "r", "files": None})
    assert ada("GET", uri).json()["status"] == "error"


@once
def test_use_is_set_and_not_added_and_converted_where_there_is_a_way(ada, provider):
    uri = submitted(ada)
    for _ in range(3):
        said(provider, uri, status="finished", resource_usage={"value": 900, "units": "seconds"})
    assert quota(ada)["usage"] == 0.25
    said(provider, uri, resource_usage={"value": 3, "units": "bushels"})
    assert ada("GET", uri).json()["resource_usage"] == {"value": 0.25, "units": "hours"}


@once
def test_what_is_over_stays_over_and_what_is_hidden_stays_hidden(ada, provider):
    uri = submitted(ada)
    said(provider, uri, status="finished")
    said(provider, uri, status="submitted")
    assert ada("GET", uri).json()["status"] == "finished"
    gone = submitted(ada)
    provider("GET", "/jobs/next/Demo")
    said(provider, gone, status="running")
    assert ada("DELETE", gone).status_code == 200
    said(provider, gone, status="finished")
    assert ada("GET", gone).json()["status"] == "removed"
    assert [job["resource_uri"] for job in ada("GET", "/jobs/").json()] == [uri]


@once
def test_a_job_that_waits_is_cancelled_when_it_is_removed(ada, provider, site):
    uri = submitted(ada)
    ada("DELETE", uri)
    assert provider("GET", "/jobs/next/Demo").status_code == 404


@once
def test_files_elsewhere_are_told_apart_by_their_addresses(ada, provider):
    uri = submitted(ada)
    number = int(uri.rpartition("/")[2])
    files = [{"url": f"http://data.example.org/services/{name}.dat"} for name in "ab"]
    for _ in range(2):
        said(provider, uri, output_data={"repository": "elsewhere", "files": files})
    found = ada("GET", uri + "/output_data").json()
    assert found["repository"] == "elsewhere"
    assert [each["path"] for each in found["files"]] == [
        f"job_{number}/a.dat",
        f"job_{number}/b.dat",
    ]
    bad = {"repository": "elsewhere", "files": [{"url": "javascript:alert(1)"}]}
    assert provider("PUT", uri, json={"output_data": bad}).status_code == 422


@once
def test_files_are_not_fetched_from_inside_this_network(ada, provider):
    uri = submitted(ada)
    inside = [{"url": "http://127.0.0.1:1/secret"}]
    said(provider, uri, output_data={"repository": "elsewhere", "files": inside})
    keep = {"repository": "Neckar storage", "files": []}
    answer = ada("PUT", uri + "/output_data", json=keep)
    assert (answer.status_code, "no public name" in answer.json()["detail"]) == (400, True)
    other = ada("PUT", uri + "/output_data", json={"repository": "Moon", "files": []})
    assert (other.status_code, "possible: Neckar storage" in other.json()["detail"]) == (422, True)


@once
def test_files_elsewhere_are_kept_here_on_demand(service, site, ada, provider, tmp_path):
    with served(tmp_path) as host:
        app = application(site)
        add_facade(app, Customs(trusted=(host,), storages=("EBRAINS Drive",)))
        (tmp_path / "a.csv").write_text("1,2")
        uri = submitted(ada)
        files = [{"url": f"http://{host}/{name}"} for name in ("a.csv", "gone.csv")]
        drive, http = {"repository": "EBRAINS Drive", "files": []}, TestClient(app)
        said(provider, uri, output_data={"repository": "elsewhere", "files": files})
        path, headers = uri + "/output_data", ada.headers
        assert http.put(path, json=drive, headers=headers).status_code == 410
        assert http.get(path, headers=headers).json()["repository"] == "elsewhere"
        (tmp_path / "gone.csv").write_text("x" * 100)
        site.files.largest = 50
        assert http.put(path, json=drive, headers=headers).status_code == 406
        site.files.largest = 200
        kept = http.put(path, json=drive, headers=headers).json()
        assert kept["repository"] == "Neckar storage"
        assert [http.get(each["url"]).text for each in kept["files"]] == ["1,2", "x" * 100]
        assert http.put(path, json=drive, headers=headers).status_code == 304


@contextmanager
def served(folder):
    """A data server inside this network."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_words):
            pass

    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@once
def test_files_kept_here_have_addresses_that_need_no_password(ada, site, service, clock):
    job = jobs.submit(site, ADA, wanted())
    lease = claims.claim(site, PROVIDER, "r", ["Demo"])
    provider, key = service.as_("provider"), {"headers": {"Lease": lease.key}}
    provider("POST", f"/v4/claims/{job.id}/begin", json={"handle": "h"}, **key)
    provider("PUT", f"/v4/claims/{job.id}/output/a b/plot.png", content=b"png", **key)
    provider("POST", f"/v4/claims/{job.id}/end", json={"state": "finished"}, **key)
    (file,) = ada("GET", f"/jobs/{job.id}").json()["output_data"]["files"]
    assert file["path"] == f"lab/job_{job.id}/a b/plot.png"
    assert file["url"].endswith("/plot.png")
    assert service.http.get(file["url"]).content == b"png"
    assert service.http.head(file["url"]).headers["content-length"] == "3"
    assert service.http.get(file["url"].replace("plot.png", "other.png")).status_code == 404
    clock.now += 4 * 86400
    assert service.http.get(file["url"]).status_code == 404


@once
def test_code_is_known_by_what_it_looks_like(ada, site):
    kinds = {
        "import this": CodeKind.TEXT,
        "# see https://example.org\nprint(1)": CodeKind.TEXT,
        "https://github.com/a/b": CodeKind.GIT,
        "https://example.org/code.tar.gz": CodeKind.LINK,
        "https://example.org/code.zip?raw=1": CodeKind.LINK,
    }
    for text, kind in kinds.items():
        number = int(submitted(ada, code=text).rpartition("/")[2])
        assert jobs.look(site, ADA, number).code.kind == kind
        assert ada("GET", f"/jobs/{number}").json()["code"] == text
    for text in ("drive://lab/x", "ssh://example.org/x", "https://127.0.0.1/x.zip"):
        assert ada("POST", "/jobs/", json={**NEW, "code": text}).status_code == 400


@once
def test_an_archive_is_submitted_again_by_its_address(ada, site):
    with site.files.incoming() as new:
        new.write(b"zip")
        digest, _ = new.keep()
    code = Code(kind=CodeKind.ARCHIVE, text=digest)
    job = jobs.submit(site, ADA, wanted(code=code))
    address = ada("GET", f"/jobs/{job.id}").json()["code"]
    again = int(submitted(ada, code=address).rpartition("/")[2])
    assert jobs.look(site, ADA, again).code == code


@once
def test_quota_and_collab_are_refused_in_the_words_that_clients_know(ada, service):
    answer = ada("POST", "/jobs/", json={**NEW, "hardware_platform": "unknown"})
    words = "You do not have sufficient compute quota to submit this job"
    assert (answer.status_code, answer.json()["detail"]) == (403, words)
    assert service.as_("eve")("POST", "/jobs/", json=NEW).status_code == 404
    assert service.as_("bob")("POST", "/jobs/", json=NEW).status_code == 404
    setting = ada("POST", "/jobs/", json={**NEW, "hardware_config": {"chop": 1}})
    assert (setting.status_code, type(setting.json()["detail"])) == (400, str)


@once
def test_lists_hold_what_one_may_see(ada, service, provider):
    submitted(ada)
    eve, bob, root = (service.as_(name) for name in ("eve", "bob", "root"))
    assert eve("GET", "/jobs/").json() == []
    assert eve("GET", "/jobs/?collab=lab").status_code == 403
    assert eve("GET", "/jobs/?user_id=ada").status_code == 403
    assert eve("GET", "/jobs/?user_id=ada&user_id=eve").status_code == 400
    assert len(bob("GET", "/jobs/?collab=lab").json()) == 1
    assert root("GET", "/jobs/").json() == []
    assert len(root("GET", "/jobs/?as_admin=true").json()) == 1
    assert ada("GET", "/jobs/?as_admin=true").status_code == 403
    assert ada("GET", "/jobs/?status=removed").json() == []
    assert len(provider("GET", "/jobs/?hardware=Demo&status=submitted").json()) == 1
    assert eve("GET", "/tags/?collab=lab").status_code == 404


@once
def test_slashes_are_doubled_and_left_out_as_clients_like(ada):
    for path in ("/jobs", "/jobs/", "//jobs/", "//projects/", "/collabs"):
        assert ada("GET", path).status_code == 200, path


@once
def test_a_lost_provider_fails_the_job_since_it_may_run_still(ada, provider, site):
    uri = submitted(ada)
    provider("GET", "/jobs/next/Demo")
    said(provider, uri, status="running")
    now = [0.0]
    watch = Watch(site=site, stopwatch=lambda: now[0])
    watch.look()
    now[0] = 3600.0 + 3590.0  # the limit of the platform, and patience
    assert watch.look() == []
    now[0] += 20.0
    (lost,) = watch.look()
    assert (lost.state, "may be running still" in lost.reason) == ("failed", True)
    assert "may be running still" in ada("GET", uri + "/log").text


@once
def test_a_job_with_a_runner_of_ours_is_not_for_others_to_report_on(ada, provider, site):
    uri = submitted(ada)
    claims.claim(site, PROVIDER, "ours", ["Demo"])
    answer = provider("PUT", uri, json={"status": "finished"})
    assert (answer.status_code, "is with the runner ours" in answer.json()["detail"]) == (409, True)


@once
def test_a_provider_gives_a_job_back(ada, provider):
    uri = submitted(ada)
    provider("GET", "/jobs/next/Demo")
    said(provider, uri, status="submitted")  # it waits there
    assert provider("GET", "/jobs/next/Demo").status_code == 404
    said(provider, uri, status="running")
    said(provider, uri, status="submitted")
    assert provider("GET", "/jobs/next/Demo").json()["resource_uri"] == uri


def test_sessions_are_charged_once(ada, provider, service):
    submitted(ada)  # brings the first quota
    new = {"collab": "lab", "user_id": "ada", "hardware_platform": "Demo"}
    uri = provider("POST", "/sessions/", json=new).json()["resource_uri"]
    for _ in range(2):
        report = {"status": "finished", "resource_usage": {"value": 0.5, "units": "hours"}}
        assert provider("PUT", uri, json=report).json() is None
    assert quota(ada)["usage"] == 0.5
    (found,) = ada("GET", "/sessions/").json()
    assert (found["status"], found["resource_usage"]["value"]) == ("finished", 0.5)
    assert service.as_("eve")("GET", "/sessions/?collab=lab").status_code == 404
    more = {"status": "finished", "resource_usage": {"value": 1.5, "units": "hours"}}
    provider("PUT", uri, json=more)
    assert provider("POST", "/sessions/", json=new).status_code == 403


@once
def test_projects_are_asked_for_decided_and_granted_as_the_admin_client_does(ada, service):
    root = service.as_("root")
    new = {"collab": "lab", "title": "t", "abstract": "a", "status": "under review"}
    made = ada("POST", "/projects/", json=new).json()
    assert (made["context"], made["status"]) == (made["id"], "under review")
    uri = made["resource_uri"]
    edit = ada("PUT", uri, json={"title": "u"})
    assert (edit.status_code, edit.json()["detail"]) == (403, "Can't edit a submitted form.")
    assert ada("PUT", uri, json={"status": "accepted"}).status_code == 403
    assert root("PUT", uri, json={"status": "accepted"}).status_code == 403
    assert root("PUT", uri + "?as_admin=true", json={"status": "accepted"}).status_code == 200
    grant = {"platform": "Demo", "limit": 7200, "units": "seconds"}
    assert root("POST", uri + "/quotas/", json=grant).status_code == 201
    assert ada("POST", uri + "/quotas/", json=grant).status_code == 404
    (quota,) = ada("GET", uri + "/quotas/").json()
    assert (quota["limit"], quota["units"]) == (2, "hours")
    assert ada("DELETE", uri).status_code == 403
    assert ada("GET", "/collabs/").json() == ["lab"]
    assert root("GET", "/collabs/?as_admin=true").status_code == 501


@once
def test_a_provider_says_what_was_used_and_does_not_grant(ada, provider):
    submitted(ada)
    (project,) = provider("GET", "/projects/?collab=lab&status=accepted").json()
    assert provider("GET", "/projects/").status_code == 400
    uri = project["quotas"][0]["resource_uri"]
    assert provider("PUT", uri, json={"usage": 0.5}).status_code == 200
    assert quota(ada)["usage"] == 0.5
    assert provider("PUT", uri, json={"usage": 0.5, "limit": 100}).status_code == 403


@once
def test_the_form_of_the_client_turns_a_password_into_a_token_once(service):
    http = service.http
    begun = http.get("/login", follow_redirects=False)
    page = http.get(begun.headers["location"])
    action = page.text.split('action="')[1].split('"')[0].replace("&amp;", "&")
    right = {"username": "ada", "password": "correct horse"}
    assert http.post(action, data={**right, "password": "x"}).status_code == 401
    foreign = {"Host": "iam.example.org"}
    led = http.post(action, data=right, headers=foreign, follow_redirects=False)
    assert led.headers["location"].startswith("http://testserver/auth?code=")
    token = http.get(led.headers["location"]).json()["access_token"]
    assert http.get(led.headers["location"]).status_code == 401
    code = led.headers["location"].partition("=")[2]
    assert http.get("/userinfo", headers={"Authorization": f"Bearer {code}"}).status_code == 401
    info = http.get("/userinfo", headers={"Authorization": f"Bearer {token}"}).json()
    assert info["roles"]["team"] == ["collab-lab-editor", "collab-private-ada-administrator"]
    elsewhere = action.replace("testserver%2Fauth", "evil.example.org%2Fauth")
    assert http.post(elsewhere, data=right).status_code == 404


@once
def test_pages_from_anywhere_may_ask_and_no_cookie_counts(service):
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "PUT"}
    asked["Access-Control-Request-Headers"] = "authorization,content-type"
    allowed = service.http.options("/jobs/1/output_data", headers=asked)
    assert allowed.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in allowed.headers
