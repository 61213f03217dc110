"""The tests of pyjwtfast; a package, so that they can share helpers."""
