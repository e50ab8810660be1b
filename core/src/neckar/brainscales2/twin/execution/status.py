"""What the FPGA, the link and the clocks of the chip report about themselves."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Self

import numpy as np

from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.coordinates import (
    ADPLLOnDLS,
    CommonPhyConfigChipOnDLS,
    CommonPhyConfigFPGAOnDLS,
    PLLClockOutputBlockOnDLS,
    PLLSelfTestOnDLS,
    SystimeSyncBaseOnDLS,
    SystimeSyncOnFPGA,
)
from neckar.brainscales2.chip.datasheet import (
    CHIP_FREQUENCY,
    CHIP_NAME,
    FPGA_FREQUENCY,
    LATENCY_CROSSBAR_TO_FPGA,
    LATENCY_FPGA_TO_CROSSBAR,
    PERF_TEST_RATE,
    PERF_TEST_SATURATION,
    REFERENCE_FREQUENCY,
)
from neckar.brainscales2.chip.registers import words
from neckar.brainscales2.twin.execution.timeline import Moment
from neckar.brainscales2.twin.registers.file import Registers

_32_BITS = 0xFFFF_FFFF
_MESSAGES_OF_A_WRITE = 2  # address and value [haldls, test of HicannARQStatus]


@dataclass
class Status:
    """Counts since power-up.

    Args:
        serial: which chip.
        begin: FPGA cycle at which the program begins that is being played.
        n_sent: words that the FPGA gave to the link.
        n_received: words that came back.
        n_tested: words of the performance test that ended last.
        tested_since: FPGA cycle at which a performance test began that has not ended.
        synced_at: FPGA cycle at which the chip's clock was last compared with the FPGA's.
    """

    serial: int = 0
    begin: int = 0
    n_sent: int = 0
    n_received: int = 0
    n_tested: int = 0
    tested_since: int | None = None
    synced_at: int = 0

    def at(self, begin: int) -> Self:
        """Counts that go on with a program that begins at this cycle."""
        return replace(self, begin=begin)

    def wrote(self, register: Any, cycle: int, own: Registers) -> None:
        """Count a write."""
        self.n_sent += words.to_write(register) * _MESSAGES_OF_A_WRITE
        if type(register) is r.PerfTest:
            self._test(register.enable, self.begin + cycle, own)
        elif type(register) is r.SystimeSync and register.do_sync:
            self.synced_at = self.begin + cycle

    def has_read(self, n_words: int) -> None:
        """Count a read."""
        self.n_sent += n_words
        self.n_received += n_words

    def answer(self, coordinate: Any, cycle: int, own: Registers) -> Any:
        """What a register says that only reports."""
        return _ANSWERS[type(coordinate).__name__](self, coordinate, self.begin + cycle, own)

    def _test(self, is_on: bool, cycle: int, own: Registers) -> None:
        self.n_tested = self._n_tested(cycle, own)
        self.tested_since = cycle if is_on else None
        if is_on:
            self.n_tested = 0

    def _n_tested(self, cycle: int, own: Registers) -> int:
        if self.tested_since is None:
            return self.n_tested
        rate = min(len(_links(own)) * PERF_TEST_RATE, PERF_TEST_SATURATION)
        return self.n_tested + int((cycle - self.tested_since) * rate / FPGA_FREQUENCY)


def clock_sets(moments: Iterable[Moment], registers: Registers) -> np.ndarray:
    """When a program sets the clocks of chip and FPGA, and to what; FPGA cycles, (n, 2)."""
    base, found = registers.read(SystimeSyncBaseOnDLS()), list[tuple[int, int]]()
    for moment in moments:
        register: Any = getattr(moment.instruction, "register", None)
        if type(register) is r.SystimeSyncBase:
            base = register
        elif type(register) is r.SystimeSync and register.do_sync:
            shown = int(base.value) * FPGA_FREQUENCY / CHIP_FREQUENCY
            found.append((moment.cycle, round(shown)))
    return np.array(found, np.int64).reshape(-1, 2)


def _links(own: Registers) -> list[int]:
    """Links that both ends have switched on."""
    fpga, chip = (own.read(at()) for at in (CommonPhyConfigFPGAOnDLS, CommonPhyConfigChipOnDLS))
    both = fpga.enable_phy.to_numpy() & chip.enable_phy.to_numpy()
    return [int(link) for link in both.nonzero()[0]]


def _dna(status: Status, coordinate: Any, cycle: int, own: Registers) -> Any:
    """A number that no other FPGA has."""
    digest = blake2b(f"FPGA of chip {status.serial}".encode(), digest_size=8).digest()
    return r.FPGADeviceDNA(int.from_bytes(digest) >> 7)


def _is_synced(status: Status, coordinate: Any, cycle: int, own: Registers) -> Any:
    return r.FPGASystimeSyncActiveState(bool(own.read(SystimeSyncOnFPGA()).do_sync))


def _last_systime(status: Status, coordinate: Any, cycle: int, own: Registers) -> Any:
    time = round(status.synced_at / FPGA_FREQUENCY * CHIP_FREQUENCY)
    return r.FPGASystimeSyncLastAsicSystime(time & (1 << 43) - 1)


def _round_trip(status: Status, coordinate: Any, cycle: int, own: Registers) -> Any:
    there_and_back = LATENCY_FPGA_TO_CROSSBAR + LATENCY_CROSSBAR_TO_FPGA
    return r.FPGASystimeSyncLastRTT(round(there_and_back * CHIP_FREQUENCY))


def _traffic(status: Status, coordinate: Any, cycle: int, own: Registers) -> Any:
    """The emulated link repeats nothing, so what was submitted is what was sent."""
    sent, received = status.n_sent & _32_BITS, status.n_received & _32_BITS
    return r.HicannARQStatus(
        read_count=received, write_count=sent, rx_count=received, tx_count=sent
    )


def _identity(status: Status, coordinate: Any, cycle: int, own: Registers) -> Any:
    version, part_number, manufacturer = CHIP_NAME
    return r.JTAGIdCode(version=version, part_number=part_number, manufacturer_id=manufacturer)


def _link(status: Status, coordinate: Any, cycle: int, own: Registers) -> Any:
    """Words take turns on the links that are on."""
    links = _links(own)
    if int(coordinate.toEnum()) not in links:
        return r.PhyStatus()
    return r.PhyStatus(
        online_time=cycle & _32_BITS,
        rx_count=status.n_received // len(links) & _32_BITS,
        tx_count=status.n_sent // len(links) & _32_BITS,
    )


def _self_test(status: Status, coordinate: Any, cycle: int, own: Registers) -> Any:
    """Count f_clock / f_reference * 2^(p + 2) [haldls PLLSelfTest]."""
    asked = own.read(PLLSelfTestOnDLS())
    if not asked.clock_enable:
        return r.PLLSelfTestStatus()
    output = own.read(PLLClockOutputBlockOnDLS()).get_clock_output(asked.select_source)
    pll = own.read(ADPLLOnDLS(int(output.select_adpll)))
    frequency = pll.calculate_output_frequency(output.select_adpll_output, REFERENCE_FREQUENCY)
    counted = round(frequency / REFERENCE_FREQUENCY * 2 ** (int(asked.pre_scaler_p) + 2))
    counted = min(counted, int(r.PLLSelfTestStatus.CounterValue.max))
    is_as_expected = abs(counted - int(asked.check_value)) <= int(asked.check_range)
    return r.PLLSelfTestStatus(success=is_as_expected, finished=True, counter_value=counted)


def _processor(status: Status, coordinate: Any, cycle: int, own: Registers) -> Any:
    """Held in reset, neither running nor asleep."""
    return r.PPUStatusRegister()


def _performance(status: Status, coordinate: Any, cycle: int, own: Registers) -> Any:
    n = status._n_tested(cycle, own) & _32_BITS
    return r.PerfTestStatus(sent=n, received=n, in_order=n)


_ANSWERS = {
    "FPGADeviceDNAOnFPGA": _dna,
    "FPGASystimeSyncActiveStateOnFPGA": _is_synced,
    "FPGASystimeSyncLastAsicSystimeOnFPGA": _last_systime,
    "FPGASystimeSyncLastRTTOnFPGA": _round_trip,
    "HicannARQStatusOnFPGA": _traffic,
    "JTAGIdCodeOnDLS": _identity,
    "PLLSelfTestStatusOnDLS": _self_test,
    "PPUStatusRegisterOnDLS": _processor,
    "PerfTestStatusOnFPGA": _performance,
    "PhyStatusOnFPGA": _link,
}
