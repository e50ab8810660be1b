"""People and keys of providers over REST, for those who run the service."""

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
