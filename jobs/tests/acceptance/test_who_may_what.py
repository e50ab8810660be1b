"""Every route against every kind of person. A route that is missing here fails the first test."""

import pytest

from acceptance_words import submission
from cast import ADA, PROVIDER, wanted
from neckar_jobs.service import claims, jobs

YES = (200, 201, 202, 204)
OPEN = dict.fromkeys(("nobody", "eve", "bob", "ada", "root", "provider"), YES)
SIGNED_IN = {**OPEN, "nobody": (401,)}
MEMBERS = {"nobody": (401,), "eve": (404,), "bob": YES, "ada": YES, "root": YES}
VIEWERS = {**MEMBERS, "provider": YES}
EDITORS = {**MEMBERS, "bob": (403,), "provider": (403,)}
SUBMITTERS = {**MEMBERS, "bob": (404,), "provider": (404,)}
COMMENTERS = {**MEMBERS, "provider": (403,)}
ADMINS = {"nobody": (401,), **dict.fromkeys(("eve", "bob", "ada", "provider"), (403,)), "root": YES}
PEOPLE = {**SIGNED_IN, "provider": (403,)}
RUNNERS = {
    "nobody": (401,),
    **dict.fromkeys(("eve", "bob", "ada", "root"), (403,)),
    "provider": YES,
}
AUTHORS = {
    "nobody": (401,),
    "eve": (404,),
    "bob": (403,),
    "ada": YES,
    "root": YES,
    "provider": (403,),
}
PROJECT_VIEWERS = {**MEMBERS, "provider": (404,)}
PROJECT_EDITORS = {**MEMBERS, "bob": (403,), "provider": (404,)}

DIGEST = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # of hello

