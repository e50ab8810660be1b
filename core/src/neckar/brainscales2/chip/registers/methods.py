"""What registers can do beyond holding fields: fixed settings, named accessors, small sums."""

from collections.abc import Callable
from typing import Any

from neckar.brainscales2.chip.coordinates import (
    DACChannelOnBoard,
    PLLClockOutputOnDLS,
    SpikeIOAddress,
    SpikeLabel,
)
from neckar.brainscales2.chip.registers import memory, neuron
from neckar.brainscales2.chip.registers.base import Register

Types = dict[str, Any]

# register: field, name of the accessors
ACCESSORS = {
    "CommonNeuronBackendConfig": ("sample_positive_edge", "sample_positive_edge"),
    "CADCSampleQuad": ("samples", "sample"),
    "CapMemBlock": ("cells", "cell"),
    "ColumnCorrelationQuad": ("switches", "switch"),
    "ColumnCurrentQuad": ("switches", "switch"),
    "CommonPhyConfigFPGA": ("enable_phy", "enable_phy"),
    "CommonPhyConfigChip": ("enable_phy", "enable_phy"),
    "DACControl": ("enable_channel", "enable_channel"),
    "PLLClockOutputBlock": ("output", "clock_output"),
    "ReadoutSourceSelection": ("buffer", "buffer"),
}


