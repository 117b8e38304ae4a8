from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import msgspec
import pytest

from flexforward_mockserver.scenarios import lifecycle
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.scenarios.drawing.timeline import MARGIN, Poll, Timeline, lay_out
from flexforward_mockserver.scenarios.drawing.timeline_svg import draw_svg
from flexforward_mockserver.scenarios.scenario_reader import parse_scenario
from flexforward_mockserver.scenarios.script_id import parse_script_id
from flexforward_openapi import YamlText
from kit import START

if TYPE_CHECKING:
    from flexforward_mockserver.scenarios.scenario import Scenario

SVG = "{http://www.w3.org/2000/svg}"


def script(text: str) -> Scenario:
    scenario = parse_script_id(text)
    assert scenario is not None
    return scenario


def lived(scenario: Scenario, *polls: Poll, width: int = 720, **after: float) -> Timeline:
    now = START + timedelta(**after)
    progress = lifecycle.settle(scenario, lifecycle.begin(scenario, START), now)
    return lay_out(scenario, width=width, progress=progress, now=now, polls=polls)


def parts(drawing: str, style: str) -> list[ET.Element]:
    return [element for element in ET.fromstring(drawing).iter() if style in element.get("class", "").split()]


def words(drawing: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(drawing).iter(f"{SVG}text")]


def titles(drawing: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(drawing).iter(f"{SVG}title")]


def test_steps_stand_side_by_side_over_the_whole_width() -> None:
    spans = lay_out(script("PITD-6h-a"), width=500).spans
    assert spans[0].x == MARGIN
    for span, following in itertools.pairwise(spans):
        assert span.x + span.width == pytest.approx(following.x)
    assert spans[-1].x + spans[-1].width == pytest.approx(500 - MARGIN)


def test_a_longer_step_is_wider() -> None:
    text = "name: n\nsummary: s\nsteps: [{tag: Pending}, {after: 10s, tag: InTransit}, {after: 9d, tag: Delivered}]"
    short, long, _ = lay_out(parse_scenario(YamlText(text, source="n.yaml"))).spans
    assert long.width > 2 * short.width


def test_what_is_over_what_is_open_and_what_is_to_come() -> None:
    timeline = lived(script("PITD-6h-a"), hours=9)
    assert [span.phase for span in timeline.spans] == ["past", "open", "future", "future"]
    open_span = timeline.spans[1]
    assert timeline.open_span == open_span
    assert timeline.now_x == pytest.approx(open_span.x + open_span.width / 2)


def test_a_scenario_that_nobody_lives_has_no_present() -> None:
    timeline = lay_out(script("PITD-6h-a"), polls=[Poll(at=START, status=200)])
    assert {span.phase for span in timeline.spans} == {"future"}
    assert (timeline.now_x, timeline.open_span, timeline.ticks) == (None, None, ())


def test_the_present_of_a_step_that_nothing_ends_nears_the_end_and_never_gets_there() -> None:
    places = [lived(script("PD-1s-a"), hours=hours).now_x or 0.0 for hours in (0, 6, 10_000)]
    last = lived(script("PD-1s-a"), hours=6).spans[-1]
    assert places == sorted(places)
    assert places[1] == pytest.approx(last.x + last.width / 2, abs=0.1)
    assert places[2] < last.x + last.width


def test_polls_stand_where_they_were_made() -> None:
    polls = [Poll(at=START + timedelta(hours=hours), status=200) for hours in (-1, 0, 3, 6, 9)]
    timeline = lived(script("PITD-6h-a"), *polls, hours=9)
    pending, info = timeline.spans[:2]
    wanted = [pending.x, pending.x, pending.x + pending.width / 2, info.x, info.x + info.width / 2]
    assert [tick.x for tick in timeline.ticks] == pytest.approx(wanted)


@pytest.mark.parametrize(("status", "is_good"), [(200, True), (404, False), (502, False), (None, False)])
def test_a_poll_that_got_no_shipment_has_another_form(status: int | None, is_good: bool) -> None:
    drawing = draw_svg(lived(script("PITD-6h-a"), Poll(at=START, status=status), hours=1))
    assert len(parts(drawing, "poll")) == 1
    assert len(parts(drawing, "bad")) == (0 if is_good else 1)
    assert any(title.endswith(": no answer" if status is None else f": {status}") for title in titles(drawing))


def test_a_failure_is_a_gap_with_its_status() -> None:
    drawing = draw_svg(lay_out(script("TGT-6h-a")))
    assert words(drawing)[:3] == ["InTransit", "start", "502"]
    failure = parts(drawing, "failure")[0]
    assert not [element for element in failure if "bar" in element.get("class", "").split()]
    assert [element for element in failure if element.get("class") == "gap"]


def test_the_open_step_is_filled_up_to_the_present() -> None:
    timeline = lived(script("PITD-6h-a"), hours=9)
    open_part = next(element for element in ET.fromstring(draw_svg(timeline)) if "open" in element.get("class", ""))
    done, rest = (element for element in open_part if "bar" in element.get("class", "").split())
    assert float(done.get("width", 0)) == pytest.approx(float(rest.get("width", 0)), abs=0.2)
    (now,) = parts(draw_svg(timeline), "now")
    assert (now.get("data-from"), now.get("data-to")) == ("2026-04-01T06:00:00Z", "2026-04-01T12:00:00Z")


