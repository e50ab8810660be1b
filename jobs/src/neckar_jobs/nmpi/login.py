"""Sign in as the original's client does: it fills in the form that it finds behind /login."""

from html import escape
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse

from neckar_jobs.errors import SignInError
from neckar_jobs.identity import accounts, capability, tokens
from neckar_jobs.model import User
from neckar_jobs.nmpi import documents
from neckar_jobs.nmpi.jobs import base
from neckar_jobs.nmpi.who import Admin, TheCustoms, TheSite
from neckar_jobs.policy import own_space
from neckar_jobs.service import people
from neckar_jobs.site import Site

router = APIRouter(tags=["sign in"])
Back = Annotated[str, Query(max_length=500)]
Word = Annotated[str, Query(max_length=100)]
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in</title>
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>Sign in</h1><p>{said}</p>
<form method="post" action="{action}">
<p><label>Name <input name="username" autocomplete="username" required></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password"
required></label></p>
<p><button>Sign in</button></p></form></main></body></html>
"""
SAFE = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@router.get("/login", response_class=RedirectResponse, status_code=status.HTTP_302_FOUND)
def begin(request: Request, site: TheSite, customs: TheCustoms) -> str:
    """Where one says who one is: at the provider, if the site has one."""
    back = base(request) + "auth"
    if customs.provider is not None:
        return customs.provider.begin(site, back)[0]
    word = capability.signed(site, f"sign-in {back}")
    return f"{base(request)}sign-in?back={quote(back, safe='')}&word={word}"


@router.get("/sign-in", include_in_schema=False)
def form(request: Request, site: TheSite, back: Back, word: Word) -> HTMLResponse:
    """The form."""
    capability.check(site, word, f"sign-in {back}")
    return _form(request, back, word, "")


@router.post("/sign-in", include_in_schema=False)
def enter(
    request: Request,
    site: TheSite,
    back: Back,
    word: Word,
    username: Annotated[str, Form(max_length=100)],
    password: Annotated[str, Form(max_length=1000)],
) -> Response:
    """Check name and password; lead back with a code that is worth a token, once.

    Where that is was signed when the form was asked for, so a foreign name of this host, which
    the original's client sends along, leads nowhere else.
    """
    capability.check(site, word, f"sign-in {back}")
    try:
        account = accounts.check(site, username, password)
    except SignInError as error:
        return _form(request, back, word, str(error), status.HTTP_401_UNAUTHORIZED)
    seconds = tokens.CODE_SECONDS
    code, _ = tokens.issue(site, account.name, name="code", kind=tokens.CODE, seconds=seconds)
    return RedirectResponse(f"{back}?code={code}", status.HTTP_302_FOUND)


@router.get("/auth")
def end(
    site: TheSite,
    customs: TheCustoms,
    code: Annotated[str, Query(max_length=4000)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
) -> dict[str, Any]:
    """Turn a code into a token: of ours, or of the provider."""
    if customs.provider is not None and state:
        signed = customs.provider.finish(site, state, code)
        secret, expires_at, name = signed.access_token, signed.expires_at, signed.name
    else:
        secret, token = tokens.redeem(site, code)
        expires_at, name = token.expires_at, token.owner
    user = tokens.somebody(site, name)
    info = userinfo(site, user)
    kept = ("name", "given_name", "family_name")
    return {
        "access_token": secret,
        "token_expires": None if expires_at is None else documents.time(expires_at),
        "user": {
            **{name: info[name] for name in kept},
            "user_id_v1": None,
            "username": user.name,
            **info["roles"],
        },
    }


@router.get("/userinfo")
def who(site: TheSite, user: Admin) -> dict[str, Any]:
    """Who the token stands for, in words of OpenID Connect."""
    return userinfo(site, user)


def userinfo(site: Site, user: User) -> dict[str, Any]:
    """A person, with their collabs as teams."""
    account = people.account(site, user.name)
    given, _, family = account.full_name.rpartition(" ")
    team = [f"collab-{name}-{role.name.lower()}" for name, role in sorted(user.roles.items())]
    return {
        "sub": user.name,
        "preferred_username": user.name,
        "name": account.full_name,
        "given_name": given,
        "family_name": family,
        "email": account.mail,
        "roles": {"team": [*team, f"collab-{own_space(user.name)}-administrator"], "group": []},
    }


def _form(request: Request, back: str, word: str, said: str, code: int = 200) -> HTMLResponse:
    # The address is that of the question, which the original's client needs in full.
    action = f"{base(request)}sign-in?back={quote(back, safe='')}&word={word}"
    text = PAGE.format(said=escape(said), action=escape(action))
    return HTMLResponse(text, code, headers=SAFE)
