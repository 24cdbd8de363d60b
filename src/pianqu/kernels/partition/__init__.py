"""Units into k contiguous clusters of nearly equal load that keep boundaries, and why there are none.

Problem: a district's units (communities, blocks, buildings) with people, households and work become clusters (片区), grid cells
or micro-cells: connected, within a tolerance, with few borders between them and few areas of other systems divided among them.
Method: METIS for a first plan (`seed.py`), annealing in whole numbers on atoms and then on units (`loop.py`, `search.py`), a
finish that holds the limits, what can be refused before that (`reasons.py`), cells (`cells.py`), plans of which none is better
in all (`front.py`).
Cost: O(sweeps · units · degree). Guarantee: a plan is connected, honours every lock and is recomputable from what it carries;
whether it is within its limits is said, and where none can be, why. It is not proven to be the best.
"""
