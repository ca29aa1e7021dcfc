"""Applying a function to all batches and gathering the results."""

import numpy as np
import pytest

from aliquot.data_source import ArrayDataSource, batch_map_concat, batch_map_mean
from aliquot.errors import BatchError

X = np.arange(5.0)


def batches():
    return iter([(X[:2],), (X[2:4],), (X[4:],)])


def test_results_are_joined_sample_after_sample():
    """One array a result."""
    doubled, negated = batch_map_concat(lambda x: (x * 2, -x), batches())
    assert ((X * 2).tolist(), (-X).tolist()) == (doubled.tolist(), negated.tolist())


def test_one_array_is_a_tuple_of_one():
    """So that the result is always unpacked in the same way."""
    (squares,) = batch_map_concat(lambda x: x**2, batches())
    assert (X**2).tolist() == squares.tolist()


def test_lists_of_samples_are_joined():
    """Results that differ in shape."""
    (rows,) = batch_map_concat(lambda x: ([np.zeros(int(i)) for i in x],), batches())
    assert [len(row) for row in rows] == [0, 1, 2, 3, 4]


def test_a_list_of_results_is_taken_as_a_tuple_of_them():
    """As everywhere a function may return a list."""
    doubled, negated = batch_map_concat(lambda x: [x * 2, -x], batches())
    assert ((X * 2).tolist(), (-X).tolist()) == (doubled.tolist(), negated.tolist())


@pytest.mark.parametrize("gather", [batch_map_concat, batch_map_mean])
def test_no_results_at_all_are_none(gather):
    """A function that is called for what it does."""
    seen = []
    assert gather(lambda x: seen.extend(x.tolist()), batches()) is None
    assert X.tolist() == seen


@pytest.mark.parametrize("gather", [batch_map_concat, batch_map_mean])
def test_no_batches_give_none(gather):
    """There is nothing to gather."""
    assert gather(lambda x: x, iter([])) is None


def test_none_for_some_batches_leaves_them_out():
    """The others are joined."""
    (found,) = batch_map_concat(lambda x: x if 2 in x else None, batches())
    assert found.tolist() == [2, 3]


def test_the_mean_of_sums_is_over_samples():
    """Short batches weigh less."""
    assert batch_map_mean(lambda x: x.sum(), batches()) == (X.mean(),)


@pytest.mark.parametrize(
    "number", [lambda x: float(x.sum()), lambda x: int(x.sum()), lambda x: (x.sum(), 5)]
)
def test_the_mean_takes_numbers_of_all_kinds(number):
    """Python's and NumPy's."""
    assert X.mean() == batch_map_mean(number, batches())[0]


def test_the_mean_sums_along_an_axis_first():
    """Results with one value a sample."""
    (found,) = batch_map_mean(lambda x: np.stack([x, -x], axis=1), batches(), sum_axis=0)
    assert [X.mean(), -X.mean()] == found.tolist()


def test_the_mean_leaves_the_functions_arrays_alone():
    """The first result is not added to in place."""
    total = np.zeros(1)
    batch_map_mean(lambda x: total, batches())
    assert total.tolist() == [0]


@pytest.mark.parametrize("gather", [batch_map_concat, batch_map_mean])
def test_dict_batches_are_one_argument(gather):
    """By name inside the function."""
    source = ArrayDataSource({"x": X, "y": X})
    (expected,) = gather(lambda x: x, iter([(X,)]), **_sums(gather))
    method = getattr(source, gather.__name__)
    (found,) = method(lambda batch: batch["x"], batch_size=2, **_sums(gather))
    np.testing.assert_array_equal(expected, found)


def _sums(gather):
    return {"sum_axis": 0} if gather is batch_map_mean else {}


@pytest.mark.parametrize("gather", [batch_map_concat, batch_map_mean])
def test_only_some_batches(gather):
    """The iterator can be read on."""
    left = batches()
    gather(lambda x: x.sum(keepdims=True), left, n_batches=2)
    assert [batch.tolist() for (batch,) in left] == [[4]]


@pytest.mark.parametrize("gather", [batch_map_concat, batch_map_mean])
def test_arguments_before_the_batch(gather):
    """Such as a model."""
    seen = []
    gather(lambda *args: seen.append(args[:2]), batches(), prepend_args=("model", 3))
    assert seen == [("model", 3)] * 3


@pytest.mark.parametrize("method", ["batch_map_concat", "batch_map_mean"])
def test_progress_is_shown_as_tqdm_wants_it(method):
    """With the number of batches, and no line left behind."""
    seen = []

    def progress(iterator, total=None, leave=True):
        seen.append((total, leave))
        for item in iterator:
            seen.append(len(item[0]))
            yield item

    source = ArrayDataSource([X])
    getattr(source, method)(lambda x: None, batch_size=2, progress_iter_func=progress)
    assert seen == [(3, False), 2, 2, 1]


@pytest.mark.parametrize("result", ["text", {"a": X}, iter([])], ids=["str", "dict", "iterator"])
@pytest.mark.parametrize("gather", [batch_map_concat, batch_map_mean])
def test_what_is_no_result_is_refused(gather, result):
    """The message names the function and what came."""
    with pytest.raises(BatchError) as caught:
        gather(lambda x: result, batches())
    message = str(caught.value)
    assert f"{__file__}:" in message
    assert "must return an array, a number, a tuple of these or None" in message
    assert message.endswith(type(result).__name__)


def test_a_number_cannot_be_joined():
    """There is no sample in it; the message names the function."""
    with pytest.raises(BatchError, match=r"test_data_source_batch_map\.py:\d+"):
        batch_map_concat(lambda x: x.sum(), batches())


@pytest.mark.parametrize("gather", [batch_map_concat, batch_map_mean])
def test_a_failing_function_raises_its_own_error_with_a_note(gather):
    """Which function it was, and what it was given."""

    def fail(x):
        raise ZeroDivisionError("by hand")

    with pytest.raises(ZeroDivisionError, match="by hand") as caught:
        gather(fail, batches())
    (note,) = caught.value.__notes__
    assert note.endswith("given (float64 (2,),)")
