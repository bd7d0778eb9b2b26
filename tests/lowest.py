"""Print the lowest versions that pyproject.toml allows of what Relokant needs, for pip."""

import re
import tomllib
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
needs = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
print(*(re.sub(r">=([^,]+).*", r"==\1", each) for each in needs))
