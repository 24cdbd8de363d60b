"""Layers of polygons laid over one another: many departments' grids as one.

`layers` takes shapes in and repairs or refuses them, `planar` cuts the plane into faces, `refining` makes atoms of them,
`tables` says which share of one layer's people lives where in another's, `planes` and `reading` bring files to a plane in
metres, `writing` brings them back to degrees, `findings` says what was wrong.
"""
