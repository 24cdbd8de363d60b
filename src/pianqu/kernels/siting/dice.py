"""Dice that fall the same on every machine: whole numbers only, from a seed.

Problem: a plan has to come out again from its seed, on any machine and under any version of a library.
Method and source: SplitMix64 (G. L. Steele, D. Lea, C. H. Flood 2014, "Fast splittable pseudorandom number generators",
figure 17); numbers below a bound by the high half of the product (D. Lemire 2019, "Fast random integer generation in an
interval", without the correction: the error is below 2⁻⁴⁰ for bounds below 2²⁴).
Cost: O(1).
Guarantee: the same seed gives the same throws.
"""

_ALL = (1 << 64) - 1


class Dice:
    """A row of throws that its seed decides."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = seed & _ALL

    def throw(self) -> int:
        """A whole number of 64 bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _ALL
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _ALL
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _ALL
        return mixed ^ (mixed >> 31)

    def below(self, bound: int) -> int:
        """A whole number from 0 up to, not including, the bound."""
        return (self.throw() * bound) >> 64
