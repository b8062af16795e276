"""The one decorator of compiled code: lazily compiled, cached on disk, free of the interpreter lock.

Numba's cache is used with two changes. It names a kernel's compiled variants by counting, so that two processes that
compile different variants at once may overwrite each other's files and load the wrong one later: here the signature
names the file. And it watches a kernel's own source file only, so that an edited kernel leaves its callers in other
files stale: here all kernels are watched together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import IndexDataCacheFile

_SOURCES = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))).digest()


class _FilePerSignature(IndexDataCacheFile):
    """An index whose data files are named by what they hold."""

    def save(self, key: Any, data: Any) -> None:
        name = self._data_name_pattern.replace("{number:d}", hashlib.sha256(repr(key).encode()).hexdigest()[:16])
        self._save_data(name, data)
        overloads = self._load_index()
        overloads[key] = name
        self._save_index(overloads)


def _compiler(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    compile_later = njit(cache=True, nogil=True, error_model="numpy", **options)

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = compile_later(function)
        files = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
        if isinstance(files, IndexDataCacheFile):  # without the JIT there is no cache
            files.__class__ = _FilePerSignature
            files._source_stamp = (files._source_stamp, _SOURCES)
        return dispatcher

    return decorate


kernel = _compiler()

# For loops that only add up: the compiler may regroup a sum, and so use the processor's vectors.
reduction = _compiler(fastmath={"reassoc", "contract"})
