import copy
import pickle

import numpy as np
import pytest
import quantities as pq
from dlens_vx_v3 import hal, halco, hxcomm, sta

import pyccalix
from pyccalix import hagen, helpers, spiking

SETTINGS = [
    kind
    for kind in map(vars(pyccalix).get, pyccalix.__all__)
    if isinstance(kind, type) and kind.__name__.endswith(("Target", "Options"))
]


def instructions(builder):
    return builder.done().program.instructions


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_equal_settings_have_equal_pickles(kind):
    data = pickle.dumps(kind())
    assert data == pickle.dumps(kind()) == pickle.dumps(pickle.loads(data))
    assert repr(pickle.loads(data)) == repr(kind())


def test_targets_are_checked_when_they_are_set():
    target = pyccalix.NeuronCalibTarget()
    target.tau_mem[halco.AtomicNeuronOnDLS(halco.common.Enum(3))] = 5e-6
    assert target.tau_mem.as_quantity()[3] == 5e-6 * pq.s
    assert pickle.loads(pickle.dumps(target)).tau_mem.as_quantity()[3] == 5e-6 * pq.s
    with pytest.raises(TypeError, match="a plain number is needed"):
        target.tau_mem[halco.AtomicNeuronOnDLS()] = 5 * pq.us
    with pytest.raises(TypeError, match="rescale the quantity"):
        target.tau_mem.from_numpy(np.full(512, 5.0) * pq.us)
    with pytest.raises((RuntimeError, OverflowError), match="range overflow"):
        target.leak.fill(256)


def test_targets_hold_copies_and_one_of_several_kinds():
    target, kinds = pyccalix.NeuronCalibTarget(), pyccalix.NeuronCalibTarget
    given = kinds.CalibratedCubaSynapticInput()
    given.i_synin_gm.fill(300)
    target.cuba_synin = given
    given.i_synin_gm.fill(400)
    assert isinstance(target.cuba_synin, kinds.CalibratedCubaSynapticInput)
    assert set(target.cuba_synin.i_synin_gm.to_numpy()) == {300}
    with pytest.raises(TypeError, match="is needed, not"):
        target.cuba_synin = 5
    assert pickle.dumps(copy.deepcopy(target)) == pickle.dumps(target)


def test_codes_can_be_subtracted_from():
    gm = pyccalix.NeuronCalibTarget.CalibratedCubaSynapticInput().i_synin_gm
    gm.from_numpy(np.array([180, 250]))
    assert hal.CapMemCell.Value.min - gm.to_numpy()[0] == -180


def test_python_can_extend_targets():
    class Mine(pyccalix.CalibTarget):
        def __init__(self):
            pyccalix.CalibTarget.__init__(self)
            self.mine = 3

    made = Mine.__new__(Mine)
    made.__setstate__(Mine().__getstate__())
    assert made.mine == 3


def test_a_row_of_cells_is_written_in_the_order_of_neurons():
    builder, codes = sta.PlaybackProgramBuilder(), np.arange(512)
    helpers.write_capmem_row(builder, halco.CapMemRowOnCapMemBlock.v_reset, codes)
    written = instructions(builder)
    assert [int(i.register.value) for i in written] == codes.tolist()
    cell = written[130].coordinate
    assert cell.toCapMemBlockOnDLS() == halco.CapMemBlockOnDLS(1)
    assert cell.toCapMemCellOnCapMemBlock().x() == halco.CapMemColumnOnCapMemBlock(2)
    assert cell.toCapMemCellOnCapMemBlock().y() == halco.CapMemRowOnCapMemBlock.v_reset
    with pytest.raises(RuntimeError, match="does not match number of capmem columns"):
        helpers.write_capmem_row(builder, 0, codes[:5])


def test_vectors_become_events_of_their_rows():
    builder, vector = sta.PlaybackProgramBuilder(), np.zeros(256, int)
    vector[[5, 8]] = 7, 9
    hagen.send_vectors(builder, vector, 2, 10, halco.SynramOnDLS.bottom, 13)
    sent = [i for i in instructions(builder) if type(i).__name__ == "SendSpikes"]
    labels = np.concatenate([i.entries[0].labels for i in sent])
    odd = halco.SpikeLabel(labels[0])
    assert (int(odd.spl1_address), int(odd.row_select_address)) == (2, 0)
    assert int(odd.synapse_label) == 7
    assert int(odd.neuron_label) >> 13 == 1
    assert int(halco.SpikeLabel(labels[1]).synapse_label) == 9 + 32
    assert labels[:2].tolist() == labels[2:].tolist()


def test_readings_of_a_quad_are_sorted_by_entry_row_and_channel():
    with hxcomm.ManagedMultiZeroMockConnection() as nobody:
        builder, synram = sta.PlaybackProgramBuilder(), halco.SynramOnDLS.top
        quad = halco.SynapseQuadColumnOnDLS(3)
        spiking.reset_correlation(builder, quad, synram)
        spiking.send_prepulse(builder, synram, hal.PADIEvent.EventAddress(1))
        spiking.send_postpulse(builder, quad, synram)
        tickets = spiking.read_correlation(builder, quad, synram)
        sta.run(nobody, builder.done())
    assert spiking.evaluate_correlation(tickets).shape == (4, 256, 2)


def test_programs_that_restore_a_chip_are_played_again_with_all_above_them():
    played = []

    class Handle(hxcomm.ConnectionHandle):
        def run(self, program):
            played.append(len(program.instructions))
            return super().run(program)

    def program(n_writes):
        builder = sta.PlaybackProgramBuilder()
        for _ in range(n_writes):
            builder.write(halco.TimerOnDLS(), hal.Timer())
        return builder.done()

    with hxcomm.ManagedMultiZeroMockConnection() as nobody:
        handle = Handle(nobody._session, "zero-mock")
        below, above = sta.ReinitStackEntry(handle), sta.ReinitStackEntry(handle)
        below.set(program(1), enforce=True)
        above.set([program(2)], enforce=False)
        sta.run(handle, program(3))
        sta.run(handle, program(3))
        below.enforce()
        sta.run(handle, program(3))
    assert played == [1, 2, 3, 3, 1, 2, 3]
    with pytest.raises(RuntimeError, match="only the last entry"):
        below.pop()
    above.pop()
    below.pop()
    with pytest.raises(RuntimeError, match="nothing to enforce"):
        below.enforce()
