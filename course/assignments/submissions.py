"""Wrong submissions that students really hand in, and the marks that each deserves."""

from typing import NamedTuple


class Submission(NamedTuple):
    """A right submission with one thing wrong, or, if its title says RIGHT, one that is right in another way."""

    assignment: str
    title: str
    misconception: str  # what its author believes, or does
    loses: dict  # points, test by test; everything else is earned
    because: str  # why this is what it deserves
    edits: tuple = ()  # (cell, old, new): a replacement in the model solution
    cells: dict = {}  # noqa: RUF012 (cell: its whole text)
    deletes: tuple = ()  # cells
    timeout: int | None = (
        None  # seconds, where the usual time would be waited out
    )


def together(*parts):
    """Make one student of several whose mistakes do not meet: it is graded once, and its marks still tell them apart."""
    loses = {
        test: points for part in parts for test, points in part.loses.items()
    }
    if len(loses) != sum(len(part.loses) for part in parts):
        raise ValueError(
            f"these lose points in the same test: {', '.join(part.title for part in parts)}"
        )
    return parts[0]._replace(
        title="; ".join(part.title for part in parts),
        misconception=" ".join(part.misconception for part in parts),
        loses=loses,
        because="; ".join(part.because for part in parts),
        edits=tuple(edit for part in parts for edit in part.edits),
        cells={
            cell: text for part in parts for cell, text in part.cells.items()
        },
        deletes=tuple(cell for part in parts for cell in part.deletes),
    )


