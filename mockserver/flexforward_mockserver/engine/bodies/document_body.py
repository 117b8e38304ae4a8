"""Bodies that the document itself shows, in each of the media types that it lists for an operation's status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from flexforward_openapi import NoSampleError
from flexforward_openapi.media_type import choose, concrete, is_json, name_of

from .response_body import ResponseBody

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_openapi import Content, Contract, Json, ResponseSpec, Sampler, Validation

__all__ = ["DocumentBodies", "Form", "NotShownError", "body_of", "chosen"]


class NotShownError(LookupError):
    """The document does not show enough to answer with; the text says of what."""


class Form(msgspec.Struct, frozen=True):
    """The bodies of one media type.

    Attributes:
        media_type: as the document writes it; may be a range.
        shown: bodies by the names of their examples, the usual one first.
        made: places whose values are made, since the document shows none.
    """

    media_type: str
    shown: dict[str, bytes]
    made: tuple[str, ...] = ()


class DocumentBodies:
    """Makes the bodies that a document shows of its responses.

    Args:
        contract: the document.
        validation: its compiled schemas.
        sampler: finds what the document shows.
    """

    def __init__(self, contract: Contract, validation: Validation, sampler: Sampler) -> None:
        self._contract = contract
        self._validation = validation
        self._sampler = sampler

    def forms(self, response: ResponseSpec) -> tuple[Form, ...]:
        """Return a response's bodies, JSON first, else in the document's order; empty if it has no body.

        Raises:
            NotShownError: it has one, and nothing that its schema takes is shown or can be made.
            ContractError: an example breaks its own schema, and nothing may be read past.
        """
        contents = sorted(response.contents, key=lambda content: not is_json(content.media_type))
        forms: list[Form] = []
        lacking: list[str] = []
        for content in contents:
            try:
                forms.append(self._json(content) if is_json(content.media_type) else self._text(content))
            except NotShownError as error:
                lacking.append(str(error))
        if lacking and not forms:
            raise NotShownError(lacking[0])
        return tuple(forms)

    def _json(self, content: Content) -> Form:
        if content.schema in ({}, True):
            if not content.examples and self._contract.is_strict:
                raise NotShownError("the document shows no value for the body")
            if not content.examples:
                return Form(content.media_type, {"": b"{}"}, ("",))
            shown = {name: msgspec.json.encode(value) for name, value in content.examples.items()}
            return Form(content.media_type, shown)
        shown = {name: msgspec.json.encode(value) for name, value in self._true_examples(content)}
        if shown:
            return Form(content.media_type, shown)
        value, made = self._sample(content)
        return Form(content.media_type, {"": msgspec.json.encode(value)}, made)

    def _text(self, content: Content) -> Form:
        """Return the bodies of another media type than JSON: texts as they are, other values written as JSON."""
        is_markup = "xml" in name_of(content.media_type)
        is_free = is_markup or content.schema == {}  # a schema says how XML is read, not what its text is
        examples = content.examples if is_free else dict(self._true_examples(content))
        shown = {name: _written(value) for name, value in examples.items() if isinstance(value, str) or not is_markup}
        if shown:
            return Form(content.media_type, shown)
        if is_free:
            raise NotShownError(f"the document shows no {content.media_type}")
        value, made = self._sample(content)
        return Form(content.media_type, {"": _written(value)}, made)

    def _true_examples(self, content: Content) -> Iterator[tuple[str, Json]]:
        """Yield the examples that their own schema takes; where nothing is read past, all have to be."""
        for name, value in content.examples.items():
            problems = self._validation.problems(content, value, strict=False)
            if not problems:
                yield name, value
            elif self._contract.is_strict:
                raise self._contract.mistake(
                    content.pointer,
                    found=f"its example breaks its own schema: {problems[0]}",
                    allowed="a true example",
                )

    def _sample(self, content: Content) -> tuple[Json, tuple[str, ...]]:
        try:
            sample = self._sampler.sample(content.pointer, may_make=not self._contract.is_strict)
        except NoSampleError as error:
            raise NotShownError(f"the document shows no value for {error.place or 'the body'}") from error
        return sample.value, sample.made


def chosen(forms: tuple[Form, ...], accept: str | None) -> Form | None:
    """Return the form that a request prefers; None if it takes none of them."""
    index = choose(accept, [form.media_type for form in forms])
    return None if index is None else forms[index]


def body_of(form: Form, status: int, name: str | None, accept: str | None = None) -> ResponseBody | None:
    """Return a form's body, the usual one where no example's name is given; None if there is none of that name."""
    content = next(iter(form.shown.values())) if name is None else form.shown.get(name)
    if content is None:
        return None
    return ResponseBody(status=status, content=content, media_type=concrete(form.media_type, accept).encode())


def _written(value: Json) -> bytes:
    return value.encode() if isinstance(value, str) else msgspec.json.encode(value)
