"""What every test shares: one hypothesis profile, the same examples every time.

`--hypothesis-profile many` draws more than anybody waits for, and others each time.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "book", deadline=None, derandomize=True, max_examples=300, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("many", settings.get_profile("book"), derandomize=False, max_examples=10_000)
settings.load_profile("book")