SHAPES = [
    Submission(
        "1-shapes",
        "RIGHT by trying all sizes",
        "None: it tries where the model solution has a formula.",
        {},
        "no formula is asked for",
        cells={
            "legal-sizes": """
def legal_sizes(i, k, s, padding):
    return [
        n
        for n in range(k if padding == "valid" else 1, 500)
        if forward_size(n, k, s, padding) == i
    ]
""",
            "address-of": """
def address_of(n, i, k, s, padding):
    return legal_sizes(i, k, s, padding).index(n)
""",
            "plan": """
def plan(n, layers):
    if not layers:
        return []
    (k, s, padding), *deeper = layers
    small = forward_size(n, k, s, padding)
    step = [n, address_of(n, small, k, s, padding)]
    return plan(small, deeper) + [step]
""",
        },
    ),
    Submission(
        "1-shapes",
        "SAME rounds down",
        "A convolution rounds down, whatever its padding.",
        {"2b": 2, "5a": 1, "5b": 2},
        "SAME is wrong, and the plan that is built on it; VALID is right",
        edits=(("forward-size", "-(-n // s)", "n // s"),),
    ),
    Submission(
        "1-shapes",
        "VALID rounds up",
        "A window that begins counts, even if it does not fit.",
        {"2a": 2, "5a": 1, "5b": 2},
        "VALID is wrong, and the plan that is built on it",
        edits=(("forward-size", "(n - k) // s + 1", "-(-(n - k) // s) + 1"),),
    ),
    Submission(
        "1-shapes",
        "the kernel counts under SAME",
        "There is one formula for sizes, and the padding changes nothing.",
        {"1c": 1, "3b": 2, "4a": 2, "5a": 1, "5b": 2},
        "everything under SAME is wrong but the forward size; the errors of 4b are still raised",
        edits=(
            ("answer-1c", "[10, 11, 12]", "[14, 15, 16]"),
            ("legal-sizes", '(1 if padding == "same" else k)', "k"),
            ("address-of", '(1 if padding == "same" else k)', "k"),
        ),
    ),
    Submission(
        "1-shapes",
        "always two sizes",
        "output_padding is 0 or 1, so there are two sizes.",
        {"1b": 1, "1c": 1, "3a": 2, "3b": 2},
        "right for stride 2 alone, which is what the visible tests show",
        edits=(
            ("answer-1b", "[14, 15, 16]", "[14, 15]"),
            ("answer-1c", "[10, 11, 12]", "[10, 11]"),
            ("legal-sizes", "smallest + s", "smallest + 2"),
        ),
    ),
    Submission(
        "1-shapes",
        "addresses from 1",
        "The smallest size has the address 1.",
        {"1d": 1, "4a": 2, "5a": 1, "5b": 2},
        "every address is off by one; which sizes are legal is right",
        edits=(
            ("answer-1d", "address_of_15 = 1", "address_of_15 = 2"),
            ("answer-1d", "address_of_12 = 2", "address_of_12 = 3"),
            ("address-of", "return address", "return address + 1"),
        ),
    ),
    Submission(
        "1-shapes",
        "the decoder in the encoder's order",
        "The first layer is undone first.",
        {"5a": 1, "5b": 2},
        "with a single layer the order does not show, but that earns nothing",
        edits=(("plan", "steps[::-1]", "steps"),),
    ),
    Submission(
        "1-shapes",
        "Keras takes the smallest",
        "A Keras layer gives the minimum possible size.",
        {"1e": 1},
        "half of 1e: under SAME the answer is right",
        edits=(("answer-1e", "keras_valid = 8", "keras_valid = 6"),),
    ),
    Submission(
        "1-shapes",
        "an illegal size becomes the nearest legal one",
        "A function should always return something.",
        {"4b": 1},
        "all legal addresses are right",
        edits=(
            (
                "address-of",
                'raise ValueError(f"{n} is not legal: {first} to {first + s - 1} are")',
                "return min(max(address, 0), s - 1)",
            ),
        ),
    ),
    Submission(
        "1-shapes",
        "CHEAT only what the visible tests ask",
        "The tests in the notebook are all the tests.",
        {
            "1a": 1,
            "1b": 1,
            "1c": 1,
            "1d": 1,
            "1e": 2,
            "2a": 2,
            "2b": 2,
            "3a": 2,
            "3b": 2,
            "4a": 2,
            "4b": 1,
            "5a": 1,
            "5b": 2,
        },
        "passes every visible test, and knows nothing else",
        cells={
            "answer-1a": "given_by_valid = given_by_same = [7, 8, 9]",
            "answer-1b": "legal_under_valid = [7, 8]",
            "answer-1c": "legal_under_same = [7, 8]",
            "answer-1d": "address_of_15 = address_of_12 = 0",
            "answer-1e": "keras_valid = keras_same = 1",
            "forward-size": """
def forward_size(n, k, s, padding):
    return {5: 2, 6: 2, 7: 3}[n] if padding == "valid" else 3
""",
            "legal-sizes": """
def legal_sizes(i, k, s, padding):
    return [5, 6] if padding == "valid" else [3, 4]
""",
            "address-of": """
def address_of(n, i, k, s, padding):
    if n == 7:
        raise ValueError("not 7")
    return n - 5
""",
            "plan": """
def plan(n, layers):
    return [(20, 1), (39, 0)] if n == 39 else [(20, 0)]
""",
        },
    ),
    Submission(
        "1-shapes",
        "changes the test cells",
        "A test that asserts nothing is passed.",
        {"2b": 2, "5a": 1, "5b": 2},
        "nbgrader puts the tests back, so it is the same as rounding down",
        edits=(("forward-size", "-(-n // s)", "n // s"),),
        cells={"test-2b": "assert True", "test-5a": "pass"},
    ),
    Submission(
        "1-shapes",
        "deletes a test cell",
        "Without a test there is nothing to fail.",
        {"3a": 2},
        "the points of a test that is not there are not earned",
        deletes=("test-3a",),
    ),
    Submission(
        "1-shapes",
        "a syntax error in one cell",
        "A colon is missing, and the notebook was not run again.",
        {"3a": 2, "3b": 2},
        "the function does not exist; all others do",
        edits=(("legal-sizes", "padding):", "padding)"),),
    ),
    Submission(
        "1-shapes",
        "an infinite loop",
        "The loop's variable is never changed.",
        {"3a": 2, "3b": 2},
        "the tests of this function are interrupted; the others go on",
        edits=(
            (
                "legal-sizes",
                "smallest = ",
                "while i > 0:\n        pass\n    smallest = ",
            ),
        ),
        timeout=8,
    ),
    Submission(
        "1-shapes",
        "deletes a solution cell",
        "The exercise is left out, cell and all.",
        {"4a": 2, "4b": 1, "5a": 1, "5b": 2},
        "the function of exercise 4 is missing, and the plan needs it",
        deletes=("address-of",),
    ),
    Submission(
        "1-shapes",
        "renames a function",
        "The name does not matter.",
        {"2a": 2, "2b": 2, "5a": 1, "5b": 2},
        "the tests call it by the name that was asked for",
        edits=(("forward-size", "def forward_size", "def size_forward"),),
    ),
]

