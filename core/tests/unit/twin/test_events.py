"""Events on their way through the chip."""

import numpy as np
import pytest

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.program import (
    Configure,
    SendSpikes,
)
from neckar.units import ms, us


def test_one_spike_into_a_neuron_in_bypass_gives_one_spike(
    relays, settled, spikes, until, play, time_of
):
    sent = np.arange(1, 100) * us
    entry = play(*settled(relays), SendSpikes(entries=(spikes(sent, 3),)), until(0.2 * ms))
    assert entry.spikes["label"].tolist() == [3] * 99
    late = time_of(entry.spikes, entry) - sent
    assert np.ptp(late) < 20e-9
    assert 0.2 * us < late.mean() < 1 * us


def test_every_label_reaches_its_own_neuron_only(relays, settled, spikes, until, play):
    labels = np.arange(64)
    sent = spikes(np.arange(1, 65) * us, labels)
    entry = play(*settled(relays), SendSpikes(entries=(sent,)), until(0.1 * ms))
    lane = labels // 32
    assert entry.spikes["label"].tolist() == (lane << 14 | lane << 8 | labels).tolist()


def test_spikes_of_ten_seconds_pass_a_neuron_in_bypass_one_by_one(
    relays, settled, spikes, until, play
):
    sent = np.sort(np.random.default_rng(0).uniform(0, 10, 20_000))
    entry = play(*settled(relays), SendSpikes(entries=(spikes(sent, 3),)), until(10.0))
    assert entry.spikes.size == sent.size
    assert entry.dropped_in == entry.dropped_out == 0


def test_64_spikes_at_once_pass_64_neurons_in_bypass(relays, settled, spikes, until, play):
    sent = spikes(np.full(64, 10 * us), np.arange(64))
    entry = play(*settled(relays), SendSpikes(entries=(sent,)), until(0.1 * ms))
    assert np.unique(entry.spikes["label"]).size == entry.spikes.size == 64


def test_nothing_is_recorded_while_recording_is_off(relays, settled, spikes, until, record, play):
    entry = play(
        *settled(relays),
        SendSpikes(entries=(spikes([1 * us, 51 * us, 101 * us], 3),)),
        until(40 * us),
        record(False),
        until(80 * us),
        record(True),
        until(0.2 * ms),
    )
    assert entry.spikes.size == 2


def test_a_closed_crossbar_lets_nothing_through(relays, settled, spikes, until, play):
    relays.array["crossbar"]["nodes"]["target"] = 1
    sent = spikes([1 * us], 3)
    entry = play(*settled(relays), SendSpikes(entries=(sent,)), until(0.1 * ms))
    assert entry.spikes.size == 0


def test_events_may_be_looped_back_to_the_fpga(quiet, open_node, settled, spikes, until, play):
    open_node(quiet, 10, 10)
    sent = spikes([1 * us], 2 << 14 | 99)
    entry = play(*settled(quiet), SendSpikes(entries=(sent,)), until(0.1 * ms))
    assert entry.spikes["label"].tolist() == [2 << 14 | 99]
    assert entry.spikes["fpga_time"][0] > entry.spikes["chip_time"][0]


def test_a_saturated_link_loses_events_and_counts_them(relays, settled, spikes, until, play):
    n = 20_000
    sent = spikes(np.zeros(n), 3)
    entry = play(*settled(relays), SendSpikes(entries=(sent,)), until(0.5 * ms))
    assert entry.dropped_in > 0
    assert entry.spikes.size + entry.dropped_in == n


def test_a_spike_travels_from_neuron_to_neuron_on_the_chip(
    relays, settled, spikes, until, open_node, play, time_of
):
    """Neuron 40 (output 1, label 0x128) feeds neuron 41 through bus 1."""
    open_node(relays, 1, 1)
    driver = relays.array["synapse_driver_blocks"]["synapse_drivers"]
    number = (1 << 2) * 4 + 1
    driver["enable_receiver"][0, number], driver["row_mode_top"][0, number] = True, 1
    matrix = relays.array["synapse_blocks"]["matrix"]
    matrix["weights"][0, 2 * number + 1, 41], matrix["labels"][0, 2 * number + 1, 41] = 63, 40
    entry = play(*settled(relays), SendSpikes(entries=(spikes([1 * us], 40),)), until(0.1 * ms))
    assert (entry.spikes["label"] & 255).tolist() == [40, 41]
    delay = np.diff(time_of(entry.spikes, entry))
    assert 0.1 * us < delay[0] < 2 * us


def test_a_ring_of_neurons_keeps_a_spike_alive(relays, settled, spikes, until, open_node, play):
    open_node(relays, 0, 0)
    relays.array["synapse_blocks"]["matrix"]["labels"][0, 1, :32] = (np.arange(32) - 1) % 32
    entry = play(*settled(relays), SendSpikes(entries=(spikes([1 * us], 0),)), until(50 * us))
    neurons = entry.spikes["label"] & 31
    assert neurons.size > 64
    assert np.all(np.diff(neurons.astype(int)) % 32 == 1)


def background(chip, open_node, **settings):
    """Source 1 reaches the FPGA by itself."""
    open_node(chip, 13, 9)
    source = chip.array["background_spike_sources"]
    for name, value in {"enable": True, "period": 2500, **settings}.items():
        source[name][1] = value


def test_a_regular_source_fires_every_period(quiet, settled, until, open_node, play):
    background(quiet, open_node, neuron_label=0x55)
    entry = play(*settled(quiet), until(1 * ms))
    assert entry.spikes.size == pytest.approx(100, abs=1)
    assert set(np.diff(entry.spikes["chip_time"])) == {1250}
    assert set(entry.spikes["label"]) == {1 << 14 | 0x55}


def test_a_source_that_is_switched_on_waits_one_period(
    quiet, settled, until, open_node, play, time_of
):
    background(quiet, open_node, enable=False)
    off = ChipConfig.of(quiet)
    background(quiet, open_node)
    entry = play(
        *settled(quiet, wait=1 * ms),
        Configure(config=off),
        until(100 * us),
        Configure(config=ChipConfig.of(quiet)),
        until(200 * us),
    )
    times = time_of(entry.spikes, entry)
    assert times[times > 50 * us][0] == pytest.approx(110 * us, abs=0.2 * us)


def test_a_random_source_has_its_rate(quiet, settled, until, open_node, play):
    background(quiet, open_node, enable_random=True, rate=128, period=500, mask=15)
    entry = play(*settled(quiet), until(100 * ms))
    expected = 250e6 / 500 * 128 / 255 * 0.1
    assert entry.spikes.size == pytest.approx(expected, abs=4 * expected**0.5)
    assert np.unique(entry.spikes["label"]).size == 16
