"""Requests per second of a REST framework view: `python -m benchmarks.http --help`."""
