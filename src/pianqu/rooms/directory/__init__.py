"""名录 directory: organisations and the posts in which people act.

Nouns: Organisation (district, street, department, cluster centre, community), Post (an account in an organisation).
Verbs: add_organisations, appoint, end_post. Powers, duty and reorganisation come with the district's own workflow.
Invariants: an organisation's code is never used again; facts name posts and organisations, never persons.
"""
