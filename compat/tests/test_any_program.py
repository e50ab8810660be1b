"""Programs drawn at random run, or are refused before anything of them is played.

`NECKAR_N_PROGRAMS` says how many of each kind are drawn.
"""

import os
from typing import Any

import pytest
from compat.tests.draw import VALID, WILD, program
from dlens_vx_v3 import hal, halco, hxcomm, sta
from hypothesis import HealthCheck, given, settings

from neckar.errors import ProgramError

N_PROGRAMS = int(os.environ.get("NECKAR_N_PROGRAMS", "40"))
_many = settings(
    max_examples=N_PROGRAMS,
    deadline=None,
    derandomize=N_PROGRAMS < 1000,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@_many
@given(VALID)
def test_a_valid_program_runs_and_answers_every_read(steps: Any) -> None:
    drawn = program(steps)
    with hxcomm.ManagedConnection() as connection:
        sta.run(connection, [drawn])
    times = [int(ticket.fpga_time) for ticket in drawn.tickets]
    assert times == sorted(times)
    assert all(ticket.valid() for ticket in drawn.tickets)


@_many
@given(WILD)
def test_whatever_is_refused_leaves_the_chip_as_it_was(steps: Any) -> None:
    drawn = program(steps)
    with hxcomm.ManagedConnection() as connection:
        before = _everything(connection)
        try:
            sta.run(connection, [drawn])
        except ProgramError:
            assert _everything(connection) == before


def _everything(connection: Any) -> list[Any]:
    """What can be read of the chip and the board beside it."""
    builder = sta.PlaybackProgramBuilder()
    tickets = [builder.read(at()) for at in (halco.ChipOnDLS, halco.EventRecordingConfigOnFPGA)]
    sta.run(connection, [builder.done()])
    return [ticket.get() for ticket in tickets]


@pytest.mark.parametrize(
    ("coordinate", "register", "message"),
    [
        (halco.JTAGIdCodeOnDLS(), hal.JTAGIdCode(), "Container not writeable"),
        (halco.SpikeCounterReadOnDLS(), hal.SpikeCounterRead(), "Container not writeable"),
    ],
)
def test_what_only_reports_cannot_be_written(coordinate: Any, register: Any, message: str) -> None:
    builder = sta.PlaybackProgramBuilder()
    with pytest.raises(RuntimeError, match=message):
        builder.write(coordinate, register)
    assert builder.empty()


@pytest.mark.parametrize(
    "coordinate", [halco.NeuronResetOnDLS(), halco.PADIEventOnDLS(), halco.ShiftRegisterOnBoard()]
)
def test_what_is_only_written_cannot_be_read(coordinate: Any) -> None:
    with pytest.raises(RuntimeError, match="Container not readable"):
        sta.PlaybackProgramBuilder().read(coordinate)
