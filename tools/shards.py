"""Parts of a long task, for several machines: `--shard 2/4` does every fourth thing, from the second on."""

import argparse


def a_shard(text):
    """Read "k/n"."""
    k, _, n = text.partition("/")
    if not (k.isdecimal() and n.isdecimal() and 1 <= int(k) <= int(n)):
        raise argparse.ArgumentTypeError(f"{text} is not k/n, as 2/4: the second of four")
    return int(k), int(n)


def part(things, shard):
    """Return every n-th of a list of things, from the k-th on."""
    k, n = shard
    return things[k - 1 :: n]
