"""Mails, to a mail server in this process."""

import datetime
import ssl
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import own_mail
from cast import ADA, BOB, PROVIDER, ROOT, wanted
from neckar_jobs.errors import InvalidError
from neckar_jobs.identity import accounts
from neckar_jobs.model import Matter, Posted, Role
from neckar_jobs.service import claims, jobs, mail, people, posting, projects
from neckar_jobs.service.posting import Server, post
from neckar_jobs.store import news, outbox, secrets
from neckar_jobs.store import people as store
from neckar_jobs.store.due import AGAIN

HERE = "https://jobs.example.org"


@pytest.fixture(scope="module")
def running():
    with own_mail.running() as there:
        yield there


@pytest.fixture
def letters(running):
    """The mail server, as if nothing had come yet."""
    for each in (running.came, running.to_recipients, running.to_data):
        each.clear()
    return running


@pytest.fixture
def there(letters):
    sender = "Neckar jobs <jobs@example.org>"
    rest = {"host": "127.0.0.1", "port": letters.port, "security": posting.NONE}
    return Server(sender=sender, address=HERE, **rest)


@pytest.fixture
def known(site):
    """Accounts with addresses; ada wants to know of all jobs, bob administers the lab."""
    for user in (ADA, BOB, ROOT):
        address = f"{user.name}@example.org"
        accounts.create(site, user.name, "", by="test", mail=address, is_admin=user.is_admin)
    people.found(site, replace(BOB, roles={}), "lab", "", False)
    with site.database.writing() as c:
        store.set_member(c, "lab", "ada", Role.EDITOR)
    mail.choose(site, ADA, {Matter.FINISHED: True, Matter.FAILED: True})
    return site


def ended(site, state="finished", seconds=60.0, number=None, **how):
    if number is None:
        number = jobs.submit(site, ADA, wanted(name="f-I curve")).id
    lease = claims.claim(site, PROVIDER, "r", ["Demo"])
    claims.begin(site, number, lease.key, "h")
    claims.end(site, number, lease.key, state, seconds=seconds, **how)
    return number


def text_of(letter):
    return letter.get_content().replace("\r\n", "\n")


def later(clock, seconds=news.GATHERING + posting.PAUSE):
    clock.now += seconds


def test_a_finished_job_is_told_once_with_the_way_to_it(known, there, letters, clock):
    number = ended(known)
    assert post(known, there) == 0  # more may come
    later(clock)
    assert post(known, there) == 1
    assert post(known, there) == 0
    [(to, letter)] = letters.came
    assert to == letter["To"] == "ada@example.org"
    assert letter["Subject"] == "“f-I curve” finished"
    text = text_of(letter)
    assert f"{HERE}/app/jobs/{number}\n" in text
    assert "It used 0.0167 hours." in text
    assert all(len(each) <= 76 or HERE in each for each in text.splitlines())


def test_what_was_not_asked_for_is_not_told(known, there, clock):
    mail.choose(known, ADA, {Matter.FINISHED: False})
    ended(known)
    later(clock)
    assert post(known, there) == 0


def test_an_array_is_told_in_one_mail_when_it_is_over(known, there, letters, clock):
    over = {"n": list(range(30))}
    numbers = [job.id for job in jobs.submit_array(known, ADA, wanted(name="sweep"), over)]
    for number in numbers[:-1]:
        failed = number % 10 == 5
        ended(known, "failed" if failed else "finished", number=number, reason="no synapse left")
        later(clock, 30.0)
        assert post(known, there) == 0
    ended(known, number=numbers[-1])
    later(clock)
    assert post(known, there) == 1
    [letter] = letters.letters
    assert letter["Subject"] == "27 jobs finished, 3 failed"
    text = text_of(letter)
    assert text.count("no synapse left") == 3
    assert f"{HERE}/app/jobs?array={numbers[0]}" in text


