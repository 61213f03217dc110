"""`python -m pyjwtfast.help`: the versions that a bug report should state, as JSON."""

from __future__ import annotations

from ._core import OPENSSL_VERSION
from ._version import __version__


def info() -> dict[str, dict[str, str]]:
    """The versions of system, Python, OpenSSL and this package; "" for what is not installed."""
    import importlib.metadata
    import platform

    try:
        cryptography = importlib.metadata.version("cryptography")
    except importlib.metadata.PackageNotFoundError:
        cryptography = ""
    return {
        "platform": {"system": platform.system(), "release": platform.release()},
        "implementation": {
            "name": platform.python_implementation(),
            "version": platform.python_version(),
        },
        "openssl": {"version": OPENSSL_VERSION},
        "cryptography": {"version": cryptography},
        "pyjwtfast": {"version": __version__},
    }


def main() -> None:
    """Print info()."""
    import json

    print(json.dumps(info(), sort_keys=True, indent=2))


if __name__ == "__main__":
    main()
