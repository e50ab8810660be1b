"""People: sign in, tokens, collabs."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, status

from neckar_jobs.api.shapes import (
    CollabShape,
    EntryShape,
    MemberShape,
    MeShape,
    NewToken,
    Number,
    Page,
    SecretToken,
    SignIn,
    TokenShape,
    role_names,
)
from neckar_jobs.api.who import TheSite, Who
from neckar_jobs.errors import ForbiddenError
from neckar_jobs.identity import accounts, tokens
from neckar_jobs.service import people

router = APIRouter(prefix="/v4", tags=["people"])
Collab = Annotated[str, Path(max_length=200)]


@router.post("/login")
def sign_in(site: TheSite, how: SignIn) -> SecretToken:
    """Turn a password into a token for two weeks."""
    account = accounts.check(site, how.name, how.password)
    secret, token = tokens.issue(
        site, account.name, name="login", kind=tokens.LOGIN, seconds=tokens.LOGIN_SECONDS
    )
    return SecretToken(secret=secret, **TokenShape.model_validate(token).model_dump())


@router.get("/me")
def me(user: Who) -> MeShape:
    """Who you are and what you may do."""
    return MeShape(
        name=user.name,
        is_admin=user.is_admin,
        roles=role_names(user.roles),
        platforms=sorted(user.platforms),
        scopes=None if user.scopes is None else sorted(user.scopes),
    )


@router.get("/tokens")
def list_tokens(site: TheSite, user: Who) -> list[TokenShape]:
    """Your personal tokens."""
    return [TokenShape.model_validate(token) for token in people.tokens(site, user)]


@router.post("/tokens", status_code=status.HTTP_201_CREATED)
def make_token(site: TheSite, user: Who, new: NewToken) -> SecretToken:
    """Make a personal token. A token cannot make one that may do more than itself."""
    if user.scopes is not None or user.platforms:
        raise ForbiddenError("you may not make tokens with a token of limited scope; sign in")
    scopes = None if new.scopes is None else set(new.scopes)
    secret, token = tokens.issue(site, user.name, name=new.name, scopes=scopes, seconds=new.seconds)
    return SecretToken(secret=secret, **TokenShape.model_validate(token).model_dump())


@router.delete("/tokens/{token}", status_code=status.HTTP_204_NO_CONTENT)
def revoke_token(site: TheSite, user: Who, token: Annotated[str, Path(max_length=36)]) -> Response:
    """Make one of your tokens worthless."""
    people.revoke(site, user, token)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.get("/collabs")
def collabs(site: TheSite, user: Who) -> list[CollabShape]:
    """The collabs that you belong to."""
    return [
        CollabShape(name=each.name, title=each.title, is_public=each.is_public)
        for each in people.collabs(site, user)
    ]


@router.post("/collabs", status_code=status.HTTP_201_CREATED)
def found(site: TheSite, user: Who, new: CollabShape) -> CollabShape:
    """Begin a collab."""
    people.found(site, user, new.name, new.title, new.is_public)
    return new


@router.get("/collabs/{collab}/members")
def members(site: TheSite, user: Who, collab: Collab) -> dict[str, str]:
    """Who belongs to a collab, and as what."""
    return role_names(people.members(site, user, collab))


@router.put("/collabs/{collab}/members/{person}", status_code=status.HTTP_204_NO_CONTENT)
def let_in(site: TheSite, user: Who, collab: Collab, person: Collab, how: MemberShape) -> Response:
    """Let somebody in, or change their role."""
    people.set_member(site, user, collab, person, how.noun())
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.delete("/collabs/{collab}/members/{person}", status_code=status.HTTP_204_NO_CONTENT)
def let_out(site: TheSite, user: Who, collab: Collab, person: Collab) -> Response:
    """Let somebody out."""
    people.set_member(site, user, collab, person, None)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.get("/audit")
def history(
    site: TheSite,
    user: Who,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[Number | None, Query(description="`next` of the page before")] = None,
) -> Page[EntryShape]:
    """Who did what, the newest first (admins)."""
    found = people.history(site, user, size=size + 1, below=after)
    more = found[size - 1].id if len(found) > size else None
    return Page(items=[EntryShape.model_validate(each) for each in found[:size]], next=more)
