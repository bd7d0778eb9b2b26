"""Write what `make mutation` found to results/checks/: a row a function, and each survivor.

Exit status 1 if fewer than 85 % of the mutants of a file were killed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

HOME = Path(__file__).resolve().parents[1]
KILLED = (1, 3)  # exit codes of pytest: tests failed, or an error within
TIMEOUTS = (24, 36, 152, -24)
AT_LEAST = 0.85


def rows(file: str) -> pd.DataFrame:
    """A row a mutant of one file: file, function, mutant, status."""
    meta = json.loads((HOME / "mutants" / f"{file}.meta").read_text("utf-8"))
    found = []
    for mutant, code in meta["exit_code_by_key"].items():
        function = mutant.rpartition(".")[2].partition("__mutmut")[0].removeprefix("x_")
        status = "killed" if code in KILLED else "timeout" if code in TIMEOUTS else "survived"
        found.append((file, function, mutant.rpartition("_")[2], status))
    return pd.DataFrame(found, columns=["file", "function", "mutant", "status"])


def main() -> int:
    """Write the table and say the shares."""
    table = pd.concat([rows(f"abm/{name}.py") for name in ("equations", "decision")])
    folder = HOME / "results" / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    counts = table.groupby(["file", "function", "status"], sort=False).size().unstack(fill_value=0)
    counts.to_csv(folder / "mutation.csv", lineterminator="\n")
    survived = table[table["status"] == "survived"]
    survived.to_csv(folder / "mutation-survivors.csv", index=False, lineterminator="\n")
    noticed = table["status"].ne("survived").groupby(table["file"]).agg(["mean", "size"])
    for file, share, mutants in noticed.itertuples():
        print(f"{file}: {share:.1%} of {mutants} mutants noticed")
    return int((noticed["mean"] < AT_LEAST).any())


if __name__ == "__main__":
    sys.exit(main())
