"""Compiled loops over arrays: no strings, no objects, no input or output. Each has a slow twin in the tests."""