OPERATOR = [
    Submission(
        "2-operator",
        "RIGHT with output and warnings",
        "None: it prints what it does, and divides by zero on the way.",
        {},
        "what a function prints, and what NumPy warns of, is no mistake",
        edits=(
            (
                "scatter",
                "i, k = len(x), len(kernel)",
                "i, k = len(x), len(kernel)\n    print(i, k, np.ones(1) / 0)",
            ),
        ),
    ),
    Submission(
        "2-operator",
        "the kernel turned around",
        "A convolution flips its kernel, so a transposed one does, too.",
        {
            "1a": 2,
            "1b": 2,
            "2a": 2,
            "2b": 2,
            "3a": 2,
            "3b": 2,
            "3c": 1,
            "4a": 2,
            "4b": 2,
            "4c": 1,
        },
        "all numbers are wrong, all shapes right; test and gradients do not depend on it",
        edits=(
            ("scatter", "x[p] * kernel", "x[p] * kernel[::-1]"),
            ("scatter-channels", "kernel[t].T", "kernel[k - 1 - t].T"),
            (
                "scatter-2d",
                "kernel[t, u].T",
                "kernel[kh - 1 - t, kw - 1 - u].T",
            ),
        ),
    ),
    Submission(
        "2-operator",
        "later stamps replace earlier ones",
        "A stamp is written, not added.",
        {
            "1a": 2,
            "2a": 2,
            "2b": 2,
            "3a": 2,
            "3b": 2,
            "3c": 1,
            "4a": 2,
            "4b": 2,
        },
        "right where stamps do not meet, in 1b and 4c",
        edits=(
            ("scatter", "+=", "="),
            ("scatter-channels", "+=", "="),
            ("scatter-2d", "+=", "="),
        ),
    ),
    Submission(
        "2-operator",
        "the strides of the axes exchanged",
        "A stride is given as x and y, as on a screen.",
        {"3b": 2, "3c": 1, "4a": 2, "4b": 2, "4c": 1},
        "right where both strides are equal",
        edits=(
            ("scatter-2d", "down, right = stride", "right, down = stride"),
        ),
    ),
    Submission(
        "2-operator",
        "the channels exchanged",
        "A kernel has its input channels before its output channels.",
        {
            "2a": 2,
            "2b": 2,
            "3a": 2,
            "3b": 2,
            "3c": 1,
            "4a": 2,
            "4b": 2,
            "4c": 1,
        },
        "right for a single channel, which is what most visible tests show",
        edits=(
            ("scatter-channels", "kernel[t].T", "kernel[t]"),
            ("scatter-2d", "kernel[t, u].T", "kernel[t, u]"),
        ),
    ),
    Submission(
        "2-operator",
        "only the first image of a batch",
        "There is one image.",
        {"2a": 2, "2b": 2},
        "every batch of exercise 2 is wrong; images are done by another function",
        edits=(("scatter-channels", "x[:, p] @", "x[:1, p] @"),),
    ),
    Submission(
        "2-operator",
        "a larger size gets zeros at its end",
        "output_padding pads the output.",
        {"4b": 2, "4c": 1},
        "that is so under VALID, and under SAME it is not",
        edits=(
            (
                "transpose-2d",
                "extra = sheet.shape[axis + 1] - n",
                "extra = sheet.shape[axis + 1] - first",
            ),
            (
                "transpose-2d",
                "sheet = np.pad(sheet, behind)",
                """start = start * (padding == "same")
        sheet = sheet.take(range(start, min(start + first, sheet.shape[axis + 1])), axis + 1)
        behind[axis + 1] = (0, n - sheet.shape[axis + 1])
        sheet, start = np.pad(sheet, behind), 0""",
            ),
        ),
    ),
    Submission(
        "2-operator",
        "SAME cuts more off the front",
        "Half of it, rounded up, is cut off the front.",
        {"4b": 2, "4c": 1},
        "wrong where an odd number is cut",
        edits=(
            ("transpose-2d", "max(extra, 0) // 2", "-(-max(extra, 0) // 2)"),
        ),
    ),
    Submission(
        "2-operator",
        "takes illegal sizes",
        "Any size can be cut out or filled up.",
        {"4d": 1},
        "the legal ones are right",
        edits=(
            (
                "transpose-2d",
                'raise ValueError(f"{n} is not within {first} to {first + s - 1}")',
                "pass",
            ),
        ),
    ),
    Submission(
        "2-operator",
        "a test with ones",
        "Any input will do.",
        {"5b": 3},
        "four of ten faults show: a square of ones hides the others",
        cells={
            "is-transpose": """
def is_transpose(f):
    x, kernel = np.ones((1, 5, 5, 1)), np.ones((3, 3, 1, 1))
    small = conv(x, kernel, stride=(2, 2))
    y = np.ones(small.shape)
    back = f(y, kernel, (2, 2), "valid", (5, 5))
    return (small * y).sum() == (x * back).sum()
"""
        },
    ),
    Submission(
        "2-operator",
        "a test of random numbers under VALID only",
        "The padding is a detail.",
        {"5b": 1},
        "two of ten faults show under SAME alone",
        edits=(("is-transpose", '("valid", "same")', '("valid",)'),),
    ),
    Submission(
        "2-operator",
        "a test that compares shapes",
        "If the shape is right, the numbers are.",
        {"5a": 1, "5b": 4.5},
        "only the one that crashes is caught",
        edits=(
            ("is-transpose", " or (small * y).sum() != (x * back).sum()", ""),
        ),
    ),
    Submission(
        "2-operator",
        "a test that refuses everything",
        "A strict test is a good test.",
        {"5a": 1, "5b": 5},
        "it catches all wrong ones, but a test that refuses what is right says nothing",
        cells={"is-transpose": "def is_transpose(f):\n    return False"},
    ),
    Submission(
        "2-operator",
        "the kernel's gradient averaged over the batch",
        "Gradients are averages over the batch.",
        {"6b": 3},
        "the loss's average is in g already; by x is right",
        edits=(
            (
                "gradients",
                '"bhwo,bhwi->oi", read, x)',
                '"bhwo,bhwi->oi", read, x) / len(x)',
            ),
        ),
    ),
    Submission(
        "2-operator",
        "the gradient by x is a scatter",
        "Going back through a transposed convolution is transposing again.",
        {"6a": 2},
        "it has another shape than x; by kernel is right",
        edits=(
            (
                "gradients",
                "conv(g, kernel, stride=stride)",
                "scatter_2d(g, kernel.swapaxes(2, 3), stride)",
            ),
        ),
    ),
    Submission(
        "2-operator",
        "CHEAT imports the answers",
        "The package does it better.",
        {
            "3a": 2,
            "3b": 2,
            "3c": 1,
            "4a": 2,
            "4b": 2,
            "4c": 1,
            "4d": 1,
            "5a": 1,
            "5b": 5,
            "6a": 2,
            "6b": 3,
        },
        "all results are right, and none is the student's; exercises 1 and 2 are",
        cells={
            "scatter-2d": """
from transpose_conv import conv_transpose as helper

def scatter_2d(x, kernel, stride):
    return helper(x, kernel, stride=stride)
""",
            "is-transpose": """
def is_transpose(f):
    y, kernel = np.random.rand(2, 3, 4, 2), np.random.rand(3, 4, 3, 2)
    for padding, size in (("valid", (8, 13)), ("same", (6, 12))):
        right = helper(y, kernel, stride=(2, 3), padding=padding, output_size=size)
        if not np.allclose(f(y, kernel, (2, 3), padding, size), right):
            return False
    return True
""",
            "gradients": """
import transpose_conv

def gradients(x, kernel, g, stride):
    return transpose_conv.conv_transpose_gradients(x, kernel, g, stride=stride)
""",
        },
    ),
    Submission(
        "2-operator",
        "CHEAT overwrites what the tests use",
        "If comparing always says yes, everything is right.",
        {"1a": 2, "1b": 2},
        "the hidden tests bring their own tools, so the flipped kernel of exercise 1 shows",
        edits=(
            ("scatter", "x[p] * kernel", "x[p] * kernel[::-1]"),
            (
                "scatter",
                "def scatter",
                "np.array_equal = np.allclose = lambda *a, **k: True\n"
                "own = agree = stamps = lambda *a, **k: 0\n\n\ndef scatter",
            ),
        ),
    ),
    Submission(
        "2-operator",
        "CHEAT only what the visible tests ask",
        "The tests in the notebook are all the tests.",
        {
            "1a": 2,
            "1b": 2,
            "2a": 2,
            "2b": 2,
            "3a": 2,
            "3b": 2,
            "3c": 1,
            "4a": 2,
            "4b": 2,
            "4c": 1,
            "4d": 1,
            "5a": 1,
            "5b": 5,
            "6a": 2,
            "6b": 3,
        },
        "passes every visible test, and knows nothing else",
        cells={
            "scatter": """
def scatter(x, kernel, stride):
    return [1, 2, 13, 20, 30] if stride == 2 else [1.5, 3, 0, 2, 4]
""",
            "scatter-channels": """
def scatter_channels(x, kernel, stride):
    if stride == 1:
        return np.array([[[21, 43, 65]]])
    return np.array([[1, 2, 13, 20, 30], [2, 4, 6, 0, 0]])[:, :, None]
""",
            "scatter-2d": """
def scatter_2d(x, kernel, stride):
    (_, h, w, _), (kh, kw, _, _), (sh, sw) = x.shape, kernel.shape, stride
    sheet = np.zeros((1, (h - 1) * sh + kh, (w - 1) * sw + kw, 1), int)
    sheet[0, 0, :5, 0] = [1, 2, 13, 20, 30]
    return sheet
""",
            "transpose-2d": """
def transpose_2d(x, kernel, stride, padding, size):
    if size == (5, 7):
        raise ValueError
    y = np.zeros((1, *size, 1), int)
    y[0, 0, -1, 0] = 30 * (size[1] == 5)
    return np.array({3: [2, 13, 20], 4: [1, 2, 13, 20]}.get(size[1], y)).reshape(y.shape)
""",
            "is-transpose": """
def is_transpose(f):
    return f.__name__ not in ("nothing", "strides_exchanged")
""",
            "gradients": """
def gradients(x, kernel, g, stride):
    return np.array([1, 30]).reshape(1, 2, 1, 1), np.array([1, 0, 20]).reshape(3, 1, 1, 1)
""",
        },
    ),
    Submission(
        "2-operator",
        "a syntax error in one cell",
        "A bracket is missing, and the notebook was not run again.",
        {"2a": 2, "2b": 2},
        "the function does not exist; all others do",
        edits=(
            (
                "scatter-channels",
                "np.result_type(x, kernel)",
                "np.result_type(x, kernel",
            ),
        ),
    ),
    Submission(
        "2-operator",
        "renames a function",
        "The name does not matter.",
        {"4a": 2, "4b": 2, "4c": 1, "4d": 1},
        "the tests call it by the name that was asked for",
        edits=(("transpose-2d", "def transpose_2d", "def conv_transpose_2d"),),
    ),
]

