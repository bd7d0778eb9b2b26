"""All claims: their studies run by the sweep machinery, then judged; tables of the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from abm.errors import InputError, unknown
from abm.study import claim_points, discovery, study_file, sweep, sweep_store, worlds
from abm.study.claim import FAILS, Claim, Judged, judge
from abm.study.evidence import EVIDENCE
from abm.study.nine_claims import CLAIMS
from abm.study.sweep_results import Sweep
from abm.study.worlds import Worlds

BOXES = ("C2", "C3")  # claims for which a box is sought where they fail
POLICIES = {  # of hosts, as worlds of the study of policies
    "as it was": "war-years",
    "all tighten": "tighten-everywhere",
    "renewals as before the war": "lenient-renewal",
    "protection in the EU": "humanitarian-visas",
    "resettlement": "resettlement",
}
GOALS = {  # of who would weaken the Kremlin (C3) or draw people (C2), and their sign
    "stock_abroad": 1.0,
    "manpower_denied.total": 1.0,
    "capital_outflow.total": 1.0,
    "propaganda_strength": -1.0,
    "opposition_capacity": 1.0,
}
POLICY_STUDY = "policies"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Verdict:
    """A claim judged: the whole, its parts, its worlds, and the evidence of each point."""

    claim: Claim
    whole: Judged
    parts: list[Judged]
    worlds: Worlds
    evidence: pd.Series


def chosen(ids: Sequence[str]) -> list[Claim]:
    """Claims by their ids, all if none is said; InputError for what is none."""
    for id in ids:
        if id not in CLAIMS:
            raise unknown("claim", id, CLAIMS, "abm claims C4")
    return [CLAIMS[id] for id in ids or CLAIMS]


def studies(claims: Sequence[Claim], folder: Path) -> dict[str, Path]:
    """The studies of claims by the name of their runs' folder, and that of policies with all."""
    found = {each.study: folder / each.study / "study.toml" for each in claims}
    if len(claims) == len(CLAIMS):
        found[POLICY_STUDY] = folder / POLICY_STUDY / "study.toml"
    for path in found.values():
        if not path.is_file():
            raise InputError(f"no study {path}. Example: --folder experiments/claims")
    return found


def to_do(found: Mapping[str, Path], runs: Path) -> tuple[int, int, float]:
    """Runs of studies: to do, in all, and seconds a run of those done (NaN where none is).

    Runs that studies share are counted once for each.
    """
    left = planned = done = 0
    seconds = 0.0
    for name, path in found.items():
        plan = sweep_store.would_be(study_file.read(path), runs / name)
        planned += len(plan)
        left += len(plan)
        if (runs / name).is_dir():
            status = Sweep(runs / name).status()
            ended = status["planned"] - status["to do"]
            left -= ended
            done += ended
            seconds += status["seconds"]
    return left, planned, seconds / done if done else float("nan")


def run(
    found: Mapping[str, Path],
    runs: Path,
    workers: int | None = None,
    progress: Callable[[str], Progress | None] = lambda name: None,
) -> None:
    """Run what is missing of the studies, one after the other; each goes on where it stopped."""
    for name, path in found.items():
        sweep.sweep(path, runs / name, workers=workers, progress=progress(name))


def judged(claims: Sequence[Claim], folder: Path, runs: Path) -> list[Verdict]:
    """The verdicts, from runs that are done."""
    evidence = claim_points.read_evidence(folder)
    verdicts = []
    for claim in claims:
        read = worlds.of(Sweep(runs / claim.study))
        whole, parts = judge(claim, read, evidence)
        verdicts.append(Verdict(claim, whole, parts, read, evidence.reindex(read.points.index)))
    return verdicts


def verdict_table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """One row a claim: id, claim, verdict, share (of decided points in which it holds), and by
    evidence, points, decided, hangs_on (cuts of parameters), put_in."""
    rows = []
    for each in verdicts:
        rows.append(
            {
                "id": each.claim.id,
                "claim": each.claim.title,
                "source": each.claim.source,
                "verdict": each.whole.verdict,
                **_told(each.whole),
                "put_in": each.claim.put_in,
            }
        )
    return pd.DataFrame(rows)


def part_table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """One row a part: id, part, unit, low, high (the range in which the claim holds), counts,
    median, q05, q95 (of the effect over points), luck (standard error at a point), and as above."""
    rows = []
    for each in verdicts:
        for part, found in zip(each.claim.parts, each.parts, strict=True):
            assert found.effect is not None
            middle, low, high = found.effect.quantile([0.5, 0.05, 0.95])
            rows.append(
                {
                    "id": each.claim.id,
                    "part": part.what,
                    "unit": part.unit,
                    "low": part.low,
                    "high": part.high,
                    "counts": part.counts,
                    "median": middle,
                    "q05": low,
                    "q95": high,
                    "luck": found.luck,
                    "verdict": found.verdict,
                    **_told(found),
                }
            )
    return pd.DataFrame(rows)


def _told(found: Judged) -> dict[str, object]:
    shares = {"share": found.shares["all"], **{f"share_{e}": found.shares[e] for e in EVIDENCE}}
    return {
        **shares,
        "points": int(found.status.notna().sum()),
        "decided": found.decided,
        "hangs_on": "; ".join(split.told() for split in found.splits),
    }


def boxes(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """For C2 and C3, and each of their parts: the box of parameter space in which it fails."""
    parts = []
    for each in verdicts:
        if each.claim.id in BOXES:
            for found in (each.whole, *each.parts):
                decided = found.status.dropna()
                table = discovery.box(each.worlds.points.loc[decided.index], decided == FAILS)
                table.insert(0, "part", found.what)
                table.insert(0, "id", each.claim.id)
                parts.append(table)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def regrets(runs: Path) -> pd.DataFrame:
    """Regret of hosts' policies for each goal; see `abm.study.discovery.regret`."""
    read = worlds.of(Sweep(runs / POLICY_STUDY))
    return discovery.regret(read, POLICIES, GOALS)
