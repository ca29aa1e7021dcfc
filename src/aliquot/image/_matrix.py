"""Affine maps of the plane as 2 x 3 matrices, by torchvision's parameters.

Coordinates are (x, y) in pixels from the upper left corner of the picture, so that the middle of
the first pixel is (0.5, 0.5).
"""

import math

Row = tuple[float, float, float]
Matrix = tuple[Row, Row]

# A corner that should be whole and is not by rounding does not make the picture larger.
_TOLERANCE = 1e-4


def affine_matrix(
    centre: tuple[float, float],
    angle: float,
    translate: tuple[float, float] = (0.0, 0.0),
    scale: float = 1.0,
    shear: tuple[float, float] = (0.0, 0.0),
) -> Matrix:
    """Give the map from output to input.

    From input to output a picture is sheared along x and then along y, scaled and turned, all
    about `centre`, and moved.

    Parameters
    ----------
    centre : (float, float)
        x and y of what stays where it is.
    angle : float
        Degrees clockwise.
    translate : (float, float)
        Pixels to the right and down.
    scale : float
        How much larger, above 0.
    shear : (float, float)
        Degrees, between -90 and 90.

    Examples
    --------
    >>> affine_matrix((2, 2), angle=90)
    ((0.0, 1.0, 0.0), (-1.0, 0.0, 4.0))
    """
    turn, shear_x, shear_y = (math.radians(degrees) for degrees in (angle, *shear))
    # The forward matrix without scale, ((a, b), (c, d)), has determinant 1.
    a = math.cos(turn - shear_y) / math.cos(shear_y)
    b = -a * math.tan(shear_x) - math.sin(turn)
    c = math.sin(turn - shear_y) / math.cos(shear_y)
    d = -c * math.tan(shear_x) + math.cos(turn)
    x, y = centre
    from_x, from_y = x + translate[0], y + translate[1]
    rows = []
    for along_x, along_y, own in ((d, -b, x), (-c, a, y)):
        # Rounded, so that a quarter turn is one.
        p, q = round(along_x / scale, 15) + 0.0, round(along_y / scale, 15) + 0.0
        rows.append((p, q, own - p * from_x - q * from_y))
    return rows[0], rows[1]


def inverse(matrix: Matrix) -> Matrix:
    """Give the map back.

    >>> inverse(((2.0, 0.0, 6.0), (0.0, 4.0, 8.0)))
    ((0.5, 0.0, -3.0), (0.0, 0.25, -2.0))
    """
    (a, b, c), (d, e, f) = matrix
    determinant = a * e - b * d
    p, q, r, s = (part / determinant + 0.0 for part in (e, -b, -d, a))
    return (p, q, -p * c - q * f + 0.0), (r, s, -r * c - s * f + 0.0)


def expanded(matrix: Matrix, height: int, width: int) -> tuple[Matrix, int, int]:
    """Give the map of a turn to a canvas that holds all of it, and that canvas's height and width.

    The middle of the canvas shows the middle of the picture.
    """
    (a, b, _), (d, e, _) = matrix
    (p, q, _), (r, s, _) = inverse(matrix)
    # Where the corners go, seen from the middle.
    reach_x = (abs(p) * width + abs(q) * height) / 2
    reach_y = (abs(r) * width + abs(s) * height) / 2
    if p == s == 0 or q == r == 0:  # a quarter turn needs no room for parts of pixels
        wide, tall = round(2 * reach_x), round(2 * reach_y)
    else:
        wide, tall = _whole(width / 2, reach_x), _whole(height / 2, reach_y)
    row_x = (a, b, width / 2 - a * wide / 2 - b * tall / 2)
    row_y = (d, e, height / 2 - d * wide / 2 - e * tall / 2)
    return (row_x, row_y), tall, wide


def _whole(middle: float, reach: float) -> int:
    """Count the pixels that an extent touches."""
    return math.ceil(middle + reach - _TOLERANCE) - math.floor(middle - reach + _TOLERANCE)
