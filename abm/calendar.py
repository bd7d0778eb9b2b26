"""Weeks and dates. Week 0 starts on the day of the invasion, Thursday 24 February 2022."""

from __future__ import annotations

from datetime import date, timedelta

START = date(2022, 2, 24)
LATEST = date(2035, 12, 31)
DAYS_PER_WEEK = 7
WEEKS_PER_MONTH = 365.2425 / 12 / DAYS_PER_WEEK
WEEKS_PER_YEAR = 365.2425 / DAYS_PER_WEEK


def week_start(week: int) -> date:
    """The first day of a week."""
    return START + timedelta(weeks=week)


def first_week_on_or_after(day: date) -> int:
    """The first week that starts on or after a day: from then on an event of that day acts."""
    return max(0, -((START - day).days // DAYS_PER_WEEK))


def weeks_until(last_day: date) -> int:
    """How many weeks start on or before a day."""
    return (last_day - START).days // DAYS_PER_WEEK + 1
