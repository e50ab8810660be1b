"""What every backend promises to whoever hands it a program."""

import numpy as np
import pytest

from neckar.brainscales2.backends import twin
from neckar.brainscales2.backends.base import Backend, Session
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Program,
    ProgramBuilder,
    ResetTimer,
    SampleMADC,
    Spikes,
)
from neckar.brainscales2.recording import MADC_SAMPLE, SPIKE
from neckar.brainscales2.twin.chip import Twin
from neckar.errors import NeckarError, ProgramError

BACKENDS: dict[str, Backend] = {
    "twin": Twin(),
    "another twin": Twin(serial=3, seed=4),
    "ideal twin": Twin.ideal(),
    "the default": twin.default(),
}
MILLISECOND = 125_000  # cycles
NEURON = 300  # in the bottom hemisphere, event output 1


@pytest.fixture(params=BACKENDS)
def backend(request):
    return BACKENDS[request.param]


@pytest.fixture
def session(backend):
    with backend.open() as session:
        yield session


def relay():
    """Neuron 300 repeats what comes with label 9 through lane 0 and bus 0 of its hemisphere."""
    chip = r.Chip()
    registers = chip.array
    inputs, outputs = wiring.crossbar_nodes()
    is_used = ((inputs == 8) & (outputs == 4)) | ((inputs == 1) & (outputs == 9))
    registers["crossbar"]["nodes"]["target"] = ~is_used
    routing = registers["neuron_block"]["atomic_neurons"]["event_routing"][NEURON]
    routing["enable_bypass_excitatory"], routing["enable_digital"] = True, True
    routing["address"] = 44
    switches = registers["neuron_block"]["current_rows"]["values"]
    switches["enable_synaptic_current_excitatory"] = True
    registers["synapse_driver_blocks"]["padi_bus"]["enable_spl1"][1, 0] = True
    driver = registers["synapse_driver_blocks"]["synapse_drivers"]
    driver["enable_receiver"][1, 0], driver["row_mode_bottom"][1, 0] = True, 1
    registers["synapse_blocks"]["matrix"]["weights"][1, 0, NEURON % 256] = 63
    registers["synapse_blocks"]["matrix"]["labels"][1, 0, NEURON % 256] = 9
    return ChipConfig.of(chip)


def listening(*, on=True):
    return c.EventRecordingConfigOnFPGA(), r.EventRecordingConfig(enable_event_recording=on)


def spikes(*cycles):
    return Spikes(cycles=np.array(cycles, np.int64), labels=np.full(len(cycles), 9, np.uint16))


def repeated(session: Session, *sets):
    """Send spikes through the relay; one recording per batch entry."""
    builder = ProgramBuilder().add(Configure(config=relay()), ResetTimer())
    builder.block_until(20 * MILLISECOND).write(*listening())
    builder.add(ResetTimer()).send(sets).block_until(MILLISECOND)
    return session.run(builder.done()).entries


def test_a_backend_has_a_name_that_stays(backend):
    assert backend.identifier
    assert backend.identifier == backend.identifier


def test_an_empty_program_brings_an_empty_recording(session):
    (entry,) = session.run(Program(instructions=())).entries
    assert (entry.spikes.dtype, entry.spikes.size) == (SPIKE, 0)
    assert (entry.madc.dtype, entry.madc.size) == (MADC_SAMPLE, 0)
    assert entry.cadc.value.shape == (0, 512)
    assert entry.reads == ()


def test_one_spike_in_gives_one_spike_out(session):
    (entry,) = repeated(session, spikes(*range(1000, 100_000, 1000)))
    assert entry.spikes["label"].tolist() == [1 << 14 | 1 << 8 | 44] * 99
    late = (
        entry.spikes["chip_time"].astype(int) - entry.timer_resets[-1] - range(1000, 100_000, 1000)
    )
    assert np.all((late > 0) & (late < 250))
    assert np.all(entry.spikes["fpga_time"] > entry.spikes["chip_time"])


def test_spikes_come_in_the_order_of_their_chip_time(session):
    (entry,) = repeated(session, spikes(*range(1000, 2000, 7)))
    assert np.all(np.diff(entry.spikes["chip_time"].astype(int)) >= 0)


