"""What to calibrate for, and how."""

from __future__ import annotations

from typing import Any

from neckar.brainscales2.chip.coordinates import (
    AtomicNeuronOnDLS,
    CapMemBlockOnDLS,
    SynapticInputOnNeuron,
)
from neckar.brainscales2.chip.coordinates.base import Enum
from neckar.brainscales2.chip.registers import (
    AtomicNeuron,
    CADCSampleQuad,
    CapMemCell,
    Choice,
    SynapseCorrelationCalibQuad,
    SynapseQuad,
)
from neckar.brainscales2.chip.registers.codecs import codec_of
from pyccalix.settings import Settings, array, interval, one_of, optional, settings, value
from pyccalix.values import (
    OPTIONAL,
    TIME,
    PotentialInVolt,
    TimeInS,
    array_type,
    plain,
    range_type,
)

_READING = codec_of(CADCSampleQuad.Value)
_CODE = codec_of("analog")
_CAPACITANCE = codec_of(AtomicNeuron.MembraneCapacitance.CapacitorSize)


class CalibTarget(Settings):
    __slots__ = ()


class CalibOptions(Settings):
    __slots__ = ()


class CADCCalibTarget(CalibTarget):
    __slots__ = ()
    DynamicRange = range_type("DynamicRange", "CADCCalibTarget", CapMemCell.Value)
    ReadRange = range_type("ReadRange", "CADCCalibTarget", CADCSampleQuad.Value)
    dynamic_range = interval(DynamicRange, 70, 550)
    read_range = interval(ReadRange, 20, 220)


class CADCCalibOptions(CalibOptions):
    __slots__ = ()
    calibrate_offsets = value(bool, True)


class _UncalibratedCubaSynapticInput(Settings):
    __slots__ = ()
    ISyninGMOnNeuron = array_type(
        "ISyninGMOnNeuron",
        "NeuronCalibTarget.UncalibratedCubaSynapticInput",
        _CODE,
        SynapticInputOnNeuron,
    )
    ISyninGM = array_type(
        "ISyninGM",
        "NeuronCalibTarget.UncalibratedCubaSynapticInput",
        _CODE,
        AtomicNeuronOnDLS,
        SynapticInputOnNeuron,
    )
    i_synin_gm = array(ISyninGM, 500)


class _CalibratedCubaSynapticInput(Settings):
    __slots__ = ()
    ISyninGM = array_type(
        "ISyninGM", "NeuronCalibTarget.CalibratedCubaSynapticInput", _CODE, SynapticInputOnNeuron
    )
    i_synin_gm = array(ISyninGM, 500)


class _CalibratedMatchingCubaSynapticInput(Settings):
    __slots__ = ()
    i_synin_gm = value(CapMemCell.Value, 500)


class _CalibratedCobaSynapticInput(Settings):
    __slots__ = ()
    PotentialOnNeuron = array_type(
        "PotentialOnNeuron",
        "NeuronCalibTarget.CalibratedCobaSynapticInput",
        OPTIONAL,
        SynapticInputOnNeuron,
    )
    Potential = array_type(
        "Potential",
        "NeuronCalibTarget.CalibratedCobaSynapticInput",
        OPTIONAL,
        AtomicNeuronOnDLS,
        SynapticInputOnNeuron,
    )
    e_coba_reversal = array(Potential, None)
    e_coba_reference = array(Potential, None)


