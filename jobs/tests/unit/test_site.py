import pytest

from neckar_jobs.errors import SignInError, TooOftenError
from neckar_jobs.identity import accounts, sessions, tokens
from neckar_jobs.site import BELIEVED_AFTER, SteadyClock

YEAR = 365 * 86_400.0


class Hands:
    """A wall clock and a stop-watch."""

    def __init__(self):
        self.wall, self.passed = 1.7e9, 50.0
        self.clock = SteadyClock(lambda: self.wall, lambda: self.passed)

    def wait(self, seconds, looks=1):
        for _ in range(looks):
            self.wall += seconds / looks
            self.passed += seconds / looks
            now = self.clock()
        return now


def test_a_clock_that_never_jumps_is_the_wall_clock_slow_corrections_included():
    hands = Hands()
    for _ in range(1000):
        hands.wall += 0.01
        assert hands.wait(10.0) == pytest.approx(hands.wall)


@pytest.mark.parametrize("jump", [3600.0, -3600.0, YEAR, -3 * YEAR])
def test_a_jump_that_is_taken_back_was_never_there(jump):
    hands = Hands()
    for _ in range(10):
        hands.wall += jump
        assert hands.wait(60.0, looks=5) == pytest.approx(hands.wall - jump)
        hands.wall -= jump
        assert hands.wait(60.0) == pytest.approx(hands.wall)


def test_a_time_that_lasts_is_believed():
    hands = Hands()
    hands.wall += YEAR
    assert hands.wait(BELIEVED_AFTER / 2, looks=9) == pytest.approx(hands.wall - YEAR)
    assert hands.wait(BELIEVED_AFTER, looks=9) == pytest.approx(hands.wall)


def test_one_jump_after_the_other_is_no_reason_to_believe_any():
    hands = Hands()
    right = hands.wall
    for n in range(50):
        hands.wall = right + (n % 7) * 3600.0
        right += 60.0
        hands.wall += 60.0
        hands.passed += 60.0
        assert hands.clock() == pytest.approx(right)


def test_nothing_is_thrown_away_when_somebody_signs_in_while_the_clock_is_wrong(site, clock):
    accounts.create(site, "ada", "correct horse", by="test")
    secret, _ = tokens.issue(site, "ada", name="laptop", seconds=86_400.0)
    clock.now += YEAR
    with pytest.raises(SignInError):
        tokens.bearer(site, secret)
    sessions.begin(site, "ada")
    clock.now -= YEAR
    assert tokens.bearer(site, secret).name == "ada"


def test_wrong_passwords_of_a_clock_that_ran_ahead_lock_nobody_out(site, clock):
    accounts.create(site, "ada", "correct horse", by="test")
    clock.now += YEAR
    for _ in range(accounts.MOST_REFUSED):
        with pytest.raises(SignInError):
            accounts.check(site, "ada", "guessed, and wrong")
    with pytest.raises(TooOftenError):
        accounts.check(site, "ada", "correct horse")
    clock.now -= YEAR
    assert accounts.check(site, "ada", "correct horse").name == "ada"
