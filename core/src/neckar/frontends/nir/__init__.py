"""Networks from and to the neuromorphic intermediate representation, `nir`."""

from neckar.frontends.nir.read import Imported, Quantised, read
from neckar.frontends.nir.scales import Scales
from neckar.frontends.nir.write import write

__all__ = ["Imported", "Quantised", "Scales", "read", "write"]
