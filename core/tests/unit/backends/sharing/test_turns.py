"""Time on a shared chip is shared evenly."""

import numpy as np

from neckar.brainscales2.backends.sharing.turns import Turns


def played(turns, seconds, n):
    """Who had the chip for how long, if each of `n` turns takes what `seconds` says of its user."""
    had, order = {}, []
    for _ in range(n):
        user, _ = turns.next()
        turns.charge(user, seconds[user])
        had[user] = had.get(user, 0.0) + seconds[user]
        order.append(user)
        turns.add(user, None)  # they go on and on
    return had, order


def test_long_programs_get_no_more_time_than_short_ones():
    turns = Turns()
    for user in "abc":
        turns.add(user, None)
    had, _ = played(turns, {"a": 1.0, "b": 0.1, "c": 0.01}, 3000)
    np.testing.assert_allclose([*had.values()], had["a"], atol=1.01)


def test_many_programs_of_one_user_do_not_help_them():
    turns = Turns()
    for k in range(100):
        turns.add("greedy", k)
    turns.add("modest", 0)
    order = []
    for _ in range(4):
        user, _ = turns.next()
        order.append(user)
        turns.charge(user, 1.0)
    assert order == ["greedy", "modest", "greedy", "greedy"]


def test_programs_of_a_user_keep_their_order():
    turns = Turns()
    for k in range(5):
        turns.add("a", k)
    assert [turns.next()[1] for _ in range(5)] == [0, 1, 2, 3, 4]


def test_whoever_was_away_has_saved_nothing():
    turns = Turns()
    turns.add("a", None)
    played(turns, {"a": 1.0}, 100)
    turns.add("b", None)
    _, order = played(turns, {"a": 1.0, "b": 1.0}, 10)
    assert order.count("b") in (5, 6)


def test_a_user_may_go_on_for_a_period():
    turns = Turns(period=0.5)
    for user in "ab":
        turns.add(user, None)
    _, order = played(turns, {"a": 0.1, "b": 0.1}, 20)
    assert "".join(order) == "aaaaabbbbb" * 2


def test_what_waits_goes_with_its_user():
    turns = Turns()
    turns.add("a", 1)
    turns.add("b", 2)
    turns.add("a", 3)
    assert turns.drop("a") == [1, 3]
    assert len(turns) == 1
    assert turns.next() == ("b", 2)