def test_every_batch_entry_gets_its_own_answer(session):
    entries = repeated(session, spikes(1000), spikes(), spikes(1000, 2000, 3000))
    assert [entry.spikes.size for entry in entries] == [1, 0, 3]


def test_timer_resets_are_given_in_cycles_since_the_program_began(session):
    builder = ProgramBuilder().block_until(100).add(ResetTimer()).block_until(50).add(ResetTimer())
    (entry,) = session.run(builder.done()).entries
    assert entry.timer_resets.tolist() == [100, 150]


def test_registers_are_read_back_in_the_order_of_their_tickets(session):
    builder = ProgramBuilder()
    for enum, value in ((3, 100), (4, 200)):
        builder.write(c.CapMemCellOnDLS(c.Enum(enum)), r.CapMemCell(value))
    for enum in (4, 3):
        builder.read(c.CapMemCellOnDLS(c.Enum(enum)))
    (entry,) = session.run(builder.done()).entries
    assert [read.value for read in entry.reads] == [200, 100]


def test_a_chip_keeps_its_registers_from_program_to_program(session):
    repeated(session, spikes())
    builder = ProgramBuilder().send(spikes(1000)).block_until(MILLISECOND)
    (entry,) = session.run(builder.done()).entries
    assert entry.spikes.size == 1


def test_sessions_do_not_disturb_each_other(backend):
    with backend.open() as one, backend.open() as other:
        repeated(one, spikes())
        builder = ProgramBuilder()
        builder.read(c.AtomicNeuronOnDLS(c.Enum(NEURON)))
        (entry,) = other.run(builder.done()).entries
        assert entry.reads[0] == r.AtomicNeuron()


def test_the_madc_samples_only_between_start_and_stop(session):
    builder = ProgramBuilder().write(*listening()).block_until(1000).add(SampleMADC(enable=True))
    builder.block_until(13_500).add(SampleMADC(enable=False)).block_until(20_000)
    (entry,) = session.run(builder.done()).entries
    assert entry.madc.size == pytest.approx(12_500 / 4.25, abs=3)
    assert entry.madc["chip_time"].min() >= 1000
    assert entry.madc["chip_time"].max() < 13_510


def test_a_program_that_cannot_be_played_changes_nothing(session):
    repeated(session, spikes())
    nothing = ChipConfig.of(r.Chip())
    bad = Program(instructions=(Configure(config=nothing), BlockUntil(cycles=-1)))
    with pytest.raises(ProgramError, match="instruction 1: waits until cycle -1"):
        session.run(bad)
    builder = ProgramBuilder()
    builder.read(c.AtomicNeuronOnDLS(c.Enum(NEURON)))
    (entry,) = session.run(builder.done()).entries
    assert entry.reads[0].event_routing.address == 44


def test_the_same_programs_in_a_new_session_bring_the_same(backend):
    def played():
        with backend.open() as session:
            return [repeated(session, spikes(1000, 2000))[0].spikes.tobytes() for _ in range(2)]

    assert played() == played()


def test_the_default_backend_is_what_the_environment_asks_for(monkeypatch):
    for name in ("NECKAR_SERIAL", "NECKAR_SEED", "NECKAR_IDEAL"):
        monkeypatch.delenv(name, raising=False)
    assert twin.default() == Twin()
    monkeypatch.setenv("NECKAR_SERIAL", "12")
    monkeypatch.setenv("NECKAR_SEED", "5")
    assert twin.default() == Twin(serial=12, seed=5)
    monkeypatch.setenv("NECKAR_IDEAL", "1")
    assert twin.default() == Twin.ideal()


def test_who_asked_to_be_told_is_told_how_far_a_program_is():
    told = []
    token = twin.progress.set(told.append)
    try:
        chip = twin.default()
    finally:
        twin.progress.reset(token)
    with chip.open() as session:
        repeated(session, spikes(1000))
    assert told[-1] == 1.0


def test_a_serial_that_is_no_number_is_refused(monkeypatch):
    monkeypatch.setenv("NECKAR_SERIAL", "mine")
    monkeypatch.delenv("NECKAR_IDEAL", raising=False)
    with pytest.raises(NeckarError, match="NECKAR_SERIAL = 'mine': needed is a whole number"):
        twin.default()
