"""Say that compilation is happening: without a word, the first extraction looks as if it hung."""

from __future__ import annotations

import sys
from functools import cache

from numba.core import event

MESSAGE = "radiomix: compiling kernels, once per installation (about fifteen seconds) ..."


class _Compilation(event.Listener):
    """Speaks at the first kernel of ours that is compiled in this process; one read from the cache is no event."""

    said = False

    def on_start(self, event: event.Event) -> None:
        function = getattr(event.data["dispatcher"], "py_func", None)
        if not self.said and getattr(function, "__module__", "").startswith("radiomix."):
            self.said = True
            print(MESSAGE, file=sys.stderr, flush=True)

    def on_end(self, event: event.Event) -> None:
        return


@cache
def announce_compilation() -> None:
    """From now on, a compilation in this process is announced on stderr, once."""
    event.register("numba:compile", _Compilation())
