"""The example's page in a real Chromium, as a person uses it: `make test-browser`."""
