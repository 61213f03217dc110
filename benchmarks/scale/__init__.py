"""How cost grows with users, tokens, threads and keys: `python -m benchmarks.scale --help`."""
