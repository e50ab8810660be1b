"""Every benchmark, one after the other."""

import network_512

if __name__ == "__main__":
    network_512.main()
