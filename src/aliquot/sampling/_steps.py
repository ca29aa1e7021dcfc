"""How many batches there are."""

from aliquot._arguments import check_batch_size


def num_batches(n: int, batch_size: int) -> int:
    """Count the batches that cover `n` samples, the last of which may be short.

    Parameters
    ----------
    n : int
        Number of samples.
    batch_size : int
        Samples a batch, 1 or more.

    Returns
    -------
    int
        ``n / batch_size``, rounded up.

    Raises
    ------
    ArgumentError
        If `batch_size` is less than 1 (a `ValueError`).

    Examples
    --------
    >>> num_batches(20, 5), num_batches(21, 5)
    (4, 5)
    """
    return -(-n // check_batch_size(batch_size))
