"""Sums over spectra of a region on a periodic grid."""

from __future__ import annotations

from .jit import kernel


@kernel
def weighted_overlap(weights, a, b):
    """The sum over frequencies of w Re(a conj(b)).

    `a` and `b` (nz, rows, nx // 2 + 1) are rows of the half spectra of real arrays; `weights` (nz // 2 + 1, rows,
    nx // 2 + 1) are those of a spectrum that is even along z and x, nz and nx are even.
    """
    nz, ny, nx = a.shape
    total = 0.0
    for z in range(nz):
        for y in range(ny):
            octant = weights[min(z, nz - z), y]
            here, there = a[z, y], b[z, y]
            ends, between = 0.0, 0.0
            for x in range(nx):
                overlap = octant[x] * (here[x].real * there[x].real + here[x].imag * there[x].imag)
                between += overlap
                if x == 0 or x == nx - 1:
                    ends += overlap
            total += 2 * between - ends  # frequencies between zero and the highest stand for two
    return total
