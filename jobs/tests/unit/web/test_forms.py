"""What was typed into forms, and what it becomes."""

import io
import zipfile

import pytest
from starlette.datastructures import FormData, Headers, UploadFile

from cast import DEMO
from neckar_jobs.errors import InvalidError
from neckar_jobs.model import CodeKind
from neckar_jobs.web import draft as drafts
from neckar_jobs.web import hardware
from neckar_jobs.web.formats import duration, printed, size
from neckar_jobs.web.gallery import companions, examples
from neckar_jobs.web.uploads import taken
from neckar_jobs.web.visit import Form

SCHEMA = {
    "type": "object",
    "required": ["chip"],
    "properties": {
        "chip": {"type": "integer", "minimum": 0, "title": "Chip", "maximum": 99},
        "mode": {"enum": ["fast", 2]},
        "network": {"type": "boolean"},
        "packages": {"type": "array", "items": {"type": "string"}},
        "more": {"type": "object"},
    },
}


def test_a_schema_becomes_fields():
    fields = hardware.fields(SCHEMA)
    assert [(f.name, f.kind) for f in fields] == [
        ("chip", "number"),
        ("mode", "choice"),
        ("network", "choice"),
        ("packages", "list"),
        ("more", "json"),
    ]
    assert (fields[0].title, fields[0].required) == ("Chip", True)
    assert fields[0].attributes == {"min": "0", "max": "99", "step": "1"}


def test_fields_become_settings_and_back():
    typed = {"chip": "7", "mode": "2", "network": "true", "packages": "a, b", "more": '{"x": 1}'}
    settings, wrong = hardware.values(SCHEMA, lambda name: typed.get(name, ""))
    assert (settings, wrong) == (
        {"chip": 7, "mode": 2, "network": True, "packages": ["a", "b"], "more": {"x": 1}},
        [],
    )
    again, _ = hardware.values(SCHEMA, lambda name: hardware.entered(settings).get(name, ""))
    assert again == settings


def test_what_cannot_be_read_is_named():
    _, wrong = hardware.values(SCHEMA, lambda name: {"chip": "seven", "more": "{"}.get(name, ""))
    assert wrong == ["Chip: 'seven' is no whole number", "more: '{' is no JSON value"]


def draft(**fields):
    return drafts.of_form(Form(FormData({"platform": "Demo", "collab": "lab", **fields})))


def test_lines_of_parameters_become_an_array():
    one = draft(text="x", over='tau = 10, 20.5\nmode = "a", b\n')
    _, over, wrong = drafts.submission(one, DEMO)
    assert (over, wrong) == ({"tau": [10, 20.5], "mode": ["a", "b"]}, [])
    _, _, wrong = drafts.submission(draft(text="x", over="tau 10\n2x = 1"), DEMO)
    assert len(wrong) == 2


def test_an_address_of_an_archive_is_fetched_and_others_are_cloned():
    kinds = []
    for address in ("https://a.b/c.tar.gz", "https://a.b/c.git"):
        wanted, _, _ = drafts.submission(draft(kind="git", address=address), DEMO)
        kinds.append(wanted.code.kind)
    assert kinds == [CodeKind.LINK, CodeKind.GIT]


def upload(name, data=b"x"):
    return UploadFile(io.BytesIO(data), filename=name, headers=Headers())


def given(site, *fields):
    form = Form(FormData([("platform", "Demo"), ("kind", "archive"), *fields]))
    return taken(site, drafts.of_form(form), form)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_folder_becomes_an_archive_without_the_folder(site):
    files = [("archive_folder", upload(f"mine/{name}")) for name in ("run.py", "sub/a.txt")]
    archive = given(site, *files).archive
    with zipfile.ZipFile(site.files.path(archive)) as bag:
        assert bag.namelist() == ["run.py", "sub/a.txt"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_zip_is_kept_as_it_is_and_inputs_stay_for_another_try(site):
    kept = given(site, ("archive_files", upload("a.zip", b"PK")), ("inputs", upload("in.csv")))
    assert site.files.path(kept.archive).read_bytes() == b"PK"
    (file,) = kept.inputs
    again = given(site, ("input", f"{file.sha256} {file.size} {file.path}"))
    assert [each.path for each in again.inputs] == ["in.csv"]
    assert given(site, ("input", "0 0 a"), ("drop_inputs", "on")).inputs == ()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/../../b", "..\\a"])
def test_names_that_lead_out_are_refused(site, name):
    for field in ("archive_folder", "inputs"):
        with pytest.raises(InvalidError, match="cannot be the path"):
            given(site, (field, upload(name)), (field, upload("other")))


def test_examples_are_scripts_that_say_what_they_are(tmp_path):
    (tmp_path / "one.py").write_text('"""A title\nof two lines.\n\nMore."""\n')
    (tmp_path / "broken.py").write_text("def")
    (tmp_path / "silent.py").write_text("x = 1")
    (tmp_path / "test_it.py").write_text('"""A test."""')
    assert [(e.name, e.title) for e in examples(tmp_path)] == [("one.py", "A title of two lines.")]
    assert examples(None) == []


def test_files_that_an_example_names_come_along(tmp_path):
    (tmp_path / "gallery").mkdir()
    (tmp_path / "look.mplstyle").write_text("")
    (tmp_path / "other.csv").write_text("")
    script = tmp_path / "gallery" / "one.py"
    script.write_text('"""One."""\nuse("look.mplstyle")\n')
    (one,) = examples(tmp_path)
    assert [path.name for path in companions(tmp_path, one)] == ["look.mplstyle"]


def test_logs_look_as_on_a_terminal():
    data = b"\x1b[31mred\x1b[0m\n10 %\r50 %\r100 %\nend\r\n\x00\x07"
    assert printed(data) == "red\n100 %\nend\n\ufffd\ufffd"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.05, "0.1 s"), (59, "59 s"), (61, "1 min 1 s"), (7200, "2 h"), (90061, "1 d 1 h")],
)
def test_durations_have_two_units(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(("number", "text"), [(999, "999 B"), (1500, "1.5 kB"), (10**9, "1 GB")])
def test_sizes_have_three_digits(number, text):
    assert size(number) == text
