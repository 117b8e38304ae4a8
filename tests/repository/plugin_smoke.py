"""What ``try_wheel.py`` runs under the oldest pytest that is allowed: a little of everything that the plugin does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from flexforward_fixtures import FlexForward

pytest_plugins = ("pytester",)


@pytest.mark.flexforward(scenario="PITD-6h-1")
def test_the_live_server_answers(flexforward: FlexForward) -> None:
    url = f"{flexforward.base_url}/tracking/{flexforward.label.id}"
    assert httpx.get(url, headers=flexforward.headers).json()["tag"] == "Pending"


def test_httpx_is_answered_in_process(flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered")
    url = f"{flexforward_respx.base_url}/tracking/{label.id}"
    assert httpx.get(url, headers=flexforward_respx.headers).json()["tag"] == "Pending"
    flexforward_respx.assert_polled(label, times=1)


def test_what_is_not_used_or_not_installed_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx

        def test_unused(flexforward_respx):
            flexforward_respx.ship("delivered")
            httpx.get(f"{flexforward_respx.base_url}/nowhere", headers=flexforward_respx.headers)

        def test_failed(flexforward):
            flexforward.ship("delivered")
            assert 0

        def test_door(flexforward_responses): ...
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1, errors=2)
    result.stdout.fnmatch_lines(
        [
            "flexforward-mock: *, the shipped contract",
            "flexforward_responses needs the package requests: pip install requests",
        ]
    )
    result.stdout.fnmatch_lines(
        [
            "the label 'delivered-1' (*, delivered) was shipped and never requested",
            "GET /nowhere got 404: No operation matches /nowhere*",
            "*Flex Forward at https://*",
            "*GET /nowhere  404 *",
        ]
    )
