"""The command line."""

import platform
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import click
from tqdm import tqdm

import aliquot
from aliquot.cache import CacheEntry, list_entries, remove_entry
from aliquot.demo import Outcome, Speed, run, shipped_photographs
from aliquot.errors import AliquotError
from aliquot.image import codecs


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


@cli.command()
def info() -> None:
    """Tell the versions of what is installed, and what decodes photographs."""
    click.echo(f"aliquot {aliquot.__version__}, Python {platform.python_version()}")
    for name in ("numpy", "pillow", "cloudpickle", "lmdb"):
        click.echo(f"{name:<14}{_version(name)}")
    if find_spec("PIL") is None:
        return
    click.echo("JPEGs are decoded by the first of")
    there = codecs()
    for name, told in there.items():
        click.echo(f"  {name:<14}{told}")
    if "libjpeg-turbo" not in there:
        click.echo(
            "The kernel was not built: that takes a compiler and libjpeg-turbo with its headers\n"
            "when aliquot is installed."
        )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


@cli.group()
def cache() -> None:
    """Look after folders that were given as .cache(folder=...)."""


_FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@cache.command("ls")
@_FOLDER
def list_cache(folder: Path) -> None:
    """List what is cached in FOLDER: an entry for each source."""
    entries = _entries(folder)
    if not entries:
        click.echo(f"there is no entry in {folder}")
        return
    click.echo(f"{'entry':<18}{'samples':>15}{'on disk':>11}  {'last change':<18}source")
    for entry in entries:
        click.echo(_row(entry))


@cache.command("rm")
@_FOLDER
@click.argument("digests", nargs=-1, metavar="[DIGEST]...")
@click.option("--all", "everything", is_flag=True, help="Remove all entries.")
def remove_from_cache(folder: Path, digests: tuple[str, ...], everything: bool) -> None:
    """Remove entries from FOLDER, each by its DIGEST or the beginning of it.

    Nothing else in FOLDER is touched.
    """
    if bool(digests) == everything:
        raise click.UsageError("give the digests of entries, as `aliquot cache ls` does, or --all")
    names = [entry.path.name for entry in _entries(folder)] if everything else digests
    if not names:
        click.echo(f"there is no entry in {folder}")
    for name in names:
        try:
            removed = remove_entry(folder, name)
        except (AliquotError, OSError) as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"removed {removed}")


def _entries(folder: Path) -> list[CacheEntry]:
    try:
        return list_entries(folder)
    except (AliquotError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _row(entry: CacheEntry) -> str:
    counts = "damaged"
    if entry.cached is not None and entry.samples is not None:
        counts = f"{entry.cached} / {entry.samples}"
    when = datetime.fromtimestamp(entry.changed).astimezone()
    source = entry.recipe if len(entry.recipe) <= 60 else f"{entry.recipe[:57]}..."
    return (
        f"{entry.path.name:<18}{counts:>15}{_size(entry.disk_bytes):>11}  "
        f"{when:%Y-%m-%d %H:%M}  {source}"
    )


def _size(number: int) -> str:
    amount, unit = float(number), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


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
