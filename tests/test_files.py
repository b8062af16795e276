"""What is written is complete, or not there at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from radiomix.files import complete, write_text


def test_a_file_takes_its_place_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "new" / "numbers.csv.gz"
    with complete(target) as unfinished:
        assert unfinished.parent == target.parent
        assert unfinished.suffixes == target.suffixes
        unfinished.write_text("1")
        assert not target.exists()
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert target.read_text() == "1"


def test_what_was_there_stays_when_writing_fails(tmp_path: Path) -> None:
    target = write_text(tmp_path / "page.md", "before ä")
    with pytest.raises(RuntimeError, match="power cut"), complete(target) as unfinished:
        unfinished.write_text("half")
        raise RuntimeError("power cut")
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    assert target.read_text(encoding="utf-8") == "before ä"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    file, link = write_text(tmp_path / "file.txt", "before"), tmp_path / "link.txt"
    link.symlink_to(file)
    write_text(link, "after")
    assert link.is_symlink()
    assert file.read_text() == "after"


def test_what_is_not_a_file_is_written_to_as_it_is() -> None:
    write_text(os.devnull, "nothing")
    assert Path(os.devnull).is_char_device()
