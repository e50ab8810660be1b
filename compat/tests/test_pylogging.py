import logging

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
    log.WARN("seen ", 1, 2.5)
    log.warn("lower case too")
    logger.set_loglevel(log, logger.LogLevel.TRACE)
    log.TRACE("all")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["WARN", "WARN", "TRACE"]
    assert [line.split("tests.filter ")[1] for line in lines] == [
        "seen 12.5",
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
    logger.reset()
    assert logger.get_root().get_number_of_appenders() == 0


def test_a_file_of_properties_sets_levels_and_places(tmp_path):
    settings = tmp_path / "settings.conf"
    settings.write_text(
        "# as log4j writes it\n"
        "log4j.rootLogger=WARN, kept\n"
        "log4j.appender.kept=org.apache.log4j.FileAppender\n"
        f"log4j.appender.kept.File={tmp_path / 'log'}\n"
        "log4j.appender.kept.layout.ConversionPattern=%-6p|%c|%m%n\n"
        "log4j.logger.loud=TRACE\n"
    )
    logger.config_from_file(settings)
    logger.get("quiet").INFO("dropped")
    logger.get("loud").TRACE("kept")
    assert (tmp_path / "log").read_text() == "TRACE |loud|kept\n"


def test_a_filter_lets_a_range_of_levels_pass(tmp_path):
    appender = logger.write_to_file(tmp_path / "log")
    appender.setLayout(logger.PatternLayout("%m%n"))
    passing = logger.LevelRangeFilter()
    passing.setLevelMin(logger.LogLevel.INFO)
    passing.setLevelMax(logger.LogLevel.WARN)
    appender.addFilter(passing)
    log = logger.get("tests.range")
    for say in (log.DEBUG, log.INFO, log.WARN, log.ERROR):
        say(say.__name__)
    assert (tmp_path / "log").read_text() == "INFO\nWARN\n"


def test_messages_reach_the_logging_of_python(caplog):
    logger.write_to_logging("chips")
    with caplog.at_level(logging.DEBUG, "chips"):
        logger.get("tests.python").WARN("heard")
    assert ("chips.tests.python", logging.WARNING, "heard") in caplog.record_tuples


def test_a_layout_says_which_letters_it_knows():
    with pytest.raises(ValueError, match="%q in '%q' means nothing; known are p c m"):
        logger.PatternLayout("%q")


def test_levels_are_known_by_name():
    assert logger.LogLevel.toLevel("warn") is logger.LogLevel.WARN
    assert logger.LogLevel.toLevel("nonsense") is logger.LogLevel.DEBUG
    assert logger.LogLevel.ERROR.toString() == "ERROR"
