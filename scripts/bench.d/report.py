"""The figures, as a table for people and as one line of JSON; each beside the one to reach."""

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import measure
    from editions import AtOneSize, Rush

RIVALS = ("hugo", "eleventy", "pelican")

PUBLISH_MS, PUBLISH_P95_MS = 40, 120
TIMES_HUGO, TIMES_PELICAN = 200, 800
GROWTH = 1.2
FILES = 8
CLEAN_OVER_HUGO, THEME_OVER_HUGO = 1.3, 0.5
MEMORY_MB = 100
"""The figures to reach, from the project's facts on performance."""


def median(values: Sequence[float]) -> float:
    """The median, or not a number when nothing was measured."""
    return statistics.median(values) if values else float("nan")


def p95(values: Sequence[float]) -> float:
    """The 95th centile: the value that one in twenty is above."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)] if ordered else float("nan")


def cpu(runs: "Sequence[measure.Run]") -> float:
    """Median processor seconds."""
    return median([one.cpu_s for one in runs])


def wall(runs: "Sequence[measure.Run]") -> float:
    """Median wall seconds."""
    return median([one.wall_s for one in runs])


def show_machine(machine: dict[str, object]) -> None:
    """Say on what machine, with which versions."""
    print("Machine : " + ", ".join(f"{name} {value}" for name, value in machine.items()))


def show_builds(at: "AtOneSize") -> None:
    """Clean builds at one size, ours and the rivals'."""
    print(f"\n{at.posts} publications dans un centre : construction complète")
    print(
        f"  {'':<22}{'proc. s':>9}{'horloge s':>11}{'mémoire Mo':>12}{'écrit Mo':>10}"
        f"{'fichiers':>10}{'pages':>8}{'o/page':>8}{'nous / lui':>12}"
    )
    rows = [("Préau", at.clean, at.weight)]
    rows += [(name.capitalize(), at.built.get(name, []), at.weights.get(name)) for name in RIVALS]
    rows.append(("Pelican, caches, +1", at.warm, None))
    for name, runs, weight in rows:
        if not runs:
            continue
        facts = (
            f"{weight.files:>10}{weight.pages:>8}{weight.page_bytes:>8}"
            if weight
            else f"{'':>10}{'':>8}{'':>8}"
        )
        ratio = "" if name == "Préau" else f"{cpu(at.clean) / cpu(runs):.2f}"
        print(
            f"  {name:<22}{cpu(runs):>9.2f}{wall(runs):>11.2f}"
            f"{median([one.peak_mb for one in runs]):>12.0f}"
            f"{median([one.written_mb for one in runs]):>10.0f}{facts}{ratio:>12}"
        )


def show_publications(measured: "Sequence[AtOneSize]") -> None:
    """Publications, at each size: how long, how many files, how much memory."""
    print("\nUne publication, du geste à la page vue (millisecondes : médiane, 95e centile)")
    print(
        f"  {'publications':<14}{'nouvelle':>17}{'corrigée':>17}{'retirée':>17}"
        f"{'pendant le thème':>18}{'proc. ms':>10}{'thème proc. s':>15}{'horloge s':>11}"
    )
    for at in measured:
        cells = "".join(
            f"{median(values):>9.1f} {p95(values):>7.1f}"
            for values in (at.publish_ms, at.edit_ms, at.withdraw_ms)
        )
        print(
            f"  {at.posts:<14}{cells}{median(at.publish_during_theme_ms):>18.1f}"
            f"{at.publish_cpu_ms:>10.1f}{median(at.theme_cpu_s):>15.2f}"
            f"{median(at.theme_wall_s):>11.2f}"
        )
    print(
        "\nFichiers qu'une publication touche, et mémoire de la rotative (somme de ses processus)"
    )
    for at in measured:
        for one in at.rewritten[-1:]:
            print(
                f"  {at.posts:<14}nouveaux {one.new}, remplacés {one.replaced}"
                f" (dont accueils de groupes {one.group_homes}), retirés {one.removed} ;"
                f" en publiant {at.publishing_pss_mb:.0f} Mo PSS ({at.publishing_rss_mb:.0f} RSS),"
                f" thème compris {at.peak_pss_mb:.0f} Mo PSS ({at.peak_rss_mb:.0f} RSS)"
            )


