"""What every test shares: one hypothesis profile, the same examples every time."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "book", deadline=None, derandomize=True, max_examples=300, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("book")
