"""pyjwtfast side by side with PyJWT, simplejwt, oxyjwt and ryjwt: `python -m benchmarks --help`."""
