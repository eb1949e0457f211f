"""Laws run on generated worlds; no deadline, because a shared machine may pause in the middle of
one example.
"""

from hypothesis import settings

settings.register_profile("laws", deadline=None)
settings.load_profile("laws")
