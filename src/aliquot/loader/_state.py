"""What is saved of a loader, and what is refused when it is loaded."""

import hashlib
from collections.abc import Mapping
from typing import Any

from aliquot.errors import StateError
from aliquot.sampling import ORDER_VERSION

_VERSION = 1


def recipe_of(*, length: int | None, sampling: str, seed: int) -> dict[str, Any]:
    """Give what an order is made of, as a part of the state."""
    digest = hashlib.blake2b(sampling.encode(), digest_size=6).hexdigest()
    return {
        "order": ORDER_VERSION,
        "length": length,
        "sampling": f"{sampling[:40]}#{digest}",
        "seed": seed,
    }


def fingerprint(recipe: Mapping[str, Any]) -> str:
    """Give a short hash of a recipe."""
    text = repr(sorted(recipe.items()))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def make_state(recipe: Mapping[str, Any], position: Mapping[str, Any]) -> dict[str, Any]:
    """Join recipe and position."""
    return {"aliquot": _VERSION, **position, **recipe}


def check_state(state: Any, recipe: Mapping[str, Any], *, adopt_seed: bool) -> None:
    """Refuse a state of another recipe, with what differs."""
    if not isinstance(state, Mapping) or "aliquot" not in state:
        raise StateError(f"expected a state that a loader's state_dict() gave, not {state!r:.80}")
    if state["aliquot"] != _VERSION:
        raise StateError(f"the state has format {state['aliquot']!r}, and this is {_VERSION}")
    adopted = {"interleaved", "seed"} if adopt_seed else {"interleaved"}
    differing = [
        f"{name} is {state.get(name)!r} in the state and {value!r} here"
        for name, value in recipe.items()
        if state.get(name) != value and name not in adopted
    ]
    if differing:
        advice = ""
        if state.get("codec") != recipe.get("codec"):
            advice = "; ImageFiles(codec=...) chooses what decodes, `aliquot info` tells what can"
        raise StateError("the state belongs to another recipe: " + "; ".join(differing) + advice)
    for name, limit in (("epoch", 2**64), ("place", 2**63), ("seed", 2**64), ("step", 2**63)):
        value = state.get(name, 0 if name == "step" else None)
        if type(value) is not int or not 0 <= value < limit:
            raise StateError(f"{name} must be an integer of 0 or more in the state, not {value!r}")
    laid_out = state.get("interleaved")
    if "interleaved" in recipe and (type(laid_out) is not int or not 1 <= laid_out < 2**63):
        raise StateError(f"interleaved must be a batch size in the state, not {laid_out!r}")
    if recipe["length"] is not None and state["place"] > recipe["length"]:
        raise StateError(
            f"place {state['place']} in the state lies beyond the {recipe['length']} of an epoch"
        )