MAINTENANCE = {
    "begins_at": "2030-01-01T08:00:00Z",
    "ends_at": "2030-01-01T09:00:00Z",
    "text": "new disks",
}
RIGHTS = {
    ("GET", "/health/live"): (OPEN, {}),
    ("GET", "/health/ready"): (OPEN, {}),
    ("GET", "/metrics"): (ADMINS, {}),
    ("GET", "/v4/platforms"): (OPEN, {}),
    ("POST", "/v4/login"): (OPEN, {"json": {"name": "ada", "password": "correct horse"}}),
    ("GET", "/v4/me"): (SIGNED_IN, {}),
    ("GET", "/v4/jobs"): (SIGNED_IN, {}),
    ("POST", "/v4/jobs"): (SUBMITTERS, {"json": submission()}),
    ("POST", "/v4/jobs/arrays"): (SUBMITTERS, {"json": submission(over={"a": [1]})}),
    ("GET", "/v4/jobs/{number}"): (VIEWERS, {}),
    ("GET", "/v4/jobs/{number}/log"): (VIEWERS, {}),
    ("GET", "/v4/jobs/{number}/events"): (VIEWERS, {}),
    ("GET", "/v4/jobs/{number}/files/{kind}"): (VIEWERS, {}),
    ("GET", "/v4/jobs/{number}/files/{kind}/{path}"): (VIEWERS, {}),
    ("GET", "/v4/jobs/{number}/outputs.zip"): (VIEWERS, {}),
    ("GET", "/v4/jobs/{number}/crate.zip"): (VIEWERS, {}),
    ("GET", "/v4/jobs/{number}/comments"): (VIEWERS, {}),
    ("POST", "/v4/jobs/{number}/comments"): (COMMENTERS, {"json": {"text": "good"}}),
    ("PUT", "/v4/jobs/{number}/comments/{comment}"): (AUTHORS, {"json": {"text": "better"}}),
    ("DELETE", "/v4/jobs/{number}/comments/{comment}"): (AUTHORS, {}),
    ("PATCH", "/v4/jobs/{number}/tags"): (EDITORS, {"json": {"add": ["new"]}}),
    ("POST", "/v4/jobs/{number}/retry"): (EDITORS, {}),
    ("DELETE", "/v4/jobs/{number}"): (EDITORS, {}),
    ("POST", "/v4/jobs/{number}/cancel"): ({**EDITORS, "ada": (409,), "root": (409,)}, {}),
    ("PUT", "/v4/contents/{sha256}"): (PEOPLE, {"content": b"hello"}),
    ("HEAD", "/v4/contents/{sha256}"): (PEOPLE, {}),
    ("POST", "/v4/claims"): (RUNNERS, {"json": {"runner": "r", "platforms": ["Demo"]}}),
    ("POST", "/v4/claims/{number}/begin"): ("lease", {"json": {"handle": "h"}}),
    ("POST", "/v4/claims/{number}/live"): ("lease", {}),
    ("POST", "/v4/claims/{number}/log"): ("lease", {"params": {"offset": 0}, "content": b"x"}),
    ("PUT", "/v4/claims/{number}/output/{path}"): ("lease", {"content": b"x"}),
    ("GET", "/v4/claims/{number}/contents/{sha256}"): ("lease", {}),
    ("POST", "/v4/claims/{number}/end"): ("lease", {"json": {"state": "failed"}}),
    ("GET", "/v4/sessions"): (SIGNED_IN, {}),
    ("GET", "/v4/subscriptions"): (SIGNED_IN, {}),
    ("POST", "/v4/subscriptions"): (PEOPLE, {"json": {"address": "https://example.org/told"}}),
    ("GET", "/v4/subscriptions/{number}/deliveries"): (
        {**dict.fromkeys(OPEN, (404,)), "nobody": (401,)},
        {},
    ),
    ("POST", "/v4/subscriptions/{number}/test"): (
        {**dict.fromkeys(OPEN, (404,)), "nobody": (401,), "provider": (403,)},
        {},
    ),
    ("DELETE", "/v4/subscriptions/{number}"): (
        {**dict.fromkeys(OPEN, (404,)), "nobody": (401,)},
        {},
    ),
    ("GET", "/v4/me/mail"): (SIGNED_IN, {}),
    ("PUT", "/v4/me/mail"): (PEOPLE, {"json": {"wanted": {"failed": True}}}),
    ("PUT", "/v4/me/mail/address"): (PEOPLE, {"json": {"address": "new@example.org"}}),
    ("GET", "/v4/mails"): (ADMINS, {}),
    ("POST", "/v4/mails"): (ADMINS, {}),
    ("POST", "/v4/mails/{number}/retry"): (ADMINS, {}),
    ("DELETE", "/v4/mails/{number}"): (ADMINS, {}),
    ("GET", "/v4/tokens"): (SIGNED_IN, {}),
    ("POST", "/v4/tokens"): (PEOPLE, {"json": {"name": "new"}}),
    ("DELETE", "/v4/tokens/{token}"): ({**dict.fromkeys(OPEN, (404,)), "nobody": (401,)}, {}),
    ("GET", "/v4/collabs"): (SIGNED_IN, {}),
    ("POST", "/v4/collabs"): (PEOPLE, {"json": {"name": "new"}}),
    ("GET", "/v4/collabs/{collab}/members"): (PROJECT_VIEWERS, {}),
    ("PUT", "/v4/collabs/{collab}/members/{person}"): (
        {**MEMBERS, "bob": (403,), "ada": (403,), "provider": (404,)},
        {"json": {"role": "viewer"}},
    ),
    ("DELETE", "/v4/collabs/{collab}/members/{person}"): (
        {**MEMBERS, "bob": (403,), "ada": (403,), "provider": (404,)},
        {},
    ),
    ("GET", "/v4/projects"): (SIGNED_IN, {}),
    ("POST", "/v4/projects"): (SUBMITTERS, {"json": {"collab": "lab", "title": "t"}}),
    ("GET", "/v4/projects/{project}"): (PROJECT_VIEWERS, {}),
    ("PUT", "/v4/projects/{project}"): (PROJECT_EDITORS, {"json": {"title": "u"}}),
    ("POST", "/v4/projects/{project}/hand-in"): (PROJECT_EDITORS, {}),
    ("POST", "/v4/projects/{project}/decision"): (
        {**ADMINS, "root": (409,)},
        {"json": {"accept": True}},
    ),
    ("DELETE", "/v4/projects/{project}"): (PROJECT_EDITORS, {}),
    ("POST", "/v4/projects/{project}/quotas"): (ADMINS, {"json": {"platform": "Demo", "limit": 1}}),
    ("PUT", "/v4/quotas/{quota}"): (ADMINS, {"json": {"limit": 1}}),
    ("DELETE", "/v4/quotas/{quota}"): (ADMINS, {}),
    ("GET", "/v4/accounts"): (ADMINS, {}),
    ("POST", "/v4/accounts"): (ADMINS, {"json": {"name": "new"}}),
    ("PATCH", "/v4/accounts/{person}"): (ADMINS, {"json": {"closed": True}}),
    ("POST", "/v4/accounts/{person}/link"): (ADMINS, {}),
    ("GET", "/v4/keys"): (ADMINS, {}),
    ("POST", "/v4/keys"): (ADMINS, {"json": {"provider": "other", "platforms": ["Demo"]}}),
    ("DELETE", "/v4/keys/{key}"): ({**ADMINS, "root": (404,)}, {}),
    ("GET", "/v4/audit"): (ADMINS, {}),
    ("PUT", "/v4/platforms/{name}/paused"): (ADMINS, {"json": {"why": ""}}),
    ("PUT", "/v4/platforms/{name}/draining"): (ADMINS, {"json": {"why": ""}}),
    ("GET", "/v4/maintenance"): (OPEN, {}),
    ("POST", "/v4/maintenance"): (ADMINS, {"json": MAINTENANCE}),
    ("DELETE", "/v4/maintenance/{number}"): ({**ADMINS, "root": (404,)}, {}),
}
LEASED = {
    "nobody": (401,),
    **dict.fromkeys(("eve", "bob", "ada", "root"), (403,)),
    "provider": (409,),
}


