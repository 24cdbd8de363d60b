"""District packs: real codes and names, labelled synthetic outlines, and the verbs' calls that bring them in."""

from pianqu.composition.district.loading import load_district

__all__ = ["load_district"]
