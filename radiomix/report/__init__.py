"""Pictures and the page: what people look at."""

from __future__ import annotations

from .maps import plot_map
from .page import write_report

__all__ = ["plot_map", "write_report"]
