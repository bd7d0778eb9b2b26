"""What tests of the command line share: the one line that tells of an error."""

from __future__ import annotations

import pytest


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error; standard output must be empty."""
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("abm: ")
    assert error.count("\n") == 1
    assert "Traceback" not in error
    return error
