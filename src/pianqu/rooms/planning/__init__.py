"""片区规划 planning: many departments' grids as one, clusters and cells drafted on the map, decided, and carried out.

Nouns: DepartmentGrid with its DepartmentCells (one department's own drawing, by edition), Merge (all of them as one) with its
Closings (who answers for a place that nobody covered), UnitSet (what a draft joins: communities, buildings' plots or a merge's
places, as they were when it began), Draft with its DraftChanges, PlanOption (a plan that was computed), Comment, Run (a long
computation in the worker), Study of sites with its Ground.
Verbs: check_department_grid, take_department_grid, ask_merge, keep_merge, close_place, close_all_places; start_draft,
change_draft, repair_draft, ask_run, stop_run, end_run, keep_plan, choose_plan, publish_draft, comment, adopt_draft,
withdraw_draft; ask_study, keep_ground, keep_study, choose_sites, stop_study, publish_study,
forget_study.
Questions: a draft with its figures, who may do what next, what a plan takes to be made again.
Invariants: a draft's units never change; every change counts its revision up and is recorded with the digest of the plan that
it left; what was adopted can be computed again from the ledger's facts and the units.
"""
