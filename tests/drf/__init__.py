"""Tests of pyjwtfast.drf, as a Django app of their own (label `drf`)."""
