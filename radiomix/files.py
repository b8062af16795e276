"""Files that are complete, or not there at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def complete(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A name beside `path` to write to, which takes its place when all went well and is removed otherwise.

    It ends as `path` does, for writers that choose a format by the name. Missing folders are made, links followed,
    and what is not a file, such as /dev/stdout, is written to as it is.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        yield target
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{uuid.uuid4().hex}-{target.name}")
    try:
        yield unfinished
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """A text file in UTF-8, complete or not at all."""
    with complete(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
    return Path(path)
