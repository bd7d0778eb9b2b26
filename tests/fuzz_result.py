"""`make fuzz`: damaged inputs by the thousand; writes results/checks/fuzz.csv, exit status 1 if any
case was neither accepted and right nor refused in one line.

    python tests/fuzz_result.py [SHARE]     a share of the cases, for example 0.05
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import fuzzing
import pandas as pd

CASES = {  # of each kind; the dearer ones fewer
    "scenario": 4000,
    "study": 3500,
    "targets": 3500,
    "population": 2500,
    "facts": 3000,
    "arguments": 3500,
    "results of a run": 1000,
    "results of a sweep": 500,
}
PART = 50


def tried(kind: int, seeds: range) -> tuple[Counter[str], float, list[str]]:
    """What became of some cases: counts, the slowest in seconds, what failed."""
    counts: Counter[str] = Counter()
    slowest, failed = 0.0, []
    for seed in seeds:
        try:
            what, seconds = fuzzing.check(fuzzing.KINDS[kind], seed)
        except AssertionError as error:
            failed.append(str(error))
            continue
        counts[what] += 1
        slowest = max(slowest, seconds)
    return counts, slowest, failed


def main(share: float = 1.0) -> int:
    """Try all cases and write the table."""
    rows, failures = [], []
    with ProcessPoolExecutor(2) as pool:
        for number, kind in enumerate(fuzzing.KINDS):
            cases = round(CASES[kind.name] * share)
            parts = [range(at, min(at + PART, cases)) for at in range(0, cases, PART)]
            counts: Counter[str] = Counter(accepted=0, refused=0)
            slowest = 0.0
            for some, longest, failed in pool.map(tried, [number] * len(parts), parts):
                counts += some
                slowest = max(slowest, longest)
                failures += failed
            row = {"input": kind.name, "cases": cases, **counts, "slowest_s": round(slowest, 1)}
            rows.append(row)
            print(row, flush=True)
    for failure in failures[:20]:
        print(failure, "\n", file=sys.stderr)
    if share == 1.0:
        folder = Path(__file__).resolve().parents[1] / "results" / "checks"
        folder.mkdir(parents=True, exist_ok=True)
        table = pd.DataFrame(rows).fillna(0)
        table.assign(failed=table["cases"] - table["accepted"] - table["refused"]).to_csv(
            folder / "fuzz.csv", index=False, lineterminator="\n"
        )
    print(f"{sum(row['cases'] for row in rows):,} cases, {len(failures)} failed")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
