from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from flexforward_mockserver.commands.cli import group
from flexforward_mockserver.scenarios.catalogue import SHIPPED, Catalogue
from flexforward_mockserver.scenarios.drawing.timeline import lay_out
from flexforward_mockserver.scenarios.drawing.timeline_svg import draw_svg
from flexforward_mockserver.scenarios.scenario_reader import ScenarioError

GOOD = """\
name: good
summary: Nothing wrong.
steps:
  - tag: Pending
"""
EVERYTHING = """\
name: everything
summary: All that a drawing can show.
account: other
breaks: [contract-holds, history-grows, no-future-events]
tracking_number: {from: found}
steps:
  - tag: Pending
  - polls: 1
    repeat: 3
    status: 502
  - after: 1h
    polls: 2
    name: found
    tag: InTransit
    subtag: InTransit_002
    checkpoint: {city: Shenzhen, country: CN, at: -90m}
  - manual: true
    checkpoint: {message: Weighed, location: Hall 3, city: Oslo, state: Oslo, country: "NO", at: +10s}
  - after: 1d
    forget: true
    checkpoint: {message: Landed, at: 2026-03-17T08:15:00Z}
  - after: 2d12h
    evolve: {tag: Held, fields: {eta: soon}}
  - after: 1d
    tag: Delivered
    checkpoint: {}
"""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(**files: str) -> None:
    for name, text in files.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")


def run(*args: str) -> Result:
    return CliRunner().invoke(group, ["scenarios", *args], catch_exceptions=False)


def test_list_shows_every_shipped_scenario_with_what_it_is_for() -> None:
    ran = run("list")
    catalogue = Catalogue()
    assert (ran.exit_code, ran.stderr) == (0, "")
    lines = [line.split(maxsplit=1) for line in ran.stdout.splitlines()]
    assert lines == [[name, catalogue[name].summary] for name in catalogue.names]
    assert len({line.index(summary) for line, (_, summary) in zip(ran.stdout.splitlines(), lines, strict=True)}) == 1


def test_show_draws_a_shipped_scenario() -> None:
    summary = Catalogue()["gateway-trouble"].summary
    ran = run("show", "gateway-trouble")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout == dedent(
        f"""\
        gateway-trouble: {summary}

            start  HTTP 502
          2 polls  InfoReceived  InfoReceived_001  ● Shenzhen, Guangdong, CN: Shipment information received  \
[tracking number from here]
             +16h  InTransit     InTransit_007     ● Shenzhen, Guangdong, CN: Left by air
              +3d  InTransit     InTransit_004     ● Heathrow Airport, London, GB: Landed in the United Kingdom
           +1d10h  Delivered     Delivered_001     ● Bristol, GB: Handed to the recipient
        """
    )


def test_show_draws_everything_that_a_file_can_say() -> None:
    write(case=EVERYTHING)
    ran = run("show", "case.yaml")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout == dedent(
        """\
        everything: All that a drawing can show.
        breaks on purpose: contract-holds, history-grows, no-future-events
        another account's label: every read by the own account is 403

                   start  Pending    Pending_001
                  1 poll  HTTP 502                  (3 times)
          +1h or 2 polls  InTransit  InTransit_002  ● Shenzhen, CN: Acceptance scan 1h30m earlier  \
[tracking number from here]
                 by hand  InTransit  InTransit_002  ● Hall 3, Oslo, Oslo, NO: Weighed 10s later
                     +1d  InTransit  InTransit_002  ● Landed at 2026-03-17T08:15:00+00:00  \
[earlier checkpoints are gone]
                  +2d12h  Held       Held_001       [evolved]
                     +1d  Delivered  Delivered_001  ● Delivered  [evolved]
        """
    )


def test_show_draws_what_a_script_id_spells() -> None:
    ran = run("show", "PGC-3x-1001")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[1:] == [
        "",
        "    start  Pending    Pending_001",
        "  3 polls  HTTP 502",
        "  3 polls  Cancelled  Cancelled_001  ● Shenzhen, Guangdong, CN: Cancelled",
    ]


@pytest.mark.parametrize("name", Catalogue().names)
def test_every_shipped_scenario_can_be_drawn(name: str) -> None:
    ran = run("show", name)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"{name}: ")


def test_show_knows_no_other_name() -> None:
    ran = run("show", "deliverd")
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert ran.stderr.splitlines()[-1] == (
        "Error: no scenario 'deliverd'; did you mean 'delivered'? Allowed: "
        "one of 28 names ('flexforward-mock scenarios list' shows the shipped ones), a script id such as PITD-6h-1, "
        "or a .yaml file"
    )


