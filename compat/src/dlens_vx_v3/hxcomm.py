from pyhxcomm_vx import *  # noqa: F403
