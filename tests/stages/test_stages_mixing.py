"""Partners and shares: their distributions, and where they come from."""

import numpy as np
import pytest
from stages_cases import draws

from aliquot._random import Draws
from aliquot.errors import ArgumentError, ArgumentTypeError
from aliquot.stages._mixing import blend, check_mixing, partners, shares

ALPHAS = [0.05, 0.2, 1.0, 4.0, 100.0]
MANY = 40_000


def beta_cdf(alpha, x):
    """Integrate the density of Beta(alpha, alpha) up to each `x`.

    Up to 1/2, with s = x**alpha, its singularity at 0 is gone; beyond, it is symmetric.
    """
    power = min(alpha, 1)
    s = np.linspace(0, 0.5**power, 20_001)
    y = s ** (1 / power)
    density = y ** (alpha - power) * (1 - y) ** (alpha - 1)
    area = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    lower = np.interp(np.minimum(x, 1 - x) ** power, s, area / area[-1] / 2)
    return np.where(x < 0.5, lower, 1 - lower)


def test_the_numerical_distribution_is_right():
    """Where it is known: Beta(1, 1) is uniform, and Beta(2, 2) a polynomial."""
    x = np.linspace(0, 1, 101)
    assert np.allclose(beta_cdf(1, x), x, atol=1e-6)
    assert np.allclose(beta_cdf(2, x), 3 * x**2 - 2 * x**3, atol=1e-6)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_mean_and_variance_of_shares(alpha):
    """1/2 and 1 / (8 alpha + 4), within four standard errors."""
    found = shares(draws(MANY), alpha)
    variance = 1 / (8 * alpha + 4)
    assert abs(found.mean() - 0.5) < 4 * np.sqrt(variance / MANY)
    fourth = 3 * (2 * alpha + 1) / (2 * alpha + 3) * variance**2
    assert abs(found.var() - variance) < 4 * np.sqrt((fourth - variance**2) / MANY)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("seed", [0, 1])
def test_shares_are_distributed_as_beta(alpha, seed):
    """Kolmogorov and Smirnov's distance is one that chance exceeds in 1 case in 1000.

    It is taken below 0.999, as floats near 1 are too coarse for a small alpha.
    """
    found = np.sort(shares(draws(MANY, seed), alpha))
    below = found[found < 0.999]
    expected = beta_cdf(alpha, below)
    steps = np.arange(len(below) + 1) / MANY
    distance = max((steps[1:] - expected).max(), (expected - steps[:-1]).max())
    assert distance * np.sqrt(MANY) < 1.95


@pytest.mark.parametrize("alpha", [5e-324, 1e-300, 1e-5, 0.01, 1e8, 1e20, 1e308])
def test_extreme_shares_are_numbers(alpha):
    """Nothing overflows, and there are 0 and 1, or 1/2, as there must be."""
    found = shares(draws(1000), alpha)
    assert np.isfinite(found).all()
    if alpha < 1:
        assert np.isin(found, [0, 1]).mean() > 0.2
        assert abs(found.mean() - 0.5) < 0.07
    else:
        assert np.allclose(found, 0.5, atol=1e-3)


def test_shares_are_those_of_their_places():
    """The samples beside them do not matter."""
    whole = shares(draws(20), 0.2)
    part = shares(Draws(0, 0, 0, np.arange(5, 9)), 0.2)
    assert part.tolist() == whole[5:9].tolist()


@pytest.mark.parametrize("n", [2, 3, 8, 100])
def test_partners_are_others_and_each_is_one_once(n):
    """They stand in one circle."""
    found = partners(draws(n))
    circle = [0]
    while found[circle[-1]] != 0:
        circle.append(found[circle[-1]])
    assert sorted(circle) == list(range(n))


@pytest.mark.parametrize("n", [0, 1])
def test_whoever_is_alone_is_its_own_partner(n):
    """There is no other."""
    assert partners(draws(n)).tolist() == list(range(n))


def test_partners_are_uniform():
    """Each of the others as often, by a chi-squared test that chance fails in 1 case in 1000."""
    n, rounds = 6, 5000
    found = np.array([partners(draws(n, seed)) for seed in range(rounds)])
    counts = np.array([np.bincount(found[:, row], minlength=n) for row in range(n)])
    assert np.diag(counts).tolist() == [0] * n
    expected = rounds / (n - 1)
    others = counts[~np.eye(n, dtype=bool)].reshape(n, n - 1)
    assert ((others - expected) ** 2 / expected).sum(axis=1).max() < 18.5 + 4  # 6 rows, 4 degrees


@pytest.mark.parametrize("shape", [(6, 3), (6, 100, 1000)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_blend_is_the_formula(shape, dtype):
    """Also where it is done in blocks."""
    rng = np.random.default_rng(0)
    array, partner, share = rng.random(shape).astype(dtype), np.roll(np.arange(6), 2), rng.random(6)
    column = share.reshape(-1, *[1] * (len(shape) - 1))
    own, other = column.astype(dtype), (1 - column).astype(dtype)
    expected = own * array + other * array[partner]
    found = blend(array, partner, share, dtype)
    assert found.dtype == dtype
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((0, 0, 1), ArgumentError),
        ((-1, 0, 1), ArgumentError),
        ((np.inf, 0, 1), ArgumentError),
        ((np.nan, 0, 1), ArgumentError),
        (("many", 0, 1), ArgumentTypeError),
        ((None, 0, 1), ArgumentTypeError),
        ((1, None, 1), ArgumentTypeError),
        ((1, 0, 1.5), ArgumentTypeError),
        ((1, 1, 1), ArgumentError),
    ],
)
def test_arguments_that_cannot_be_used(arguments, error):
    """They are refused."""
    with pytest.raises(error):
        check_mixing(*arguments)
