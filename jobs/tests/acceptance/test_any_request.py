"""Whatever is asked, the service answers without breaking: requests drawn from its descriptions.

A few of each operation, always the same; `NECKAR_N_REQUESTS=200` draws so many new ones.
"""

import os
import warnings

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cast import ADA, PROVIDER, wanted
from neckar_jobs.service import claims, comments, jobs, projects

N = int(os.environ.get("NECKAR_N_REQUESTS", "0"))
PEOPLE = ("nobody", "ada", "root", "provider")
DRAWN = settings(
    max_examples=N or 3,
    deadline=None,
    derandomize=not N,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
databases = ["sqlite", "postgresql"] if N else ["sqlite"]


ENDLESS = "/events"  # answers as long as a job is not over


@pytest.fixture
def busy(service, site):
    """A service with a few things in it, and what they are called in requests."""
    for _ in range(2):
        job = jobs.submit(site, ADA, wanted())
        comments.write(site, ADA, job.id, "good")
    claims.claim(site, PROVIDER, "r", ["Demo"])
    project = projects.ask(site, ADA, collab="lab", title="t").id
    known = {"project": project, "project_id": project, "collab": "lab", "person": "bob"}
    known |= dict.fromkeys(("name", "platform", "hardware_platform"), "Demo")
    known |= dict.fromkeys(("number", "job_id", "comment", "comment_id", "quota", "quota_id"), 1)
    return service, known


def asked(service, case, who, known):
    """Send a request that was drawn, with the names of things that are there."""
    case.path_parameters = {**(case.path_parameters or {}), **_named(case.path_parameters, known)}
    if isinstance(case.body, dict):
        case.body = {**case.body, **_named(case.body, known)}
    sent = case.as_transport_kwargs()
    method, url = sent.pop("method"), sent.pop("url")
    given = {name: sent[name] for name in ("params", "json", "data", "files") if sent.get(name)}
    if isinstance(given.get("data"), (bytes, str)):
        given["content"] = given.pop("data")
    headers = {**dict(sent.get("headers") or {}), **service.headers[who]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return service.http.request(method, url, headers=headers, follow_redirects=False, **given)


def _named(given, known):
    return {name: known[name] for name in given or () if name in known}


@pytest.mark.parametrize("database", databases, indirect=True)
@pytest.mark.parametrize("path", ["/openapi.json", "/nmpi/openapi.json"])
def test_no_request_breaks_the_service(busy, path):
    service, things = busy
    described = schemathesis.openapi.from_dict(service.http.get(path).json())
    for found in described.get_all_operations():
        operation = found.ok()
        if operation.path.endswith(ENDLESS):
            continue

        @DRAWN
        @given(
            case=operation.as_strategy(),
            who=st.sampled_from(PEOPLE),
            known=st.sampled_from(({}, things)),
        )
        def one(case, who, known):
            answer = asked(service, case, who, known)
            assert answer.status_code < 500 or answer.status_code == 501, (case, answer.text)

        one()
