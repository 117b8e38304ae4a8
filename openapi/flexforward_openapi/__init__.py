"""The contract of the Flex Forward tracking API: the document, how it is read, and what keeps it."""

from __future__ import annotations

from .contract import (
    CONTRACT_FILE,
    OWN_PREFIX,
    Alternative,
    Contract,
    Operation,
    Parameter,
    ResponseSpec,
    Scheme,
    load_contract,
)
from .errors import ContractError, FlexforwardMockError, Mistake, MistakesError
from .sample import NoSampleError, sample
from .suggestion import did_you_mean, nearest
from .validation import STRICT_FILE, Validation
from .yaml_text import Json, YamlText, as_list, as_mapping, read_text

__all__ = [
    "CONTRACT_FILE",
    "OWN_PREFIX",
    "STRICT_FILE",
    "Alternative",
    "Contract",
    "ContractError",
    "FlexforwardMockError",
    "Json",
    "Mistake",
    "MistakesError",
    "NoSampleError",
    "Operation",
    "Parameter",
    "ResponseSpec",
    "Scheme",
    "Validation",
    "YamlText",
    "as_list",
    "as_mapping",
    "did_you_mean",
    "load_contract",
    "nearest",
    "read_text",
    "sample",
]
