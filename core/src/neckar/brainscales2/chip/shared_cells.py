"""Cells of the analog memory that belong to no single neuron, and where the chip has them."""

from functools import cache

import numpy as np

from neckar.brainscales2.chip import coordinates as c

Index = tuple[int | np.integer | np.ndarray, ...]
_CELLS_BY_BLOCK = {  # one in each of the four blocks
    "neuron_v_bias_casc_n": "neuron_block/v_bias_casc_n",
    "neuron_i_bias_readout_amp": "neuron_block/i_bias_readout_amp",
    "neuron_i_bias_leak_source_follower": "neuron_block/i_bias_leak_source_follower",
    "neuron_i_bias_spike_comparator": "neuron_block/i_bias_threshold_comparator",
    "neuron_i_bias_synin_drop": "neuron_block/i_bias_synin_drop",
}
_CELLS_BY_HEMISPHERE = {  # likewise, kept by hemisphere and side
    "stp_v_charge_0": "synapse_driver_blocks/stp_v_charge_0",
    "stp_v_charge_1": "synapse_driver_blocks/stp_v_charge_1",
    "stp_v_recover_0": "synapse_driver_blocks/stp_v_recover_0",
    "stp_v_recover_1": "synapse_driver_blocks/stp_v_recover_1",
    "stp_i_bias_comparator": "synapse_driver_blocks/stp_i_bias_comparator",
    "stp_i_ramp": "synapse_driver_blocks/stp_i_ramp",
    "stp_i_calib": "synapse_driver_blocks/stp_i_calib",
    "syn_i_bias_dac": "synapse_blocks/i_bias_dac",
    "syn_i_bias_ramp": "cadc_readout_chains/correlation/i_bias_ramp",
    "syn_i_bias_store": "cadc_readout_chains/correlation/i_bias_store",
    "syn_i_bias_corout": "cadc_readout_chains/correlation/i_bias_corout",
    "cadc_v_ramp_offset": "cadc_readout_chains/ramp/v_offset",
    "cadc_i_ramp_slope": "cadc_readout_chains/ramp/i_slope",
    "cadc_i_bias_comp": "cadc_readout_chains/ramp/i_bias_comparator",
    "cadc_i_bias_vreset_buf": "cadc_readout_chains/ramp/i_bias_vreset_buffer",
    "cadc_v_bias_ramp_buf": "cadc_readout_chains/ramp/v_bias_buffer",
}
_SINGLE_CELLS: dict[str, tuple[str, Index]] = {
    "readout_sc_amp_v_ref": ("readout_chain/madc_preamp/v_ref", ()),
    "readout_sc_amp_i_bias": ("readout_chain/madc_preamp/i_bias", ()),
    "readout_pseudo_diff_v_ref": ("readout_chain/pseudo_diff_converter/v_ref", ()),
    "readout_pseudo_diff_buffer_bias": ("readout_chain/pseudo_diff_converter/buffer_bias", ()),
    "readout_iconv_test_voltage": ("readout_chain/source_measure_unit/test_voltage", ()),
    "readout_iconv_sc_amp_v_ref": ("readout_chain/source_measure_unit/amp_v_ref", ()),
    "readout_iconv_sc_amp_i_bias": ("readout_chain/source_measure_unit/amp_i_bias", ()),
    "readout_iconv_i_bias_buffer": ("readout_chain/source_measure_unit/buffer_i_bias", ()),
    "readout_out_amp_i_bias_0": ("readout_chain/buffer_to_pad/amp_i_bias", (0,)),
    "readout_out_amp_i_bias_1": ("readout_chain/buffer_to_pad/amp_i_bias", (1,)),
    "readout_idac_i_bias": ("readout_chain/current_dac/i_bias", ()),
    "readout_idac_i_bias_casc": ("readout_chain/current_dac/i_bias_casc", ()),
    "readout_ac_mux_i_bias": ("readout_chain/dynamic_mux/i_bias", ()),
    "readout_madc_in_500na": ("readout_chain/madc/in_500na", ()),
    "stp_ibias_readout_top": ("synapse_driver_blocks/stp_i_bias_readout", (0,)),
    "stp_ibias_readout_bottom": ("synapse_driver_blocks/stp_i_bias_readout", (1,)),
    "hagen_ibias_dac_top": ("synapse_driver_blocks/hagen_i_bias_dac", (0,)),
    "hagen_ibias_dac_bottom": ("synapse_driver_blocks/hagen_i_bias_dac", (1,)),
}
CELLS_PER_BLOCK = 24 * 130


@cache
def shared_cells() -> dict[int, tuple[str, Index]]:
    """Cells that belong to no single neuron, by their enum on the chip."""
    cells: dict[int, tuple[str, Index]] = {}
    for i, cell in enumerate(c.iter_all(c.UnusedCapMemCellOnDLS)):
        cells[int(cell.toCapMemCellOnDLS().toEnum())] = ("capmem/unused_cells", (i,))
    for block in range(4):
        for name, path in _CELLS_BY_BLOCK.items():
            cells[_cell(name, block)] = (path, (block,))
        for name, path in _CELLS_BY_HEMISPHERE.items():
            cells[_cell(name, block)] = (path, (block // 2, block % 2))
    for name, where in _SINGLE_CELLS.items():
        cells[int(getattr(c.CapMemCellOnDLS, name).toEnum())] = where
    return cells


def _cell(name: str, block: int) -> int:
    return block * CELLS_PER_BLOCK + int(getattr(c.CapMemCellOnCapMemBlock, name).toEnum())
