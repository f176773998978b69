"""The lock: everything that pyproject asks for, at one version, with hashes and without addresses."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()


def wanted() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    asked = [*project["dependencies"], *(requirement for extra in extras for requirement in extra)]
    return {re.split(r"[<>=\[;]", requirement)[0].lower() for requirement in asked}


def test_every_dependency_is_pinned():
    pinned = set(re.findall(r"^([a-z0-9._-]+)(?:\[.*\])?==", LOCK, re.MULTILINE))
    assert wanted() - pinned == set()


def test_every_pin_has_a_hash_and_none_an_address():
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK.strip())
    assert all("--hash=sha256:" in block for block in blocks)
    assert "http://" not in LOCK
    assert "https://" not in LOCK


def test_every_dependency_says_why_it_is_there():
    text = (ROOT / "pyproject.toml").read_text()
    lines = [line for line in text.splitlines() if re.search(r'(^|\[)\s*"[a-z0-9-]+[=<>]', line)]
    lines = [line for line in lines if "build-constraint" not in line]
    assert len(lines) == len(wanted())
    assert all("#" in line for line in lines)