class Fixed:
    """A setting that a class knows by name; everybody gets a copy of it."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def __get__(self, instance: object, owner: type) -> Register:
        return self._register.copy()


def add_to(types: Types) -> None:
    """Give the register classes what no table row says."""
    for name, (field, accessor) in ACCESSORS.items():
        _add_accessors(types[name], field, accessor)
    _add_accessors(types["ShiftRegister"], "enable_led", "enable_led")
    _add_accessors(types["ShiftRegister"], "enable_vdd", "enable_vdd")
    for name in ("Timer", "JTAGClockScaler", "ResetChip"):
        types[name].get = lambda self: self.value
        types[name].set = _set_value
    neuron.add_to(types)
    _add_aliases(types)
    _add_sums(types)
    _add_dac(types["DACChannelBlock"])
    _add_fixed(types)
    _wire_clocks(types["PLLClockOutputBlock"])
    memory.add_to(types)


def _set_value(self: Any, value: Any) -> None:
    self.value = value


def _add_accessors(kind: Any, field: str, name: str) -> None:
    def get(self: Any, at: Any) -> Any:
        return getattr(self, field)[at]

    def put(self: Any, at: Any, value: Any) -> None:
        getattr(self, field)[at] = value

    setattr(kind, f"get_{name}", get)
    setattr(kind, f"set_{name}", put)


def _add_aliases(types: Types) -> None:
    """Fields with two names, and the two fields that share the bits of an event address."""
    event = types["PADIEvent"]
    event.hagen_activation = _bits_of_address(event.HagenActivation, 0, 0x1F)
    event.hagen_address = _bits_of_address(event.HagenAddress, 5, 1)
    mux = types["TCA9546ChannelConfig"]
    mux.get_enable_channels = lambda self: self.channel_status
    mux.set_enable_channels = lambda self, value: setattr(self, "channel_status", value)


def _bits_of_address(kind: Any, lowest: int, mask: int) -> property:
    def get(self: Any) -> Any:
        return kind(int(self.event_address) >> lowest & mask)

    def put(self: Any, value: Any) -> None:
        kept = int(self.event_address) & ~(mask << lowest)
        self.event_address = kept | int(kind(value)) << lowest

    return property(get, put)


def _add_sums(types: Types) -> None:
    types["MADCConfig"].calculate_sample_rate = _sample_rate
    types["ADPLL"].calculate_output_frequency = _output_frequency
    status = types["INA219Status"]
    status.toUncalibratedPower = _power
    status.BusVoltage.toUncalibratedVoltage = lambda self: int(self) * 4e-3
    status.ShuntVoltage.toUncalibratedVoltage = lambda self: int(self) * 1e-5
    status.UncalibratedPower.calculate = lambda self: (
        self.uncalibrated_bus_voltage * self.uncalibrated_shunt_voltage / self.shunt_resistance
    )
    temperature = types["TMP112Status"].Temperature
    temperature.toUncalibratedTemperature = lambda self: int(int(self) / 16) * 0.0625


def _sample_rate(self: Any, madc_base_frequency: float) -> float:
    """Samples per second when the converter is clocked with `madc_base_frequency`."""
    rate = madc_base_frequency / (int(self.sample_duration_adjust) + 12)
    if self.enable_madc_clock_scaling:
        return rate / (2 * (int(self.madc_clock_scale_value) + 1))
    return rate


def _output_frequency(self: Any, output: Any, f_ref: float = 5e7) -> float:
    """Frequency of an output of the PLL for a reference of `f_ref`."""
    dco = int(self.pre_div_p0) * int(self.loop_div_n) * f_ref
    if output == type(self).Output.dco:
        return dco / int(self.pre_div_p2)
    divider = self.core_div_m0 if output == type(self).Output.core_0 else self.core_div_m1
    return dco / (int(self.pre_div_p1) * int(divider))


def _power(self: Any) -> Any:
    return self.UncalibratedPower(
        uncalibrated_bus_voltage=self.bus_voltage.toUncalibratedVoltage(),
        uncalibrated_shunt_voltage=self.shunt_voltage.toUncalibratedVoltage(),
    )


def _full_scale(channel: Any) -> float:
    """Voltage of the highest code of a DAC channel."""
    name = DACChannelOnBoard
    if channel in (
        name.i_ref_board,
        name.ana_readout_debug_0,
        name.ana_readout_debug_1,
        name.mux_dac_25,
    ):
        return 2.5
    if channel in (name.v_reset, name.v_res_meas, name.mux_rfu_0, name.mux_rfu_1):
        return 1.2
    raise ValueError("set_voltage is only available for DAC channels without LDOs.")


def _add_dac(kind: Any) -> None:
    def set_voltage(self: Any, coord: Any, voltage: float) -> None:
        """Set a channel to a voltage in V."""
        self.value[coord] = int(float(voltage) / _full_scale(coord) * 4095)

    def get_voltage(self: Any, coord: Any) -> float:
        """Voltage of a channel in V."""
        return int(self.value[coord]) / 4095 * _full_scale(coord)

    kind.set_voltage, kind.get_voltage = set_voltage, get_voltage


def _ldo(kind: Any, codes: tuple[int, int, int, int, int]) -> Register:
    names = ("vdd25_digital", "vdd25_analog", "vdd12_digital", "vdd12_analog", "vdd12_madc")
    made = kind()
    for name, code in zip(names, codes, strict=True):
        made.value[getattr(DACChannelOnBoard, name)] = 4095 - code
    made.value[DACChannelOnBoard.vdd12_pll] = 4095 - codes[-1]
    return made


def _neuron_bypass(chip: Any) -> Register:
    """Every neuron answers a synaptic event with a spike, without analog dynamics."""
    made = chip()
    routing = made.array["neuron_block"]["atomic_neurons"]["event_routing"]
    routing["enable_bypass_excitatory"] = routing["enable_bypass_inhibitory"] = True
    made.array["synapse_driver_blocks"]["padi_bus"]["dacen_pulse_extension"] = 15
    return made


def _add_fixed(types: Types) -> None:
    make: Callable[..., None] = lambda kind, name, **fields: setattr(  # noqa: E731
        kind, name, Fixed(kind(**fields))
    )
    barrier = types["Barrier"]
    for name in ("omnibus", "jtag", "systime", "multi_fpga", "systime_correction"):
        make(barrier, name, **{f"enable_{name}": True})
    make(types["CrossbarNode"], "drop_all", mask=0, target=1)
    make(types["GlobalMergerMatrixNode"], "drop_all", mask=0, target=1)
    routing = types["AtomicNeuron"].EventRouting
    make(routing, "disabled")
    make(routing, "enabled", analog_output=1, enable_digital=True)
    make(routing, "bypass_exc", enable_bypass_excitatory=True)
    make(routing, "bypass_inh", enable_bypass_inhibitory=True)
    for name, code in (("25", 0xA7), ("12", 0xA8), ("12_digital", 0x93)):
        make(types["AD5252ChannelConfig"], f"default_pot_{name}", value=code)
    make(types["TCA9546ChannelConfig"], "default_mux", channel_status=[1, 1, 1, 0])
    dac = types["DACChannelBlock"]
    dac.default_ldo_1 = Fixed(_ldo(dac, (3820, 3820, 3780, 3780, 3655)))
    dac.default_ldo_2 = Fixed(_ldo(dac, (3487, 3487, 2005, 2465, 3655)))
    types["Chip"].default_neuron_bypass = Fixed(_neuron_bypass(types["Chip"]))
    types["SpikeIOInputRoute"].SILENT = SpikeLabel(SpikeLabel.max)
    types["SpikeIOOutputRoute"].SILENT = SpikeIOAddress(SpikeIOAddress.max)
    value = types["Timer"].Value
    value.fpga_clock_cycles_per_us = value(125)


def _wire_clocks(kind: Any) -> None:
    """Default sources of the clock outputs: processors from the second PLL, MADC from the DCO."""
    output = kind._default["output"]
    ppu, madc = int(PLLClockOutputOnDLS.ppu_clk), int(PLLClockOutputOnDLS.madc_clk)
    output["select_adpll"][ppu] = 1
    output["select_adpll_output"][ppu] = 1
    output["select_adpll_output"][madc] = 2
