"""Turn items, profiles and weeks into editions and lists of blocks; it never draws or stores."""

from briefings.assemble.compose import compose
from briefings.assemble.edition import Skip, assemble, explain
from briefings.assemble.match import Reach, reaches, targets_of_role, why_you
from briefings.assemble.rank import ranked
from briefings.assemble.thin import ThinRules

__all__ = [
    "Reach",
    "Skip",
    "ThinRules",
    "assemble",
    "compose",
    "explain",
    "ranked",
    "reaches",
    "targets_of_role",
    "why_you",
]