def test_an_array_that_takes_long_is_told_in_between(known, there, letters, clock):
    first, *_ = jobs.submit_array(known, ADA, wanted(), {"n": [1, 2]})
    ended(known, number=first.id)
    later(clock)
    assert post(known, there) == 0
    later(clock, posting.PATIENCE)
    assert post(known, there) == 1


def test_however_much_happens_mails_come_one_at_a_time(known, there, letters, clock):
    for _ in range(12):  # half an hour
        ended(known)
        later(clock, 150.0)
        post(known, there)
    assert len(letters.came) <= 30 * 60 / posting.PAUSE + 1
    later(clock)
    post(known, there)
    assert sum("finished after" in text_of(each) for each in letters.letters) >= 2
    assert sum(text_of(each).count("finished after") for each in letters.letters) == 12


def test_a_project_is_told_to_those_who_decide_and_then_to_those_who_asked(
    known, there, letters, clock
):
    project = projects.ask(known, ADA, collab="lab", title="Plateaus", abstract="Two compartments.")
    projects.hand_in(known, ADA, project.id)
    later(clock)
    assert post(known, there) == 1
    [letter] = letters.letters
    assert (letter["To"], letter["Subject"]) == ("root@example.org", "To decide: “Plateaus”")
    assert f"{HERE}/app/projects/{project.id}" in text_of(letter)
    projects.decide(known, ROOT, project.id, accept=True)
    projects.grant(known, ROOT, project.id, platform="Demo", limit=3.0)
    later(clock)
    assert post(known, there) == 2
    assert {each["To"] for each in letters.letters[1:]} == {"ada@example.org", "bob@example.org"}
    text = text_of(letters.letters[1])
    assert "was accepted" in text
    assert "may now use 3 hours" in text


def test_those_who_answer_for_a_quota_are_told_once_that_it_ends(known, there, letters, clock):
    mail.choose(known, ADA, {Matter.FINISHED: False})
    for _ in range(5):  # 0.8 h, 0.95 h of one that comes as a gift, and more
        ended(known, seconds=0.19 * 3600)
        later(clock)
        post(known, there)
    ended(known, seconds=60.0)
    later(clock)
    post(known, there)
    [letter] = letters.letters
    assert (letter["To"], letter["Subject"]) == (
        "bob@example.org",
        "lab has used 95 % of its hours",
    )


def test_a_server_that_is_away_is_tried_again_and_given_up_in_sight(known, there, letters, clock):
    ended(known)
    later(clock)
    away = replace(there, port=1)
    for wait in AGAIN:
        assert post(known, away) == 0
        assert post(known, away) == 0  # not at once again
        later(clock, wait)
    assert post(known, away) == 0
    [lost] = mail.posted(known, ROOT).unsent
    assert (lost.posted, lost.attempts) == (Posted.GIVEN_UP, len(AGAIN) + 1)
    assert "refused" in lost.trouble
    later(clock)
    assert post(known, there) == 0
    mail.retry(known, ROOT, lost.id)
    assert post(known, there) == 1
    assert mail.posted(known, ROOT).counts == {"waiting": 0, "sent": 1, "given up": 0}


def test_what_a_server_refuses_for_ever_is_not_tried_again_and_does_not_stop_others(
    known, there, letters, clock
):
    project = projects.ask(known, ADA, collab="lab", title="t")
    projects.hand_in(known, ADA, project.id)
    projects.decide(known, ROOT, project.id, accept=False)  # ada and bob
    later(clock)
    letters.to_recipients = ["550 no such user here", "250 OK", "451 busy"]
    assert post(known, there) >= 1
    outcome = mail.posted(known, ROOT)
    assert outcome.counts["given up"] == 1
    assert "550 no such user here" in str(outcome.unsent)
    later(clock)
    post(known, there)
    assert mail.posted(known, ROOT).counts["waiting"] == 0


def test_a_mail_of_a_process_that_died_while_it_sent_is_sent_by_another(
    known, there, letters, clock
):
    ended(known)
    later(clock)
    posting._write(known, there)
    with known.database.writing() as c:
        assert len(outbox.take_due(c, clock.now, posting.TAKEN, 20)) == 1
    assert post(known, there) == 0  # it may be sending still
    later(clock, posting.TAKEN)
    assert post(known, there) == 1


