"""What FPGA, link and clocks report about themselves."""

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.program import ProgramBuilder
from neckar.brainscales2.twin.chip import Twin
from neckar.errors import ProgramError

MS = 125_000  # cycles


def ask(*coordinates, before=(), serial=1):
    builder = ProgramBuilder()
    for coordinate, register in before:
        builder.write(coordinate, register)
    for coordinate in coordinates:
        builder.read(coordinate)
    with Twin(serial=serial).open() as session:
        return session.run(builder.done()).entries[0].reads


def test_the_chip_says_what_it_is():
    (code,) = ask(c.JTAGIdCodeOnDLS())
    assert (code.version, code.part_number, code.manufacturer_id) == (3, 0x4858, 0x057)


def test_every_chip_has_an_fpga_of_its_own():
    one, again, other = (ask(c.FPGADeviceDNAOnFPGA(), serial=serial) for serial in (1, 1, 2))
    assert one == again != other


@pytest.mark.parametrize(("off", "n_links"), [((), 5), ((0, 1, 2, 3, 5, 6, 7), 1), ((0, 1), 5)])
def test_a_test_of_the_link_counts_words(off, n_links):
    links = r.CommonPhyConfigFPGA()
    for link in off:
        links.set_enable_phy(c.PhyConfigFPGAOnDLS(link), False)
    builder = ProgramBuilder()
    builder.write(c.CommonPhyConfigFPGAOnDLS(), links)
    builder.write(c.PerfTestOnFPGA(), r.PerfTest(True))
    builder.block_until(MS)
    builder.write(c.PerfTestOnFPGA(), r.PerfTest(False))
    builder.block_until(2 * MS)
    builder.read(c.PerfTestStatusOnFPGA())
    with Twin().open() as session:
        (status,) = session.run(builder.done()).entries[0].reads
    assert int(status.received) * 59 / 1e-3 == pytest.approx(n_links * 595e6, rel=0.001)
    assert int(status.in_order) == int(status.received) == int(status.sent)
    assert status.error_word == 0


def test_a_clock_is_counted_against_the_reference():
    asked = r.PLLSelfTest(clock_enable=True, pre_scaler_p=8, check_value=10240, check_range=2)
    status, link = ask(
        c.PLLSelfTestStatusOnDLS(),
        c.PhyStatusOnFPGA(3),
        before=[(c.PLLSelfTestOnDLS(), asked)],
    )
    assert status.finished
    assert status.success
    assert status.counter_value == 10240
    assert link.crc_error_count == 0


def test_words_over_the_link_are_counted_from_program_to_program():
    builder = ProgramBuilder()
    builder.write(c.SystimeSyncBaseOnDLS(), r.SystimeSyncBase())
    builder.read(c.HicannARQStatusOnFPGA())
    with Twin().open() as session:
        first = session.run(builder.done()).entries[0].reads[0]
        builder.read(c.HicannARQStatusOnFPGA())
        second = session.run(builder.done()).entries[0].reads[0]
    assert int(second.write_count) == int(first.write_count) + 4
    assert int(second.read_count) == int(first.read_count) + 4
    assert int(second.rx_count) >= int(second.read_count)


def test_clocks_count_from_where_they_were_set():
    builder = ProgramBuilder()
    builder.block_until(1000)
    builder.write(c.SystimeSyncOnFPGA(), r.SystimeSync())
    builder.block_until(3000)
    builder.write(c.SystimeSyncBaseOnDLS(), r.SystimeSyncBase(500))  # of the chip, at 250 MHz
    builder.write(c.SystimeSyncOnFPGA(), r.SystimeSync(do_sync=False))
    builder.write(c.SystimeSyncOnFPGA(), r.SystimeSync())
    with Twin().open() as session:
        entry = session.run(builder.done()).entries[0]
    (first, zero), (second, shown) = entry.clock_sets
    assert (first, zero, shown) == (1000, 0, 250)
    assert second > 3000
    cycles = np.array([10, 999, 1000, 2000, second, second + 7])
    assert entry.clock_at(cycles).tolist() == [10, 999, 0, 1000, 250, 257]


def poll(address, mask, target, is_expected_equal=True, word=0x1234):
    builder = ProgramBuilder()
    place = c.PPUMemoryWordOnDLS(c.PPUMemoryWordOnPPU(5), c.PPUOnDLS(1))
    builder.write(place, r.PPUMemoryWord(word))
    config = r.PollingOmnibusBlockConfig(address=address, mask=mask, target=target)
    builder.write(c.PollingOmnibusBlockConfigOnFPGA(), config)
    builder.write(c.PollingOmnibusBlockOnFPGA(), r.PollingOmnibusBlock(is_expected_equal))
    builder.read(place)
    with Twin().open() as session:
        return session.run(builder.done()).entries[0]


def test_the_fpga_goes_on_when_a_word_has_its_value():
    assert poll(0x0380_0005, 0xFF, 0x34).reads[0].value == 0x1234
    assert poll(0x0380_0005, 0xFF, 0x35, is_expected_equal=False).reads[0].value == 0x1234


def test_waiting_for_what_never_comes_is_refused_before_anything_is_written():
    with pytest.raises(ProgramError, match=r"is 0x1234; under the mask 0xff .* after 10 ms"):
        poll(0x0380_0005, 0xFF, 0x35)
    with pytest.raises(ProgramError, match="0x12 is not modelled; these are: 0x2800000"):
        poll(0x12, 0xFF, 0)
