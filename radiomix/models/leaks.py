"""What in a table gives the outcome away, before anything is fitted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Severity(Enum):
    """How grave a finding is."""

    LEAK = "leak"  # scores cannot be believed: columns are left out, or the study refused
    WARNING = "warning"  # scores may be too good, or too uncertain
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that was seen.

    Attributes
    ----------
    severity : how grave
    kind : which check saw it
    message : a sentence with the numbers
    columns : the columns concerned
    evidence : the number on which it rests (an AUC, a p-value, a count)
    """

    severity: Severity
    kind: str
    message: str
    columns: tuple[str, ...] = ()
    evidence: float = float("nan")

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "severity": self.severity.value}


def find_leaks(design: Any) -> list[Finding]:
    return []


def find_in_folds(design: Any, folds: Any) -> list[Finding]:
    return []


def sorted_findings(findings: Any) -> list[Finding]:
    """Gravest first."""
    order = list(Severity)
    return sorted(findings, key=lambda f: order.index(f.severity))
