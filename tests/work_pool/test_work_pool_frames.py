"""What a pool and its worker processes say to each other."""

import io

import pytest

from aliquot.work_pool._frames import Reply, Request, receive, send


def test_messages_come_one_after_the_other():
    """As they were sent."""
    messages = [Request({1: b"x"}, [2], b"task"), Reply(True, b"outcome"), ["a", "path"]]
    stream = io.BytesIO()
    for message in messages:
        send(stream, message)
    stream.seek(0)
    assert messages == [receive(stream) for _ in messages]


@pytest.mark.parametrize("left", [0, 3, 8, 12])
def test_a_message_that_is_cut_off_is_the_end(left):
    """Its sender is gone."""
    stream = io.BytesIO()
    send(stream, "a message")
    with pytest.raises(EOFError):
        receive(io.BytesIO(stream.getvalue()[:left]))
