import pytest

import pylogging as logger


@pytest.fixture(autouse=True)
def fresh():
    logger.reset()
    yield
    logger.reset()
    logger.default_config()


def test_messages_are_joined_and_filtered(capsys):
    logger.default_config(level=logger.LogLevel.WARN)
    log = logger.get("tests.filter")
    log.INFO("not", "seen")
    log.WARN("seen", 1, 2.5)
    log.warn("lower case too")
    logger.set_loglevel(log, logger.LogLevel.TRACE)
    log.TRACE("all")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["WARN", "WARN", "TRACE"]
    assert [line.split("tests.filter ")[1] for line in lines] == [
        "seen 1 2.5",
        "lower case too",
        "all",
    ]


def test_the_root_knows_where_messages_go(tmp_path):
    assert logger.get_root().get_number_of_appenders() == 0
    logger.default_config(level=logger.LogLevel.INFO)
    logger.log_to_file(tmp_path / "log")
    assert logger.get_root().get_number_of_appenders() == 2
    logger.get("tests.file").ERROR("kept")
    assert "tests.file kept" in (tmp_path / "log").read_text()
