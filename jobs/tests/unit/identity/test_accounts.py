"""Accounts, their passwords, and who may change them."""

import pytest

from cast import ADA, ROOT
from neckar_jobs.errors import ForbiddenError, InvalidError, SignInError, StateError, TooOftenError
from neckar_jobs.identity import accounts, sessions, tokens
from neckar_jobs.site import Site

PASSWORD = "correct horse"


@pytest.fixture
def ada(site: Site) -> Site:
    accounts.create(site, "ada", PASSWORD, by="tests")
    accounts.create(site, "root", "", by="tests", is_admin=True)
    return site


def wrong(site):
    with pytest.raises(SignInError):
        accounts.check(site, "ada", "a guess")


def test_guessing_ends_for_a_while(ada, clock, monkeypatch):
    monkeypatch.setattr(accounts, "MOST_REFUSED", 3)
    for _ in range(3):
        wrong(ada)
    with pytest.raises(TooOftenError, match="wait 10 minutes"):
        accounts.check(ada, "ada", PASSWORD)
    clock.now += accounts.PATIENCE + 1
    assert accounts.check(ada, "ada", PASSWORD).name == "ada"


def test_names_that_do_not_exist_leave_no_trace(ada):
    for _ in range(2):
        with pytest.raises(SignInError):
            accounts.check(ada, "nobody", "a guess")


def test_a_password_is_changed_by_who_knows_the_old_one(ada):
    here, there = sessions.begin(ada, "ada"), sessions.begin(ada, "ada")
    token, _ = tokens.issue(ada, "ada", name="laptop")
    with pytest.raises(SignInError):
        accounts.change_password(ada, ADA, "a guess", "battery staple", stay=here)
    with pytest.raises(InvalidError, match="at least"):
        accounts.change_password(ada, ADA, PASSWORD, "short", stay=here)
    accounts.change_password(ada, ADA, PASSWORD, "battery staple", stay=here)
    assert accounts.check(ada, "ada", "battery staple").name == "ada"
    assert sessions.resume(ada, here).user.name == "ada"
    assert tokens.bearer(ada, token).name == "ada"
    with pytest.raises(SignInError):
        sessions.resume(ada, there)


def test_who_has_no_password_sets_the_first_one(ada):
    accounts.change_password(ada, ROOT, "", "battery staple", stay="")
    assert accounts.check(ada, "root", "battery staple").is_admin


def test_admins_close_accounts_but_not_their_own(ada):
    secret, _ = tokens.issue(ada, "ada", name="laptop")
    accounts.set_closed(ada, ROOT, "ada", True)
    with pytest.raises(SignInError):
        tokens.bearer(ada, secret)
    with pytest.raises(StateError, match="your own"):
        accounts.set_closed(ada, ROOT, "root", True)
    with pytest.raises(StateError):
        accounts.set_admin(ada, ROOT, "root", False)
    with pytest.raises(ForbiddenError):
        accounts.set_admin(ada, ADA, "ada", True)
    assert accounts.set_admin(ada, ROOT, "ada", True).is_admin


def test_a_link_is_for_one_browser(ada):
    secret = sessions.invite(ada, ROOT, "ada")
    assert sessions.resume(ada, sessions.follow(ada, secret)).user.name == "ada"
    with pytest.raises(SignInError):
        sessions.follow(ada, secret)
    with pytest.raises(ForbiddenError):
        sessions.invite(ada, ADA, "root")


def test_keys_of_providers_are_revoked_by_admins(ada):
    secret, key = tokens.issue_key(ada, "root", "lab-runner", ["Demo"])
    assert [each.provider for each in tokens.keys(ada, ROOT)] == ["lab-runner"]
    with pytest.raises(ForbiddenError):
        tokens.revoke_key(ada, ADA, key.id)
    tokens.revoke_key(ada, ROOT, key.id)
    with pytest.raises(SignInError):
        tokens.provider(ada, secret)
