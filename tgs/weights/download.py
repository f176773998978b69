"""Published weights from the Hugging Face hub: the only file that downloads. It goes on where it was stopped."""

from __future__ import annotations

import sys
from pathlib import Path

from tgs.errors import WeightsError
from tgs.weights.catalogue import HUB, Weights

TOKEN = (
    f"make a token of that account at {HUB}/settings/tokens (read access to gated repositories is enough), and give \
it by `hf auth login` or as HF_TOKEN"
)


def fetch(entry: Weights, root: Path, endpoint: str | None = None) -> None:
    """Bring an entry's files to its place below `root`. Files that are whole are not fetched again.

    Args:
        entry: one that has a repository.
        root: paths.weights; made if missing.
        endpoint: address of the hub; None takes HF_ENDPOINT, else huggingface.co.
    Raises:
        WeightsError: the hub cannot be reached, refuses, or has no such repository or files; the message says which.
    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HTTPError,
        RepositoryNotFoundError,
        XetDownloadError,
    )
    from huggingface_hub.utils import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    repository, folder = str(entry.repository), root if entry.is_file else root / entry.place
    what = f"{entry.place}: {repository}"
    try:
        # Asked first: where the folder is there, snapshot_download takes it as it is if the hub is out of reach.
        commit = HfApi(endpoint=endpoint).model_info(repository).sha
        snapshot_download(
            repository, revision=commit, local_dir=folder, allow_patterns=list(entry.files), endpoint=endpoint
        )
    except GatedRepoError as error:
        raise WeightsError(f"{what} is gated: accept its licence at {entry.page}, {TOKEN}; run this again.") from error
    except RepositoryNotFoundError as error:
        raise WeightsError(f"{what} is not on the hub, or is private: see {entry.page}.") from error
    except HfHubHTTPError as error:
        raise WeightsError(f"{what}: the hub refuses ({error}). Run this again later.") from error
    except (HTTPError, XetDownloadError, OSError) as error:
        raise WeightsError(
            f"{what}: not fetched ({type(error).__name__}: {error}). Run this again where the hub can be reached: what "
            "came is kept. HF_ENDPOINT names another address of it; else copy the files from a machine that has them."
        ) from error
    if not any(file.is_file() for pattern in entry.files for file in folder.rglob(pattern)):
        raise WeightsError(f"{what} has no {' or '.join(entry.files)}: see {entry.page}.")
