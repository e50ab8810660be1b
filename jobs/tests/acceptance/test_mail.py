"""From what somebody chooses to what a mail program does with the mail."""

import re

import pytest

import own_mail
from cast import ADA, ROOT
from neckar_jobs.errors import InvalidError
from neckar_jobs.model import Matter
from neckar_jobs.service import mail, posting, projects
from neckar_jobs.service.posting import post
from neckar_jobs.settings import load

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SETTINGS = """
[mail]
host = "mail.example.org"
sender = "Neckar <jobs@example.org>"
address = "https://jobs.example.org/"
user = "jobs"
password_file = "{folder}/password"
"""


@pytest.fixture
def sent(service, site, clock):
    """Everything that is in the outbox, and what comes of it."""
    from dataclasses import replace

    with own_mail.running() as letters:
        there = replace(service.http.app.state.mail_server, port=letters.port)

        def send():
            clock.now += posting.PAUSE
            letters.came.clear()
            post(site, there)
            return letters.letters

        yield send


def test_an_address_counts_once_its_reader_has_said_so(service, site, sent):
    ada = service.as_("ada")
    assert ada("PUT", "/v4/me/mail/address", json={"address": "new@example.org"}).status_code == 202
    assert ada("GET", "/v4/me/mail").json()["address"] == "ada@example.org"
    [letter] = sent()
    assert letter["To"] == "new@example.org"
    assert letter["List-Unsubscribe"] is None
    [link] = re.findall(r"https://jobs.example.org(/app/mail/confirm/\S+)", letter.get_content())
    shown = service.http.get(link)
    assert "new@example.org" in shown.text
    assert ada("GET", "/v4/me/mail").json()["address"] == "ada@example.org"  # looking is not yes
    csrf = re.search(r'data-csrf="(\w+)"', shown.text)[1]
    assert service.http.post(link, data={"csrf": csrf}).status_code == 200
    assert ada("GET", "/v4/me/mail").json()["address"] == "new@example.org"
    assert service.http.post(link, data={"csrf": csrf}).status_code == 401


def test_nobody_makes_us_write_to_strangers_all_day(service):
    ada = service.as_("ada")
    for number in range(5):
        how = {"address": f"stranger{number}@example.org"}
        assert ada("PUT", "/v4/me/mail/address", json=how).status_code == 202
    assert ada("PUT", "/v4/me/mail/address", json=how).status_code == 429
    assert ada("PUT", "/v4/me/mail/address", json={"address": "a@b\nBcc: c@d"}).status_code == 422


def test_a_mail_program_ends_mails_with_one_click(service, site, sent):
    project = projects.ask(site, ADA, collab="lab", title="t")
    projects.hand_in(site, ADA, project.id)
    [letter] = sent()
    link = letter["List-Unsubscribe"].strip(" <>").removeprefix("https://jobs.example.org")
    service.http.get(link)
    assert mail.choice(site, ROOT).wanted[Matter.REVIEW]
    click = {"List-Unsubscribe": "One-Click"}
    assert service.http.post(link, data=click).status_code == 200
    assert not mail.choice(site, ROOT).wanted[Matter.REVIEW]


def test_only_admins_are_asked_whether_they_want_to_hear_of_projects_to_decide(service):
    mine = service.as_("ada")("GET", "/v4/me/mail").json()["wanted"]
    assert mine == {"finished": False, "failed": False, "project": True, "quota": True}
    assert "review" in service.as_("root")("GET", "/v4/me/mail").json()["wanted"]


def test_what_cannot_be_sent_is_seen_and_forgotten_by_admins(service, site, clock):
    root = service.as_("root")
    mail.choose(site, ADA, {Matter.FAILED: True})
    root("POST", "/v4/mails")
    post(site, service.http.app.state.mail_server)
    [waiting] = root("GET", "/v4/mails").json()["unsent"]
    assert (waiting["posted"], waiting["attempts"]) == ("waiting", 1)
    assert "refused" in waiting["trouble"]
    assert "text" not in waiting
    assert root("DELETE", f"/v4/mails/{waiting['id']}").status_code == 204
    assert root("GET", "/v4/mails").json()["unsent"] == []


def test_the_command_line_tells_and_changes_what_one_is_told(typed):
    code, text = typed("ada", "mail", "--on", "finished", "failed", "--off", "quota")
    assert code == 0
    found = dict(line.split() for line in text.splitlines())
    assert found == {
        **{"address": "ada@example.org", "finished": "on", "failed": "on"},
        **{"project": "on", "quota": "off"},
    }


def test_the_command_line_adds_tries_and_removes_addresses_that_are_told(service, typed):
    service.http.app.state.trusted_hooks = ("127.0.0.1:1",)

    def said(*words):
        return typed("ada", "hooks", *words)

    code, text = said("add", "http://127.0.0.1:1/told")
    assert (code, "signed with" in text) == (0, True)
    number = text.split()[1].rstrip(";")
    assert "http://127.0.0.1:1/told  well" in said()[1]
    code, text = said("test", number)
    assert (code, "could not be reached" in text) == (1, True)
    assert "test" in said("deliveries", number)[1]
    assert said("remove", number)[0] == 0
    assert "127" not in said()[1]


def test_settings_name_a_mail_server(tmp_path, monkeypatch, database):
    (tmp_path / "settings.toml").write_text(SETTINGS.format(folder=tmp_path))
    (tmp_path / "password").write_text("secret\n")
    found = load(tmp_path / "settings.toml", folder=tmp_path).mail_server
    assert (found.host, found.port, found.password) == ("mail.example.org", 587, "secret")
    assert found.address == "https://jobs.example.org"
    assert "secret" not in repr(found)
    monkeypatch.setenv("NECKAR_JOBS_MAIL_PASSWORD", "other")
    monkeypatch.setenv("NECKAR_JOBS_MAIL_PORT", "465")
    (tmp_path / "settings.toml").write_text(SETTINGS.replace("password_file", "# "))
    found = load(tmp_path / "settings.toml", folder=tmp_path).mail_server
    assert (found.port, found.password) == (465, "other")
    monkeypatch.setenv("NECKAR_JOBS_MAIL_SECURITY", "hope")
    with pytest.raises(InvalidError, match="starttls"):
        load(tmp_path / "settings.toml", folder=tmp_path).mail_server.host  # noqa: B018
