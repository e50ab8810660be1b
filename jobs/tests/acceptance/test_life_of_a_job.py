import hashlib
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from starlette.testclient import TestClient

from acceptance_words import submission
from cast import walls_can_be_built
from neckar_jobs.client.client import Client
from neckar_jobs.client.provider import Provider
from neckar_jobs.machines.inline import Inline
from neckar_jobs.machines.local import Local
from neckar_jobs.runner.runner import Offer, Runner


@pytest.fixture
def working(service, site, tmp_path):
    """A runner in a thread of its own."""
    http = TestClient(service.http.app, headers=service.headers["provider"])
    offer = Offer(platform="Demo", system="demo", python=sys.executable, path="/usr/bin:/bin")
    runner = Runner(
        Provider(http),
        Inline() if not walls_can_be_built() else Local(),
        [offer],
        tmp_path / "work",
        name="runner",
    )
    over = threading.Event()

    def work():
        while not over.is_set():
            runner.tick()
            time.sleep(0.01)
        runner.leave()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


def client(service, name):
    http = TestClient(service.http.app, headers=service.headers[name])
    return Client(http=http)


def test_submit_follow_fetch(service, working, tmp_path):
    script = tmp_path / "experiment.py"
    script.write_text(
        "import sys\n"
        "print('Grüße von', sys.argv[1:], open('in.csv').read())\n"
        "open('spikes.csv', 'w').write('neuron,time\\n')\n"
    )
    (tmp_path / "in.csv").write_text("1,2")
    ada = client(service, "ada")

    job = ada.submit(
        script, platform="Demo", collab="lab", inputs=[tmp_path / "in.csv"], name="one"
    )
    printed: list[str] = []
    job = ada.wait(job.id, show=printed.append, pause=0.01)

    assert (job.state, "".join(printed)) == ("finished", "Grüße von ['demo'] 1,2\n")
    assert [path.name for path in ada.download(job.id, tmp_path / "out")] == ["spikes.csv"]
    assert (tmp_path / "out" / "spikes.csv").read_text() == "neuron,time\n"
    assert [each.id for each in ada.jobs(state=["finished"])] == [job.id]
    zipped = service.as_("bob")("GET", f"/v4/jobs/{job.id}/outputs.zip")
    assert zipfile.ZipFile(BytesIO(zipped.content)).read("spikes.csv") == b"neuron,time\n"
    quota = ada.projects()[0]["quotas"][0]
    assert quota["usage"] == pytest.approx(job.usage)


@pytest.mark.skipif(not walls_can_be_built(), reason="bubblewrap cannot build walls here")
def test_a_running_job_is_cancelled(service, working, tmp_path):
    script = tmp_path / "long.py"
    script.write_text("import time; print('on', flush=True); time.sleep(600)")
    ada = client(service, "ada")
    job = ada.submit(script, platform="Demo", collab="lab")
    while ada.job(job.id).log_size == 0:
        time.sleep(0.01)
    assert ada.cancel(job.id).state == "stopping"
    # the runner hears of it with its next heartbeat, a sixth of the lease
    assert ada.wait(job.id, pause=0.05).state == "cancelled"


def test_followers_get_log_and_state_as_they_come(service, working):
    ada = service.as_("ada")
    number = ada("POST", "/v4/jobs", json=submission("print('a'); print('ä')")).json()["id"]
    with service.http.stream(
        "GET", f"/v4/jobs/{number}/events", headers=service.headers["ada"]
    ) as answer:
        text = "".join(answer.iter_text())
    events = [block for block in text.split("\n\n") if block.startswith("event")]
    log = [block for block in events if block.startswith("event: log")]
    assert '"a\\n\\u00e4\\n"' in "".join(log)
    assert '"state":"finished"' in events[-1]
    last = [line for line in events[-1].split("\n") if line.startswith("id: ")]
    assert last == ["id: 5"]
    with service.http.stream(
        "GET",
        f"/v4/jobs/{number}/events",
        headers={**service.headers["ada"], "Last-Event-ID": "2"},
    ) as answer:
        assert '"\\u00e4\\n"' in "".join(answer.iter_text())


