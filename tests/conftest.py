"""What every test shares: one hypothesis profile, the same examples every time.

`--hypothesis-profile many` draws more than anybody waits for, and others each time.
"""

import os

from hypothesis import HealthCheck, settings

# JAX compiles anew for every size. Compiled with less care, it computes the same integers in half the time; the record
# that the tests compare with (`tasks.py record`) is made as users have it.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")

settings.register_profile(
    "book", deadline=None, derandomize=True, max_examples=300, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("many", settings.get_profile("book"), derandomize=False, max_examples=10_000)
settings.load_profile("book")
