"""Requests over HTTP, in the few words that this client needs."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx2

TIMEOUT = 60.0  # s
Auth = Callable[[httpx2.Request], httpx2.Request]


class Answer:
    """What came back."""

    def __init__(self, answer: httpx2.Response) -> None:
        self._answer = answer
        self.status_code = answer.status_code
        self.ok = not answer.is_error
        self.headers = answer.headers
        self.content = answer.content
        self.text = answer.text

    def json(self) -> Any:
        """The document."""
        return self._answer.json()


class Requests:
    """`get`, `post`, `put` and `delete`, and a session that keeps cookies."""

    def get(self, url: str, **rest: Any) -> Answer:
        """Ask."""
        return _ask("GET", url, **rest)

    def post(self, url: str, **rest: Any) -> Answer:
        """Create."""
        return _ask("POST", url, **rest)

    def put(self, url: str, **rest: Any) -> Answer:
        """Change."""
        return _ask("PUT", url, **rest)

    def delete(self, url: str, **rest: Any) -> Answer:
        """Take away; this server wants a body even then."""
        return _ask("DELETE", url, **rest)


requests = Requests()


def sign_in(service: str, username: str, password: str, verify: bool) -> Mapping[str, Any]:
    """Fill in the form that lies behind /login; return what comes back: a token, and who it is."""
    with httpx2.Client(verify=verify, timeout=TIMEOUT) as http:
        begun = http.get(f"{service}/login")
        page = http.get(begun.headers["location"], follow_redirects=True)
        action = page.text.partition('action="')[2].partition('"')[0].replace("&amp;", "&")
        if begun.status_code != 302 or not action:
            raise ConnectionError(f"{service} shows no form to sign in; pass a token instead")
        form = {"username": username, "password": password}
        entered = http.post(str(page.url.join(action)), data=form)
        if entered.status_code != 302:
            raise PermissionError("name or password is wrong")
        found: Mapping[str, Any] = http.get(entered.headers["location"]).json()
        return found


def _ask(
    method: str,
    url: str,
    *,
    auth: Auth | None = None,
    cert: Any = None,
    verify: bool = True,
    data: str | bytes | None = None,
    json: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    sent: dict[str, Any] = {"headers": dict(headers or {})}
    if json is not None:
        sent["json"] = json
    elif data is not None:
        sent["content"] = data
    with httpx2.Client(verify=verify, cert=cert, timeout=TIMEOUT) as http:
        return Answer(http.request(method, url, auth=auth, **sent))
