"""Pictures and the page: what people look at."""

from __future__ import annotations

from .page import write_report

__all__ = ["write_report"]
