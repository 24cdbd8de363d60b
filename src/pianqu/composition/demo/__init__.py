"""The demo district: real codes and names, synthetic matters, two sign-ins. Made through the verbs, the same every time."""

from pianqu.composition.demo.loading import load

__all__ = ["load"]
