"""Faults, each in one condition by which the gate refuses: every one must let a leak be seen.

A fault is a change of the program's text, made in a copy. What it changes is there exactly once, so
that a fault cannot quietly stop being one.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_WAITS_S = 120


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One condition broken: *before* becomes *after* in one module of `publisher`.

    `too` are the same condition where it stands a second time, on purpose: module, before, after.
    """

    name: str
    module: str
    before: str
    after: str
    too: tuple[tuple[str, str, str], ...] = ()

    @property
    def changes(self) -> tuple[tuple[str, str, str], ...]:
        """Every change of text."""
        return ((self.module, self.before, self.after), *self.too)


class FaultIsNoFault(Exception):
    """The text that a fault changes is not there exactly once."""


def plant(fault: Fault, folder: Path) -> Path:
    """A copy of the program in *folder*, with *fault* in it."""
    copy = folder / "publisher"
    shutil.copytree(ROOT / "publisher", copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "themes", folder / "themes")
    for module, before, after in fault.changes:
        path = copy / module
        text = path.read_text("utf-8")
        if text.count(before) != 1:
            raise FaultIsNoFault(fault.name)
        path.write_text(text.replace(before, after), "utf-8")
    return folder


def leak_with(fault: Fault | None, instance: Path, folder: Path) -> str:
    """The first leak that a short survey finds in the program with *fault*; empty when none."""
    program = ROOT if fault is None else plant(fault, folder)
    code = (
        f"import sys; sys.path[:0] = [{str(program)!r}, {str(ROOT)!r}]; "
        "from tests.access.quick import main; main(sys.argv[1])"
    )
    done = subprocess.run(
        (sys.executable, "-P", "-c", code, str(instance)),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_WAITS_S,
        check=False,
    )
    if done.returncode != 0:
        # The program does not even run: it answers nobody, which no test would mistake for safe.
        message = f"{fault.name if fault else 'no fault'}: {done.stderr[-2000:]}"
        raise FaultIsNoFault(message)
    return str(json.loads(done.stdout.splitlines()[-1])["leak"])


_ADMISSION, _FILES, _PASSES, _SPACE = (
    "gate/admission.py",
    "gate/files.py",
    "sign_in/passes.py",
    "model/space.py",
)
_RECORDS, _VISITOR = "records/records.py", "gate/visitor.py"

