"""名录 directory: organisations, the posts in which people act, and who answers for what, where.

Nouns: Organisation (district, street, town, cluster centre, community, village, department, station, and bodies of society),
Post and Substitution, Power (verb x category x area x level, from the published duty lists), SendDown, Duty, Succession.
Verbs: add_organisations, set_superior, serve_areas, reorganise; appoint, end_post, substitute, end_substitution;
import_powers; send_down, recall; put_on_duty, take_off_duty.
Invariants: an organisation's code is never used again; a reporting line never closes to a circle; nothing living belongs to
an organisation that has ended; what departments took back (收回) answers nowhere lower; facts name posts and organisations,
never persons.
"""
