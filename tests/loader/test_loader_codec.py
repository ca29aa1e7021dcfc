"""What decodes samples is a part of what they are."""

import pytest
from PIL import Image

from aliquot import Loader
from aliquot.errors import StateError
from aliquot.image import ImageFiles


class Decoded(list):
    """Samples that something decodes."""

    codec = "one"


def test_report_and_state_name_the_codec(tmp_path):
    """That which is in use."""
    path = tmp_path / "a.jpg"
    Image.new("RGB", (30, 20)).save(path)
    photos = ImageFiles([path], size=(4, 4))
    with Loader([photos, [1]], batch_size=1, seed=0) as loader:
        next(iter(loader))
        assert f"decoded by {photos.codec}" in str(loader.report())
        assert loader.state_dict()["codec"] == photos.codec


def test_a_state_of_another_codec_is_refused():
    """The batches would differ in their last bits."""
    state = Loader([Decoded([1, 2])], batch_size=1, seed=0).state_dict()
    other = Decoded([1, 2])
    other.codec = "two"
    with pytest.raises(StateError, match=r"codec is 'one' in the state and 'two' here; .*codec="):
        Loader([other], batch_size=1, seed=0).load_state_dict(state)


def test_codecs_of_several_columns_are_named_together():
    """Each once."""
    other = Decoded([1, 2])
    other.codec = "two"
    columns = {"a": Decoded([1, 2]), "b": other, "c": Decoded([3, 4])}
    assert Loader(columns, batch_size=1, seed=0).state_dict()["codec"] == "one, two"


def test_without_a_codec_the_state_names_none():
    """Numbers are not decoded."""
    loader = Loader([[1, 2]], batch_size=1, seed=0)
    assert "codec" not in loader.state_dict()
    assert "decoded by" not in str(loader.report())
