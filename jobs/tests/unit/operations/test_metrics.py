import json
import logging

from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from cast import ADA, wanted
from neckar_jobs.api.app import application
from neckar_jobs.identity import accounts, tokens
from neckar_jobs.operations.log import Lines
from neckar_jobs.service import jobs


def read(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_numbers_are_those_of_the_database_and_of_this_process(site, clock):
    jobs.submit(site, ADA, wanted())
    clock.now += 90
    jobs.cancel(site, ADA, jobs.submit(site, ADA, wanted()).id)
    here = ("127.0.0.1", 1)
    with TestClient(application(site), client=here) as http:
        http.get("/v4/jobs/1")
        found = read(http.get("/metrics").text)
        assert found["neckar_jobs", ("platform", "Demo"), ("state", "submitted")] == 1
        assert found["neckar_jobs", ("platform", "Demo"), ("state", "cancelled")] == 1
        assert found["neckar_oldest_waiting_seconds", ("platform", "Demo")] == 90
        assert found["neckar_paused", ("platform", "Demo")] == 0
        assert found["neckar_free_bytes",] > 0
        route = ("route", "/v4/jobs/{number}")
        assert found["neckar_http_requests_total", ("method", "GET"), route, ("status", "401")] == 1
        assert found["neckar_http_seconds_count", route] == 1
        behind = http.get("/metrics", headers={"X-Forwarded-For": "8.8.8.8"})
        assert behind.status_code == 401


def test_admins_read_the_numbers_from_elsewhere(site):
    accounts.create(site, "chief", "correct horse", by="test", is_admin=True)
    secret, _ = tokens.issue(site, "chief", name="prometheus")
    with TestClient(application(site), client=("10.0.0.7", 1)) as http:
        assert http.get("/metrics").status_code == 401
        headers = {"Authorization": f"Bearer {secret}"}
        assert "neckar_free_bytes" in http.get("/metrics", headers=headers).text


def test_a_line_of_the_log_is_a_document():
    record = logging.makeLogRecord({"msg": "job %d: %s", "args": (3, "lost"), "job": 3})
    document = json.loads(Lines().format(record))
    assert (document["message"], document["job"]) == ("job 3: lost", 3)
