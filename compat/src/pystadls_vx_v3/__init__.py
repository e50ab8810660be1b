"""Programs for the chip: builders, dumps, initialisation, and running them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pyhxcomm_vx import ConnectionTimeInfo, refuser
from pystadls_vx_v3.absolute import AbsoluteTimePlaybackProgramBuilder
from pystadls_vx_v3.builder import PlaybackProgramBuilder
from pystadls_vx_v3.dumper import (
    DumperDone,
    PlaybackProgramBuilderDumper,
    convert_to_builder,
    convert_to_chip,
    convert_to_dumper,
    from_json,
    from_portablebinary,
    to_json,
    to_portablebinary,
)
from pystadls_vx_v3.generators import (
    ASICAdapterBoardInit,
    ChipInit,
    CubeASICAdapterBoardInit,
    JboaASICAdapterBoardInit,
    PlaybackGenerator,
    SystemInit,
    generate,
)
from pystadls_vx_v3.program import ContainerTicket, PlaybackProgram
from pystadls_vx_v3.reinit import ReinitStackEntry, play_pending

DigitalInit = ExperimentInit = SystemInit


@dataclass(frozen=True)
class RunTimeInfo:
    """How long a run took: what its connection says, and the decoding, which there is none of."""

    connection: list[ConnectionTimeInfo]
    playback_decode_time: timedelta = timedelta()


def run(connection: Any, programs: PlaybackProgram | Sequence[PlaybackProgram]) -> RunTimeInfo:
    """Play a program, or several one after the other; each then holds what it brought back.

    Raises:
        TypeError: it is no connection, or not yet a program.
    """
    listed = [programs] if isinstance(programs, PlaybackProgram) else programs
    _check(connection, listed)
    before = connection.time_info
    play_pending(connection)
    for program in listed:
        recording = connection.run(program.program)
        program.fill(recording.entries[0])
    took = zip(connection.time_info, before, strict=True)
    return RunTimeInfo([after - earlier for after, earlier in took])


def _check(connection: Any, programs: Any) -> None:
    if not hasattr(connection, "time_info"):
        raise TypeError(
            f"run() needs a connection, not a {type(connection).__name__}; write"
            " `with hxcomm.ManagedConnection() as connection:`"
        )
    for program in programs if isinstance(programs, Sequence) else [programs]:
        if not isinstance(program, PlaybackProgram):
            hint = "; call its done()" if hasattr(program, "done") else ""
            raise TypeError(f"run() plays programs, not a {type(program).__name__}{hint}")


_REFUSED = {
    "decode": "programs are not encoded into words here; instead: to_portablebinary(dumper)",
    "encode": "programs are not encoded into words here; instead: to_portablebinary(dumper)",
    "max_playback_program_size": "programs have no greatest size here; instead: leave it out",
}
__getattr__ = refuser("dlens_vx_v3.sta", _REFUSED)

__all__ = [
    "ASICAdapterBoardInit",
    "AbsoluteTimePlaybackProgramBuilder",
    "ChipInit",
    "ContainerTicket",
    "CubeASICAdapterBoardInit",
    "DigitalInit",
    "DumperDone",
    "ExperimentInit",
    "JboaASICAdapterBoardInit",
    "PlaybackGenerator",
    "PlaybackProgram",
    "PlaybackProgramBuilder",
    "PlaybackProgramBuilderDumper",
    "ReinitStackEntry",
    "RunTimeInfo",
    "SystemInit",
    "convert_to_builder",
    "convert_to_chip",
    "convert_to_dumper",
    "from_json",
    "from_portablebinary",
    "generate",
    "run",
    "to_json",
    "to_portablebinary",
]
