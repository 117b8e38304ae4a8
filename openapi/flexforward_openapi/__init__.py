"""The contract of the Flex Forward tracking API: the document, how it is read, and what keeps it."""

from __future__ import annotations

from .contract import (
    CONTRACT_FILE,
    LABELS_FILE,
    OWN_PREFIX,
    Alternative,
    Content,
    Contract,
    Operation,
    Parameter,
    RequestBody,
    ResponseSpec,
    Scheme,
)
from .errors import ContractError, FlexforwardMockError, Mistake, MistakesError
from .place import Place, place_at
from .reading.contract_reader import load_contract
from .reading.served_contract import load_served_contract, with_labels
from .sample import NoSampleError, Sample, Sampler, shown_values
from .suggestion import did_you_mean, nearest
from .validation import STRICT_FILE, BodyMistake, Validation
from .yaml_text import InlineValue, Json, YamlText, as_list, as_mapping, read_text

__all__ = [
    "CONTRACT_FILE",
    "LABELS_FILE",
    "OWN_PREFIX",
    "STRICT_FILE",
    "Alternative",
    "BodyMistake",
    "Content",
    "Contract",
    "ContractError",
    "FlexforwardMockError",
    "InlineValue",
    "Json",
    "Mistake",
    "MistakesError",
    "NoSampleError",
    "Operation",
    "Parameter",
    "Place",
    "RequestBody",
    "ResponseSpec",
    "Sample",
    "Sampler",
    "Scheme",
    "Validation",
    "YamlText",
    "as_list",
    "as_mapping",
    "did_you_mean",
    "load_contract",
    "load_served_contract",
    "nearest",
    "place_at",
    "read_text",
    "shown_values",
    "with_labels",
]
