"""The client of the job platform under its own names, against the job service, over HTTP."""

import io
import threading
import time
import warnings
import zipfile
from pathlib import Path

import pytest
import uvicorn

import nmpi
from neckar_jobs.api.app import application
from neckar_jobs.files import Files
from neckar_jobs.identity import accounts, tokens
from neckar_jobs.model import Platform, Role
from neckar_jobs.nmpi.facade import add_facade
from neckar_jobs.site import Site
from neckar_jobs.store import people, projects
from neckar_jobs.store.database import Database
from neckar_jobs.store.people import Collab
from nmpi import nmpi_user

PASSWORD = "correct horse"
BSS2 = Platform(
    name=nmpi.BRAINSCALES2,
    title="BrainScaleS-2",
    units="chip-hours",
    per_second=1 / 3600,
    system="brainscales2",
    limit=3600.0,
    network=False,
    gift=1.0,
)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service on a free port; its address and its site."""
    folder = tmp_path_factory.mktemp("service")
    site = Site(database=Database(f"sqlite:///{folder / 'jobs.db'}"), files=Files(folder / "files"))
    site.database.migrate()
    for name in ("ada", "root"):
        accounts.create(site, name, PASSWORD, by="tests", is_admin=name == "root")
    with site.database.writing() as c:
        projects.set_platform(c, BSS2)
        people.add_collab(c, Collab(name="lab", title="", is_public=False, created_at=0.0))
        people.set_member(c, "lab", "ada", Role.EDITOR)
    app = application(site)
    add_facade(app)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", site
    server.should_exit = True
    thread.join()
    site.database.close()


@pytest.fixture
def client(service, tmp_path, monkeypatch):
    monkeypatch.setattr(nmpi_user, "TOKENFILE", str(tmp_path / "token"))
    address, site = service
    token, _ = tokens.issue(site, "ada", name="tests")
    return signed_in(nmpi.Client, address, token)


def signed_in(kind, address, token=None, **rest):
    return kind(
        job_service=address + "/",
        authorization_endpoint=address,
        user_info_endpoint=address + "/userinfo",
        token=token,
        **rest,
    )


def provider(service):
    """What a provider of the original says, over HTTP."""
    address, site = service
    key, _ = tokens.issue_key(site, "root", "uhei", [nmpi.BRAINSCALES2])

    def ask(method, path, **rest):
        found = nmpi_user.requests.__class__()
        call = getattr(found, method)
        return call(address + path, headers={"x-api-key": key}, **rest)

    return ask


def test_a_job_from_submission_to_its_results(client, service, tmp_path):
    script = tmp_path / "experiment.py"
    script.write_text("print(1)\n")
    uri = client.submit_job(str(script), nmpi.BRAINSCALES2, "lab", tags=["one"])
    assert client.job_status(uri) == "submitted"
    assert client.queued_jobs() == [uri]
    ask = provider(service)
    job = ask("get", f"/jobs/next/{nmpi.BRAINSCALES2}").json()
    assert (job["code"], job["command"]) == ("print(1)\n", "run.py {system}")
    (tmp_path / "a.csv").write_text("1,2")
    file = {"url": "http://127.0.0.1:1/a.csv", "path": f"job_{job['id']}/a.csv"}
    report = {"status": "finished", "output_data": {"repository": "r", "files": [file]}}
    assert ask("put", uri, json=report).ok
    assert client.completed_jobs("lab") == [uri]
    done = client.get_job(uri)
    done["output_data"]["files"][0]["url"] = (tmp_path / "a.csv").as_uri()
    (path,) = client.download_data_url(done, str(tmp_path / "results"))
    assert Path(path).read_text() == "1,2"
    assert client.submit_comment(uri, "good")["content"] == "good"
    assert client.add_tags(uri, ["two"]) == ["one", "two"]
    client.remove_tags(uri, "one")
    assert client.get_job(uri)["tags"] == ["two"]
    client.remove_completed_job(uri)
    assert client.completed_jobs("lab") == []


def test_a_folder_goes_along_as_archive(client, service, tmp_path):
    folder = tmp_path / "experiment"
    (folder / "package").mkdir(parents=True)
    (folder / "run.py").write_text("import package.part\n")
    (folder / "package" / "part.py").write_text("print(2)\n")
    (folder / ".hidden").write_text("secret")
    uri = client.submit_job(str(folder), nmpi.BRAINSCALES2, "lab")
    code = client.get_job(uri)["code"]
    with zipfile.ZipFile(io.BytesIO(nmpi_user.requests.get(code).content)) as bag:
        assert bag.namelist() == ["package/part.py", "run.py"]
    client.remove_queued_job(uri)


def test_a_path_that_leads_out_of_the_folder_is_not_fetched(client, tmp_path):
    bad = {"output_data": {"files": [{"url": tmp_path.as_uri(), "path": "../x"}]}}
    with pytest.raises(ValueError, match="leads out"):
        client.download_data(bad, str(tmp_path / "results"))


def test_errors_carry_the_words_of_the_service(client, tmp_path):
    with pytest.raises(Exception, match="You do not have sufficient compute quota"):
        client.submit_job("print(1)", "unknown", "lab")
    with pytest.raises(Exception, match="No such job"):
        client.get_job(10_000)
    with pytest.raises(ValueError, match="should be a list"):
        client.submit_job("print(1)", nmpi.BRAINSCALES2, "lab", tags="one")
    with pytest.raises(ValueError, match="Invalid destination"):
        client.copy_data_to_storage(1, "moon")


def test_a_password_is_enough_and_the_token_is_remembered(service, client, tmp_path):
    address, _ = service
    again = signed_in(nmpi.Client, address, username="ada", password=PASSWORD)
    assert again.my_collabs() == ["lab", "private-ada"]
    remembered = signed_in(nmpi.Client, address, username="ada")
    assert remembered.token == again.token
    assert Path(nmpi_user.TOKENFILE).stat().st_mode & 0o077 == 0
    with pytest.raises(PermissionError):
        signed_in(nmpi.Client, address, username="ada", password="wrong")


def test_resources_are_asked_for_and_granted(service, client):
    address, site = service
    token, _ = tokens.issue(site, "root", name="tests")
    admin = signed_in(nmpi.AdminClient, address, token)
    uri = client.create_resource_request("title", "lab", "abstract")
    client.edit_resource_request(uri, title="other", submit=True)
    assert [each["title"] for each in admin.resource_requests(status="under review")] == ["other"]
    admin.accept_resource_request(uri, {nmpi.BRAINSCALES2: {"limit": 3, "units": "chip-hours"}})
    assert 3 in [quota["limit"] for quota in client.quotas("lab")]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert client.list_quotas("lab") == client.quotas("lab")
    assert "deprecated" in str(said[0].message)
    job = client.submit_job("print(1)", nmpi.BRAINSCALES2, "lab", wait=False)
    admin.remove_job(job)
    assert client.queued_jobs() == []
