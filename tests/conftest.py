"""Settings for every test."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

pytest_plugins = ("pytester",)

# For benchmarks, whose soak is a test as well; last, so that no folder there hides a package.
sys.path.append(str(Path(__file__).parent.parent))

# Deadlines measure this machine; a test that hangs meets the timeout of pytest-timeout.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("default")
