"""The link between FPGA and chip."""

import numpy as np
import pytest

from neckar.brainscales2.chip.datasheet import (
    BUS_EVENT_SPACING,
    BUS_FIFO_DEPTH,
    EVENT_RATE,
    LINK_FIFO_DEPTH,
)
from neckar.brainscales2.twin import link


def test_a_single_event_is_only_delayed():
    served = link.into_chip(np.array([1e-3]))
    assert served.time == pytest.approx([1e-3 + 0.34e-6])
    assert served.n_dropped == 0


def test_events_at_the_same_time_leave_one_after_the_other():
    served = link.queue(np.zeros(4), 4e-9, depth=10)
    assert served.time == pytest.approx([0, 4e-9, 8e-9, 12e-9])


def test_a_queue_empties_when_events_pause():
    served = link.queue(np.array([0, 0, 100e-9]), 10e-9, depth=10)
    assert served.time == pytest.approx([0, 10e-9, 100e-9])


def test_a_burst_that_fits_the_queue_is_kept():
    assert link.into_chip(np.zeros(LINK_FIFO_DEPTH)).n_dropped == 0


def test_what_comes_while_the_queue_is_full_is_dropped_and_counted():
    served = link.queue(np.zeros(10), 1e-9, depth=3)
    assert served.n_dropped == 6
    assert np.array_equal(served.is_kept, np.arange(10) < 4)


def test_a_saturated_link_carries_its_rate_and_no_more():
    duration = 100e-6
    time = np.linspace(0, duration, int(2 * EVENT_RATE * duration), endpoint=False)
    served = link.into_chip(time)
    assert served.time.size == pytest.approx(EVENT_RATE * duration, abs=LINK_FIFO_DEPTH + 1)
    assert served.time.size + served.n_dropped == time.size
    assert np.diff(served.time).min() > 0.999 / EVENT_RATE


def test_events_on_one_bus_keep_their_distance_and_buses_do_not_disturb_each_other():
    buses = np.zeros((3, 8), bool)
    buses[[0, 1], 2] = True
    buses[2, 5] = True
    served = link.onto_buses(np.zeros(3), buses)
    assert served.time == pytest.approx([0, BUS_EVENT_SPACING, 0])


def test_an_event_for_several_buses_waits_for_the_last():
    buses = np.zeros((2, 8), bool)
    buses[0, 0] = True
    buses[1, :2] = True
    assert link.onto_buses(np.zeros(2), buses).time == pytest.approx([0, BUS_EVENT_SPACING])


def test_a_slow_output_lets_an_event_through_every_32_ns_and_loses_what_finds_no_room():
    time, output = np.zeros(1200), np.arange(1200) % 2
    served = link.slowed(time, output, output == 1)
    assert np.count_nonzero(served.is_kept[output == 0]) == 600
    slow = served.time[output[served.is_kept] == 1]
    assert np.diff(slow) == pytest.approx(32e-9)
    assert slow.size == pytest.approx(BUS_FIFO_DEPTH, abs=1)
    assert served.n_dropped == 600 - slow.size
