"""The benchmark's network in Brian2 (C++ standalone) and NEST, biological time."""

import shutil
import tempfile
import time

import numpy as np
from network import N, Network
from twin import Timing

SPEEDUP = 1000  # biological over hardware time


def measure_brian2(network: Network, duration: float = 10.0) -> Timing:
    """The simulate phase alone, without code generation and compilation."""
    import brian2 as b

    b.set_device("cpp_standalone", build_on_run=False)
    b.prefs.devices.cpp_standalone.openmp_threads = 0
    b.defaultclock.dt = 0.1 * b.ms
    adex = network.adex
    equations = """
    dv/dt = (g * (leak - v) + i_exc - i_inh EXP) / c : volt (unless refractory)
    di_exc/dt = -i_exc / tau_exc : amp
    di_inh/dt = -i_inh / tau_inh : amp
    W
    c : farad
    g : siemens
    leak : volt
    threshold : volt
    tau_exc : second
    tau_inh : second
    """
    equations = equations.replace(
        "EXP", "+ g * slope * exp((v - v_exp) / slope) - w" if adex else ""
    ).replace("W\n", "dw/dt = (a * (v - leak) - w) / tau_w : amp\n" if adex else "\n")
    constants = {
        "slope": network.exponential_slope * b.volt,
        "v_exp": network.exponential_potential * b.volt,
        "a": network.adaptation_conductance * b.siemens,
        "step_w": network.adaptation_increment * b.amp,
        "tau_w": network.adaptation_tau * SPEEDUP * b.second,
        "v_reset": network.reset_potential * b.volt,
        "t_refractory": network.refractory * SPEEDUP * b.second,
    }
    group = b.NeuronGroup(
        N,
        equations,
        threshold="v > threshold",
        reset="v = v_reset" + ("; w += step_w" if adex else ""),
        refractory="t_refractory",
        method="euler",  # faster than "exact", which would take exponentials in every step
        namespace=constants,
    )
    group.c = network.capacitance * SPEEDUP * b.farad
    group.g = network.leak_conductance * b.siemens
    group.leak = network.leak_potential * b.volt
    group.threshold = network.threshold * b.volt
    group.tau_exc = network.tau_exc * SPEEDUP * b.second
    group.tau_inh = network.tau_inh * SPEEDUP * b.second
    group.v = np.random.default_rng(2).uniform(0.5, 0.8, N) * b.volt
    parts = [group]
    for name, chosen in (("i_exc", network.weight > 0), ("i_inh", network.weight < 0)):
        synapses = b.Synapses(
            group, group, "weight : amp", on_pre=f"{name}_post += weight", delay=1 * b.ms
        )
        synapses.connect(i=network.source[chosen], j=network.target[chosen])
        synapses.weight = np.abs(network.weight[chosen]) * b.amp
        parts.append(synapses)
    spikes = b.SpikeMonitor(group)
    net = b.Network(*parts, spikes)
    net.run(duration * b.second)
    folder = tempfile.mkdtemp()
    try:
        b.device.build(directory=folder, run=False)
        seconds = []
        for _ in range(3):
            b.device.run()
            seconds.append(b.device._last_run_time)
        rate = spikes.num_spikes / (N * duration) * SPEEDUP
    finally:
        shutil.rmtree(folder)
        b.device.reinit()
        b.device.activate()
    scale = SPEEDUP / duration
    return Timing(fastest=min(seconds) * scale, median=sorted(seconds)[1] * scale, rate=rate)


def measure_nest(network: Network, duration: float = 2.0) -> Timing:
    """One thread; `Simulate` alone."""
    import nest

    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.resolution = 0.1
    nest.local_num_threads = 1
    each = {
        "E_L": network.leak_potential * 1e3,
        "V_th": network.threshold * 1e3,
        "C_m": network.capacitance * SPEEDUP * 1e12,
        "tau_syn_ex": network.tau_exc * SPEEDUP * 1e3,
        "tau_syn_in": network.tau_inh * SPEEDUP * 1e3,
        "V_m": np.random.default_rng(2).uniform(500, 800, N),
    }
    same = {
        "V_reset": network.reset_potential * 1e3,
        "t_ref": network.refractory * SPEEDUP * 1e3,
    }
    if network.adex:
        each["g_L"] = network.leak_conductance * 1e9
        each["V_peak"] = each.pop("V_th")
        each["V_th"] = np.full(N, network.exponential_potential * 1e3)
        same["Delta_T"] = network.exponential_slope * 1e3
        same["a"] = network.adaptation_conductance * 1e9
        same["b"] = network.adaptation_increment * 1e12
        same["tau_w"] = network.adaptation_tau * SPEEDUP * 1e3
    else:
        each["tau_m"] = network.capacitance / network.leak_conductance * SPEEDUP * 1e3
    model = "aeif_psc_exp" if network.adex else "iaf_psc_exp"
    cells = nest.Create(model, N, params={**{k: list(v) for k, v in each.items()}, **same})
    recorder = nest.Create("spike_recorder")
    ids = np.array(cells.tolist())
    nest.Connect(
        ids[network.source],
        ids[network.target],
        "one_to_one",
        {"weight": network.weight * 1e12, "delay": np.full(len(network.source), 1.0)},
    )
    nest.Connect(cells, recorder)
    nest.Simulate(100.0)
    seconds = []
    recorder.n_events = 0
    for _ in range(3):
        begin = time.process_time()
        nest.Simulate(duration * 1e3)
        seconds.append(time.process_time() - begin)
    scale = SPEEDUP / duration
    rate = recorder.n_events / (3 * N * duration) * SPEEDUP
    return Timing(fastest=min(seconds) * scale, median=sorted(seconds)[1] * scale, rate=rate)
