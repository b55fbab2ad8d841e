"""Checking a reader's answer to a coding exercise: say in a sentence what is right, or what is not yet."""

import textwrap

import numpy as np

from ._arguments import short

WIDTH = 76  # characters of a printed line, as wide as the book's pages show


def check(function, cases):
    """Call a function on each case, and print whether it returns what it should, or the first case where it does not.

    Parameters
    ----------
    function : callable
        What the reader wrote.
    cases : sequence of (tuple, object)
        For each call its positional arguments, and the expected result: a number, a string, a tuple or list, an
        array (shape and values are compared, values exactly), or a class of exceptions that has to be raised.

    Raises
    ------
    ValueError
        If there are no cases, with which any function would pass.

    Examples
    --------
    >>> def double(n):
    ...     return n + 2
    >>> check(double, [((2,), 4), ((3,), 6)])
    Not yet: double(3) gives 5, and should give 6.
    >>> check(lambda n: 2 * n, [((2,), 4), ((3,), 6)])
    Right, in 2 of 2 cases.
    """
    if not callable(function):
        raise TypeError(f"`function` must be a function, got {short(function)}")
    if not isinstance(cases, list | tuple):
        raise TypeError(f"`cases` must be a list of (arguments, expected), got {short(cases)}")
    for case in cases:
        if not isinstance(case, tuple) or len(case) != 2 or not isinstance(case[0], tuple):
            raise TypeError(f"`cases` must hold pairs (arguments, expected), arguments in a tuple, got {short(case)}")
    if not cases:
        raise ValueError("`cases` is empty: with no case every function is right")
    for arguments, expected in cases:
        problem = what_is_wrong(function, arguments, expected)
        if problem:
            name = getattr(function, "__name__", "<lambda>").replace("<lambda>", "it")
            call = f"{name}({', '.join(map(shown, arguments))})"
            print(textwrap.fill(f"Not yet: {call} {problem}", WIDTH, subsequent_indent="    "))
            return
    print(f"Right, in {len(cases)} of {len(cases)} cases.")


def what_is_wrong(function, arguments, expected):
    """Return how a call's result differs from the expected one, as the rest of a sentence; None where it does not."""
    raises = isinstance(expected, type) and issubclass(expected, Exception)
    # A copy of each array, so that a function that changes its input does not change what the next call gets.
    own = [argument.copy() if isinstance(argument, np.ndarray) else argument for argument in arguments]
    try:
        result = function(*own)
    except Exception as error:  # whatever the reader's code raises is an answer
        if raises and isinstance(error, expected):
            return None
        said = " ".join(str(error).split())[:200]
        return f"raises {type(error).__name__}: {said}"
    if raises:
        return f"gives {shown(result)}, and should raise {expected.__name__}."
    if isinstance(expected, np.ndarray):
        return how_arrays_differ(result, expected)
    return None if equal(result, expected) else f"gives {shown(result)}, and should give {shown(expected)}."


def equal(result, expected):
    """Compare two results that are not arrays: True is not 1, nor a list a tuple, but NumPy's numbers are numbers."""
    if isinstance(expected, tuple | list):
        return (
            type(result) is type(expected)
            and len(result) == len(expected)
            and all(equal(one, other) for one, other in zip(result, expected))
        )
    if isinstance(expected, bool) or isinstance(result, bool | np.bool_):
        return isinstance(result, bool | np.bool_) and isinstance(expected, bool) and bool(result) is expected
    same = result == expected
    return isinstance(same, bool | np.bool_) and bool(same)


def how_arrays_differ(result, expected):
    """Return the first difference of two arrays, as the rest of a sentence; None where there is none."""
    if not isinstance(result, np.ndarray):
        return f"gives {shown(result)}, and should give {shown(expected)}."
    if result.shape != expected.shape:
        return f"gives {shown(result)}, and should give {shown(expected)}."
    differs = np.argwhere(result != expected)
    if not len(differs):
        return None
    index = tuple(differs[0].tolist())
    at = index[0] if len(index) == 1 else index
    return f"has {result[index]} at index {at}, where {expected[index]} should be."


def shown(value):
    """Write a value in few words: an array, unless it is a short row, by its shape."""
    if isinstance(value, np.ndarray):
        is_row = value.ndim == 1 and value.size <= 8
        return f"array({value.tolist()})" if is_row else f"an array of shape {value.shape}"
    return repr(value.item() if isinstance(value, np.generic) else value)
