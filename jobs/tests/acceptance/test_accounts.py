"""People and keys of providers, over REST and at the command line."""

import pytest

from neckar_jobs.identity import sessions

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_an_admin_lets_somebody_in_and_out(service, site):
    root = service.as_("root")
    new = root("POST", "/v4/accounts", json={"name": "carla", "mail": "carla@example.org"}).json()
    assert (new["name"], new["is_admin"], new["closed"]) == ("carla", False, False)
    assert "password" not in new
    link = root("POST", "/v4/accounts/carla/link").json()["address"]
    secret = sessions.follow(site, link.rpartition("/")[2])
    assert sessions.resume(site, secret).user.name == "carla"
    changed = root("PATCH", "/v4/accounts/carla", json={"is_admin": True, "closed": True}).json()
    assert (changed["is_admin"], changed["closed"]) == (True, True)
    assert "carla" in [each["name"] for each in root("GET", "/v4/accounts").json()]
    assert root("POST", "/v4/accounts", json={"name": "carla"}).status_code == 409
    assert root("POST", "/v4/accounts", json={"name": "Carla!"}).status_code == 422
    assert root("PATCH", "/v4/accounts/carla", json={}).status_code == 422
    assert root("PATCH", "/v4/accounts/nobody", json={"closed": True}).status_code == 404
    assert root("PATCH", "/v4/accounts/root", json={"closed": True}).status_code == 409


def test_a_key_takes_jobs_until_it_is_revoked(service):
    root = service.as_("root")
    made = root("POST", "/v4/keys", json={"provider": "other", "platforms": ["Demo"]}).json()
    claim = {"json": {"runner": "r", "platforms": ["Demo"]}}
    headers = {"x-api-key": made["secret"]}
    assert service.http.post("/v4/claims", headers=headers, **claim).status_code == 204
    kept = root("GET", "/v4/keys").json()
    assert made["id"] in [each["id"] for each in kept]
    assert made["secret"] not in str(kept)
    assert root("DELETE", f"/v4/keys/{made['id']}").status_code == 204
    assert service.http.post("/v4/claims", headers=headers, **claim).status_code == 401
    unknown = {"provider": "other", "platforms": ["Nothing"]}
    assert root("POST", "/v4/keys", json=unknown).status_code == 404


def test_the_command_line_lets_people_in_and_out(service, site, typed):
    added = typed("root", "accounts", "add", "carla", "--mail", "carla@example.org")
    for code, text in (added, typed("root", "accounts", "link", "carla")):
        assert code == 0
        secret = sessions.follow(site, text.strip().rpartition("/")[2])
        assert sessions.resume(site, secret).user.name == "carla"
    assert typed("root", "accounts", "change", "carla", "--admin") == (
        0,
        "carla is admin, not closed\n",
    )
    typed("root", "accounts", "change", "carla", "--no-admin", "--closed")
    rows = typed("root", "accounts")[1].splitlines()
    assert [row.split() for row in rows if row.startswith("carla")] == [
        ["carla", "carla@example.org", "closed"]
    ]
    code, text = typed("ada", "accounts")
    assert (code, "you may not see everybody's account" in text) == (1, True)


def test_the_command_line_makes_keys_and_ends_them(service, typed):
    _, text = typed("root", "keys", "add", "other", "Demo")
    number, secret = text.split()[1], text.split()[-1]
    claim = {"json": {"runner": "r", "platforms": ["Demo"]}, "headers": {"x-api-key": secret}}
    assert service.http.post("/v4/claims", **claim).status_code == 204
    listed = typed("root", "keys")[1]
    assert number in listed
    assert secret not in listed
    assert typed("root", "keys", "remove", number)[0] == 0
    assert service.http.post("/v4/claims", **claim).status_code == 401


def test_the_command_line_makes_tokens_and_ends_them(service, typed):
    _, text = typed("ada", "tokens", "add", "laptop", "--scope", "read", "--days", "2")
    number, secret = text.split()[1].rstrip(":"), text.split()[-1]
    here = {"headers": {"Authorization": f"Bearer {secret}"}}
    assert service.http.get("/v4/me", **here).json()["scopes"] == ["read"]
    [row] = [line for line in typed("ada", "tokens")[1].splitlines() if number in line]
    assert row.split() == [number, "laptop", "read", "2023-11-16", "22:13", "never"]
    assert typed("ada", "tokens", "remove", number)[0] == 0
    assert service.http.get("/v4/me", **here).status_code == 401


def test_the_command_line_begins_collabs_and_changes_roles(service, typed):
    assert typed("ada", "collabs", "add", "club", "--title", "The club", "--public")[0] == 0
    assert typed("ada", "collabs")[1].splitlines()[1].split() == ["club", "The", "club", "all"]
    assert typed("ada", "collabs", "let-in", "club", "bob", "--role", "editor")[0] == 0
    assert service.as_("bob")("GET", "/v4/me").json()["roles"]["club"] == "editor"
    members = [line.split() for line in typed("bob", "collabs", "members", "club")[1].splitlines()]
    assert members[1:] == [["ada", "administrator"], ["bob", "editor"]]
    assert typed("ada", "collabs", "let-out", "club", "bob")[0] == 0
    code, text = typed("ada", "collabs", "let-out", "club", "ada")
    assert (code, "last administrator" in text) == (1, True)
