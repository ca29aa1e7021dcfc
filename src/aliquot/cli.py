"""The command line."""

from pathlib import Path

import click
from tqdm import tqdm

import aliquot
from aliquot.demo import Outcome, Speed, run, shipped_photographs
from aliquot.errors import AliquotError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(aliquot.__version__)
def cli() -> None:
    """Mini-batches from anything that can be indexed."""


@cli.command()
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--output",
    default="aliquot-demo.png",
    show_default=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where to write the contact sheet of one batch.",
)
def demo(folder: Path | None, output: Path) -> None:
    """Draw one epoch of augmented batches from the photographs in FOLDER.

    FOLDER holds one folder a class, or files such as cat.1.jpg and dog.1.jpg. Without it, a set
    made from photographs that scikit-image ships is used; it is kept in your cache folder.
    """
    try:
        outcome = run(folder or shipped_photographs(), output, tqdm)
    except (AliquotError, OSError) as error:
        raise click.ClickException(str(error)) from error
    _tell(outcome)


def _tell(outcome: Outcome) -> None:
    classes = outcome.photos.classes
    kinds = "1 class" if len(classes) == 1 else f"{len(classes)} classes"
    click.echo(f"\n{len(outcome.photos)} photographs, {kinds}: {_some(classes)}")
    click.echo(_line("aliquot, worker threads", outcome.aliquot))
    click.echo(_line("plain Pillow loop, one thread", outcome.pillow))
    ratio = outcome.aliquot.images_per_second / outcome.pillow.images_per_second
    click.echo(f"{'ratio':<30}{ratio:>8.2f}")
    click.echo(f"\nThe first batch, as it reaches the training loop: {outcome.sheet.resolve()}")


def _line(name: str, speed: Speed) -> str:
    return (
        f"{name:<30}{speed.images_per_second:>8.0f} images/s"
        f"{speed.cpu_ms_per_image:>8.2f} CPU ms an image"
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