@pytest.fixture
def things(site, service):
    """A job that is over with a file and a comment, a project with a quota."""
    ada, root = service.as_("ada"), service.as_("root")
    job = jobs.submit(site, ADA, wanted())
    lease = claims.claim(site, PROVIDER, "r", ["Demo"])
    provider = service.as_("provider")
    theirs = {"headers": {"Lease": lease.key}}
    provider("POST", f"/v4/claims/{job.id}/begin", json={"handle": "h"}, **theirs)
    provider("PUT", f"/v4/claims/{job.id}/output/a.txt", content=b"a", **theirs)
    provider("POST", f"/v4/claims/{job.id}/end", json={"state": "finished"}, **theirs)
    comment = ada("POST", f"/v4/jobs/{job.id}/comments", json={"text": "mine"}).json()
    ada("PUT", f"/v4/contents/{DIGEST}", content=b"hello")
    project = ada("POST", "/v4/projects", json={"collab": "lab", "title": "t"}).json()
    grant = {"platform": "Demo", "limit": 1}
    quota = root("POST", f"/v4/projects/{project['id']}/quotas", json=grant).json()
    assert root("POST", "/v4/mails").json()["id"] == job.id
    return {
        "number": job.id,
        "kind": "output",
        "path": "a.txt",
        "comment": comment["id"],
        "sha256": DIGEST,
        "project": project["id"],
        "quota": quota["id"],
        "collab": "lab",
        "person": "eve",
        "token": "0",
        "key": "0",
        "name": "Demo",
    }


def test_every_route_has_its_rights_written_down(service):
    described = service.http.app.openapi()["paths"]
    routes = {(method.upper(), path) for path in described for method in described[path]}
    assert routes == set(RIGHTS)


@pytest.mark.parametrize("role", list(OPEN))
@pytest.mark.parametrize("route", list(RIGHTS), ids=" ".join)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # one kind is enough here
def test_rights(service, things, route, role):
    rights, content = RIGHTS[route]
    method, path = route
    for name, value in things.items():
        path = path.replace("{" + name + "}", str(value))
    headers = {"headers": {"Lease": "stale"}} if rights == "lease" else {}
    answer = service.as_(role)(method, path, **content, **headers)
    expected = (LEASED if rights == "lease" else rights)[role]
    assert answer.status_code in expected, answer.text