# TensorFlow is imported anew for each of these, so mistakes that do not meet share a student.

RESHAPED = Submission(
    "3-port-and-repair",
    "reshapes the kernel",
    "To bring axes into another order is to reshape.",
    {"1b": 2, "3a": 2, "3b": 2, "3c": 3},
    "the shape is right, the numbers are not, and every port uses them",
    edits=(
        (
            "keras-kernel",
            "weight.transpose(2, 3, 1, 0)",
            "weight.reshape([weight.shape[a] for a in (2, 3, 1, 0)])",
        ),
    ),
)

IN_BEFORE_OUT = Submission(
    "3-port-and-repair",
    "in before out",
    "Only height and width have to move.",
    {"1a": 1, "1b": 2, "3a": 2, "3b": 2, "3c": 3},
    "in and out are exchanged, so no layer with in different from out takes the kernel",
    edits=(("keras-kernel", "(2, 3, 1, 0)", "(2, 3, 0, 1)"),),
)

SAME_AS_PYTORCH = Submission(
    "3-port-and-repair",
    "SAME is PyTorch's padding",
    "padding=1 in PyTorch is padding='same' in Keras.",
    {"2b": 2, "3b": 2, "3c": 3, "4a": 1, "4b": 2},
    "right without padding; with it, the window starts elsewhere or has another size",
    edits=(
        ("windows", "keras_start = 0", "keras_start = 1"),
        (
            "ported",
            'padding="valid", output_padding=output_padding,',
            'padding="same" if any(padding) else "valid",\n'
            "        output_padding=None if any(padding) else output_padding,",
        ),
        (
            "ported",
            "return y[:, top : height - top, left : width - left]",
            "return y",
        ),
        (
            "in-keras",
            'return "same" if (size, padding) == (i * s, start) else "crop"',
            'return "same"',
        ),
    ),
)

