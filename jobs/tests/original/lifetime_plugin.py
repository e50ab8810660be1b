"""A plugin for pytest: leads the original service's tests of itself to ours, over HTTP.

The tests build clients that call the service's own code. Here those clients speak to ours, as if
through a proxy that adds encryption. Results in the tests lie on example.com, which they replace by
a function; here a local server stands for it.
"""

import os

import httpx

ADDRESS, DATA = os.environ["NECKAR_ADDRESS"], os.environ["NECKAR_DATA"]
Real = httpx.AsyncClient


class Client(Real):
    """A client of our service, whatever it is told."""

    def __init__(self, **_ignored: object) -> None:
        super().__init__(base_url=ADDRESS, headers={"X-Forwarded-Proto": "https"})

    async def request(self, method, url, **rest):
        answer = await super().request(method, url, **_replaced(rest, "https://example.com", DATA))
        if f"http://{DATA}".encode() in answer.content:
            text = answer.text.replace(f"http://{DATA}", "https://example.com")
            answer._content = text.encode()
        return answer


def _replaced(what, old: str, host: str):
    """The same with another address, wherever it stands."""
    if isinstance(what, str):
        return what.replace(old, f"http://{host}")
    if isinstance(what, dict):
        return {key: _replaced(value, old, host) for key, value in what.items()}
    if isinstance(what, list):
        return [_replaced(value, old, host) for value in what]
    return what


httpx.AsyncClient = Client
