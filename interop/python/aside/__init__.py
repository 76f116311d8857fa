"""The Aside protocol, one module per chapter of its specification.

Written to be read beside `spec/`, not to be used: Python cannot wipe secrets, and nothing here was made to resist timing.
"""