def test_pages_lead_on_until_there_is_no_more(service):
    ada = service.as_("ada")
    numbers = [ada("POST", "/v4/jobs", json=submission()).json()["id"] for _ in range(5)]
    first = ada("GET", "/v4/jobs?size=3&total=true").json()
    second = ada("GET", f"/v4/jobs?size=3&after={first['next']}").json()
    assert [job["id"] for job in first["items"] + second["items"]] == numbers[::-1]
    assert (first["total"], second["next"]) == (5, None)


def test_a_half_sent_file_is_refused_and_leaves_nothing(service, site):
    ada = service.as_("ada")
    digest = hashlib.sha256(b"whole").hexdigest()
    answer = ada("PUT", f"/v4/contents/{digest}", content=b"whol")
    assert answer.status_code == 422
    assert "send the file again" in answer.json()["detail"]
    assert ada("HEAD", f"/v4/contents/{digest}").status_code == 404
    assert list(site.files.incoming_folder.iterdir()) == []
    assert ada("PUT", f"/v4/contents/{digest}", content=b"whole").status_code == 201
    assert ada("HEAD", f"/v4/contents/{digest}").status_code == 200


def test_an_unknown_setting_is_a_problem_that_says_what_is_wrong(service):
    answer = service.as_("ada")("POST", "/v4/jobs", json=submission(hardware={"chop": 1}))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "'chop' was unexpected" in answer.json()["detail"]


def test_the_same_key_is_the_same_job(service):
    ada = service.as_("ada")
    ids = {
        ada("POST", "/v4/jobs", json=submission(), headers={"Idempotency-Key": "k"}).json()["id"]
        for _ in range(3)
    }
    assert len(ids) == 1


def test_a_password_is_turned_into_a_token_and_wrong_ones_are_not(service):
    good = {"name": "ada", "password": "correct horse"}
    secret = service.http.post("/v4/login", json=good).json()["secret"]
    me = service.http.get("/v4/me", headers={"Authorization": f"Bearer {secret}"})
    assert me.json()["roles"] == {"lab": "editor"}
    for bad in ({**good, "password": "x"}, {**good, "name": "nobody"}):
        answer = service.http.post("/v4/login", json=bad)
        assert (answer.status_code, answer.json()["detail"]) == (401, "name or password is wrong")


def test_a_token_of_limited_scope_reads_and_does_not_write(service):
    ada = service.as_("ada")
    made = ada("POST", "/v4/tokens", json={"name": "reader", "scopes": ["read"]}).json()
    reader = {"Authorization": f"Bearer {made['secret']}"}
    assert service.http.get("/v4/jobs", headers=reader).status_code == 200
    assert service.http.post("/v4/jobs", json=submission(), headers=reader).status_code == 404
    assert service.http.post("/v4/tokens", json={"name": "x"}, headers=reader).status_code == 403
    assert ada("DELETE", f"/v4/tokens/{made['id']}").status_code == 204
    assert service.http.get("/v4/jobs", headers=reader).status_code == 401


def test_a_project_is_asked_for_decided_and_granted(service):
    ada, root = service.as_("ada"), service.as_("root")
    asked = ada("POST", "/v4/projects", json={"collab": "lab", "title": "Learning"}).json()
    path = f"/v4/projects/{asked['id']}"
    assert root("POST", f"{path}/decision", json={"accept": True}).status_code == 409
    assert ada("POST", f"{path}/hand-in").json()["stage"] == "under review"
    assert ada("PUT", path, json={"title": "other"}).status_code == 409
    assert ada("POST", f"{path}/decision", json={"accept": True}).status_code == 403
    assert root("POST", f"{path}/decision", json={"accept": True}).json()["stage"] == "accepted"
    grant = {"platform": "Demo", "limit": 5}
    assert root("POST", f"{path}/quotas", json=grant).json()["units"] == "hours"
    assert ada("DELETE", path).status_code == 403
    assert ada("GET", path).json()["quotas"][0]["limit"] == 5


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_runners_who_all_wait_for_a_job_keep_nobody_else_waiting(service, site):
    wanted = {"json": {"runner": "r", "platforms": ["Demo"]}}
    with ThreadPoolExecutor(61) as people:
        with site.database.writing():  # nobody else writes before this is over
            runner = service.as_("provider")
            asked = [people.submit(runner, "POST", "/v4/claims", **wanted) for _ in range(60)]
            for _ in range(50):
                listed = people.submit(service.as_("ada"), "GET", "/v4/jobs")
                assert listed.result(timeout=20).status_code == 200
        assert {each.result().status_code for each in asked} == {204}
