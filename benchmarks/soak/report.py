"""What a soak found, as Markdown, and whether it is as it has to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .abuse import OVERSIZED
from .memory import LIMIT, WARM_UP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .findings import Findings
    from .memory import Memory

__all__ = ["Verdict", "report", "verdicts"]

_SLOWER: Final = 2.0
_LONGEST_MS: Final = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One thing that was watched.

    Attributes:
        holds: None where the run was too short to tell.
    """

    what: str
    found: str
    limit: str
    holds: bool | None


def verdicts(findings: Findings, memory: Memory, *, is_warm: bool) -> tuple[Verdict, ...]:
    """Judge a run.

    Args:
        findings: of all who sent traffic.
        memory: of the server.
        is_warm: the server's journals were full when the warm-up ended; else its memory cannot be judged.
    """
    alone, abused = findings.alone, findings.abused
    ratio = abused.quantile_ms(0.99) / (alone.quantile_ms(0.99) or 1.0)
    greatest_ms = abused.greatest_s * 1000
    refused = sum(findings.abuse[f"oversized {name} refused"] for name in OVERSIZED)
    oversized = sum(count for what, count in findings.abuse.items() if what.startswith("oversized "))
    return (
        Verdict(
            what="memory (RSS), grown since the warm-up",
            found=f"{memory.growth:+.1%}: {memory.warm_kib / 1024:.1f} to {memory.end_kib / 1024:.1f} MiB",
            limit=f"at most {LIMIT:.0%}",
            holds=memory.growth <= LIMIT if is_warm else None,
        ),
        Verdict(
            what="requests without an answer, though nobody had ordered that",
            found=f"{findings.unanswered:,} of {findings.asked.total():,}",
            limit="none",
            holds=not findings.unanswered,
        ),
        Verdict(
            what="answers that were not as they should be; steps that were lost, doubled or out of order",
            found=f"{findings.problem_count:,} (counted polls of labels that several asked for: {findings.polls:,})",
            limit="none",
            holds=not findings.problem_count,
        ),
        Verdict(
            what="p99 of an ordinary read with abusers, over without",
            found=f"{ratio:.2f}: {abused.quantile_ms(0.99):.2f} ms, {alone.quantile_ms(0.99):.2f} ms",
            limit=f"at most {_SLOWER:g}",
            holds=ratio <= _SLOWER,
        ),
        Verdict(
            what="slowest ordinary read with abusers (without)",
            found=f"{greatest_ms:.0f} ms ({alone.greatest_s * 1000:.0f} ms)",
            limit=f"at most {_LONGEST_MS:.0f} ms",
            holds=greatest_ms <= _LONGEST_MS,
        ),
        Verdict(
            what="heads of a megabyte refused, by a 4xx or by closing",
            found=f"{refused:,} of {oversized:,}",
            limit="all",
            holds=refused == oversized,
        ),
    )


def report(judged: tuple[Verdict, ...], findings: Findings, memory: Memory, method: Mapping[str, str]) -> str:
    """Lay out a table of what was watched, then the traffic and the method as a list."""
    held = {True: "yes", False: "**no**", None: "too short to tell"}
    asked = ", ".join(f"{what} {count:,}" for what, count in findings.asked.most_common() if "fault" not in what)
    faults = sum(count for what, count in findings.asked.items() if what.startswith("fault "))
    kinds = sum(what.startswith("fault ") for what in findings.asked)
    per_sandbox = (memory.end_kib - memory.warm_kib) * 1024 / (findings.sandboxes * (0.9 - WARM_UP) or 1)
    latencies = (
        f"{name} p50 {one.quantile_ms(0.5):.2f}, p99 {one.quantile_ms(0.99):.2f}, p99.9 {one.quantile_ms(0.999):.2f}, "
        f"greatest {one.greatest_s * 1000:.1f} ms of {one.buckets.total():,}"
        for name, one in (("without abusers", findings.alone), ("with abusers", findings.abused))
    )
    abuse = ", ".join(f"{what} {count:,}" for what, count in sorted(findings.abuse.items()))
    lines = (
        "# Soak",
        "",
        "Written by `make soak`, which sends mixed traffic to one server, as fast as it goes.",
        "",
        "| what | found | limit | held |",
        "|---|---|---|---|",
        *(f"| {one.what} | {one.found} | {one.limit} | {held[one.holds]} |" for one in judged),
        "",
        f"- traffic: {asked}, requests under a fault {faults:,} of {kinds} kinds; {findings.sandboxes:,} sandboxes "
        f"made and deleted; {findings.ordered:,} requests got no whole answer, by order.",
        f"- memory: medians of a tenth of the run, the first one after {WARM_UP:.0%} of it, when the journals that "
        f"stay are full. The difference is {per_sandbox:+.0f} bytes for each sandbox made in between; the most at any "
        f"time was {max(memory.samples) / 1024:.1f} MiB.",
        f"- latency of a read by a client of its own, beside all the other traffic: {'; '.join(latencies)}.",
        f"- abusers, there in every second span of the run: {abuse}.",
        *(f"- problem: {problem}" for problem in findings.problems),
        *(f"- {name}: {fact}" for name, fact in method.items()),
    )
    return "\n".join(lines) + "\n"