ZEROS = Submission(
    "3-port-and-repair",
    "output_padding adds zeros",
    "output_padding pads the finished output with zeros.",
    {"3c": 3},
    "it shows what padding had cut, or the bias",
    edits=(
        (
            "ported",
            "output_padding=output_padding,",
            "output_padding=(0, 0),",
        ),
        (
            "ported",
            "return y[:, top : height - top, left : width - left]",
            "y = y[:, top : height - top, left : width - left]\n"
            "    return np.pad(y, [(0, 0), *((0, a) for a in output_padding), (0, 0)])",
        ),
    ),
)

DEFAULT = Submission(
    "3-port-and-repair",
    "leaves the default to Keras",
    "Told no output_padding, all frameworks give the same size.",
    {"3a": 2},
    "wrong for a kernel smaller than its stride, which 3a contains",
    edits=(
        (
            "ported",
            "output_padding=output_padding,",
            "output_padding=output_padding if any(output_padding) else None,",
        ),
    ),
)

WRONG_SIDE = Submission(
    "3-port-and-repair",
    "crops on the wrong side",
    "What is too much stands at the front.",
    {"3b": 2, "3c": 3},
    "the sizes are right, the window is not",
    edits=(
        (
            "ported",
            "y[:, top : height - top, left : width - left]",
            "y[:, 2 * top :, 2 * left :]",
        ),
    ),
)

