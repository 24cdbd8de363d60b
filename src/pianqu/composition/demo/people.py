"""The demo's sign-ins, one for each role, with passwords drawn once and kept beside the data."""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pianqu.foundation.actor import Actor
from pianqu.foundation.ids import new_id
from pianqu.foundation.installation import installation
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries as directory_questions
from pianqu.rooms.directory import services as directory

NO_PASSWORD = "!"
LOGINS = "demo-logins.json"
"""In the data folder, readable by its owner only; `pianqu up` prints it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    login: str
    name: str
    organisation: str
    kind: str
    title: str
    role: str


WINDOW = Person(
    login="window",
    name="窗口（演示）",
    organisation="centre",
    kind="window",
    title="受理窗口",
    role="区社会治理中心受理窗口 window clerk of the district's centre",
)
HANDLER = Person(
    login="handler",
    name="经办（演示）",
    organisation="enforcement",
    kind="handler",
    title="经办人",
    role="综合执法局经办人 handler of the law enforcement bureau",
)


CHECKER = Person(
    login="checker",
    name="回访（演示）",
    organisation="centre",
    kind="window",
    title="回访岗",
    role="区社会治理中心回访岗 colleague at the centre who reviews and calls back",
)
LEADER = Person(
    login="leader",
    name="领导（演示）",
    organisation="centre",
    kind="leader",
    title="值班领导",
    role="区社会治理中心值班领导 leader at the centre",
)
ADMIN = Person(
    login="admin",
    name="管理员（演示）",
    organisation="centre",
    kind="administrator",
    title="名录管理员",
    role="区社会治理中心管理员 administrator: organisations, posts, duty lists, the grid",
)
CLUSTER = Person(
    login="cluster",
    name="片区主任（演示）",
    organisation="beijiao",
    kind="leader",
    title="片区主任",
    role="北郊片区中心主任 leader of the Beijiao cluster centre",
)
STREET = Person(
    login="street",
    name="街道窗口（演示）",
    organisation="330205005000",
    kind="window",
    title="街道受理窗口",
    role="甬江街道窗口 window of Yongjiang Subdistrict",
)
GRID = Person(
    login="grid",
    name="网格员（演示）",
    organisation="330205005005",
    kind="grid_worker",
    title="网格员",
    role="社区网格员 grid worker of a community in the Beijiao cluster",
)
CHIEF = Person(
    login="chief",
    name="局领导（演示）",
    organisation="enforcement",
    kind="leader",
    title="分管局长",
    role="综合执法局领导 leader of the law enforcement bureau: decides on more time",
)
PROPERTY = Person(
    login="property",
    name="物业（演示）",
    organisation="property-wantou",
    kind="leader",
    title="项目经理",
    role="湾头家园物业 property company that helps in a cluster",
)
AUDITOR = Person(
    login="auditor",
    name="审计（演示）",
    organisation="centre",
    kind="auditor",
    title="监督岗",
    role="区社会治理中心监督岗 auditor: sees everything, changes nothing",
)
SIGN_INS = (WINDOW, CHECKER, LEADER, HANDLER, CHIEF, CLUSTER, STREET, GRID, PROPERTY, AUDITOR, ADMIN)
STREETS = tuple(
    Person(login=f"at-{code}", name="街道（演示）", organisation=code, kind="window", title="街道受理窗口", role="")
    for code in (
        "330205001000",
        "330205003000",
        "330205004000",
        "330205006000",
        "330205007000",
        "330205008000",
        "330205103000",
    )
)
"""Whom the lists make answer for roads and cleanliness on the other streets' ground; nobody signs in as them."""
OTHERS = tuple(
    Person(login=f"at-{slug}", name="经办（演示）", organisation=slug, kind="handler", title="经办人", role="")
    for slug in ("market", "housing", "ecology", "police", "civil", "justice", "health")
)
OTHERS += STREETS
"""Departments and streets whose part somebody has to do in the demo; nobody signs in as them."""


def make_people(*, now: datetime) -> dict[str, Actor]:
    """Actors by login. Passwords are new for accounts that are new; an account that is there keeps its own."""
    system = Actor(kind="system", organisation_code=installation().district_code)
    return {person.login: _actor(person, system, now) for person in (*SIGN_INS, *OTHERS)}


def code_of(organisation: str) -> str:
    """An organisation's code from its word in these lists; streets and communities stand there by the code of their place."""
    return organisation if organisation.isdigit() else f"{installation().district_code}-{organisation}"


def _actor(person: Person, system: Actor, now: datetime) -> Actor:
    account = Account.objects.filter(login=person.login).first() or _account(person)
    actor = directory_questions.actor_for(account.id)
    if actor is None:
        organisation_code = code_of(person.organisation)
        directory.appoint(
            actor=system,
            account_id=account.id,
            organisation_code=organisation_code,
            kind=person.kind,
            title=person.title,
            now=now,
        )
        actor = directory_questions.actor_for(account.id)
    if actor is None:
        raise LookupError(f"{person.login} holds no post")
    return actor


def _account(person: Person) -> Account:
    """The password is on disk before the account exists, so that a crash between the two locks nobody out."""
    if not person.role:
        return Account.objects.create(id=new_id(), login=person.login, password=NO_PASSWORD, name=person.name)
    password = "-".join(secrets.token_hex(2) for _part in range(3))
    path = installation().data / LOGINS
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    kept = [row for row in known if row["login"] != person.login]
    _write(path, [*kept, {"login": person.login, "password": password, "role": person.role}])
    return Account.objects.create_account(login=person.login, password=password, name=person.name)


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(rows, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
