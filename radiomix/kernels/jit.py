"""The one decorator of compiled code: lazily compiled, cached on disk, free of the interpreter lock."""

from __future__ import annotations

from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")

# For loops that only add up: the compiler may regroup a sum, and so use the processor's vectors.
reduction = njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
