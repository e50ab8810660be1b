from pathlib import Path

from compat.tests.demos.notebook import cells


def test_code_cells_come_out_in_order_and_dedented(tmp_path: Path) -> None:
    (tmp_path / "common.rst").write_text("Words.\n\n.. code:: ipython3\n\n    a = 1\n")
    demo = tmp_path / "demo.rst"
    demo.write_text(
        "Title\n=====\n\n.. include:: common.rst\n\nText.\n\n.. only:: jupyter\n\n"
        "   .. include:: common.rst\n\n   .. code:: python3\n      :class: test\n\n"
        "      if a:\n          b = 2\n\nMore text.\n"
    )
    assert cells(demo) == ["a = 1\n", "a = 1\n", "if a:\n    b = 2\n"]


def test_cells_that_shorten_a_demo_can_be_left_out(tmp_path: Path) -> None:
    demo = tmp_path / "demo.rst"
    demo.write_text(
        ".. code:: ipython3\n\n   n = 100\n\n"
        ".. code:: ipython3\n   :class: test, html-display-none\n\n   n = 2\n\n"
        ".. code:: ipython3\n   :class: tested\n\n   print(n)\n"
    )
    assert cells(demo) == ["n = 100\n", "n = 2\n", "print(n)\n"]
    assert cells(demo, is_shortened=False) == ["n = 100\n", "print(n)\n"]


def test_blocks_for_other_readers_are_left_out(tmp_path: Path) -> None:
    demo = tmp_path / "demo.rst"
    demo.write_text(
        ".. only:: latex\n\n   .. code:: ipython3\n\n      x = 1\n\n"
        ".. only:: Solution and not latex\n\n   .. code:: ipython3\n\n      y = 2\n\n"
        ".. code::\n\n   not a cell\n"
    )
    assert cells(demo) == ["y = 2\n"]


def test_an_include_with_the_option_code_is_a_cell(tmp_path: Path) -> None:
    (tmp_path / "script.txt").write_text("%%file script.py\n# words\na = 1\n")
    demo = tmp_path / "demo.rst"
    demo.write_text(
        ".. only:: not exclude_nmpi\n\n   .. include:: script.txt\n      :code: python\n\n"
        ".. only:: exclude_nmpi\n\n   .. include:: script.txt\n      :code: python\n"
        "      :start-line: 1\n\nText.\n"
    )
    assert cells(demo) == ["# words\na = 1\n"]
