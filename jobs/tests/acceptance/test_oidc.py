"""Sign in at a provider of OpenID Connect, and what must not work."""

import httpx2
import pytest
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

import own_provider
from neckar_jobs.api.app import application
from neckar_jobs.errors import InvalidError, SignInError
from neckar_jobs.identity import tokens
from neckar_jobs.identity.oidc import Config, Provider
from neckar_jobs.model import Role
from neckar_jobs.nmpi.facade import add_facade
from neckar_jobs.nmpi.who import Customs
from neckar_jobs.store import people
from neckar_jobs.store.people import Collab
from neckar_jobs.web.app import add_pages

BACK = "http://testserver/auth"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def own():
    with own_provider.provider() as found:
        yield found


@pytest.fixture
def now():
    """The stop-watch of the provider's caches."""
    return [0.0]


@pytest.fixture
def provider(own, now):
    config = Config(
        issuer=own.address,
        client_id=own_provider.CLIENT,
        client_secret=own_provider.SECRET,
        admins="neuromorphic-platform-admin",
    )
    return Provider(config=config, stopwatch=lambda: now[0])


def came_back(provider, site, **rest):
    """State and code with which somebody comes back from the provider."""
    address, state = provider.begin(site, BACK, **rest)
    answer = httpx2.get(address)
    asked = dict(part.split("=") for part in answer.headers["location"].split("?")[1].split("&"))
    assert asked["state"] == state
    return state, asked["code"]


def signed_in(provider, site):
    return provider.finish(site, *came_back(provider, site))


def roles(site, name):
    with site.database.reading() as c:
        return people.roles_of(c, name)


def test_somebody_signs_in_and_is_the_same_the_next_time(provider, own, site):
    state, code = came_back(provider, site, next="/app/jobs")
    signed = provider.finish(site, state, code)
    assert (signed.name, signed.next) == ("ada", "/app/jobs")
    own.person["preferred_username"] = "renamed"
    assert signed_in(provider, site).name == "ada"


def test_a_sign_in_works_once_and_not_late_and_for_its_own_code(provider, own, site, clock):
    state, code = came_back(provider, site)
    provider.finish(site, state, code)
    other, code = came_back(provider, site)
    for wrong in (state, "unknown"):
        with pytest.raises(SignInError, match="begin again"):
            provider.finish(site, wrong, code)
    with pytest.raises(SignInError):
        provider.finish(site, other, "a code of somebody else")
    late, code = came_back(provider, site)
    clock.now += 601
    with pytest.raises(SignInError, match="too old"):
        provider.finish(site, late, code)


def test_a_code_is_worth_nothing_without_the_verifier_it_was_asked_with(provider, own, site):
    _, stolen = came_back(provider, site)
    mine, _ = came_back(provider, site)
    with pytest.raises(SignInError):
        provider.finish(site, mine, stolen)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example.org"},
        {"aud": "another client"},
        {"aud": ["neckar", "another client"]},
        {"azp": "another client"},
        {"exp": 1_600_000_000},
        {"iat": 1_800_000_000},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"at_hash": "of another token"},
        {"sub": "2"},
    ],
    ids=str,
)
def test_an_id_token_that_is_not_good_signs_nobody_in(provider, own, site, claims):
    own.claims = claims
    with pytest.raises(SignInError):
        signed_in(provider, site)
    with site.database.reading() as c:
        assert people.accounts(c) == []


def test_a_token_signed_by_somebody_else_signs_nobody_in_and_a_new_key_does(
    provider, own, site, now
):
    signed_in(provider, site)
    own.key = RSAKey.generate_key(2048, {"kid": "b"})
    with pytest.raises(SignInError, match="not good"):
        signed_in(provider, site)
    own.published = own.key
    now[0] += 61  # keys are not read again and again for tokens that nobody knows
    assert signed_in(provider, site).name == "ada"


def test_a_provider_that_calls_itself_otherwise_is_not_believed(own, site):
    other = Provider(config=Config(issuer=own.address + "/", client_id="neckar"))
    with pytest.raises(InvalidError, match="describes"):
        other.begin(site, BACK)
    plain = Provider(config=Config(issuer="http://idp.example.org", client_id="neckar"))
    with pytest.raises(InvalidError, match="https"):
        plain.begin(site, BACK)


def test_a_name_that_is_taken_here_is_not_taken_over(provider, own, site, service):
    name = signed_in(provider, site).name
    assert name.startswith("ada-")
    assert roles(site, name) == {}


