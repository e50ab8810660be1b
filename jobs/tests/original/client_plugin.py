"""A plugin for pytest: leads the tests of the original's client and runner to our service."""

import os
import sys

from nmpi import nmpi_user

ADDRESS = os.environ["NECKAR_ADDRESS"]
OURS = {
    "job_service": ADDRESS,
    "authorization_endpoint": ADDRESS,
    "user_info_endpoint": ADDRESS + "/userinfo",
}


def pytest_configure() -> None:
    """Other defaults where the tests give none."""
    begin = nmpi_user.Client.__init__
    names = begin.__code__.co_varnames[1 : begin.__code__.co_argcount]
    given = dict(zip(reversed(names), reversed(begin.__defaults__), strict=False))
    begin.__defaults__ = tuple(OURS.get(name, given[name]) for name in names if name in given)


def pytest_collection_modifyitems(items) -> None:
    """Addresses and folders that stand in the tests themselves."""
    for item in items:
        if hasattr(item.module, "ENTRYPOINT") and "mock" not in item.module.__name__:
            item.module.ENTRYPOINT = ADDRESS
        if hasattr(item.module, "VIRTUAL_ENV"):
            item.module.VIRTUAL_ENV = sys.prefix