def test_a_step_without_an_end_names_none_for_its_present() -> None:
    (now,) = parts(draw_svg(lived(script("P-1s-a"), hours=9)), "now")
    assert "data-to" not in now.attrib
    assert draw_svg(lived(script("P-1s-a"), hours=9)).count("1 step,") == 1


def test_each_tag_has_a_mark_of_its_own_form() -> None:
    drawing = draw_svg(lay_out(script("PITDECUG-6h-a"), width=2000))
    forms = [element.get("d") for element in parts(drawing, "mark")]
    assert len(forms) == len(set(forms)) == 8


def test_a_tag_that_is_not_known_is_drawn_too() -> None:
    drawing = draw_svg(lay_out(Catalogue()["evolving-contract"]))
    assert len(parts(drawing, "tag-other")) == 1
    assert "OutForDelivery" in words(drawing)


def test_steps_that_look_alike_are_joined_where_there_is_no_room() -> None:
    timeline = lived(Catalogue()["long-history"], hours=51)
    runs = [(span.step, span.count, span.phase) for span in timeline.spans]
    assert sum(count for _, count, _ in runs) == len(Catalogue()["long-history"].steps) > 400
    assert len(runs) < 8
    assert [phase for _, _, phase in runs].count("open") == 1
    shown = next(span for span in timeline.spans if span.count > 1)
    assert shown.text == f"Steps {shown.step} to {shown.step + shown.count - 1}: InTransit, {shown.count} times"
    assert len(draw_svg(timeline)) < 15_000


def test_joined_failures_are_told_by_their_status() -> None:
    timeline = lay_out(script("T" + "G" * 300 + "T-1h-a"))
    assert timeline.spans[1].text == "Steps 1 to 300: every read fails with 502, 300 times"


def test_a_thousand_steps_that_all_differ_are_still_drawn() -> None:
    drawing = draw_svg(lived(script("TE" * 500 + "-1h-a"), hours=100))
    assert len(parts(drawing, "span")) == 1000
    assert parts(drawing, "mark") == []


def test_a_poll_in_a_joined_run_stands_within_it() -> None:
    poll = Poll(at=START + timedelta(hours=10), status=200)
    timeline = lived(Catalogue()["long-history"], poll, hours=51)
    run = next(span for span in timeline.spans if span.opened_at and span.ends_at and span.ends_at > poll.at)
    assert run.x <= timeline.ticks[0].x <= run.x + run.width


def test_words_are_left_out_where_they_do_not_fit() -> None:
    assert words(draw_svg(lay_out(script("PITD-6h-a"), width=200))) != words(draw_svg(lay_out(script("PITD-6h-a"))))


def test_a_title_tells_all_of_a_step() -> None:
    scenario = parse_scenario(
        YamlText(
            "name: n\nsummary: s\nbreaks: [history-grows]\nsteps:\n- tag: Pending\n"
            "- {name: two, after: 1h, polls: 2, tag: InTransit, forget: true, fault: {kind: latency, delay: 2s}, "
            "checkpoint: {city: Oslo, message: Seen}}\n",
            source="n.yaml",
        )
    )
    drawing = draw_svg(lived(scenario, hours=2))
    assert titles(drawing)[1] == (
        "Step 1 (two): InTransit, InTransit_001; opens: +1h or 2 polls; opened at 2026-04-01T01:00:00Z; Oslo: Seen; "
        "earlier checkpoints are gone; every response is spoilt: latency"
    )
    assert "InTransit · latency" in words(drawing)
    assert len(parts(drawing, "spoilt")) == 1


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a&b\"'", "]]>", "\x00\x1b\ufffe", "مرحبا", "</title>"])
def test_whatever_comes_from_outside_is_text(text: str) -> None:
    scenario = script("PI-1h-a")
    event = scenario.steps[1].event
    assert event is not None
    step = msgspec.structs.replace(scenario.steps[1], name=text, event=msgspec.structs.replace(event, message=text))
    scenario = msgspec.structs.replace(scenario, name=text, steps=(scenario.steps[0], step))
    root = ET.fromstring(draw_svg(lay_out(scenario)))
    kept = "".join("\ufffd" if char in "\x00\x1b\ufffe" else char for char in text)
    assert kept in (root.get("aria-label") or "")
    assert kept in (root.findall(f".//{SVG}title")[1].text or "")
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg",
        "style",
        "g",
        "title",
        "rect",
        "path",
        "text",
    }


@pytest.mark.parametrize("name", Catalogue().names)
def test_every_shipped_scenario_can_be_drawn(name: str) -> None:
    drawing = draw_svg(lay_out(Catalogue()[name]))
    assert ET.fromstring(drawing).get("role") == "img"
    assert len(drawing) < 25_000
