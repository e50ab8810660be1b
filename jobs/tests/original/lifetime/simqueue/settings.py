"""Where the tests think that things are."""

import os

DATABASE_HOST = "localhost"
EBRAINS_DRIVE_SERVICE_URL = os.environ["NECKAR_ADDRESS"].removeprefix("http://")
