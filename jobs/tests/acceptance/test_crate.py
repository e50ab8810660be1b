"""A package of a job keeps the rules of RO-Crate 1.1 (https://w3id.org/ro/crate/1.1)."""

import io
import json
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from acceptance_words import submission
from neckar_jobs.client.client import Client
from neckar_jobs.client.provider import Provider
from neckar_jobs.machines.inline import Inline
from neckar_jobs.runner.runner import Offer, Runner
from neckar_jobs.states import State, is_over

SCRIPT = """
import json
open("a plot.csv", "w").write("1,2")
json.dump({"chips": [{"serial": 849}]}, open("provenance.json", "w"))
print("hello")
"""


@pytest.fixture
def finished(service, tmp_path) -> tuple[Client, int]:
    """A job with an input, a setting and a file that it left behind."""
    http = TestClient(service.http.app, headers=service.headers["provider"])
    offer = Offer(
        platform="Demo",
        system="demo",
        python=sys.executable,
        path="/usr/bin:/bin",
        provenance={"packages": {"numpy": "2.4"}},
    )
    runner = Runner(Provider(http), Inline(), [offer], tmp_path / "work", name="runner")
    ada = Client(http=TestClient(service.http.app, headers=service.headers["ada"]))
    (tmp_path / "experiment.py").write_text(SCRIPT)
    (tmp_path / "in.csv").write_text("3")
    job = ada.submit(
        tmp_path / "experiment.py",
        platform="Demo",
        collab="lab",
        inputs=[tmp_path / "in.csv"],
        hardware={"chip": 7},
        name="Ада's job",
        tags=["one"],
    )
    while not is_over(ada.job(job.id).state):
        runner.tick()
    runner.leave()
    assert ada.job(job.id).state == State.FINISHED
    return ada, job.id


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            yield value["@id"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def kinds(entity: dict[str, Any]) -> list[str]:
    kind = entity["@type"]
    return kind if isinstance(kind, list) else [kind]


def broken_rules(bag: zipfile.ZipFile) -> Iterator[str]:
    """What sections 3 to 5 of the specification demand, and this package does not keep."""
    document = json.loads(bag.read("ro-crate-metadata.json"))
    contexts = document["@context"]
    if "https://w3id.org/ro/crate/1.1/context" not in contexts:
        yield "the context is not that of 1.1"
    graph = document["@graph"]
    by_id = {entity["@id"]: entity for entity in graph}
    if len(by_id) != len(graph):
        yield "an @id stands twice"
    descriptor, root = by_id["ro-crate-metadata.json"], by_id["./"]
    if descriptor["@type"] != "CreativeWork" or descriptor["about"] != {"@id": "./"}:
        yield "the descriptor does not describe the root"
    if descriptor["conformsTo"] != {"@id": "https://w3id.org/ro/crate/1.1"}:
        yield "it does not say to what it conforms"
    if root["@type"] != "Dataset" or not {"name", "description", "license"} <= set(root):
        yield "the root is no data set, or lacks a property"
    datetime.fromisoformat(root["datePublished"])
    parts = set(references(root["hasPart"]))
    for entity in graph:
        if any(isinstance(v, dict) and set(v) != {"@id"} for v in entity.values()):
            yield f"{entity['@id']} holds another entity"
        for there in references(entity):
            if there not in by_id and not there.startswith(("https://", "http://")):
                yield f"{entity['@id']} refers to {there}, which is not described"
        if "File" in kinds(entity):
            if entity["@id"] not in parts:
                yield f"{entity['@id']} is a file and no part of the root"
            if "://" not in entity["@id"] and unquote(entity["@id"]) not in bag.namelist():
                yield f"{entity['@id']} is described and missing"
    described = {unquote(each) for each in parts}
    for name in set(bag.namelist()) - {"ro-crate-metadata.json"}:
        if name not in described:
            yield f"{name} is there and not described"


def test_a_package_of_a_job_keeps_the_rules_and_tells_its_story(finished, tmp_path):
    ada, number = finished
    with zipfile.ZipFile(ada.crate(number, tmp_path / "job.zip")) as bag:
        assert list(broken_rules(bag)) == []
        assert bag.read("code/experiment.py").decode() == SCRIPT
        assert (bag.read("input/in.csv"), bag.read("output/a plot.csv")) == (b"3", b"1,2")
        assert bag.read("log.txt") == b"hello\n"
        assert json.loads(bag.read("provenance.json"))["chips"] == [{"serial": 849}]
        graph = {
            each["@id"]: each for each in json.loads(bag.read("ro-crate-metadata.json"))["@graph"]
        }
    run = graph["#run"]
    assert run["actionStatus"] == {"@id": "http://schema.org/CompletedActionStatus"}
    assert run["result"] == {"@id": "output/a%20plot.csv"}
    assert graph["#hardware.chip"]["value"] == 7
    assert graph["#provenance.chips.0.serial"]["value"] == 849
    assert graph["#package-numpy"]["version"] == "2.4"
    assert graph["output/a%20plot.csv"]["sha256"]


def test_a_job_that_still_waits_can_be_packed_too(service):
    number = service.as_("ada")("POST", "/v4/jobs", json=submission()).json()["id"]
    answer = service.as_("ada")("GET", f"/v4/jobs/{number}/crate.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bag:
        assert list(broken_rules(bag)) == []
    assert service.as_("eve")("GET", f"/v4/jobs/{number}/crate.zip").status_code == 404
