"""The one decorator of compiled code: lazily compiled, cached on disk, free of the interpreter lock.

Numba's cache is used with three changes. It names a kernel's compiled variants by counting, so that two processes that
compile different variants at once may overwrite each other's files and load the wrong one later: here the signature
names the file. And it watches a kernel's own source file only, so that an edited kernel leaves its callers in other
files stale: here a file is watched together with all that it imports from beside it. And it is read only after the
compiler has learned all it knows, and holds what the compiler would need: here machine code is enough (`_Cache`).
"""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from llvmlite import binding as llvm
from numba import jit, njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, NullCache
from numba.core.registry import CPUDispatcher
from numba.core.runtime._nrt_python import c_helpers
from numba.core.types import unliteral

from .compiler import KernelCompiler, PartCompiler

_IMPORT = re.compile(rb"^from \.(\w+) import", re.MULTILINE)


@cache
def _watched(path: Path) -> frozenset[Path]:
    """A file and, through their imports, the files beside it that its kernels may call."""
    imported = (path.with_name(f"{name.decode()}.py") for name in _IMPORT.findall(path.read_bytes()))
    return frozenset((path,)).union(*(_watched(other) for other in imported))


@cache
def _stamp(path: Path) -> bytes:
    """Changes with every file that compiled code of this file may hold."""
    return hashlib.sha256(b"".join(watched.read_bytes() for watched in sorted(_watched(path)))).digest()


class _FilePerSignature(IndexDataCacheFile):
    """An index whose data files are named by what they hold."""

    def save(self, key: Any, data: Any) -> None:
        name = self._data_name_pattern.replace("{number:d}", hashlib.sha256(repr(key).encode()).hexdigest()[:16])
        self._save_data(name, data)
        overloads = self._load_index()
        overloads[key] = name
        self._save_index(overloads)


class _MachineCode(CompileResultCacheImpl):
    """What is kept of a compiled variant: no kernel is linked into another, so that it need not be known to LLVM."""

    def reduce(self, result: Any) -> Any:
        (name, kind, (machine_code, _)), *described, environments = super().reduce(result)
        nothing = llvm.parse_assembly("").as_bitcode()
        return (name, kind, (machine_code, nothing)), *described, tuple(env for env in environments if env.consts)

    def rebuild(self, target_context: Any, kept: Any) -> Any:
        # whose name LLVM does not find in nothing
        target_context.codegen()._engine._defined_symbols.add(kept[1].llvm_cpython_wrapper_name)
        return super().rebuild(target_context, kept)


@cache
def _link_runtime() -> None:
    """Tell LLVM where the functions are that machine code calls to make arrays and to let go of them."""
    for name, address in c_helpers.items():
        llvm.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


class _Cache(FunctionCache):
    """Compiled variants on disk, read without all that the compiler knows, which takes it half a second to learn."""

    _impl_class = _MachineCode

    def __init__(self, function: Callable[..., Any], stamp: bytes) -> None:
        super().__init__(function)
        files = self._cache_file
        files.__class__ = _FilePerSignature
        files._source_stamp = (files._source_stamp, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        _link_runtime()
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


class _Kernel(CPUDispatcher):
    """Compiled for Python to call; other kernels call its twin `part`. Cache and twin are made when first needed."""

    stamp: bytes  # of the source that was imported

    @cached_property
    def part(self) -> Any:
        return jit(self.py_func, pipeline_class=PartCompiler, **self.targetoptions)

    def enable_caching(self) -> None:
        self._cache = _Cache(self.py_func, self.stamp)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        return self.part.get_call_template([unliteral(arg) for arg in args], kws)  # a 1 is compiled like any integer

    def get_overload(self, sig: Any) -> Any:
        return self.part.get_overload(sig)

    def compile(self, sig: Any) -> Any:
        if isinstance(self._cache, NullCache):
            self.enable_caching()
        with _uncollected():
            return super().compile(sig)


@contextmanager
def _uncollected() -> Iterator[None]:
    """The compiler keeps most of what it makes: looking for garbage in between takes a sixth of its time.

    Afterwards all that is new counts as old, so that the next look for garbage passes it over.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if gc.get_freeze_count() == 0:
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _compiler(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    options |= {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
    compile_later = partial(njit, pipeline_class=KernelCompiler, **options)

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher: Any = compile_later(function)
        if dispatcher is not function:  # which it is without the JIT
            dispatcher.__class__ = _Kernel
            dispatcher.stamp = _stamp(Path(function.__code__.co_filename))
        return dispatcher

    return decorate


kernel = _compiler()

# For loops that only add up: the compiler may regroup a sum, and so use the processor's vectors.
reduction = _compiler(fastmath={"reassoc", "contract"})