class NeuronCalibTarget(CalibTarget):
    __slots__ = ()
    Potential = array_type("Potential", "NeuronCalibTarget", _READING, AtomicNeuronOnDLS)
    PerNeuronTimeConstant = array_type(
        "PerNeuronTimeConstant", "NeuronCalibTarget", TIME, AtomicNeuronOnDLS
    )
    TauSynPerNeuron = array_type(
        "TauSynPerNeuron", "NeuronCalibTarget", TIME, SynapticInputOnNeuron
    )
    TauSyn = array_type(
        "TauSyn", "NeuronCalibTarget", TIME, AtomicNeuronOnDLS, SynapticInputOnNeuron
    )
    MembraneCapacitance = array_type(
        "MembraneCapacitance", "NeuronCalibTarget", _CAPACITANCE, AtomicNeuronOnDLS
    )
    UncalibratedCubaSynapticInput = _UncalibratedCubaSynapticInput
    CalibratedCubaSynapticInput = _CalibratedCubaSynapticInput
    CalibratedMatchingCubaSynapticInput = _CalibratedMatchingCubaSynapticInput
    CalibratedCobaSynapticInput = _CalibratedCobaSynapticInput

    leak = array(Potential, 80)
    reset = array(Potential, 70)
    threshold = array(Potential, 125)
    tau_mem = array(PerNeuronTimeConstant, 10e-6)
    tau_syn = array(TauSyn, 10e-6)
    cuba_synin = one_of(
        CalibratedMatchingCubaSynapticInput,
        CalibratedCubaSynapticInput,
        UncalibratedCubaSynapticInput,
    )
    coba_synin = settings(CalibratedCobaSynapticInput)
    membrane_capacitance = array(MembraneCapacitance, 63)
    refractory_time = array(PerNeuronTimeConstant, 2e-6)
    holdoff_time = array(PerNeuronTimeConstant, 0.0)
    synapse_dac_bias = value(CapMemCell.Value, 600)
    tau_icc = optional(array(PerNeuronTimeConstant, 0.0))


for _kind in (
    _UncalibratedCubaSynapticInput,
    _CalibratedCubaSynapticInput,
    _CalibratedMatchingCubaSynapticInput,
    _CalibratedCobaSynapticInput,
):
    _kind.__name__ = _kind.__name__.removeprefix("_")
    _kind.__qualname__ = f"NeuronCalibTarget.{_kind.__name__}"


def _neuron(given: Any) -> Any:
    return AtomicNeuronOnDLS(Enum(given) if type(given) is int else given)


def _number(neuron: Any) -> int:
    return int(neuron.toEnum())


class NeuronCalibOptions(CalibOptions):
    __slots__ = ()

    readout_neuron = optional(value(_neuron, 0, pack=_number))


class HagenNeuronCalibTarget(CalibTarget):
    __slots__ = ()
    Potential = array_type("Potential", "HagenNeuronCalibTarget", _READING, AtomicNeuronOnDLS)
    PerNeuronTimeConstant = array_type(
        "PerNeuronTimeConstant", "HagenNeuronCalibTarget", TIME, AtomicNeuronOnDLS
    )
    TauSynOnNeuron = array_type(
        "TauSynOnNeuron", "HagenNeuronCalibTarget", TIME, SynapticInputOnNeuron
    )
    TauSyn = array_type(
        "TauSyn", "HagenNeuronCalibTarget", TIME, AtomicNeuronOnDLS, SynapticInputOnNeuron
    )

    leak = array(Potential, 120)
    tau_mem = array(PerNeuronTimeConstant, 60e-6)
    tau_syn = array(TauSyn, 0.32e-6)
    i_synin_gm = value(CapMemCell.Value, 450)
    target_noise = optional(value(plain, 0.0, pack=float))
    synapse_dac_bias = value(CapMemCell.Value, CapMemCell.Value.max)


class SynapseDriverCalibOptions(CalibOptions):
    __slots__ = ()
    offset_test_activation = value(SynapseQuad.Label, 3)


class HagenCalibTarget(CalibTarget):
    __slots__ = ()
    cadc_target = settings(CADCCalibTarget)
    neuron_target = settings(HagenNeuronCalibTarget)

    def __init__(self) -> None:
        super().__init__()
        self.cadc_target.dynamic_range.lower = 150
        self.cadc_target.dynamic_range.upper = 500


