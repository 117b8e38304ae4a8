"""What each operation answers by itself: what the document shows, and what is answered without credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_mockserver.engine.prefer import PreferenceError

from .document_body import NotShownError, body_of, chosen
from .response_body import ResponseBody, phrase, undocumented

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_openapi import Contract, Operation, ResponseSpec

    from .document_body import DocumentBodies, Form
    from .tracking_bodies import ResponseBodies

__all__ = ["Examples"]

MOST_TRIED = 300
"""Operations up to which all answers are made at start, so that what cannot be made is told then."""


class Examples:
    """What each operation answers by itself.

    Args:
        contract: the document.
        documents: makes bodies of what it shows.
        tracking: the operation that shipments answer; its errors are made, not shown. None where there is none.
        bodies: makes those.
        made: ids of other operations whose answers are made, not shown.

    Attributes:
        notes: what is answered otherwise than the document shows it, in sentences.

    Raises:
        ContractError: an operation shows nothing to answer with, and nothing may be read past.
    """

    def __init__(
        self,
        contract: Contract,
        documents: DocumentBodies,
        tracking: Operation | None,
        bodies: ResponseBodies | None,
        made: tuple[str, ...] = (),
    ) -> None:
        self._contract = contract
        self._documents = documents
        self._tracking = tracking
        self._bodies = bodies
        self._made = (*made, *(() if tracking is None else (tracking.id,)))
        self._forms: dict[tuple[str, int], tuple[Form, ...]] = {}
        self._refusals: dict[str, ResponseBody] = {}
        self.notes: tuple[str, ...] = ()
        if contract.is_strict:
            self._check_all()
        elif len(contract.operations) <= MOST_TRIED:
            self.notes = tuple(self._all_notes())

    def refusal(self, operation: Operation) -> ResponseBody:
        """Return the 401 of an operation."""
        kept = self._refusals.get(operation.id)
        if kept is None:
            kept = self._refusals[operation.id] = self._refusal(operation)
        return kept

    def answer(
        self, operation: Operation, code: int | None, name: str | None, accept: str | None
    ) -> tuple[ResponseBody, str]:
        """Return what an operation answers from the document, and a note on it.

        Args:
            operation: not the tracking operation.
            code: the status that is wanted; None for its success.
            name: of the example that is wanted; None for the usual one.
            accept: the request's header.

        Raises:
            PreferenceError: there is no example of that name.
        """
        status = code or self.success(operation)
        response = None if status is None else operation.response(status)
        if status is None or response is None:
            text = f"{self._contract.source} lists no response of {operation.method} {operation.path}"
            return undocumented(501, text, "undocumented-status"), text
        try:
            forms = self._shown(operation, status, response)
        except NotShownError as error:
            text = f"{operation.method} {operation.path} with {status}: {error}"
            return undocumented(501, text, "undocumented-status"), text
        if not forms:
            return ResponseBody(status=status, content=b""), "answered as the document says, without a body"
        form = chosen(forms, accept) or (forms[0] if status >= 300 else None)
        if form is None:
            listed = ", ".join(entry.media_type for entry in forms)
            text = f"{operation.method} {operation.path} has no body of the media type {accept}; allowed: {listed}"
            return undocumented(406, text), text
        body = body_of(form, status, name, accept)
        if body is None:
            names = ", ".join(filter(None, form.shown)) or "none, since none has a name"
            raise PreferenceError(
                f"Prefer: example={name} is not an example of {operation.method} {operation.path} with {status}; "
                f"allowed: {names}"
            )
        made = f", but for made values of {', '.join(place or 'the body' for place in form.made)}" if form.made else ""
        return body, f"answered from the document's example{made}"

    def find(self, operation: Operation, status: int) -> ResponseBody | None:
        """Return what an operation shows of a status; None if it shows nothing of it."""
        if operation.id in self._made and self._bodies is not None and status >= 300 and status != 400:
            own = None if operation is self._tracking else operation
            return None if operation.response(status) is None else self._bodies.failure(status, operation=own)
        response = operation.response(status)
        try:
            forms = () if response is None else self._shown(operation, status, response)
        except NotShownError:
            return None
        if response is not None and not forms:
            return ResponseBody(status=status, content=b"")
        return body_of(forms[0], status, None) if forms else None

    def statuses(self, operation: Operation) -> tuple[int, ...]:
        """Return the statuses that an operation shows, ascending."""
        return tuple(status for status in operation.statuses if self.find(operation, status) is not None)

    def success(self, operation: Operation) -> int | None:
        """Return the status that an operation answers with: its lowest success, else what the document lists first."""
        successes = [status for status in operation.statuses if 200 <= status < 300]
        if successes:
            return min(successes)
        if self._contract.is_strict:
            return None
        for name, status in (("2XX", 200), ("default", 200)):
            if name in operation.responses:
                return status
        first = next(iter(operation.responses), None)
        return None if first is None else int(first.replace("X", "0"))

    def _shown(self, operation: Operation, status: int, response: ResponseSpec) -> tuple[Form, ...]:
        kept = self._forms.get((operation.id, status))
        if kept is None:
            kept = self._forms[operation.id, status] = self._documents.forms(response)
        return kept

    def _refusal(self, operation: Operation) -> ResponseBody:
        if self._bodies is not None and operation.response(401) is not None:
            return self._bodies.failure(401, operation=operation)
        # HTTP needs one even where the document forgot it
        return self.find(operation, 401) or undocumented(401, phrase(401), "undocumented-status")

    def _check_all(self) -> None:
        """Make every body, so that what cannot be made is told at start; only an error may go without one."""
        for operation in self._contract.operations:
            is_tracking = operation.id in self._made
            if self.success(operation) is None and not is_tracking:
                raise self._contract.mistake(
                    f"{operation.pointer}/responses", found="no success stands here", allowed="a 2XX status"
                )
            for status in operation.statuses:
                response = operation.responses[str(status)]
                if is_tracking and status >= 300:
                    continue
                try:
                    self._shown(operation, status, response)
                except NotShownError as error:
                    if 200 <= status < 300 and not is_tracking:
                        raise self._contract.mistake(
                            response.pointer, found=str(error), allowed="an example, default, const or enum there"
                        ) from error
            self.refusal(operation)

    def _all_notes(self) -> Iterator[str]:
        """Yield which operations answer with made values, and which cannot answer."""
        made: list[str] = []
        for operation in self._contract.operations:
            status = self.success(operation)
            if operation.id in self._made:
                continue
            name = f"{operation.method} {operation.path}"
            response = None if status is None else operation.response(status)
            if status is None or response is None:
                yield f"{name}: answered with 501, since the document lists no response"
                continue
            try:
                forms = self._shown(operation, status, response)
            except NotShownError as error:
                yield f"{name}: answered with 501, since {error}"
                continue
            if any(form.made for form in forms):
                made.append(name)
        if made:
            yield f"answered with values made of type, format and bounds, since the document shows none: {_few(made)}"


def _few(names: list[str], most: int = 5) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