def test_show_tells_the_mistakes_of_a_file() -> None:
    write(bad=GOOD.replace("Pending", "Pendin"))
    with pytest.raises(ScenarioError, match=r"^bad\.yaml:4: steps\[0\]\.tag: \"Pendin\"; allowed: Pending, .*Unknown$"):
        run("show", "bad.yaml")
    with pytest.raises(ScenarioError, match=r"^gone\.yml: cannot be read \(No such file or directory\); allowed: "):
        run("show", "gone.yml")


def test_validate_counts_good_files_and_says_nothing_else() -> None:
    Path("more").mkdir()
    write(one=GOOD, two=EVERYTHING, **{"more/three": GOOD.replace("good", "three")})
    Path("more/notes.txt").write_text("not a scenario", encoding="utf-8")
    ran = run("validate", "one.yaml", "two.yaml", "more")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "3 good, 0 mistakes\n", "")


def test_the_shipped_scenarios_are_good() -> None:
    ran = run("validate", str(SHIPPED))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, f"{len(Catalogue().names)} good, 0 mistakes\n", "")


def test_validate_tells_every_mistake_of_every_file_with_its_line() -> None:
    Path("cases").mkdir()
    write(
        good=GOOD,
        **{
            "cases/a-shape": GOOD.replace("Pending", "Pendin") + "  - after: 1 week\n    tag: Delivered\n",
            "cases/b-syntax": "name: }\n",
            "cases/c-good": GOOD.replace("name: ", "name: another-"),
            "cases/e-same": GOOD.replace("name: ", "name: another-"),
        },
    )
    Path("cases/d-bytes.yml").write_bytes(b"name: d\nsummary: \xff\n")
    Path("empty").mkdir()
    ran = run("validate", "cases", "good.yaml", "gone.yaml", "empty")
    assert (ran.exit_code, ran.stdout) == (2, "2 good, 7 mistakes\n")
    assert ran.stderr.splitlines() == [
        'cases/a-shape.yaml:4: steps[0].tag: "Pendin"; allowed: '
        "Pending, InfoReceived, InTransit, Delivered, Exception, Cancelled or Unknown",
        'cases/a-shape.yaml:5: steps[1].after: "1 week"; allowed: '
        "a duration such as 90s, 30m, 6h or 1d12h, at most 3660d",
        "cases/b-syntax.yaml:1: not YAML: did not find expected node content; allowed: YAML 1.2 or JSON",
        "cases/d-bytes.yml:2: bytes that are not UTF-8; allowed: UTF-8 text",
        "cases/e-same.yaml:1: name: cases/c-good.yaml has that name too; allowed: a name of its own",
        "gone.yaml: cannot be read (No such file or directory); allowed: a readable file",
        "empty: a folder without scenario files; allowed: files that end in .yaml or .yml",
    ]


@pytest.mark.parametrize(
    ("step", "objection", "allowed"),
    [
        pytest.param(
            "status: 503",
            "the step fails with 503, which flex-forward.yaml does not list",
            "401, 403, 404, 422, 502; any other status by 'fault: {kind: undocumented-status, status: 503}' "
            "in place of 'status'",
            id="unlisted status",
        ),
        pytest.param(
            "status: 422, body: {error: No}",
            "the step has a body that cannot be sent: the 422 that was due would break the contract: error: ",
            "what the contract can answer",
            id="body that its schema refuses",
        ),
    ],
)
def test_validate_refuses_what_the_contract_cannot_answer(step: str, objection: str, allowed: str) -> None:
    write(case=f"name: case\nsummary: For a test.\nsteps:\n  - tag: Pending\n  - {{after: 1h, repeat: 2, {step}}}\n")
    ran = run("validate", "case.yaml")
    assert (ran.exit_code, ran.stdout) == (2, "0 good, 1 mistake\n")
    assert ran.stderr.startswith(f"case.yaml:5: steps[1]: {objection}")
    assert ran.stderr.endswith(f"; allowed: {allowed}\n")


def test_the_allowed_line_for_an_unlisted_status_is_true() -> None:
    fault = "fault: {kind: undocumented-status, status: 503}"
    write(case=f"name: case\nsummary: For a test.\nsteps:\n  - tag: Pending\n  - {{after: 1h, {fault}}}\n")
    assert run("validate", "case.yaml").stdout == "1 good, 0 mistakes\n"
    assert "[every response: undocumented-status, HTTP 503]" in run("show", "./case.yaml").stdout