def test_collabs_follow_what_the_provider_says_and_no_others(provider, own, site):
    with site.database.writing() as c:
        people.add_collab(c, Collab(name="ours", title="", is_public=False, created_at=0.0))
    teams = ["collab-a-b-viewer", "collab-a-b-editor", "collab-ours-administrator", "odd"]
    own.person["roles"] = {"team": [*teams, "collab-private-eve-administrator"]}
    name = signed_in(provider, site).name
    assert roles(site, name) == {"a-b": Role.EDITOR}
    with site.database.writing() as c:
        people.set_member(c, "ours", name, Role.VIEWER)
    own.person["roles"] = {"team": []}
    signed_in(provider, site)
    assert roles(site, name) == {"ours": Role.VIEWER}
    own.person["roles"] = {"team": ["collab-neuromorphic-platform-admin-editor"]}
    signed_in(provider, site)
    assert tokens.somebody(site, name).is_admin
    own.person["roles"] = {"team": []}
    signed_in(provider, site)
    assert not tokens.somebody(site, name).is_admin


def test_an_access_token_of_the_provider_is_good_at_the_facade_until_it_is_revoked(
    provider, own, site, now
):
    own.person["roles"] = {"team": ["collab-lab-editor"]}
    app = application(site)
    add_facade(app, Customs(provider=provider))
    with TestClient(app) as http:
        headers = {"Authorization": f"Bearer {own.token()}"}
        for _ in range(3):
            info = http.get("/userinfo", headers=headers).json()
        assert info["roles"]["team"][0] == "collab-lab-editor"
        assert own.asked.count("/userinfo") == 1
        new = {"code": "print(1)", "collab": "lab", "hardware_platform": "Demo"}
        assert http.post("/jobs/", json=new, headers=headers).status_code == 201
        own.revoke()
        now[0] += 61
        assert http.get("/jobs/", headers=headers).status_code == 401
        assert http.get("/v4/jobs", headers=headers).status_code == 401


def test_the_login_of_old_clients_leads_to_the_provider_and_back(provider, own, site):
    app = application(site)
    add_facade(app, Customs(provider=provider))
    with TestClient(app) as http:
        there = http.get("/login", follow_redirects=False).headers["location"]
        back = httpx2.get(there).headers["location"]
        found = http.get(back).json()
        headers = {"Authorization": f"Bearer {found['access_token']}"}
        assert found["user"]["username"] == "ada"
        assert http.get("/userinfo", headers=headers).json()["sub"] == "ada"
        assert http.get(back).status_code == 401


@pytest.fixture
def pages(provider, site):
    app = application(site)
    add_pages(app, provider=provider)
    with TestClient(app, follow_redirects=False) as http:
        yield http


def test_a_browser_signs_in_with_one_click_and_goes_on_where_it_wanted(pages, own):
    page = pages.get("/app/login?next=/app/jobs").text
    assert 'href="/app/oidc/start?next=/app/jobs">your institution</a>' in page
    there = pages.get("/app/oidc/start?next=/app/jobs").headers["location"]
    back = httpx2.get(there).headers["location"]
    assert back.startswith("http://testserver/app/oidc/callback?")
    arrived = pages.get(back)
    assert arrived.headers["location"] == "/app/jobs"
    assert "ada" in pages.get("/app/jobs").text
    assert pages.get(back).status_code == 401


def test_a_browser_is_not_signed_in_by_a_link_that_somebody_else_made(pages, own):
    there = pages.get("/app/oidc/start").headers["location"]
    back = httpx2.get(there).headers["location"]
    mine = pages.cookies.get("neckar_oidc")
    pages.cookies.clear()
    assert pages.get(back).status_code == 401
    assert pages.get(back.partition("?")[0]).status_code == 401
    pages.cookies.set("neckar_oidc", mine, path="/app")
    refused = pages.get(f"/app/oidc/callback?state={mine}&error=access_denied")
    assert "access_denied" in refused.text


def test_an_address_elsewhere_is_not_gone_on_to(pages, own):
    there = pages.get("/app/oidc/start?next=https://evil.example").headers["location"]
    assert pages.get(httpx2.get(there).headers["location"]).headers["location"] == "/app/"


def test_without_a_provider_there_is_no_way_there(site):
    app = application(site)
    add_pages(app)
    with TestClient(app) as http:
        assert http.get("/app/oidc/start").status_code == 404
        assert "oidc" not in http.get("/app/login").text
