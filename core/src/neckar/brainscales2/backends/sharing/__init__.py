"""One chip for several processes: one of them holds it, the others send it their programs."""