class HagenCalibOptions(CalibOptions):
    __slots__ = ()
    cadc_options = settings(CADCCalibOptions)
    neuron_options = settings(NeuronCalibOptions)
    neuron_disable_leakage = value(bool, True)
    synapse_driver_options = settings(SynapseDriverCalibOptions)


class HagenSyninCalibTarget(CalibTarget):
    __slots__ = ()
    cadc_target = settings(CADCCalibTarget)
    synapse_dac_bias = value(CapMemCell.Value, 800)

    def __init__(self) -> None:
        super().__init__()
        self.cadc_target.dynamic_range.lower = 150
        self.cadc_target.dynamic_range.upper = 340


class HagenSyninCalibOptions(CalibOptions):
    __slots__ = ()
    cadc_options = settings(CADCCalibOptions)
    synapse_driver_options = settings(SynapseDriverCalibOptions)


class STPCalibTarget(CalibTarget):
    __slots__ = ()
    ValuePerQuadrant = array_type("ValuePerQuadrant", "STPCalibTarget", _CODE, CapMemBlockOnDLS)
    v_charge_0 = array(ValuePerQuadrant, 100)
    v_recover_0 = array(ValuePerQuadrant, 400)
    v_charge_1 = array(ValuePerQuadrant, 330)
    v_recover_1 = array(ValuePerQuadrant, 50)


class STPCalibOptions(CalibOptions):
    __slots__ = ()
    ValuePerQuadrant = array_type("ValuePerQuadrant", "STPCalibOptions", _CODE, CapMemBlockOnDLS)
    i_ramp = array(ValuePerQuadrant, 600)
    v_stp = array(ValuePerQuadrant, 180)


class Branches(Choice):
    """Which correlation traces to look at."""

    CAUSAL = 0
    ACAUSAL = 1
    BOTH = 2


Branches.__qualname__ = "CorrelationCalibOptions.Branches"


class CorrelationCalibTarget(CalibTarget):
    __slots__ = ()
    amplitude = value(plain, 0.5, pack=float)
    time_constant = value(TimeInS, 5e-6, pack=float)


class CorrelationCalibOptions(CalibOptions):
    __slots__ = ()
    Branches = Branches
    branches = value(Branches, Branches.BOTH)
    v_res_meas = value(PotentialInVolt, 0.9, pack=float)
    v_reset = value(PotentialInVolt, 1.85, pack=float)
    calibrate_synapses = value(bool, False)
    time_constant_priority = value(plain, 0.3, pack=float)
    default_amp_calib = value(SynapseCorrelationCalibQuad.AmpCalib, 0)
    default_time_calib = value(SynapseCorrelationCalibQuad.TimeCalib, 0)

    def check(self) -> None:
        """Refuse parameters outside of their range."""
        if not 0 <= self.time_constant_priority <= 1:
            raise IndexError(
                f"Time constant priority {self.time_constant_priority:.6f} is not in the range "
                "from 0 to 1."
            )


class SpikingCalibTarget(CalibTarget):
    __slots__ = ()
    cadc_target = settings(CADCCalibTarget)
    neuron_target = settings(NeuronCalibTarget)
    correlation_target = optional(settings(CorrelationCalibTarget))
    stp_target = settings(STPCalibTarget)


class SpikingCalibOptions(CalibOptions):
    __slots__ = ()
    cadc_options = settings(CADCCalibOptions)
    neuron_options = settings(NeuronCalibOptions)
    correlation_options = settings(CorrelationCalibOptions)
    stp_options = settings(STPCalibOptions)
    refine_potentials = optional(value(bool, False))

    def __init__(self, *parts: Any, **named: Any) -> None:
        super().__init__()
        for name, part in (*zip(self._parts, parts, strict=False), *named.items()):
            if name not in self._parts:
                raise TypeError(f"SpikingCalibOptions has no part called {name!r}")
            setattr(self, name, part)
