"""Write how much of the model the tests reach to results/checks/; exit status 1 below 95 %."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

HOME = Path(__file__).resolve().parents[1]
NOT_THE_MODEL = ("abm/__init__.py", "abm/__main__.py", "abm/cli.py")
COUNTS = ["num_statements", "covered_lines", "num_branches", "covered_branches"]
AT_LEAST = 0.95


def main() -> int:
    """Write the table and say the shares."""
    report = json.loads((HOME / "build" / "coverage.json").read_text("utf-8"))
    rows = {
        name: [of["summary"][count] for count in COUNTS]
        for name, of in report["files"].items()
        if Path(name).parent == Path("abm") and name not in NOT_THE_MODEL
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COUNTS)
    folder = HOME / "results" / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "coverage.csv", index_label="file", lineterminator="\n")
    total = table.sum()
    lines = total["covered_lines"] / total["num_statements"]
    branches = total["covered_branches"] / total["num_branches"]
    print(f"the model: {lines:.1%} of lines, {branches:.1%} of branches")
    return int(min(lines, branches) < AT_LEAST)


if __name__ == "__main__":
    sys.exit(main())
