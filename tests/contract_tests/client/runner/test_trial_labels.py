"""The labels of a trial, by what a program may call them."""

from __future__ import annotations

import pytest

from flexforward_contract_tests.client.runner.trial import shipped_trials
from flexforward_contract_tests.client.runner.trial_labels import GivenLabels
from flexforward_fixtures.mock import Mock


def test_a_label_is_found_by_its_uuid_and_by_its_order_number() -> None:
    handle = Mock().open()
    labels = GivenLabels(handle, shipped_trials()[0], 2)
    first, second = labels.given
    assert dict(labels) == {
        first.id: first.id,
        first.order_number: first.id,
        second.id: second.id,
        second.order_number: second.id,
    }
    assert len(labels) == 4
    with pytest.raises(KeyError):
        labels["another"]
