"""The map: shapes where they belong, circles and lines as large as the table says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn import inside, source_of
from matplotlib.path import Path as Ring
from PIL import Image

from abm.hosts_table import HOST_NAMES
from abm.view import countries, maps

WEEKS = pd.date_range("2022-02-24", periods=3, freq="7D")


@pytest.fixture
def outcomes() -> pd.DataFrame:
    """Two replicates, three weeks, every host; Mongolia has nobody and no flow."""
    rows = []
    for replicate in range(2):
        for week, date in enumerate(WEEKS):
            for k, host in enumerate((*HOST_NAMES, "World")):
                people = 0.0 if host == "Mongolia" else 1000.0 * (k + 1) * (week + 1)
                for outcome, share in (("stock_abroad", 1), ("departures", 0.1), ("returns", 0.01)):
                    value = people * share + 10 * replicate * (people > 0)
                    rows.append((replicate, date, host, outcome, value, "people"))
    return pd.DataFrame(rows, columns=["replicate", "date", "host", "outcome", "value", "unit"])


@pytest.mark.parametrize(
    ("place", "country"),
    [
        ((44.8, 41.7), "Georgia"),
        ((76.9, 43.2), "Kazakhstan"),
        ((37.6, 55.8), "Russia"),
        ((34.2, 45.2), "Ukraine"),  # Crimea
        ((-98.0, 39.0), "United States of America"),
        ((28.0, -26.0), "South Africa"),
    ],
)
def test_shapes_hold_their_cities(place: tuple[float, float], country: str) -> None:
    holds = [
        name
        for name, rings in countries.shapes().items()
        if sum(Ring(ring).contains_point(place) for ring in rings) % 2
    ]
    assert holds == [country]


def test_every_host_has_a_place_of_its_own_within_the_frame() -> None:
    places = np.array([maps.place_of(host) for host in HOST_NAMES])
    assert len(np.unique(places.round(), axis=0)) == len(HOST_NAMES)
    for axis, (low, high) in zip(places.T, (maps.WIDTH, maps.HEIGHT), strict=True):
        assert (axis > low).all()
        assert (axis < high).all()
    east, north = countries.middle("Germany")
    assert (round(east), round(north)) == (10, 51)


def test_any_host_beyond_the_frame_stands_at_its_edge_and_is_named(
    outcomes: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that was added by hand."""
    assert (
        source_of(maps.where_they_are(outcomes)).count("the United States and Argentina lie") == 1
    )
    middle = countries.middle
    places = {"Brazil": (-52.0, -10.0)}
    monkeypatch.setattr(countries, "middle", lambda host: places.get(host) or middle(host))
    x, y = maps.place_of("Brazil")
    assert maps.WIDTH[0] < x < maps.WIDTH[1] and maps.HEIGHT[0] < y < maps.HEIGHT[1]
    renamed = outcomes.replace({"host": {"Spain": "Brazil"}})
    assert "Argentina and Brazil lie beyond" in source_of(maps.where_they_are(renamed))


def test_the_plane_keeps_areas() -> None:
    """A degree square shrinks with the cosine of its latitude, on the sphere and on the plane."""

    def area(east: float, north: float) -> float:
        corners = np.array([(0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1)]) + np.array([east, north])
        x, y = countries.on_plane(corners).T
        return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2

    at_equator = area(100, -0.05)
    assert area(10, 60 - 0.05) / at_equator == pytest.approx(0.5, rel=0.01)
    assert area(40, -0.05) / at_equator == pytest.approx(1, rel=0.01)


def test_circles_and_lines_are_as_large_as_the_table_says(outcomes: pd.DataFrame) -> None:
    figure = maps.where_they_are(outcomes, ["2022-03-05"])
    (axes,) = figure.axes
    (circles,) = (each for each in axes.collections if len(each.get_offsets()) > 1)
    stock = [0 if h == "Mongolia" else 2000 * (k + 1) + 5 for k, h in enumerate(HOST_NAMES)]
    order = pd.Series(stock, HOST_NAMES).sort_index()
    drawn = dict(zip(order.index, circles.get_sizes(), strict=True))
    np.testing.assert_allclose(
        [drawn[host] for host in order.index], order.to_numpy() / maps.PEOPLE_A_POINT
    )
    lines = np.array([patch.get_linewidth() for patch in axes.patches])
    assert len(lines) == 2 * (len(HOST_NAMES) - 1)
    people = np.sort(1000 * (lines / maps.WIDTH_OF_1000) ** 2)
    expected = [0.1 * (s - 5) + 5 for s in stock if s] + [0.01 * (s - 5) + 5 for s in stock if s]
    np.testing.assert_allclose(people, np.sort(expected))
    assert "Week from 3 March 2022" in axes.get_title("left")
    assert "Crimea in Ukraine" in source_of(figure)


@pytest.mark.parametrize("days", [None, ["2022-02-24", "2022-03-16"], list(WEEKS)])
def test_nothing_is_cut_off(outcomes: pd.DataFrame, days: list[str] | None) -> None:
    figure = maps.where_they_are(outcomes.drop(columns="replicate").query("value > 0"), days)
    assert inside(figure)


@pytest.mark.parametrize("days", [None, list(WEEKS)])
def test_names_lie_neither_on_each_other_nor_on_named_circles(
    outcomes: pd.DataFrame, days: list[str] | None
) -> None:
    figure = maps.where_they_are(outcomes, days)
    figure.canvas.draw()
    axes = figure.axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) > 10
    pairs = [(a, b) for k, a in enumerate(boxes) for b in boxes[:k]]
    assert not any(a.overlaps(b) for a, b in pairs)
    middles = [axes.transData.transform(maps.place_of(text.get_text())) for text in axes.texts]
    assert not any(box.contains(*middle) for box in boxes for middle in middles)


def test_a_day_outside_of_the_run_is_told(outcomes: pd.DataFrame) -> None:
    for day in ("2022-02-23", "2022-03-17"):
        with pytest.raises(KeyError, match="in no week of the table, 2022-02-24 to 2022-03-16"):
            maps.where_they_are(outcomes, [day])
    with pytest.raises(KeyError, match="no outcome 'departures'"):
        maps.where_they_are(outcomes[outcomes["outcome"] == "stock_abroad"])


def test_nobody_abroad_gives_a_map_without_circles(outcomes: pd.DataFrame) -> None:
    figure = maps.where_they_are(outcomes.assign(value=0.0))
    assert not figure.axes[0].patches
    assert not figure.axes[0].texts


@pytest.mark.parametrize(("every", "frames"), [(1, 3), (2, 2)])
def test_the_animation_has_a_frame_a_week(
    outcomes: pd.DataFrame, tmp_path: Path, every: int, frames: int
) -> None:
    path = maps.animate(outcomes, tmp_path / "map.gif", every=every, dpi=40)
    with Image.open(path) as image:
        assert image.n_frames == frames
        assert image.info["duration"] > 0
