"""``aliquot`` and ``python -m aliquot``: the command line, also where its extra is missing."""

import sys

_WITHOUT_CLICK = """\
Usage: aliquot COMMAND [ARGS]...

  Mini-batches from anything that can be indexed.

The commands (cache, demo, info) need packages that are not installed:

  pip install "aliquot[cli,demo]"
"""


def main() -> None:
    """Run the command line, or say what to install for it."""
    try:
        from aliquot.cli import cli
    except ModuleNotFoundError as error:
        if error.name not in {"click", "tqdm"}:
            raise
        helped = set(sys.argv[1:]) <= {"--help", "-h"}
        print(_WITHOUT_CLICK, file=sys.stdout if helped else sys.stderr, end="")
        sys.exit(0 if helped else 2)
    cli(prog_name="aliquot")


if __name__ == "__main__":
    main()
