"""The figures of the gate, as a table for people and as one line of JSON; each beside the one to reach."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gate_peak import Plan, Seen
from gate_slices import Slice

RAW, FRONT, ALONE = "nginx seul", "nginx devant", "preau serve"
TARGETS = {
    ("page", FRONT): 0.75,
    ("photo", FRONT): 0.85,
    ("page", ALONE): 0.50,
    ("photo", ALONE): 0.40,
}
"""The figures to reach, from the project's facts on performance."""
_NAMES = {FRONT: "nginx", ALONE: "serve"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One thing asked of the three servers by so many passes: the slices of each round."""

    what: str
    length: int
    passes: int
    names: tuple[str, ...]
    rounds: Sequence[tuple[Slice, ...]]

    def of(self, name: str) -> list[Slice]:
        """The slices of one server."""
        return [one[self.names.index(name)] for one in self.rounds]

    def ratio(self, name: str) -> float:
        """Requests a second over raw nginx's in the same round: the median of the rounds."""
        pairs = zip(self.of(name), self.of(RAW), strict=True)
        return statistics.median(ours.per_second / raw.per_second for ours, raw in pairs)

    def cpu_ratio(self, name: str) -> float:
        """Processor of a request for raw nginx over ours, client included: steadier under load."""
        pairs = zip(self.of(name), self.of(RAW), strict=True)
        return statistics.median(raw.cpu_us / ours.cpu_us for ours, raw in pairs)


def show(compared: Sequence[Compared]) -> None:
    """Every server's figures, and the ratios."""
    print(
        f"\n  {'':<34}{'req/s':>9}{'p99 ms':>9}{'proc. µs':>10}{'/ nginx':>9}"
        f"{'en proc.':>10}  {'à atteindre'}"
    )
    for one in compared:
        for name in one.names:
            slices = one.of(name)
            label = f"{one.what} ({one.length} o), {one.passes} l.-p., {name}"
            figures = (
                f"  {label:<44}{_median(slices, 'per_second'):>9.0f}"
                f"{_median(slices, 'p99_ms'):>9.1f}{_median(slices, 'cpu_us'):>10.1f}"
            )
            target = TARGETS.get((one.what, name))
            if target is None:
                print(figures)
                continue
            ratio = one.ratio(name)
            verdict = "ok" if ratio >= target else "manque"
            print(f"{figures}{ratio:>9.2f}{one.cpu_ratio(name):>10.2f}  >= {target:.2f} {verdict}")


def show_peak(plan: Plan, seen: Seen) -> None:
    """The evening."""
    verdict = "ok" if not seen.lost and not seen.server_errors else "manque"
    print(
        f"\nLe soir : {plan.families} familles en {plan.seconds:.0f} s (dix minutes comprimées"
        f" {600 / plan.seconds:.1f} fois), {seen.requests} demandes, {seen.server_errors} en 5xx,"
        f" {seen.lost.total()} familles perdues ({verdict})"
        f"\n  pages : médiane {centile(seen.page_ms, 50):.1f} ms, 99e centile"
        f" {centile(seen.page_ms, 99):.1f} ms ; photos : {centile(seen.photo_ms, 50):.1f},"
        f" {centile(seen.photo_ms, 99):.1f} ms ; connexions : {centile(seen.sign_in_ms, 50):.0f},"
        f" {centile(seen.sign_in_ms, 99):.0f} ms"
        f"\n  durée {seen.lasted_s:.0f} s ; les navigateurs joués ont pris {seen.client_s:.0f} s"
        " de processeur"
    )
    for what, count in seen.lost.most_common(5):
        print(f"  perdues : {count} × {what}")


def as_json(
    machine: Mapping[str, object], compared: Sequence[Compared], plan: Plan, seen: Seen
) -> dict[str, object]:
    """The same figures for a program. Ratios are of one pass unless their name says a thousand."""
    figures: dict[str, object] = {}
    for one in compared:
        many = "" if one.passes == 1 else f"_{one.passes}"
        figures[f"raw_{one.what}_rps{many}"] = round(_median(one.of(RAW), "per_second"))
        for name, short in _NAMES.items():
            figures[f"{short}_{one.what}_ratio{many}"] = round(one.ratio(name), 3)
            figures[f"{short}_{one.what}_cpu_ratio{many}"] = round(one.cpu_ratio(name), 3)
    return {
        **figures,
        "peak_families": plan.families,
        "peak_seconds": plan.seconds,
        "peak_requests": seen.requests,
        "peak_5xx": seen.server_errors,
        "peak_lost": seen.lost.total(),
        "peak_page_p50_ms": round(centile(seen.page_ms, 50), 1),
        "peak_page_p99_ms": round(centile(seen.page_ms, 99), 1),
        "peak_photo_p99_ms": round(centile(seen.photo_ms, 99), 1),
        "peak_sign_in_p99_ms": round(centile(seen.sign_in_ms, 99), 1),
        "machine": dict(machine),
    }


def centile(values: Sequence[float], which: int) -> float:
    """The value that so many in a hundred are below, or not a number when nothing was measured."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * which // 100) - 1)] if ordered else float("nan")


def _median(slices: Sequence[Slice], name: str) -> float:
    return statistics.median(getattr(one, name) for one in slices)
