"""Shared pytest set-up: what is being tested, Hypothesis profiles, the shared test vectors."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.processes import REPOSITORY

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

# One example's time says nothing on a loaded machine: no deadline in any profile.
_COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
settings.register_profile("default", max_examples=100, derandomize=IN_CI, **_COMMON)
settings.register_profile("thorough", max_examples=5000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def pytest_report_header() -> list[str]:
    """Say which implementation, libraries and SIMD paths this run is about."""
    try:
        import pyjwtfast
        from pyjwtfast import _core
    except ImportError as error:
        ours = f"pyjwtfast: not importable ({error})"
    else:
        ours = (
            f"pyjwtfast: {pyjwtfast.__version__} ({_core.__file__}), {_core.OPENSSL_VERSION}, "
            f"base64url by {_core.BASE64URL_PATH} of {', '.join(_core._b64url_paths())}"
        )
    peers = ", ".join(
        f"{name} {_version(name)}" for name in ("PyJWT", "cryptography", "hypothesis")
    )
    return [
        ours,
        f"{platform.python_implementation()} {platform.python_version()}, {peers}",
        f"vectors: {_vectors_folder() or 'absent'}",
    ]


def _vectors_folder() -> Path | None:
    """The folder of the vectors that are too large to be carried, where there is one."""
    named = os.environ.get("PYJWTFAST_VECTORS")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "vectors"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def shared_vectors() -> Path:
    """The shared vectors' folder; without it a test is skipped, but in CI it fails."""
    folder = _vectors_folder()
    if folder is None:
        reason = "no shared vectors: set PYJWTFAST_VECTORS, or lay them at ../shared/vectors"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
