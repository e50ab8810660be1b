from pylola_vx_v3 import *  # noqa: F403
