import pytest

from neckar_jobs.errors import InvalidError
from neckar_jobs.machines import slurm_words
from neckar_jobs.machines.machine import Limits
from neckar_jobs.machines.slurm_words import Ended, Standing, Terms

LIMITS = Limits(seconds=90.0, memory=1500 * 1024**2)
SQUEUE_LINE = ("17", "job_3_1", "FAILED", "768", "1-02:03:04", "n[1-2]", "NonZeroExitCode")


def standing(state, code=0, reason="None"):
    return Standing(name="j", state=state, code=code, seconds=5.0, nodes="n1", reason=reason)


def ended(code, why=""):
    return Ended(code=code, seconds=4.0, why=why)


def reason(state, by=None, **rest):
    outcome = slurm_words.verdict(standing(state, **rest), by, "", LIMITS)
    return outcome.code, outcome.reason


def test_chips_are_named_by_settings_of_the_hardware():
    templates = ["W{WAFER}F{FPGA}", "always", "chip_{serial}:1"]
    assert slurm_words.chips(templates, {"WAFER": 66, "FPGA": [0, 3]}) == [
        "W66F0",
        "W66F3",
        "always",
    ]
    assert slurm_words.chips(templates, {"serial": 849}) == ["always", "chip_849:1"]


def test_a_setting_cannot_ask_for_more_than_one_chip():
    with pytest.raises(InvalidError, match="serial = '1,chip_2'"):
        slurm_words.chips(["chip_{serial}"], {"serial": "1,chip_2"})


def test_what_is_asked_for_is_rounded_up_and_in_order():
    terms = Terms(
        partition="cube",
        account="lab",
        licenses=["chip_{serial}"],
        gres=["neurochip:1"],
        options=["--qos=low"],
    )
    words = list(slurm_words.asked("job_3_1", "/w", "/w.note", LIMITS, terms, {"serial": 7}))
    assert words[-7:] == [
        "--time=3",
        "--mem=1500M",
        "--partition=cube",
        "--account=lab",
        "--licenses=chip_7",
        "--gres=neurochip:1",
        "--qos=low",
    ]


def test_answers_of_squeue_are_read():
    line = "".join(field.ljust(slurm_words.WIDTH) for field in SQUEUE_LINE)
    found = slurm_words.from_squeue(f"{line}\n")["17"]
    assert (found.name, found.state, found.code) == ("job_3_1", "FAILED", 3)
    assert found.seconds == 86400 + 2 * 3600 + 3 * 60 + 4


def test_answers_of_sacct_are_read_and_the_last_of_several_entries_counts():
    text = (
        "17|job_3_1|NODE_FAIL|0:0|3|n1|None\n"
        "17|job_3_1|CANCELLED by 1000|0:15|61|n1|None\n"
        "18|j|COMPLETED|0:0|7|n2|None\n"
    )
    found = slurm_words.from_sacct(text)
    assert (found["17"].state, found["17"].code, found["17"].seconds) == ("CANCELLED", -15, 61.0)
    assert (found["18"].code, found["18"].nodes) == (0, "n2")


@pytest.mark.parametrize(
    ("text", "seconds"), [("0:07", 7), ("1:00:00", 3600), ("2-00:00:01", 172801), ("INVALID", 0)]
)
def test_times_of_slurm_are_read(text, seconds):
    assert slurm_words.elapsed(text) == seconds


def test_ends_are_told_apart():
    assert reason("COMPLETED") == (0, "")
    assert reason("FAILED", code=3) == (3, "")
    assert reason("FAILED", ended(5), code=5) == (5, "")
    assert reason("FAILED", ended(139), code=139) == (139, "it was ended by SIGSEGV")
    assert reason("TIMEOUT", ended(143, "asked")) == (143, "it ran longer than 90 s")
    assert reason("FAILED", ended(143, "late"), code=143) == (143, "it ran longer than 90 s")
    assert reason("OUT_OF_MEMORY", ended(137)) == (137, "it needed more memory than 1500 MB")
    assert reason("NODE_FAIL") == (1, "the node that it ran on failed: n1")
    assert reason("CANCELLED", ended(143)) == (143, "it was cancelled in Slurm")
    assert reason("PREEMPTED") == (1, "Slurm gave its place to another job")
    assert reason("BOOT_FAIL", reason="boot") == (1, "Slurm ended it as BOOT_FAIL (boot)")


def test_a_command_that_came_to_its_end_has_finished_whatever_slurm_did_then():
    assert reason("NODE_FAIL", ended(0)) == (0, "")


def test_memory_is_recognised_where_slurm_only_says_so_in_its_notes():
    note = "slurmstepd: error: Exceeded job memory limit\n"
    outcome = slurm_words.verdict(standing("FAILED", code=-9), None, note, LIMITS)
    assert outcome.reason == "it needed more memory than 1500 MB"


def test_nothing_is_said_of_what_nobody_knows():
    assert slurm_words.verdict(None, None, "", LIMITS) is None
    assert slurm_words.verdict(None, ended(2), "", LIMITS).code == 2
