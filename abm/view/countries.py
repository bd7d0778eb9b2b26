"""Shapes of countries, and the plane they are drawn on.

Natural Earth at 1:110 million as TopoJSON (`data/README.md`): lines are shared by neighbours, and
a country is rings of such lines. The borders are those of that file.
"""

from __future__ import annotations

import csv
import json
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

FILE, NAMES = "countries-110m.json", "country_names.csv"
WITHOUT_CODE = "-99"  # Northern Cyprus, Somaliland, Kosovo in the file
NAMED_OTHERWISE = {"United States": "United States of America"}
CENTRE = (58.0, 47.0)  # degrees east and north: from here shapes keep their areas
MOSCOW = (37.6, 55.8)
EARTH_KM = 6371.0
SEEN_DEGREES = 100.0  # what lies further from the centre is not drawn


@cache
def shapes() -> dict[str, tuple[Points, ...]]:
    """Every country's outer and inner rings, by name; degrees east and north.

    Those without a code of ISO 3166-1 stand together, under WITHOUT_CODE.
    """
    data = files("abm") / "data"
    topology = json.loads((data / FILE).read_text("utf-8"))
    rows = csv.DictReader((data / NAMES).read_text("utf-8").splitlines())
    names = {row["iso_numeric"]: row["name"] for row in rows}
    scale, shift = (np.array(topology["transform"][k]) for k in ("scale", "translate"))
    arcs = [np.cumsum(arc, axis=0) * scale + shift for arc in topology["arcs"]]

    def ring(numbers: list[int]) -> Points:
        parts = [arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers]
        return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])

    found: dict[str, tuple[Points, ...]] = {}
    for country in topology["objects"]["countries"]["geometries"]:
        polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        rings = tuple(ring(numbers) for polygon in polygons for numbers in polygon)
        name = names.get(country["id"], WITHOUT_CODE)
        found[name] = found.get(name, ()) + rings
    return found


def middle(country: str) -> tuple[float, float]:
    """The centroid of a country's largest ring, degrees east and north."""
    rings = shapes()[NAMED_OTHERWISE.get(country, country)]
    largest = max(rings, key=lambda each: abs(_area(each)))
    x, y = largest[:-1].T
    after_x, after_y = largest[1:].T
    cross = x * after_y - after_x * y
    area = cross.sum() / 2
    return (
        float(((x + after_x) * cross).sum() / (6 * area)),
        float(((y + after_y) * cross).sum() / (6 * area)),
    )


def on_plane(degrees: Points, everywhere: bool = False) -> Points:
    """Lambert's azimuthal equal-area projection about CENTRE, km; NaN where too far to be seen,
    unless asked for everywhere."""
    east, north = np.radians(np.asarray(degrees, float)).T
    east0, north0 = np.radians(CENTRE)
    near = np.sin(north0) * np.sin(north) + np.cos(north0) * np.cos(north) * np.cos(east - east0)
    k = EARTH_KM * np.sqrt(2 / np.maximum(1 + near, 1e-9))
    x = k * np.cos(north) * np.sin(east - east0)
    y = k * (np.cos(north0) * np.sin(north) - np.sin(north0) * np.cos(north) * np.cos(east - east0))
    plane = np.column_stack([x, y])
    if not everywhere:
        plane[near < np.cos(np.radians(SEEN_DEGREES))] = np.nan
    return plane


@cache
def drawn() -> tuple[tuple[str, Points], ...]:
    """Rings on the plane with their country, those that are wholly in sight."""
    rings = [(name, on_plane(ring)) for name, each in shapes().items() for ring in each]
    return tuple((name, ring) for name, ring in rings if np.isfinite(ring).all())


def _area(ring: Points) -> float:
    x, y = ring.T
    return float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2
