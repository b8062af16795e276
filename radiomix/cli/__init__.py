"""The command line: parses, calls, exits. Each command loads only what it needs.

Exit codes: 0 all done; 1 done, but cases failed, differences or misses were found; 2 nothing could be done.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import warnings
from typing import Any

from ..errors import RadiomixError, RadiomixWarning
from . import images, studies
from .options import say
from .parser import call_of

COMMANDS = (
    images.extract, images.maps, images.check, studies.evaluate, studies.train, studies.predict, studies.models,
    images.compare, images.verify, images.demo,
)  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; an error made on purpose is one line and exit code 2."""
    warnings.showwarning = _show_warning
    gc.set_threshold(100_000)  # what is loaded stays: looking for garbage among it is a sixth of a short command,
    atexit.register(gc.freeze)  # and its end another
    try:
        call_of(COMMANDS, sys.argv[1:] if arguments is None else arguments)()
        sys.exit()
    except RadiomixError as error:
        say(" ".join(str(error).split()))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader has seen enough, of what is still to be written, too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        say(f"{error.filename or 'a file'} cannot be read or written: {error.strerror or error}")
        sys.exit(2)


def _show_warning(message: Warning | str, category: type[Warning], *place: Any, **_: Any) -> None:
    say(f"note: {message}" if issubclass(category, RadiomixWarning) else f"{category.__name__}: {message}")
