"""Regenerate what is kept in results/ and say what differs: `make reproduce`, hours for all of it.

    python experiments/reproduce.py [NAME ...]     some of the folders of results/ alone

Folders of studies (with study.json) are swept and analysed anew by experiments/NAME.toml, the
claims asked again, the gallery drawn again, the twin's tables made again, folders of runs (with
run.json) run again; then every table is compared number by number and every figure pixel by pixel.
Folders ELSEWHERE are named, with what makes them; one that nothing makes counts as different. Raw
parts stay in build/reproduce/, so it goes on where it was stopped.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pandas as pd

from abm.study.verify import verify

HOME = Path(__file__).resolve().parents[1]
SAME = "the same"
ELSEWHERE = {  # what is not made again here, and by what it is
    "bench": "make bench and make bench-sweeps: times, which no other machine repeats",
    "checks": "make fuzz, make coverage and make mutation",
}
ABM = ("-m", "abm")


def reproduce(kept: Path, studies: Path, build: Path) -> dict[str, str]:
    """What became of each file of one kept folder: "the same", or what differs."""
    if (kept / "run.json").is_file():
        return {"outcomes.parquet": _run_again(kept)}
    raw, fresh = build / kept.name, build / "results" / kept.name
    commands = _commands(kept, studies, raw, fresh)
    if not commands:
        by = ELSEWHERE.get(kept.name)
        return {".": f"not regenerated here, but by {by}" if by else "nothing regenerates it"}
    for command in commands:
        if subprocess.run([sys.executable, *command], check=False).returncode:
            return {".": f"python {' '.join(command)} failed"}
    places = [kept, *(path for path in kept.rglob("*") if path.is_dir())]
    names = {
        path.relative_to(folder)
        for place in places  # what was run lies in places of its own
        for folder in (kept, fresh)
        for path in (folder / place.relative_to(kept)).glob("*")
        if path.is_file() and path.suffix != ".json"  # provenance: when, and by what code
    }
    return {name.as_posix(): compare(kept / name, fresh / name) for name in sorted(names)}


def _commands(kept: Path, studies: Path, raw: Path, fresh: Path) -> list[list[str]]:
    """What makes a kept folder anew, as arguments of python; nothing where nothing does."""
    study = studies / f"{kept.name}.toml"
    if (kept / "study.json").is_file() and study.is_file():
        sweep = [*ABM, "sweep", str(study), "--out", str(raw), "--quiet"]
        return [sweep, [*ABM, "sensitivity", str(raw), "--out", str(fresh)]]
    places = ("--folder", str(studies / "claims"), "--runs", str(raw), "--out", str(fresh))
    return {
        "claims": [[*ABM, "claims", *places, "--quiet"]],
        "gallery": [[str(HOME / "docs" / "gallery.py"), str(fresh)]],
        "attribution": [
            [
                *ABM,
                "attribute",
                "war-years",
                "--twin",
                "--out",
                str(fresh),
                "--overwrite",
                "--quiet",
            ]
        ],
        "twin": [[str(HOME / "docs" / "twin.py"), str(fresh)]],
        "calibration": [[*ABM, "calibrate", "--out", str(fresh), "--quiet"]],
        "calibration-2023": [
            [
                *ABM,
                "calibrate",
                str(studies / "calibration-2023.toml"),
                "--out",
                str(fresh),
                "--quiet",
            ]
        ],
    }.get(kept.name, [])


def orphans(results: Path, studies: Path) -> list[str]:
    """The kept folders that nothing makes anew, neither here nor elsewhere."""
    folders = [path for path in sorted(results.iterdir()) if path.is_dir()]
    return [
        path.name
        for path in folders
        if not (path / "run.json").is_file()
        and path.name not in ELSEWHERE
        and not _commands(path, studies, results, results)
    ]


def _run_again(kept: Path) -> str:
    found = verify(kept, runs=sys.maxsize)
    if found.same:
        return SAME
    differing = [f"{run}: {rows} rows differ" for run, rows, _ in found.again if rows]
    return found.skipped or "; ".join(differing)


def compare(kept: Path, fresh: Path) -> str:
    """ "the same", or in a word how a fresh file differs from the kept one."""
    for path, missing in ((kept, "new"), (fresh, "no longer made")):
        if not path.is_file():
            return missing
    if kept.read_bytes() == fresh.read_bytes():
        return SAME
    if kept.suffix == ".csv":
        return _compare_tables(pd.read_csv(kept), pd.read_csv(fresh))
    if kept.suffix == ".png":
        return _compare_images(matplotlib.image.imread(kept), matplotlib.image.imread(fresh))
    return "other bytes"


def _compare_tables(kept: pd.DataFrame, fresh: pd.DataFrame) -> str:
    if list(kept.columns) != list(fresh.columns) or len(kept) != len(fresh):
        return f"{kept.shape[0]} x {kept.shape[1]} then, {fresh.shape[0]} x {fresh.shape[1]} now"
    numbers = kept.select_dtypes("number").columns.intersection(
        fresh.select_dtypes("number").columns
    )
    texts = kept.columns.difference(numbers)
    if not kept[texts].astype(str).equals(fresh[texts].astype(str)):
        return "other names"
    then, now = kept[numbers].to_numpy(float), fresh[numbers].to_numpy(float)
    unlike = ~((then == now) | (np.isnan(then) & np.isnan(now)))
    size = np.maximum(np.abs(then), np.abs(now))[unlike]
    largest = np.max(np.abs(then - now)[unlike] / size, initial=0.0)
    return f"{unlike.sum()} of {unlike.size} numbers differ, by {largest:.2g} of their size at most"


def _compare_images(kept: np.ndarray, fresh: np.ndarray) -> str:
    if kept.shape != fresh.shape:
        return "another size"
    share = np.any(kept != fresh, axis=-1).mean()
    return f"{share:.2%} of pixels differ" if share else SAME


def main(names: list[str]) -> int:
    """Print a line a file; 1 if any differs."""
    results = HOME / "results"
    folders = [path for path in sorted(results.iterdir()) if path.is_dir()]
    unknown = {*names} - {path.name for path in folders}
    if unknown:
        print(f"nothing is kept as results/{min(unknown)}", file=sys.stderr)
        return 2
    status = 0
    for kept in folders:
        if names and kept.name not in names:
            continue
        found = reproduce(kept, HOME / "experiments", HOME / "build" / "reproduce")
        for name, what in found.items():
            print(f"results/{kept.name}/{name}: {what}", flush=True)
            status |= what != SAME and not what.startswith("not regenerated")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