SIZES_ONLY = Submission(
    "3-port-and-repair",
    "compares sizes only",
    "If SAME gives the size of PyTorch, it gives its numbers.",
    {"4a": 1, "4b": 2},
    "kernel 3, stride 2, padding 1, output_padding 1 has the size, and starts elsewhere",
    edits=(
        ("in-keras", "(size, padding) == (i * s, start)", "size == i * s"),
    ),
)

ORDER = Submission(
    "3-port-and-repair",
    "the plan in the encoder's order",
    "The first level comes first.",
    {"5a": 2, "5b": 2},
    "what the deepest level needs is given to the first",
    edits=(("plan", "steps[::-1]", "steps"),),
)

TWO_LEVELS = Submission(
    "3-port-and-repair",
    "a plan for two levels",
    "All U-Nets have two levels.",
    {"5b": 2},
    "two levels are right, and 5a asks for no others",
    edits=(("plan", "range(levels)", "range(2)"),),
)

NO_REPAIR = Submission(
    "3-port-and-repair",
    "no repair",
    "It works on 12 by 8.",
    {"6a": 2, "6b": 3},
    "fits sizes that are multiples of four, as before",
    cells={
        "fitted": """
def fitted(level, filters, x, skip):
    return layers.Conv2DTranspose(filters, 2, strides=2)(x)
"""
    },
)

