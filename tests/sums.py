"""Figures added up from what units have of their own."""

from oneledger.domain.rolling import children_of, rolled_up


def summed(units, own, **carried):
    """Every unit's sum, as the figures of a phase are added up."""
    return dict(rolled_up(units, children_of(units), lambda codes: {c: own[c] for c in codes if c in own}, **carried))
