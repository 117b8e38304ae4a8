"""Settings for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Deadlines measure this machine; a test that hangs meets the timeout of pytest-timeout.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("default")
