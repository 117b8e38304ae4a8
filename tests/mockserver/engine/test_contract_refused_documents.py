from __future__ import annotations

import re

import pytest

from changing_kit import Changing, answers_with
from flexforward_openapi import OWN_PREFIX


def test_a_second_path_of_the_trackings_shape_is_refused(changing: Changing) -> None:
    parameters = [{"name": "number", "in": "path"}]
    changing.add("/tracking/{number}", parameters=parameters, responses={"200": answers_with("any")})
    assert changing.refusal() == (
        "<get:> paths./tracking/{number}.get: it takes the same requests as /tracking/{id};"
        " allowed: a path that differs in more than its parameters' names"
    )


def test_a_path_where_the_mocks_own_stand_is_refused(changing: Changing) -> None:
    changing.add(f"{OWN_PREFIX}/labels", responses={"200": answers_with("any")})
    assert changing.refusal() == (
        "</_mock/labels:> paths./_mock/labels: the path '/_mock/labels';"
        " allowed: one outside /_mock, which is the mock's own"
    )


def test_a_header_that_http_cannot_carry_is_refused(changing: Changing) -> None:
    changing.schemes["apiKey"]["name"] = "x key"
    assert changing.refusal() == (
        "<apiKey:> components.securitySchemes.apiKey: an API key named 'x key' in header;"
        " allowed: letters, digits and !#$%&'*+-.^_`|~"
    )


def test_a_contract_without_the_tracking_operation_is_refused_where_nothing_is_read_past(changing: Changing) -> None:
    changing.operation["operationId"] = "track"
    assert changing.refusal() == (
        "<paths:> paths: no operation has the operationId getTracking;"
        " allowed: one that has: it is the one that shipments answer"
    )


@pytest.mark.parametrize(
    ("path", "count"), [pytest.param("/tracking", 0, id="none"), pytest.param("/{kind}/{id}", 2, id="two")]
)
def test_the_tracking_operation_must_have_one_parameter_in_its_path(changing: Changing, path: str, count: int) -> None:
    names = re.findall(r"\{(.*?)\}", path)
    operation = {**changing.operation, "parameters": [{"name": name, "in": "path"} for name in names]}
    changing.document["paths"] = {path: {"get": operation}}
    assert changing.refusal() == f"<get:> paths.{path}.get: {count} parameters in its path; allowed: one"
