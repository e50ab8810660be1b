"""Secrets are good for what they were made for, for as long, and not twice where once was meant."""

import pytest

from neckar_jobs.errors import InvalidError, SignInError
from neckar_jobs.identity import sessions, tokens
from neckar_jobs.policy import READ, WRITE
from neckar_jobs.settings import load
from neckar_jobs.store import people

JOB = {"code": "print(1)", "collab": "lab", "hardware_platform": "Demo"}
OURS = {"collab": "lab", "platform": "Demo", "code": {"kind": "text", "text": "print(1)"}}
once = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def shown(service, secret, method="GET", path="/v4/me", **rest):
    headers = {"Authorization": f"Bearer {secret}"}
    return service.http.request(method, path, headers=headers, **rest).status_code


@once
def test_a_token_ends_when_its_time_is_over(service, site, clock):
    secret, _ = tokens.issue(site, "ada", name="short", seconds=60)
    for path in ("/v4/me", "/jobs/", "/userinfo"):
        assert shown(service, secret, path=path) == 200
    clock.now += 61
    for path in ("/v4/me", "/jobs/", "/userinfo"):
        assert shown(service, secret, path=path) == 401


@once
def test_scopes_hold_on_both_interfaces(service, site):
    reader, _ = tokens.issue(site, "ada", name="reader", scopes=[READ])
    writer, _ = tokens.issue(site, "ada", name="writer", scopes=[READ, WRITE])
    admin, _ = tokens.issue(site, "root", name="no admin", scopes=[READ, WRITE])
    assert shown(service, reader, path="/jobs/") == 200
    assert shown(service, reader, "POST", "/jobs/", json=JOB) == 404
    assert shown(service, reader, "POST", "/v4/jobs", json=OURS) == 404
    assert shown(service, writer, "POST", "/jobs/", json=JOB) == 201
    assert shown(service, writer, "POST", "/jobs/1/tags/", json=["one"]) == 200
    assert shown(service, reader, "POST", "/jobs/1/tags/", json=["two"]) == 403
    assert shown(service, reader, "DELETE", "/jobs/1") == 403
    assert shown(service, admin, path="/statistics/per-user") == 403
    assert shown(service, admin, path="/v4/audit") == 403


@once
def test_secrets_of_one_kind_are_no_tokens_of_another(service, site):
    for kind in (tokens.CODE, tokens.SESSION, tokens.LINK):
        secret, _ = tokens.issue(site, "ada", name="other", kind=kind, seconds=60)
        for path in ("/v4/me", "/userinfo"):
            assert shown(service, secret, path=path) == 401
    personal, _ = tokens.issue(site, "ada", name="personal")
    with pytest.raises(SignInError):
        sessions.resume(site, personal)
    with pytest.raises(SignInError):
        tokens.redeem(site, personal)


@once
def test_a_code_is_worth_one_token_and_at_once(service, site, clock):
    seconds = tokens.CODE_SECONDS
    secret, _ = tokens.issue(site, "ada", name="code", kind=tokens.CODE, seconds=seconds)
    token, _ = tokens.redeem(site, secret)
    assert shown(service, token) == 200
    with pytest.raises(SignInError):
        tokens.redeem(site, secret)
    late, _ = tokens.issue(site, "ada", name="code", kind=tokens.CODE, seconds=seconds)
    clock.now += seconds + 1
    with pytest.raises(SignInError):
        tokens.redeem(site, late)


@once
def test_a_closed_account_has_no_good_tokens(service, site):
    secret, _ = tokens.issue(site, "ada", name="any")
    with site.database.writing() as c:
        people.change_account(c, "ada", closed=True)
    for path in ("/v4/me", "/userinfo"):
        assert shown(service, secret, path=path) == 401


def test_settings_of_the_interface_and_the_provider_are_read(tmp_path, monkeypatch):
    file = tmp_path / "settings.toml"
    file.write_text('nmpi = false\nstorages = ["Drive"]\n[oidc]\nissuer = "https://a"\n')
    with pytest.raises(InvalidError, match="client_id"):
        _ = load(file, folder=str(tmp_path)).provider
    file.write_text(file.read_text() + 'client_id = "b"\n')
    monkeypatch.setenv("NECKAR_JOBS_OIDC_CLIENT_SECRET", "hidden")
    monkeypatch.setenv("NECKAR_JOBS_TRUSTED_HOSTS", "data:80, other:81")
    found = load(file, folder=str(tmp_path))
    assert (found.nmpi, found.storages) == (False, ("Drive",))
    assert found.trusted_hosts == ("data:80", "other:81")
    assert found.provider is not None
    assert found.provider.config.client_secret == "hidden"
    file.write_text(file.read_text() + 'colour = "red"\n')
    with pytest.raises(InvalidError, match="colour"):
        _ = load(file, folder=str(tmp_path)).provider