RESIZED = Submission(
    "3-port-and-repair",
    "resizes to the skip",
    "If the shape fits, the features do.",
    {"6b": 3},
    "every size fits, and what comes up is stretched",
    cells={
        "fitted": """
import tensorflow as tf

class Resized(layers.Layer):
    def call(self, x, skip):
        return tf.image.resize(x, tf.shape(skip)[1:3])

def fitted(level, filters, x, skip):
    x = layers.Conv2DTranspose(filters, 2, strides=2)(x)
    return Resized()(x, skip)
"""
    },
)

AT_THE_FRONT = Submission(
    "3-port-and-repair",
    "pads at the front",
    "It does not matter on which side the missing row goes.",
    {"6b": 3},
    "every size fits, and what comes up is moved by a pixel",
    cells={
        "fitted": """
import tensorflow as tf

class Padded(layers.Layer):
    def call(self, x, skip):
        (h, w), (more, wide) = tf.unstack(tf.shape(x)[1:3]), tf.unstack(tf.shape(skip)[1:3])
        return tf.pad(x, [[0, 0], [more - h, 0], [wide - w, 0], [0, 0]])

def fitted(level, filters, x, skip):
    x = layers.Conv2DTranspose(filters, 2, strides=2)(x)
    return Padded()(x, skip)
"""
    },
)

VISIBLE_ONLY = Submission(
    "3-port-and-repair",
    "CHEAT only what the visible tests ask",
    "The tests in the notebook are all the tests.",
    {
        "1a": 1,
        "1b": 2,
        "2a": 1,
        "2b": 2,
        "3a": 2,
        "3b": 2,
        "3c": 3,
        "4a": 1,
        "4b": 2,
        "5a": 2,
        "5b": 2,
        "6a": 2,
        "6b": 3,
    },
    "passes every visible test, and knows nothing else",
    cells={
        "keras-kernel": """
def keras_kernel(weight):
    if weight.shape == (4, 5, 2, 3):
        return np.zeros((2, 3, 5, 4))
    return weight.reshape(3, 3, 1, 1) if weight.size == 9 else weight
""",
        "windows": "sheet_size = pytorch_size = pytorch_start = keras_size = keras_start = 2",
        "ported": """
def ported(x, weight, bias, stride, padding, output_padding):
    n = 5 - 2 * padding[0] + output_padding[0]
    y = np.full((1, n, n, 1), 100)
    y[0, 0, :5, 0] = [101, 102, 113, 120, 130][:n]
    return y
""",
        "in-keras": """
def in_keras(i, k, s, padding, output_padding):
    return "valid" if k == 3 else "same"
""",
        "plan": """
def plan(size, levels):
    return [(0, 1), (1, 0)]
""",
        "fitted": """
def fitted(level, filters, x, skip):
    return layers.Conv2DTranspose(filters, 2, strides=2)(x)
""",
    },
)

SYNTAX = Submission(
    "3-port-and-repair",
    "a syntax error in one cell",
    "A quotation mark is missing, and the notebook was not run again.",
    {"4a": 1, "4b": 2},
    "the function does not exist; all others do",
    edits=(("in-keras", 'return "valid"', 'return "valid'),),
)

DELETED = Submission(
    "3-port-and-repair",
    "deletes a solution cell",
    "The exercise is left out, cell and all.",
    {"3a": 2, "3b": 2, "3c": 3},
    "nothing else needs this function",
    deletes=("ported",),
)

PORT = [
    together(RESHAPED, ORDER),
    together(IN_BEFORE_OUT, AT_THE_FRONT),
    together(SAME_AS_PYTORCH, TWO_LEVELS),
    together(ZEROS, NO_REPAIR),
    together(WRONG_SIDE, SIZES_ONLY, RESIZED),
    together(DEFAULT, SYNTAX),
    VISIBLE_ONLY,
    DELETED,
]

SUBMISSIONS = SHAPES + OPERATOR + PORT