def show_targets(measured: "Sequence[AtOneSize]", syncs: int | None) -> None:
    """The figures to reach, and ours."""
    small, large = measured[0], measured[-1]
    publish = median(large.publish_ms)
    print(f"\nChiffres à atteindre, à {large.posts} publications")
    rows: list[tuple[str, float, str, bool]] = [
        ("une publication, médiane (ms)", publish, f"<= {PUBLISH_MS}", publish <= PUBLISH_MS),
        (
            "une publication, 95e centile (ms)",
            p95(large.publish_ms),
            f"<= {PUBLISH_P95_MS}",
            p95(large.publish_ms) <= PUBLISH_P95_MS,
        ),
        _growth_row(small, large),
        _files_row(large),
        (
            "mémoire de la rotative, pointe PSS (Mo)",
            large.peak_pss_mb,
            f"<= {MEMORY_MB}",
            large.peak_pss_mb <= MEMORY_MB,
        ),
    ]
    if hugo := large.built.get("hugo"):
        times = wall(hugo) * 1000 / publish
        clean, theme = cpu(large.clean) / cpu(hugo), median(large.theme_cpu_s) / cpu(hugo)
        rows += [
            ("fois plus vite que Hugo", times, f">= {TIMES_HUGO}", times >= TIMES_HUGO),
            (
                "construction complète / Hugo (processeur)",
                clean,
                f"<= {CLEAN_OVER_HUGO}",
                clean <= CLEAN_OVER_HUGO,
            ),
            (
                "changement de thème / Hugo (processeur)",
                theme,
                f"<= {THEME_OVER_HUGO}",
                theme <= THEME_OVER_HUGO,
            ),
        ]
    if large.warm:
        times = wall(large.warm) * 1000 / publish
        rows.append(
            (
                "fois plus vite que Pelican et ses caches",
                times,
                f">= {TIMES_PELICAN}",
                times >= TIMES_PELICAN,
            )
        )
    for what, value, target, reached in rows:
        print(f"  {what:<46}{value:>10.2f}  {target:<8} {'ok' if reached else 'manque'}")
    if syncs is not None:
        print(f"  {'synchronisations d’une publication (strace)':<46}{syncs:>10}")


def show_rush(rush: "Rush") -> None:
    """The Wednesday rush."""
    print(
        f"\nMercredi 17 h : {rush.centres} centres de {rush.posts} publications,"
        f" {rush.publications} publications en {rush.seconds:.0f} s"
        f"\n  du geste à la page vue : médiane {median(rush.ms):.0f} ms,"
        f" 95e centile {p95(rush.ms):.0f} ms, au plus {max(rush.ms, default=0):.0f} ms ;"
        f" perdues {rush.lost} ({'ok' if rush.lost == 0 else 'manque'}) ;"
        f" processeur {rush.cpu_s:.1f} s ; mémoire {rush.peak_pss_mb:.0f} Mo PSS"
    )


def _growth_row(small: "AtOneSize", large: "AtOneSize") -> tuple[str, float, str, bool]:
    growth = median(large.publish_ms) / median(small.publish_ms)
    return (
        f"la même, {large.posts} sur {small.posts} publications",
        growth,
        f"<= {GROWTH}",
        growth <= GROWTH,
    )


def _files_row(large: "AtOneSize") -> tuple[str, float, str, bool]:
    files = max((one.written for one in large.rewritten), default=0)
    return ("fichiers écrits, accueils de groupes à part", files, f"<= {FILES}", files <= FILES)


def as_json(
    machine: dict[str, object],
    measured: "Sequence[AtOneSize]",
    syncs: int | None,
    rush: "Rush | None",
) -> dict[str, object]:
    """The same figures for a program; those without a size are of the largest."""
    small, large = measured[0], measured[-1]
    hugo, eleventy = large.built.get("hugo", []), large.built.get("eleventy", [])
    return {
        "posts": large.posts,
        "publish_ms_median": _round(median(large.publish_ms)),
        "publish_ms_p95": _round(p95(large.publish_ms)),
        "edit_ms_median": _round(median(large.edit_ms)),
        "withdraw_ms_median": _round(median(large.withdraw_ms)),
        "growth_10000_over_200": _round(median(large.publish_ms) / median(small.publish_ms)),
        "growth_between": [small.posts, large.posts],
        "files_rewritten": max((one.written for one in large.rewritten), default=0),
        "group_homes_rewritten": max((one.group_homes for one in large.rewritten), default=0),
        "fsyncs": syncs,
        # What its processes hold together, shared pages counted once (PSS), at the worst instant.
        "press_rss_mb": _round(large.peak_pss_mb),
        "press_rss_publishing_mb": _round(large.publishing_pss_mb),
        "press_rss_of_each_summed_mb": _round(large.peak_rss_mb),
        "clean_cpu_s": _round(cpu(large.clean)),
        "theme_cpu_s": _round(median(large.theme_cpu_s)),
        "hugo_cpu_s": _round(cpu(hugo)),
        "hugo_full_s": _round(wall(hugo)),
        "eleventy_cpu_s": _round(cpu(eleventy)),
        "eleventy_full_s": _round(wall(eleventy)),
        "pelican_full_s": _round(wall(large.built.get("pelican", []))),
        "pelican_warm_s": _round(wall(large.warm)),
        "curve": {
            str(at.posts): {
                "publish_ms_median": _round(median(at.publish_ms)),
                "publish_ms_p95": _round(p95(at.publish_ms)),
                "clean_cpu_s": _round(cpu(at.clean)),
                "theme_cpu_s": _round(median(at.theme_cpu_s)),
                "hugo_cpu_s": _round(cpu(at.built.get("hugo", []))),
                "press_rss_mb": _round(at.peak_pss_mb),
            }
            for at in measured
        },
        "rush": None
        if rush is None
        else {
            "centres": rush.centres,
            "posts": rush.posts,
            "publications": rush.publications,
            "ms_median": _round(median(rush.ms)),
            "ms_p95": _round(p95(rush.ms)),
            "lost": rush.lost,
        },
        "machine": machine,
    }


def _round(value: float) -> float | None:
    """Three figures after the point; null when nothing was measured."""
    return None if value != value else round(value, 3)  # noqa: PLR0124 (not a number differs from itself)
