"""Every operation of the original's interface answers in the shape that is documented for it.

What is in the table are facts of that document: paths, kinds of credentials, fields and their
types, without its words.
"""

import re

import jsonschema
import pytest

from cast import ADA, wanted
from neckar_jobs.service import jobs

TEXT, INT, NUMBER, OBJECT = ({"type": kind} for kind in ("string", "integer", "number", "object"))
ANYTHING, NULL = {}, {"type": "null"}


def maybe(shape):
    return {"anyOf": [shape, NULL]}


def many(shape):
    return {"type": "array", "items": shape}


def by_name(shape):
    return {"type": "object", "additionalProperties": shape}


def shape(needed="", /, **fields):
    return {"type": "object", "properties": fields, "required": needed.split()}


DAY, MOMENT = {"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}
TAG = {"type": "string", "minLength": 2, "maxLength": 100}
USAGE = shape("value units", value=NUMBER, units=TEXT)
FILE = shape("url", url=TEXT, path=maybe(TEXT), size=maybe(INT), hash=maybe(TEXT))
FILES = shape("repository files", repository=TEXT, files=many(FILE))
STATUS = {"enum": ["submitted", "validated", "running", "mapped", "finished", "error", "removed"]}
COMMENT = shape(
    "content id job_id resource_uri timestamp user_id",
    content=TEXT,
    id=INT,
    job_id=INT,
    resource_uri=TEXT,
    timestamp=MOMENT,
    user_id=TEXT,
)
ACCEPTED = shape(
    "code collab hardware_platform id user_id resource_uri input_data tags",
    code=TEXT,
    collab=TEXT,
    command=maybe(TEXT),
    hardware_config=maybe(OBJECT),
    hardware_platform=TEXT,
    id=INT,
    input_data=many(FILE),  # documented as perhaps null; programs count on lists
    resource_uri=TEXT,
    status=STATUS,
    tags=many(TAG),
    timestamp_submission=maybe(MOMENT),
    user_id=TEXT,
)
JOB = {
    **ACCEPTED,
    "properties": {
        **ACCEPTED["properties"],
        "comments": maybe(many(COMMENT)),
        "log": maybe(TEXT),
        "output_data": maybe(FILES),
        "provenance": maybe(OBJECT),
        "resource_usage": maybe(USAGE),
        "timestamp_completion": maybe(MOMENT),
    },
}
QUOTA = shape(
    "limit usage platform units project resource_uri",
    limit=NUMBER,
    usage=NUMBER,
    platform=TEXT,
    units=TEXT,
    project=TEXT,
    resource_uri=TEXT,
)
PROJECT = shape(
    "collab title abstract id owner resource_uri quotas context",
    collab=TEXT,
    title=TEXT,
    abstract=TEXT,
    id={"type": "string", "format": "uuid"},
    owner=TEXT,
    resource_uri=TEXT,
    submission_date=maybe(DAY),
    decision_date=maybe(DAY),
    status={"enum": ["in preparation", "accepted", "under review", "rejected"]},
    quotas=many(QUOTA),
)
SESSION = shape(
    "collab user_id hardware_platform id resource_uri",
    collab=TEXT,
    user_id=TEXT,
    hardware_platform=TEXT,
    hardware_config=maybe(OBJECT),
    id=INT,
    resource_uri=TEXT,
    resource_usage=maybe(USAGE),
    status={"enum": ["running", "finished", "error", "removed"]},
    timestamp_start=maybe(MOMENT),
    timestamp_end=maybe(MOMENT),
)
COUNTS = many(shape("start end count", start=DAY, end=DAY, count=by_name(INT)))
AMOUNTS = many(shape("start end value", start=DAY, end=DAY, value=by_name(NUMBER)))
SERIES = shape("dates values", dates=many(DAY), values=many(INT))
QUEUES = many(shape("queue_name running submitted", queue_name=TEXT, running=INT, submitted=INT))
HISTOGRAMS = many(
    shape(
        "values bins platform status scale max",
        values=many(INT),
        bins=many(NUMBER),
        platform=TEXT,
        status=TEXT,
        scale=TEXT,
        max=INT,
    )
)
PEOPLE = many(shape("user jobs sessions", user=TEXT, jobs=by_name(INT), sessions=by_name(INT)))
ABOUT = shape("about version status links authentication", status=TEXT, version=TEXT)
NEW_JOB = {"code": "print(1)", "collab": "lab", "hardware_platform": "Demo"}
NEW_QUOTA = {"limit": 2, "platform": "Demo", "units": "hours"}
NEW_SESSION = {"collab": "lab", "user_id": "ada", "hardware_platform": "Demo"}
USED = {"resource_usage": {"value": 0.5, "units": "hours"}}
REPORT = {**USED, "status": "running", "log": "begun", "provenance": {"a": 1}}
SPAN = {"start": "2023-11-01", "end": "2023-11-30", "interval": 7}
FILTERS = {
    "status": ["submitted", "running"],
    "collab": "lab",
    "hardware_platform": "Demo",
    "date_range_start": "2023-01-01",
    "date_range_end": "2030-01-01",
    "size": 5,
    "from_index": 0,
}

# method and path: who may ask, what is sent, status and shape of the answer
OPERATIONS = {
    "GET /": ("nobody", {}, 200, ABOUT),
    "GET /auth": ("nobody", {}, 401, shape("detail", detail=TEXT)),
    "GET /login": ("nobody", {}, 302, None),
    "GET /collabs/": ("ada", {"params": {"size": 3}}, 200, many(TEXT)),
    "GET /jobs/": ("ada provider", {"params": {**FILTERS, "tags": ["good"]}}, 200, many(JOB)),
    "POST /jobs/": ("ada", {"json": {**NEW_JOB, "tags": None}}, 201, ACCEPTED),
    "GET /jobs/next/{hardware_platform}": ("provider", {}, 200, JOB),
    "DELETE /jobs/{job_id}": ("ada", {}, 200, ANYTHING),
    "GET /jobs/{job_id}": (
        "ada provider",
        {"params": {"with_log": "true", "with_comments": "true"}},
        200,
        JOB,
    ),
    "PUT /jobs/{job_id}": ("provider", {"json": REPORT}, 200, ANYTHING),
    "GET /jobs/{job_id}/comments": ("ada", {}, 200, many(COMMENT)),
    "POST /jobs/{job_id}/comments/": ("ada", {"json": {"content": "good"}}, 201, COMMENT),
    "PUT /jobs/{job_id}/comments/{comment_id}": ("ada", {"json": {"content": "?"}}, 200, COMMENT),
    "DELETE /jobs/{job_id}/comments/{comment_id}": ("ada", {}, 200, ANYTHING),
    "GET /jobs/{job_id}/log": ("ada", {}, 200, "text/plain"),
    "PUT /jobs/{job_id}/log": ("provider", {"content": "all"}, 200, NULL),
    "PATCH /jobs/{job_id}/log": ("provider", {"content": "more"}, 200, NULL),
    "GET /jobs/{job_id}/output_data": ("ada", {}, 200, FILES),
    "PUT /jobs/{job_id}/output_data": (
        "ada",
        {"json": {"repository": "Neckar storage", "files": []}},
        304,
        None,
    ),
    "GET /jobs/{job_id}/tags/": ("ada", {}, 200, many(TAG)),
    "POST /jobs/{job_id}/tags/": ("ada", {"json": ["one", "two"]}, 200, many(TAG)),
    "DELETE /jobs/{job_id}/tags/": ("ada", {"json": ["good"]}, 200, ANYTHING),
    "GET /tags/": ("ada", {"params": {"collab": "lab"}}, 200, many(TAG)),
    "GET /projects/": (
        "ada provider",
        {"params": {"collab": "lab", "status": "accepted"}},
        200,
        many(PROJECT),
    ),
    "POST /projects/": (
        "ada",
        {"json": {"collab": "lab", "title": "t", "abstract": "a"}},
        201,
        PROJECT,
    ),
    "GET /projects/{project_id}": ("ada", {}, 200, PROJECT),
    "PUT /projects/{project_id}": ("ada", {"json": {"title": "new"}}, 200, ANYTHING),
    "DELETE /projects/{project_id}": ("ada", {}, 200, ANYTHING),
    "GET /projects/{project_id}/quotas/": ("ada", {"params": {"size": 1}}, 200, many(QUOTA)),
    "POST /projects/{project_id}/quotas/": ("root", {"json": NEW_QUOTA}, 201, NULL),
    "GET /projects/{project_id}/quotas/{quota_id}": ("ada", {}, 200, QUOTA),
    "PUT /projects/{project_id}/quotas/{quota_id}": (
        "provider root",
        {"json": {"usage": 1}},
        200,
        NULL,
    ),
    "DELETE /projects/{project_id}/quotas/{quota_id}": ("root", {}, 200, ANYTHING),
    "GET /sessions/": (
        "ada provider",
        {"params": {**FILTERS, "status": "running"}},
        200,
        many(SESSION),
    ),
    "POST /sessions/": ("provider", {"json": NEW_SESSION}, 201, SESSION),
    "PUT /sessions/{session_id}": ("provider", {"json": {**USED, "status": "finished"}}, 200, NULL),
    "GET /statistics/active-user-count": ("nobody", {"params": SPAN}, 200, COUNTS),
    "GET /statistics/cumulative-job-count": ("nobody", {"params": SPAN}, 200, COUNTS),
    "GET /statistics/cumulative-project-count": (
        "nobody",
        {"params": {"status": "accepted"}},
        200,
        SERIES,
    ),
    "GET /statistics/cumulative-user-count": (
        "nobody",
        {"params": {"hardware_platform": ["Demo"]}},
        200,
        SERIES,
    ),
    "GET /statistics/job-count": ("nobody", {"params": SPAN}, 200, COUNTS),
    "GET /statistics/job-duration": (
        "nobody",
        {"params": {"n_bins": 5, "scale": "log"}},
        200,
        HISTOGRAMS,
    ),
    "GET /statistics/per-user": ("root", {}, 200, PEOPLE),
    "GET /statistics/queue-length": ("nobody", {}, 200, QUEUES),
    "GET /statistics/resource-usage": ("nobody", {"params": SPAN}, 200, AMOUNTS),
}


@pytest.fixture
def things(service, site):
    """A job with a provider, a job that waits, an accepted project, a session."""
    ada, root, provider = (service.as_(name) for name in ("ada", "root", "provider"))
    number = jobs.submit(site, ADA, wanted(tags=("good",))).id
    provider("GET", "/jobs/next/Demo")
    provider("PUT", f"/jobs/{number}", json={"status": "running"})
    comment = ada("POST", f"/jobs/{number}/comments/", json={"content": "ours"}).json()["id"]
    jobs.submit(site, ADA, wanted(tags=("good",)))
    asked = {"collab": "lab", "title": "t", "abstract": "a"}
    project = ada("POST", "/projects/", json=asked).json()["id"]
    root("POST", f"/projects/{project}/quotas/", json=NEW_QUOTA)
    quota = root("GET", f"/projects/{project}/quotas/").json()[0]["id"]
    session = provider("POST", "/sessions/", json=NEW_SESSION).json()["id"]
    return {
        "{job_id}": number,
        "{comment_id}": comment,
        "{hardware_platform}": "Demo",
        "{project_id}": project,
        "{quota_id}": quota,
        "{session_id}": session,
    }


def in_order():
    """All operations, those last that take away what others need."""
    verbs = ("GET", "POST", "PATCH", "PUT", "DELETE")
    return sorted(OPERATIONS, key=lambda each: (verbs.index(each.split(" ")[0]), -len(each)))


def asked(service, things, operation, who, **more):
    method, path = operation.split(" ")
    path = re.sub(r"{\w+}", lambda found: str(things[found.group()]), path)
    _, sent, _, _ = OPERATIONS[operation]
    return service.as_(who)(method, path, **sent, **more)


def test_every_operation_answers_in_its_shape(service, things):
    for operation in in_order():
        who, _, status, expected = OPERATIONS[operation]
        for name in who.split():
            answer = asked(service, things, operation, name, follow_redirects=False)
            assert answer.status_code == status, (operation, answer.text)
            if isinstance(expected, str):
                assert answer.headers["content-type"].startswith(expected), operation
            elif expected is not None:
                jsonschema.validate(answer.json(), expected)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_operation_is_more_than_documented_or_less(service):
    described = service.http.get("/nmpi/openapi.json").json()["paths"]
    ours = {(verb.upper(), path) for path in described for verb in described[path]}
    known = {tuple(each.split(" ")) for each in OPERATIONS}
    known = {(verb, path.rstrip("/") or "/") for verb, path in known}
    assert ours - {("GET", "/userinfo")} == known
    assert len(known) == 45


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_nobody_gets_what_needs_a_token_or_a_key(service, things):
    for operation, (who, *_) in OPERATIONS.items():
        if who != "nobody":
            assert asked(service, things, operation, "nobody").status_code == 401
            stranger = asked(service, things, operation, "eve").status_code
            assert stranger in (403, 404) or operation == "GET /collabs/", operation
            key, token = {"x-api-key": "wrong"}, {"Authorization": "Bearer wrong"}
            wrong = key if who == "provider" else token
            assert asked(service, things, operation, "nobody", headers=wrong).status_code == 401
