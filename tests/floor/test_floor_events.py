"""Rare facts that a loader tells its listeners."""

import dataclasses
import pickle
import typing

import pytest

from aliquot import events

FAILED = events.SampleFailed(
    epoch=1, place=7, index=3, path="a.jpg", reason="OSError: broken", action="skipped"
)
KINDS = typing.get_args(events.Event)


def test_every_event_is_in_the_union():
    """None is defined that a listener's `match` would not know."""
    found = {kind for kind in vars(events).values() if dataclasses.is_dataclass(kind)}
    assert found == {*KINDS}


@pytest.mark.parametrize("event", [FAILED, events.EpochEnded(epoch=3)])
def test_an_event_is_a_fact(event):
    """It cannot be changed, equals another with the same content, and can be a key."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.epoch = 5
    again = pickle.loads(pickle.dumps(event))
    assert event == again
    assert len({event, again}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_is_made_by_names(kind):
    """So that a field can be added."""
    names = [field.name for field in dataclasses.fields(kind)]
    with pytest.raises(TypeError, match="positional"):
        kind(*names)
    assert repr(kind(**dict.fromkeys(names, 1))).startswith(f"{kind.__name__}({names[0]}=1")