def test_mistakes_of_shape_laws_and_statuses_come_in_one_round() -> None:
    write(
        case="""\
name: case
summary: For a test.
steps:
  - tag: Delivered
    checkpoint: {}
  - after: 1 week
    status: 502
  - after: 1h
    checkpoint: {at: +2h}
  - after: 1h
    status: 503
  - after: 1h
    tag: Pendin
""",
        second="""\
name: second
summary: For a test.
steps:
  - tag: Delivered
    checkpoint: {}
  - after: 90x
    tag: InTransit
    checkpoint: {}
  - after: 1h
    status: 503
  - tag: Delivered
    checkpoint: {}
""",
        third="steps: [3, {status: 503}]\n",
    )
    told = run("validate", "case.yaml", "second.yaml", "third.yaml").stderr.splitlines()
    unlisted = "the step fails with 503, which flex-forward.yaml does not list"
    assert [re.split("; allowed|: no checkpoint|: after D|: the tag", line)[0] for line in told] == [
        'case.yaml:6: steps[1].after: "1 week"',
        "case.yaml:8: steps[2]: it breaks the law no-future-events",
        f"case.yaml:10: steps[3]: {unlisted}",
        'case.yaml:13: steps[4].tag: "Pendin"',
        'second.yaml:6: steps[1].after: "90x"',
        "second.yaml:6: steps[1]: it breaks the law terminal-stays",
        "second.yaml:6: steps[1]: it breaks the law status-advances",
        f"second.yaml:9: steps[2]: {unlisted}",
        "second.yaml:11: steps[3]: the step has no trigger",
        "third.yaml:1: no 'name'",
        "third.yaml:1: no 'summary'",
        "third.yaml:1: steps[0]: 3",
        "third.yaml:1: steps[1]: the step has no trigger",
        f"third.yaml:1: steps[1]: {unlisted}",
    ]


def test_a_step_without_its_checkpoint_is_told_the_usual_cure() -> None:
    steps = "  - tag: InTransit\n    checkpoint: {}\n  - after: 1h\n    tag: Exception\n"
    write(case=f"name: case\nsummary: For a test.\nsteps:\n{steps}", cured=f"name: cured\nsummary: A.\nsteps:\n{steps}")
    told = run("validate", "case.yaml").stderr
    assert "; allowed: 'checkpoint: {}' in the step, which reports the new tag or subtag as an event, or say " in told
    Path("cured.yaml").write_text(Path("cured.yaml").read_text() + "    checkpoint: {}\n")
    assert run("validate", "cured.yaml").exit_code == 0


def test_a_subtag_that_is_in_no_list_is_remarked_upon() -> None:
    write(
        case="""\
name: case
summary: For a test.
steps:
  - tag: InTransit
    subtag: InTransit_999
    checkpoint: {}
  - after: 1h
    checkpoint: {subtag: InTransit_998}
    subtag: InTransit_998
"""
    )
    ran = run("validate", "case.yaml")
    assert (ran.exit_code, ran.stdout) == (0, "1 good, 0 mistakes\n")
    assert ran.stderr.splitlines() == [
        f"case.yaml:{line}: steps[{index}]: remark: the subtag 'InTransit_{number}' is in no list; "
        "its message is that of InTransit_001"
        for line, index, number in ((4, 0, 999), (7, 1, 998), (7, 1, 998))
    ]


def test_validate_tells_of_a_path_that_the_system_refuses() -> None:
    name = "x" * 300
    ran = run("validate", name)
    assert (ran.exit_code, ran.stdout) == (2, "0 good, 1 mistake\n")
    assert ran.stderr == f"{name}: cannot be read (File name too long); allowed: a readable file or folder\n"


def test_whatever_can_be_shown_can_be_drawn(tmp_path: Path) -> None:
    write(everything=EVERYTHING)
    for name in ("ITE010TD-30m-x", "everything.yaml", "long-history"):
        file = tmp_path / "a.svg"
        assert run("show", name, "--svg", str(file)).exit_code == 0
        root = ElementTree.fromstring(file.read_text())
        assert (root.get("role"), root.get("aria-label", "").startswith("Timeline of ")) == ("img", True)
    unknown = run("show", "nothing-like-it", "--svg", str(tmp_path / "b.svg"))
    assert (unknown.exit_code, (tmp_path / "b.svg").exists()) == (2, False)


def test_a_drawing_is_written_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "delivered.svg"
    ran = run("show", "delivered", "--svg", str(file))
    assert (ran.exit_code, ran.stdout) == (0, f"Wrote {file}.\n")
    scenario = Catalogue()["delivered"]
    assert file.read_text() == draw_svg(lay_out(scenario)) + "\n", "the drawing that the page has"
    spans = ElementTree.fromstring(file.read_text()).findall("{http://www.w3.org/2000/svg}g")
    assert len(spans) == len(scenario.steps)
    refused = run("show", "delivered", "--svg", str(tmp_path / "no" / "a.svg"))
    assert refused.exit_code == 2
    assert "(No such file or directory); name a file in a folder that is there" in refused.stderr
