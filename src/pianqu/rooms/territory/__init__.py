"""片区 territory: where things are, and which community a place belongs to.

Nouns: Place (a street, town, community or village with its statistical code), Landmark (a name that people use), Building (how
many households it has), GridVersion with GridCells and Clusters, EntryList, ServicePoint with OpeningHours and Rooms,
Booking, Estate with the four parties of a place, JointRound with Promises.
Verbs: add_places, add_landmarks, take_in_buildings, adopt_grid, staff_cell, set_entry_list, open_points, close_point, set_hours,
add_room, book_room, cancel_booking, set_estates, end_estate, hold_round, make_promise, tell_promise.
Questions: find by name, locate by point and day, how many live where, what may be handed to a cell, what is open, who has a room,
what a map draws, who of the four parties answers for what, what was promised and kept.
Invariants: codes are dated attributes of a place and never used again; outlines that are synthetic say so everywhere; promises
are of organisations, never of persons.
"""
