import pytest
from datetime import UTC, datetime
from pianqu.composition import demo
from pianqu.rooms.casework import queries, rules
from pianqu.foundation.actor import Actor
pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
def test_it():
    import time
    t=time.time()
    demo.load(now=NOW, year=3000)
    print("load", time.time()-t)
    a=Actor(kind="system", organisation_code=rules.centre_code())
    for span in (14,90):
        print(span, queries.hot_runs()[span])
        for c in queries.hot_issues(a, span_days=span)[:12]:
            print("  ",c.street_code,c.place_code,c.category,c.matters,c.voices,round(c.heat,2),c.phrases,c.cause_id)
    for r in queries.root_causes(a):
        p=queries.root_cause(a, r.cause_id, now=NOW)
        print(r); print(p.measured)
    assert 0