def test_a_clock_that_jumps_holds_no_mail_back(known, there, letters, clock):
    ended(known)
    clock.now -= 365 * 86_400.0
    assert post(known, there) == 1
    ended(known)
    clock.now += 365 * 86_400.0
    assert post(known, there) == 1


NASTY = "x\r\nBcc: eve@example.org\r\n\r\nhello\u2028\x00"


def test_no_name_becomes_a_header(known, there, letters, clock):
    jobs.submit(known, ADA, wanted(name=NASTY.replace("\x00", "")))
    lease = claims.claim(known, PROVIDER, "r", ["Demo"])
    claims.begin(known, lease.job.id, lease.key, "h")
    claims.end(known, lease.job.id, lease.key, "finished", seconds=1.0)
    project = projects.ask(known, ADA, collab="lab", title=NASTY.replace("\x00", ""))
    projects.hand_in(known, ADA, project.id)
    later(clock)
    assert post(known, there) == 2
    for letter in letters.letters:
        assert letter["Bcc"] is None
        assert "x Bcc: eve@example.org hello" in letter["Subject"]


@pytest.mark.parametrize(
    "address",
    ["ada@example.org\nBcc: eve@example.org", "a@b, c@d", "<a@b>", "ada", "a b@c.org", "@c.org"],
)
def test_what_is_no_address_gets_no_mail(known, there, letters, clock, address):
    with known.database.writing() as c:
        store.change_account(c, "ada", mail=address)
    ended(known)
    later(clock)
    assert post(known, there) == 0


def test_a_word_in_every_mail_ends_them(known, there, letters, clock):
    ended(known)
    later(clock)
    post(known, there)
    [letter] = letters.letters
    link = letter["List-Unsubscribe"].strip(" <>")
    assert link in text_of(letter)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    ended(known)
    assert mail.stop(known, link.rpartition("/")[2]) == "ada"
    later(clock)
    ended(known)
    later(clock)
    assert post(known, there) == 0
    assert not any(mail.choice(known, ADA).wanted.values())


def test_a_site_without_a_server_keeps_nothing_for_later(known, there, clock):
    ended(known)
    later(clock)
    assert post(known, None) == 0
    with known.database.reading() as c:
        assert news.due(c, clock.now) == []
    assert post(known, there) == 0


def certificate(folder):
    """One for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    import ipaddress

    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    both = signed.public_bytes(serialization.Encoding.PEM)
    (folder / "own.pem").write_bytes(both)
    both += key.private_bytes(serialization.Encoding.PEM, kind, plain)
    (folder / "both.pem").write_bytes(both)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_password_goes_only_to_a_server_that_is_who_it_says(known, there, clock, tmp_path):
    ended(known)
    later(clock)
    with own_mail.running(certificate(tmp_path), password="secret") as letters:
        user = {"user": "jobs", "password": "secret", "security": posting.STARTTLS}
        unknown = replace(there, port=letters.port, **user)
        assert post(known, unknown) == 0
        assert letters.users == []
        later(clock)
        wrong = replace(unknown, authorities=str(tmp_path / "own.pem"), password="guessed")
        assert post(known, wrong) == 0
        assert "Authentication" in mail.posted(known, ROOT).unsent[0].trouble
        later(clock)
        assert post(known, replace(wrong, password="secret")) == 1
        assert len(letters.came) == 1
    with pytest.raises(InvalidError, match="starttls or tls"):
        posting.checked(replace(unknown, security=posting.NONE))


def test_words_that_nobody_was_told_end_nothing(known):
    from neckar_jobs.service.envelope import stopped, stopping

    with known.database.writing() as c:
        secret = secrets.get(c, posting.SECRET)
    word = stopping("ada", secret)
    assert stopped(word, secret) == "ada"
    for wrong in (word[:-1], word + "A", "", "é", stopping("bob", "another")):
        assert stopped(wrong, secret) is None
