from pylogging import *  # noqa: F403
