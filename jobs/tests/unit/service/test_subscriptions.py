import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cast import ADA, BOB, wanted
from neckar_jobs.errors import InvalidError, UnknownError
from neckar_jobs.service import jobs, outside, subscriptions
from neckar_jobs.store import subscriptions as store
from neckar_jobs.store.due import AGAIN


@dataclass
class Listener:
    """Somebody's web server, which answers as it is told and remembers what came."""

    netloc: str
    answers: list[int] = field(default_factory=list)
    heard: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def listener() -> Iterator[Listener]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.heard.append((body, dict(self.headers)))
            self.send_response(found.answers.pop(0) if found.answers else 204)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Listener(f"127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def over(site, user=ADA):
    number = jobs.submit(site, user, wanted()).id
    return jobs.cancel(site, user, number).id


def test_an_address_is_told_once_that_a_job_is_over_and_can_see_from_whom(site, listener):
    trusted = [listener.netloc]
    address = f"http://{listener.netloc}/hook"
    _, secret = subscriptions.subscribe(site, ADA, address, trusted)
    number = over(site)
    assert subscriptions.deliver(site, trusted) == 1
    assert subscriptions.deliver(site, trusted) == 0
    [(body, headers)] = listener.heard
    told = json.loads(body)
    assert (told["event"], told["job"]["id"]) == ("job.over", number)
    assert told["job"]["state"] == "cancelled"
    at = int(site.clock())
    assert headers["Neckar-Signature"] == subscriptions.signature(secret, at, body)


def test_somebody_tries_an_address_and_sees_what_it_answered(site, listener, clock):
    trusted = [listener.netloc]
    made, secret = subscriptions.subscribe(site, ADA, f"http://{listener.netloc}/", trusted)
    listener.answers = [403, 200]
    done = subscriptions.try_out(site, ADA, made.id, trusted)
    assert (done.status, done.trouble) == (403, "127.0.0.1 answers 403")
    assert subscriptions.try_out(site, ADA, made.id, trusted).trouble == ""
    body, headers = listener.heard[0]
    assert json.loads(body)["event"] == "test"
    assert headers["Neckar-Signature"] == subscriptions.signature(secret, int(clock.now), body)
    number = over(site)
    subscriptions.deliver(site, trusted)
    [found] = subscriptions.deliveries(site, ADA).values()
    assert [(each.event, each.job, each.status) for each in found] == [
        ("job.over", number, 204),
        ("test", None, 200),
        ("test", None, 403),
    ]
    for _ in range(store.KEPT):
        subscriptions.try_out(site, ADA, made.id, trusted)
    assert len(subscriptions.deliveries(site, ADA)[made.id]) == store.KEPT
    with pytest.raises(UnknownError):
        subscriptions.try_out(site, BOB, made.id, trusted)
    assert subscriptions.deliveries(site, BOB) == {}


def test_jobs_of_others_are_not_told(site, listener):
    subscriptions.subscribe(site, BOB, f"http://{listener.netloc}/", [listener.netloc])
    over(site)
    assert subscriptions.deliver(site, [listener.netloc]) == 0


def test_a_message_that_is_not_taken_comes_again_later_and_in_the_end_no_more(
    site, listener, clock
):
    trusted = [listener.netloc]
    subscriptions.subscribe(site, ADA, f"http://{listener.netloc}/", trusted)
    over(site)
    listener.answers = [500, 302, 200]
    assert subscriptions.deliver(site, trusted) == 0
    assert "answers 500" in subscriptions.listed(site, ADA)[0].trouble
    assert subscriptions.deliver(site, trusted) == 0
    assert len(listener.heard) == 1
    clock.now += AGAIN[0] + 1
    assert subscriptions.deliver(site, trusted) == 0  # it is not followed elsewhere
    clock.now += AGAIN[1] + 1
    assert subscriptions.deliver(site, trusted) == 1
    assert subscriptions.listed(site, ADA)[0].trouble == ""

    over(site)
    listener.answers = [500] * 10
    for wait in (0.0, *AGAIN):
        clock.now += wait + 1
        subscriptions.deliver(site, trusted)
    with site.database.reading() as c:
        assert not store.is_waiting(c, clock.now + 1e9)


@pytest.mark.parametrize(
    "address",
    ["http://example.org/", "https://127.0.0.1/", "https://localhost/", "https://u:p@example.org/"],
)
def test_neighbours_and_open_lines_are_not_told(site, address):
    with pytest.raises(InvalidError):
        subscriptions.subscribe(site, ADA, address)


def test_a_name_that_leads_inside_is_refused_when_it_is_told(monkeypatch):
    inside = [(2, 1, 6, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda *_: inside)
    with pytest.raises(InvalidError, match="inside of this network"):
        outside.post("https://example.org/", b"", {})


def test_one_removes_only_what_is_ones_own(site):
    made, _ = subscriptions.subscribe(site, ADA, "https://example.org/")
    with pytest.raises(UnknownError):
        subscriptions.unsubscribe(site, BOB, made.id)
    subscriptions.unsubscribe(site, ADA, made.id)
    assert subscriptions.listed(site, ADA) == []
