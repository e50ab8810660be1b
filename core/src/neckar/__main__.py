"""`python -m neckar` is `neckar`."""

import sys

from neckar.cli import main

if __name__ == "__main__":
    sys.exit(main())
