"""What the chip HICANN-X v3 is, in numbers that are the same for every copy of it.

Sources: [haldls] public hardware abstraction layer and its documentation; [P] Pehle et al. 2022,
"The BrainScaleS-2 accelerated neuromorphic system with hybrid plasticity", Front. Neurosci. 16;
[pynn] hardware tests of pynn-brainscales.
"""

N_NEURONS = 512
N_COLUMNS = 256  # per hemisphere; one neuron per column
N_HEMISPHERES = 2
N_ROWS = 256  # synapse rows per hemisphere
N_DRIVERS = 128  # synapse drivers per hemisphere, two rows each
N_BUSES = 4  # PADI buses per hemisphere
N_DRIVERS_ON_BUS = 32
N_EVENT_OUTPUTS = 8  # crossbar inputs that carry neuron events
N_SPL1 = 4  # crossbar inputs that carry off-chip events
N_BACKGROUND_SOURCES = 8
N_CROSSBAR_INPUTS = 20
N_CROSSBAR_OUTPUTS = 12
N_LABELS = 64  # a synapse compares 6 bits [haldls SynapseQuad]
MAX_WEIGHT = 63  # 6 bits [haldls SynapseQuad]
MAX_CAPMEM = 1022  # 1023 switches refresh off [haldls CapMemCell]

FPGA_FREQUENCY = 125e6  # Hz, playback time unit [haldls Timer]
FPGA_CYCLE = 1 / FPGA_FREQUENCY
CHIP_FREQUENCY = 250e6  # Hz, neuron backends and processors [haldls ADPLL core_1]
BACKGROUND_FREQUENCY = 250e6  # Hz, clock of the background sources [haldls PLLClockOutputBlock]
MADC_FREQUENCY = 500e6  # Hz, divided by 12 + sample_duration_adjust [haldls MADCConfig]
CADC_PERIOD = 1.7e-6  # s, parallel read of all columns by the embedded processors
CADC_MEMORY_SAMPLES = 100  # what the processors' memory holds of such reads
BUS_EVENT_SPACING = 8e-9  # s, between two events on one PADI bus

# Events on the move. [sil] a recorded stack of PSPs begins 0.39 µs after its events left the FPGA.
# [pynn] a neuron in bypass answers within 0.2 µs, seen from the crossbar: of events and answers
# that are sorted into bins of 10 µs, less than 2 % part.
EVENT_RATE = 250e6  # 1/s, what the link carries in each direction [P, order of magnitude]
LINK_FIFO_DEPTH = 1024  # events that wait in front of the link [assumed]
SLOW_OUTPUT_SPACING = 32e-9  # s, between events on a crossbar output that is slow [assumed]
BUS_FIFO_DEPTH = 512  # events that wait in front of a PADI bus: a volley of all [assumed]
LATENCY_FPGA_TO_CROSSBAR = 0.34e-6  # s, rest of [sil] after the next number
LATENCY_CROSSBAR_TO_SYNAPSE = 0.05e-6  # s, a share of [pynn]
LATENCY_NEURON_TO_CROSSBAR = 0.1e-6  # s, a share of [pynn]; time stamps are given there
LATENCY_CROSSBAR_TO_FPGA = 0.34e-6  # s, as in the other direction: about 1 µs for a round trip

# Playback. A row of CADC channels takes 100 µs to read over the bus: 128 words [haldls, calix].
WRITE_CYCLES = 4  # FPGA cycles per register word, posted writes: tens of ns
READ_CYCLES = 2 * WRITE_CYCLES  # a read costs about twice a write [calix]
CADC_WORD_CYCLES = 98
MAX_INSTRUCTIONS = 4_194_304  # of one program [stadls]

# What the chip and its link say about themselves.
CHIP_NAME = (3, 0x4858, 0x057)  # version, "HX", manufacturer [stadls, test of JTAGIdCode]
PROCESSOR_ADDRESSES = (0x0280_0000, 0x0380_0000)  # of their first words [haldls PPUMemoryWord]
REFERENCE_FREQUENCY = 50e6  # Hz, of the PLLs [haldls ADPLL]
PERF_TEST_RATE = 595e6 / 59  # words/s that one link carries [stadls, test of the link]
PERF_TEST_SATURATION = 5 * PERF_TEST_RATE  # words/s, however many links [stadls, same test]

# How long a run takes its time before and after.
SETTLING = 0.1  # s, until all analog parameters have arrived after a large change [calix]
MADC_START = 10e-6  # s, the readings of the first 8 µs are not valid [calix, issue 4008]
LINK_DRAIN = 10e-6  # s, until events that were on their way have arrived [assumed]

# Power, as published: of the whole chip, hardly dependent on what it does. [G] Göltz et al. 2021,
# Nat. Mach. Intell. 3: 8.4 uJ per image in 48 us; it agrees with "< 200 mW" of Cramer et al. 2022,
# PNAS 119, for spiking networks. [St] Stradmann et al. 2022, IEEE OJCAS 3: 192 uJ in 276 us for
# matrix multiplications, and 5.6 W for the mobile system with its FPGA and processor.
POWER_SPIKING = 0.175  # W [G]
POWER_MULTIPLYING = 0.70  # W [St]
POWER_SYSTEM = 5.6  # W [St]
