"""片区 territory: where things are, and which community a place belongs to.

Nouns: Place (a street, town, community or village with its statistical code), Landmark (a name that people use).
Verbs: add_places, add_landmarks. Grid cells, clusters and their versions come with the district's own workflow.
Questions: find by name, locate by point, what a map draws.
Invariants: codes are dated attributes of a place and never used again; outlines that are synthetic say so everywhere.
"""
