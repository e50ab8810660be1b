from pyhxcomm_vx import refuser

_WHY = (
    "programs of the embedded processors are not played yet; instead: read and write registers "
    "from the host with sta.PlaybackProgramBuilder"
)
_NAMES = ("load_and_start_program", "stop_program", "wait_until_ppu_finished")
__getattr__ = refuser(__name__, dict.fromkeys(_NAMES, _WHY))
