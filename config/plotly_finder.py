"""Serves the one script that the "explore" pages load, from the plotly package: no CDN, no copy in the repository."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

SCRIPT = "plotly.min.js"


class PlotlyStorage(FileSystemStorage):
    """The package's data folder, shown under plotly/."""

    prefix = "plotly"


class PlotlyFinder(BaseFinder):
    """Finds plotly/plotly.min.js and nothing else."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.storage = PlotlyStorage(location=str(package_folder()))

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002  Django's
        """Return where the script is, as Django asks for it."""
        found = [self.storage.path(SCRIPT)] if path == f"plotly/{SCRIPT}" else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[Any]:
        """Yield the script with its storage."""
        yield SCRIPT, self.storage


def package_folder() -> Path:
    """Return the folder of the package's data, without importing it."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise RuntimeError("The package plotly is not installed; run `make demo` again.")
    return Path(spec.origin).parent / "package_data"