FAULTS = (
    Fault(
        name="a source the town has not any more still opens",
        module=_ADMISSION,
        before="(pass_.source != PAPER and town.source(pass_.source) is None)",
        after="False",
    ),
    Fault(
        name="a centre believes every source",
        module=_ADMISSION,
        before=" and account.source in centre.sign_in",
        after="",
    ),
    Fault(
        name="everybody enters by their school",
        module=_ADMISSION,
        before="account.role in READERS and ",
        after="",
    ),
    Fault(
        name="a role that ended still opens",
        module=_ADMISSION,
        before=" for grant in known.grants if grant.holds(today)}",
        after=" for grant in known.grants}",
    ),
    Fault(
        name="a role opens every centre",
        module=_ADMISSION,
        before="any((centre.slug, role) in roles for role in WRITING)",
        after="any(role in WRITING for _centre, role in roles)",
    ),
    Fault(
        name="the administrator reads",
        module=_ADMISSION,
        before="(WHOLE_TOWN, StaffRole.DEPARTMENT) in roles",
        after="any(centre == WHOLE_TOWN for centre, _role in roles)",
    ),
    Fault(
        name="the department reads nothing",
        module=_ADMISSION,
        before="(WHOLE_TOWN, StaffRole.DEPARTMENT) in roles",
        after="False",
    ),
    Fault(
        name="an account of last year still tells its schools",
        module=_ADMISSION,
        before=" for one in known.accounts if today <= one.until",
        after=" for one in known.accounts",
    ),
    Fault(
        name="joined accounts open nothing",
        module=_ADMISSION,
        before=" for one in known.accounts if today <= one.until",
        after=" for one in ()",
    ),
    Fault(
        name="an enrolment opens whenever",
        module=_ADMISSION,
        before="if one.holds(today) and one.who not in no_longer]",
        after="if one.who not in no_longer]",
    ),
    Fault(
        name="an enrolment opens every centre",
        module=_ADMISSION,
        before="            if enrolment.centre == centre.slug:\n",
        after="            if enrolment.centre:\n",
    ),
    Fault(
        name="an enrolment opens every group",
        module=_ADMISSION,
        before="        yield Space(centre.slug, enrolment.group)",
        after="        yield from centre.spaces",
    ),
    Fault(
        name="an enrolment's last day is not included",
        module="model/person.py",
        before="self.starts_on <= day <= self.ends_on",
        after="self.starts_on <= day < self.ends_on",
    ),
    Fault(
        name="an enrolment's first day is not looked at",
        module="model/person.py",
        before="self.starts_on <= day <= self.ends_on",
        after="day <= self.ends_on",
    ),
    Fault(
        name="a pass that ended still opens",
        module=_PASSES,
        before="pass_ is not None and now < pass_.ends_at",
        after="pass_ is not None",
        too=((_ADMISSION, " or now >= pass_.ends_at", ""),),
    ),
    Fault(
        name="a space opens whoever asks",
        module=_ADMISSION,
        before=" or space not in spaces",
        after="",
    ),
    Fault(
        name="a centre opens its groups",
        module=_ADMISSION,
        before=" or space not in spaces",
        after=" or space.centre not in {one.centre for one in spaces}",
    ),
    Fault(
        name="the charter is not asked for",
        module=_ADMISSION,
        before="return known.charter >= charter",
        after="return True",
    ),
    Fault(
        name="any version of the charter does",
        module=_ADMISSION,
        before="return known.charter >= charter",
        after="return known.charter >= 1",
    ),
    Fault(
        name="a class of another school opens a group",
        module=_ADMISSION,
        before="for uai, name in account.classes if uai in schools",
        after="for uai, name in account.classes",
    ),
    Fault(
        name="a group takes every class",
        module=_ADMISSION,
        before="        if any(_takes(group, one) for one in levels):\n",
        after="        if levels:\n",
    ),
    Fault(
        name="a family without a school of the centre enters",
        module=_ADMISSION,
        before="    if not schools:\n        return\n",
        after="",
    ),
    Fault(
        name="the path decides nothing of its group",
        module=_SPACE,
        before="        return Space(centre, group) if SLUG.match(group) else None\n",
        after="        return Space(centre)\n",
    ),
    Fault(
        name="any spelling is a plain path",
        module=_SPACE,
        before='return len(path) <= MAX_PATH_LENGTH and _PATH.match(path) is not None and ".." not in path',
        after="return True",
    ),
    Fault(
        name="a pass of the team counts",
        module=_PASSES,
        before='self._seal = Seal(keys, f"pass:{purpose}", audience)',
        after='self._seal = Seal(keys, "pass", audience)',
    ),
    Fault(
        name="a pass of another address counts",
        module=_PASSES,
        before='self._seal = Seal(keys, f"pass:{purpose}", audience)',
        after='self._seal = Seal(keys, f"pass:{purpose}", "")',
    ),
    Fault(
        name="signatures are not verified",
        module="sign_in/seal.py",
        before="            table = self._serializer.loads(text)\n",
        after="            table = self._serializer.loads_unsafe(text)[1]\n",
    ),
    Fault(
        name="the first of two cookies counts",
        module=_PASSES,
        before="return found[0] if len(found) == 1 else None",
        after="return found[0] if found else None",
    ),
    Fault(
        name="a sign-in that was ended counts",
        module=_RECORDS,
        before="return Known(has_ended=True)",
        after="pass",
    ),
    Fault(
        name="a pass without a signature in another header counts",
        module=_PASSES,
        before='environ.get("HTTP_COOKIE", "").split(";")',
        after='(environ.get("HTTP_COOKIE", "") + "; preau_famille="'
        ' + environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")).split(";")',
    ),
    Fault(
        name="grants of everybody are everybody's",
        module=_RECORDS,
        before="grants=_grants(connection, staff_grants.c.person.in_(names))",
        after="grants=_grants(connection, true())",
    ),
    Fault(
        name="enrolments of everybody are everybody's",
        module=_RECORDS,
        before=".where(enrolments.c.who.in_(names | children))",
        after=".where(true())",
    ),
    Fault(
        name="the charter that somebody accepted counts for all",
        module=_RECORDS,
        before="charter = select(func.max(charters.c.version)).where(charters.c.person.in_(names))",
        after="charter = select(func.max(charters.c.version))",
    ),
    Fault(
        name="accounts of everybody are joined",
        module="records/accounts.py",
        before="    query = select(accounts).where(accounts.c.person == person).order_by",
        after="    query = select(accounts).order_by",
    ),
    Fault(
        name="files are handed over before the decision",
        module=_FILES,
        before="if self._visitors.may_read(environ, place.space)",
        after="if self._visitors(environ).pass_ is not None",
    ),
    Fault(
        name="anonymous visitors may read",
        module=_VISITOR,
        before="        if self.pass_ is None:\n            return False\n",
        after="        if self.pass_ is None:\n            return True\n",
    ),
    Fault(
        name="a folder that begins like the theme is public",
        module="gate/places.py",
        before="if len(names) > _CENTRE_AND_THEME and names[1] == THEME_FOLDER:",
        after='if len(names) > 2 and names[-1].endswith((".css", ".jpg")):',
    ),
    Fault(
        name="the decision says yes to whoever is known",
        module="gate/decision.py",
        before="if visitors.may_read(environ, space) else _NO",
        after="if visitors(environ).pass_ is not None else _NO",
    ),
    Fault(
        name="the decision takes a path for its space",
        module="gate/decision.py",
        before="if space is None or space.prefix != asked:",
        after="if space is None:",
    ),
    Fault(
        name="the decision answers about no space",
        module="gate/decision.py",
        before="    if asked is None:\n        return None\n",
        after="    if asked is None:\n        return _YES\n",
    ),
    Fault(
        name="an account that was parted still says whose child",
        module=_ADMISSION,
        before="if one.holds(today) and one.who not in no_longer]",
        after="if one.holds(today)]",
    ),
    Fault(
        name="somebody remembered by a cookie is somebody else",
        module="gate/memory.py",
        before="known = self._remembered.get(cookies)",
        after="known = next(iter(self._remembered.values()), None)",
    ),
    Fault(
        name="a copy of a file is given for another",
        module="gate/small_files.py",
        before="kept = self._copies.get(path)\n        if kept is not None and _stamp_at(path) == kept.stamp:",
        after="kept = next(iter(self._copies.values()), None)\n        if kept is not None:",
    ),
    Fault(
        name="the refusal says what was asked",
        module="gate/app.py",
        before='return self._page("gate/refusal.html", visitor, status=HTTPStatus.NOT_FOUND)',
        after='return self._page("gate/refusal.html", visitor, status=HTTPStatus.NOT_FOUND'
        " if len(path) % 2 else HTTPStatus.FORBIDDEN)",
    ),
)
