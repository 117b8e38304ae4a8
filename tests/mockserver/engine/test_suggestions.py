from __future__ import annotations

import pytest

from flexforward_mockserver.engine.suggestions import explain_unknown
from kit import Kit

PLAIN = "no label of this sandbox has this id or order number"
CURE = "; give a label that order number, or start the server with --unknown-ids delivered"
GUIDE = "f47ac10b-58cc-4372-a567-0e02b2c3d479"


@pytest.mark.parametrize(
    ("key", "keys", "hint"),
    [
        pytest.param("ORDER-2", ("ORDER-10", "ORDER-1"), "; nearest: 'ORDER-1'", id="one letter"),
        pytest.param(
            "order-1",
            ("ORDER-1",),
            "; nearest: 'ORDER-1', which differs in the case of its letters or in spaces",
            id="case",
        ),
        pytest.param(
            "ORDER-1 ",
            ("ORDER-1",),
            "; nearest: 'ORDER-1', which differs in the case of its letters or in spaces",
            id="space",
        ),
        pytest.param("A%2FB", ("A/B",), "; nearest: 'A/B', so the id was percent-encoded twice", id="encoded twice"),
        pytest.param("A%252FB", ("A/B",), "; nearest: 'A/B', so the id was percent-encoded twice", id="thrice"),
        pytest.param(
            "pitd-1x-a",
            (),
            "; a script id has its letters in capitals and its unit in small ones: 'PITD-1x-a'",
            id="capitals",
        ),
        pytest.param(
            "PITD-1X-a",
            (),
            "; a script id has its letters in capitals and its unit in small ones: 'PITD-1x-a'",
            id="unit",
        ),
        pytest.param("PITD-6h", (), "; a script id needs a name after its pace: 'PITD-6h-1'", id="no name"),
        pytest.param(
            "DE-2024-17",
            (),
            "; as a script id it would need a unit after 2024 (s, m, h, d, or x for requests): 'DE-2024h-17'" + CURE,
            id="no unit",
        ),
        pytest.param("PITD-" + "1" * 400 + "-a", (), CURE, id="too long to be repeated"),
        pytest.param(GUIDE[:-1] + "8", (GUIDE, "f47"), f"; nearest: '{GUIDE}'", id="uuid"),
        pytest.param("f47ac10b", (GUIDE,), CURE, id="a uuid is compared with no order number"),
        pytest.param("nothing", ("ORDER-1",), CURE, id="nothing alike"),
        pytest.param("a" * 101, ("a" * 100,), CURE, id="too long to compare"),
        pytest.param("a" * 100, ("a" * 101,), CURE, id="too long to be compared with"),
        pytest.param("anything", (), CURE, id="no labels"),
    ],
)
def test_an_unknown_id_is_told_with_the_nearest_known_one(key: str, keys: tuple[str, ...], hint: str) -> None:
    assert explain_unknown(key, keys) == PLAIN + hint


def test_the_journal_names_the_nearest_label_and_the_answer_does_not() -> None:
    kit = Kit()
    got = kit.track("DEMO-deliverd")
    assert got.status == 404
    assert kit.last.note == f"{PLAIN}; nearest: 'DEMO-delivered'"
    assert b"DEMO" not in got.body
